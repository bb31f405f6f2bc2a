//! Latency: how long after its intended time each message arrives.

use chatbench::time::Timestamp;
use hdrhistogram::Histogram;

use crate::wire;

const STAMP_BYTES: usize = 16;
/// A minute: what is later still is recorded as that.
const MICROS_MAX: u64 = 60_000_000;

/// Writes the intended time over the beginning of a text, in hexadecimal.
pub(super) fn stamp(text: &mut [u8], intended: Timestamp) {
    let digits = format!("{:016x}", intended.as_nanos());
    text[..STAMP_BYTES].copy_from_slice(digits.as_bytes());
}

/// The time of arrival less the intended time, of every message read in one piece.
pub(super) struct Latency {
    micros: Histogram<u64>,
    /// Where in the payload of a delivery the text begins.
    text_at: usize,
}

impl Latency {
    pub(super) fn new() -> Latency {
        let (_, text) = wire::send(0, 0);
        Latency {
            micros: Histogram::new_with_max(MICROS_MAX, 3).expect("these bounds are allowed"),
            text_at: text.start - wire::SEND.len() + wire::RECEIVE.len(),
        }
    }

    pub(super) fn record(&mut self, payload: &[u8], arrived: Timestamp) {
        let Some(stamp) = payload.get(self.text_at..self.text_at + STAMP_BYTES) else { return };
        let digits = std::str::from_utf8(stamp).unwrap_or_default();
        let intended = u64::from_str_radix(digits, 16).expect("a text that the floor stamped");
        let latency = arrived.since(Timestamp::from_nanos(intended));
        self.micros.saturating_record(latency.as_micros() as u64);
    }

    pub(super) fn summary(&self) -> serde_json::Value {
        serde_json::json!({
            "samples": self.micros.len(),
            "p50_us": self.micros.value_at_quantile(0.50),
            "p99_us": self.micros.value_at_quantile(0.99),
        })
    }
}
