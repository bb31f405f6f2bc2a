//! Hub: the model server's chat: who is in which room, and who hears what.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use chatbench::clock::Clock;
use chatbench::time::Timestamp;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::fault::{Fault, HEARD_BEFORE_MUTE, Saboteur};
use crate::session::{Heartbeat, Line};

/// How long a message waits for the one it is to change places with.
const HELD_FOR: Duration = Duration::from_millis(400);
/// How late a late join is.
const JOINED_LATE_BY: Duration = Duration::from_millis(250);
/// Whoever left a room is let go of by then; before, nobody can tell.
const LEFT_FOR: Duration = Duration::from_millis(3_500);
/// Messages of a room that a joiner may be told.
const HISTORY_MAX: usize = 100;

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
    stale: Vec<String>,
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
    node: usize,
    /// Rooms that it asked for, and the number of the last time it did.
    asked: BTreeMap<String, u64>,
    /// Rooms that it left, and when.
    left: BTreeMap<String, Timestamp>,
    /// Messages that it hears before it goes mute.
    mute_after: Option<u32>,
}

/// Something that was said.
struct Said {
    room: String,
    sender: u64,
    /// The node that its sender is connected to.
    node: usize,
    /// The event as it is passed on.
    packet: String,
    at: Timestamp,
}

/// Something that was said on another node, and when it arrives.
type Relayed = (Timestamp, Rc<Said>);

impl Socket {
    pub(crate) fn new(line: Line) -> Socket {
        Socket { line, node: 0, asked: BTreeMap::new(), left: BTreeMap::new(), mute_after: None }
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
        let hub = Rc::new(RefCell::new(Hub {
            manners,
            saboteur,
            clock,
            rng,
            rooms: BTreeMap::new(),
            sockets: BTreeMap::new(),
            relays: BTreeMap::new(),
            held: BTreeMap::new(),
            stale: Vec::new(),
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

    pub(crate) fn connect(&mut self, number: u64, mut socket: Socket) {
        socket.node = number as usize % self.manners.nodes;
        socket.line.say(&format!(r#"0{{"sid":"s{number}"}}"#), false);
        self.sockets.insert(number, socket);
        if !self.stale.is_empty() && self.saboteur.strikes(Fault::StaleMembership) {
            for room in std::mem::take(&mut self.stale) {
                self.enter(number, &room);
            }
        }
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
        self.disconnect(number);
    }

    /// A connection is over.
    pub(crate) fn disconnect(&mut self, number: u64) {
        if self.sockets.remove(&number).is_none() {
            return;
        }
        let mut left = Vec::new();
        for (name, room) in &mut self.rooms {
            if room.members.contains(&number) {
                room.members.retain(|member| *member != number);
                left.push(name.clone());
            }
        }
        self.stale = left;
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
            socket.line.say(&format!("2{}", serde_json::json!(["joined", room])), false);
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

    fn send(hub: &Rc<RefCell<Hub>>, sender: u64, mut payload: Value) {
        let this = &mut *hub.borrow_mut();
        let room = payload["room"].as_str().expect("a message names its room").to_owned();
        if this.saboteur.strikes_message(Fault::Corrupt) {
            this.corrupt(&mut payload);
        }
        if !this.manners.verbatim {
            payload.sort_all_objects();
        }
        let data = serde_json::json!(["onreceive-msg", payload]);
        let at = this.clock.now();
        let Some(node) = this.sockets.get(&sender).map(|socket| socket.node) else { return };
        let said = Rc::new(Said { room, sender, node, packet: format!("2{data}"), at });
        let key = (sender, said.room.clone());
        if let Some(held) = this.held.remove(&key) {
            this.saboteur.count(Fault::Reorder);
            this.publish(&said);
            return this.publish(&held);
        }
        if !this.saboteur.strikes_message(Fault::Reorder) {
            return this.publish(&said);
        }
        this.held.insert(key.clone(), Rc::clone(&said));
        later(hub, HELD_FOR, move |hub| {
            if hub.held.get(&key).is_some_and(|held| Rc::ptr_eq(held, &said)) {
                hub.held.remove(&key);
                hub.publish(&said);
            }
        });
    }

    fn corrupt(&mut self, payload: &mut Value) {
        let text = payload["message"].as_str().expect("a message has a text");
        let mut text: Vec<char> = text.chars().collect();
        let at = self.saboteur.pick(text.len());
        text[at] = if text[at] == '!' { '?' } else { '!' };
        payload["message"] = Value::from(text.into_iter().collect::<String>());
        self.saboteur.count(Fault::Corrupt);
    }

    /// Passes on what was said, here and on all other nodes.
    fn publish(&mut self, said: &Rc<Said>) {
        let here = said.node;
        for node in (0..self.manners.nodes).filter(|node| *node != here) {
            let relaying = self.manners.relay_max.mul_f64(self.rng.random_range(0.0..=1.0));
            let due = self.clock.now() + relaying;
            let carried = self.relays[&(here, node)].send((due, Rc::clone(said)));
            assert!(carried.is_ok() || self.down, "whoever carries it is there");
        }
        self.hand_out(here, said);
    }

    /// Everybody who hears it on this node does.
    fn hand_out(&mut self, node: usize, said: &Rc<Said>) {
        let mut receivers = self.receivers(node, said);
        if !receivers.is_empty() && self.saboteur.strikes_message(Fault::Drop) {
            receivers.remove(self.saboteur.pick(receivers.len()));
            self.saboteur.count(Fault::Drop);
        }
        if self.saboteur.strikes_message(Fault::Echo) {
            receivers.push(said.sender);
            self.saboteur.count(Fault::Echo);
        }
        if self.saboteur.strikes_message(Fault::Leak) {
            let strangers = self.strangers(said);
            if !strangers.is_empty() {
                receivers.push(strangers[self.saboteur.pick(strangers.len())]);
                self.saboteur.count(Fault::Leak);
            }
        }
        if self.saboteur.strikes_message(Fault::Duplicate) && !receivers.is_empty() {
            receivers.extend_from_within(..);
            self.saboteur.count(Fault::Duplicate);
        }
        for receiver in receivers {
            self.deliver(receiver, &said.packet);
        }
    }

    fn receivers(&mut self, node: usize, said: &Rc<Said>) -> Vec<u64> {
        let Hub { rooms, sockets, saboteur, manners, clock, .. } = self;
        let Some(room) = rooms.get_mut(&said.room) else { return Vec::new() };
        room.history.push_back(Rc::clone(said));
        if room.history.len() > HISTORY_MAX {
            room.history.pop_front();
        }
        if room.forgotten {
            saboteur.count(Fault::RoomForgotten);
            return Vec::new();
        }
        room.forgotten = saboteur.strikes_message(Fault::RoomForgotten);
        let hears = |member: &&u64| {
            let is_here = sockets.get(*member).is_some_and(|socket| socket.node == node);
            is_here && (**member != said.sender || manners.echoes)
        };
        let receivers: Vec<u64> = room.members.iter().filter(hears).copied().collect();
        for receiver in &receivers {
            let Socket { asked, left, .. } = &sockets[receiver];
            let left = left.get(&said.room).copied().unwrap_or_default();
            if !asked.contains_key(&said.room) && clock.now().since(left) > LEFT_FOR {
                // It hears a room that it has not asked for, or has left for so long that this can
                // be told: what is planted put it there.
                saboteur.count_planted();
            }
        }
        receivers
    }

    fn strangers(&self, said: &Said) -> Vec<u64> {
        let stranger = |(_, socket): &(&u64, &Socket)| !socket.asked.contains_key(&said.room);
        self.sockets.iter().filter(stranger).map(|(number, _)| *number).collect()
    }

    fn deliver(&mut self, receiver: u64, packet: &str) {
        let Some(socket) = self.sockets.get_mut(&receiver) else { return };
        if let Some(left) = &mut socket.mute_after {
            if *left == 0 {
                return self.saboteur.count(Fault::Mute);
            }
            *left -= 1;
        }
        let fragments = self.manners.fragments > 0.0;
        let fragments = fragments && self.rng.random_bool(self.manners.fragments);
        socket.line.say(packet, fragments);
    }
}

/// Carries what one node says to another, in order.
async fn carry(hub: Rc<RefCell<Hub>>, node: usize, mut relayed: mpsc::UnboundedReceiver<Relayed>) {
    let clock = hub.borrow().clock;
    while let Some((due, said)) = relayed.recv().await {
        clock.sleep_until(due).await;
        let mut hub = hub.borrow_mut();
        if hub.down {
            return;
        }
        hub.hand_out(node, &said);
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
