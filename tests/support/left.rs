//! Left: what a run leaves behind in its folder, as other programs read it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use serde_json::Value;
use tempfile::TempDir;

/// The folder of a run, removed when this is dropped.
pub(crate) struct Left(TempDir);

/// One line of the interval log.
#[derive(Debug)]
pub(crate) struct Interval {
    pub(crate) metric: String,
    /// When it ended, since 1970.
    pub(crate) ended: Duration,
    pub(crate) histogram: Histogram<u64>,
}

impl Left {
    /// A folder that nothing is in yet.
    pub(crate) fn new() -> Left {
        Left(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// As an argument.
    pub(crate) fn out(&self) -> String {
        format!("--out={}", self.path().display())
    }

    pub(crate) fn scenario(&self) -> PathBuf {
        self.path().join("scenario.yaml")
    }

    pub(crate) fn has_report(&self) -> bool {
        self.path().join("report.json").exists()
    }

    pub(crate) fn report(&self) -> Value {
        let text = std::fs::read_to_string(self.path().join("report.json")).expect("a report");
        serde_json::from_str(&text).expect("JSON")
    }

    /// What kinds of doubts the report has.
    pub(crate) fn doubts(&self) -> Vec<String> {
        let report = self.report();
        let doubts = report["doubts"].as_array().expect("a list").iter();
        doubts.map(|doubt| doubt["kind"].as_str().expect("a name").into()).collect()
    }

    /// The interval log, as far as it has come, but for a line that is just being written.
    pub(crate) fn intervals(&self) -> Vec<Interval> {
        let mut log = std::fs::read(self.path().join("latencies.hlog")).unwrap_or_default();
        log.truncate(log.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1));
        let mut base = Duration::ZERO;
        let mut intervals = Vec::new();
        for entry in IntervalLogIterator::new(&log) {
            match entry.expect("a legal log") {
                LogEntry::BaseTime(time) => base = time,
                LogEntry::StartTime(_) => {}
                LogEntry::Interval(line) => intervals.push(Interval {
                    metric: line.tag().expect("a tag").as_str().into(),
                    ended: base + line.start_timestamp() + line.duration(),
                    histogram: decode(line.encoded_histogram()),
                }),
            }
        }
        intervals
    }

    /// All that was logged of one metric, together.
    pub(crate) fn logged(&self, metric: &str) -> Histogram<u64> {
        let intervals = self.intervals();
        let mut of_metric = intervals.into_iter().filter(|interval| interval.metric == metric);
        let mut sum = of_metric.next().expect("something was measured").histogram;
        for interval in of_metric {
            sum.add(interval.histogram).expect("all have the same range");
        }
        sum
    }
}

fn decode(encoded: &str) -> Histogram<u64> {
    let bytes = BASE64.decode(encoded.as_bytes()).expect("base64");
    Deserializer::new().deserialize(&mut bytes.as_slice()).expect("V2, deflated")
}
