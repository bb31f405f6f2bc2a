//! Model: a correct chat server of one or several nodes and its users, on virtual time.
//!
//! Every delay is drawn; each connection and each pair of nodes is first in, first out. What a
//! correct server owes is heard within the delivery timeout. What is not promised happens as it
//! likes: connections are lost with what is in them, come back on another node, and what they
//! sent may reach the server long after.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::judging::World;
use crate::chat::{Message, MessageId, RoomId, UserId};
use crate::history::{Awaited, Event, EventKind, Session};
use crate::time::Timestamp;

/// The longest way up, between two nodes, and down, in microseconds: together less than
/// [`super::judging::TIMEOUT`].
const DELAY_MAX_US: u64 = 200_000;
const TEXT_BYTES: u32 = 48;
/// Longer than a message takes, and more than twice as long as a join does.
const JOIN_US: u64 = 700_000;
/// The longest that a dead connection goes unnoticed: longer than that.
const UNNOTICED_MAX_US: u64 = 3_000_000;

/// How it is known that a member is in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Confirm {
    Heard,
    Ack,
    Settle,
}

/// A world and what happened in it.
#[derive(Debug)]
pub(super) struct Legal {
    pub(super) world: World,
    pub(super) events: Vec<Event>,
    pub(super) oddities: Oddities,
}

/// What a correct server does that looks wrong at first sight.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Oddities {
    pub(super) heard_again_after_reconnect: u32,
    pub(super) own_heard_after_reconnect: u32,
    pub(super) heard_after_timeout: u32,
    pub(super) said_into_the_void: u32,
    pub(super) drops: u32,
    pub(super) drops_unnoticed: u32,
    /// Joins without evidence in time: somebody's connection was dead.
    pub(super) deaf: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Connect {
        user: u32,
    },
    Say {
        user: u32,
        room: u32,
    },
    Drop {
        user: u32,
    },
    /// The user learns that its connection is lost.
    Lost {
        connection: usize,
    },
    /// A joiner has heard nothing of what was said, for as long as anything may take.
    Deaf {
        connection: usize,
        room: u32,
        probed: u64,
    },
    Settled {
        connection: usize,
        room: u32,
    },
    AtServer {
        connection: usize,
        packet: Packet,
        delayed: bool,
    },
    Relayed {
        node: usize,
        origin: usize,
        message: usize,
    },
    Noticed {
        connection: usize,
    },
    AtClient {
        connection: usize,
        frame: Packet,
    },
}

/// What travels: a join or its acknowledgement, or a message by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Packet {
    Join(u32),
    Message(usize),
}

struct Connection {
    user: u32,
    node: usize,
    /// When it was made, and all rooms asked for.
    since: u64,
    lost: Option<Fate>,
    rooms: BTreeSet<u32>,
    /// Rooms in which this client knows itself to be.
    joined: BTreeSet<u32>,
    /// Since when others speak where it is joining, as far as is known.
    probed: BTreeMap<u32, u64>,
    up: u64,
    down: u64,
}

/// What becomes of what was still on its way to the server.
#[derive(Clone, Copy)]
enum Fate {
    Lost,
    Arrives,
    ArrivesAt(u64),
}

struct Model<'r> {
    rng: &'r mut Xoshiro256PlusPlus,
    world: World,
    confirm: Confirm,
    now: u64,
    queue: BinaryHeap<Reverse<(u64, u64, Action)>>,
    queued: u64,
    connections: Vec<Connection>,
    /// For each user, the number of its connection.
    present: Vec<Option<usize>>,
    messages: Vec<(Message, u64)>,
    spoken: BTreeMap<(u32, u32), u32>,
    relays: BTreeMap<(usize, usize), u64>,
    heard: BTreeSet<(usize, u32)>,
    nodes: usize,
    lateness_us: u64,
    events: Vec<Event>,
    oddities: Oddities,
}

/// A history that a correct server may leave behind.
pub(super) fn legal(rng: &mut Xoshiro256PlusPlus) -> Legal {
    let world = draw_world(rng);
    let users = world.users;
    let mut model = Model {
        confirm: [Confirm::Heard, Confirm::Ack, Confirm::Settle][rng.random_range(0..3)],
        nodes: [1, 1, 2, 3][rng.random_range(0..4)],
        lateness_us: [0, 2_000, 300_000][rng.random_range(0..3)],
        world,
        now: 0,
        queue: BinaryHeap::new(),
        queued: 0,
        connections: Vec::new(),
        present: vec![None; users],
        messages: Vec::new(),
        spoken: BTreeMap::new(),
        relays: BTreeMap::new(),
        heard: BTreeSet::new(),
        events: Vec::new(),
        oddities: Oddities::default(),
        rng,
    };
    model.plan();
    while let Some(Reverse((time, _, action))) = model.queue.pop() {
        model.now = time;
        model.act(action);
    }
    Legal { world: model.world, events: model.events, oddities: model.oddities }
}

fn draw_world(rng: &mut Xoshiro256PlusPlus) -> World {
    let crowded = rng.random_bool(0.05);
    let users: u32 = if crowded { 70 } else { rng.random_range(2..8) };
    let rooms = (0..rng.random_range(1..4)).map(|room| {
        let all = crowded && room == 0;
        let mut members: Vec<u32> = (0..users).filter(|_| all || rng.random_bool(0.7)).collect();
        if members.is_empty() {
            members.push(rng.random_range(0..users));
        }
        members
    });
    let rooms = rooms.collect();
    let (echoed, users) = (rng.random_bool(0.3), users as usize);
    let join_timeout = Duration::from_micros(JOIN_US);
    World {
        rooms,
        users,
        echoed,
        ordered: true,
        strangers_welcome: rng.random_bool(0.5),
        join_timeout,
        in_flight_max: 1 << 20,
    }
}

impl Model<'_> {
    /// Who comes, speaks and is lost when.
    fn plan(&mut self) {
        let span = 4_000_000;
        for user in 0..self.world.users as u32 {
            let due = self.rng.random_range(0..300_000);
            self.add(due, Action::Connect { user });
        }
        let drops = self.rng.random_range(0..=2 * self.world.users.min(6));
        for _ in 0..drops {
            let user = self.rng.random_range(0..self.world.users as u32);
            let due = self.rng.random_range(0..span);
            self.add(due, Action::Drop { user });
        }
        for room in 0..self.world.rooms.len() {
            let turns = if self.world.users > 26 { 10 } else { 60 };
            for _ in 0..self.rng.random_range(0..turns) {
                let members = &self.world.rooms[room];
                let user = members[self.rng.random_range(0..members.len())];
                let due = self.rng.random_range(0..span);
                // Some speak in bursts, which is where order shows.
                for step in 0..[1, 1, 4][self.rng.random_range(0..3)] {
                    self.add(due + step, Action::Say { user, room: room as u32 });
                }
            }
        }
    }

    fn add(&mut self, due: u64, action: Action) {
        self.queued += 1;
        self.queue.push(Reverse((due, self.queued, action)));
    }

    fn delay(&mut self) -> u64 {
        let max = if self.rng.random_bool(0.5) { 2_000 } else { DELAY_MAX_US };
        self.rng.random_range(1..max)
    }

    fn note(&mut self, time: u64, user: u32, kind: EventKind) {
        self.events.push(Event { at: at_us(time), user: UserId(user), kind });
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Connect { user } => self.connect(user),
            Action::Say { user, room } => self.say(user, room),
            Action::Drop { user } => self.lose(user),
            Action::Lost { connection } => self.notice(connection),
            Action::Deaf { connection, room, probed } => self.deafen(connection, room, probed),
            Action::Settled { connection, room } => {
                if self.connections[connection].lost.is_none() {
                    self.join(connection, room, self.now);
                }
            }
            Action::AtServer { connection, packet, delayed } => {
                self.at_server(connection, packet, delayed);
            }
            Action::Relayed { node, origin, message } => self.fan_out(node, origin, message),
            Action::Noticed { connection } => self.connections[connection].rooms.clear(),
            Action::AtClient { connection, frame } => self.at_client(connection, frame),
        }
    }

    fn connect(&mut self, user: u32) {
        let node = self.rng.random_range(0..self.nodes);
        let (rooms, joined) = (BTreeSet::new(), BTreeSet::new());
        let (probed, since) = (BTreeMap::new(), self.now);
        let connection =
            Connection { user, node, since, lost: None, rooms, joined, probed, up: 0, down: 0 };
        self.connections.push(connection);
        let connection = self.connections.len() - 1;
        self.present[user as usize] = Some(connection);
        self.note(
            self.now,
            user,
            EventKind::Connected { after: Duration::ZERO, session: Session::New },
        );
        for room in 0..self.world.rooms.len() as u32 {
            if self.world.rooms[room as usize].contains(&user) {
                self.note(self.now, user, EventKind::Joining { room: RoomId(room) });
                self.send(connection, Packet::Join(room));
                if self.confirm == Confirm::Settle {
                    let due = self.now + DELAY_MAX_US;
                    self.add(due, Action::Settled { connection, room });
                }
            }
        }
    }

    fn send(&mut self, connection: usize, packet: Packet) {
        let due = (self.now + self.delay()).max(self.connections[connection].up);
        self.connections[connection].up = due;
        self.add(due, Action::AtServer { connection, packet, delayed: false });
    }

    fn say(&mut self, user: u32, room: u32) {
        let Some(connection) = self.present[user as usize] else {
            let intended = at_us(self.now);
            return self.note(self.now, user, EventKind::Unsent { room: RoomId(room), intended });
        };
        let number = self.write_down(user, room);
        self.send(connection, Packet::Message(number));
        if self.confirm == Confirm::Heard {
            self.probe(connection, room);
        }
    }

    /// Whoever joins should hear what was said just now.
    fn probe(&mut self, speaking: usize, room: u32) {
        for connection in self.present.iter().flatten().copied().collect::<Vec<_>>() {
            let there = &mut self.connections[connection];
            let member = self.world.rooms[room as usize].contains(&there.user);
            let asked = self.now - there.since >= JOIN_US / 2;
            let hears = member && asked && (connection != speaking || self.world.echoed);
            if hears && !there.joined.contains(&room) && !there.probed.contains_key(&room) {
                there.probed.insert(room, self.now);
                let (due, probed) = (self.now + JOIN_US, self.now);
                self.add(due, Action::Deaf { connection, room, probed });
            }
        }
    }

    fn deafen(&mut self, connection: usize, room: u32, probed: u64) {
        let Connection { user, joined, probed: since, .. } = &self.connections[connection];
        let (user, waits) = (*user, !joined.contains(&room) && since.get(&room) == Some(&probed));
        if waits && self.present[user as usize] == Some(connection) {
            self.oddities.deaf += 1;
            let (room, after) = (RoomId(room), Duration::from_micros(JOIN_US));
            let awaited = Awaited::Message;
            self.note(self.now, user, EventKind::JoinUnconfirmed { room, after, awaited });
        }
    }

    fn write_down(&mut self, user: u32, room: u32) -> usize {
        let spoken = self.spoken.entry((user, room)).or_default();
        let id = MessageId { room: RoomId(room), sender: UserId(user), sequence: *spoken };
        *spoken += 1;
        let lateness = self.rng.random_range(0..=self.lateness_us);
        let intended = at_us(self.now.saturating_sub(lateness));
        let message = Message { id, intended, text_bytes: TEXT_BYTES };
        self.note(self.now, user, EventKind::Sent { message });
        self.messages.push((message, self.now));
        self.messages.len() - 1
    }

    fn lose(&mut self, user: u32) {
        let Some(connection) = self.present[user as usize] else { return };
        if self.connections[connection].lost.is_some() {
            return;
        }
        self.oddities.drops += 1;
        let later = self.now + self.rng.random_range(0..3_000_000);
        let fates = [Fate::Lost, Fate::Arrives, Fate::ArrivesAt(later)];
        self.connections[connection].lost = Some(fates[self.rng.random_range(0..3)]);
        if self.rng.random_bool(0.7) {
            return self.notice(connection);
        }
        self.oddities.drops_unnoticed += 1;
        // What is on its way is not late for that: it is lost, or the way up still stands.
        self.connections[connection].lost = Some(fates[self.rng.random_range(0..2)]);
        let due = self.now + self.rng.random_range(0..UNNOTICED_MAX_US);
        self.add(due, Action::Lost { connection });
    }

    /// The user knows that its connection is lost.
    fn notice(&mut self, connection: usize) {
        let user = self.connections[connection].user;
        self.present[user as usize] = None;
        self.note(self.now, user, EventKind::Disconnected { why: "lost".into(), resumable: false });
        for room in 0..self.world.rooms.len() {
            if self.world.rooms[room].contains(&user) {
                for there in &mut self.connections {
                    there.probed.remove(&(room as u32));
                }
            }
        }
        let noticed = self.now + self.rng.random_range(0..2_000_000);
        self.add(noticed, Action::Noticed { connection });
        let back_off_max = [20_000, 500_000][self.rng.random_range(0..2)];
        let back = self.now + self.rng.random_range(1_000..back_off_max);
        self.add(back, Action::Connect { user });
        // Who speaks has perhaps not been told yet.
        let rooms = &self.world.rooms;
        let room = (0..rooms.len()).find(|&room| rooms[room].contains(&user));
        if let Some(room) = room.filter(|_| self.rng.random_bool(0.3)) {
            self.oddities.said_into_the_void += 1;
            self.write_down(user, room as u32);
        }
    }

    fn at_server(&mut self, connection: usize, packet: Packet, delayed: bool) {
        match self.connections[connection].lost {
            Some(Fate::Lost) => return,
            Some(Fate::ArrivesAt(due)) if !delayed && due > self.now => {
                return self.add(due, Action::AtServer { connection, packet, delayed: true });
            }
            Some(Fate::Arrives | Fate::ArrivesAt(_)) | None => {}
        }
        match packet {
            Packet::Join(room) => {
                self.connections[connection].rooms.insert(room);
                if self.confirm == Confirm::Ack {
                    self.hand_down(connection, Packet::Join(room));
                }
            }
            Packet::Message(message) => {
                let home = self.connections[connection].node;
                self.fan_out(home, connection, message);
                for node in (0..self.nodes).filter(|&node| node != home) {
                    let due = self.now + self.delay();
                    let relay = self.relays.entry((home, node)).or_default();
                    *relay = due.max(*relay);
                    let due = *relay;
                    self.add(due, Action::Relayed { node, origin: connection, message });
                }
            }
        }
    }

    /// Everybody who is in the room on this node now, less the sender.
    fn fan_out(&mut self, node: usize, origin: usize, message: usize) {
        let room = self.messages[message].0.id.room.0;
        for ear in 0..self.connections.len() {
            let there = &self.connections[ear];
            let excluded = ear == origin && !self.world.echoed;
            if there.node == node && there.rooms.contains(&room) && !excluded {
                self.hand_down(ear, Packet::Message(message));
            }
        }
    }

    fn hand_down(&mut self, connection: usize, frame: Packet) {
        let due = (self.now + self.delay()).max(self.connections[connection].down);
        self.connections[connection].down = due;
        self.add(due, Action::AtClient { connection, frame });
    }

    fn at_client(&mut self, connection: usize, frame: Packet) {
        if self.connections[connection].lost.is_some() {
            return;
        }
        // It arrived a little before anybody looks at it.
        let arrived = self.now - self.rng.random_range(0..100.min(self.now));
        match frame {
            Packet::Join(room) => self.join(connection, room, arrived),
            Packet::Message(number) => {
                let (message, sent) = self.messages[number];
                let user = self.connections[connection].user;
                let arrived = arrived.max(sent);
                self.count_oddities(number, user, arrived - sent);
                let Message { id, intended, .. } = message;
                let kind = EventKind::Received { id, intended, intact: true };
                self.note(arrived, user, kind);
                if self.confirm == Confirm::Heard {
                    self.join(connection, id.room.0, arrived);
                }
            }
        }
    }

    fn join(&mut self, connection: usize, room: u32, time: u64) {
        if self.connections[connection].joined.insert(room) {
            let user = self.connections[connection].user;
            let (room, after) = (RoomId(room), Duration::ZERO);
            self.note(time, user, EventKind::Joined { room, after });
        }
    }

    fn count_oddities(&mut self, message: usize, user: u32, after_us: u64) {
        let again = !self.heard.insert((message, user));
        let own = self.messages[message].0.id.sender.0 == user && !self.world.echoed;
        self.oddities.heard_again_after_reconnect += u32::from(again);
        self.oddities.own_heard_after_reconnect += u32::from(own);
        let timeout_us = super::judging::TIMEOUT.as_micros() as u64;
        self.oddities.heard_after_timeout += u32::from(after_us > timeout_us);
    }
}

fn at_us(us: u64) -> Timestamp {
    Timestamp::from_nanos(us * 1_000)
}
