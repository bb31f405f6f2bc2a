//! Timeline: what each second of the run was like.

use serde::{Deserialize, Serialize};

use super::{Counters, Metric, Quantile, Recorder};
use crate::time::Timestamp;

/// Rows kept at most: a row a second for more than a day.
const ROWS_MAX: usize = 100_000;

/// One interval of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Row {
    /// When the interval ended, in seconds since the run began.
    pub at_s: f64,
    /// Connections that came to stand in it.
    pub connects: u64,
    /// Connections lost in it.
    pub disconnects: u64,
    /// Connections that users ended in it by a closing packet, to come back later.
    #[serde(default)]
    pub departures: u64,
    /// Connections that were cut in it on purpose.
    #[serde(default)]
    pub drops: u64,
    /// Joins confirmed in it.
    #[serde(default)]
    pub joins: u64,
    /// Rooms left in it while the connection stayed.
    #[serde(default)]
    pub leaves: u64,
    /// Users connected at its end, those included whom only the end of the run has closed.
    #[serde(default)]
    pub connected: u64,
    /// Users at its end who had lost a connection that nobody here wanted lost, and had heard
    /// nothing since.
    #[serde(default)]
    pub deaf: u64,
    /// Messages sent in it.
    pub sent: u64,
    /// Deliveries in it.
    pub delivered: u64,
    /// Promises broken in it.
    pub violations: u64,
    /// Median delivery latency, in milliseconds; 0 without deliveries.
    pub delivery_p50_ms: f64,
    /// 99th percentile of delivery latency, in milliseconds.
    pub delivery_p99_ms: f64,
    /// Longest delivery latency, in milliseconds.
    pub delivery_max_ms: f64,
    /// 99th percentile of send delay, in milliseconds.
    pub send_delay_p99_ms: f64,
}

/// How many users stand how, or by how many they have become more since that was last told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Users who are connected.
    pub connected: i64,
    /// Users who lost a connection that nobody here wanted lost, and have heard nothing since.
    pub deaf: i64,
}

impl Gauges {
    /// Adds what has become more, or what another shard has.
    pub fn add(&mut self, other: Gauges) {
        self.connected += other.connected;
        self.deaf += other.deaf;
    }

    /// What has become more since these were `told`.
    pub fn since(self, told: Gauges) -> Gauges {
        Gauges { connected: self.connected - told.connected, deaf: self.deaf - told.deaf }
    }
}

impl Row {
    /// The row of an interval that ended `at`, with users standing as `gauges` say by then.
    ///
    /// # Panics
    /// When a gauge is below zero.
    pub fn new(at: Timestamp, recorder: &Recorder, violations: u64, gauges: Gauges) -> Row {
        let Counters { connects, disconnects, departures, drops, joins, .. } = *recorder.counters();
        let Counters { leaves, sent, delivered, .. } = *recorder.counters();
        let users = |gauge: i64| {
            u64::try_from(gauge).unwrap_or_else(|_| panic!("{gauge} users, of {gauges:?}"))
        };
        let ms = |metric, quantile| recorder.histogram(metric).at(quantile).as_secs_f64() * 1e3;
        Row {
            at_s: at.as_secs_f64(),
            connects,
            disconnects,
            departures,
            drops,
            joins,
            leaves,
            connected: users(gauges.connected),
            deaf: users(gauges.deaf),
            sent,
            delivered,
            violations,
            delivery_p50_ms: ms(Metric::DeliveryLatency, Quantile::Of(0.5)),
            delivery_p99_ms: ms(Metric::DeliveryLatency, Quantile::Of(0.99)),
            delivery_max_ms: ms(Metric::DeliveryLatency, Quantile::Max),
            send_delay_p99_ms: ms(Metric::SendDelay, Quantile::Of(0.99)),
        }
    }
}

/// The rows of a run, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    rows: Vec<Row>,
    dropped: u64,
}

impl Timeline {
    /// Appends a row; past the limit it is only counted.
    pub fn push(&mut self, row: Row) {
        if self.rows.len() < ROWS_MAX {
            self.rows.push(row);
        } else {
            self.dropped += 1;
        }
    }

    /// The rows kept.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Rows past the limit, which were not kept.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}
