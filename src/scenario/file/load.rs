//! The load as typed: how fast users connect, and how much they say when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::churn::{ChurnFile, OutagesFile};
use crate::scenario::units::{Period, Rate, Share};

/// How fast users connect, who speaks, and how much is said when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadFile {
    /// How many users begin to connect per second. Default: `500/s`.
    #[serde(default = "connect_rate")]
    pub connect_rate: Rate,
    /// When messages are due: `poisson` (independently of each other, as people write) or
    /// `constant` (each speaker at equal intervals). Default: `poisson`.
    #[serde(default)]
    pub arrivals: Arrival,
    /// How many of a room's members speak, at least one: `all`, or a share such as `20%`.
    /// Default: `all`.
    #[serde(default = "everybody")]
    pub speakers: Share,
    /// What happens, in this order. Rates are messages sent per second by all users together,
    /// shared equally among those who speak.
    #[schemars(length(min = 1))]
    pub phases: Vec<PhaseFile>,
    /// How users come and go meanwhile. Default: nobody moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub churn: Option<ChurnFile>,
    /// Whether the server goes away meanwhile: `expected` (somebody may restart it), or a list of
    /// times at which chatbench kills the bundled server and starts it again. Default: it should
    /// not.
    #[serde(default, skip_serializing_if = "OutagesFile::is_none")]
    pub outages: OutagesFile,
}

fn connect_rate() -> Rate {
    Rate::of_seconds(500.0)
}

fn everybody() -> Share {
    Share::ALL
}

impl LoadFile {
    /// Makes all of it `factor` times as long.
    pub(in crate::scenario) fn stretch(&mut self, factor: f64) {
        let scaled = |period: Period| Period::new(period.duration().mul_f64(factor));
        for phase in &mut self.phases {
            *phase = phase.with_lengths_times(factor);
        }
        for storm in self.churn.iter_mut().flat_map(|churn| &mut churn.storms) {
            storm.at = scaled(storm.at);
        }
        if let OutagesFile::Planned(outages) = &mut self.outages {
            for outage in outages {
                outage.at = scaled(outage.at);
                outage.lasting = scaled(outage.lasting);
            }
        }
    }
}

/// How the times at which one speaker's messages are due are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// At equal intervals, each speaker beginning at a moment of its own.
    Constant,
    /// Independently of each other.
    #[default]
    Poisson,
}

/// One stretch of the load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhaseFile {
    /// One rate.
    Hold(Hold),
    /// From one rate to another, in a straight line.
    Ramp(Ramp),
    /// From one rate to another, in equal steps.
    Step(Step),
    /// A rate with a sudden, higher one in it.
    Spike(Spike),
}

/// One rate for a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Messages sent per second by all users together.
    pub rate: Rate,
    /// For how long.
    #[serde(rename = "for")]
    pub length: Period,
}

/// A rate that changes in a straight line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// The rate at the beginning.
    pub from: Rate,
    /// The rate at the end.
    pub to: Rate,
    /// For how long.
    #[serde(rename = "for")]
    pub length: Period,
}

/// A rate that changes step by step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The rate of the first step.
    pub from: Rate,
    /// The rate of the last step.
    pub to: Rate,
    /// How many steps, all of one length.
    #[schemars(range(min = 2, max = 1000))]
    pub steps: u32,
    /// For how long, all steps together.
    #[serde(rename = "for")]
    pub length: Period,
}

/// A rate with a sudden, higher one in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spike {
    /// The rate before and after.
    pub base: Rate,
    /// The rate of the spike.
    pub peak: Rate,
    /// For how long, all together.
    #[serde(rename = "for")]
    pub length: Period,
    /// When the spike comes, counted from the beginning of the phase.
    pub at: Period,
    /// How long the spike lasts.
    pub lasting: Period,
}

impl PhaseFile {
    /// How long the phase lasts.
    pub fn length(&self) -> Period {
        match self {
            PhaseFile::Hold(hold) => hold.length,
            PhaseFile::Ramp(ramp) => ramp.length,
            PhaseFile::Step(step) => step.length,
            PhaseFile::Spike(spike) => spike.length,
        }
    }

    /// The highest rate in it.
    pub fn peak(&self) -> Rate {
        let (one, other) = match *self {
            PhaseFile::Hold(hold) => (hold.rate, hold.rate),
            PhaseFile::Ramp(ramp) => (ramp.from, ramp.to),
            PhaseFile::Step(step) => (step.from, step.to),
            PhaseFile::Spike(spike) => (spike.base, spike.peak),
        };
        if one.per_second() > other.per_second() { one } else { other }
    }

    /// The same phase, `factor` times as much in the same time.
    pub fn with_rates_times(self, factor: f64) -> PhaseFile {
        match self {
            PhaseFile::Hold(hold) => {
                PhaseFile::Hold(Hold { rate: hold.rate.times(factor), ..hold })
            }
            PhaseFile::Ramp(ramp) => PhaseFile::Ramp(Ramp {
                from: ramp.from.times(factor),
                to: ramp.to.times(factor),
                ..ramp
            }),
            PhaseFile::Step(step) => PhaseFile::Step(Step {
                from: step.from.times(factor),
                to: step.to.times(factor),
                ..step
            }),
            PhaseFile::Spike(spike) => PhaseFile::Spike(Spike {
                base: spike.base.times(factor),
                peak: spike.peak.times(factor),
                ..spike
            }),
        }
    }

    /// The same phase at the same rates, `factor` times as long.
    pub fn with_lengths_times(self, factor: f64) -> PhaseFile {
        let scaled = |period: Period| Period::new(period.duration().mul_f64(factor));
        match self {
            PhaseFile::Hold(hold) => PhaseFile::Hold(Hold { length: scaled(hold.length), ..hold }),
            PhaseFile::Ramp(ramp) => PhaseFile::Ramp(Ramp { length: scaled(ramp.length), ..ramp }),
            PhaseFile::Step(step) => PhaseFile::Step(Step { length: scaled(step.length), ..step }),
            PhaseFile::Spike(spike) => {
                let length = scaled(spike.length);
                let at = scaled(spike.at).min(length);
                // Rounding must not push the end of the spike past the end of its phase.
                let rest = Period::new(length.duration() - at.duration());
                let lasting = scaled(spike.lasting).min(rest);
                PhaseFile::Spike(Spike { length, at, lasting, ..spike })
            }
        }
    }
}
