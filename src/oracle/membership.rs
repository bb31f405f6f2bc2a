//! Membership: where each member of a room stands: out, joining or in.

use super::bits;
use super::violation::Standing;
use crate::time::Timestamp;

/// Where the members of one room stand.
#[derive(Debug)]
pub(super) struct Membership {
    standings: Vec<Standing>,
    /// Those who must hear what is sent now.
    within: Vec<u64>,
    /// Those who may.
    joining: Vec<u64>,
}

impl Membership {
    pub(super) fn new(members: usize) -> Membership {
        let words = bits::words(members);
        Membership {
            standings: vec![Standing::Out; members],
            within: vec![0; words],
            joining: vec![0; words],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.standings.len()
    }

    pub(super) fn standing(&self, slot: usize) -> Standing {
        self.standings[slot]
    }

    /// Writes who must hear what is sent now, who may, and that nobody has.
    pub(super) fn write(&self, sets: &mut [u64]) {
        let words = self.within.len();
        sets[..words].copy_from_slice(&self.within);
        sets[words..words * 2].copy_from_slice(&self.joining);
        sets[words * 2..].fill(0);
    }

    /// Whether anybody is in, `but` for one.
    pub(super) fn is_anyone_in(&self, but: Option<usize>) -> bool {
        bits::slots(&self.within).any(|slot| but != Some(slot))
    }

    /// A member asked to be let in.
    pub(super) fn ask(&mut self, slot: usize, at: Timestamp) {
        bits::take(&mut self.within, slot);
        bits::put(&mut self.joining, slot);
        self.standings[slot] = Standing::Joining { since: at };
    }

    /// There is evidence that it was.
    pub(super) fn confirm(&mut self, slot: usize, at: Timestamp) {
        let asked = self.standings[slot].since().unwrap_or(at);
        bits::take(&mut self.joining, slot);
        bits::put(&mut self.within, slot);
        self.standings[slot] = Standing::In { asked, since: at };
    }

    pub(super) fn leave(&mut self, slot: usize) {
        bits::take(&mut self.joining, slot);
        bits::take(&mut self.within, slot);
        self.standings[slot] = Standing::Out;
    }
}
