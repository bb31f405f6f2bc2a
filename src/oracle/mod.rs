//! Judges a history: which message each member must hear, may hear and must never hear.

mod attribution;
mod bits;
mod expectation;
mod membership;
mod roster;
#[cfg(test)]
mod tests;
mod verdict;
mod violation;

pub use roster::{Roster, RosterRoom};
pub use verdict::Verdict;
pub use violation::{Standing, Story, Violation, ViolationKind};

use std::time::Duration;

use crate::chat::{Message, MessageId, Texts, UserId};
use crate::history::{Event, EventKind};
use crate::time::Timestamp;
use attribution::Attribution;
use expectation::{First, Heard, Retired, Room};
use roster::Seat;

/// What the oracle holds the server to.
#[derive(Clone, Debug)]
pub struct Promises {
    /// Whether the server sends a message back to its sender.
    pub sender_echoed: bool,
    /// Whether one sender's messages to a room reach each member in the order sent.
    pub ordered: bool,
    /// After this much time a message is late.
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
    /// Deliveries that had to happen.
    pub must: u64,
    /// Deliveries that happened and had to.
    pub must_heard: u64,
    /// Deliveries that were let go: the member was joining, leaving or gone meanwhile.
    pub may: u64,
    /// Of those, how many happened.
    pub may_heard: u64,
    /// Messages that could not be judged because too many were in flight.
    pub unjudged: u64,
}

impl Tally {
    /// Adds what another oracle judged.
    pub fn add(&mut self, other: &Tally) {
        self.messages += other.messages;
        self.must += other.must;
        self.must_heard += other.must_heard;
        self.may += other.may;
        self.may_heard += other.may_heard;
        self.unjudged += other.unjudged;
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
    /// Messages accounted for, settled ones in front of unsettled ones included.
    in_flight: usize,
}

impl Oracle {
    /// An oracle for the rooms of `roster`, in which everybody is out.
    pub fn new(roster: Roster, texts: Texts, promises: Promises) -> Oracle {
        let rooms = roster.rooms().iter().map(|room| Room::new(room.members.len())).collect();
        let attribution = Attribution::new(texts);
        let tally = Tally::default();
        Oracle { promises, roster, rooms, attribution, tally, unsettled: 0, in_flight: 0 }
    }

    /// Judges the next event; `found` is given all that follows from it.
    pub fn judge(&mut self, event: &Event, found: &mut impl FnMut(Finding)) {
        match &event.kind {
            EventKind::Received { id, intended, intact } => {
                self.heard(event, *id, *intended, *intact, found);
            }
            EventKind::Sent { message } => self.sent(message, event.at, found),
            EventKind::Joining { room } => {
                if let Some(seat) = self.roster.seat(event.user, *room) {
                    let allowed = self.rooms[seat.room()].joining(seat.slot(), event.at);
                    self.tally.may += u64::from(allowed);
                }
            }
            EventKind::Joined { room, .. } => {
                if let Some(seat) = self.roster.seat(event.user, *room) {
                    self.rooms[seat.room()].joined(seat.slot(), event.at);
                }
            }
            EventKind::JoinUnconfirmed { room, after } => {
                let after = Duration::from_millis(after.as_millis() as u64);
                let detail = format!("deaf for {}", humantime::format_duration(after));
                let violation = Violation::of_user(ViolationKind::JoinUnconfirmed, event)
                    .in_room(*room)
                    .because(detail);
                found(Finding::Violation(violation));
            }
            EventKind::Disconnected { .. } => self.gone(event.user),
            EventKind::Unrecognised { text } => self.unrecognised(event, text, found),
            // A user who leaves because the run is over still had to hear all that it had to.
            EventKind::Closed
            | EventKind::Connected { .. }
            | EventKind::ConnectFailed { .. }
            | EventKind::Unsent { .. } => {}
        }
    }

    /// Lets go of messages that nobody must hear any more and whose time is over.
    pub fn sweep(&mut self, now: Timestamp) {
        let over = now - self.promises.delivery_timeout;
        for room in &mut self.rooms {
            self.in_flight -= room.sweep(over);
        }
    }

    /// Messages that somebody must still hear.
    pub fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// What was judged so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Ends the judgement: whatever should have been heard by now is lost. What still had time
    /// may have been on its way: a run that is stopped at once accuses nobody of it.
    pub fn finish(&mut self, now: Timestamp, found: &mut impl FnMut(Finding)) {
        for index in 0..self.rooms.len() {
            for slot in 0..self.rooms[index].members() {
                while let Some(retired) = self.rooms[index].retire_oldest(slot) {
                    if retired.expectation.sent + self.promises.delivery_timeout < now {
                        self.report_lost(index, slot, &retired, now, found);
                    } else {
                        let owed = u64::from(retired.expectation.owed());
                        self.tally.must -= owed;
                        self.tally.may += owed;
                    }
                }
            }
        }
        self.unsettled = 0;
        self.in_flight = 0;
    }

    fn sent(&mut self, message: &Message, at: Timestamp, found: &mut impl FnMut(Finding)) {
        let Some(seat) = self.roster.seat(message.id.sender, message.id.room) else { return };
        if self.in_flight >= self.promises.in_flight_max {
            self.make_room(seat, at, found);
        }
        let room = &mut self.rooms[seat.room()];
        let expected = room.sent(seat.slot(), message, at, self.promises.sender_echoed);
        self.tally.messages += 1;
        self.tally.must += u64::from(expected.owed);
        self.tally.may += u64::from(expected.allowed);
        self.unsettled += usize::from(expected.owed > 0);
        self.in_flight += usize::from(expected.kept);
    }

    /// Too much is in flight: the oldest message of this sender is judged now, or not at all.
    fn make_room(&mut self, seat: Seat, now: Timestamp, found: &mut impl FnMut(Finding)) {
        let Some(retired) = self.rooms[seat.room()].retire_oldest(seat.slot()) else {
            self.tally.unjudged += 1;
            return;
        };
        self.in_flight -= retired.slots;
        if retired.expectation.owed() == 0 {
            return;
        }
        self.unsettled -= 1;
        self.tally.unjudged += 1;
        if retired.expectation.sent + self.promises.delivery_timeout < now {
            self.report_lost(seat.room(), seat.slot(), &retired, now, found);
        }
    }

    /// Reports the `retired` message of the member at `mouth` as lost to all who must hear it.
    fn report_lost(
        &self,
        room: usize,
        mouth: usize,
        retired: &Retired,
        now: Timestamp,
        found: &mut impl FnMut(Finding),
    ) {
        let Retired { sequence, expectation, .. } = retired;
        let sender = self.roster.member(room, mouth);
        let id = MessageId { room: self.roster.rooms()[room].id, sender, sequence: *sequence };
        for slot in expectation.owing() {
            let receiver = self.roster.member(room, slot);
            let story = Story { id, intended: expectation.intended, sent: Some(expectation.sent) };
            let standing = self.rooms[room].standing(slot);
            let violation = Violation {
                kind: ViolationKind::Lost,
                at: now,
                receiver,
                room: Some(id.room),
                message: Some(story),
                standing,
                detail: None,
            };
            found(Finding::Violation(violation));
        }
    }

    fn heard(
        &mut self,
        event: &Event,
        id: MessageId,
        intended: Timestamp,
        intact: bool,
        found: &mut impl FnMut(Finding),
    ) {
        let story = Story { id, intended, sent: None };
        let Some(ear) = self.roster.seat(event.user, id.room) else {
            let leaked = Violation::of_user(ViolationKind::Leaked, event).of_message(story);
            return found(Finding::Violation(leaked));
        };
        let room = &mut self.rooms[ear.room()];
        let standing = room.standing(ear.slot());
        let accuse = |kind, sent: Option<Timestamp>| {
            let accused = Violation::of_user(kind, event).of_message(Story { sent, ..story });
            Finding::Violation(Violation { standing, ..accused })
        };
        let Some(mouth) = self.roster.seat(id.sender, id.room) else {
            return found(accuse(ViolationKind::Unexpected, None));
        };
        if id.sender == event.user && !self.promises.sender_echoed {
            let sent = room.sent_at(mouth.slot(), id.sequence);
            return found(accuse(ViolationKind::Echoed, sent));
        }
        match room.hear(ear.slot(), mouth.slot(), id.sequence, event.at) {
            Heard::First(first) => self.first_heard(event, ear, &first, intact, story, found),
            Heard::Again { sent } => found(accuse(ViolationKind::Duplicated, Some(sent))),
            Heard::Forbidden { sent } => found(accuse(ViolationKind::Leaked, Some(sent))),
            Heard::AfterSettled => self.heard_after_settled(event, ear, story, found),
            Heard::NeverSent => found(accuse(ViolationKind::Unexpected, None)),
        }
    }

    fn first_heard(
        &mut self,
        event: &Event,
        ear: Seat,
        first: &First,
        intact: bool,
        story: Story,
        found: &mut impl FnMut(Finding),
    ) {
        self.tally.must_heard += u64::from(first.owed);
        self.tally.may_heard += u64::from(!first.owed);
        self.unsettled -= usize::from(first.completed.is_some());
        self.in_flight -= first.retired;
        let sent = first.sent;
        let standing = self.rooms[ear.room()].standing(ear.slot());
        let mut accuse = |kind| {
            let story = Story { sent: Some(sent), ..story };
            let accused = Violation::of_user(kind, event).of_message(story);
            found(Finding::Violation(Violation { standing, ..accused }));
        };
        if !intact {
            accuse(ViolationKind::Corrupted);
        }
        if first.overtaken && self.promises.ordered {
            accuse(ViolationKind::Reordered);
        }
        if event.at.since(sent) > self.promises.delivery_timeout {
            accuse(ViolationKind::Late);
        }
        if intact {
            found(Finding::Delivered { intended: story.intended, sent, at: event.at });
        }
        if let Some(first_at) = first.completed {
            let intended = story.intended;
            found(Finding::Completed { intended, first: first_at, last: event.at });
        }
    }

    /// A message that everybody who must hear it has heard is heard once more: by somebody who
    /// was there, twice; by somebody who came later, legally while it may still be under way
    /// through a cluster, and as a leak after that.
    fn heard_after_settled(
        &mut self,
        event: &Event,
        ear: Seat,
        story: Story,
        found: &mut impl FnMut(Finding),
    ) {
        if self.tally.unjudged > 0 {
            return;
        }
        let standing = self.rooms[ear.room()].standing(ear.slot());
        let came_later = standing.since().is_none_or(|since| since > story.intended);
        let under_way = event.at.since(story.intended) <= self.promises.delivery_timeout;
        let kind = match (came_later, under_way && standing != Standing::Out) {
            (true, true) => {
                self.tally.may += 1;
                self.tally.may_heard += 1;
                return;
            }
            (true, false) => ViolationKind::Leaked,
            (false, _) => ViolationKind::Duplicated,
        };
        let accused = Violation::of_user(kind, event).of_message(story);
        found(Finding::Violation(Violation { standing, ..accused }));
    }

    /// Something without a readable stamp: the message it was once, if it resembles one that this
    /// user is waiting for, and otherwise nothing of ours.
    fn unrecognised(&mut self, event: &Event, text: &str, found: &mut impl FnMut(Finding)) {
        let seats = self.roster.seats(event.user);
        let Some(likely) = self.attribution.find(text, seats, &self.roster, &self.rooms) else {
            let violation = Violation::of_user(ViolationKind::Unexpected, event);
            return found(Finding::Violation(violation.because(text)));
        };
        self.heard(event, likely.id, likely.intended, false, found);
    }

    fn gone(&mut self, user: UserId) {
        for seat in self.roster.seats(user) {
            let released = self.rooms[seat.room()].gone(seat.slot());
            self.tally.must -= u64::from(released.deliveries);
            self.tally.may += u64::from(released.deliveries);
            self.unsettled -= released.messages;
        }
    }
}
