//! Interrupt: a run that is not let to its end still says what it has seen, and leaves nobody
//! behind.

use std::sync::mpsc;
use std::time::Duration;

use crate::support::binary::{Ended, Running};
use crate::support::left::Left;
use crate::support::minute::{self, await_deliveries};
use crate::support::scripted::Scripted;
use chatbench::clock::unix_millis;
use chatbench::report::Report;
use rustix::process::Signal;

/// For whatever must happen, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(30);
/// What an end at once may take.
const AT_ONCE: Duration = Duration::from_secs(4);

fn assert_interrupted(ended: &Ended, left: &Left) {
    assert_eq!(ended.code, Some(5), "{ended:#?}");
    assert_eq!(ended.stdout.lines().last(), Some("exit 5 unknown"), "{ended:#?}");
    let report = left.report();
    assert_eq!(report["verdict"], "unknown");
    assert!(left.doubts().contains(&"interrupted".to_owned()), "{:?}", left.doubts());
    assert_eq!(report["exit"]["code"], 5);
}

/// Interrupted once: nothing that was sent by then goes unheard.
fn assert_heard_out(ended: &Ended, left: &Left) {
    assert_interrupted(ended, left);
    let report = left.report();
    assert_eq!(left.doubts(), ["interrupted"], "{ended:#?}");
    assert!(report["counters"]["deliveries"].as_u64() > Some(0));
    assert_eq!(report["tally"]["must"], report["tally"]["must_heard"], "{:#}", report["tally"]);
}

#[test]
fn ctrl_c_hears_out_what_is_under_way_and_reports() {
    let left = Left::new();
    let run = minute::begin(&left, &[]);
    await_deliveries(&run, &left, 2);
    let servers = run.children();
    assert_eq!(servers.len(), 1, "the bundled server runs beside");
    run.signal_all(Signal::INT);
    run.hear("drain: ", PATIENCE);
    assert_heard_out(&run.end(PATIENCE), &left);
    assert!(servers[0].ends_within(AT_ONCE), "the bundled server outlives the run");
}

#[test]
fn a_supervisor_s_sigterm_is_no_other() {
    let left = Left::new();
    let run = minute::begin(&left, &["--quiet"]);
    await_deliveries(&run, &left, 2);
    run.signal(Signal::TERM);
    assert_heard_out(&run.end(PATIENCE), &left);
}

#[test]
fn ctrl_c_twice_ends_at_once() {
    let left = Left::new();
    let run = minute::begin(&left, &["--fault=stall=60s@4s", "--set=timeouts.delivery=60s"]);
    await_deliveries(&run, &left, 1);
    // From some second on things are said that nobody hears: they would come in a minute.
    let last = |metric: &str| {
        left.intervals().iter().filter(|it| it.metric == metric).map(|it| it.ended).max()
    };
    let stalls = || last("send_delay") > last("delivery_latency");
    run.await_that("stall of the server", PATIENCE, stalls);
    let servers = run.children();
    run.signal_all(Signal::INT);
    run.hear("drain: ", PATIENCE);
    run.signal_all(Signal::INT);
    assert_interrupted(&run.end(AT_ONCE), &left);
    assert!(servers[0].ends_within(AT_ONCE), "the bundled server outlives the run");
}

#[test]
fn ctrl_c_while_users_connect_waits_for_no_more_of_them() {
    let left = Left::new();
    // The last would come after a minute.
    let run = minute::begin(&left, &["--set=load.connect_rate=1/s"]);
    let connects = || left.intervals().iter().any(|it| it.metric == "connect_latency");
    run.await_that("connections in the interval log", PATIENCE, connects);
    run.signal_all(Signal::INT);
    assert_interrupted(&run.end(AT_ONCE), &left);
    assert_eq!(left.report()["counters"]["messages_sent"], 0);
}

#[test]
fn ctrl_c_before_anybody_is_connected_has_nothing_to_report() {
    let (asked, was_asked) = mpsc::channel();
    let server = Scripted::start(async move |c| {
        c.request().await?;
        asked.send(()).expect("the test waits for it");
        c.gone().await
    });
    let left = Left::new();
    let run = minute::begin(&left, &["--target", &server.url()]);
    was_asked.recv_timeout(PATIENCE).expect("it connects once before all others do");
    run.signal_all(Signal::INT);
    let ended = run.end(AT_ONCE);
    assert_eq!(ended.code, Some(5), "{ended:#?}");
    assert_eq!(ended.stderr, "Interrupted before anybody was connected\nexit 5 unknown\n");
    assert!(!left.has_report());
}

#[test]
fn killed_outright_it_leaves_all_but_the_last_second() {
    let left = Left::new();
    let run = minute::begin(&left, &[]);
    await_deliveries(&run, &left, 3);
    let servers = run.children();
    run.signal(Signal::KILL);
    let killed = Duration::from_millis(unix_millis());
    assert_eq!(run.end(PATIENCE).code, None);
    assert!(servers[0].ends_within(PATIENCE), "the bundled server outlives the run");
    let intervals = left.intervals();
    let last = intervals.iter().map(|interval| interval.ended).max().expect("some intervals");
    let missing = killed.saturating_sub(last);
    assert!(missing < Duration::from_secs(2), "the last {missing:?} are missing");
    assert!(left.logged("delivery_latency").len() > 100, "{intervals:#?}");
    assert!(!left.has_report());
}

const CHURN: &str = "--set=load.churn={disconnect: 10/s, drop: 10/s, away: 500 ms}";
/// The bundled server is killed after two seconds, to come back after more than a test takes.
const LONG_OUTAGE: &str = "--set=load.outages=[{at: 2 s, lasting: 50 s}]";
const SHORT_OUTAGE: &str = "--set=load.outages=[{at: 1 s, lasting: 200 ms}]";

/// A minute of unrest, in whose outage everybody who was connected is deaf.
fn unrest(left: &Left) -> Running {
    let run = minute::begin(left, &[CHURN, LONG_OUTAGE]);
    await_deliveries(&run, left, 1);
    assert_eq!(run.children().len(), 1, "the bundled server runs beside");
    run.await_that("kill of the server", PATIENCE, || run.children().is_empty());
    let killed = unix_millis();
    // The log has a line for each second; two of the outage are to be there.
    run.await_that("two seconds of outage", PATIENCE, || unix_millis() > killed + 2_000);
    run
}

/// What a run leaves that was interrupted in an outage, while people moved.
fn assert_unrest_is_told(ended: &Ended, left: &Left) {
    assert_interrupted(ended, left);
    let report = left.report();
    let report: Report = serde_json::from_value(report).expect("a report");
    assert_eq!(left.doubts(), ["interrupted"], "{ended:#?}");
    assert_eq!(report.violations.total, 0, "{ended:#?}");
    let counters = report.counters;
    let moves = [counters.departures, counters.drops, counters.disconnects];
    assert!(moves.iter().all(|moves| *moves > 0), "{counters:#?} {ended:#?}");
    assert!(counters.messages_unsent > 20 && counters.deliveries > 100, "{counters:#?}");
    let [outage] = &report.outages[..] else { panic!("not one outage: {ended:#?}") };
    assert_eq!((outage.to_s, outage.messages_unsent), (None, counters.messages_unsent));
    assert_eq!(report.deafness.never_over, outage.users, "{ended:#?}");
    assert!(outage.users > 40, "{outage:#?}");
    let tally = report.tally;
    assert!(tally.must == tally.must_heard && tally.must > 100, "{tally:#?}");
    // The log has all of it: each delivery and each message that was sent.
    let logged = |metric: &str| left.logged(metric).len();
    assert_eq!(logged("delivery_latency"), counters.deliveries, "{ended:#?}");
    assert_eq!(logged("send_delay"), counters.messages_sent, "{ended:#?}");
}

fn interrupted_once_in_unrest() {
    let left = Left::new();
    let run = unrest(&left);
    run.signal_all(Signal::INT);
    run.hear("drain: ", PATIENCE);
    assert_unrest_is_told(&run.end(PATIENCE), &left);
}

fn interrupted_twice_in_unrest() {
    let left = Left::new();
    let run = unrest(&left);
    run.signal_all(Signal::INT);
    run.hear("drain: ", PATIENCE);
    run.signal_all(Signal::INT);
    assert_unrest_is_told(&run.end(AT_ONCE), &left);
}

/// Once some of those who were deaf have heard something again.
fn killed_outright_in_unrest() {
    let left = Left::new();
    let run = minute::begin(&left, &[CHURN, SHORT_OUTAGE]);
    let over = || left.intervals().iter().any(|interval| interval.metric == "deafness");
    run.await_that("end of the outage", PATIENCE, over);
    run.signal(Signal::KILL);
    let killed = Duration::from_millis(unix_millis());
    assert_eq!(run.end(PATIENCE).code, None);
    let intervals = left.intervals();
    let last = intervals.iter().map(|interval| interval.ended).max().expect("some intervals");
    let missing = killed.saturating_sub(last);
    assert!(missing < Duration::from_secs(2), "the last {missing:?} are missing");
    for metric in ["delivery_latency", "send_delay", "connect_latency", "reconnect_to_heard"] {
        assert!(!left.logged(metric).is_empty(), "{metric}: {intervals:#?}");
    }
    assert!(!left.has_report());
}

/// All at once, for most of the time they wait.
#[test]
fn in_an_outage_and_while_people_move_it_leaves_what_it_would_at_any_time() {
    let runs: [fn(); 3] =
        [interrupted_once_in_unrest, interrupted_twice_in_unrest, killed_outright_in_unrest];
    std::thread::scope(|scope| {
        // Whatever goes wrong in one of them goes wrong here.
        runs.into_iter().for_each(|run| drop(scope.spawn(run)));
    });
}
