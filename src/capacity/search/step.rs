//! Step: one load, offered once, and what it showed.

use serde::{Deserialize, Serialize};

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Step {
    /// What it was taken for.
    pub purpose: Purpose,
    /// What it showed.
    pub result: StepResult,
}

/// What a step is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To begin somewhere.
    First,
    /// To find a load that fails.
    Grow,
    /// To find a load that holds.
    Shrink,
    /// To halve the bracket.
    Bisect,
    /// To see an end of the bracket confirmed.
    Confirm,
    /// To decide between steps at this load that contradict each other.
    Decide,
    /// To see the server steady, which it was not.
    Again,
    /// To see whether the server holds again, far above the answer.
    Beyond,
}

/// What a step showed: all that the search needs to know of it, and so all that must be kept for
/// it to be resumed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StepResult {
    /// The load that was offered, in the unit of the search's limits.
    pub load: u64,
    /// What it showed.
    pub verdict: StepVerdict,
}

/// Whether the server held a load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepVerdict {
    /// Every threshold held, and nothing was violated.
    Holds,
    /// It did not hold.
    Fails {
        /// Everything that went wrong.
        why: Vec<Failure>,
    },
    /// It cannot be said.
    Unknown {
        /// What stood in the way; of several things, that which must be mended first.
        why: Unclear,
    },
}

/// What goes wrong at a load that is too much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// Promises were broken.
    Violations {
        /// How many.
        count: u64,
    },
    /// A threshold was missed.
    ThresholdMissed {
        /// The threshold, such as `delivery_latency p99`.
        threshold: String,
        /// What was asked for: milliseconds, or a count.
        limit: f64,
        /// What was measured, in the same unit.
        observed: f64,
    },
    /// What was due and not yet delivered became ever more: given time, every threshold would be
    /// missed, whatever the percentile says of the time there was.
    BacklogGrows {
        /// By how many deliveries in a second.
        deliveries_per_s: f64,
    },
    /// Users could not connect.
    ConnectionsFailed {
        /// How many.
        count: u64,
    },
    /// Connections that stood were lost.
    ConnectionsLost {
        /// How many.
        count: u64,
    },
}

/// Why a step shows nothing of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Unclear {
    /// The generator could not keep its schedule: what was measured is its own limit.
    GeneratorSaturated {
        /// The 99th percentile of its send delay, in milliseconds.
        send_delay_p99_ms: f64,
        /// What was allowed, in milliseconds.
        limit_ms: f64,
    },
    /// The warm-up ended before the server was steady.
    NotSteady {
        /// How long it was waited for, in seconds.
        warmup_s: f64,
    },
    /// Too little happened for what a threshold speaks of.
    TooFewSamples {
        /// The samples there were.
        samples: u64,
        /// The samples it needs.
        needed: u64,
    },
    /// The step was interrupted.
    Interrupted,
    /// The load could not be offered at all.
    Impossible {
        /// What was in the way, and what can be done about it.
        what: String,
    },
}

impl Unclear {
    /// Whether the same step, taken again, may well show something: the others will not without
    /// somebody's help, or were not meant to.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Unclear::NotSteady { .. })
    }
}
