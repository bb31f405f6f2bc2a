//! Answer: the largest load that was shown to hold, how well it was shown, and what is unknown.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::chance::Chance;
use super::step::{Failure, Unclear};
use super::tally::Tally;

/// What the search found.
///
/// The largest load that holds lies between `holds` and `fails`; neither is given without how
/// often it was tried, and what can be concluded from so few tries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Answer {
    /// What can be said.
    pub conclusion: Conclusion,
    /// The largest load that held, of those below every load that did not.
    pub holds: Option<Shown>,
    /// The smallest load above it that failed; without one, the answer is open above.
    pub fails: Option<Shown>,
    /// What should be known before it is relied on.
    pub remarks: Vec<Remark>,
    /// How many steps it took.
    pub steps: u32,
}

/// What can be said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Conclusion {
    /// One load holds, the one just above fails, and repeats agree.
    Found,
    /// The largest load that may be tried holds, and repeats agree.
    AtLeast,
    /// The smallest load that may be tried fails, and repeats agree.
    Nothing,
    /// It cannot be said; what was shown until then stands beside it.
    Unknown {
        /// Why not.
        why: Reason,
    },
}

/// A load, and what its steps showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Shown {
    /// The load.
    pub load: u64,
    /// Steps that held.
    pub held: u32,
    /// Steps that failed.
    pub failed: u32,
    /// Steps that were never steady, and are not counted as either.
    pub unsteady: u32,
    /// Between what the chance lies that a step at this load holds.
    pub chance: Chance,
    /// What went wrong when it last failed.
    pub why: Vec<Failure>,
}

/// Why it cannot be said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// A step showed nothing of the server.
    Step {
        /// The load it offered.
        load: u64,
        /// Why not.
        why: Unclear,
    },
    /// The answers contradict each other, again and again.
    Contradictory {
        /// Loads that held at first, and failed when tried again.
        held_first: u32,
        /// Loads that failed at first, and held when tried again.
        failed_first: u32,
    },
    /// All steps were taken, and it was not enough.
    StepsMax {
        /// How many steps that was.
        steps: u32,
    },
}

/// What should be known before an answer is relied on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Remark {
    /// The server is not monotone: it fails above the answer, and holds far above.
    HoldsAgain {
        /// Where it held, once.
        load: u64,
    },
    /// Loads contradicted what they had shown first.
    Contradicted {
        /// Loads that held at first, and failed when tried again.
        held_first: u32,
        /// Loads that failed at first, and held when tried again.
        failed_first: u32,
    },
}

impl Shown {
    pub(super) fn new(load: u64, tally: &Tally) -> Shown {
        let Tally { held, failed, unsteady, .. } = *tally;
        let chance = Chance::of(held, failed);
        Shown { load, held, failed, unsteady, chance, why: tally.why.clone() }
    }
}

impl Reason {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Reason::Step { why, .. } => match why {
                Unclear::GeneratorSaturated { .. } => {
                    "give the generator more cores, or share the load among more machines; then \
                     resume"
                }
                Unclear::NotSteady { .. } => {
                    "make steps longer, or look for what the server does from time to time"
                }
                Unclear::TooFewSamples { .. } => {
                    "make steps longer, begin at a larger load, or ask for a lower percentile"
                }
                Unclear::Interrupted => "with `--out`, `--resume` goes on from the steps so far",
                Unclear::Impossible { .. } => "mend what was in the way; then resume",
            },
            Reason::Contradictory { held_first, failed_first } if held_first > failed_first => {
                "the server wears out: look for a leak, or restart it before each step"
            }
            Reason::Contradictory { .. } => {
                "keep other work off both machines, make steps longer, or ask for less precision"
            }
            Reason::StepsMax { .. } => "allow more steps, or narrow the range; then resume",
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.conclusion {
            Conclusion::Found => {}
            Conclusion::AtLeast => write!(f, "at least: ")?,
            Conclusion::Nothing => write!(f, "holds nothing: ")?,
            Conclusion::Unknown { why } => write!(f, "unknown: {why}; ")?,
        }
        match (&self.holds, &self.fails) {
            (None, None) => write!(f, "nothing was shown"),
            (Some(holds), None) => write!(f, "holds {holds}, open above"),
            (None, Some(fails)) => write!(f, "fails {fails}"),
            (Some(holds), Some(fails)) => write!(f, "holds {holds}, fails {fails}"),
        }?;
        self.remarks.iter().try_for_each(|remark| write!(f, "; {remark}"))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown { load, held, failed, .. } = self;
        let (low, high) = (100.0 * self.chance.low, 100.0 * self.chance.high);
        write!(f, "{load} (held {held} of {}; a step holds with ", held + failed)?;
        write!(f, "{low:.0} to {high:.0} %, at 95 % confidence)")
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Step { load, why } => match why {
                Unclear::GeneratorSaturated { send_delay_p99_ms, limit_ms } => write!(
                    f,
                    "at {load} our generator was the bottleneck: its 99th percentile of send \
                     delay was {send_delay_p99_ms:.1} ms, of {limit_ms:.1} ms allowed"
                ),
                Unclear::NotSteady { warmup_s } => {
                    write!(f, "at {load} the server was not steady after {warmup_s:.0} s")
                }
                Unclear::TooFewSamples { samples, needed } => {
                    write!(f, "at {load} there were {samples} samples of {needed} needed")
                }
                Unclear::Interrupted => write!(f, "interrupted at {load}"),
                Unclear::Impossible { what } => write!(f, "{load} could not be offered: {what}"),
            },
            Reason::Contradictory { held_first, failed_first } => {
                contradicted(f, *held_first, *failed_first)
            }
            Reason::StepsMax { steps } => write!(f, "{steps} steps were not enough"),
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remark::HoldsAgain { load } => write!(f, "not monotone: it held {load}, far above"),
            Remark::Contradicted { held_first, failed_first } => {
                contradicted(f, *held_first, *failed_first)
            }
        }
    }
}

fn contradicted(f: &mut fmt::Formatter<'_>, held_first: u32, failed_first: u32) -> fmt::Result {
    write!(f, "of the loads tried again, {held_first} failed that had held, and ")?;
    write!(f, "{failed_first} held that had failed")
}
