//! Log: an interval log read back, line by line, with nothing in it trusted.

use std::io::{BufRead, Read};

use data_encoding::BASE64;
use flate2::read::ZlibDecoder;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

use super::statistics::Cells;
use crate::metrics::{Histogram, Metric};

/// No histogram of a second takes more, in base64.
const LINE_BYTES_MAX: u64 = 1 << 20;
/// The most bytes that the counts of a histogram may take: nine for each of its cells.
const COUNTS_BYTES_MAX: u32 = 1 << 18;
/// Lines of a log: ten metrics a second for more than eleven days. None of them is kept, so a long
/// log costs time alone.
const LINES_MAX: usize = 10_000_000;
/// Bytes in front of a deflated histogram: a cookie and its length.
const COMPRESSED_HEAD_BYTES: usize = 8;
const HEAD_BYTES: usize = 32;

/// What one line says: of which metric, from when on in seconds, and what was measured.
#[derive(Debug)]
pub(super) struct Interval {
    pub(super) metric: Metric,
    pub(super) from_s: f64,
    pub(super) cells: Cells,
}

/// What is wrong with a log, in which line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) what: String,
    /// Whether there is nothing wrong but that there is so much.
    pub(super) is_too_long: bool,
}

/// Hands over all intervals of the log that `source` has, one after another.
pub(super) fn read(mut source: impl BufRead, mut take: impl FnMut(Interval)) -> Result<(), Wrong> {
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let wrong = |what: String| Wrong { line, what, is_too_long: false };
        let mut limited = source.by_ref().take(LINE_BYTES_MAX);
        let read = limited.read_until(b'\n', &mut text);
        match read.map_err(|why| wrong(format!("it cannot be read: {why}")))? {
            0 => break,
            _ if line > LINES_MAX => {
                let what = format!("it has more than {LINES_MAX} lines");
                return Err(Wrong { line, what, is_too_long: true });
            }
            _ if text.last() == Some(&b'\n') => {}
            _ if text.len() as u64 >= LINE_BYTES_MAX => {
                return Err(wrong(format!("the line is longer than {LINE_BYTES_MAX} bytes")));
            }
            _ => return Err(wrong("the line has no end: the file was cut".into())),
        }
        for entry in IntervalLogIterator::new(&text) {
            let entry = entry.map_err(|_| wrong("this is no line of an interval log".into()))?;
            if let LogEntry::Interval(it) = entry {
                let tag = it.tag().map_or("", |tag| tag.as_str());
                let from_s = it.start_timestamp().as_secs_f64();
                let metric = metric(tag).map_err(wrong)?;
                let cells = decode(it.encoded_histogram()).map_err(wrong)?;
                take(Interval { metric, from_s, cells });
            }
        }
    }
    Ok(())
}

fn metric(tag: &str) -> Result<Metric, String> {
    let metric = Metric::ALL.into_iter().find(|metric| metric.name() == tag);
    metric.ok_or_else(|| {
        let tag: String = tag.chars().take(40).collect();
        format!("there is no metric {tag:?}")
    })
}

/// The histogram, if it is one as runs log them. Whatever its head declares is looked at before
/// any room is made for it.
fn decode(encoded: &str) -> Result<Cells, String> {
    let bytes = BASE64.decode(encoded.as_bytes()).map_err(|why| format!("no base64: {why}"))?;
    let deflated = bytes.get(COMPRESSED_HEAD_BYTES..).ok_or("the histogram is too short")?;
    let mut head = [0; HEAD_BYTES];
    let inflated = ZlibDecoder::new(deflated).read_exact(&mut head);
    inflated.map_err(|why| format!("the histogram cannot be inflated: {why}"))?;
    let number =
        |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let ours = Histogram::default();
    let ours = ours.as_hdr();
    let long = |at: usize| u64::from(number(at)) << 32 | u64::from(number(at + 4));
    let is_ours = number(12) == u32::from(ours.sigfig()) && long(16) == ours.low();
    if !is_ours || long(24) != ours.high() || number(4) > COUNTS_BYTES_MAX {
        return Err("the histogram is none of a run: its range is another".into());
    }
    let read = Deserializer::new().deserialize::<u64, _>(&mut bytes.as_slice());
    read.map(|histogram| Cells::of(&histogram)).map_err(|why| format!("no histogram: {why}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    /// A line whose histogram has this head, as big-endian words, and nothing else.
    fn line(head: [u32; 10]) -> String {
        let mut deflated = ZlibEncoder::new(Vec::new(), Compression::fast());
        let inner: Vec<u8> = head.iter().flat_map(|word| word.to_be_bytes()).collect();
        deflated.write_all(&inner).expect("a vector takes everything");
        let deflated = deflated.finish().expect("a vector takes everything");
        let length = (deflated.len() as u32).to_be_bytes();
        let bytes = [&0x1c84_9314_u32.to_be_bytes()[..], &length, &deflated].concat();
        format!("Tag=deafness,1.000,1.000,1.000,{}\n", BASE64.encode(&bytes))
    }

    fn wrong(text: &str) -> String {
        let wrong = read(text.as_bytes(), |_| ()).expect_err("it is wrong");
        format!("{}: {}", wrong.line, wrong.what)
    }

    #[test]
    fn a_head_that_asks_for_more_room_than_a_run_needs_is_refused() {
        let cookie = 0x1c84_9313;
        let [high, one] = [3_600_000_000, 0x3ff0_0000];
        let empty = [cookie, 0, 0, 3, 0, 1, 0, high, one, 0];
        let mut taken = 0;
        assert_eq!(read(line(empty).as_bytes(), |_| taken += 1), Ok(()));
        assert_eq!(taken, 1);
        let long = [cookie, u32::MAX, 0, 3, 0, 1, 0, high, one, 0];
        let wide = [cookie, 0, 0, 5, 0, 1, u32::MAX, high, one, 0];
        for head in [long, wide] {
            let said = wrong(&format!("# one\n{}", line(head)));
            assert_eq!(said, "2: the histogram is none of a run: its range is another");
        }
    }

    #[test]
    fn lines_without_end_are_not_taken_in() {
        let long = format!("# one\n#{}", "x".repeat(LINE_BYTES_MAX as usize + 9));
        assert!(wrong(&long).starts_with("2: the line is longer than"), "{}", wrong(&long));
        assert_eq!(wrong("# one\n# tw"), "2: the line has no end: the file was cut");
    }
}
