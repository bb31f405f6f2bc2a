//! Latency: the distributions of what was measured in time.

use serde::{Deserialize, Serialize};

use super::rounded::millis;
use crate::metrics::{Histogram, Metric, Quantile, Recorder};

/// How long things took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Latencies {
    /// From the first step of an attempt to connect to the namespace's CONNECT.
    pub connect_latency: Distribution,
    /// From a join to the evidence that the server has performed it.
    pub join_latency: Distribution,
    /// Sent − intended: the generator's own lateness.
    pub send_delay: Distribution,
    /// Received − intended: what a user who meant to speak then would see.
    pub delivery_latency: Distribution,
    /// Received − sent: the server and the network alone.
    pub service_latency: Distribution,
    /// Heard by the first member − intended.
    pub first_receiver: Distribution,
    /// Heard by the last member who must − intended.
    pub last_receiver: Distribution,
    /// From a join to the first message heard in that room.
    #[serde(default)]
    pub join_to_heard: Distribution,
    /// From the moment a user wanted its connection back to the first message heard on it.
    #[serde(default)]
    pub reconnect_to_heard: Distribution,
    /// From the loss of a connection that nobody here wanted to the first message heard again.
    #[serde(default)]
    pub deafness: Distribution,
}

impl Latencies {
    pub(super) fn new(recorder: &Recorder) -> Latencies {
        let of = |metric| Distribution::new(recorder.histogram(metric));
        Latencies {
            connect_latency: of(Metric::ConnectLatency),
            join_latency: of(Metric::JoinLatency),
            send_delay: of(Metric::SendDelay),
            delivery_latency: of(Metric::DeliveryLatency),
            service_latency: of(Metric::ServiceLatency),
            first_receiver: of(Metric::FirstReceiver),
            last_receiver: of(Metric::LastReceiver),
            join_to_heard: of(Metric::JoinToHeard),
            reconnect_to_heard: of(Metric::ReconnectToHeard),
            deafness: of(Metric::Deafness),
        }
    }

    /// The distribution of `metric`.
    pub fn of(&self, metric: Metric) -> &Distribution {
        match metric {
            Metric::ConnectLatency => &self.connect_latency,
            Metric::JoinLatency => &self.join_latency,
            Metric::SendDelay => &self.send_delay,
            Metric::DeliveryLatency => &self.delivery_latency,
            Metric::ServiceLatency => &self.service_latency,
            Metric::FirstReceiver => &self.first_receiver,
            Metric::LastReceiver => &self.last_receiver,
            Metric::JoinToHeard => &self.join_to_heard,
            Metric::ReconnectToHeard => &self.reconnect_to_heard,
            Metric::Deafness => &self.deafness,
        }
    }
}

/// How a time was distributed, to three significant digits; all 0 when nothing was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Distribution {
    /// How often it was measured.
    pub count: u64,
    /// The shortest, in milliseconds.
    pub min_ms: f64,
    /// The mean, in milliseconds.
    pub mean_ms: f64,
    /// The median, in milliseconds.
    pub p50_ms: f64,
    /// The 90th percentile, in milliseconds.
    pub p90_ms: f64,
    /// The 95th percentile, in milliseconds.
    pub p95_ms: f64,
    /// The 99th percentile, in milliseconds.
    pub p99_ms: f64,
    /// The 99.9th percentile, in milliseconds.
    pub p99_9_ms: f64,
    /// The 99.99th percentile, in milliseconds.
    pub p99_99_ms: f64,
    /// The longest, in milliseconds.
    pub max_ms: f64,
    /// How often it lay where, from the shortest to the longest, without gaps.
    pub buckets: Vec<Bucket>,
}

/// A part of a distribution; bounds are 1, 2 or 5 times a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Bucket {
    /// What it lies above, in milliseconds.
    pub above_ms: f64,
    /// What it reaches to, in milliseconds.
    pub to_ms: f64,
    /// How often the time lay there.
    pub count: u64,
}

impl Distribution {
    pub(in crate::report) fn new(histogram: &Histogram) -> Distribution {
        let at = |quantile| millis(histogram.at(quantile));
        Distribution {
            count: histogram.count(),
            min_ms: at(Quantile::Of(0.0)),
            mean_ms: at(Quantile::Mean),
            p50_ms: at(Quantile::Of(0.5)),
            p90_ms: at(Quantile::Of(0.9)),
            p95_ms: at(Quantile::Of(0.95)),
            p99_ms: at(Quantile::Of(0.99)),
            p99_9_ms: at(Quantile::Of(0.999)),
            p99_99_ms: at(Quantile::Of(0.9999)),
            max_ms: at(Quantile::Max),
            buckets: buckets(histogram),
        }
    }
}

/// Bounds of the buckets, in microseconds: up to ten thousand seconds, which is more than a
/// histogram holds.
fn bounds() -> impl Iterator<Item = u64> {
    std::iter::once(0).chain((0..10).flat_map(|ten| [1, 2, 5].map(|digit| digit * 10_u64.pow(ten))))
}

fn buckets(histogram: &Histogram) -> Vec<Bucket> {
    let bounds: Vec<u64> = bounds().collect();
    let mut counts = vec![0; bounds.len()];
    let hdr = histogram.as_hdr();
    for recorded in hdr.iter_recorded() {
        let micros = hdr.lowest_equivalent(recorded.value_iterated_to());
        let bucket = bounds.partition_point(|bound| *bound < micros).min(bounds.len() - 1);
        counts[bucket] += recorded.count_since_last_iteration();
    }
    let hit = |count: &u64| *count > 0;
    let (Some(first), Some(last)) = (counts.iter().position(hit), counts.iter().rposition(hit))
    else {
        return Vec::new();
    };
    let ms = |bound: u64| bound as f64 / 1e3;
    // Nothing lies at 0: a histogram counts from 1 µs on.
    let bucket = |at: usize| Bucket {
        above_ms: ms(bounds[at - 1]),
        to_ms: ms(bounds[at]),
        count: counts[at],
    };
    (first..=last).map(bucket).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn buckets_cover_everything_without_gaps() {
        let mut histogram = Histogram::default();
        for micros in [1, 2, 900, 1_000, 1_001, 5_000, 5_100, 4_000_000_000] {
            histogram.record(Duration::from_micros(micros));
        }
        let buckets = buckets(&histogram);
        assert_eq!(buckets.iter().map(|bucket| bucket.count).sum::<u64>(), 8);
        assert!(buckets.windows(2).all(|pair| pair[0].to_ms == pair[1].above_ms));
        let at = |to_ms: f64| buckets.iter().find(|it| it.to_ms == to_ms).map(|it| it.count);
        assert_eq!([0.001, 1.0, 2.0, 5.0, 10.0].map(at), [1, 2, 1, 1, 1].map(Some));
        assert_eq!(buckets.first().map(|bucket| bucket.above_ms), Some(0.0));
    }

    #[test]
    fn nothing_measured_is_all_zero() {
        let nothing = Distribution::new(&Histogram::default());
        assert_eq!((nothing.count, nothing.max_ms, nothing.buckets.len()), (0, 0.0, 0));
    }
}
