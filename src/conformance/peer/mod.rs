//! Peer: a client that says exactly what it is told, wrong things too, over either transport.
//!
//! It answers the server's pings by itself (unless told not to), for a check that waits must not
//! be ended by a heartbeat, and it never compares with *the next* packet: pings may come at any
//! time, and noops on a WebSocket.

mod dial;
mod ears;
mod event;
pub(super) mod http;
mod polling;
mod purse;
pub(super) mod socket;
mod transcript;
mod upgrading;

pub(super) use dial::{Dial, DialOptions};
pub(super) use ears::{End, Heartbeats};
pub(super) use event::Event;
pub(super) use http::{Request, Response};
pub(super) use polling::{Packet, Polling, body_of, packets};
pub(super) use purse::{Metered, Purse};
pub use transcript::{Line, Way};
pub(super) use transcript::{Scribe, Transcript, hex, shortened};
pub(super) use upgrading::{Probe, Upgrading};

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;
use tokio::task::AbortHandle;

use self::ears::{Arrival, Inbox};
use self::socket::{Frame, SocketReader, SocketWriter};
use super::finding::Stop;
use crate::clock::Clock;
use crate::time::Timestamp;

/// What may have come that nobody has asked for yet; what goes beyond is no chat.
const UNREAD_BYTES_MAX: usize = 64 << 20;

/// How a peer is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    WebSocket,
    Polling,
}

/// A session with the server, opened but not necessarily in a namespace.
pub(super) struct Peer {
    /// The Engine.IO handshake, as the server gave it.
    pub(super) handshake: Value,
    /// The id of the Engine.IO session.
    pub(super) sid: String,
    /// What the server answered to CONNECT in the target's namespace, once it has.
    pub(super) connected: Option<Value>,
    link: Link,
    inbox: Inbox,
    /// What has arrived and nobody asked for yet.
    unread: VecDeque<(Timestamp, Packet)>,
    /// Of these at least so many.
    unread_bytes: usize,
    ended: Option<End>,
    heartbeats: Heartbeats,
    listening: AbortHandle,
    clock: Clock,
    patience: Duration,
    barriers: u32,
    scribe: Scribe,
}

enum Link {
    WebSocket(SocketWriter),
    /// The session, and the turn to post: two posts at once are against the protocol.
    Polling(Polling, Rc<Mutex<()>>),
}

/// Nothing came that was waited for.
#[derive(Clone, Debug)]
pub(super) enum Missing {
    /// The connection stands.
    Silence,
    /// The connection is over.
    Ended(End),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Missing::Silence => f.write_str("nothing"),
            Missing::Ended(end) => write!(f, "the end of the connection: {end}"),
        }
    }
}

impl Peer {
    /// Takes over a WebSocket whose handshake has been read.
    pub(super) fn on_websocket(
        handshake: Value,
        sid: String,
        reader: SocketReader,
        writer: SocketWriter,
        dial: &Dial,
        scribe: Scribe,
    ) -> Peer {
        let heartbeats = Heartbeats::default();
        let (arrivals, inbox) = ears::channel();
        let listening =
            ears::Ears { arrivals, heartbeats: heartbeats.clone(), clock: dial.clock() };
        let heard = listening.hear_websocket(reader, writer.clone(), scribe.clone());
        let listening = tokio::task::spawn_local(heard).abort_handle();
        let link = Link::WebSocket(writer);
        Peer::new(handshake, sid, link, inbox, heartbeats, listening, dial, scribe)
    }

    /// Takes over a session that polls: from now on it does so by itself.
    pub(super) fn on_polling(polling: Polling, dial: &Dial) -> Peer {
        let heartbeats = Heartbeats::default();
        let (arrivals, inbox) = ears::channel();
        let listening =
            ears::Ears { arrivals, heartbeats: heartbeats.clone(), clock: dial.clock() };
        let turn = Rc::new(Mutex::new(()));
        let heard = listening.hear_polling(polling.clone(), Rc::clone(&turn));
        let listening = tokio::task::spawn_local(heard).abort_handle();
        let (handshake, sid) = (polling.handshake.clone(), polling.sid.clone());
        let scribe = polling.scribe.clone();
        let link = Link::Polling(polling, turn);
        Peer::new(handshake, sid, link, inbox, heartbeats, listening, dial, scribe)
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one struct, from two places")]
    fn new(
        handshake: Value,
        sid: String,
        link: Link,
        inbox: Inbox,
        heartbeats: Heartbeats,
        listening: AbortHandle,
        dial: &Dial,
        scribe: Scribe,
    ) -> Peer {
        Peer {
            handshake,
            sid,
            connected: None,
            link,
            inbox,
            unread: VecDeque::new(),
            unread_bytes: 0,
            ended: None,
            heartbeats,
            listening,
            clock: dial.clock(),
            patience: dial.patience(),
            barriers: 0,
            scribe,
        }
    }

    /// The session's pings, and whether they are answered.
    pub(super) fn heartbeats(&self) -> &Heartbeats {
        &self.heartbeats
    }

    /// The id of the Socket.IO session in the target's namespace.
    pub(super) fn id(&self) -> Option<&str> {
        self.connected.as_ref()?.get("sid")?.as_str()
    }

    pub(super) fn scribe(&self) -> &Scribe {
        &self.scribe
    }

    /// The WebSocket, for frames that are none of Engine.IO's; nothing for one that polls.
    pub(super) fn socket(&self) -> Option<&SocketWriter> {
        match &self.link {
            Link::WebSocket(writer) => Some(writer),
            Link::Polling(..) => None,
        }
    }

    /// Sends one packet of text.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(super) async fn send(&self, packet: impl Into<String>) -> Result<(), Stop> {
        self.send_all(&[Packet::Text(packet.into())]).await
    }

    /// Sends packets in one go: in one body, or frame after frame.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(super) async fn send_all(&self, packets: &[Packet]) -> Result<(), Stop> {
        let sent = self.try_send(packets).await;
        sent.map_err(|why| Stop::unknown(format!("the server takes nothing more: {why}")))
    }

    /// Sends packets in one go; the error says why they could not be, and is no verdict.
    pub(super) async fn try_send(&self, packets: &[Packet]) -> Result<(), String> {
        match &self.link {
            Link::WebSocket(writer) => {
                writer.send(&packets.iter().map(Packet::as_frame).collect::<Vec<_>>()).await
            }
            Link::Polling(polling, turn) => {
                let _turn = turn.lock().await;
                let response = polling.make(&polling.post(body_of(packets))).await?;
                if response.status == 200 { Ok(()) } else { Err(response.brief()) }
            }
        }
    }

    /// Makes a request in this session's name, when it is its turn to post; `request` is given
    /// the session.
    ///
    /// # Errors
    /// Says why there was no answer, or that this session does not poll; no verdict.
    pub(super) async fn make(
        &self,
        request: impl FnOnce(&Polling) -> Request,
    ) -> Result<Response, String> {
        match &self.link {
            Link::WebSocket(_) => Err("a WebSocket takes no posts".into()),
            Link::Polling(polling, turn) => {
                let _turn = turn.lock().await;
                polling.make(&request(polling)).await
            }
        }
    }

    /// The next packet that is neither a ping nor a noop, and when it came.
    pub(super) async fn next(&mut self, within: Duration) -> Result<(Timestamp, Packet), Missing> {
        if let Some(unread) = self.unread.pop_front() {
            return Ok(unread);
        }
        self.arrival(self.clock.now() + within).await
    }

    async fn arrival(&mut self, until: Timestamp) -> Result<(Timestamp, Packet), Missing> {
        if let Some(end) = &self.ended {
            return Err(Missing::Ended(end.clone()));
        }
        let clock = self.clock;
        tokio::select! {
            biased;
            arrival = self.inbox.recv() => match arrival {
                Some((at, Arrival::Packet(packet))) => Ok((at, packet)),
                Some((_, Arrival::End(end))) => Err(self.over(end)),
                // It was read no further, which does not mean that it is over.
                None => {
                    clock.sleep_until(until).await;
                    Err(Missing::Silence)
                }
            },
            () = clock.sleep_until(until) => Err(Missing::Silence),
        }
    }

    /// Waits for a packet of text that `is_wanted`; what else comes meanwhile stays unread.
    ///
    /// # Errors
    /// Says what came instead; no verdict.
    pub(super) async fn wait_for<T>(
        &mut self,
        within: Duration,
        mut is_wanted: impl FnMut(&Packet) -> Option<T>,
    ) -> Result<T, Missing> {
        for at in 0..self.unread.len() {
            if let Some(found) = is_wanted(&self.unread[at].1) {
                self.unread.remove(at);
                return Ok(found);
            }
        }
        let until = self.clock.now() + within;
        loop {
            let (at, packet) = self.arrival(until).await?;
            if let Some(found) = is_wanted(&packet) {
                return Ok(found);
            }
            self.put_by((at, packet))?;
        }
    }

    /// Keeps for later what nobody has asked for yet.
    ///
    /// # Errors
    /// When there is too much of it: then the connection is over, and what came is dropped.
    fn put_by(&mut self, arrival: (Timestamp, Packet)) -> Result<(), Missing> {
        let at = arrival.0;
        self.unread_bytes += arrival.1.bytes_held();
        self.unread.push_back(arrival);
        if self.unread_bytes <= UNREAD_BYTES_MAX {
            return Ok(());
        }
        // What was taken since is counted only now.
        self.unread_bytes = self.unread.iter().map(|(_, packet)| packet.bytes_held()).sum();
        if self.unread_bytes <= UNREAD_BYTES_MAX {
            return Ok(());
        }
        self.listening.abort();
        self.unread.clear();
        let how = format!("more than {UNREAD_BYTES_MAX} bytes came that nothing had asked for");
        self.scribe.note(&how);
        Err(self.over(End { at, code: None, how }))
    }

    /// It is over.
    fn over(&mut self, end: End) -> Missing {
        self.ended = Some(end.clone());
        Missing::Ended(end)
    }

    /// Wants an event of the main namespace, or its acknowledgement, as JSON: `2` or `3` as
    /// `kind`; the number is that of the acknowledgement.
    ///
    /// # Errors
    /// Failed, with what came instead.
    pub(super) async fn expect_data(
        &mut self,
        expected: &str,
        mut is_wanted: impl FnMut(&Event) -> bool,
    ) -> Result<Event, Stop> {
        let wanted = |packet: &Packet| Event::read(packet).filter(&mut is_wanted);
        let found = self.wait_for(self.patience, wanted).await;
        found.map_err(|missing| self.instead(expected, &missing))
    }

    /// A failure: `expected` did not come; what did, stays unread.
    pub(super) fn instead(&self, expected: impl Into<String>, missing: &Missing) -> Stop {
        let mut observed =
            format!("{missing} within {}", humantime::format_duration(self.patience));
        if !self.unread.is_empty() {
            observed.push_str(", but ");
            observed.push_str(&told(self.unread.iter().map(|(_, packet)| packet)));
        }
        Stop::failed(expected, observed)
    }

    /// All that has come and still comes `within` some time, pings and noops aside.
    pub(super) async fn collect(&mut self, within: Duration) -> Vec<Packet> {
        let until = self.clock.now() + within;
        while let Ok(arrival) = self.arrival(until).await {
            if self.put_by(arrival).is_err() {
                break;
            }
        }
        self.unread.drain(..).map(|(_, packet)| packet).collect()
    }

    /// All that has come so far, pings and noops aside.
    pub(super) fn come(&mut self) -> Vec<Packet> {
        self.take_in();
        self.unread.drain(..).map(|(_, packet)| packet).collect()
    }

    /// Drops what has come so far and `is_wanted` by nobody.
    pub(super) fn retain(&mut self, mut is_wanted: impl FnMut(&Packet) -> bool) {
        self.take_in();
        self.unread.retain(|(_, packet)| is_wanted(packet));
    }

    fn take_in(&mut self) {
        while let Some((at, arrival)) = self.inbox.try_recv() {
            match arrival {
                Arrival::Packet(packet) => {
                    if self.put_by((at, packet)).is_err() {
                        break;
                    }
                }
                Arrival::End(end) => self.ended = Some(end),
            }
        }
    }

    /// Waits for the connection to end.
    ///
    /// # Errors
    /// [`Missing::Silence`], when it stands for all that.
    pub(super) async fn end(&mut self, within: Duration) -> Result<End, Missing> {
        let until = self.clock.now() + within;
        loop {
            match self.arrival(until).await {
                Ok(arrival) => match self.put_by(arrival) {
                    Ok(()) => {}
                    // We ended it, and not the server.
                    Err(_) => return Err(Missing::Silence),
                },
                Err(Missing::Ended(end)) => return Ok(end),
                Err(Missing::Silence) => return Err(Missing::Silence),
            }
        }
    }

    /// Whether the connection is over, as far as it has been looked at.
    pub(super) fn ended(&self) -> Option<&End> {
        self.ended.as_ref()
    }

    /// Asks for a namespace that there is not and waits for the answer: everything the server
    /// was sent before has been taken in then, on every server known.
    ///
    /// # Errors
    /// Says what came instead; no verdict.
    pub(super) async fn round_trip(&mut self) -> Result<(), Missing> {
        self.barriers += 1;
        let namespace = format!("/chatbench-barrier-{}", self.barriers);
        let asked = self.try_send(&[Packet::Text(format!("40{namespace},"))]).await;
        if let Err(why) = asked {
            let ended = End { at: self.clock.now(), code: None, how: why };
            return Err(Missing::Ended(self.ended.clone().unwrap_or(ended)));
        }
        let is_answer = |packet: &Packet| answers(packet, &namespace).then_some(());
        self.wait_for(self.patience, is_answer).await
    }

    /// Ends a WebSocket by a closing frame, or a session that polls by a `1`.
    pub(super) async fn close(&mut self) {
        // One that is gone already need not be closed.
        let _ = match &self.link {
            Link::WebSocket(writer) => {
                use tungstenite::protocol::frame::coding::Control;
                writer.send(&[Frame::control(Control::Close, &1000_u16.to_be_bytes())]).await
            }
            Link::Polling(..) => self.try_send(&[Packet::Text("1".into())]).await,
        };
    }

    /// Cuts the TCP connection without a word, or polls no more.
    pub(super) async fn cut(self) {
        self.listening.abort();
        if let Link::WebSocket(writer) = &self.link {
            writer.shut_down().await;
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Whether `packet` answers CONNECT to `namespace`, which there should not be: a server may have
/// any.
pub(super) fn answers(packet: &Packet, namespace: &str) -> bool {
    matches!(packet, Packet::Text(text) if is_answer(text, namespace))
}

/// The same of its text.
pub(super) fn is_answer(text: &str, namespace: &str) -> bool {
    let data = text.strip_prefix("44").or_else(|| text.strip_prefix("40"));
    data.and_then(|data| data.strip_prefix(namespace)).is_some_and(|data| data.starts_with(','))
}

/// Packets in a few words.
pub(super) fn told<'a>(packets: impl Iterator<Item = &'a Packet>) -> String {
    const TOLD_MAX: usize = 5;
    let mut told = Vec::new();
    let mut more = 0;
    for packet in packets {
        match packet {
            _ if told.len() == TOLD_MAX => more += 1,
            Packet::Text(text) => told.push(format!("`{}`", shortened(text))),
            Packet::Binary(bytes) => told.push(hex(bytes)),
        }
    }
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    if told.is_empty() { "nothing".into() } else { format!("{}{more}", told.join(", ")) }
}
