//! Interval log: the histograms of each second on disk, for HdrHistogram tools.

use std::fs::File;
use std::io::{self, Write};
use std::time::Duration;

use data_encoding::BASE64;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};

use crate::metrics::{Histogram, Metric, Quantile, Recorder};
use crate::run::{Follower, News};
use crate::time::Timestamp;

/// Writes the histograms of each interval as it ends: one line for each metric that was measured
/// in it, tagged with the metric's name, in the interval log format 1.3 with histograms of V2.
///
/// Values are in microseconds, and the maximum that stands in each line for people is in
/// milliseconds. Whole intervals are handed to the system as they end, so what was written stays
/// written when this process is killed.
pub struct IntervalLog<W> {
    out: W,
    serializer: V2DeflateSerializer,
    /// The lines of one interval, written at once.
    lines: Vec<u8>,
    encoded: Vec<u8>,
    /// The first thing that went wrong; nothing is written after it.
    failed: Option<io::Error>,
}

impl IntervalLog<File> {
    /// A log in `file` of a run that began at `began_unix_ms`, in milliseconds since 1970.
    pub fn new(file: File, began_unix_ms: u64) -> IntervalLog<File> {
        // Not buffered: a buffer would die with the process.
        IntervalLog::begin(file, began_unix_ms)
    }
}

impl<W: Write> IntervalLog<W> {
    fn begin(out: W, began_unix_ms: u64) -> IntervalLog<W> {
        let mut log = IntervalLog {
            out,
            serializer: V2DeflateSerializer::new(),
            lines: Vec::new(),
            encoded: Vec::new(),
            failed: None,
        };
        log.lines.extend_from_slice(header(began_unix_ms).as_bytes());
        log.flush();
        log
    }

    /// Ends the log.
    ///
    /// # Errors
    /// What went wrong first, if anything did: the log is whole up to there.
    pub fn finish(self) -> io::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    fn interval(&mut self, from: Timestamp, to: Timestamp, recorder: &Recorder) {
        for metric in Metric::ALL {
            let histogram = recorder.histogram(metric);
            if histogram.count() > 0 {
                self.append(metric, from.since(Timestamp::ZERO), to.since(from), histogram);
            }
        }
        self.flush();
    }

    fn append(&mut self, metric: Metric, from: Duration, length: Duration, of: &Histogram) {
        self.encoded.clear();
        if let Err(error) = self.serializer.serialize(of.as_hdr(), &mut self.encoded) {
            self.failed.get_or_insert(io::Error::other(error));
            return;
        }
        let line = format!(
            "Tag={},{:.3},{:.3},{:.3},{}\n",
            metric.name(),
            from.as_secs_f64(),
            length.as_secs_f64(),
            of.at(Quantile::Max).as_secs_f64() * 1e3,
            BASE64.encode(&self.encoded)
        );
        self.lines.extend_from_slice(line.as_bytes());
    }

    fn flush(&mut self) {
        if self.failed.is_none() {
            let written = self.out.write_all(&self.lines).and_then(|()| self.out.flush());
            self.failed = written.err();
        }
        self.lines.clear();
    }
}

impl<W: Write> Follower for IntervalLog<W> {
    fn follow(&mut self, news: &News<'_>) {
        if let News::Interval { from, to, recorder, .. } = *news {
            self.interval(from, to, recorder);
        }
    }
}

/// What readers need before the first interval. A reader that knows `BaseTime` adds it to each
/// interval's beginning; one that knows only `StartTime` sees beginnings that are far smaller,
/// and adds that.
fn header(began_unix_ms: u64) -> String {
    let (seconds, millis) = (began_unix_ms / 1000, began_unix_ms % 1000);
    format!(
        "#[Logged with chatbench {version}]\n\
         #[Values are in microseconds, maxima in milliseconds]\n\
         #[Histogram log format version 1.3]\n\
         #[StartTime: {seconds}.{millis:03} (seconds since epoch)]\n\
         #[BaseTime: {seconds}.{millis:03} (seconds since epoch)]\n\
         #[MaxValueDivisor: 1000.000]\n\
         \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\
         \"Interval_Compressed_Histogram\"\n",
        version = env!("CARGO_PKG_VERSION"),
    )
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{
        IntervalLogHistogram, IntervalLogIterator, LogEntry,
    };

    use super::*;
    use crate::metrics::{Gauges, Row};
    use crate::oracle::KindCounts;
    use crate::report::sample;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos(ms * 1_000_000)
    }

    fn follow(log: &mut IntervalLog<impl Write>, recorder: &Recorder, (from, to): (u64, u64)) {
        let (from, to) = (at(from), at(to));
        let row = Row::new(to, recorder, 0, Gauges::default());
        log.follow(&News::Interval {
            from,
            to,
            recorder,
            row: &row,
            violations: &KindCounts::default(),
        });
    }

    fn written(recorder: &Recorder) -> Vec<u8> {
        let mut out = Vec::new();
        let mut log = IntervalLog::begin(&mut out, 1_767_323_045_678);
        follow(&mut log, recorder, (0, 1_000));
        follow(&mut log, &Recorder::default(), (1_000, 2_000));
        follow(&mut log, recorder, (2_000, 3_002));
        log.follow(&News::Over);
        log.finish().expect("a vector takes everything");
        out
    }

    fn intervals(entries: &[LogEntry<'_>], check: &mut impl FnMut(&IntervalLogHistogram<'_>)) {
        for entry in entries {
            if let LogEntry::Interval(interval) = entry {
                check(interval);
            }
        }
    }

    #[test]
    fn other_tools_read_the_same_histograms() {
        let recorder = sample::passed().recorder;
        let log = written(&recorder);
        let entries: Vec<_> = IntervalLogIterator::new(&log).map(|it| it.expect("legal")).collect();
        let began = Duration::from_millis(1_767_323_045_678);
        assert_eq!(entries[0], LogEntry::StartTime(began));
        assert_eq!(entries[1], LogEntry::BaseTime(began));
        let mut seen = Vec::new();
        intervals(&entries, &mut |interval| {
            let tag = interval.tag().expect("a tag").as_str().to_owned();
            let metric = Metric::ALL.into_iter().find(|metric| metric.name() == tag);
            let mine = recorder.histogram(metric.expect("a metric")).as_hdr();
            let bytes = BASE64.decode(interval.encoded_histogram().as_bytes()).expect("base64");
            let read: hdrhistogram::Histogram<u64> =
                Deserializer::new().deserialize(&mut bytes.as_slice()).expect("V2, deflated");
            assert_eq!(&read, mine, "{tag}");
            for share in [0.5, 0.99, 0.999, 1.0] {
                assert_eq!(read.value_at_quantile(share), mine.value_at_quantile(share));
            }
            assert!((interval.max() - mine.max() as f64 / 1e3).abs() < 0.001, "{tag}");
            seen.push((interval.start_timestamp().as_millis(), interval.duration().as_millis()));
        });
        // Nothing happened in the second interval, and all seven metrics in the others.
        assert_eq!(seen, [vec![(0, 1_000); 7], vec![(2_000, 1_002); 7]].concat());
    }

    #[test]
    fn what_was_written_before_a_kill_is_whole() {
        let recorder = sample::passed().recorder;
        let mut out = Vec::new();
        let mut log = IntervalLog::begin(&mut out, 0);
        follow(&mut log, &recorder, (0, 1_000));
        // Killed: nothing is finished, nothing is dropped.
        std::mem::forget(log);
        let entries = IntervalLogIterator::new(&out).collect::<Result<Vec<_>, _>>();
        assert_eq!(entries.expect("whole lines").len(), 2 + 7);
    }

    /// A disk that is full after some writes.
    struct Full {
        writes_left: usize,
        tried: usize,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.tried += 1;
            match self.writes_left.checked_sub(1) {
                Some(left) => self.writes_left = left,
                None => return Err(io::ErrorKind::StorageFull.into()),
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_once_and_stops_nothing() {
        let recorder = sample::passed().recorder;
        let mut disk = Full { writes_left: 2, tried: 0 };
        let mut log = IntervalLog::begin(&mut disk, 0);
        for second in 0..5 {
            follow(&mut log, &recorder, (second * 1_000, second * 1_000 + 1_000));
        }
        let failed = log.finish().expect_err("the disk is full");
        assert_eq!(failed.kind(), io::ErrorKind::StorageFull);
        assert_eq!(disk.tried, 3);
    }
}
