//! Upgrading: a session on its way from HTTP long-polling to a WebSocket, one step at a time.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;
use tungstenite::protocol::frame::coding::Control;

use super::http::Response;
use super::polling::{Packet, Polling, packets};
use super::socket::{Frame, Heard, Opening, SocketReader, SocketWriter};
use super::transcript::Scribe;
use super::{Peer, answers, told};
use crate::clock::Clock;
use crate::conformance::finding::Stop;
use crate::conformance::trial::Trial;
use crate::time::Timestamp;
use crate::transport::http::query_value;

/// A poll that was not answered by then is one that hangs.
const PENDING_AFTER: Duration = Duration::from_millis(80);

/// A session that polls when it is told to, and may upgrade.
pub(in crate::conformance) struct Upgrading<'t> {
    pub(in crate::conformance) polling: Polling,
    trial: &'t Trial,
    /// What the server answered to CONNECT.
    connected: Option<Value>,
    /// What polls brought and nobody asked for yet, pings and noops aside.
    heard: VecDeque<(Timestamp, Packet)>,
    pending: Option<JoinHandle<Result<Response, String>>>,
    /// A poll brought a ping: it is answered before the next one, or after the upgrade.
    owes_pong: bool,
    barriers: u32,
}

impl Drop for Upgrading<'_> {
    fn drop(&mut self) {
        if let Some(pending) = &self.pending {
            pending.abort();
        }
    }
}

impl<'t> Upgrading<'t> {
    /// A session by polling, in the target's namespace.
    ///
    /// # Errors
    /// Unknown, when it cannot be had.
    pub(in crate::conformance) async fn connect(trial: &'t Trial) -> Result<Upgrading<'t>, Stop> {
        let mut polling = trial.polling().await?;
        let early = std::mem::take(&mut polling.early);
        let mut upgrading = Upgrading {
            polling,
            trial,
            connected: None,
            heard: VecDeque::new(),
            pending: None,
            owes_pong: false,
            barriers: 0,
        };
        upgrading.take_in(&early);
        let prefix = trial.prefix();
        let entered = async {
            upgrading.post(&format!("40{prefix}{}", trial.target().auth)).await?;
            let granted = |packet: &Packet| {
                let Packet::Text(text) = packet else { return None };
                let data = text.strip_prefix("40")?.strip_prefix(&*prefix)?;
                serde_json::from_str::<Value>(data).ok().filter(|data| data["sid"].is_string())
            };
            upgrading.wait_for(granted).await
        };
        let entered = entered.await;
        let no = |why| Stop::unknown(format!("no CONNECT by polling: {why}"));
        upgrading.connected = Some(entered.map_err(no)?);
        Ok(upgrading)
    }

    /// The whole way: a session in the target's namespace that was upgraded.
    ///
    /// # Errors
    /// Unknown, when that does not work.
    pub(in crate::conformance) async fn done(trial: &'t Trial) -> Result<Peer, Stop> {
        let mut upgrading = Upgrading::connect(trial).await?;
        upgrading.poll();
        let probe = upgrading.probed().await?;
        upgrading.last_poll().await?;
        upgrading.finish(probe).await
    }

    /// A WebSocket of this session whose probe was answered.
    ///
    /// # Errors
    /// Unknown, when it is not.
    pub(in crate::conformance) async fn probed(&self) -> Result<Probe, Stop> {
        let probed = async {
            let mut probe = self.open_socket().await?;
            probe.probe(self.trial.patience().answer).await?;
            Ok(probe)
        };
        probed.await.map_err(|why: String| Stop::unknown(format!("no answer to a probe: {why}")))
    }

    /// Opens a WebSocket with the id of this session.
    ///
    /// # Errors
    /// Says why there is none.
    pub(in crate::conformance) async fn open_socket(&self) -> Result<Probe, String> {
        Probe::open(self.trial, &self.polling.sid).await
    }

    /// Begins to poll, unless a poll is under way.
    pub(in crate::conformance) fn poll(&mut self) {
        if self.pending.is_none() {
            let polling = self.polling.clone();
            let poll = async move { polling.make(&polling.get()).await };
            self.pending = Some(tokio::task::spawn_local(poll));
        }
    }

    /// What the poll under way brings: all its packets; nothing while it takes its time.
    ///
    /// # Errors
    /// Says what it was answered instead of packets.
    pub(in crate::conformance) async fn polled(
        &mut self,
        within: Duration,
    ) -> Result<Option<Vec<Packet>>, String> {
        let Some(pending) = &mut self.pending else { return Ok(None) };
        let Ok(done) = tokio::time::timeout(within, pending).await else { return Ok(None) };
        self.pending = None;
        let response = done.map_err(|error| error.to_string())??;
        if response.status != 200 {
            return Err(response.brief());
        }
        let brought = packets(&response.body)?;
        self.take_in(&brought);
        Ok(Some(brought))
    }

    /// Lets the poll under way, if there is one, come back; no other follows.
    ///
    /// # Errors
    /// Unknown, when it does not.
    pub(in crate::conformance) async fn last_poll(&mut self) -> Result<(), Stop> {
        if self.pending.is_none() {
            return Ok(());
        }
        match self.polled(self.trial.patience().answer).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(Stop::unknown("the poll stays pending after the probe")),
            Err(why) => Err(Stop::unknown(format!("the poll failed after the probe: {why}"))),
        }
    }

    fn take_in(&mut self, packets: &[Packet]) {
        let at = self.trial.clock().now();
        for packet in packets {
            match packet {
                Packet::Text(text) if text == "2" => self.owes_pong = true,
                Packet::Text(text) if text == "6" => {}
                _ => self.heard.push_back((at, packet.clone())),
            }
        }
    }

    /// What polls brought so far and nobody asked for, pings and noops aside.
    pub(in crate::conformance) fn take_heard(&mut self) -> Vec<Packet> {
        self.heard.drain(..).map(|(_, packet)| packet).collect()
    }

    /// Posts one body; wants it taken.
    ///
    /// # Errors
    /// Says why it was not.
    pub(in crate::conformance) async fn post(&self, body: &str) -> Result<(), String> {
        let response = self.polling.make(&self.polling.post(body)).await?;
        if response.status == 200 { Ok(()) } else { Err(response.brief()) }
    }

    /// Answers a ping that came, if one did.
    ///
    /// # Errors
    /// Says why the answer was not taken.
    pub(in crate::conformance) async fn answer_ping(&mut self) -> Result<(), String> {
        if std::mem::take(&mut self.owes_pong) { self.post("3").await } else { Ok(()) }
    }

    /// Polls until a packet comes that `is_wanted`.
    ///
    /// # Errors
    /// Says what came instead.
    pub(in crate::conformance) async fn wait_for<T>(
        &mut self,
        mut is_wanted: impl FnMut(&Packet) -> Option<T>,
    ) -> Result<T, String> {
        let clock = self.trial.clock();
        let until = clock.now() + self.trial.patience().answer;
        loop {
            for at in 0..self.heard.len() {
                if let Some(found) = is_wanted(&self.heard[at].1) {
                    self.heard.remove(at);
                    return Ok(found);
                }
            }
            self.answer_ping().await?;
            let left = until.since(clock.now());
            if left.is_zero() {
                let heard = told(self.heard.iter().map(|(_, packet)| packet));
                return Err(format!("polls bring {heard}"));
            }
            self.poll();
            self.polled(left).await?;
        }
    }

    /// Polls until a poll stays pending.
    ///
    /// # Errors
    /// Says what a poll was answered instead of packets.
    pub(in crate::conformance) async fn hang(&mut self) -> Result<(), String> {
        const POLLS_MAX: usize = 20;
        for _ in 0..POLLS_MAX {
            self.poll();
            if self.polled(PENDING_AFTER).await?.is_none() {
                return Ok(());
            }
            self.answer_ping().await?;
        }
        Err("no poll stays pending".into())
    }

    /// Polls until a ping comes that was not answered yet.
    ///
    /// # Errors
    /// Says what came instead.
    pub(in crate::conformance) async fn wait_for_ping(
        &mut self,
        within: Duration,
    ) -> Result<(), String> {
        let clock = self.trial.clock();
        let until = clock.now() + within;
        while !self.owes_pong {
            let left = until.since(clock.now());
            if left.is_zero() {
                return Err("no ping comes".into());
            }
            self.poll();
            self.polled(left).await?;
        }
        Ok(())
    }

    /// Asks for a namespace that there is not, and polls for the refusal.
    ///
    /// # Errors
    /// Says what came instead.
    pub(in crate::conformance) async fn round_trip(&mut self) -> Result<(), String> {
        self.barriers += 1;
        let namespace = format!("/chatbench-polled-{}", self.barriers);
        self.post(&format!("40{namespace},")).await?;
        self.wait_for(|packet| answers(packet, &namespace).then_some(())).await
    }

    /// Says on the WebSocket that the upgrade is done, and goes on there.
    ///
    /// # Errors
    /// Unknown, when that connection takes no more.
    pub(in crate::conformance) async fn finish(mut self, probe: Probe) -> Result<Peer, Stop> {
        let mut told = vec!["5"];
        if self.owes_pong {
            told.push("3");
        }
        for text in told {
            let said = probe.say(text).await;
            said.map_err(|why| Stop::unknown(format!("the upgrade is not taken: {why}")))?;
        }
        let Probe { reader, writer, scribe, .. } = probe;
        let handshake = self.polling.handshake.clone();
        let sid = self.polling.sid.clone();
        let dial = self.trial.dial();
        let mut peer = Peer::on_websocket(handshake, sid, reader, writer, dial, scribe);
        peer.connected = self.connected.take();
        peer.unread = std::mem::take(&mut self.heard);
        Ok(peer)
    }
}

/// A WebSocket of a session that is not upgraded yet.
pub(in crate::conformance) struct Probe {
    reader: SocketReader,
    writer: SocketWriter,
    scribe: Scribe,
    clock: Clock,
}

impl Probe {
    /// Opens a WebSocket with the id of a session.
    ///
    /// # Errors
    /// Says why there is none.
    pub(in crate::conformance) async fn open(trial: &Trial, sid: &str) -> Result<Probe, String> {
        let query = format!("{}&sid={}", trial.query("websocket"), query_value(sid));
        let (opening, scribe) = trial.open(&trial.websocket_request(&query)).await;
        match opening {
            Opening::Open(reader, writer) => {
                Ok(Probe { reader, writer, scribe, clock: trial.clock() })
            }
            Opening::Refused(response) => Err(response.brief()),
            Opening::Broken(why) => Err(why),
        }
    }

    /// Sends one packet of text.
    ///
    /// # Errors
    /// When the connection takes no more.
    pub(in crate::conformance) async fn say(&self, text: &str) -> Result<(), String> {
        self.writer.send(&[Frame::text(text)]).await
    }

    /// Probes, and waits for the answer.
    ///
    /// # Errors
    /// Says what came instead.
    pub(in crate::conformance) async fn probe(&mut self, within: Duration) -> Result<(), String> {
        self.say("2probe").await?;
        match self.hear(within, |text| text == "3probe").await? {
            Some(_) => Ok(()),
            None => Err("`2probe` stays unanswered".into()),
        }
    }

    /// The next text that `is_wanted`; nothing when none comes.
    ///
    /// # Errors
    /// Says how the connection ended.
    pub(in crate::conformance) async fn hear(
        &mut self,
        within: Duration,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Option<String>, String> {
        let until = self.clock.now() + within;
        loop {
            let left = until.since(self.clock.now());
            let Ok(heard) = tokio::time::timeout(left, self.reader.next()).await else {
                return Ok(None);
            };
            match heard {
                Ok(Heard::Text(text)) => {
                    self.scribe.received(&text);
                    if is_wanted(&text) {
                        return Ok(Some(text));
                    }
                }
                Ok(Heard::Ping(payload)) => {
                    // One that is gone need not be answered.
                    let _ = self.writer.send(&[Frame::control(Control::Pong, &payload)]).await;
                }
                Ok(Heard::Binary(_) | Heard::Pong(_)) => {}
                Ok(Heard::Close(code, reason)) => {
                    let how = format!("the WebSocket was closed with code {code} {reason:?}");
                    self.scribe.received(&how);
                    return Err(how);
                }
                Err(how) => {
                    self.scribe.note(&how);
                    return if self.reader.is_spent() { Ok(None) } else { Err(how) };
                }
            }
        }
    }

    /// Waits for the server to end it.
    ///
    /// # Errors
    /// Nothing but that it stands.
    pub(in crate::conformance) async fn end(&mut self, within: Duration) -> Result<String, ()> {
        match self.hear(within, |_| false).await {
            Err(how) => Ok(how),
            Ok(_) => Err(()),
        }
    }

    /// Cuts the TCP connection without a word.
    pub(in crate::conformance) async fn cut(self) {
        self.writer.shut_down().await;
    }
}
