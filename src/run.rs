//! The conductor: a plan goes out to shards, and what they heard comes back as one outcome.

mod conductor;
mod judge;
mod outage;
mod outcome;
mod presence;
mod shards;
mod thresholds;

pub use conductor::{Follower, News, RunError, Stage, Stop, run};
pub use judge::ViolationBook;
pub use outage::{Outage, Spell};
pub use outcome::{Doubt, RunOutcome, ShardHealth};
pub use thresholds::{ThresholdOutcome, ThresholdResult};

/// How a run is performed: what is not part of the scenario.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Threads to spread the users over, at most.
    pub shards: usize,
}
