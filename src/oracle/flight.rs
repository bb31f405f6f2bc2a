//! Flight: one sender's messages to one room, from the oldest that somebody is waited for on.

use std::collections::VecDeque;
use std::time::Duration;

use super::expectation::{Expectation, Released, Sets};
use crate::time::Timestamp;

/// Sets kept for messages to come, in each room.
const SPARE_MAX: usize = 256;
/// Entries that a sender's account has room for at least, once it has grown.
const ROOM_MIN: usize = 64;

/// One sender's messages in flight. A message that is done is kept only behind one that is not,
/// and forgotten then, so that a look-up is an index.
#[derive(Debug, Default)]
pub(super) struct Flight {
    /// The sequence number of the first entry; all below are forgotten.
    base: u32,
    entries: VecDeque<Expectation>,
    /// Which of its sender's connections is its present one.
    connection: u32,
    /// No forgotten message from here on had members left who might have heard it.
    let_go_below: u32,
    /// Of forgotten messages below this nothing can be said: their sender's connection was lost
    /// after them, or they went unjudged.
    untold_below: u32,
    /// When the latest message was sent that anybody has heard.
    last_heard: Timestamp,
}

/// What is known of a message that is forgotten.
pub(super) enum Memory {
    /// Nothing.
    Untold,
    /// All who had to hear it did; of those who might, some perhaps did not.
    LetGo,
    /// All who had to or might hear it did.
    Done,
}

/// What somebody has heard that was sent after a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Later {
    Nothing,
    /// Nothing of the connection that the message was sent on: nobody promises an order.
    OfAnother,
    /// Something of that connection.
    OfConnection,
}

/// Where to find a message.
pub(super) enum Place {
    /// In the account, at this index.
    Kept(usize),
    Forgotten(Memory),
    /// It was never sent.
    Nowhere,
}

impl Flight {
    /// The sequence number of the next message.
    pub(super) fn next(&self) -> u32 {
        self.base + self.entries.len() as u32
    }

    pub(super) fn connection(&self) -> u32 {
        self.connection
    }

    pub(super) fn front(&self) -> Option<&Expectation> {
        self.entries.front()
    }

    pub(super) fn find(&self, sequence: u32) -> Place {
        let Some(index) = sequence.checked_sub(self.base) else {
            return Place::Forgotten(match sequence {
                _ if sequence < self.untold_below => Memory::Untold,
                _ if sequence < self.let_go_below => Memory::LetGo,
                _ => Memory::Done,
            });
        };
        let index = index as usize;
        if index < self.entries.len() { Place::Kept(index) } else { Place::Nowhere }
    }

    pub(super) fn at(&self, index: usize) -> &Expectation {
        &self.entries[index]
    }

    pub(super) fn at_mut(&mut self, index: usize) -> &mut Expectation {
        &mut self.entries[index]
    }

    /// The entries with their sequence numbers.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u32, &Expectation)> {
        (self.base..).zip(&self.entries)
    }

    pub(super) fn entries_mut(&mut self) -> impl Iterator<Item = (u32, &mut Expectation)> {
        (self.base..).zip(&mut self.entries)
    }

    pub(super) fn last_heard(&self) -> Timestamp {
        self.last_heard
    }

    /// Somebody heard the message that was sent at `sent`: the server has had all before it of
    /// the same connection.
    pub(super) fn note_heard(&mut self, sent: Timestamp) {
        self.last_heard = self.last_heard.max(sent);
    }

    /// Takes the next message into the account.
    pub(super) fn keep(&mut self, expectation: Expectation) {
        self.entries.push_back(expectation);
    }

    /// Leaves the next message out of an account that is empty.
    pub(super) fn skip(&mut self) {
        assert!(self.entries.is_empty(), "{} messages are in the account", self.entries.len());
        self.base += 1;
        self.tell_nothing();
    }

    /// What `ear` has heard that was sent after the message at `index`.
    pub(super) fn later_heard(&self, index: usize, ear: usize) -> Later {
        let connection = self.entries[index].connection;
        let mut later = Later::Nothing;
        for entry in self.entries.range(index + 1..).filter(|entry| entry.has_heard(ear)) {
            if entry.connection == connection {
                return Later::OfConnection;
            }
            later = Later::OfAnother;
        }
        later
    }

    /// Entries below this were sent on a connection that is lost, and may come at any time.
    pub(super) fn adrift_below(&self) -> u32 {
        self.untold_below
    }

    /// The connection that all so far was sent on is lost. Nobody need hear any of it, but for
    /// what had its `time` by when it, or a later one, is known to have reached the server.
    pub(super) fn set_adrift(&mut self, time: Duration) -> Released {
        self.tell_nothing();
        let mut released = Released::default();
        let (mut reached, mut connection) = (Timestamp::ZERO, self.connection);
        for entry in self.entries.iter_mut().rev() {
            if entry.connection != connection {
                (reached, connection) = (Timestamp::ZERO, entry.connection);
            }
            reached = reached.max(entry.first_heard().unwrap_or_default());
            if reached.since(entry.sent) <= time {
                released.add(entry.release_all());
            }
        }
        released
    }

    /// Nothing can be said of what was sent so far once it is forgotten.
    pub(super) fn tell_nothing(&mut self) {
        self.untold_below = self.next();
    }

    /// From now on, the sender speaks on a new connection.
    pub(super) fn reconnect(&mut self) {
        self.connection += 1;
    }

    /// Forgets the first entries, as long as they are done; gives their number.
    pub(super) fn forget_done(&mut self, spare: &mut Vec<Sets>) -> usize {
        let before = self.entries.len();
        while let Some(done) = self.entries.pop_front_if(|first| first.is_done()) {
            self.base += 1;
            if done.allowed() > 0 {
                self.let_go_below = self.base;
            }
            if spare.len() < SPARE_MAX {
                spare.push(done.into_sets());
            }
        }
        before - self.entries.len()
    }

    /// Gives back what a burst took.
    pub(super) fn shrink(&mut self) {
        let wanted = ROOM_MIN.max(self.entries.len() * 2);
        if self.entries.capacity() > wanted * 2 {
            self.entries.shrink_to(wanted);
        }
    }

    /// Takes the first entry out of the account, done or not.
    pub(super) fn take_first(&mut self) -> Option<(u32, Expectation)> {
        let first = self.entries.pop_front()?;
        let sequence = self.base;
        self.base += 1;
        if first.owed() > 0 {
            self.untold_below = self.untold_below.max(self.base);
        } else if first.allowed() > 0 {
            self.let_go_below = self.base;
        }
        Some((sequence, first))
    }

    #[cfg(test)]
    pub(super) fn check_books(&self) {
        assert!(self.front().is_none_or(|first| !first.is_done()), "a done entry at the front");
        self.entries.iter().for_each(Expectation::check_books);
    }
}
