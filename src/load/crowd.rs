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
use super::user::{Absence, Membership, Seat, User};
use super::{Brief, Command};
use crate::chat::{Message, Texts, UserId};
use crate::client::{Client, ClientOptions, Heard, Listener, Recovery};
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
    /// Connections that are over, and must be dropped outside of it.
    pub(super) gone: Vec<Box<dyn Client>>,
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
    /// Whether the load is over, so that nobody comes back to anywhere.
    pub(super) draining: bool,
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
            rooms.push(RoomState::new(&brief.plan.rooms[id.index()]));
        }
        let mut users = Vec::with_capacity(part.users.len());
        let mut seats = Vec::new();
        for (user, &id) in part.users.iter().enumerate() {
            let from = seats.len() as u32;
            let planned = &brief.plan.users[id.index()];
            let spare = planned.spare.map(|at| from + at);
            for &(room, slot) in &planned.memberships {
                let (place, seat) = (places[room.index()], seats.len() as u32);
                rooms[place as usize].seats[slot as usize] = seat;
                seats.push(Seat::new((user as u32, room, place), spare != Some(seat)));
            }
            users.push(User::new(id, from..seats.len() as u32, spare));
        }
        let texts = brief.texts();
        Crowd {
            options: brief.client_options(),
            history,
            agenda: Agenda::default(),
            unseated: seats.iter().filter(|seat| seat.awaited).count(),
            users,
            seats,
            rooms,
            speakers: Vec::new(),
            probing: Probing::new(brief.scenario.limits.probe_rate),
            scratch: Vec::new(),
            reader: Reader::new(brief.texts(), &brief.scenario.dialect),
            texts,
            lost: VecDeque::new(),
            gone: Vec::new(),
            waiting: VecDeque::new(),
            connecting: 0,
            last_heard: Timestamp::ZERO,
            news: Bell::default(),
            command: Command::Assemble,
            draining: false,
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
        let listener = self.users[user as usize].id;
        if self.users[user as usize].client.is_none() {
            // What the server says before it takes the session up is not said again.
            self.users[user as usize].replayed = true;
        }
        let Brief { plan, scenario, .. } = &*self.brief;
        match self.reader.read(data, recoverable, plan, &scenario.dialect) {
            Reception::Message { message, intact } => {
                self.last_heard = at;
                let Message { id, intended, .. } = message;
                self.note(at, listener, EventKind::Received { id, intended, intact });
                self.resume(user, at);
                self.evidence(user, &message, at);
            }
            Reception::Unrecognised(text) => {
                self.note(at, listener, EventKind::Unrecognised { text });
            }
            Reception::Confirmation => self.confirmed_by_event(user, data, at),
            Reception::Other => {}
        }
    }

    /// The user hears something: whatever it was cut off from, it is back.
    fn resume(&mut self, user: u32, at: Timestamp) {
        let state = &mut self.users[user as usize];
        if state.client.is_none() || state.absence.is_none() {
            return;
        }
        let (id, absence) = (state.id, state.absence.take());
        let Some(Absence { wanted, lost }) = absence else { return };
        let (after, deaf) = (at.since(wanted), lost.map(|lost| at.since(lost)));
        self.note(at, id, EventKind::Resumed { after, deaf });
    }

    /// A message that a member hears in a room shows that it is in.
    fn evidence(&mut self, user: u32, message: &Message, at: Timestamp) {
        let seats = self.users[user as usize].seats.clone();
        for seat in seats {
            let Seat { room, membership, unheard, again, .. } = self.seats[seat as usize];
            if room != message.id.room {
                continue;
            }
            let Some(asked) = unheard.filter(|_| membership.is_present()) else { return };
            let own = message.id.sender == self.users[user as usize].id;
            // What was said before it came back may still be meant for when it was in before.
            let stale = again && message.intended < asked;
            if !stale && (!own || self.sender_echoed()) {
                self.seats[seat as usize].unheard = None;
                let id = self.users[user as usize].id;
                self.note(at, id, EventKind::FirstHeard { room, after: at.since(asked) });
                if matches!(self.brief.scenario.dialect.join.confirm, Confirm::Probe) {
                    self.joined(seat, at);
                }
            }
            return;
        }
    }

    /// What the next connection of `user` may take up. Nothing, if a join or a leave is still under
    /// way: whether the server keeps the user in that room would not be known.
    pub(super) fn past(&self, user: u32) -> Option<Recovery> {
        let state = &self.users[user as usize];
        let settled = |seat: &Seat| {
            let under_way = seat.membership != Membership::In && seat.membership.is_present();
            !under_way && seat.leaving.is_none()
        };
        let seats = state.seats.start as usize..state.seats.end as usize;
        let all_settled = self.seats[seats].iter().all(settled);
        state.client.as_ref().filter(|_| all_settled)?.recovery()
    }

    fn lose(&mut self, user: u32, why: &str, at: Timestamp) {
        if self.dismissed {
            return;
        }
        if self.users[user as usize].client.is_none() {
            // It has said goodbye before.
            let gone = self.users[user as usize].lingering.take();
            self.gone.extend(gone);
            return self.news.tell();
        }
        let past = self.past(user);
        let state = &mut self.users[user as usize];
        state.lost_at(at);
        state.past = past;
        let (id, resumable) = (state.id, state.past.is_some());
        self.note(at, id, EventKind::Disconnected { why: why.into(), resumable });
        for seat in self.users[user as usize].seats.clone() {
            self.stand_up(seat, resumable);
        }
        self.lost.push_back(user);
        self.news.tell();
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
            Heard::Alive => crowd.note(at, crowd.users[self.user as usize].id, EventKind::Alive),
            Heard::Lost(reason) => crowd.lose(self.user, &reason.to_string(), at),
        }
    }
}
