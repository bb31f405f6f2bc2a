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

impl Row {
    /// The row of an interval that ended `at`.
    pub fn new(at: Timestamp, recorder: &Recorder, violations: u64) -> Row {
        let Counters { connects, disconnects, sent, delivered, .. } = *recorder.counters();
        let ms = |metric, quantile| recorder.histogram(metric).at(quantile).as_secs_f64() * 1e3;
        Row {
            at_s: at.as_secs_f64(),
            connects,
            disconnects,
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
