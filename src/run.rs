//! The conductor: a plan goes out to shards, and what they heard comes back as one outcome.

mod book;
mod conductor;
mod gathering;
mod judge;
mod judgement;
mod outage;
mod outcome;
mod presence;
mod record;
mod replay;
mod shards;
mod thresholds;

pub use book::ViolationBook;
pub use conductor::{Follower, News, RunError, Stage, Stop, run};
pub use judgement::oracle_of;
pub use outage::{Outage, Spell};
pub use outcome::{Doubt, RunOutcome, ShardHealth};
pub use record::{Missing, Post, RecordFile, RecordHeader, Recording, SHARDS_MAX, Written};
pub use replay::{Record, RecordError};
pub use thresholds::{ThresholdOutcome, ThresholdResult, check as check_thresholds};

/// How a run is performed: what is not part of the scenario.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Threads to spread the users over, at most.
    pub shards: usize,
    /// Where what happens is written down, if somebody wants it.
    pub record: Option<Post>,
}
