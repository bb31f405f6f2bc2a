//! Server: the other end of a session, in the plainest terms and with no code of ours.

use std::time::Duration;

use super::{HANDSHAKE, at};
use crate::time::Timestamp;

/// As in [`HANDSHAKE`].
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(10);
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// A frame on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Text(String),
    Binary(Vec<u8>),
}

/// Says back every event, acknowledges those that want it, and asks for acks itself. Nothing is
/// parsed but what the tests' client sends: the main namespace, arrays, numbers.
pub(super) struct Server {
    outbox: Vec<Message>,
    ping_at: Timestamp,
    pong_until: Timestamp,
    missing: usize,
    /// What it says back to a packet whose attachments are still missing.
    reply: Vec<Message>,
    asked: u64,
    /// The heads of the acks that came, without their type: `7["yes"]`.
    pub(super) acks: Vec<String>,
    pub(super) is_left: bool,
    pub(super) is_closed: bool,
}

impl Server {
    /// A server that has just accepted a connection.
    pub(super) fn new() -> Server {
        Server {
            outbox: vec![Message::Text(HANDSHAKE.to_owned())],
            ping_at: at(0) + PING_INTERVAL,
            pong_until: Timestamp::NEVER,
            missing: 0,
            reply: Vec::new(),
            asked: 0,
            acks: Vec::new(),
            is_left: false,
            is_closed: false,
        }
    }

    /// What it has to send since it was last asked.
    pub(super) fn outbox(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.outbox)
    }

    /// When it pings next.
    pub(super) fn deadline(&self) -> Timestamp {
        self.ping_at
    }

    pub(super) fn ping(&mut self, now: Timestamp) {
        assert_eq!(self.pong_until, Timestamp::NEVER, "a ping was not answered by {now:?}");
        self.say("2");
        self.ping_at = now + PING_INTERVAL;
        self.pong_until = now + PING_TIMEOUT;
    }

    /// Sends an event that wants an ack.
    pub(super) fn ask(&mut self) {
        let id = self.asked;
        self.asked += 1;
        if id.is_multiple_of(2) {
            self.say(&format!(r#"42{id}["ask"]"#));
        } else {
            self.say(&format!(r#"451-{id}["ask",{{"_placeholder":true,"num":0}}]"#));
            self.outbox.push(Message::Binary(vec![id as u8]));
        }
    }

    /// How many acks it asked for.
    pub(super) fn asked(&self) -> u64 {
        self.asked
    }

    pub(super) fn receive(&mut self, message: Message, now: Timestamp) {
        assert!(!self.is_closed, "{message:?} came after the close");
        match message {
            Message::Binary(_) => {
                assert!(self.missing > 0, "a stray attachment: {message:?}");
                self.missing -= 1;
                self.reply.push(message);
                if self.missing == 0 {
                    self.outbox.append(&mut self.reply);
                }
            }
            Message::Text(text) => {
                assert_eq!(self.missing, 0, "{text} came between attachments");
                self.hear(&text, now);
            }
        }
    }

    fn hear(&mut self, text: &str, now: Timestamp) {
        match text.split_at(2.min(text.len())) {
            ("1", "") => self.is_closed = true,
            ("3", "") => {
                assert!(now <= self.pong_until, "a pong came at {now:?}");
                self.pong_until = Timestamp::NEVER;
            }
            ("40", "") => self.say(r#"40{"sid":"s"}"#),
            ("41", "") => self.is_left = true,
            ("42", event) if event.starts_with('[') => self.say(text),
            ("42", event) => self.say(&format!("43{event}")),
            ("43", ack) => self.acks.push(ack.to_owned()),
            ("45", event) => {
                let (count, rest) = event.split_once('-').expect("a count");
                self.missing = count.parse().expect("a count");
                let kind = if rest.starts_with('[') { 5 } else { 6 };
                self.reply.push(Message::Text(format!("4{kind}{event}")));
            }
            _ => panic!("the client said {text:?}"),
        }
    }

    fn say(&mut self, text: &str) {
        self.outbox.push(Message::Text(text.to_owned()));
    }
}
