//! A session and a server, joined by a wire in memory, on virtual time and a seed.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::super::{
    CloseReason, Emit, EmitAck, Event, Frame, Input, Output, Packet, Session, SessionOptions,
};
use super::at;
use super::server::{Message, PING_INTERVAL, PING_TIMEOUT, Server};
use crate::time::Timestamp;

const SEEDS: u64 = 64;
const SEED_VARIABLE: &str = "CHATBENCH_SEED";
const DELAY_MAX: Duration = Duration::from_secs(1);
const STEPS_MAX: usize = 100_000;
/// From here on nobody has anything new to say.
const QUIET: Timestamp = at(180_000);
const END: Timestamp = at(240_000);

#[test]
fn whatever_is_said_is_heard_once_and_in_order() {
    for_each_seed(|seed| {
        let mut world = World::new(seed, Fate::Finish);
        world.run();
        assert_eq!(world.closed, Some((END, CloseReason::ByUs)));
        assert!(world.expected.is_empty(), "never came back: {:?}", world.expected);
        assert!(world.server.is_left && world.server.is_closed);
        let acks: Vec<String> =
            (0..world.server.asked()).map(|id| format!("{id}[\"yes\"]")).collect();
        assert_eq!(world.server.acks, acks);
        assert!(world.said > 100, "only {} events were sent", world.said);
    });
}

#[test]
fn a_wire_that_goes_dead_is_noticed_in_time() {
    for_each_seed(|seed| {
        let mut world = World::new(seed, Fate::GoDead);
        world.run();
        let (at, reason) = world.closed.expect("the session is over");
        let silence = PING_INTERVAL + PING_TIMEOUT;
        assert!(matches!(reason, CloseReason::HeartbeatTimeout { .. }), "{reason}");
        // Pings come up to a second more than an interval apart, and that counts.
        assert!(at >= world.pinged + silence, "{at:?}, last ping {:?}", world.pinged);
        assert!(at <= world.pinged + silence + DELAY_MAX, "{at:?}, last ping {:?}", world.pinged);
    });
}

#[test]
fn a_server_that_closes_is_believed() {
    for_each_seed(|seed| {
        let mut world = World::new(seed, Fate::CloseByServer);
        world.run();
        let (at, reason) = world.closed.expect("the session is over");
        assert_eq!(reason, CloseReason::ByServer);
        assert!(at >= world.turned && at <= world.turned + DELAY_MAX, "{at:?}");
    });
}

fn for_each_seed(test: impl Fn(u64)) {
    let given = std::env::var(SEED_VARIABLE).ok();
    let given = given.map(|seed| seed.parse().expect("a seed is a number"));
    let entropy = std::hash::RandomState::new().build_hasher().finish();
    let seeds = given.map_or(0..SEEDS, |_| 0..1);
    for index in seeds {
        let seed = given.unwrap_or(entropy.wrapping_add(index));
        let confession = Confession(seed);
        test(seed);
        drop(confession);
    }
}

/// Says which seed it was that failed.
struct Confession(u64);

impl Drop for Confession {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("again with {SEED_VARIABLE}={}", self.0);
        }
    }
}

/// How a world comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The client closes when all is said.
    Finish,
    /// From some moment on nothing the server says arrives.
    GoDead,
    /// At some moment the server sends a close packet.
    CloseByServer,
}

struct World {
    rng: Xoshiro256PlusPlus,
    now: Timestamp,
    fate: Fate,
    /// When its fate befalls it, where that is not at the end.
    turning: Timestamp,
    /// When it did.
    turned: Timestamp,
    session: Session,
    session_deadline: Timestamp,
    server: Server,
    to_server: Line,
    to_client: Line,
    act_at: Timestamp,
    is_connected: bool,
    said: u64,
    /// What has to come back, in this order.
    expected: VecDeque<Heard>,
    pinged: Timestamp,
    closed: Option<(Timestamp, CloseReason)>,
}

/// What the client hears that it waits for.
#[derive(Debug, PartialEq, Eq)]
struct Heard {
    ack: Option<u64>,
    data: String,
    attachments: Vec<Vec<u8>>,
}

/// One direction of a wire: what it delivers keeps its order.
#[derive(Default)]
struct Line {
    messages: VecDeque<(Timestamp, Message)>,
    is_dead: bool,
}

impl Line {
    fn send(&mut self, message: Message, arrival: Timestamp) {
        let last = self.messages.back().map_or(Timestamp::ZERO, |(arrival, _)| *arrival);
        if !self.is_dead {
            self.messages.push_back((arrival.max(last), message));
        }
    }

    fn next(&self) -> Timestamp {
        self.messages.front().map_or(Timestamp::NEVER, |(arrival, _)| *arrival)
    }

    fn receive(&mut self) -> Message {
        self.messages.pop_front().expect("something has arrived").1
    }
}

impl World {
    fn new(seed: u64, fate: Fate) -> World {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let turning = match fate {
            Fate::Finish => Timestamp::NEVER,
            Fate::GoDead | Fate::CloseByServer => at(rng.random_range(5_000..120_000)),
        };
        World {
            rng,
            now: at(0),
            fate,
            turning,
            turned: Timestamp::NEVER,
            session: Session::new(Rc::new(SessionOptions::default()), at(0)),
            session_deadline: Timestamp::NEVER,
            server: Server::new(),
            to_server: Line::default(),
            to_client: Line::default(),
            act_at: at(0),
            is_connected: false,
            said: 0,
            expected: VecDeque::new(),
            pinged: at(0),
            closed: None,
        }
    }

    /// Lets whatever is due first happen, until the session is over.
    fn run(&mut self) {
        let mut steps = 0;
        while self.closed.is_none() {
            steps += 1;
            assert!(steps <= STEPS_MAX, "no end is in sight at {:?}", self.now);
            self.post();
            let (arrival, delivery) = (self.to_client.next(), self.to_server.next());
            let (ping, timeout) = (self.server.deadline(), self.session_deadline);
            let times = [arrival, delivery, ping, timeout, self.act_at, self.turning, END];
            self.now = times.into_iter().min().expect("there is an end");
            // A frame that has arrived goes before a timeout.
            match self.now {
                now if now == arrival => self.deliver(),
                now if now == delivery => self.server.receive(self.to_server.receive(), now),
                now if now == ping => self.server.ping(now),
                now if now == self.turning => self.turn(),
                now if now == timeout => drop(self.give(Input::Timeout)),
                END => drop(self.give(Input::Close)),
                _ => self.act(),
            }
        }
        while self.to_server.next() != Timestamp::NEVER {
            self.now = self.to_server.next();
            self.server.receive(self.to_server.receive(), self.now);
        }
    }

    fn post(&mut self) {
        for message in self.server.outbox() {
            let arrival = self.arrival();
            self.to_client.send(message, arrival);
        }
    }

    fn arrival(&mut self) -> Timestamp {
        // Mostly quick, sometimes slow, so that messages queue behind one another.
        let millis = if self.rng.random_bool(0.9) { 20 } else { DELAY_MAX.as_millis() as u64 };
        self.now + Duration::from_millis(self.rng.random_range(0..=millis))
    }

    fn turn(&mut self) {
        self.turned = std::mem::replace(&mut self.turning, Timestamp::NEVER);
        match self.fate {
            Fate::Finish => {}
            Fate::GoDead => self.to_client.is_dead = true,
            Fate::CloseByServer => {
                let arrival = self.arrival();
                self.to_client.send(Message::Text("1".to_owned()), arrival);
            }
        }
    }

    fn act(&mut self) {
        self.act_at = self.now + Duration::from_millis(self.rng.random_range(1..2_000));
        if self.now >= QUIET {
            self.act_at = Timestamp::NEVER;
        } else if self.is_connected {
            if self.rng.random_bool(0.2) {
                self.server.ask();
            } else {
                self.say();
            }
        }
    }

    fn say(&mut self) {
        let data = format!(r#"["echo",{}]"#, self.said);
        self.said += 1;
        let count = self.rng.random_range(0..4_usize).saturating_sub(1);
        let attachments: Vec<Vec<u8>> =
            (0..count).map(|_| vec![0xab; self.rng.random_range(0..5)]).collect();
        let lent: Vec<&[u8]> = attachments.iter().map(Vec::as_slice).collect();
        let ack = if self.rng.random_bool(0.5) { EmitAck::Wanted } else { EmitAck::No };
        let emit = Emit { ack, attachments: &lent, ..Emit::event(&data) };
        let ack = self.give(Input::Emit(emit));
        assert_eq!(ack.is_some(), emit.ack == EmitAck::Wanted);
        self.expected.push_back(Heard { ack, data, attachments });
    }

    fn deliver(&mut self) {
        let message = self.to_client.receive();
        match &message {
            Message::Text(text) => {
                if text.starts_with(['0', '2']) {
                    self.pinged = self.now;
                }
                self.give(Input::Frame(Frame::Text(text)));
            }
            Message::Binary(bytes) => {
                self.give(Input::Frame(Frame::Binary(bytes)));
            }
        }
    }

    /// Gives the session an input, and returns the number of the ack it asks for.
    fn give(&mut self, input: Input<'_>) -> Option<u64> {
        let mut sent = Vec::new();
        let mut heard = Vec::new();
        let mut to_answer = None;
        let mut turn = self.session.handle_input(input, self.now);
        let ack_id = turn.ack_id();
        self.session_deadline = loop {
            match turn.poll_output() {
                Output::WaitUntil(deadline) => break deadline,
                Output::Transmit(packet) => sent.push(message(&packet)),
                Output::Event(Event::Event { ack: Some(id), .. }) => to_answer = Some(id),
                Output::Event(Event::Event { ack: None, data, attachments, .. }) => {
                    heard.push((None, data.to_owned(), attachments.to_vec()));
                }
                Output::Event(Event::Ack { id, data, attachments, expected, .. }) => {
                    assert!(expected, "ack {id} is not expected");
                    heard.push((Some(id), data.to_owned(), attachments.to_vec()));
                }
                Output::Event(Event::Connected { .. }) => self.is_connected = true,
                Output::Event(Event::Closed(reason)) => self.closed = Some((self.now, reason)),
                Output::Event(Event::Opened(_) | Event::Pinged) => {}
                Output::Event(event) => panic!("{event:?}"),
            }
        };
        for message in sent {
            let arrival = self.arrival();
            self.to_server.send(message, arrival);
        }
        for (ack, data, attachments) in heard {
            assert_eq!(Some(Heard { ack, data, attachments }), self.expected.pop_front());
        }
        if let Some(id) = to_answer {
            let ack = EmitAck::Answers(id);
            self.give(Input::Emit(Emit { ack, ..Emit::event(r#"["yes"]"#) }));
        }
        ack_id
    }
}

fn message(packet: &Packet<'_>) -> Message {
    let mut frame = Vec::new();
    packet.encode(&mut frame);
    if packet.is_binary() {
        Message::Binary(frame)
    } else {
        Message::Text(String::from_utf8(frame).expect("a text frame is UTF-8"))
    }
}
