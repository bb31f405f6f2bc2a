//! Moving: every fault of membership is found while people come and go, and without a fault nothing
//! is, on our server and on the official one.

use std::collections::BTreeSet;

use chatbench::oracle::{Verdict, ViolationKind};
use chatbench::report::Report;

use super::{all_at_once, seeds};
use crate::support::bench::Run;
use crate::support::foreign::Foreign;

/// 36 users in two of twelve rooms each, who leave, switch, join twice, say goodbye and are cut
/// off, some hundred times in six seconds, and half of them at once. Whoever is out is so for two
/// seconds at least, so that a server has had its time to let them go.
const CHURN: &str = r#"
rooms: {count: 12, size: 6, per_user: 2}
dialect:
  join: {event: join-room, payload: "${room}", confirm: probe}
  leave: {event: leave-room, payload: "${room}"}
  send: {event: send-msg, payload: {room: "${room}", author: "${author}", message: "${text}"}}
  receive: {event: onreceive-msg}
load:
  connect_rate: 2000/s
  phases: [{hold: {rate: 200/s, for: 6 s}}]
  churn:
    leave: 5/s
    switch: 3/s
    rejoin: 3/s
    disconnect: 3/s
    drop: 3/s
    away: 3 s
    storms: [{at: 4 s, share: 50%, back_off: 300 ms}]
timeouts: {join: 4 s, delivery: 2 s}
limits: {violations_kept_max: 100000}
"#;

/// The same on the word of a settle time that is shorter than the fault's delay.
const SETTLED: [&str; 2] = ["--set", "dialect.join.confirm={settle: 100 ms}"];

/// A fault, what the run is told beside it, and what it shows as: one of these, or several.
#[derive(Debug)]
struct Row {
    fault: &'static str,
    more: &'static [&'static str],
    shows: &'static [ViolationKind],
}

const fn row(fault: &'static str, shows: &'static [ViolationKind]) -> Row {
    Row { fault, more: &[], shows }
}

const LEAKED: &[ViolationKind] = &[ViolationKind::Leaked];
const LOST: &[ViolationKind] = &[ViolationKind::Lost];
/// Who joins a room that forgets its members may never hear anything there.
const OUT: &[ViolationKind] = &[ViolationKind::Lost, ViolationKind::JoinUnconfirmed];
/// What is told again was heard before, or was said by the joiner, or was not meant for it.
const TOLD_AGAIN: &[ViolationKind] =
    &[ViolationKind::Leaked, ViolationKind::Duplicated, ViolationKind::Echoed];

const TABLE: &[Row] = &[
    row("ghost-after-disconnect", LEAKED),
    row("leave-takes-all", OUT),
    row("leave-ignored", LEAKED),
    row("last-room-only", OUT),
    row("double-join-delivers-twice", &[ViolationKind::Duplicated]),
    Row { fault: "late-join", more: &SETTLED, shows: LOST },
    row("history-on-join", TOLD_AGAIN),
    row("mute-later", OUT),
    row("deaf-member", OUT),
    row("stale-membership", LEAKED),
    row("forgotten-room=0.02", OUT),
    row("ignore-join", &[ViolationKind::JoinUnconfirmed]),
];

fn found(report: &Report) -> BTreeSet<ViolationKind> {
    let occurred = |kind: &ViolationKind| report.violations.by_kind.of(*kind) > 0;
    ViolationKind::ALL.into_iter().filter(occurred).collect()
}

#[test]
fn every_fault_of_membership_is_found_under_churn() {
    all_at_once(TABLE, &seeds()[..1], |row, seed| {
        let run = Run::of(CHURN).with(&["--seed", &seed.to_string(), "--fault", row.fault]);
        let ran = run.with(row.more).end();
        let (found, text) = (found(&ran.report), &ran.text);
        assert!(!found.is_empty(), "{} is not found: {text}", row.fault);
        let allowed: BTreeSet<_> = row.shows.iter().copied().collect();
        assert!(found.is_subset(&allowed), "{} shows as {found:?}: {text}", row.fault);
        assert_eq!((ran.report.verdict, ran.code), (Verdict::Fail, 1), "{text}");
    });
}

/// Seeds that a server without a fault is tried with.
const HONEST_SEEDS: u64 = 20;

fn keeps_every_promise(target: &str, seed: u64) -> Report {
    let seed = seed.to_string();
    let ran = Run::of(CHURN).with(&["--seed", &seed, "--target", target]).end();
    let (report, text) = (ran.report, &ran.text);
    assert_eq!(found(&report), BTreeSet::new(), "{text}");
    assert_eq!((report.verdict, ran.code), (Verdict::Pass, 0), "{text}");
    let counters = report.counters;
    let moves = [counters.leaves, counters.departures, counters.drops, counters.messages_away];
    assert!(moves.iter().all(|moves| *moves > 0), "nobody moved: {text}");
    report
}

#[test]
fn without_a_fault_nothing_is_found_under_churn() {
    let seeds: Vec<u64> = (1..=HONEST_SEEDS).collect();
    all_at_once(&[()], &seeds, |(), seed| {
        keeps_every_promise("reference", seed);
    });
}

#[test]
fn the_official_server_keeps_every_promise_under_churn() {
    let seeds: Vec<u64> = (1..=HONEST_SEEDS).collect();
    all_at_once(&[()], &seeds, |(), seed| {
        // One for each run: another's messages would be heard, too.
        let Some(node) = Foreign::node("{}") else { return };
        let report = keeps_every_promise(node.url(), seed);
        assert_eq!(report.counters.recoveries, 0, "nobody offers to take up a session");
    });
}

/// Nobody leaves on purpose here, so that every session that is cut can be taken up again.
const CUT_OFF: [&str; 2] = ["--set", "load.churn={drop: 20/s, away: 500 ms}"];

#[test]
fn the_official_server_tells_those_it_takes_up_again_all_that_they_missed() {
    all_at_once(&[()], &[1, 2, 3], |(), seed| {
        let Some(node) = Foreign::node(r#"{"connectionStateRecovery":{}}"#) else { return };
        let ran = Run::of(CHURN)
            .with(&["--seed", &seed.to_string(), "--target", node.url()])
            .with(&CUT_OFF)
            .end();
        let (report, text) = (&ran.report, &ran.text);
        assert_eq!((report.verdict, ran.code), (Verdict::Pass, 0), "{text}");
        assert!(report.counters.recoveries > 20, "{text}");
        assert!(report.tally.replayed > 50, "{text}");
        assert_eq!(report.tally.not_replayed, 0, "{text}");
    });
}
