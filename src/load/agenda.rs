//! Agenda: what is due when, soonest first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Timestamp;

/// Something a shard does at its time. Users, seats, speakers and rooms are meant by their place
/// in the shard's own tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Task {
    /// A user begins to connect.
    Connect { user: u32 },
    /// A room is probed for members that nobody has seen hear anything.
    Probe { room: u32 },
    /// A join that nothing confirmed has had its time; `asked` says which join.
    JoinOver { seat: u32, asked: Timestamp },
    /// A speaker says its next message.
    Speak { speaker: u32 },
    /// A user makes its next move.
    Move { user: u32 },
    /// Many are cut off at once.
    Storm { storm: u32 },
    /// A user wants back into the room that it left.
    Return { seat: u32 },
    /// The server has had its time to take somebody out who left; `since` says which time.
    Left { seat: u32, since: Timestamp },
}

impl Task {
    fn is_speech(self) -> bool {
        matches!(self, Task::Speak { .. })
    }
}

/// Tasks by the moment they are due.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<(Timestamp, Task)>>,
    /// How many of them are messages to be said.
    speeches: usize,
}

impl Agenda {
    pub(super) fn add(&mut self, due: Timestamp, task: Task) {
        self.speeches += usize::from(task.is_speech());
        self.heap.push(Reverse((due, task)));
    }

    /// When the next task is due; never, if there is none.
    pub(super) fn next_due(&self) -> Timestamp {
        self.heap.peek().map_or(Timestamp::NEVER, |Reverse((due, _))| *due)
    }

    /// The next task, with the time it was meant for, if that has come.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, Task)> {
        if self.next_due() > now {
            return None;
        }
        let Reverse((due, task)) = self.heap.pop()?;
        self.speeches -= usize::from(task.is_speech());
        Some((due, task))
    }

    /// Whether there is anything left to be said.
    pub(super) fn has_speech(&self) -> bool {
        self.speeches > 0
    }

    /// How many speakers have something left to say.
    pub(super) fn speeches(&self) -> usize {
        self.speeches
    }

    /// Forgets what was to be said.
    pub(super) fn fall_silent(&mut self) {
        self.heap.retain(|Reverse((_, task))| !task.is_speech());
        self.speeches = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_first_comes_first_and_nothing_comes_early() {
        let mut agenda = Agenda::default();
        let at = Timestamp::from_nanos;
        for (due, user) in [(30, 3), (10, 1), (20, 2)] {
            agenda.add(at(due), Task::Connect { user });
        }
        assert_eq!(agenda.take_due(at(9)), None);
        assert_eq!(agenda.take_due(at(25)), Some((at(10), Task::Connect { user: 1 })));
        assert_eq!(agenda.take_due(at(25)), Some((at(20), Task::Connect { user: 2 })));
        assert_eq!(agenda.take_due(at(25)), None);
        assert_eq!(agenda.next_due(), at(30));
    }
}
