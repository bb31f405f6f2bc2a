//! Crowd: the users of one shard, their rooms, and what each of them hears.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use super::agenda::Agenda;
use super::bell::Bell;
use super::joining::{Probing, RoomState};
use super::reception::{Reader, Reception};
use super::speaking::Speaker;
use super::user::{Membership, Seat, User};
use super::{Brief, Command};
use crate::chat::{Message, MessageId, RoomId, Texts, UserId};
use crate::client::{ClientOptions, Heard, Listener};
use crate::history::{Event, EventKind, History};
use crate::scenario::{Confirm, ShardPlan};
use crate::time::Timestamp;

/// Everything that lives on one shard.
pub(super) struct Crowd {
    pub(super) brief: Arc<Brief>,
    pub(super) options: Rc<ClientOptions>,
    pub(super) history: History,
    pub(super) agenda: Agenda,
    pub(super) users: Vec<User>,
    pub(super) seats: Vec<Seat>,
    pub(super) rooms: Vec<RoomState>,
    pub(super) speakers: Vec<Speaker>,
    pub(super) texts: Texts,
    pub(super) probing: Probing,
    pub(super) scratch: Vec<u8>,
    reader: Reader,
    /// Users whose connection was lost, and must be taken down outside of it.
    pub(super) lost: VecDeque<u32>,
    /// Users that wait until fewer are connecting.
    pub(super) waiting: VecDeque<u32>,
    pub(super) connecting: usize,
    /// Seats that the assembly still waits for.
    pub(super) unseated: usize,
    pub(super) last_heard: Timestamp,
    /// Wakes the shard when something happened that it must act on.
    pub(super) news: Bell,
    /// What the conductor last said.
    pub(super) command: Command,
    /// Whether lost connections are nobody's business any more.
    pub(super) dismissed: bool,
}

/// A crowd is shared by its shard and the listeners of its connections, all on one thread.
pub(super) type Shared = Rc<RefCell<Crowd>>;

impl Crowd {
    /// The crowd of `part`, nobody connected yet.
    pub(super) fn gather(brief: Arc<Brief>, part: &ShardPlan, history: History) -> Crowd {
        let mut places = vec![u32::MAX; brief.plan.rooms.len()];
        let mut rooms: Vec<RoomState> = Vec::with_capacity(part.rooms.len());
        for (place, &id) in part.rooms.iter().enumerate() {
            places[id.index()] = place as u32;
            rooms.push(RoomState::new(brief.plan.rooms[id.index()].members.len()));
        }
        let mut users = Vec::with_capacity(part.users.len());
        let mut seats = Vec::new();
        for (user, &id) in part.users.iter().enumerate() {
            let from = seats.len() as u32;
            for &(room, slot) in &brief.plan.users[id.index()].memberships {
                let place = places[room.index()];
                rooms[place as usize].seats[slot as usize] = seats.len() as u32;
                seats.push(Seat::new(user as u32, room, place));
            }
            users.push(User::new(id, from..seats.len() as u32));
        }
        let texts = brief.texts();
        Crowd {
            options: brief.client_options(),
            history,
            agenda: Agenda::default(),
            unseated: seats.len(),
            users,
            seats,
            rooms,
            speakers: Vec::new(),
            probing: Probing::new(brief.scenario.limits.probe_rate),
            scratch: Vec::new(),
            reader: Reader::new(brief.texts(), &brief.scenario.dialect),
            texts,
            lost: VecDeque::new(),
            waiting: VecDeque::new(),
            connecting: 0,
            last_heard: Timestamp::ZERO,
            news: Bell::default(),
            command: Command::Assemble,
            dismissed: false,
            brief,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.brief.clock.now()
    }

    pub(super) fn note(&mut self, at: Timestamp, user: UserId, kind: EventKind) {
        self.history.push(Event { at, user, kind });
    }

    fn hear(&mut self, user: u32, data: &str, recoverable: bool, at: Timestamp) {
        let id = self.users[user as usize].id;
        let Brief { plan, scenario, .. } = &*self.brief;
        match self.reader.read(data, recoverable, plan, &scenario.dialect) {
            Reception::Message { message, intact } => {
                self.last_heard = at;
                let Message { id: message, intended, .. } = message;
                let kind = EventKind::Received { id: message, intended, intact };
                self.note(at, id, kind);
                self.evidence(user, message, at);
            }
            Reception::Unrecognised(text) => {
                self.note(at, id, EventKind::Unrecognised { text });
            }
            Reception::Confirmation => self.confirmed_by_event(user, data, at),
            Reception::Other => {}
        }
    }

    /// A message that a member hears in a room shows that it is in.
    fn evidence(&mut self, user: u32, message: MessageId, at: Timestamp) {
        if !matches!(self.brief.scenario.dialect.join.confirm, Confirm::Probe) {
            return;
        }
        let seats = self.users[user as usize].seats.clone();
        for seat in seats {
            let Seat { room, membership, .. } = self.seats[seat as usize];
            if room != message.room {
                continue;
            }
            let own = message.sender == self.users[user as usize].id;
            if membership != Membership::In && (!own || self.sender_echoed()) {
                self.joined(seat, at);
            }
            return;
        }
    }

    fn lose(&mut self, user: u32, why: &str, at: Timestamp) {
        if self.dismissed {
            return;
        }
        let id = self.users[user as usize].id;
        self.note(at, id, EventKind::Disconnected { why: why.into() });
        for seat in self.users[user as usize].seats.clone() {
            self.stand_up(seat);
        }
        self.lost.push_back(user);
        self.news.tell();
    }
}

impl Seat {
    fn new(user: u32, room: RoomId, place: u32) -> Seat {
        Seat { user, room, place, sequence: 0, membership: Membership::Out, awaited: true }
    }
}

impl User {
    fn new(id: UserId, seats: std::ops::Range<u32>) -> User {
        User { id, client: None, attempts: 0, failures: 0, awaited: true, seats }
    }
}

/// The ear of one connection of one user.
pub(super) struct Ear {
    pub(super) crowd: Shared,
    pub(super) user: u32,
    /// Which of the user's connections this is.
    pub(super) attempt: u32,
}

impl Listener for Ear {
    fn hear(&self, heard: Heard<'_>, at: Timestamp) {
        let crowd = &mut *self.crowd.borrow_mut();
        if crowd.users[self.user as usize].attempts != self.attempt {
            return;
        }
        match heard {
            Heard::Event { data, recoverable } => crowd.hear(self.user, data, recoverable, at),
            Heard::Ack { id } => crowd.confirmed_by_ack(self.user, id, at),
            Heard::Lost(reason) => crowd.lose(self.user, &reason.to_string(), at),
            Heard::Alive => {}
        }
    }
}
