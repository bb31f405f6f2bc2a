//! Membership: where each member of a room stands, and how it came there.

use std::time::Duration;

use super::bits;
use super::course::{Change, Course};
use super::violation::Standing;
use crate::time::Timestamp;

/// Where the members of one room stand.
#[derive(Debug)]
pub(super) struct Membership {
    members: Vec<Member>,
    /// Those who must hear what is sent now.
    within: Vec<u64>,
    /// Those who may: the server may have them in or not.
    between: Vec<u64>,
    /// Those whose session the server may take up again.
    suspended: Vec<u64>,
    /// Whether there ever was one.
    was_suspended: bool,
}

/// What is known of one member.
#[derive(Debug)]
struct Member {
    standing: Standing,
    /// Since when it was in by evidence, in however many sessions taken up again.
    known: Timestamp,
    /// Whether its next join is on a new connection, and so makes it somebody new.
    anew: bool,
    /// Until when the server may have had it in earlier, on the same connection.
    left: Timestamp,
    /// When its session was suspended last, and when it was taken up again.
    absence: (Timestamp, Timestamp),
    /// What was sent before that moment had its time while an earlier connection lived.
    settled: Timestamp,
    course: Course,
}

/// What is not forgiven a server although a member is gone: what it had so much `time` for by the
/// member's last sign of life.
#[derive(Clone, Copy)]
pub(super) struct Excuse {
    pub(super) alive: Timestamp,
    pub(super) time: Duration,
}

/// What a member's earlier connections say of how long messages have had to come.
#[derive(Clone, Copy)]
pub(super) struct Past {
    /// When its session was taken up again last, from which on what it missed has its time.
    resumed: Timestamp,
    settled: Timestamp,
}

impl Past {
    /// Whether what was sent at `sent` has had its time by then.
    pub(super) fn had_time(self, sent: Timestamp, by: Excuse) -> bool {
        sent < self.settled || by.alive.since(sent.max(self.resumed)) > by.time
    }
}

impl Member {
    fn new() -> Member {
        Member {
            standing: Standing::Out,
            known: Timestamp::ZERO,
            anew: true,
            left: Timestamp::ZERO,
            absence: (Timestamp::ZERO, Timestamp::ZERO),
            settled: Timestamp::ZERO,
            course: Course::default(),
        }
    }
}

impl Membership {
    pub(super) fn new(members: usize) -> Membership {
        let words = bits::words(members);
        Membership {
            members: (0..members).map(|_| Member::new()).collect(),
            within: vec![0; words],
            between: vec![0; words],
            suspended: vec![0; words],
            was_suspended: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn standing(&self, slot: usize) -> Standing {
        self.members[slot].standing
    }

    /// How the member came to stand where it does.
    pub(super) fn course(&self, slot: usize) -> &Course {
        &self.members[slot].course
    }

    /// Until when the server may have had the member in before, on its present connection.
    pub(super) fn left_at(&self, slot: usize) -> Timestamp {
        self.members[slot].left
    }

    /// When its session was suspended last, and when it was taken up again.
    pub(super) fn absence(&self, slot: usize) -> (Timestamp, Timestamp) {
        self.members[slot].absence
    }

    /// Since when it was in by evidence, in however many sessions taken up again.
    pub(super) fn known_since(&self, slot: usize) -> Timestamp {
        self.members[slot].known
    }

    pub(super) fn past(&self, slot: usize) -> Past {
        let Member { absence: (_, resumed), settled, .. } = self.members[slot];
        let resumed = if resumed == Timestamp::NEVER { Timestamp::ZERO } else { resumed };
        Past { resumed, settled }
    }

    pub(super) fn was_suspended(&self) -> bool {
        self.was_suspended
    }

    /// Those whose session the server may take up again.
    pub(super) fn suspended(&self) -> &[u64] {
        &self.suspended
    }

    /// Writes who must hear what is sent now, who may, and that nobody has.
    pub(super) fn write(&self, sets: &mut [u64]) {
        let words = self.within.len();
        sets[..words].copy_from_slice(&self.within);
        sets[words..words * 2].copy_from_slice(&self.between);
        sets[words * 2..].fill(0);
    }

    /// Whether anybody is in, `but` for one.
    pub(super) fn is_anyone_in(&self, but: Option<usize>) -> bool {
        bits::slots(&self.within).any(|slot| but != Some(slot))
    }

    /// A member asked to be let in; whether it is somebody new to the server.
    pub(super) fn ask(&mut self, slot: usize, at: Timestamp) -> bool {
        self.stand(slot, Standing::Joining { since: at }, Change::Asked(at));
        std::mem::take(&mut self.members[slot].anew)
    }

    /// There is evidence that it was let in, from which on it must hear what is sent after `since`.
    pub(super) fn confirm(&mut self, slot: usize, at: Timestamp, since: Timestamp) {
        let asked = self.standing(slot).since().unwrap_or(since);
        self.members[slot].known = since;
        self.stand(slot, Standing::In { asked, since }, Change::Confirmed(at));
    }

    /// A member says that it leaves. It stays for a while on the connection that it says so on.
    pub(super) fn leaving(&mut self, slot: usize, at: Timestamp) {
        if let Some(asked) = self.standing(slot).since() {
            self.stand(slot, Standing::Leaving { asked, since: at }, Change::Leaving(at));
        }
    }

    /// The server has had its time to take a member out.
    pub(super) fn left(&mut self, slot: usize, at: Timestamp) {
        self.members[slot].left = at;
        self.stand(slot, Standing::Out, Change::Left(at));
    }

    /// The member says no more on this connection: what it joins next, it joins as somebody new.
    pub(super) fn farewell(&mut self, slot: usize) {
        self.members[slot].anew = true;
    }

    /// The member's connection is gone.
    pub(super) fn gone(&mut self, slot: usize, at: Timestamp) {
        self.farewell(slot);
        let member = &mut self.members[slot];
        member.left = Timestamp::ZERO;
        if member.absence.1 == Timestamp::NEVER {
            // It never came back as the one that it was.
            member.absence = (Timestamp::ZERO, Timestamp::ZERO);
        }
        self.stand(slot, Standing::Out, Change::Gone(at));
    }

    /// What the member joins next, it joins as the one that it was.
    pub(super) fn same_again(&mut self, slot: usize) {
        self.members[slot].anew = false;
    }

    /// The member's connection is gone, and the server may take up its session again.
    pub(super) fn suspend(&mut self, slot: usize, at: Timestamp, excuse: Excuse) {
        match self.standing(slot) {
            Standing::In { asked, since } => {
                self.farewell(slot);
                self.was_suspended = true;
                let settled = excuse.alive - excuse.time;
                if self.past(slot).resumed < settled {
                    self.members[slot].settled = settled;
                }
                self.members[slot].absence = (at, Timestamp::NEVER);
                self.stand(slot, Standing::Suspended { asked, since }, Change::Gone(at));
            }
            // Lost once more, before it came back.
            Standing::Suspended { .. } => {}
            _ => self.gone(slot, at),
        }
    }

    /// The server has taken up its session again: it is in, and never was out.
    pub(super) fn resume(&mut self, slot: usize, at: Timestamp, since_at_least: Timestamp) {
        let Standing::Suspended { asked, since } = self.standing(slot) else { return };
        self.members[slot].absence.1 = at;
        let since = since.max(since_at_least);
        self.stand(slot, Standing::In { asked, since }, Change::Recovered(at));
    }

    fn stand(&mut self, slot: usize, standing: Standing, change: Change) {
        if self.members[slot].standing == Standing::Out && standing == Standing::Out {
            return;
        }
        for set in [&mut self.within, &mut self.between, &mut self.suspended] {
            bits::take(set, slot);
        }
        match standing {
            Standing::Out => {}
            Standing::In { .. } => bits::put(&mut self.within, slot),
            Standing::Joining { .. } | Standing::Leaving { .. } => {
                bits::put(&mut self.between, slot);
            }
            Standing::Suspended { .. } => {
                bits::put(&mut self.between, slot);
                bits::put(&mut self.suspended, slot);
            }
        }
        self.members[slot].standing = standing;
        self.members[slot].course.push(change);
    }
}
