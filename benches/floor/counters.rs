//! Counters: what the blaster has seen so far, and how it is told to others.

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, PoisonError};

use mio::Waker;
use serde::{Deserialize, Serialize};

/// What the blaster has seen since it was started.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Counters {
    /// Connections that stand.
    pub(crate) clients: u64,
    /// Memberships that stand, over all rooms.
    pub(crate) joined: u64,
    /// Messages that clients sent.
    pub(crate) sends: u64,
    /// Deliveries made: one for each receiver of each message. They are written out in the same
    /// turn of the loop, as far as the receivers' sockets take them.
    pub(crate) relayed: u64,
    /// Deliveries that the receiver has read for certain: it answered a ping written after them.
    pub(crate) confirmed: u64,
    /// From the first connection accepted to the latest join, in nanoseconds.
    pub(crate) joining_ns: u64,
    /// When these were read, in nanoseconds since the blaster was started.
    pub(crate) at_ns: u64,
}

/// A copy of the counters that other threads may read, refreshed by the loop once per turn.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Counters>>);

impl Shared {
    pub(crate) fn set(&self, counters: Counters) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = counters;
    }

    fn get(&self) -> Counters {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers every line of standard input with the counters as a line of JSON, and wakes the
    /// loop when the input ends: whoever started us is gone or has had enough. The loop keeps a
    /// waker too, since what one has said is lost when it is dropped.
    pub(crate) fn answer_until_end_of_input(self, waker: Arc<Waker>) {
        std::thread::spawn(move || {
            for _ in io::stdin().lock().lines().map_while(Result::ok) {
                let line = serde_json::to_string(&self.get()).unwrap_or_default();
                if writeln!(io::stdout(), "{line}").is_err() {
                    break;
                }
            }
            waker.wake()
        });
    }
}
