//! Suspicion: a join that nothing came of, until it is known whether the server is to blame.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::membership::Excuse;
use super::roster::Seat;
use super::{Finding, Oracle, Promises, Violation, ViolationKind};
use crate::chat::RoomId;
use crate::history::{Awaited, Event};
use crate::time::Timestamp;

/// Speakers that are kept for each join: one would do, if connections were never lost.
const SPEAKERS_MAX: usize = 4;

/// A room's place and a slot in it.
type Key = (usize, usize);

fn key(seat: Seat) -> Key {
    (seat.room(), seat.slot())
}

fn in_room(room: usize) -> RangeInclusive<Key> {
    (room, 0)..=(room, usize::MAX)
}

/// Joins without evidence: those that still have time, and those that have had it.
#[derive(Debug, Default)]
pub(super) struct Suspicions {
    /// Those who have asked.
    joining: BTreeMap<Key, Joining>,
    /// At most one for each seat.
    accused: BTreeMap<Key, Accused>,
}

#[derive(Debug)]
struct Joining {
    asked: Timestamp,
    speakers: Vec<Speaker>,
}

/// Somebody whom a joiner should hear, on a connection that is not lost.
#[derive(Clone, Copy, Debug)]
struct Speaker {
    mouth: usize,
    /// When it first spoke after the join had had its time.
    said: Timestamp,
}

/// An accusation that is held back: the joiner's connection, or those of all whom it should have
/// heard, may have been dead.
#[derive(Debug)]
struct Accused {
    violation: Violation,
    /// Whether the joiner has shown life since, on the same connection.
    lived: bool,
    /// Whether the server is known to have had what the joiner should have had an effect of.
    had: bool,
    /// Those who may still show that it had.
    speakers: Vec<Speaker>,
}

impl Accused {
    fn is_proven(&self) -> bool {
        self.lived && self.had
    }

    /// Whether nobody is left who could show that the server had anything.
    fn is_void(&self) -> bool {
        !self.had && self.speakers.is_empty()
    }
}

impl Suspicions {
    /// Accusations that are held back.
    pub(super) fn len(&self) -> usize {
        self.accused.len()
    }

    /// A member asks to be let in.
    pub(super) fn asks(&mut self, seat: Seat, asked: Timestamp) {
        self.joining.insert(key(seat), Joining { asked, speakers: Vec::new() });
    }

    /// It is not joining any more.
    pub(super) fn settle(&mut self, seat: Seat) {
        self.joining.remove(&key(seat));
    }

    /// The member at `mouth` spoke to its room on a connection that is not lost.
    pub(super) fn spoke(&mut self, mouth: Seat, said: Timestamp, promises: &Promises) {
        if self.joining.is_empty() {
            return;
        }
        let (room, mouth) = key(mouth);
        for ((_, slot), Joining { asked, speakers }) in self.joining.range_mut(in_room(room)) {
            let is_in = said.since(*asked) >= promises.join_timeout / 2;
            let hears = is_in && (*slot != mouth || promises.sender_echoed);
            let known = || speakers.iter().any(|speaker| speaker.mouth == mouth);
            if hears && speakers.len() < SPEAKERS_MAX && !known() {
                speakers.push(Speaker { mouth, said });
            }
        }
    }
}

impl Oracle {
    /// There was no evidence of a join in time. Nothing is said yet.
    pub(super) fn join_unconfirmed(
        &mut self,
        event: &Event,
        room: RoomId,
        (after, awaited): (Duration, Awaited),
        found: &mut impl FnMut(Finding),
    ) {
        let seat = self.seat(event.user, room);
        self.look_into(key(seat), found);
        let joining = self.suspicions.joining.remove(&key(seat));
        let mut speakers = joining.map(|joining| joining.speakers).unwrap_or_default();
        let time = self.promises.join_timeout;
        speakers.retain(|speaker| event.at.since(speaker.said) >= time);
        let had = awaited == Awaited::Answer;
        let there = &self.rooms[seat.room()];
        let standing = there.standing(seat.slot());
        let course = there.course(seat.slot(), event.at);
        let detail = format!("deaf for {}", humantime::format_duration(after));
        let violation = Violation::of_user(ViolationKind::JoinUnconfirmed, event);
        let violation = violation.in_room(room).because(detail);
        let violation = Violation { standing, course, ..violation };
        let accused = Accused { violation, lived: false, had, speakers };
        if !accused.is_void() {
            self.suspicions.accused.entry(key(seat)).or_insert(accused);
        }
    }

    /// The connection of `event`'s user shows life.
    pub(super) fn alive(&mut self, event: &Event, found: &mut impl FnMut(Finding)) {
        self.alive[event.user.index()] = event.at;
        if !self.suspicions.accused.is_empty() {
            for at in self.roster.seats_of(event.user) {
                self.suspect_lives(self.roster.seat_at(at), event.at, found);
            }
        }
    }

    /// The connection of the member at `seat` shows life, which it may be suspected to lack.
    pub(super) fn suspect_lives(
        &mut self,
        seat: Seat,
        at: Timestamp,
        found: &mut impl FnMut(Finding),
    ) {
        let Some(accused) = self.suspicions.accused.get_mut(&key(seat)) else { return };
        accused.lived |= at > accused.violation.at;
        self.look_into(key(seat), found);
    }

    /// A member has left its room, or its connection is lost: one that has shown no life since it
    /// was found deaf may have been cut off before.
    pub(super) fn suspect_gone(&mut self, seat: Seat, found: &mut impl FnMut(Finding)) {
        self.suspicions.settle(seat);
        self.look_into(key(seat), found);
        let accused = self.suspicions.accused.get(&key(seat));
        if accused.is_some_and(|accused| !accused.lived) {
            self.suspicions.accused.remove(&key(seat));
        }
    }

    /// The connection of the member at `seat` is lost: from now on, nothing can show that what it
    /// said has reached the server.
    pub(super) fn speaker_gone(&mut self, seat: Seat, found: &mut impl FnMut(Finding)) {
        let (room, mouth) = key(seat);
        for (_, joining) in self.suspicions.joining.range_mut(in_room(room)) {
            joining.speakers.retain(|speaker| speaker.mouth != mouth);
        }
        let suspects = self.suspicions.accused.range(in_room(room));
        let heard =
            suspects.filter(|(_, accused)| accused.speakers.iter().any(|it| it.mouth == mouth));
        for key in heard.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.look_into(key, found);
            let Some(accused) = self.suspicions.accused.get_mut(&key) else { continue };
            accused.speakers.retain(|speaker| speaker.mouth != mouth);
            if accused.is_void() {
                self.suspicions.accused.remove(&key);
            }
        }
    }

    /// Says what was held back, if by now it is shown.
    fn look_into(&mut self, key: Key, found: &mut impl FnMut(Finding)) {
        let Some(accused) = self.suspicions.accused.get(&key) else { return };
        let (room, _) = key;
        let had = accused.had
            || accused.speakers.iter().any(|it| self.has_reached(room, it.mouth, it.said));
        let Some(accused) = self.suspicions.accused.get_mut(&key) else { return };
        accused.had = had;
        if accused.is_proven()
            && let Some(accused) = self.suspicions.accused.remove(&key)
        {
            found(Finding::Violation(accused.violation));
        }
    }

    /// Whether the server is known to have had what the member at `mouth` said on its present
    /// connection: somebody heard it, or something later, or that connection stood for long enough.
    pub(super) fn has_reached(&self, room: usize, mouth: usize, said: Timestamp) -> bool {
        let Excuse { alive, time } = self.excuse(self.roster.member(room, mouth));
        let heard = self.rooms[room].last_heard_of(mouth) >= said;
        heard || alive.since(said) > time
    }

    /// The run is over: no connection that still stands is taken for dead.
    pub(super) fn accuse_all(&mut self, found: &mut impl FnMut(Finding)) {
        for accused in std::mem::take(&mut self.suspicions.accused).into_values() {
            found(Finding::Violation(accused.violation));
        }
    }
}
