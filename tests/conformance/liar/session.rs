//! Session: one of Engine.IO, whatever transport carries it, with its heartbeat.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use data_encoding::BASE64;
use tokio::sync::Notify;

use super::packet::Message;
use super::socket::{self, Client};
use super::{Lie, PAYLOAD_BYTES_MAX, Stub, World, chat, msgpack};

/// What waits for a client that does not read, in bytes; then the session ends.
const OUTBOX_BYTES_MAX: usize = 64 << 20;

/// A packet of Engine.IO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Packet {
    Close,
    Ping,
    Pong,
    Message(Message),
    Noop,
}

impl Packet {
    /// As it stands in text: in a frame, or, with binary as base64, in a payload.
    pub(super) fn text(&self) -> String {
        match self {
            Packet::Close => "1".into(),
            Packet::Ping => "2".into(),
            Packet::Pong => "3".into(),
            Packet::Message(Message::Text(text)) => format!("4{text}"),
            Packet::Message(Message::Binary(bytes)) => format!("b{}", BASE64.encode(bytes)),
            Packet::Noop => "6".into(),
        }
    }

    /// Reads what a client may send as text; nothing when it is nothing of that.
    pub(super) fn read(text: &str) -> Option<Packet> {
        match text {
            "1" => Some(Packet::Close),
            "3" => Some(Packet::Pong),
            "6" => Some(Packet::Noop),
            _ => Some(Packet::Message(Message::Text(text.strip_prefix('4')?.into()))),
        }
    }

    /// The same, in a payload.
    pub(super) fn read_in_payload(text: &str) -> Option<Packet> {
        match text.strip_prefix('b') {
            Some(base64) => {
                let bytes = BASE64.decode(base64.as_bytes()).ok()?;
                Some(Packet::Message(Message::Binary(bytes.into())))
            }
            None => Packet::read(text),
        }
    }

    fn len(&self) -> usize {
        match self {
            Packet::Message(Message::Text(text)) => text.len(),
            Packet::Message(Message::Binary(bytes)) => bytes.len(),
            Packet::Close | Packet::Ping | Packet::Pong | Packet::Noop => 1,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Polling,
    WebSocket,
}

/// Who ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Client,
    Server,
}

pub(super) struct Session {
    pub(super) sid: String,
    /// The node it was opened on.
    pub(super) node: usize,
    pub(super) world: Rc<World>,
    pub(super) wire: RefCell<Wire>,
    pub(super) client: RefCell<Client>,
    /// Told whenever something in `wire` changes.
    pub(super) changed: Notify,
}

/// Where a session stands on the wire.
pub(super) struct Wire {
    pub(super) way: Way,
    pub(super) outbox: VecDeque<Packet>,
    outbox_bytes: usize,
    /// A GET waits for its answer.
    pub(super) is_polled: bool,
    /// A POST is being read.
    pub(super) is_posted: bool,
    /// A WebSocket probes.
    pub(super) is_probed: bool,
    pub(super) is_upgraded: bool,
    /// Packets that were sent since it was: what a lie goes by.
    pub(super) said_since: u32,
    /// The GET that waited when the probe came is to be let go.
    pub(super) owes_noop: bool,
    awaits_pong: bool,
    pub(super) end: Option<End>,
}

impl Session {
    pub(super) fn open(world: &Rc<World>, node: usize, way: Way) -> Rc<Session> {
        let wire = Wire {
            way,
            outbox: VecDeque::new(),
            outbox_bytes: 0,
            is_polled: false,
            is_posted: false,
            is_probed: false,
            is_upgraded: false,
            said_since: 0,
            owes_noop: false,
            awaits_pong: false,
            end: None,
        };
        let session = Rc::new(Session {
            sid: world.new_session_id(),
            node,
            world: Rc::clone(world),
            wire: RefCell::new(wire),
            client: RefCell::default(),
            changed: Notify::new(),
        });
        world.sessions.borrow_mut().insert(session.sid.clone(), Rc::clone(&session));
        if let Some(stub) = world.stub {
            if stub == Stub::HangsUp {
                tokio::task::spawn_local(Rc::clone(&session).hang_up());
            }
            return session;
        }
        tokio::task::spawn_local(Rc::clone(&session).beat());
        tokio::task::spawn_local(Rc::clone(&session).await_connect());
        session
    }

    pub(super) fn lies(&self, lie: Lie) -> bool {
        self.world.lies(lie)
    }

    /// The open packet (*Handshake*).
    pub(super) fn handshake(&self) -> String {
        let setup = self.world.setup;
        let polling = self.wire.borrow().way == Way::Polling;
        let upgrades: &[&str] = if polling && setup.websocket { &["websocket"] } else { &[] };
        let mut handshake = serde_json::json!({
            "sid": self.sid,
            "upgrades": upgrades,
            "pingInterval": setup.ping_interval.as_millis() as u64,
            "pingTimeout": setup.ping_timeout.as_millis() as u64,
            "maxPayload": PAYLOAD_BYTES_MAX,
        });
        if self.lies(if polling { Lie::OffersNoUpgrades } else { Lie::SaysNoUpgrades }) {
            handshake["upgrades"].take();
        }
        if self.lies(Lie::SaysNoMaxPayload) {
            handshake["maxPayload"].take();
        }
        if !polling && self.lies(Lie::OffersUpgradesOnWebSockets) {
            handshake["upgrades"] = serde_json::json!(["websocket"]);
        }
        format!("0{handshake}")
    }

    pub(super) fn is_over(&self) -> bool {
        self.wire.borrow().end.is_some()
    }

    pub(super) fn send(&self, packets: impl IntoIterator<Item = Packet>) {
        let too_much = {
            let mut wire = self.wire.borrow_mut();
            for packet in packets {
                wire.outbox_bytes += packet.len();
                wire.outbox.push_back(packet);
            }
            wire.outbox_bytes > OUTBOX_BYTES_MAX
        };
        if too_much {
            self.close(End::Server);
        }
        self.changed.notify_waiters();
    }

    pub(super) fn send_messages(&self, messages: impl IntoIterator<Item = Message>) {
        if self.world.setup.msgpack {
            return self.send(msgpack::packed(messages).into_iter().map(Packet::Message));
        }
        self.send(messages.into_iter().map(Packet::Message));
    }

    /// The same after a while.
    pub(super) fn send_later(self: &Rc<Session>, delay: Duration, messages: Vec<Message>) {
        if delay.is_zero() {
            return self.send_messages(messages);
        }
        let session = Rc::clone(self);
        tokio::task::spawn_local(async move {
            session.world.wait(delay).await;
            session.send_messages(messages);
        });
    }

    pub(super) fn backlog_bytes(&self) -> usize {
        self.wire.borrow().outbox_bytes
    }

    /// All that waits to be sent.
    pub(super) fn take_outbox(&self) -> Vec<Packet> {
        let mut wire = self.wire.borrow_mut();
        wire.outbox_bytes = 0;
        wire.outbox.drain(..).collect()
    }

    /// Takes a packet of the client's; what is no message of Socket.IO ends the session.
    pub(super) fn receive(self: &Rc<Session>, packet: Packet) {
        if self.is_over() || self.world.stub.is_some() {
            return;
        }
        let way = self.wire.borrow().way;
        match packet {
            Packet::Close => {
                let polling = way == Way::Polling;
                if !self.lies(if polling { Lie::IgnoresPostedCloses } else { Lie::IgnoresCloses }) {
                    self.close(End::Client);
                }
                if polling && self.lies(Lie::KeepsPostedClosesToItself) {
                    self.world.sessions.borrow_mut().insert(self.sid.clone(), Rc::clone(self));
                }
            }
            Packet::Pong if !self.wire.borrow().awaits_pong && self.lies(Lie::ForbidsPongs) => {
                self.close(End::Server);
            }
            Packet::Pong => {
                self.wire.borrow_mut().awaits_pong = false;
                self.changed.notify_waiters();
            }
            Packet::Message(message) => {
                if socket::hear(self, message).is_none() {
                    self.world.stand_still();
                    self.leave_last_words();
                    self.close(End::Server);
                }
            }
            Packet::Ping | Packet::Noop => {}
        }
    }

    /// Keeps for the next poll what was said before the end.
    fn leave_last_words(self: &Rc<Session>) {
        let wire = self.wire.borrow();
        let has_some = wire.outbox.iter().any(|it| matches!(it, Packet::Message(_)));
        if wire.way == Way::Polling && has_some && !self.lies(Lie::LosesItsLastWords) {
            self.world.last_words.borrow_mut().insert(self.sid.clone(), Rc::clone(self));
        }
    }

    /// Ends it: it is in no namespace and no room any more, and its id is unknown.
    pub(super) fn close(&self, end: End) {
        if self.wire.borrow_mut().end.replace(end).is_some() {
            return;
        }
        self.world.sessions.borrow_mut().remove(&self.sid);
        self.world.keep_of_visit();
        let sockets = self.client.borrow_mut().take_sockets();
        for id in sockets {
            chat::forget(&self.world, &id, true);
        }
        self.changed.notify_waiters();
    }

    /// Waits until `holds`, which is asked whenever the wire changes, or until the session's end.
    async fn until(&self, holds: impl Fn(&Wire) -> bool) {
        loop {
            let changed = self.changed.notified();
            {
                let wire = self.wire.borrow();
                if wire.end.is_some() || holds(&wire) {
                    return;
                }
            }
            changed.await;
        }
    }

    pub(super) async fn ended(&self) {
        self.until(|_| false).await;
    }

    /// Pings, and ends the session when one goes unanswered (*Heartbeat*).
    async fn beat(self: Rc<Session>) {
        let setup = self.world.setup;
        let interval = match self.world.lie {
            Some(Lie::PingsTooRarely) => setup.ping_interval * 2,
            Some(Lie::PingsTooOften) => setup.ping_interval / 10,
            _ => setup.ping_interval,
        };
        while tokio::time::timeout(interval, self.ended()).await.is_err() {
            let (way, is_upgraded) = {
                let mut wire = self.wire.borrow_mut();
                wire.awaits_pong = true;
                (wire.way, wire.is_upgraded)
            };
            if way == Way::Polling && self.lies(Lie::PingsNoPolls) {
                continue;
            }
            self.send([Packet::Ping]);
            if is_upgraded && self.lies(Lie::GivesUpTheUpgraded) {
                return self.close(End::Server);
            }
            let is_probed = self.wire.borrow().is_probed;
            let timeout = match self.world.lie {
                Some(Lie::GivesUpEarly) => setup.ping_timeout / 4,
                Some(Lie::GivesUpLate) => setup.ping_timeout * 10,
                Some(Lie::KeepsWhoSaysNothing) if !self.client.borrow().has_entered => {
                    Duration::MAX
                }
                Some(Lie::NeverGivesUpWebSockets) if way == Way::WebSocket => Duration::MAX,
                Some(Lie::NeverGivesUpPolls) if way == Way::Polling => Duration::MAX,
                Some(Lie::KeepsUnfinishedUpgrades) if is_probed => Duration::MAX,
                _ => setup.ping_timeout,
            };
            let answered = self.until(|wire| !wire.awaits_pong);
            if tokio::time::timeout(timeout, answered).await.is_err() {
                return self.close(End::Server);
            }
        }
    }

    async fn hang_up(self: Rc<Session>) {
        self.world.wait(Duration::from_millis(500)).await;
        self.close(End::Server);
    }

    /// Ends a session that enters no namespace in time (Socket.IO's `connectTimeout`).
    async fn await_connect(self: Rc<Session>) {
        self.world.wait(self.world.setup.connect_timeout).await;
        let keeps = self.world.lie.is_some_and(|lie| {
            [Lie::NeverAwaitsConnect, Lie::KeepsWhoSaysNothing, Lie::NeverGivesUpPolls]
                .contains(&lie)
        });
        if !self.client.borrow().has_entered && !keeps {
            self.close(End::Server);
        }
    }
}
