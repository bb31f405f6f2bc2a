//! Cut: a run that is not let to its end, or whose record may not become so long, leaves one that
//! can be judged as far as it goes.

use reference_server::{Background, Options};
use rustix::process::Signal;

use super::{PATIENCE, Place, assert_same, judge};
use crate::support::binary::{CommandLine, Running};
use crate::support::left::Left;
use crate::support::minute::{self, await_deliveries};

/// One that is recorded.
fn minute(left: &Left, place: &Place, more: &[&str]) -> Running {
    let record = place.argument();
    minute::begin(left, &[more, &[&record]].concat())
}

fn assert_same_as_left(place: &Place, left: &Left, text: &str) {
    let report = std::fs::read(left.path().join("report.json")).expect("a report");
    assert_same(place, &report, text, 5);
}

#[test]
fn ctrl_c_once_leaves_a_whole_record() {
    let (left, place) = (Left::new(), Place::new());
    let run = minute(&left, &place, &["--quiet"]);
    await_deliveries(&run, &left, 2);
    run.signal_all(Signal::INT);
    let ended = run.end(PATIENCE);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(5), ""));
    assert_eq!(left.doubts(), ["interrupted"]);
    assert_same_as_left(&place, &left, &ended.stdout);
}

#[test]
fn ctrl_c_twice_leaves_a_whole_record() {
    let (left, place) = (Left::new(), Place::new());
    let stalls = ["--fault=stall=60s@3s", "--set=timeouts.delivery=60s"];
    let run = minute(&left, &place, &stalls);
    await_deliveries(&run, &left, 1);
    let last = |metric: &str| {
        left.intervals().iter().filter(|it| it.metric == metric).map(|it| it.ended).max()
    };
    run.await_that("stall", PATIENCE, || last("send_delay") > last("delivery_latency"));
    run.signal_all(Signal::INT);
    run.hear("drain: ", PATIENCE);
    run.signal_all(Signal::INT);
    let ended = run.end(PATIENCE);
    assert_eq!(ended.code, Some(5), "{ended:#?}");
    assert_same_as_left(&place, &left, &ended.stdout);
}

#[test]
fn killed_outright_it_leaves_all_but_the_last_second() {
    let (left, place) = (Left::new(), Place::new());
    let run = minute(&left, &place, &[]);
    await_deliveries(&run, &left, 3);
    run.signal(Signal::KILL);
    assert_eq!(run.end(PATIENCE).code, None);
    let ended = judge(&place.record(), &["--json"]);
    assert_eq!(ended.code, Some(5), "{ended:#?}");
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let doubt = &report["doubts"][0];
    assert_eq!((&doubt["kind"], &doubt["why"]), (&"record_ends".into(), &"cut".into()));
    let logged = left.logged("delivery_latency").len();
    let judged = report["counters"]["deliveries"].as_u64().expect("a count");
    assert!(judged >= logged && logged > 100, "{judged} judged, {logged} logged");
    assert_eq!(report["violations"]["total"], 0, "{}", report["violations"]);
    let until = doubt["at_s"].as_f64().expect("a time");
    let last = report["timeline"].as_array().expect("rows").len() as f64;
    assert!(until > 2.0 && until <= last + 1.0, "{until} s in {last} rows");
    let text = judge(&place.record(), &[]).stdout;
    assert!(text.contains("the record ends at"), "{text}");
    assert!(text.ends_with("exit 5 unknown\n"), "{text}");
}

#[test]
fn at_its_limit_it_ends_and_the_run_goes_on() {
    let place = Place::new();
    let argument = place.argument();
    let more = [argument.as_str(), "--record-limit=20 kB", "--duration=2s", "--quiet"];
    let line = ["run", "scenarios/quickstart.yaml", "--set=thresholds={}"];
    let line = line.iter().chain(&["--set=limits.send_delay_p99=60s"]).chain(&more);
    let ended = CommandLine::new(line).run(PATIENCE);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stderr.contains("as long as `--record-limit` lets it"), "{ended:#?}");
    assert!(place.bytes().len() <= 20_000, "{} bytes", place.bytes().len());
    let judged = judge(&place.record(), &["--json"]);
    assert_eq!(judged.code, Some(5), "{judged:#?}");
    assert!(judged.stdout.contains("\"why\": \"limit\""), "{judged:#?}");
}

/// What fails beside a run takes neither its results nor its record with it.
#[test]
fn a_log_that_cannot_be_written_costs_the_log_only() {
    let (left, place) = (Left::new(), Place::new());
    let log = left.path().join("latencies.hlog");
    std::os::unix::fs::symlink("/dev/full", log).expect("a link");
    let (out, record) = (left.out(), place.argument());
    let line = ["run", "scenarios/quickstart.yaml", "--clients=60", "--set=rooms.count=12"];
    let more = ["--rate=50/s", "--duration=1s", "--set=limits.send_delay_p99=60s", &out, &record];
    let line = [&line[..], &more, &["--set=thresholds={delivery_latency: {p50: 60 s}}"]].concat();
    let ended = CommandLine::new(line).run(PATIENCE);
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    assert!(ended.stdout.contains("verdict      PASS"), "{ended:#?}");
    assert_eq!(ended.stdout.lines().last(), Some("exit 3 impossible"), "{ended:#?}");
    assert!(ended.stderr.contains("the interval log is not whole"), "{ended:#?}");
    assert_eq!(left.report()["exit"]["name"], "impossible");
    assert_eq!(judge(&place.record(), &[]).code, Some(0));
}

#[test]
fn what_was_recorded_before_stays_until_there_is_a_run() {
    let place = Place::new();
    std::fs::write(place.record(), "of another run").expect("written");
    let record = place.argument();
    // It is gone by the end of this line.
    let server = Background::start(Options::default()).expect("a server").address();
    let target = format!("--target=http://{server}");
    let line = ["run", "scenarios/quickstart.yaml", &target, &record, "--overwrite"];
    let ended = CommandLine::new(line).run(PATIENCE);
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    assert_eq!(place.bytes(), b"of another run");
    std::fs::remove_file(place.record()).expect("removed");
    assert_eq!(CommandLine::new(line).run(PATIENCE).code, Some(3));
    assert!(!place.record().exists(), "a record of nothing");
}
