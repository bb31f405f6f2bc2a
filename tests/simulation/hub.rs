//! Hub: the model server's chat: who is in which room, and who hears what.

mod speech;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use chatbench::clock::Clock;
use chatbench::time::Timestamp;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::Value;
use tokio::sync::mpsc;

use speech::{Relayed, Said, carry};

use crate::fault::{Fault, HEARD_BEFORE_MUTE, Saboteur};
use crate::memory::{Audience, Memory, Recovered, Told};
use crate::session::{Heartbeat, Line};

/// How late a late join is.
const JOINED_LATE_BY: Duration = Duration::from_millis(250);

/// What correct servers do differently.
#[derive(Clone, Debug)]
pub(crate) struct Manners {
    pub(crate) heartbeat: Heartbeat,
    /// Processes that share the connections among them.
    pub(crate) nodes: usize,
    /// The longest that it takes from one to another.
    pub(crate) relay_max: Duration,
    /// The longest that a join takes to have its effect.
    pub(crate) join_max: Duration,
    /// Whether a sender hears its own messages.
    pub(crate) echoes: bool,
    /// Whether the joiner is sent an event once it is in.
    pub(crate) tells_joiners: bool,
    /// Whether payloads come out as they went in, or spelled anew.
    pub(crate) verbatim: bool,
    /// The probability of each message to come in fragments.
    pub(crate) fragments: f64,
    /// How long a session that lost its connection can be taken up again.
    pub(crate) recovers_for: Option<Duration>,
}

/// The whole server's state; when it restarts, another takes its place.
pub(crate) struct Hub {
    pub(crate) manners: Manners,
    pub(crate) saboteur: Saboteur,
    clock: Clock,
    rng: Xoshiro256PlusPlus,
    rooms: BTreeMap<String, Room>,
    sockets: BTreeMap<u64, Socket>,
    /// What goes from node to node: first in, first out.
    relays: BTreeMap<(usize, usize), mpsc::UnboundedSender<Relayed>>,
    /// Messages that are to change places with the next one.
    held: BTreeMap<(u64, String), Rc<Said>>,
    /// The rooms of the connection that ended last.
    stale: BTreeSet<String>,
    /// What sessions are taken up again from, where they are.
    memory: Option<Memory>,
    offsets: u64,
    /// Whether the server was taken down: nothing that is under way in it happens any more.
    pub(crate) down: bool,
    joins: u64,
}

#[derive(Default)]
struct Room {
    members: Vec<u64>,
    history: VecDeque<Rc<Said>>,
    forgotten: bool,
}

/// A connection that stands in the namespace.
pub(crate) struct Socket {
    line: Line,
    /// The number of the connection that its session began on.
    pub(crate) session: u64,
    node: usize,
    /// Rooms that it asked for, and the number of the last time it did.
    asked: BTreeMap<String, u64>,
    /// Rooms that it left, and when.
    left: BTreeMap<String, Timestamp>,
    /// Messages that it hears before it goes mute.
    mute_after: Option<u32>,
}

impl Socket {
    fn new(line: Line, session: u64, node: usize) -> Socket {
        let (asked, left) = (BTreeMap::new(), BTreeMap::new());
        Socket { line, session, node, asked, left, mute_after: None }
    }
}

impl Hub {
    pub(crate) fn new(
        manners: Manners,
        saboteur: Saboteur,
        clock: Clock,
        rng: Xoshiro256PlusPlus,
    ) -> Rc<RefCell<Hub>> {
        let nodes = manners.nodes;
        let memory = manners.recovers_for.map(Memory::new);
        let hub = Rc::new(RefCell::new(Hub {
            manners,
            saboteur,
            clock,
            rng,
            rooms: BTreeMap::new(),
            sockets: BTreeMap::new(),
            relays: BTreeMap::new(),
            held: BTreeMap::new(),
            stale: BTreeSet::new(),
            memory,
            offsets: 0,
            down: false,
            joins: 0,
        }));
        for pair in (0..nodes * nodes).map(|pair| (pair / nodes, pair % nodes)) {
            let (relay, relayed) = mpsc::unbounded_channel();
            hub.borrow_mut().relays.insert(pair, relay);
            tokio::task::spawn_local(carry(Rc::clone(&hub), pair.1, relayed));
        }
        hub
    }

    /// The server is taken down, with all that it knows. Gives whoever decides on its faults.
    pub(crate) fn take_down(&mut self) -> Saboteur {
        self.down = true;
        self.relays.clear();
        std::mem::replace(&mut self.saboteur, Saboteur::new(None, 0))
    }

    /// A client asks to be let into the namespace, and may wish to go on where it was, by `auth`.
    pub(crate) fn connect(&mut self, number: u64, line: Line, auth: &Value) {
        if let Some(session) = self.recover(auth) {
            return self.take_up(number, line, session);
        }
        let socket = Socket::new(line, number, number as usize % self.manners.nodes);
        self.greet(&socket);
        self.sockets.insert(number, socket);
        if !self.stale.is_empty() && self.saboteur.strikes(Fault::StaleMembership) {
            for room in std::mem::take(&mut self.stale) {
                self.enter(number, &room);
            }
        }
    }

    fn recover(&mut self, auth: &Value) -> Option<Recovered> {
        let session = auth["pid"].as_str()?.strip_prefix('p')?.parse().ok()?;
        let (offset, now) = (auth["offset"].as_str()?, self.clock.now());
        self.memory.as_mut()?.recover(session, offset, now, &mut self.saboteur)
    }

    /// The session goes on: it is in its rooms, and hears what it missed.
    fn take_up(&mut self, number: u64, line: Line, session: Recovered) {
        let Recovered { socket, rooms, missed } = session;
        let socket = Socket { line, ..socket };
        self.greet(&socket);
        missed.iter().for_each(|packet| socket.line.say(packet, false));
        self.sockets.insert(number, socket);
        rooms.iter().for_each(|room| self.enter(number, room));
    }

    fn greet(&self, socket: &Socket) {
        let session = socket.session;
        let pid = self.memory.as_ref().map(|_| format!(r#","pid":"p{session}""#));
        let pid = pid.unwrap_or_default();
        socket.line.say(&format!(r#"0{{"sid":"s{session}"{pid}}}"#), false);
    }

    /// A client leaves the namespace, and may stay on its connection.
    pub(crate) fn take_leave(&mut self, number: u64) {
        if self.saboteur.strikes(Fault::Ghost)
            && let Some(ghost) = self.sockets.get_mut(&number)
        {
            // It stays where it was, though nothing that it asked for is valid any more.
            let now = self.clock.now();
            ghost.left.extend(std::mem::take(&mut ghost.asked).into_keys().map(|room| (room, now)));
            return;
        }
        self.remove(number);
    }

    /// A connection is over.
    pub(crate) fn disconnect(&mut self, number: u64) {
        if let Some((socket, rooms)) = self.remove(number)
            && let Some(memory) = &mut self.memory
        {
            memory.keep(socket, rooms, self.clock.now());
        }
    }

    /// A connection is out of the namespace, and of its rooms.
    fn remove(&mut self, number: u64) -> Option<(Socket, BTreeSet<String>)> {
        let socket = self.sockets.remove(&number)?;
        let mut left = BTreeSet::new();
        for (name, room) in &mut self.rooms {
            if room.members.contains(&number) {
                room.members.retain(|member| *member != number);
                left.insert(name.clone());
            }
        }
        self.stale.clone_from(&left);
        Some((socket, left))
    }

    /// An event that a client sent, with its acknowledgement where one is asked for.
    pub(crate) fn event(hub: &Rc<RefCell<Hub>>, number: u64, packet: &str) {
        let data = packet.strip_prefix('2').unwrap_or_else(|| panic!("an event, not {packet:?}"));
        let at = data.find('[').expect("an event has an array");
        let ack = (at > 0).then(|| format!("3{}[]", &data[..at]));
        let event: Value = serde_json::from_str(&data[at..]).expect("the client sends JSON");
        let room = |value: &Value| value.as_str().expect("a room is a string").to_owned();
        match event[0].as_str() {
            Some("join-room") => Hub::join(hub, number, room(&event[1]), ack),
            Some("leave-room") => hub.borrow_mut().leave(number, &room(&event[1]), ack),
            Some("send-msg") => Hub::send(hub, number, event[1].clone()),
            _ => panic!("the client sends {event}"),
        }
    }

    fn join(hub: &Rc<RefCell<Hub>>, number: u64, room: String, ack: Option<String>) {
        let this = &mut *hub.borrow_mut();
        let Some(socket) = this.sockets.get_mut(&number) else { return };
        this.joins += 1;
        let nth = this.joins;
        socket.asked.insert(room.clone(), nth);
        if this.saboteur.strikes(Fault::IgnoreJoin) {
            return this.saboteur.count(Fault::IgnoreJoin);
        }
        let mut after = this.manners.join_max.mul_f64(this.rng.random_range(0.0..=1.0));
        if this.saboteur.strikes(Fault::LateJoin) {
            this.saboteur.count(Fault::LateJoin);
            after = JOINED_LATE_BY;
        }
        if after.is_zero() {
            return this.joined(number, &room, ack);
        }
        later(hub, after, move |hub| {
            // It may have left again, or joined once more.
            let asked = hub.sockets.get(&number).and_then(|socket| socket.asked.get(&room));
            if asked == Some(&nth) {
                hub.joined(number, &room, ack);
            }
        });
    }

    fn joined(&mut self, number: u64, room: &str, ack: Option<String>) {
        if self.saboteur.strikes(Fault::Mute)
            && let Some(socket) = self.sockets.get_mut(&number)
        {
            socket.mute_after = Some(HEARD_BEFORE_MUTE);
        }
        if self.saboteur.strikes(Fault::LastRoomOnly) {
            let others = self.rooms.iter_mut().filter(|(name, _)| *name != room);
            for (_, other) in others {
                if other.members.contains(&number) {
                    other.members.retain(|member| *member != number);
                    self.saboteur.count(Fault::LastRoomOnly);
                }
            }
        }
        self.enter(number, room);
        if self.saboteur.strikes(Fault::HistoryAtJoin) {
            self.tell_history(number, room);
        }
        let Some(socket) = self.sockets.get(&number) else { return };
        if let Some(ack) = ack {
            socket.line.say(&ack, false);
        }
        if self.manners.tells_joiners {
            self.tell_joiner(number, room);
        }
    }

    fn tell_joiner(&mut self, number: u64, room: &str) {
        let (packet, offset) = self.event_of(vec!["joined".into(), room.into()]);
        let socket = &self.sockets[&number];
        socket.line.say(&packet, false);
        let audience = Audience::Session(socket.session);
        self.note(&packet, offset, audience);
    }

    /// The packet of an event, and its offset, where lost sessions are told what they missed.
    fn event_of(&mut self, mut data: Vec<Value>) -> (Rc<str>, Option<String>) {
        let offset = self.memory.as_ref().map(|_| {
            self.offsets += 1;
            format!("o{}", self.offsets)
        });
        data.extend(offset.clone().map(Value::from));
        (format!("2{}", Value::from(data)).into(), offset)
    }

    /// An event was sent to whoever it is for.
    fn note(&mut self, packet: &Rc<str>, offset: Option<String>, audience: Audience) {
        if let (Some(memory), Some(offset)) = (&mut self.memory, offset) {
            let (packet, at) = (Rc::clone(packet), self.clock.now());
            memory.note(Told { offset, packet, audience, at });
        }
    }

    fn enter(&mut self, number: u64, room: &str) {
        if !self.sockets.contains_key(&number) {
            return;
        }
        let room = self.rooms.entry(room.to_owned()).or_default();
        let again = room.members.contains(&number);
        if again && !self.saboteur.strikes(Fault::DoubleJoinDeliversTwice) {
            return;
        }
        room.members.push(number);
        if again {
            self.saboteur.count(Fault::DoubleJoinDeliversTwice);
        }
    }

    /// What was said so long ago that it is told as news is counted.
    fn tell_history(&mut self, number: u64, room: &str) {
        let now = self.clock.now();
        let history: Vec<_> = self.rooms[room].history.iter().cloned().collect();
        for said in history {
            if now.since(said.at) > Duration::from_secs(4) {
                self.saboteur.count(Fault::HistoryAtJoin);
            }
            self.deliver(number, &said.packet);
        }
    }

    fn leave(&mut self, number: u64, name: &str, ack: Option<String>) {
        if let Some(room) = self.rooms.get_mut(name)
            && room.members.contains(&number)
        {
            if self.saboteur.strikes(Fault::LeaveIgnored) {
                // It counts once somebody hears what it should not.
            } else if self.saboteur.strikes(Fault::LeaveTakesAll) {
                // Who is left with nobody to hear does not notice.
                if room.members.len() > 2 {
                    self.saboteur.count(Fault::LeaveTakesAll);
                }
                room.members.clear();
            } else {
                room.members.retain(|member| *member != number);
            }
        }
        let Some(socket) = self.sockets.get_mut(&number) else { return };
        socket.asked.remove(name);
        socket.left.insert(name.to_owned(), self.clock.now());
        if let Some(ack) = ack {
            socket.line.say(&ack, false);
        }
    }
}

/// Does something in a while, unless the server is taken down meanwhile.
fn later(hub: &Rc<RefCell<Hub>>, after: Duration, what: impl FnOnce(&mut Hub) + 'static) {
    let hub = Rc::clone(hub);
    tokio::task::spawn_local(async move {
        let clock = hub.borrow().clock;
        clock.sleep_until(clock.now() + after).await;
        let mut hub = hub.borrow_mut();
        if !hub.down {
            what(&mut hub);
        }
    });
}
