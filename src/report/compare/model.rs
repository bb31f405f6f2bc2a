//! Model: a comparison as data, version 1. Fields are added within a version, never changed.

use serde::{Deserialize, Serialize};

use crate::metrics::Metric;
use crate::oracle::{Verdict, ViolationKind};
use crate::report::ExitKind;
use crate::report::model::{Exit, Tool};

/// How the runs of B differ from those of A.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Comparison {
    /// The version of this format: 1.
    #[schemars(extend("const" = Comparison::VERSION))]
    pub version: u32,
    /// What made the comparison.
    pub tool: Tool,
    /// What B is held to.
    pub a: Side,
    /// What is held to it.
    pub b: Side,
    /// What it comes to.
    pub verdict: Finding,
    /// How the process ended.
    pub exit: Exit,
    /// The share, from 0 to 1, below which a difference does not matter.
    pub noise: f64,
    /// How often, from 0 to 1, none of all intervals misses what it is about.
    pub confidence: f64,
    /// How often runs, or blocks of intervals, were drawn anew.
    pub resamples: usize,
    /// What cannot be said, and why.
    pub doubts: Vec<Doubt>,
    /// Promises that were broken on either side.
    pub promises: Vec<Promise>,
    /// Thresholds of the scenarios.
    pub thresholds: Vec<Threshold>,
    /// What was measured on both sides.
    pub numbers: Vec<Number>,
}

/// The runs of one side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Side {
    /// The folder that was given.
    pub folder: String,
    /// What was drawn anew: whole runs, or blocks of intervals of the only one.
    pub drawn: DrawnFrom,
    /// Each run.
    pub runs: Vec<RunNote>,
}

/// What is drawn anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DrawnFrom {
    /// Whole runs.
    Runs,
    /// Blocks of consecutive intervals of one run.
    Blocks,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunNote {
    /// Where it is.
    pub folder: String,
    /// When it began: RFC 3339, UTC.
    pub started: String,
    /// What everything random in it followed from.
    pub seed: u64,
    /// The servers.
    pub targets: Vec<String>,
    /// What it came to by itself.
    pub verdict: Verdict,
    /// Whole intervals of its load, without the warm-up.
    pub intervals: usize,
    /// When the first of them began, in seconds since the run did.
    pub warm_from_s: f64,
}

/// What a difference amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// B is worse.
    Worse,
    /// B is better.
    Better,
    /// There is a difference, but a smaller one than matters.
    Negligible,
    /// No difference was shown.
    NotShown,
    /// It cannot be said.
    Unknown,
}

/// A promise that was broken on either side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Promise {
    /// How it was broken.
    pub kind: ViolationKind,
    /// Whether the scenario tolerates it.
    pub tolerated: bool,
    /// How often A broke it.
    pub a_count: u64,
    /// In how many of A's runs.
    pub a_runs: usize,
    /// How often B broke it.
    pub b_count: u64,
    /// In how many of B's runs.
    pub b_runs: usize,
    /// What that amounts to: worse where only B broke it; unknown where the side that did not
    /// was not judged in full.
    pub finding: Finding,
}

/// A threshold of the scenarios.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Threshold {
    /// What it is about, such as `delivery_latency p99`.
    pub name: String,
    /// In how many of A's runs it was missed.
    pub a_missed: usize,
    /// In how many of B's runs it was missed.
    pub b_missed: usize,
    /// What that amounts to. Only counts are judged here: latencies are, with their intervals,
    /// among the numbers.
    pub finding: Finding,
}

/// A number on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Number {
    /// What was measured; absent for `throughput`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// What it is of that: `p50`, `p90`, `p99`, `p99.9`, `max`, or `deliveries/s`.
    pub statistic: String,
    /// That of all of A's runs together, in milliseconds or a second; absent if there is none.
    pub a: Option<f64>,
    /// That of all of B's runs together.
    pub b: Option<f64>,
    /// B's less A's, as a share of A's; absent where it is not judged.
    pub change: Option<f64>,
    /// The least that the change may be.
    pub change_low: Option<f64>,
    /// The most that it may be.
    pub change_high: Option<f64>,
    /// What it amounts to; absent for `max`, which is told and never judged.
    pub finding: Option<Finding>,
    /// Why it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Unclear>,
}

/// Why a difference is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Unclear {
    /// Some run has too few samples for a percentile so high.
    TooFewSamples {
        /// The fewest of any run.
        samples: u64,
        /// What every run needs.
        needed: u64,
    },
    /// A run that stands alone has too few intervals in which something was measured.
    TooFewIntervals {
        /// How many there are.
        intervals: usize,
        /// How many it needs.
        needed: usize,
    },
    /// The runs themselves are such that nothing follows: see the doubts.
    Doubtful,
}

/// What cannot be said, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Doubt {
    /// A side has one run, so how much runs differ from each other is not seen.
    RunToRunUnseen {
        /// The folder of the side.
        folder: String,
    },
    /// A side has so few runs that only large differences show.
    FewRuns {
        /// The folder of the side.
        folder: String,
        /// How many runs it has.
        runs: usize,
    },
    /// The generator was the bottleneck, so latencies speak of it.
    GeneratorBound {
        /// The run.
        folder: String,
        /// Its 99th percentile of send delay, in milliseconds.
        send_delay_p99_ms: f64,
        /// What was allowed, in milliseconds.
        limit_ms: f64,
    },
    /// A run did not come to the end of its load.
    Incomplete {
        /// The run.
        folder: String,
    },
    /// A run has doubts of its own, which say what part of the load was not there.
    RunInDoubt {
        /// The run.
        folder: String,
        /// How many.
        doubts: usize,
    },
    /// Not all that a run should have judged was judged, so where it broke no promise, it is not
    /// known to keep it.
    Unjudged {
        /// The run.
        folder: String,
    },
    /// The scenarios differ in this, which may make a difference.
    ScenarioDiffers {
        /// The key.
        key: String,
        /// What A has.
        a: String,
        /// What the other run has.
        b: String,
        /// That run.
        folder: String,
    },
    /// The load was generated on another machine, or by another version of chatbench.
    GeneratorDiffers {
        /// What differs.
        what: String,
        /// What A has.
        a: String,
        /// What the other run has.
        b: String,
        /// That run.
        folder: String,
    },
    /// A run is on both sides.
    SameRun {
        /// Where it is on B's side.
        folder: String,
    },
}

impl Comparison {
    /// The version of the format that is written.
    pub const VERSION: u32 = 1;

    /// How the process ends where a regression is to fail: broken promises outweigh latencies.
    pub fn regression(&self) -> ExitKind {
        let worse = |finding: Finding| finding == Finding::Worse;
        match self.verdict {
            _ if self.promises.iter().any(|it| worse(it.finding)) => ExitKind::Violations,
            Finding::Worse => ExitKind::ThresholdMissed,
            Finding::Unknown => ExitKind::Unknown,
            _ if self.asked_for_and_unknown().next().is_some() => ExitKind::Unknown,
            Finding::Better | Finding::Negligible | Finding::NotShown => ExitKind::Pass,
        }
    }

    /// Numbers that a threshold of the scenarios is about, and of which nothing can be said.
    pub(super) fn asked_for_and_unknown(&self) -> impl Iterator<Item = &Number> {
        let has_threshold = |number: &Number| {
            let metric = number.metric.map_or("", |metric| metric.name());
            let name = format!("{metric} {}", number.statistic);
            self.thresholds.iter().any(|threshold| threshold.name == name)
        };
        let unknown = self.numbers.iter().filter(|it| it.finding == Some(Finding::Unknown));
        unknown.filter(move |number| has_threshold(number))
    }

    /// Whether B may break a promise that A keeps, without that having been seen.
    pub(super) fn promises_are_open(&self) -> bool {
        let is_of_b = |folder: &str| self.b.runs.iter().any(|run| run.folder == folder);
        let is_open =
            |doubt: &Doubt| matches!(doubt, Doubt::Unjudged { folder } if is_of_b(folder));
        self.doubts.iter().any(is_open)
            || self.promises.iter().any(|it| it.finding == Finding::Unknown)
    }

    /// The process ends by `kind`.
    pub fn end_with(&mut self, kind: ExitKind) {
        self.exit = Exit::of(kind);
    }
}

impl Doubt {
    /// Whether nothing that was measured can be compared after it.
    pub(super) fn stops_all(&self) -> bool {
        matches!(self, Doubt::GeneratorBound { .. } | Doubt::Incomplete { .. })
    }
}

impl Finding {
    /// In plain words.
    pub fn words(self) -> &'static str {
        match self {
            Finding::Worse => "worse",
            Finding::Better => "better",
            Finding::Negligible => "too small to matter",
            Finding::NotShown => "no difference shown",
            Finding::Unknown => "unknown",
        }
    }
}
