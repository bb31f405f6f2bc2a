//! The conductor: a plan goes out to shards, and what they heard comes back as one outcome.

mod conductor;
mod judge;
mod outcome;
mod shards;
mod thresholds;

pub use conductor::{Follower, News, RunError, Stage, Stop, run};
pub use judge::ViolationBook;
pub use outcome::{Doubt, RunOutcome, ShardHealth};
pub use thresholds::{ThresholdOutcome, ThresholdResult};

/// How a run is performed: what is not part of the scenario.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Threads to spread the users over; one for each core, if not said.
    pub shards: Option<usize>,
}

impl RunOptions {
    fn shards_wanted(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.shards.unwrap_or_else(cores)
    }
}
