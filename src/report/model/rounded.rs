//! Rounded: numbers with no more digits than they have meaning, so that they read back the same.

use std::time::Duration;

use crate::metrics::Row;
use crate::run::{Doubt, ShardHealth, ThresholdResult};

/// Seconds, to the microsecond.
pub(in crate::report) fn seconds(time: Duration) -> f64 {
    millionths(time.as_secs_f64())
}

/// Milliseconds, to the microsecond.
pub(super) fn millis(time: Duration) -> f64 {
    thousandths(time.as_secs_f64() * 1e3)
}

pub(super) fn millionths(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

fn thousandths(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

pub(super) fn doubt(doubt: &Doubt) -> Doubt {
    let mut doubt = doubt.clone();
    match &mut doubt {
        Doubt::GeneratorSaturated { send_delay_p99_ms, limit_ms, busy, .. } => {
            for number in [send_delay_p99_ms, limit_ms, busy] {
                *number = thousandths(*number);
            }
        }
        Doubt::TooLittleJudged { must_share, limit } => {
            for number in [must_share, limit] {
                *number = millionths(*number);
            }
        }
        Doubt::RecordEnds { at_s, .. } => *at_s = millionths(*at_s),
        _ => {}
    }
    doubt
}

pub(super) fn threshold(result: &ThresholdResult) -> ThresholdResult {
    let (limit, observed) = (thousandths(result.limit), thousandths(result.observed));
    ThresholdResult { limit, observed, ..result.clone() }
}

pub(super) fn health(health: &ShardHealth) -> ShardHealth {
    let ShardHealth { busy, send_delay_p99_ms } = *health;
    ShardHealth { busy: thousandths(busy), send_delay_p99_ms: thousandths(send_delay_p99_ms) }
}

pub(super) fn row(row: &Row) -> Row {
    Row {
        at_s: millionths(row.at_s),
        delivery_p50_ms: thousandths(row.delivery_p50_ms),
        delivery_p99_ms: thousandths(row.delivery_p99_ms),
        delivery_max_ms: thousandths(row.delivery_max_ms),
        send_delay_p99_ms: thousandths(row.send_delay_p99_ms),
        ..row.clone()
    }
}
