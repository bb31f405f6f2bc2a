//! Ears: whoever listens on a connection while a check does something else.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use tokio::sync::{Mutex, Semaphore, mpsc};

use super::polling::{Packet, Polling};
use super::socket::{Frame, Heard, SocketReader, SocketWriter};
use super::transcript::Scribe;
use crate::clock::Clock;
use crate::time::Timestamp;
use tungstenite::protocol::frame::coding::Control;

/// What waits for a check that does not read, in packets; then the server is read no further.
const INBOX_LEN_MAX: usize = 20_000;

/// The same in bytes, of which one packet may be as long as all of them.
const INBOX_BYTES_MAX: u32 = 32 << 20;
/// A server that pings more often than that is not listened to any more.
const PINGS_MAX: usize = 100_000;

/// What comes by a connection.
#[derive(Clone, Debug)]
pub(super) enum Arrival {
    Packet(Packet),
    /// Nothing more.
    End(End),
}

/// What came, and when.
pub(super) type Arrived = (Timestamp, Arrival);

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::conformance) struct End {
    pub(in crate::conformance) at: Timestamp,
    /// The code of a WebSocket's closing frame, or the status of a poll.
    pub(in crate::conformance) code: Option<u16>,
    /// In words.
    pub(in crate::conformance) how: String,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.how)
    }
}

/// The server's pings of one session; copies share them.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Heartbeats(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    pings: RefCell<Vec<Timestamp>>,
    answered: Cell<bool>,
}

impl Default for Heartbeats {
    fn default() -> Heartbeats {
        Heartbeats(Rc::new(Inner { pings: RefCell::default(), answered: Cell::new(true) }))
    }
}

impl Heartbeats {
    /// When the server's pings came.
    pub(in crate::conformance) fn pings(&self) -> Vec<Timestamp> {
        self.0.pings.borrow().clone()
    }

    /// From now on lets pings go unanswered, or answers them again.
    pub(in crate::conformance) fn answer(&self, answered: bool) {
        self.0.answered.set(answered);
    }

    fn ping(&self, at: Timestamp) -> bool {
        let mut pings = self.0.pings.borrow_mut();
        if pings.len() < PINGS_MAX {
            pings.push(at);
        }
        self.0.answered.get()
    }

    fn are_too_many(&self) -> bool {
        self.0.pings.borrow().len() >= PINGS_MAX
    }
}

/// What has come and was not taken yet; dropped, nobody waits for it any more.
pub(super) struct Inbox {
    arrivals: mpsc::Receiver<Arrived>,
    room: Rc<Semaphore>,
}

impl Inbox {
    pub(super) async fn recv(&mut self) -> Option<Arrived> {
        let arrived = self.arrivals.recv().await?;
        Some(self.taken(arrived))
    }

    pub(super) fn try_recv(&mut self) -> Option<Arrived> {
        let arrived = self.arrivals.try_recv().ok()?;
        Some(self.taken(arrived))
    }

    fn taken(&self, arrived: Arrived) -> Arrived {
        self.room.add_permits(bytes_of(&arrived.1) as usize);
        arrived
    }
}

/// How much room something that came takes.
fn bytes_of(arrival: &Arrival) -> u32 {
    match arrival {
        Arrival::Packet(packet) => (packet.bytes_held() as u32).min(INBOX_BYTES_MAX),
        Arrival::End(_) => 0,
    }
}

/// Where arrivals are put into an inbox.
pub(super) struct Arrivals {
    arrivals: mpsc::Sender<Arrived>,
    room: Rc<Semaphore>,
}

impl Arrivals {
    /// Waits for room; whether anybody waits for what arrives.
    async fn send(&self, arrived: Arrived) -> bool {
        let Ok(room) = self.room.acquire_many(bytes_of(&arrived.1)).await else { return false };
        room.forget();
        self.arrivals.send(arrived).await.is_ok()
    }
}

pub(super) fn channel() -> (Arrivals, Inbox) {
    let (sender, receiver) = mpsc::channel(INBOX_LEN_MAX);
    let room = Rc::new(Semaphore::new(INBOX_BYTES_MAX as usize));
    let inbox = Inbox { arrivals: receiver, room: Rc::clone(&room) };
    (Arrivals { arrivals: sender, room }, inbox)
}

/// Whoever listens, and whom it tells.
pub(super) struct Ears {
    pub(super) arrivals: Arrivals,
    pub(super) heartbeats: Heartbeats,
    pub(super) clock: Clock,
}

impl Ears {
    /// Listens on a WebSocket until it ends.
    pub(super) async fn hear_websocket(
        self,
        mut reader: SocketReader,
        writer: SocketWriter,
        scribe: Scribe,
    ) {
        loop {
            let heard = reader.next().await;
            let at = self.clock.now();
            let packet = match heard {
                Ok(Heard::Text(text)) => Packet::Text(text),
                Ok(Heard::Binary(bytes)) => Packet::Binary(bytes),
                Ok(Heard::Ping(payload)) => {
                    scribe.received("a WebSocket ping");
                    // One that is gone need not be answered.
                    let _ = writer.send(&[Frame::control(Control::Pong, &payload)]).await;
                    continue;
                }
                Ok(Heard::Pong(_)) => {
                    scribe.received("a WebSocket pong");
                    continue;
                }
                Ok(Heard::Close(code, reason)) => {
                    let how = format!("the WebSocket was closed with code {code} {reason:?}");
                    scribe.received(&how);
                    // The closing handshake (section 5.5.1): the same code back.
                    let echo = if code == 1005 { Vec::new() } else { code.to_be_bytes().into() };
                    let _ = writer.send(&[Frame::control(Control::Close, &echo)]).await;
                    return self.end(&scribe, End { at, code: Some(code), how }).await;
                }
                Err(how) => {
                    scribe.note(&how);
                    if reader.is_spent() {
                        return;
                    }
                    return self.end(&scribe, End { at, code: None, how }).await;
                }
            };
            self.tell(&scribe, &packet);
            match &packet {
                Packet::Text(text) if text == "2" => {
                    if self.heartbeats.ping(at) {
                        let _ = writer.send(&[Frame::text("3")]).await;
                    }
                    if self.heartbeats.are_too_many() {
                        let how = format!("more than {PINGS_MAX} pings");
                        return self.end(&scribe, End { at, code: None, how }).await;
                    }
                }
                Packet::Text(text) if text == "6" => {}
                _ => {
                    if !self.arrivals.send((at, Arrival::Packet(packet))).await {
                        return;
                    }
                }
            }
        }
    }

    /// Polls until that is over.
    pub(super) async fn hear_polling(self, mut polling: Polling, turn: Rc<Mutex<()>>) {
        let scribe = polling.scribe.clone();
        let mut packets = std::mem::take(&mut polling.early);
        loop {
            let at = self.clock.now();
            for packet in packets {
                if packet == Packet::Text("2".into()) {
                    if self.heartbeats.ping(at) {
                        let _turn = turn.lock().await;
                        // Should it fail, the next poll says so.
                        let _ = polling.make(&polling.post("3")).await;
                    }
                } else if packet != Packet::Text("6".into())
                    && !self.arrivals.send((at, Arrival::Packet(packet))).await
                {
                    return;
                }
            }
            packets = match polling.make(&polling.get()).await {
                Ok(response) if response.status == 200 => {
                    match super::polling::packets(&response.body) {
                        Ok(packets) => packets,
                        Err(how) => {
                            scribe.note(&how);
                            let end = End { at: self.clock.now(), code: None, how };
                            return self.end(&scribe, end).await;
                        }
                    }
                }
                Ok(response) => {
                    let (code, how) = (Some(response.status), response.brief());
                    return self.end(&scribe, End { at: self.clock.now(), code, how }).await;
                }
                Err(_) if polling.dial.is_spent() => return,
                Err(how) => {
                    return self.end(&scribe, End { at: self.clock.now(), code: None, how }).await;
                }
            };
        }
    }

    async fn end(&self, scribe: &Scribe, end: End) {
        scribe.end();
        // Where nobody waits any more, nobody needs to know.
        self.arrivals.send((end.at, Arrival::End(end))).await;
    }

    fn tell(&self, scribe: &Scribe, packet: &Packet) {
        match packet {
            Packet::Text(text) => scribe.received(text),
            Packet::Binary(bytes) => scribe.received(super::hex(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_waits_for_a_check_is_bounded_in_bytes_and_goes_on_once_it_is_taken() {
        let more_than_half = INBOX_BYTES_MAX as usize / 2 + 1;
        let arrival =
            || (Timestamp::ZERO, Arrival::Packet(Packet::Binary(vec![0; more_than_half])));
        let (arrivals, mut inbox) = channel();
        assert!(arrivals.send(arrival()).await);
        let mut second = std::pin::pin!(arrivals.send(arrival()));
        tokio::select! {
            biased;
            _ = &mut second => panic!("more waits than may"),
            () = tokio::task::yield_now() => {}
        }
        assert!(inbox.recv().await.is_some());
        assert!(second.await && inbox.try_recv().is_some());
    }

    #[test]
    fn pings_are_kept_up_to_a_limit() {
        let heartbeats = Heartbeats::default();
        for _ in 0..=PINGS_MAX {
            heartbeats.ping(Timestamp::ZERO);
        }
        assert_eq!(heartbeats.pings().len(), PINGS_MAX);
        assert!(heartbeats.are_too_many());
    }
}
