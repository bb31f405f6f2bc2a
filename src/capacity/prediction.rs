//! Prediction: what the Universal Scalability Law makes of a search's steps, and whether it holds.
//!
//! The search measures, this predicts: it is no part of the answer. The law speaks of how much a
//! server does that has all it can do. A step is offered a load, so below saturation its throughput
//! is what was asked for, a straight line through the origin, on which the law can only say that
//! nothing bends; what bends it are steps that were too much for the server and failed by
//! slowness. Steps that failed otherwise are no points of the law: where messages or connections
//! are lost, less is done because less is there to do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::search::{Failure, StepVerdict};
use super::study::StepReport;
use super::usl::{Extrapolation, Fit, Intervals, Point};

/// Curves from which the intervals follow.
const REPLICATES: usize = 1_999;
/// Throughput per load must be lower at the highest load than at the lowest by this share, or the
/// steps are a straight line as far as they tell: they differ by chance by some hundredths.
const BEND_MIN: f64 = 0.05;

/// What the law predicts from the steps, which nobody has measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prediction {
    /// Whether it may be believed beyond what was measured.
    pub carried: bool,
    /// All that speaks against that, in plain words; empty if nothing does.
    pub reasons: Vec<String>,
    /// The curve, with the points it was fitted to and how far it misses each; absent if there is
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// How sure its numbers are, at 95 %; absent if that cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<Intervals>,
}

impl Prediction {
    /// What the law makes of `steps`; whatever is drawn follows from `seed`.
    pub(super) fn of(steps: &[StepReport], seed: u64) -> Prediction {
        let points: Vec<Point> = steps.iter().filter_map(point).collect();
        let fit = match Fit::new(&points) {
            Ok(fit) => fit,
            Err(why) => return Prediction::none(why.to_string()),
        };
        let mut reasons = Vec::from_iter(straight(&points));
        let intervals = match fit.intervals(REPLICATES, seed) {
            Ok(intervals) => intervals,
            Err(why) => {
                reasons.push(why.to_string());
                let fit = Some(fit);
                return Prediction { carried: false, reasons, fit, intervals: None };
            }
        };
        if let Extrapolation::Refused { reasons: refusals } = fit.extrapolation(&intervals) {
            reasons.extend(refusals.iter().map(ToString::to_string));
        }
        let (fit, intervals) = (Some(fit), Some(intervals));
        Prediction { carried: reasons.is_empty(), reasons, fit, intervals }
    }

    fn none(why: String) -> Prediction {
        Prediction { carried: false, reasons: vec![why], fit: None, intervals: None }
    }
}

/// The point of the law that a step is, if it is one.
fn point(report: &StepReport) -> Option<Point> {
    let result = &report.step.result;
    let by_slowness = |why: &Failure| {
        matches!(why, Failure::ThresholdMissed { .. } | Failure::BacklogGrows { .. })
    };
    let is_one = match &result.verdict {
        StepVerdict::Holds => true,
        StepVerdict::Fails { why } => why.iter().all(by_slowness),
        StepVerdict::Unknown { .. } => false,
    };
    let measured = report.measured.as_ref().filter(|it| is_one && it.deliveries_per_s > 0.0)?;
    Some(Point { load: result.load as f64, throughput: measured.deliveries_per_s })
}

/// Why the steps say nothing of where it bends, if they do not.
fn straight(points: &[Point]) -> Option<String> {
    let loads = || points.iter().map(|point| point.load);
    let (lowest, highest) = (loads().fold(f64::INFINITY, f64::min), loads().fold(0.0, f64::max));
    let each = |load: f64| {
        let there = points.iter().filter(|point| point.load == load);
        let rates: Vec<f64> = there.map(|point| point.throughput / load).collect();
        rates.iter().sum::<f64>() / rates.len() as f64
    };
    let bend = 1.0 - each(highest) / each(lowest);
    (bend < BEND_MIN).then(|| {
        "the steps do not bend: at the highest load as at the lowest, the server did what was \
         asked of it, so where it ceases to does not show"
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::super::search::{Purpose, Step, StepResult, Unclear};
    use super::super::study::Measured;
    use super::*;

    fn step(load: u64, deliveries_per_s: f64, verdict: StepVerdict) -> StepReport {
        let result = StepResult { load, verdict };
        let measured = Measured {
            deliveries_per_s,
            delivery_p50_ms: 1.0,
            delivery_p99_ms: 2.0,
            send_delay_p99_ms: 0.1,
            server: None,
            unobserved: None,
        };
        let step = Step { purpose: Purpose::Grow, result };
        StepReport { step, measured: Some(measured) }
    }

    fn slow() -> StepVerdict {
        StepVerdict::Fails { why: vec![Failure::BacklogGrows { deliveries_per_s: 9.0 }] }
    }

    /// A server of which the law is true: 100 for each, peak at a load of 40.
    fn law(load: f64) -> f64 {
        100.0 * load / (1.0 + 0.02 * (load - 1.0) + 0.000_612_5 * load * (load - 1.0))
    }

    #[test]
    fn a_law_that_is_kept_carries_and_a_straight_line_does_not() {
        let loads = [1, 2, 4, 8, 16, 24, 32, 48, 64];
        let kept: Vec<StepReport> = loads
            .iter()
            .map(|load| {
                let verdict = if *load > 30 { slow() } else { StepVerdict::Holds };
                step(*load, law(*load as f64), verdict)
            })
            .collect();
        let prediction = Prediction::of(&kept, 7);
        assert!(prediction.carried, "{:?}", prediction.reasons);
        let peak = prediction.fit.and_then(|fit| fit.peak).expect("a peak");
        assert!((peak.load - 40.0).abs() < 0.5, "{peak:?}");
        let line = loads.map(|load| step(load, 10.0 * load as f64, StepVerdict::Holds));
        let prediction = Prediction::of(&line, 7);
        assert!(!prediction.carried);
        let reasons = prediction.reasons.join("; ");
        assert!(reasons.contains("do not bend") && reasons.contains("no peak"), "{reasons}");
    }

    #[test]
    fn steps_that_say_nothing_of_speed_are_no_points() {
        let lossy = StepVerdict::Fails {
            why: vec![
                Failure::BacklogGrows { deliveries_per_s: 9.0 },
                Failure::ConnectionsLost { count: 3 },
            ],
        };
        let unknown = StepVerdict::Unknown { why: Unclear::NotSteady { warmup_s: 3.0 } };
        let silent = StepReport { measured: None, ..step(4, 1.0, StepVerdict::Holds) };
        for no_point in [step(4, 9.0, lossy), step(4, 9.0, unknown), silent] {
            assert_eq!(point(&no_point), None);
        }
        assert!(point(&step(4, 9.0, slow())).is_some());
        let few = Prediction::of(&[step(4, 9.0, slow())], 7);
        assert!(!few.carried && few.fit.is_none(), "{few:?}");
        assert!(few.reasons[0].contains("distinct loads"), "{few:?}");
    }
}
