//! Lateness: the server's shows as latency, not as a gap; the generator's own makes the verdict
//! Unknown.

use crate::support::bench::{Ran, Run};
use chatbench::oracle::Verdict;
use chatbench::run::{Doubt, ThresholdOutcome};
use data_encoding::BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

/// 200 messages a second to four members each: every speaker says 40, at equal intervals. Joins
/// need no probes, so that the first message that the server sees is the first of the load.
const STEADY: &str = r#"
rooms: {count: 5, size: 5}
dialect:
  join: {event: join-room, payload: "${room}", confirm: {settle: 500 ms}}
  send: {event: send-msg, payload: {room: "${room}", author: "${author}", message: "${text}"}}
  receive: {event: onreceive-msg}
load:
  connect_rate: 1000/s
  arrivals: constant
  phases: [{hold: {rate: 200/s, for: 5 s}}]
timeouts: {delivery: 30 s}
"#;
const RATE: u64 = 200;
const RECEIVERS: u64 = 4;
const STALL_MS: u64 = 2_000;
/// Each of the 25 speakers may have had its turn just before the stall began.
const AT_THE_EDGE: u64 = 25 * RECEIVERS;

/// Deliveries that take longer than `ms` at least: those due in the stall, but for its last `ms`.
fn late_by(ms: u64) -> u64 {
    RATE * RECEIVERS * (STALL_MS - ms) / 1_000 - AT_THE_EDGE
}

#[test]
fn a_stall_is_latency_for_all_that_was_due_in_it() {
    let ran = Run::of(STEADY).with(&["--fault", "stall=2s@1s"]).end();
    let (report, text) = (&ran.report, &ran.text);
    assert_eq!((report.verdict, report.violations.total), (Verdict::Pass, 0), "{text}");
    let counters = report.counters;
    assert_eq!((counters.probes, counters.messages_sent), (0, RATE * 5), "{text}");
    assert_eq!(counters.deliveries, counters.messages_sent * RECEIVERS, "{text}");
    let latency = &report.latencies.delivery_latency;
    for ms in [50, 100, 200, 500, 1_000] {
        let beyond = latency.buckets.iter().filter(|bucket| bucket.above_ms >= ms as f64);
        let late: u64 = beyond.map(|bucket| bucket.count).sum();
        assert!(late >= late_by(ms), "{late} took longer than {ms} ms: {text}");
    }
    let almost_all_of_it = STALL_MS as f64 * 0.95;
    assert!(latency.max_ms >= almost_all_of_it, "{text}");
    // Two fifths of all was due in the stall, and half of that in the first half of it.
    assert!(latency.p90_ms >= 1_000.0, "{text}");
}

#[test]
fn the_interval_log_tells_the_same_of_a_stall() {
    let ran = Run::of(STEADY).with(&["--fault", "stall=2s@1s"]).end();
    let logged = logged(&ran, "delivery_latency");
    let reported = &ran.report.latencies.delivery_latency;
    assert_eq!(logged.len(), reported.count);
    assert_eq!(logged.max() / 10_000, (reported.max_ms * 1e3) as u64 / 10_000);
    for ms in [50, 150, 300, 700, 1_200, 1_700] {
        let late = logged.count_between(ms * 1_000, logged.max());
        assert!(late >= late_by(ms), "{late} took longer than {ms} ms: {}", ran.text);
    }
}

/// All of `metric` in the interval log, in microseconds.
fn logged(ran: &Ran, metric: &str) -> Histogram<u64> {
    let log = ran.file("latencies.hlog");
    let mut all = Histogram::new(3).expect("a legal number of digits");
    for entry in IntervalLogIterator::new(&log) {
        let entry = entry.expect("a legal entry");
        if let LogEntry::Interval(interval) = entry
            && interval.tag().is_some_and(|tag| tag.as_str() == metric)
        {
            let bytes = BASE64.decode(interval.encoded_histogram().as_bytes()).expect("base64");
            let one: Histogram<u64> =
                Deserializer::new().deserialize(&mut &bytes[..]).expect("a histogram");
            all.add(one).expect("it grows as it must");
        }
    }
    all
}

/// A run whose generator was too late: nothing else is wrong, and nothing else is said.
fn check_unknown(ran: &Ran) {
    let (report, text) = (&ran.report, &ran.text);
    assert_eq!((report.verdict, ran.code), (Verdict::Unknown, 5), "{text}");
    let doubts = &report.doubts[..];
    assert!(matches!(doubts, [Doubt::GeneratorSaturated { .. }]), "{doubts:?}");
    assert!(text.contains("the generator was"), "{text}");
    assert!(text.contains("\nexit 5 unknown\n"), "{text}");
    assert_eq!(report.violations.total, 0, "{text}");
    let latency = report.thresholds.iter().find(|it| it.name == "delivery_latency max");
    let outcome = latency.map(|threshold| threshold.outcome);
    assert_eq!(outcome, Some(ThresholdOutcome::Unknown), "{text}");
}

/// 100,000 messages in a quarter of a second.
#[test]
fn a_generator_that_cannot_keep_up_says_so() {
    const TOO_MUCH: &str = "
rooms: {count: 20, size: 2}
load:
  connect_rate: 1000/s
  arrivals: constant
  phases: [{hold: {rate: 400000/s, for: 250 ms}}]
timeouts: {delivery: 2 min}
thresholds: {delivery_latency: {max: 1 ms}}
";
    let ran = Run::of(TOO_MUCH).with(&["--set", "limits.send_delay_p99=10 ms"]).end();
    check_unknown(&ran);
    // What is late is sent nevertheless.
    assert_eq!(ran.report.counters.messages_sent, 100_000, "{}", ran.text);
    assert_eq!(ran.report.counters.deliveries, 100_000, "{}", ran.text);
}

/// Ten million messages in a tenth of a second, which take it much longer than the second more
/// that it has.
#[test]
fn a_generator_that_will_never_keep_up_gives_up_and_says_so() {
    const FAR_TOO_MUCH: &str = "
rooms: {count: 20, size: 2}
load:
  connect_rate: 1000/s
  arrivals: constant
  phases: [{hold: {rate: 100000000/s, for: 100 ms}}]
timeouts: {delivery: 1 s}
";
    let ran = Run::of(FAR_TOO_MUCH).end();
    let (report, text) = (&ran.report, &ran.text);
    // What such a load does to the server is another matter.
    assert_ne!(report.verdict, Verdict::Pass, "{text}");
    let given_up = report.doubts.iter().find_map(|doubt| match doubt {
        Doubt::GivenUp { messages } => Some(*messages),
        _ => None,
    });
    let sent = report.counters.messages_sent;
    assert_eq!(given_up.map(|given_up| given_up + sent), Some(10_000_000), "{text}");
}

#[test]
fn a_generator_later_than_it_may_be_says_so() {
    let ran = Run::of(STEADY)
        .with(&["--duration", "1s", "--set", "thresholds.delivery_latency.max=1 min"])
        .with(&["--set", "limits.send_delay_p99=1 us"])
        .end();
    check_unknown(&ran);
}
