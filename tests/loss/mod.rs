//! Loss: connections that are lost in the middle of a run are accounted for exactly, and nobody is
//! accused of what was lost with them.

use crate::support::bench::{Ran, Run};
use crate::support::cutter::{Cuts, Cutter};
use crate::support::foreign::Foreign;
use chatbench::oracle::Verdict;
use chatbench::report::Report;
use chatbench::run::{Doubt, ThresholdOutcome};
use reference_server::{Background, Options};

/// Everybody speaks 200 times a second: whatever can go wrong around a loss, somebody speaks then.
const CHATTY: &str = "
rooms: {count: 6, size: 4}
load:
  connect_rate: 1000/s
  arrivals: constant
  phases: [{hold: {rate: 4800/s, for: 2500 ms}}]
timeouts: {delivery: 30 s}
";
const MESSAGES: u64 = 12_000;
const USERS: u64 = 24;
/// All users are back before the end, for the cuts are over after half of the load.
const CUTS: Cuts = Cuts { after_users: USERS as usize, every_reads: 150, count: 40 };

/// Runs the scenario on a server with these faults, over connections that do not last; gives how
/// many were cut.
fn run_with(faults: &[&str], cuts: Cuts, arguments: &[&str]) -> (Ran, u64) {
    let faults = faults.iter().map(|fault| fault.parse().expect("a fault")).collect();
    let options = Options { faults, ..Options::default() };
    let server = Background::start(options).expect("a server can be started");
    let cutter = Cutter::start(server.address(), cuts);
    let ran = Run::of(CHATTY).with(&["--target", &cutter.url()]).with(arguments).end();
    (ran, cutter.cut())
}

fn run(arguments: &[&str]) -> (Ran, u64) {
    run_with(&[], CUTS, arguments)
}

/// Each cut is one lost connection, each of them is made up for, and nobody is accused.
fn check_account(report: &Report, cut: u64, text: &str) {
    let counters = report.counters;
    assert_eq!(report.violations.total, 0, "{text}");
    assert_eq!((counters.disconnects, cut), (CUTS.count, CUTS.count), "{text}");
    assert_eq!(counters.connects, USERS + counters.disconnects, "{text}");
    assert_eq!(counters.connect_failures, 0, "{text}");
    assert_eq!(counters.messages_sent + counters.messages_unsent, MESSAGES, "{text}");
    let reasons: u64 = report.connection_reasons.iter().map(|reason| reason.count).sum();
    assert_eq!(reasons, CUTS.count, "{text}");
    // Whoever is away leaves unsaid what it had to say, and need not hear what its three companions
    // say meanwhile: three times as much. A third more is for what was under way just then.
    let owed = report.tally.must + 4 * counters.messages_unsent;
    assert!(owed >= 3 * counters.messages_sent && report.tally.must > MESSAGES * 2, "{text}");
}

#[test]
fn a_lost_connection_misses_the_threshold_and_nothing_else() {
    let (ran, cut) = run(&[]);
    check_account(&ran.report, cut, &ran.text);
    assert_eq!((ran.report.verdict, ran.code), (Verdict::Fail, 4), "{}", ran.text);
    let missed = |it: &&chatbench::run::ThresholdResult| it.outcome == ThresholdOutcome::Missed;
    let missed: Vec<_> = ran.report.thresholds.iter().filter(missed).collect();
    assert_eq!(missed.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["disconnects"]);
}

/// Nobody judges the losses; but what a user had to say meanwhile was not said.
#[test]
fn where_losses_are_not_judged_only_what_was_left_unsaid_is_in_doubt() {
    let (ran, cut) = run(&["--set", "thresholds.disconnects=unlimited"]);
    check_account(&ran.report, cut, &ran.text);
    let unsent = ran.report.counters.messages_unsent;
    assert!(unsent > 0, "{}", ran.text);
    assert_eq!((ran.report.verdict, ran.code), (Verdict::Unknown, 5), "{}", ran.text);
    assert_eq!(ran.report.doubts, [Doubt::Unsent { messages: unsent }], "{}", ran.text);
}

/// What is lost with a connection excuses nothing else.
#[test]
fn what_the_server_loses_is_found_among_the_losses() {
    let (ran, cut) = run_with(&["drop=0.01"], CUTS, &["--set", "timeouts.delivery=3 s"]);
    let (lost, text) = (ran.report.violations.by_kind.lost, &ran.text);
    assert_eq!((ran.code, cut), (1, CUTS.count), "{text}");
    assert_eq!(ran.report.violations.total, lost, "{text}");
    // One delivery of each hundredth message: 110 or so, give or take six standard deviations.
    assert!((40..=180).contains(&lost), "{text}");
}

/// Who comes back is told what was said before. What is older than a message may be on its way
/// was not meant for it.
#[test]
fn a_server_that_tells_who_comes_back_what_was_said_is_found_out() {
    let cuts = Cuts { every_reads: 12, count: 15, ..CUTS };
    let old = ["--rate", "48/s", "--duration", "4s", "--set", "timeouts.delivery=300 ms"];
    let (ran, _) = run_with(&["history-on-join"], cuts, &old);
    assert_eq!(ran.code, 1, "{}", ran.text);
    assert!(ran.report.violations.by_kind.leaked > 0, "{}", ran.text);
}

#[cfg(feature = "rust_socketio")]
#[test]
fn with_the_other_client_nobody_is_accused_either() {
    // A quarter of the messages: of so few cuts none is left for those who go at the end, whose
    // loss nobody notices.
    let cuts = Cuts { count: 10, ..CUTS };
    let arguments = ["--set", "client=rust_socketio", "--rate", "1200/s"];
    let (ran, cut) = run_with(&[], cuts, &arguments);
    let (counters, text) = (ran.report.counters, &ran.text);
    assert_eq!((ran.report.violations.total, ran.code), (0, 4), "{text}");
    assert_eq!(cut, cuts.count, "{text}");
    // This client takes a while to connect, and a cut may fall into that: each counts once.
    assert_eq!(counters.disconnects + counters.connect_failures, cut, "{text}");
    assert_eq!(counters.messages_sent + counters.messages_unsent, MESSAGES / 4, "{text}");
}

/// The official server says goodbye and goes.
#[test]
fn a_server_that_closes_connections_is_not_accused_of_more() {
    let Some(node) = Foreign::node_with(&[("CLOSE_EVERY", "100")]) else { return };
    let ran = Run::of(CHATTY).with(&["--target", node.url(), "--rate", "1200/s"]).end();
    let (counters, text) = (ran.report.counters, &ran.text);
    assert_eq!((ran.report.violations.total, ran.code), (0, 4), "{text}");
    // Messages that were lost with their connection were not counted there.
    assert!((10..=30).contains(&counters.disconnects), "{text}");
    // The last may not be back at the end.
    let back = counters.connects - USERS;
    assert!(counters.disconnects - 5 <= back && back <= counters.disconnects, "{text}");
    assert_eq!(counters.messages_sent + counters.messages_unsent, MESSAGES / 4, "{text}");
}
