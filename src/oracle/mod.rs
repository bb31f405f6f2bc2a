//! Judges a history: which message each member must hear, may hear and must never hear.
//!
//! `docs/oracle.md` is the model in full: why no rule can give a false alarm, and what each can
//! miss. All that the server says is data here; only what this process wrote down is asserted.

mod attribution;
mod bits;
mod course;
mod expectation;
mod flight;
mod hearing;
mod membership;
mod overflow;
mod room;
mod roster;
mod stranger;
mod suspicion;
#[cfg(test)]
mod tests;
mod verdict;
mod violation;

pub use course::Change;
pub use roster::{Roster, RosterRoom};
pub use verdict::Verdict;
pub use violation::{KindCounts, Standing, Story, Violation, ViolationKind};

use std::time::Duration;

use crate::chat::{Message, MessageId, RoomId, Texts, UserId};
use crate::history::{Departure, Event, EventKind, Session};
use crate::time::Timestamp;
use attribution::Attribution;
use expectation::Released;
use membership::Excuse;
use overflow::Overdue;
use room::{Retired, Room};
use roster::Seat;
use suspicion::Suspicions;

/// How long a message is kept for whoever may come back to hear it: as long as the official server
/// keeps a session by default.
const RESUMED_WITHIN: Duration = Duration::from_secs(120);

/// What the oracle holds the server to.
#[derive(Clone, Debug)]
pub struct Promises {
    /// Whether the server sends a message back to its sender.
    pub sender_echoed: bool,
    /// Whether one sender's messages to a room reach each member in the order sent, as long as
    /// neither of them reconnects.
    pub ordered: bool,
    /// Whether others speak in the rooms as well, who are nothing to the server.
    pub strangers_welcome: bool,
    /// How long the evidence of a join may take: a message that shows it, said once the join has
    /// had half as long.
    pub join_timeout: Duration,
    /// After this much time a message is late, and its flight is over.
    pub delivery_timeout: Duration,
    /// Messages kept account of at a time; past it the oldest go unjudged.
    pub in_flight_max: usize,
}

/// What the oracle makes of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// A member heard a message that it must or may hear, intact and for the first time.
    Delivered {
        /// When the message was due to be sent.
        intended: Timestamp,
        /// When it was sent.
        sent: Timestamp,
        /// When it was heard.
        at: Timestamp,
    },
    /// Everyone who must hear a message has.
    Completed {
        /// When the message was due to be sent.
        intended: Timestamp,
        /// When the first member heard it.
        first: Timestamp,
        /// When the last member heard it.
        last: Timestamp,
    },
    /// The server broke a promise.
    Violation(Violation),
}

/// How much was judged, and how firmly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages sent.
    pub messages: u64,
    /// Deliveries that had to happen: those that did, and those that are lost.
    pub must: u64,
    /// Deliveries that happened and had to.
    pub must_heard: u64,
    /// Deliveries that were let go: the member was joining, leaving or suspended, the member or the
    /// sender lost its connection meanwhile, or it could not be judged.
    pub may: u64,
    /// Of those, how many happened.
    pub may_heard: u64,
    /// Messages that could not be judged because too many were in flight.
    pub unjudged: u64,
    /// Deliveries to users who had no connection when the message was sent, and whose sessions
    /// the server took up again.
    pub replayed: u64,
    /// Deliveries that such users had to have, and did not.
    pub not_replayed: u64,
    /// Messages heard of others, who are welcome.
    pub strangers: u64,
}

impl Tally {
    /// The share of the deliveries that had to happen in those that could, from 0 to 1; 0 if there
    /// were none.
    pub fn must_share(&self) -> f64 {
        self.must as f64 / (self.must + self.may).max(1) as f64
    }

    /// Adds what another oracle judged.
    pub fn add(&mut self, other: &Tally) {
        self.messages += other.messages;
        self.must += other.must;
        self.must_heard += other.must_heard;
        self.may += other.may;
        self.may_heard += other.may_heard;
        self.unjudged += other.unjudged;
        self.replayed += other.replayed;
        self.not_replayed += other.not_replayed;
        self.strangers += other.strangers;
    }
}

/// The judge of one shard's rooms.
pub struct Oracle {
    promises: Promises,
    roster: Roster,
    rooms: Vec<Room>,
    attribution: Attribution,
    tally: Tally,
    /// Messages that somebody must still hear.
    unsettled: usize,
    /// Messages accounted for, done ones behind others included.
    in_flight: usize,
    /// The longest that a message was sent after it was due.
    send_delay_max: Duration,
    overdue: Overdue,
    /// For each user of the plan, when its connection last showed life.
    alive: Vec<Timestamp>,
    suspicions: Suspicions,
}

impl Oracle {
    /// An oracle for the rooms of `roster`, in which everybody is out.
    pub fn new(roster: Roster, texts: Texts, promises: Promises) -> Oracle {
        Oracle {
            promises,
            rooms: roster.rooms().iter().map(|room| Room::new(room.members.len())).collect(),
            alive: vec![Timestamp::ZERO; roster.users()],
            roster,
            attribution: Attribution::new(texts),
            tally: Tally::default(),
            unsettled: 0,
            in_flight: 0,
            send_delay_max: Duration::ZERO,
            overdue: Overdue::default(),
            suspicions: Suspicions::default(),
        }
    }

    /// Judges the next event; `found` is given all that follows from it.
    ///
    /// # Panics
    /// When this process wrote down what cannot be: a message out of sequence, or a join of a
    /// room that is not in the roster. Nothing that a server says does that.
    pub fn judge(&mut self, event: &Event, found: &mut impl FnMut(Finding)) {
        match &event.kind {
            EventKind::Received { id, intended, intact } => {
                let story = Story { id: *id, intended: *intended, sent: None };
                self.heard(event, story, *intact, found);
                self.alive(event, found);
            }
            EventKind::Sent { message } | EventKind::Probed { message } => {
                self.sent(message, event.at, found);
            }
            EventKind::Joining { room } => {
                let seat = self.seat(event.user, *room);
                self.suspicions.asks(seat, event.at);
                let over = event.at - self.promises.delivery_timeout;
                let allowed = self.rooms[seat.room()].joining(seat.slot(), event.at, over);
                self.tally.may += u64::from(allowed);
            }
            EventKind::Joined { room, .. } => {
                let seat = self.seat(event.user, *room);
                self.suspicions.settle(seat);
                self.suspect_lives(seat, event.at, found);
                self.rooms[seat.room()].joined(seat.slot(), event.at);
            }
            EventKind::JoinUnconfirmed { room, after, awaited } => {
                self.join_unconfirmed(event, *room, (*after, *awaited), found);
            }
            EventKind::Connected { session: Session::Recovered, .. } => self.resumed(event),
            EventKind::Connected { .. } => self.renewed(event),
            EventKind::Disconnected { resumable, .. }
            | EventKind::Departed { how: Departure::Drop { resumable } } => {
                let let_off = if *resumable { Room::suspended } else { Room::gone };
                self.gone(event, let_off, found);
            }
            EventKind::Departed { how: Departure::Disconnect } => {
                self.gone(event, Room::departed, found);
            }
            EventKind::Leaving { room } => self.leaving(event, *room, found),
            EventKind::Left { room } => {
                let seat = self.seat(event.user, *room);
                self.rooms[seat.room()].left(seat.slot(), event.at);
            }
            EventKind::Alive => self.alive(event, found),
            EventKind::Unrecognised { text } => {
                self.unrecognised(event, text, found);
                self.alive(event, found);
            }
            // A user who leaves because the run is over still had to hear all that it had to.
            EventKind::Closed
            | EventKind::Rejoining { .. }
            | EventKind::ConnectFailed { .. }
            | EventKind::FirstHeard { .. }
            | EventKind::Resumed { .. }
            | EventKind::Unsent { .. }
            | EventKind::Away { .. } => {}
        }
    }

    /// Lets go of messages that nobody must hear any more and whose time is over.
    pub fn sweep(&mut self, now: Timestamp) {
        let over = now - self.promises.delivery_timeout;
        let suspended_over = now - RESUMED_WITHIN;
        for room in &mut self.rooms {
            self.in_flight -= room.sweep(over, suspended_over);
        }
    }

    /// Messages that somebody must still hear, and joins of which it is not known yet whether the
    /// server failed them.
    pub fn unsettled(&self) -> usize {
        self.unsettled + self.suspicions.len()
    }

    /// What was judged so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Ends the judgement: whatever must still be heard is lost, unless it still had time.
    pub fn finish(&mut self, now: Timestamp, found: &mut impl FnMut(Finding)) {
        self.accuse_all(found);
        for room in 0..self.rooms.len() {
            for slot in 0..self.rooms[room].members() {
                while let Some(retired) = self.rooms[room].retire_oldest(slot, |_| true) {
                    self.in_flight -= retired.forgotten;
                    self.conclude(room, slot, &retired, now, found);
                }
            }
        }
        let (unsettled, in_flight) = (self.unsettled, self.in_flight);
        assert!(unsettled == 0 && in_flight == 0, "{unsettled} unsettled, {in_flight} in flight");
    }

    /// Where a user sits in a room, as this process says.
    fn seat(&self, user: UserId, room: RoomId) -> Seat {
        let seat = self.roster.seat(user, room);
        seat.unwrap_or_else(|| panic!("user {} has no seat in room {}", user.0, room.0))
    }

    fn sent(&mut self, message: &Message, at: Timestamp, found: &mut impl FnMut(Finding)) {
        let seat = self.seat(message.id.sender, message.id.room);
        self.tally.messages += 1;
        self.send_delay_max = self.send_delay_max.max(at.since(message.intended));
        let echoed = self.promises.sender_echoed;
        if self.in_flight >= self.promises.in_flight_max && !self.make_room(seat, at, found) {
            let missed = self.rooms[seat.room()].skip(seat.slot(), message, at, echoed);
            self.tally.unjudged += u64::from(missed);
            return;
        }
        let room = &mut self.rooms[seat.room()];
        if !room.is_cut_off(seat.slot()) {
            self.suspicions.spoke(seat, at, &self.promises);
        }
        let expected = room.sent(seat.slot(), message, at, echoed);
        self.tally.must += u64::from(expected.owed);
        self.tally.may += u64::from(expected.allowed);
        self.unsettled += usize::from(expected.owed > 0);
        self.in_flight += usize::from(expected.kept);
    }

    /// When `user` last showed life, and how long a delivery may take.
    fn excuse(&self, user: UserId) -> Excuse {
        Excuse { alive: self.alive[user.index()], time: self.promises.delivery_timeout }
    }

    /// A user has no connection any more that it says anything on; `let_off` says what becomes of
    /// it in a room.
    fn gone(
        &mut self,
        event: &Event,
        let_off: fn(&mut Room, usize, Timestamp, Excuse) -> Released,
        found: &mut impl FnMut(Finding),
    ) {
        let excuse = self.excuse(event.user);
        for at in self.roster.seats_of(event.user) {
            let seat = self.roster.seat_at(at);
            self.suspect_gone(seat, found);
            self.speaker_gone(seat, found);
            let room = &mut self.rooms[seat.room()];
            let released = let_off(room, seat.slot(), event.at, excuse);
            self.let_off(released);
        }
    }

    fn renewed(&mut self, event: &Event) {
        for seat in self.roster.seats(event.user) {
            self.rooms[seat.room()].renewed(seat.slot(), event.at);
        }
    }

    fn resumed(&mut self, event: &Event) {
        for seat in self.roster.seats(event.user) {
            let recalled = self.rooms[seat.room()].resumed(seat.slot(), event.at);
            self.tally.must += recalled.deliveries;
            self.tally.may -= recalled.deliveries;
            self.unsettled += recalled.messages;
        }
    }

    fn leaving(&mut self, event: &Event, room: RoomId, found: &mut impl FnMut(Finding)) {
        let (seat, excuse) = (self.seat(event.user, room), self.excuse(event.user));
        self.suspect_gone(seat, found);
        let released = self.rooms[seat.room()].leaving(seat.slot(), event.at, excuse);
        self.let_off(released);
    }

    fn let_off(&mut self, released: Released) {
        self.tally.must -= released.deliveries;
        self.tally.may += released.deliveries;
        self.unsettled -= released.messages;
    }

    /// Judges the `retired` message of the member at `mouth` for good: it is lost to all who must
    /// hear it, if it had its time. Whether that could be said.
    fn conclude(
        &mut self,
        room: usize,
        mouth: usize,
        retired: &Retired,
        now: Timestamp,
        found: &mut impl FnMut(Finding),
    ) -> bool {
        let owed = retired.expectation.owed();
        self.unsettled -= usize::from(owed > 0);
        if owed == 0 {
            return true;
        }
        let timely = |slot: usize| self.had_time(room, slot, retired.expectation.sent, now);
        let let_off = retired.expectation.owing().filter(|&slot| !timely(slot)).count() as u64;
        let not_replayed = self.not_replayed(room, retired, now);
        let lost = self.lost(room, mouth, retired, now);
        lost.for_each(|violation| found(Finding::Violation(violation)));
        self.tally.must -= let_off;
        self.tally.may += let_off;
        self.tally.not_replayed += not_replayed;
        let_off == 0
    }

    /// Whether a message sent at `sent` has had its time to come to a member by `now`: from its
    /// sending, or from the moment that the server took up the member's session.
    fn had_time(&self, room: usize, slot: usize, sent: Timestamp, now: Timestamp) -> bool {
        let by = Excuse { alive: now, time: self.promises.delivery_timeout };
        self.rooms[room].had_time(slot, sent, by)
    }

    /// To how many who had no connection when the `retired` message was sent, or had just lost it,
    /// it is lost.
    fn not_replayed(&self, room: usize, retired: &Retired, now: Timestamp) -> u64 {
        let sent = retired.expectation.sent;
        let missed = |&slot: &usize| {
            self.was_absent((room, slot), sent, now) && self.had_time(room, slot, sent, now)
        };
        retired.expectation.owing().filter(missed).count() as u64
    }

    /// One violation for each member that must still hear the `retired` message.
    fn lost<'a>(
        &'a self,
        room: usize,
        mouth: usize,
        retired: &'a Retired,
        now: Timestamp,
    ) -> impl Iterator<Item = Violation> + 'a {
        let Retired { sequence, expectation, .. } = retired;
        let sender = self.roster.member(room, mouth);
        let id = MessageId { room: self.roster.rooms()[room].id, sender, sequence: *sequence };
        let sent = Some(expectation.sent);
        let story = Story { id, intended: expectation.intended, sent };
        let had_time = move |&slot: &usize| self.had_time(room, slot, expectation.sent, now);
        expectation.owing().filter(had_time).map(move |slot| Violation {
            kind: ViolationKind::Lost,
            at: now,
            receiver: self.roster.member(room, slot),
            room: Some(id.room),
            message: Some(story),
            standing: self.standing_at(expectation.sent, room, slot),
            course: self.rooms[room].course(slot, expectation.sent),
            detail: None,
        })
    }

    /// Where a member that had to hear a message stood when that was sent: it was in. Since when
    /// is known no more if it has lost its connection meanwhile.
    fn standing_at(&self, sent: Timestamp, room: usize, slot: usize) -> Standing {
        match self.rooms[room].standing(slot) {
            standing @ Standing::In { since, .. } if since <= sent => standing,
            _ => Standing::In { asked: sent, since: sent },
        }
    }

    #[cfg(test)]
    fn check_books(&self) {
        let books = self.rooms.iter().map(Room::check_books);
        let (kept, owed) = books.fold((0, 0), |sum, room| (sum.0 + room.0, sum.1 + room.1));
        assert_eq!(self.in_flight, kept, "messages in flight");
        assert_eq!(self.unsettled, owed, "messages unsettled");
        assert!(self.in_flight <= self.promises.in_flight_max, "{kept} in flight");
        let Tally { must, must_heard, may, may_heard, .. } = self.tally;
        assert!(must_heard <= must, "{must_heard} of {must} that must");
        assert!(may_heard <= may, "{may_heard} of {may} that may");
    }
}
