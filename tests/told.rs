//! Told: what a run tells of people who come and go, and of a server that does.

use std::time::{Duration, SystemTime};

use crate::support::bench::{Ran, Run};
use crate::support::binary::CommandLine;
use crate::support::left::Left;
use crate::support::served::Served;
use chatbench::clock::unix_millis;
use chatbench::metrics::Row;
use chatbench::oracle::Verdict;
use chatbench::report::Report;
use chatbench::run::Doubt;

/// For whatever must happen, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// 48 people, 1,200 messages.
const RESTLESS: &str = "
rooms: {count: 8, size: 6}
dialect:
  join: {event: join-room, payload: '${room}', confirm: probe}
  leave: {event: leave-room, payload: '${room}'}
  send: {event: send-msg, payload: {room: '${room}', author: '${author}', message: '${text}'}}
  receive: {event: onreceive-msg}
load:
  connect_rate: 2000/s
  arrivals: constant
  phases: [{hold: {rate: 300/s, for: 4 s}}]
  churn:
    {leave: 6/s, disconnect: 3/s, drop: 3/s, away: 500 ms, storms: [{at: 3 s, share: 30%}]}
timeouts: {delivery: 1 s}
";
const MESSAGES: u64 = 1_200;

/// What a run of `yaml` shows on the bundled server, whose chat can be left.
fn ran(yaml: &str, more: &[&str]) -> Ran {
    let served = Served::start(&["--hooks"]);
    Run::of(yaml).with(&["--target", served.url(), "--seed=7"]).with(more).end()
}

/// The gauges follow from what is counted, and what is counted adds up.
fn assert_adds_up(report: &Report, text: &str) {
    let counters = &report.counters;
    let mut connected = 0;
    for row in &report.timeline {
        // Below zero it would panic.
        connected = connected + row.connects - row.disconnects - row.departures - row.drops;
        assert_eq!(row.connected, connected, "{row:?} of {text}");
        assert!(row.connected <= report.scenario.users, "{row:?} of {text}");
        assert!(row.deaf <= report.scenario.users, "{row:?} of {text}");
    }
    let sum = |of: fn(&Row) -> u64| report.timeline.iter().map(of).sum::<u64>();
    let sums = [
        (sum(|row| row.connects), counters.connects),
        (sum(|row| row.disconnects), counters.disconnects),
        (sum(|row| row.departures), counters.departures),
        (sum(|row| row.drops), counters.drops),
        (sum(|row| row.joins), counters.joins),
        (sum(|row| row.leaves), counters.leaves),
        (sum(|row| row.sent), counters.messages_sent),
        (sum(|row| row.delivered), counters.deliveries),
        (sum(|row| row.violations), report.violations.total),
    ];
    for (at, (of_rows, of_all)) in sums.into_iter().enumerate() {
        assert_eq!(of_rows, of_all, "sum {at} of {text}");
    }
}

#[test]
fn churn_adds_up() {
    let Ran { code, report, text, .. } = ran(RESTLESS, &[]);
    assert_eq!((code, report.verdict), (0, Verdict::Pass), "{text}");
    assert_adds_up(&report, &text);
    let counters = &report.counters;
    for (moved, least) in [(counters.leaves, 6), (counters.departures, 3), (counters.drops, 6)] {
        assert!(moved >= least, "{moved} moves: {text}");
    }
    assert_eq!((counters.storms, counters.disconnects), (1, 0), "{text}");
    let due = counters.messages_sent + counters.messages_unsent + counters.messages_away;
    assert_eq!(due, MESSAGES, "{text}");
    assert!(counters.messages_away > 0, "{text}");
    // Whoever wants to be away is not deaf.
    assert!(report.timeline.iter().all(|row| row.deaf == 0), "{text}");
    assert_eq!((report.outages.len(), report.deafness.times), (0, 0), "{text}");
    let latencies = &report.latencies;
    assert!(latencies.reconnect_to_heard.count > 0 && latencies.deafness.count == 0, "{text}");
    for told in [
        "  churn  ",
        " rooms were left, ",
        ", 1 storm\n",
        "  join_to_heard",
        "  reconnect_to_heard",
    ] {
        assert!(text.contains(told), "no {told:?} in {text}");
    }
    // It offers no recovery.
    for not_told in ["  recovery", "  outages", "  deafness"] {
        assert!(!text.contains(not_told), "{not_told:?} in {text}");
    }
}

#[test]
fn a_run_in_which_nobody_stays_shows_little() {
    let rush = ["--set=load.churn.disconnect=60/s", "--set=load.churn.storms=[]"];
    let Ran { code, report, text, .. } = ran(RESTLESS, &rush);
    let little = Doubt::TooLittleJudged { must_share: report.tally.must_share, limit: 0.5 };
    assert!(report.tally.must_share < 0.5, "{text}");
    assert_eq!((code, report.verdict), (5, Verdict::Unknown), "{text}");
    assert_eq!(report.doubts, [little], "{text}");
    assert_adds_up(&report, &text);
    let content = [&rush[..], &["--set=limits.must_share_min=1%"]].concat();
    let Ran { code, report, text, .. } = ran(RESTLESS, &content);
    assert_eq!((code, report.doubts.len()), (0, 0), "{text}");
}

/// When a run began, in milliseconds since 1970.
fn began_ms(report: &Report) -> f64 {
    let began = humantime::parse_rfc3339(&report.started).expect("a date");
    began.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_millis() as f64
}

const USERS: u64 = 40;

#[test]
fn an_outage_is_told_as_it_was() {
    let left = Left::new();
    let scenario = left.path().join("outage.yaml");
    let yaml = "
rooms: {count: 10, size: 4}
load: {connect_rate: 2000/s, phases: [{hold: {rate: 200/s, for: 12 s}}], outages: expected}
timeouts: {delivery: 2 s}
limits: {send_delay_p99: 60 s}
";
    std::fs::write(&scenario, yaml).expect("the folder can be written to");
    let server = Served::start(&[]);
    let port = server.port();
    let arguments = ["run", scenario.to_str().expect("UTF-8"), "--target", server.url()];
    let more = ["--shards=2".into(), left.out()];
    let arguments = arguments.into_iter().map(str::to_owned).chain(more);
    let run = CommandLine::new(arguments).start();
    let delivered = || left.intervals().iter().any(|it| it.metric == "delivery_latency");
    run.await_that("delivery", PATIENCE, delivered);
    let killed_ms = unix_millis() as f64;
    drop(server);
    run.await_that("end of the outage", PATIENCE, || unix_millis() as f64 >= killed_ms + 2_500.0);
    let starting_ms = unix_millis() as f64;
    let _server = Served::start_on(port, &[]);
    let back_ms = unix_millis() as f64;
    let ended = run.end(PATIENCE);
    let text = &ended.stdout;
    let report: Report = serde_json::from_value(left.report()).expect("a report");
    assert_eq!((ended.code, report.violations.total), (Some(0), 0), "{ended:#?}");
    assert_adds_up(&report, text);

    let began = began_ms(&report);
    let (killed_s, starting_s) = ((killed_ms - began) / 1e3, (starting_ms - began) / 1e3);
    let back_s = (back_ms - began) / 1e3;
    let [outage] = &report.outages[..] else { panic!("not one outage in {text}") };
    // Clocks tell whole milliseconds.
    let lost = killed_s - 0.002..killed_s + 1.0;
    let heard = starting_s - 0.002..back_s + 6.0;
    assert!(lost.contains(&outage.from_s), "{outage:?} for {lost:?}: {text}");
    assert!(outage.to_s.is_some_and(|to_s| heard.contains(&to_s)), "{outage:?} for {heard:?}");
    assert_eq!((outage.users, outage.messages_unsent), (USERS, report.counters.messages_unsent));
    assert!(report.counters.messages_unsent > 100, "{text}");
    assert_eq!(report.deaf_longest.len() as u64, USERS, "{text}");
    for deaf in &report.deaf_longest {
        assert!(lost.contains(&deaf.from_s), "{deaf:?} for {lost:?}: {text}");
        assert!(deaf.to_s.is_some_and(|to_s| heard.contains(&to_s)), "{deaf:?} for {heard:?}");
    }
    let deafness = &report.deafness;
    assert_eq!((deafness.users, deafness.times, deafness.never_over), (USERS, USERS, 0));
    assert_eq!(report.latencies.deafness.count, USERS, "{text}");
    assert!((deafness.max_ms / report.latencies.deafness.max_ms - 1.0).abs() < 0.002, "{text}");

    let inside = |row: &&Row| row.at_s > lost.end && row.at_s < starting_s;
    let rows: Vec<&Row> = report.timeline.iter().filter(inside).collect();
    assert!(!rows.is_empty(), "{:#?}", report.timeline);
    assert!(rows.iter().all(|row| (row.connected, row.deaf) == (0, USERS)), "{rows:#?}");
    let last = report.timeline.last().expect("a row");
    assert_eq!((last.connected, last.deaf), (USERS, 0), "{last:?}");
    assert!(text.contains("  outages      every user was deaf for "), "{text}");
    assert!(text.contains('█') && text.contains("  deafness  "), "{text}");
}
