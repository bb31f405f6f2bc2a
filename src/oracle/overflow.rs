//! Overflow: more is in flight than accounts are kept of.

use std::time::Duration;

use super::expectation::Released;
use super::room::Retired;
use super::roster::Seat;
use super::{Finding, Oracle};
use crate::time::Timestamp;

/// How often all accounts are gone through for what is overdue, at most.
const SEARCH_INTERVAL: Duration = Duration::from_secs(1);

/// When it is worth looking for overdue messages again.
#[derive(Debug, Default)]
pub(super) struct Overdue {
    next_search: Timestamp,
}

impl Oracle {
    /// Makes room for one more message of the member at `seat`: by judging what is overdue, and
    /// if that does not help, by giving up its oldest. Whether there is room now.
    pub(super) fn make_room(
        &mut self,
        seat: Seat,
        now: Timestamp,
        found: &mut impl FnMut(Finding),
    ) -> bool {
        if now >= self.overdue.next_search {
            self.overdue.next_search = now + SEARCH_INTERVAL;
            self.judge_overdue(now, found);
        }
        if self.in_flight < self.promises.in_flight_max {
            return true;
        }
        let (room, slot) = (seat.room(), seat.slot());
        let Some(retired) = self.rooms[room].retire_oldest(slot, |_| true) else { return false };
        self.give_up(room, slot, retired, now, found);
        true
    }

    /// Judges a message before the end, as far as that can be.
    fn give_up(
        &mut self,
        room: usize,
        slot: usize,
        mut retired: Retired,
        now: Timestamp,
        found: &mut impl FnMut(Finding),
    ) {
        self.in_flight -= retired.forgotten;
        let excused = self.excuse_the_silent(room, slot, &mut retired);
        if !self.conclude(room, slot, &retired, now, found) || excused {
            self.tally.unjudged += 1;
        }
    }

    /// Lets those off whose connection may be dead without anybody having noticed yet, or all if
    /// that of the sender may be; whether there were any.
    fn excuse_the_silent(&mut self, room: usize, mouth: usize, retired: &mut Retired) -> bool {
        let sent = retired.expectation.sent;
        let reached = self.has_reached(room, mouth, sent);
        let silent = |slot: usize| {
            let alive = self.alive[self.roster.member(room, slot).index()];
            !self.had_time(room, slot, sent, alive)
        };
        let owing = retired.expectation.owing().filter(|&slot| !reached || silent(slot));
        let mut released = Released::default();
        for slot in owing.collect::<Vec<_>>() {
            released.add(retired.expectation.release(slot));
        }
        self.let_off(released);
        released.deliveries > 0
    }

    /// Judges the messages whose time is over and that others wait behind: those that were not
    /// heard by all who live are lost, though they might still have come late.
    fn judge_overdue(&mut self, now: Timestamp, found: &mut impl FnMut(Finding)) {
        self.sweep(now);
        let over = now - self.promises.delivery_timeout;
        for room in 0..self.rooms.len() {
            for slot in 0..self.rooms[room].members() {
                let overdue =
                    |room: &mut super::Room| room.retire_oldest(slot, |oldest| oldest.sent < over);
                while let Some(retired) = overdue(&mut self.rooms[room]) {
                    self.give_up(room, slot, retired, now, found);
                }
            }
        }
    }
}
