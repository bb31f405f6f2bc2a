//! Expectation: of one message, who must hear it, who may, and who has.

use super::bits;
use crate::chat::Message;
use crate::time::Timestamp;

/// The three sets of an expectation, one after the other: who must hear it, who may, who has.
pub(super) type Sets = Box<[u64]>;

/// Room for the sets of a message to `members` members.
pub(super) fn sets(members: usize) -> Sets {
    vec![0; bits::words(members) * 3].into()
}

/// What is expected of one message.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) intended: Timestamp,
    pub(super) sent: Timestamp,
    pub(super) text_bytes: u32,
    /// Which of its sender's connections it was sent on.
    pub(super) connection: u32,
    first_heard: Option<Timestamp>,
    /// Whether all who had to hear it did once, whoever must beside them since.
    completed: bool,
    owed: u32,
    allowed: u32,
    /// Whether its time is over, so that those who may hear it are no longer waited for.
    over: bool,
    /// Whether it was said into a connection that is lost, so that nobody need hear it.
    adrift: bool,
    sets: Sets,
}

/// What it means to an expectation that a member heard its message.
pub(super) enum Hearing {
    /// It must or may, and has not before.
    First {
        /// Whether it must.
        owed: bool,
        /// Whether nobody else must.
        settled: bool,
        /// When the first of all heard it, if this is the last who had to, for the first time.
        completed: Option<Timestamp>,
    },
    /// It has before.
    Again,
    /// It must not.
    Forbidden,
}

/// Deliveries that turned from must to may, and messages that nobody must hear any more for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Released {
    pub(super) deliveries: u64,
    pub(super) messages: usize,
}

impl Released {
    pub(super) fn add(&mut self, other: Released) {
        self.deliveries += other.deliveries;
        self.messages += other.messages;
    }
}

impl Expectation {
    /// What is expected of `message`, sent at `sent`; `sets` say of whom.
    pub(super) fn new(message: &Message, sent: Timestamp, connection: u32, sets: Sets) -> Self {
        let words = sets.len() / 3;
        Expectation {
            intended: message.intended,
            sent,
            text_bytes: message.text_bytes,
            connection,
            first_heard: None,
            completed: false,
            owed: bits::count(&sets[..words]),
            allowed: bits::count(&sets[words..words * 2]),
            over: false,
            adrift: false,
            sets,
        }
    }

    /// How many members must still hear it.
    pub(super) fn owed(&self) -> u32 {
        self.owed
    }

    /// How many members may still hear it.
    pub(super) fn allowed(&self) -> u32 {
        self.allowed
    }

    /// Who must still hear it.
    pub(super) fn owing(&self) -> impl Iterator<Item = usize> + '_ {
        bits::slots(&self.sets[..self.sets.len() / 3])
    }

    /// When the first of all heard it.
    pub(super) fn first_heard(&self) -> Option<Timestamp> {
        self.first_heard
    }

    /// Whether nobody is waited for any more.
    pub(super) fn is_done(&self) -> bool {
        self.owed == 0 && (self.allowed == 0 || self.over)
    }

    pub(super) fn has_heard(&self, slot: usize) -> bool {
        self.first_heard.is_some() && bits::has(&self.sets[self.sets.len() / 3 * 2..], slot)
    }

    pub(super) fn awaited_by(&self, slot: usize) -> bool {
        let words = self.sets.len() / 3;
        bits::has(&self.sets[..words], slot) || bits::has(&self.sets[words..words * 2], slot)
    }

    /// A member heard it.
    pub(super) fn hear(&mut self, slot: usize, at: Timestamp) -> Hearing {
        let (owed_set, allowed_set, heard_set) = self.split();
        if bits::has(heard_set, slot) {
            return Hearing::Again;
        }
        let owed = bits::take(owed_set, slot);
        if !owed && !bits::take(allowed_set, slot) {
            return Hearing::Forbidden;
        }
        bits::put(heard_set, slot);
        let first_heard = *self.first_heard.get_or_insert(at);
        self.owed -= u32::from(owed);
        self.allowed -= u32::from(!owed);
        let settled = owed && self.owed == 0;
        let completed = (settled && !self.completed).then_some(first_heard);
        self.completed |= settled;
        Hearing::First { owed, settled, completed }
    }

    /// A member that is not waited for may hear it; whether that is new.
    pub(super) fn allow(&mut self, slot: usize) -> bool {
        if self.awaited_by(slot) || self.has_heard(slot) {
            return false;
        }
        bits::put(self.split().1, slot);
        self.allowed += 1;
        true
    }

    /// Lets a member off: it may hear the message, but need not.
    pub(super) fn release(&mut self, slot: usize) -> Released {
        let (owed, allowed, _) = self.split();
        if !bits::take(owed, slot) {
            return Released::default();
        }
        bits::put(allowed, slot);
        self.let_off(1)
    }

    /// Lets everybody off: it was said into a connection that is lost.
    pub(super) fn release_all(&mut self) -> Released {
        self.adrift = true;
        let (owed, allowed, _) = self.split();
        bits::pour(owed, allowed);
        self.let_off(self.owed)
    }

    fn let_off(&mut self, deliveries: u32) -> Released {
        self.owed -= deliveries;
        self.allowed += deliveries;
        let settled = deliveries > 0 && self.owed == 0;
        Released { deliveries: deliveries.into(), messages: settled.into() }
    }

    /// A member that was let off, or was not there, must hear it after all; whether that is so.
    pub(super) fn owe(&mut self, slot: usize) -> bool {
        if self.adrift || self.over {
            return false;
        }
        let (owed, allowed, _) = self.split();
        if !bits::take(allowed, slot) {
            return false;
        }
        bits::put(owed, slot);
        self.owed += 1;
        self.allowed -= 1;
        true
    }

    /// Whether any of `members` may still hear it.
    pub(super) fn awaited_by_any(&self, members: &[u64]) -> bool {
        let words = members.len();
        let allowed = &self.sets[words..words * 2];
        allowed.iter().zip(members).any(|(allowed, member)| allowed & member != 0)
    }

    /// Forgets that a member heard it: it did so on an earlier connection.
    pub(super) fn unhear(&mut self, slot: usize) {
        bits::take(self.split().2, slot);
    }

    /// Its time is over.
    pub(super) fn expire(&mut self) {
        self.over = true;
    }

    pub(super) fn into_sets(self) -> Sets {
        self.sets
    }

    fn split(&mut self) -> (&mut [u64], &mut [u64], &mut [u64]) {
        let words = self.sets.len() / 3;
        let (owed, rest) = self.sets.split_at_mut(words);
        let (allowed, heard) = rest.split_at_mut(words);
        (owed, allowed, heard)
    }

    #[cfg(test)]
    pub(super) fn check_books(&self) {
        let words = self.sets.len() / 3;
        let (owed, rest) = self.sets.split_at(words);
        let (allowed, heard) = rest.split_at(words);
        assert_eq!(self.owed, bits::count(owed), "owed");
        assert_eq!(self.allowed, bits::count(allowed), "allowed");
        for word in 0..words {
            let (owed, allowed, heard) = (owed[word], allowed[word], heard[word]);
            assert_eq!(owed & allowed | owed & heard | allowed & heard, 0, "in two sets at once");
        }
        assert!(self.first_heard.is_some() || bits::count(heard) == 0, "heard by nobody first");
        assert!(!self.over || self.owed == 0, "over, and {} must still hear it", self.owed);
    }
}
