//! Overflow: more is in flight than accounts are kept of.

use std::time::Duration;

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
        self.in_flight -= retired.forgotten;
        if !self.conclude(room, slot, &retired, now, found) {
            self.tally.unjudged += 1;
        }
        true
    }

    /// Judges the messages whose time is over and that others wait behind: those that were not
    /// heard by all are lost, though they might still have come late.
    fn judge_overdue(&mut self, now: Timestamp, found: &mut impl FnMut(Finding)) {
        self.sweep(now);
        let over = now - self.promises.delivery_timeout;
        for room in 0..self.rooms.len() {
            for slot in 0..self.rooms[room].members() {
                let overdue =
                    |room: &mut super::Room| room.retire_oldest(slot, |oldest| oldest.sent < over);
                while let Some(retired) = overdue(&mut self.rooms[room]) {
                    self.in_flight -= retired.forgotten;
                    self.conclude(room, slot, &retired, now, found);
                }
            }
        }
    }
}
