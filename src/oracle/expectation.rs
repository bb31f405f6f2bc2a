//! Expectation: for each message in flight, who must hear it, who may, and who has.

use std::collections::VecDeque;

use super::bits;
use super::membership::Membership;
use super::violation::Standing;
use crate::chat::Message;
use crate::time::Timestamp;

/// A room, with what its members are waiting for.
#[derive(Debug)]
pub(super) struct Room {
    membership: Membership,
    /// For each member, its messages in flight.
    flights: Vec<Flight>,
    /// Sets that no message uses any more, so that a message costs no allocation.
    spare: Vec<Box<[u64]>>,
}

/// One sender's messages to one room, from the oldest that is not settled on.
#[derive(Debug, Default)]
struct Flight {
    /// The sequence number of the first entry.
    base: u32,
    entries: VecDeque<Entry>,
}

#[derive(Debug)]
enum Entry {
    Open(Expectation),
    /// Settled, and kept only because an older one is not.
    Settled {
        sent: Timestamp,
    },
}

/// What is expected of one message.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) intended: Timestamp,
    pub(super) sent: Timestamp,
    pub(super) text_bytes: u32,
    first_heard: Option<Timestamp>,
    owed: u32,
    allowed: u32,
    /// Three sets in a row: who must hear it, who may, who has.
    sets: Box<[u64]>,
}

impl Expectation {
    /// How many members must still hear it.
    pub(super) fn owed(&self) -> u32 {
        self.owed
    }

    /// Who must still hear it.
    pub(super) fn owing(&self) -> impl Iterator<Item = usize> + '_ {
        bits::slots(&self.sets[..self.sets.len() / 3])
    }

    fn split(&mut self) -> (&mut [u64], &mut [u64], &mut [u64]) {
        let words = self.sets.len() / 3;
        let (owed, rest) = self.sets.split_at_mut(words);
        let (allowed, heard) = rest.split_at_mut(words);
        (owed, allowed, heard)
    }

    fn has_heard(&self, slot: usize) -> bool {
        bits::has(&self.sets[self.sets.len() / 3 * 2..], slot)
    }

    fn awaited_by(&self, slot: usize) -> bool {
        let words = self.sets.len() / 3;
        bits::has(&self.sets[..words], slot) || bits::has(&self.sets[words..words * 2], slot)
    }

    /// Lets a member off: it may hear the message, but need not.
    fn release(&mut self, slot: usize) -> bool {
        let (owed, allowed, _) = self.split();
        let released = bits::take(owed, slot);
        if released {
            bits::put(allowed, slot);
            self.owed -= 1;
            self.allowed += 1;
        }
        released
    }
}

/// How many must and may hear a message just sent.
pub(super) struct Expected {
    pub(super) owed: u32,
    pub(super) allowed: u32,
    /// Whether it is kept account of; not if nobody can hear it.
    pub(super) kept: bool,
}

/// What it means that a member heard a message.
pub(super) enum Heard {
    /// It must or may, and has not before.
    First(First),
    /// It has before.
    Again { sent: Timestamp },
    /// It must not: it is out of the room.
    Forbidden { sent: Timestamp },
    /// All who must have heard it long since.
    AfterSettled,
    /// No such message was sent.
    NeverSent,
}

/// The first time a member hears a message.
pub(super) struct First {
    /// Whether it had to.
    pub(super) owed: bool,
    pub(super) sent: Timestamp,
    /// Whether it heard a later one of the same sender before.
    pub(super) overtaken: bool,
    /// When the first of all heard it, if this is the last who had to.
    pub(super) completed: Option<Timestamp>,
    /// Entries that are kept no longer.
    pub(super) retired: usize,
}

/// Deliveries that somebody's going turned from must to may, and messages settled by it.
#[derive(Debug, Default)]
pub(super) struct Released {
    pub(super) deliveries: u32,
    pub(super) messages: usize,
}

/// A message whose judgement is forced.
pub(super) struct Retired {
    pub(super) sequence: u32,
    pub(super) expectation: Expectation,
    /// Entries that are kept no longer.
    pub(super) slots: usize,
}

impl Room {
    pub(super) fn new(members: usize) -> Room {
        let flights = (0..members).map(|_| Flight::default()).collect();
        Room { membership: Membership::new(members), flights, spare: Vec::new() }
    }

    pub(super) fn members(&self) -> usize {
        self.membership.len()
    }

    pub(super) fn standing(&self, slot: usize) -> Standing {
        self.membership.standing(slot)
    }

    /// A member asked to be let in: it may hear whatever is in flight. Gives their number.
    pub(super) fn joining(&mut self, slot: usize, at: Timestamp) -> u32 {
        self.membership.ask(slot, at);
        let mut more = 0;
        for (mouth, flight) in self.flights.iter_mut().enumerate() {
            for open in flight.open_mut() {
                if mouth != slot && !open.awaited_by(slot) && !open.has_heard(slot) {
                    bits::put(open.split().1, slot);
                    open.allowed += 1;
                    more += 1;
                }
            }
        }
        more
    }

    pub(super) fn joined(&mut self, slot: usize, at: Timestamp) {
        self.membership.confirm(slot, at);
    }

    /// The member at `mouth` sent its next message.
    pub(super) fn sent(
        &mut self,
        mouth: usize,
        message: &Message,
        at: Timestamp,
        sender_echoed: bool,
    ) -> Expected {
        let words = bits::words(self.members());
        let mut sets = self.spare.pop().unwrap_or_else(|| vec![0; words * 3].into());
        sets[..words].copy_from_slice(self.membership.within());
        sets[words..words * 2].copy_from_slice(self.membership.joining());
        sets[words * 2..].fill(0);
        if !sender_echoed {
            bits::take(&mut sets[..words], mouth);
            bits::take(&mut sets[words..words * 2], mouth);
        }
        let owed = bits::count(&sets[..words]);
        let allowed = bits::count(&sets[words..words * 2]);
        let (intended, text_bytes) = (message.intended, message.text_bytes);
        let first_heard = None;
        let expectation =
            Expectation { intended, sent: at, text_bytes, first_heard, owed, allowed, sets };
        let kept = self.keep(mouth, message.id.sequence, expectation);
        Expected { owed, allowed, kept }
    }

    fn keep(&mut self, mouth: usize, sequence: u32, expectation: Expectation) -> bool {
        let flight = &mut self.flights[mouth];
        let next = flight.base + flight.entries.len() as u32;
        assert!(sequence == next, "message {sequence} was sent where {next} is due");
        flight.entries.push_back(Entry::Open(expectation));
        let at = flight.entries.len() - 1;
        self.settle_if_done(mouth, at) == 0
    }

    pub(super) fn sent_at(&self, mouth: usize, sequence: u32) -> Option<Timestamp> {
        let flight = &self.flights[mouth];
        let at = sequence.checked_sub(flight.base)?;
        match flight.entries.get(at as usize)? {
            Entry::Open(open) => Some(open.sent),
            Entry::Settled { sent } => Some(*sent),
        }
    }

    /// The member at `ear` heard a message of the one at `mouth`.
    pub(super) fn hear(&mut self, ear: usize, mouth: usize, sequence: u32, at: Timestamp) -> Heard {
        let flight = &mut self.flights[mouth];
        let Some(index) = sequence.checked_sub(flight.base) else { return Heard::AfterSettled };
        let index = index as usize;
        let open = match flight.entries.get_mut(index) {
            None => return Heard::NeverSent,
            Some(Entry::Settled { .. }) => return Heard::AfterSettled,
            Some(Entry::Open(open)) => open,
        };
        let sent = open.sent;
        let (owed_set, allowed_set, heard_set) = open.split();
        if bits::has(heard_set, ear) {
            return Heard::Again { sent };
        }
        let owed = bits::take(owed_set, ear);
        if !owed && !bits::take(allowed_set, ear) {
            return Heard::Forbidden { sent };
        }
        bits::put(heard_set, ear);
        let first_heard = *open.first_heard.get_or_insert(at);
        open.owed -= u32::from(owed);
        open.allowed -= u32::from(!owed);
        let completed = (owed && open.owed == 0).then_some(first_heard);
        let overtaken = self.overtaken(ear, mouth, index);
        let retired = self.settle_if_done(mouth, index);
        Heard::First(First { owed, sent, overtaken, completed, retired })
    }

    /// Whether `ear` heard a message of `mouth` that was sent after the one at `index`.
    fn overtaken(&self, ear: usize, mouth: usize, index: usize) -> bool {
        let mut later = self.flights[mouth].entries.range(index + 1..);
        later.any(|entry| match entry {
            Entry::Open(open) => open.has_heard(ear),
            // A settled one was heard by all who were in at the time.
            Entry::Settled { sent } => match self.membership.standing(ear) {
                Standing::In { since, .. } => since <= *sent,
                Standing::Out | Standing::Joining { .. } => false,
            },
        })
    }

    /// Settles the entry at `index` if nobody can hear it any more; gives the number of entries
    /// that are kept no longer.
    fn settle_if_done(&mut self, mouth: usize, index: usize) -> usize {
        let flight = &mut self.flights[mouth];
        let entry = &mut flight.entries[index];
        let sent = match entry {
            Entry::Open(open) if open.owed == 0 && open.allowed == 0 => open.sent,
            _ => return 0,
        };
        if let Entry::Open(done) = std::mem::replace(entry, Entry::Settled { sent }) {
            self.spare.push(done.sets);
        }
        flight.forget_settled()
    }

    /// A member's connection is gone. It need not hear what is in flight; and what it sent may
    /// never have left, unless somebody has heard it.
    pub(super) fn gone(&mut self, slot: usize) -> Released {
        self.membership.leave(slot);
        let mut released = Released::default();
        for (mouth, flight) in self.flights.iter_mut().enumerate() {
            for open in flight.open_mut() {
                let owed_before = open.owed;
                open.release(slot);
                if mouth == slot && open.first_heard.is_none() {
                    let owing: Vec<usize> = open.owing().collect();
                    for ear in owing {
                        open.release(ear);
                    }
                }
                released.deliveries += owed_before - open.owed;
                released.messages += usize::from(owed_before > 0 && open.owed == 0);
            }
        }
        released
    }

    /// Settles what was sent before `over` and must be heard by nobody. Gives the number of
    /// entries that are kept no longer.
    pub(super) fn sweep(&mut self, over: Timestamp) -> usize {
        let mut retired = 0;
        for flight in &mut self.flights {
            for entry in &mut flight.entries {
                if let Entry::Open(open) = entry
                    && open.owed == 0
                    && open.sent < over
                {
                    *entry = Entry::Settled { sent: open.sent };
                }
            }
            retired += flight.forget_settled();
        }
        retired
    }

    /// Takes the oldest message of `mouth` out of the account.
    pub(super) fn retire_oldest(&mut self, mouth: usize) -> Option<Retired> {
        let flight = &mut self.flights[mouth];
        let sequence = flight.base;
        match flight.entries.pop_front()? {
            Entry::Settled { .. } => unreachable!("a settled entry {sequence} was at the front"),
            Entry::Open(expectation) => {
                flight.base += 1;
                let slots = 1 + flight.forget_settled();
                Some(Retired { sequence, expectation, slots })
            }
        }
    }

    /// What the member at `ear` waits for: the sender's slot, the sequence, the expectation.
    pub(super) fn awaited_by(
        &self,
        ear: usize,
    ) -> impl Iterator<Item = (usize, u32, &Expectation)> {
        self.flights.iter().enumerate().flat_map(move |(mouth, flight)| {
            let open = flight.entries.iter().zip(flight.base..);
            open.filter_map(move |(entry, sequence)| match entry {
                Entry::Open(open) if open.awaited_by(ear) => Some((mouth, sequence, open)),
                _ => None,
            })
        })
    }
}

impl Flight {
    fn open_mut(&mut self) -> impl Iterator<Item = &mut Expectation> {
        self.entries.iter_mut().filter_map(|entry| match entry {
            Entry::Open(open) => Some(open),
            Entry::Settled { .. } => None,
        })
    }

    fn forget_settled(&mut self) -> usize {
        let mut forgotten = 0;
        while matches!(self.entries.front(), Some(Entry::Settled { .. })) {
            self.entries.pop_front();
            self.base += 1;
            forgotten += 1;
        }
        forgotten
    }
}
