//! Thresholds: what was asked for against what was measured.

use serde::{Deserialize, Serialize};

use crate::metrics::{Metric, Quantile, Recorder};
use crate::scenario::{LatencyMetric, LatencyThreshold, Statistic, Thresholds};

/// Samples that must lie beyond a percentile before it can be spoken of.
const SAMPLES_BEYOND: f64 = 10.0;

/// What became of a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdOutcome {
    /// It was kept.
    Held,
    /// It was not.
    Missed,
    /// There is too little to say.
    Unknown,
}

/// One threshold and what was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ThresholdResult {
    /// What it is about, such as `delivery_latency p99` or `disconnects`.
    pub name: String,
    /// What was asked for: milliseconds, or a count.
    pub limit: f64,
    /// What was measured, in the same unit.
    pub observed: f64,
    /// `ms`, or empty for a count.
    pub unit: String,
    /// How many samples it rests on.
    pub samples: u64,
    /// How many it needs.
    pub samples_needed: u64,
    /// What became of it.
    pub outcome: ThresholdOutcome,
}

/// Holds what `recorder` measured against `thresholds`.
pub fn check(thresholds: &Thresholds, recorder: &Recorder) -> Vec<ThresholdResult> {
    let latencies = thresholds.latencies.iter().map(|threshold| latency(threshold, recorder));
    let counters = recorder.counters();
    let counts = [
        ("disconnects", thresholds.disconnects_max, counters.disconnects),
        ("connect_failures", thresholds.connect_failures_max, counters.connect_failures),
    ];
    let counts = counts
        .into_iter()
        .filter_map(|(name, limit, observed)| limit.map(|limit| count(name, limit, observed)));
    latencies.chain(counts).collect()
}

fn latency(threshold: &LatencyThreshold, recorder: &Recorder) -> ThresholdResult {
    let histogram = recorder.histogram(metric(threshold.metric));
    let (quantile, samples_needed) = match threshold.statistic {
        Statistic::Max => (Quantile::Max, 1),
        Statistic::Mean => (Quantile::Mean, 1),
        Statistic::Percentile(percentile) => {
            let share = percentile.percent() / 100.0;
            (Quantile::Of(share), (SAMPLES_BEYOND / (1.0 - share)).ceil() as u64)
        }
    };
    let (samples, observed) = (histogram.count(), histogram.at(quantile));
    let outcome = if samples < samples_needed {
        ThresholdOutcome::Unknown
    } else if observed <= threshold.limit {
        ThresholdOutcome::Held
    } else {
        ThresholdOutcome::Missed
    };
    ThresholdResult {
        name: format!("{} {}", threshold.metric.name(), threshold.statistic),
        limit: threshold.limit.as_secs_f64() * 1e3,
        observed: observed.as_secs_f64() * 1e3,
        unit: "ms".into(),
        samples,
        samples_needed,
        outcome,
    }
}

fn count(name: &str, limit: u64, observed: u64) -> ThresholdResult {
    let held = observed <= limit;
    ThresholdResult {
        name: name.into(),
        limit: limit as f64,
        observed: observed as f64,
        unit: String::new(),
        samples: 1,
        samples_needed: 1,
        outcome: if held { ThresholdOutcome::Held } else { ThresholdOutcome::Missed },
    }
}

fn metric(of: LatencyMetric) -> Metric {
    match of {
        LatencyMetric::Connect => Metric::ConnectLatency,
        LatencyMetric::Join => Metric::JoinLatency,
        LatencyMetric::SendDelay => Metric::SendDelay,
        LatencyMetric::Delivery => Metric::DeliveryLatency,
        LatencyMetric::Service => Metric::ServiceLatency,
        LatencyMetric::FirstReceiver => Metric::FirstReceiver,
        LatencyMetric::LastReceiver => Metric::LastReceiver,
        LatencyMetric::JoinToHeard => Metric::JoinToHeard,
        LatencyMetric::ReconnectToHeard => Metric::ReconnectToHeard,
        LatencyMetric::Deafness => Metric::Deafness,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::chat::{RoomId, UserId};
    use crate::history::{Event, EventKind};
    use crate::scenario::{Overrides, Scenario};
    use crate::time::Timestamp;

    const SCENARIO: &str = "
rooms: {count: 1, size: 2}
load: {phases: [{hold: {rate: 1/s, for: 1 s}}], outages: expected}
thresholds:
  join_to_heard: {max: 1 s}
  reconnect_to_heard: {p50: 50 ms}
  deafness: {max: 2 s, p99: 3 s}
";

    #[test]
    fn what_it_takes_to_hear_again_is_held_to_its_limits() {
        let scenario = Scenario::parse("scenario.yaml", SCENARIO, &Overrides::default());
        let thresholds = scenario.expect("a scenario").thresholds;
        let outcomes = |recorder: &Recorder| {
            let results = check(&thresholds, recorder);
            results.into_iter().map(|it| (it.name, it.observed.round(), it.outcome)).collect()
        };
        let mut recorder = Recorder::default();
        let nothing: Vec<_> = outcomes(&recorder);
        assert!(nothing.iter().all(|(.., it)| *it == ThresholdOutcome::Unknown), "{nothing:?}");
        let (room, ms) = (RoomId(0), Duration::from_millis);
        for _ in 0..30 {
            let resumed = EventKind::Resumed { after: ms(100), deaf: Some(ms(2_500)) };
            for kind in [EventKind::FirstHeard { room, after: ms(400) }, resumed] {
                recorder.record(&Event { at: Timestamp::ZERO, user: UserId(0), kind });
            }
        }
        let wanted = [
            ("join_to_heard max", 400.0, ThresholdOutcome::Held),
            ("reconnect_to_heard p50", 100.0, ThresholdOutcome::Missed),
            ("deafness max", 2_500.0, ThresholdOutcome::Missed),
            // Thirty are not enough for a 99th percentile.
            ("deafness p99", 2_500.0, ThresholdOutcome::Unknown),
        ];
        let mut seen: Vec<_> = outcomes(&recorder);
        seen.iter_mut().for_each(|it| it.1 = (it.1 / 10.0).round() * 10.0);
        for (name, observed, outcome) in wanted {
            assert!(seen.contains(&(name.into(), observed, outcome)), "{name}: {seen:?}");
        }
    }
}
