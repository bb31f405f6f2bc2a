//! Oracle: every fault of the reference server yields its own violation and no other, gross or
//! rare, whatever the seed; and no fault yields none.

mod moving;
mod planted;

use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::bench::Run;
use chatbench::oracle::{Verdict, ViolationKind};
use planted::Planted;
use reference_server::fault::FaultKind;

/// Most of a run is waiting.
const RUNS_AT_A_TIME: usize = 4;
const SEEDS: [u64; 3] = [1, 2, 3];
/// Of 7,500 messages, all are spared once in 1,800 runs; and the same seed spares the same.
const RARELY: f64 = 0.001;
/// Joins are fewer: of 240, all are spared once in 200,000 runs; of 120, once in 500.
const RARELY_OF_JOINS: f64 = 0.05;
/// So are rooms, and of each the first time counts: of 1,200 messages, all are spared once in
/// 170,000 runs.
const RARELY_OF_ROOMS: f64 = 0.01;

/// What a fault does to a run.
struct Row {
    fault: FaultKind,
    shows: Shows,
}

enum Shows {
    /// As violations of this kind, and of no other.
    As(ViolationKind, Planted),
    /// Not as a violation, for the reason given.
    Not(&'static str),
}

const TABLE: [Row; FaultKind::ALL.len()] = [
    row(FaultKind::Echo, ViolationKind::Echoed, Planted::Once),
    row(FaultKind::BroadcastAll, ViolationKind::Leaked, Planted::Strangers),
    row(FaultKind::Leak, ViolationKind::Leaked, Planted::OtherRoom),
    row(FaultKind::Drop, ViolationKind::Lost, Planted::Once),
    row(FaultKind::Duplicate, ViolationKind::Duplicated, Planted::Others),
    // A message that the next of its sender does not follow soon enough keeps its place.
    row(FaultKind::Reorder, ViolationKind::Reordered, Planted::OthersAtMost),
    row(FaultKind::Corrupt, ViolationKind::Corrupted, Planted::Others),
    row(FaultKind::Truncate, ViolationKind::Corrupted, Planted::Others),
    row(FaultKind::StripKey, ViolationKind::Corrupted, Planted::Others),
    row(FaultKind::IgnoreJoin, ViolationKind::JoinUnconfirmed, Planted::PerJoin),
    row(FaultKind::DeafMember, ViolationKind::Lost, Planted::PerJoin),
    harmless(FaultKind::LateJoin, "a join counts from its evidence on, however late that is"),
    harmless(FaultKind::HistoryOnJoin, "nothing was said before the last of a room has joined"),
    harmless(FaultKind::DoubleJoinDeliversTwice, "nobody joins twice on one connection"),
    harmless(FaultKind::GhostAfterDisconnect, "nobody leaves the namespace before the end"),
    harmless(FaultKind::LeaveTakesAll, "nobody leaves a room"),
    harmless(FaultKind::LeaveIgnored, "nobody leaves a room"),
    row(FaultKind::LastRoomOnly, ViolationKind::Lost, Planted::PerSecondRoom),
    harmless(FaultKind::StaleMembership, "nobody who was in a room goes before all have come"),
    row(FaultKind::ForgottenRoom, ViolationKind::Lost, Planted::RestOfRoom),
    row(FaultKind::MuteLater, ViolationKind::Lost, Planted::PerJoinLater),
];

const fn row(fault: FaultKind, kind: ViolationKind, planted: Planted) -> Row {
    Row { fault, shows: Shows::As(kind, planted) }
}

const fn harmless(fault: FaultKind, why: &'static str) -> Row {
    Row { fault, shows: Shows::Not(why) }
}

/// Rooms so large, and texts so long, that even a fault in each message lets a member hear some
/// of the first ones well enough to be known for a member. 1,200 messages, and the next of each
/// sender within 20 ms.
const GROSS: &str = "
rooms: {count: 5, size: 12}
message: {size: 256 B}
load:
  connect_rate: 2000/s
  arrivals: constant
  phases: [{hold: {rate: 3000/s, for: 400 ms}}]
";
/// 7,500 messages.
const RARE: &str = "
rooms: {count: 20, size: 2}
load:
  connect_rate: 2000/s
  arrivals: constant
  phases: [{hold: {rate: 7500/s, for: 1 s}}]
";
/// 240 joins, and as many messages as it takes to go deaf and to be missed.
const JOINS: &str = "
rooms: {count: 40, size: 6}
load:
  connect_rate: 2000/s
  phases: [{hold: {rate: 3000/s, for: 400 ms}}]
limits: {violations_kept_max: 100000}
";
/// 240 joins, and messages until long after each.
const LONG: &str = "
rooms: {count: 40, size: 6}
load:
  connect_rate: 2000/s
  phases: [{hold: {rate: 1000/s, for: 4 s}}]
limits: {violations_kept_max: 100000}
";
/// 120 users in two rooms each, of whom it is taken for granted that they are in: nothing is said
/// before the load, of 1,200 messages.
const TWO_ROOMS: &str = r#"
rooms: {count: 60, size: 4, per_user: 2}
load:
  connect_rate: 2000/s
  phases: [{hold: {rate: 3000/s, for: 400 ms}}]
limits: {violations_kept_max: 100000}
dialect:
  join: {event: join-room, payload: "${room}", confirm: {settle: 1 s}}
  send: {event: send-msg, payload: {room: "${room}", author: "${author}", message: "${text}"}}
  receive: {event: onreceive-msg}
"#;
/// Texts of nothing but a stamp: a damaged one is told only by its likeness to the message.
const STAMPS: &str = "
rooms: {count: 20, size: 2}
message: {size: 35 B}
load:
  connect_rate: 2000/s
  arrivals: constant
  phases: [{hold: {rate: 7500/s, for: 1 s}}]
";

/// One run: what is said, what is planted, and what comes of it.
struct Case<'a> {
    scenario: &'static str,
    fault: Option<String>,
    rate: f64,
    shows: &'a Shows,
}

impl fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fault.as_deref().unwrap_or("no fault"))
    }
}

impl Case<'_> {
    fn check(&self, seed: u64) {
        let mut run = Run::of(self.scenario).with(&["--seed", &seed.to_string()]);
        // What some of them wait for in vain; what is only heard too often, or by too many, comes
        // late on a busy machine.
        let timeouts = match self.shows {
            Shows::As(ViolationKind::Lost | ViolationKind::JoinUnconfirmed, _) => {
                "timeouts={join: 3 s, delivery: 3 s}"
            }
            Shows::As(..) | Shows::Not(_) => "timeouts={join: 10 s, delivery: 10 s}",
        };
        run = run.with(&["--set", timeouts]);
        // Nothing that a server does to a message makes it a stranger's.
        let strangers =
            if seed.is_multiple_of(2) { "strangers=welcome" } else { "strangers=refuse" };
        run = run.with(&["--set", strangers]);
        if let Some(fault) = &self.fault {
            run = run.with(&["--fault", fault]);
        }
        let ran = run.end();
        let (report, text) = (&ran.report, &ran.text);
        let occurred = |kind: &ViolationKind| report.violations.by_kind.of(*kind) > 0;
        let occurred: Vec<_> = ViolationKind::ALL.into_iter().filter(occurred).collect();
        let ended = (&occurred[..], report.verdict, ran.code);
        assert_eq!(report.tally.strangers, 0, "{text}");
        match *self.shows {
            Shows::As(kind, planted) => {
                assert_eq!(ended, (&[kind][..], Verdict::Fail, 1), "{text}");
                planted.check(self.rate, kind, report);
            }
            Shows::Not(why) => assert_eq!(ended, (&[][..], Verdict::Pass, 0), "{why}: {text}"),
        }
    }
}

fn cases() -> Vec<Case<'static>> {
    let mut cases = Vec::new();
    for Row { fault, shows } in &TABLE {
        let gross_and_rare: &[_] = match shows {
            Shows::As(_, Planted::PerJoin) => &[(JOINS, 1.0), (JOINS, RARELY_OF_JOINS)],
            Shows::As(_, Planted::PerJoinLater) => &[(LONG, 1.0), (LONG, RARELY_OF_JOINS)],
            Shows::As(_, Planted::PerSecondRoom) => {
                &[(TWO_ROOMS, 1.0), (TWO_ROOMS, RARELY_OF_JOINS)]
            }
            Shows::As(_, Planted::RestOfRoom) => &[(TWO_ROOMS, 1.0), (TWO_ROOMS, RARELY_OF_ROOMS)],
            Shows::As(..) => &[(GROSS, 1.0), (RARE, RARELY)],
            Shows::Not(_) => &[(JOINS, 1.0)],
        };
        for &(scenario, rate) in gross_and_rare {
            let fault = Some(format!("{}={rate}", fault.name()));
            cases.push(Case { scenario, fault, rate, shows });
        }
    }
    let shows = &TABLE[FaultKind::Corrupt as usize].shows;
    let fault = Some(format!("{}={RARELY}", FaultKind::Corrupt.name()));
    cases.push(Case { scenario: STAMPS, fault, rate: RARELY, shows });
    let shows = &Shows::Not("what is late is not lost");
    let fault = Some("stall=300ms@100ms".into());
    cases.push(Case { scenario: GROSS, fault, rate: 1.0, shows });
    let shows = &Shows::Not("nothing is wrong");
    let honest = |scenario| Case { scenario, fault: None, rate: 0.0, shows };
    cases.extend([GROSS, RARE, JOINS, LONG, TWO_ROOMS, STAMPS].map(honest));
    cases
}

fn seeds() -> Vec<u64> {
    match std::env::var("CHATBENCH_SEED") {
        Ok(seed) => vec![seed.parse().expect("CHATBENCH_SEED is a number")],
        Err(_) => SEEDS.into(),
    }
}

#[test]
fn every_fault_yields_its_violation_and_no_other() {
    all_at_once(&cases(), &seeds(), Case::check);
}

/// Checks every case with every seed, several at a time, and then says which went wrong.
fn all_at_once<T: Debug + Sync>(cases: &[T], seeds: &[u64], check: impl Fn(&T, u64) + Sync) {
    let runs: Vec<_> =
        seeds.iter().flat_map(|&seed| cases.iter().map(move |case| (case, seed))).collect();
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let work = || {
        while let Some((case, seed)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
            // The panic says what is wrong; here it is added of what, with which seed.
            if catch_unwind(AssertUnwindSafe(|| check(case, *seed))).is_err() {
                let which = format!("{case:?} with CHATBENCH_SEED={seed}");
                failed.lock().expect("not poisoned").push(which);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..RUNS_AT_A_TIME {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().expect("not poisoned");
    assert!(failed.is_empty(), "{} of {} runs went wrong: {failed:#?}", failed.len(), runs.len());
}

#[test]
fn every_fault_has_its_row() {
    for (row, fault) in TABLE.iter().zip(FaultKind::ALL) {
        assert_eq!(row.fault, fault, "the rows are in the order of the faults");
    }
}

#[test]
fn a_late_join_is_waited_for() {
    let ran = Run::of(JOINS).with(&["--fault", "late-join"]).end();
    let earliest_ms = ran.report.latencies.join_latency.min_ms;
    assert!(earliest_ms >= 150.0, "a join was confirmed after {earliest_ms} ms: {}", ran.text);
}
