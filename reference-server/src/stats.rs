//! Stats: how much goes on, counted where it happens and added up when somebody asks.

use std::cell::Cell;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// What goes on in all namespaces together.
pub(crate) struct Stats {
    /// One for each worker, so that none waits for another to count.
    counts: Box<[Counts]>,
    /// The rooms that somebody is in, with how many are.
    rooms: Mutex<HashMap<String, Arc<AtomicU64>>>,
}

/// What one worker has counted. Alone on its cache lines.
#[derive(Default)]
#[repr(align(128))]
struct Counts {
    opened: AtomicU64,
    closed: AtomicU64,
    messages: AtomicU64,
    deliveries: AtomicU64,
    refused: AtomicU64,
}

/// What goes on at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Status {
    /// Users who are connected to a namespace.
    pub(crate) connections: u64,
    /// Rooms that somebody is in.
    pub(crate) rooms: u64,
    /// Messages of users that were taken to be relayed.
    pub(crate) messages: u64,
    /// Messages handed to socketioxide for a member each.
    pub(crate) deliveries: u64,
    /// Deliveries that were not made: too many messages waited for their receiver.
    #[serde(skip)]
    pub(crate) refused: u64,
}

thread_local! {
    static WORKER: Cell<usize> = const { Cell::new(0) };
}

/// Says which of the workers this thread is.
pub(crate) fn this_thread_is(worker: usize) {
    WORKER.set(worker);
}

impl Stats {
    /// Nothing has happened yet, on so many threads.
    pub(crate) fn new(threads: NonZeroUsize) -> Arc<Stats> {
        let counts = (0..threads.get()).map(|_| Counts::default()).collect();
        Arc::new(Stats { counts, rooms: Mutex::default() })
    }

    /// What goes on. What several threads count meanwhile may be half in it.
    pub(crate) fn status(&self) -> Status {
        let closed = self.sum(|counts| &counts.closed);
        Status {
            connections: self.sum(|counts| &counts.opened).saturating_sub(closed),
            rooms: self.rooms().len() as u64,
            messages: self.sum(|counts| &counts.messages),
            deliveries: self.sum(|counts| &counts.deliveries),
            refused: self.sum(|counts| &counts.refused),
        }
    }

    /// Counts deliveries that are nobody's broadcast.
    pub(crate) fn delivered(&self, copies: u64) {
        self.here().deliveries.fetch_add(copies, Ordering::Relaxed);
    }

    /// Counts a delivery that is not made; how many were not, up to now.
    pub(crate) fn refuse(&self) -> u64 {
        self.here().refused.fetch_add(1, Ordering::Relaxed);
        self.sum(|counts| &counts.refused)
    }

    fn sum(&self, field: fn(&Counts) -> &AtomicU64) -> u64 {
        self.counts.iter().map(|counts| field(counts).load(Ordering::Relaxed)).sum()
    }

    fn here(&self) -> &Counts {
        &self.counts[WORKER.get() % self.counts.len()]
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<String, Arc<AtomicU64>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A user's place in the count: which rooms it is in. Those that it speaks in are mostly its own,
/// so that their sizes are at hand and no lock is shared on the way of a message.
pub(crate) struct Seat {
    stats: Arc<Stats>,
    /// `None` once it is gone.
    rooms: Mutex<Option<HashMap<String, Arc<AtomicU64>>>>,
}

impl Seat {
    /// A user who has just connected.
    pub(crate) fn open(stats: &Arc<Stats>) -> Arc<Seat> {
        stats.here().opened.fetch_add(1, Ordering::Relaxed);
        Arc::new(Seat { stats: stats.clone(), rooms: Mutex::new(Some(HashMap::new())) })
    }

    /// The user joins a room, or is in it.
    pub(crate) fn join(&self, room: &str) {
        let mut mine = self.mine();
        let Some(mine) = mine.as_mut().filter(|mine| !mine.contains_key(room)) else { return };
        let mut all = self.stats.rooms();
        let size = all.entry(room.to_owned()).or_default();
        size.fetch_add(1, Ordering::Relaxed);
        mine.insert(room.to_owned(), size.clone());
    }

    /// The user leaves a room, if it is in it.
    pub(crate) fn leave(&self, room: &str) {
        let mut mine = self.mine();
        if let Some(size) = mine.as_mut().and_then(|mine| mine.remove(room)) {
            self.vacate(room, &size);
        }
    }

    /// The user is gone.
    pub(crate) fn close(&self) {
        let Some(rooms) = self.mine().take() else { return };
        for (room, size) in rooms {
            self.vacate(&room, &size);
        }
        self.stats.here().closed.fetch_add(1, Ordering::Relaxed);
    }

    /// How many in a room are somebody else. A join or a leave on another thread at the same
    /// moment may be in it or not.
    pub(crate) fn others_in(&self, room: &str) -> u64 {
        if let Some(size) = self.mine().as_ref().and_then(|mine| mine.get(room)) {
            return size.load(Ordering::Relaxed).saturating_sub(1);
        }
        self.stats.rooms().get(room).map_or(0, |size| size.load(Ordering::Relaxed))
    }

    /// The user said something, which so many others were handed.
    pub(crate) fn said(&self, deliveries: u64) {
        let here = self.stats.here();
        here.messages.fetch_add(1, Ordering::Relaxed);
        here.deliveries.fetch_add(deliveries, Ordering::Relaxed);
    }

    fn vacate(&self, room: &str, size: &AtomicU64) {
        let mut all = self.stats.rooms();
        if size.fetch_sub(1, Ordering::Relaxed) == 1 {
            all.remove(room);
        }
    }

    fn mine(&self) -> MutexGuard<'_, Option<HashMap<String, Arc<AtomicU64>>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_there_for_as_long_as_somebody_is_in_them() {
        let stats = Stats::new(NonZeroUsize::MIN);
        let (ann, bob) = (Seat::open(&stats), Seat::open(&stats));
        for seat in [&ann, &ann, &bob] {
            seat.join("a");
        }
        bob.join("b");
        assert_eq!([ann.others_in("a"), ann.others_in("b"), ann.others_in("c")], [1, 1, 0]);
        assert_eq!(stats.status().rooms, 2);
        bob.leave("b");
        bob.leave("b");
        ann.close();
        ann.close();
        ann.join("c");
        let left = Status { connections: 1, rooms: 1, messages: 0, deliveries: 0, refused: 0 };
        assert_eq!(stats.status(), left);
    }

    #[test]
    fn what_threads_count_adds_up() {
        let stats = Stats::new(NonZeroUsize::new(3).expect("a number"));
        std::thread::scope(|threads| {
            for worker in 0..3 {
                let stats = &stats;
                threads.spawn(move || {
                    this_thread_is(worker);
                    let seat = Seat::open(stats);
                    for _ in 0..1000 {
                        seat.said(2);
                    }
                    stats.delivered(1);
                    assert!(stats.refuse() < stats.refuse());
                });
            }
        });
        let sum = Status { connections: 3, rooms: 0, messages: 3000, deliveries: 6003, refused: 6 };
        assert_eq!(stats.status(), sum);
    }
}
