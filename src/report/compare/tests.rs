//! Tests: what is known and what is not, of runs that are made up.

use std::path::Path;

use super::judge::compare_runs;
use super::log::Interval;
use super::read::Run;
use super::statistics::Cells;
use super::*;
use crate::metrics::{Metric, Row};
use crate::oracle::ViolationKind;
use crate::report::model::Durations;
use crate::report::{ExitKind, Report, sample};
use crate::run::{self, ThresholdOutcome, ThresholdResult};

const RUNS: u32 = 5;
const SECONDS: u32 = 60;

/// What all runs are like, but for what a case changes.
struct Case {
    name: &'static str,
    /// Deliveries a second.
    rate: u64,
    /// Changes one of A's runs, and one of B's.
    a: fn(&mut Report),
    b: fn(&mut Report),
    allowed: &'static [&'static str],
    /// The verdict, how a gate ends, and what the verdict's line says.
    wanted: Result<(Finding, ExitKind, &'static str), &'static str>,
}

const ALIKE: Case = Case {
    name: "alike",
    rate: 40,
    a: |_| (),
    b: |_| (),
    allowed: &[],
    wanted: Ok((Finding::NotShown, ExitKind::Pass, "no difference was shown; 1 number is unknown")),
};

fn report(side: &str, run: u32, rate: u64) -> Report {
    let mut report = sample::report(&sample::passed());
    report.started = format!("{side} {run}");
    report.durations =
        Durations { run_s: SECONDS.into(), load_from_s: Some(0.0), load_s: SECONDS.into() };
    let row = report.timeline[0].clone();
    report.timeline =
        (1..=SECONDS).map(|at| Row { at_s: at.into(), delivered: rate, ..row.clone() }).collect();
    report.thresholds = Vec::new();
    report
}

fn runs(side: &str, rate: u64, change: fn(&mut Report)) -> Vec<Run> {
    let run = |at: u32| {
        let mut report = report(side, at, rate);
        if at == 2 {
            change(&mut report);
        }
        let mut run = Run::of(&Path::new(side).join(at.to_string()), report, 1);
        for second in 0..SECONDS {
            let cells = Cells::of_counts(vec![(1_000 + at, rate)]);
            let from_s = second.into();
            run.take(Interval { metric: Metric::DeliveryLatency, from_s, cells });
        }
        run
    };
    (0..RUNS).map(run).collect()
}

fn compared(case: &Case) -> Result<Comparison, CompareError> {
    let (a, b) = (runs("a", case.rate, case.a), runs("b", case.rate, case.b));
    let allowed = case.allowed.iter().map(|key| (*key).to_owned()).collect();
    let options = Options { noise: 0.05, allowed };
    compare_runs((Path::new("a"), &a), (Path::new("b"), &b), &options)
}

fn threshold(name: &str) -> Vec<ThresholdResult> {
    vec![ThresholdResult {
        name: name.into(),
        limit: 100.0,
        observed: 1.0,
        unit: "ms".into(),
        samples: 9,
        samples_needed: 1_000,
        outcome: ThresholdOutcome::Unknown,
    }]
}

fn broke(report: &mut Report, kind: ViolationKind) {
    let counts = &mut report.violations.by_kind;
    match kind {
        ViolationKind::Leaked => counts.leaked = 3,
        _ => counts.reordered = 3,
    }
}

fn warned(report: &mut Report) {
    broke(report, ViolationKind::Reordered);
    report.violations.tolerated = vec![ViolationKind::Reordered];
}

fn leaked(report: &mut Report) {
    broke(report, ViolationKind::Leaked);
}

fn overflowed(report: &mut Report) {
    report.doubts = vec![run::Doubt::Overflow { messages: 9 }];
}

fn from_tomorrow(report: &mut Report) {
    report.scenario.yaml.push_str("tomorrow: 1\n");
}

fn check(cases: &[Case]) {
    for case in cases {
        let name = case.name;
        let (comparison, gate, said) = match (compared(case), case.wanted) {
            (Err(error), Err(wanted)) => {
                assert!(error.to_string().contains(wanted), "{name}: {error}");
                continue;
            }
            (Ok(comparison), Ok((verdict, gate, said))) => {
                assert_eq!(comparison.verdict, verdict, "{name}: {comparison:#?}");
                assert_eq!(comparison.regression(), gate, "{name}: {comparison:#?}");
                (comparison, gate, said)
            }
            (got, wanted) => panic!("{name}: {got:#?}, and not {wanted:?}"),
        };
        for format in formats(&comparison) {
            assert!(format.contains(said), "{name}, {gate}: no {said:?} in {format}");
        }
    }
}

/// All that people read of it, each in a line.
fn formats(comparison: &Comparison) -> [String; 3] {
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    text::write(comparison, &crate::report::text::Style::default(), &mut all[0]).expect("room");
    markdown::write(comparison, &mut all[1]).expect("room");
    html::write(comparison, &mut all[2]).expect("room");
    all.map(|it| {
        let text = String::from_utf8(it).expect("UTF-8");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

#[test]
fn a_number_that_is_unknown_is_told_and_counts_where_it_was_asked_for() {
    let too_few = "no difference was shown; 2 numbers are unknown";
    let asked_for = "no difference was shown; 2 numbers are unknown, 1 of them with a threshold";
    check(&[
        ALIKE,
        Case {
            name: "few samples",
            rate: 4,
            wanted: Ok((Finding::NotShown, ExitKind::Pass, too_few)),
            ..ALIKE
        },
        Case {
            name: "few samples of what has a threshold",
            rate: 4,
            b: |it| it.thresholds = threshold("delivery_latency p99"),
            wanted: Ok((Finding::NotShown, ExitKind::Unknown, asked_for)),
            ..ALIKE
        },
        Case {
            name: "few samples of something else",
            rate: 4,
            b: |it| it.thresholds = threshold("delivery_latency p50"),
            wanted: Ok((Finding::NotShown, ExitKind::Pass, too_few)),
            ..ALIKE
        },
    ]);
}

#[test]
fn whoever_was_not_judged_in_full_is_not_known_to_keep_its_promises() {
    let open = "which promises each side keeps is not known (see the doubts)";
    check(&[
        Case {
            name: "A alone breaks one",
            a: leaked,
            wanted: Ok((Finding::Better, ExitKind::Pass, "leaked: A 3× in 1 of 5 runs, B never")),
            ..ALIKE
        },
        Case {
            name: "B alone breaks one",
            b: leaked,
            wanted: Ok((Finding::Worse, ExitKind::Violations, "1 promise is broken that A keeps")),
            ..ALIKE
        },
        Case {
            name: "A alone breaks one, and B was not judged in full",
            a: leaked,
            b: overflowed,
            wanted: Ok((Finding::Unknown, ExitKind::Unknown, open)),
            ..ALIKE
        },
        Case {
            name: "B alone breaks one, and A was not judged in full",
            a: overflowed,
            b: leaked,
            wanted: Ok((Finding::Unknown, ExitKind::Unknown, open)),
            ..ALIKE
        },
        Case {
            name: "nothing is broken, and B was not judged in full",
            b: |it| it.doubts = vec![run::Doubt::Unsent { messages: 1 }],
            wanted: Ok((Finding::Unknown, ExitKind::Unknown, open)),
            ..ALIKE
        },
        Case {
            name: "some of B's users were never there",
            b: |it| it.doubts = vec![run::Doubt::Absent { memberships: 1 }],
            wanted: Ok((Finding::Unknown, ExitKind::Unknown, open)),
            ..ALIKE
        },
        Case {
            name: "little of B was judged",
            b: |it| {
                it.doubts = vec![run::Doubt::TooLittleJudged { must_share: 0.1, limit: 0.5 }];
            },
            wanted: Ok((Finding::Unknown, ExitKind::Unknown, open)),
            ..ALIKE
        },
        Case {
            name: "nothing is broken by B, whatever A was",
            a: overflowed,
            wanted: Ok((Finding::NotShown, ExitKind::Pass, "not known to keep it")),
            ..ALIKE
        },
        Case {
            name: "what has a doubt of another kind was judged",
            a: leaked,
            b: |it| {
                let threshold = "x".into();
                it.doubts = vec![run::Doubt::TooFewSamples { threshold, samples: 1, needed: 2 }];
            },
            wanted: Ok((Finding::Better, ExitKind::Pass, "leaked: A 3× in 1 of 5 runs, B never")),
            ..ALIKE
        },
    ]);
}

#[test]
fn what_is_tolerated_is_no_part_of_the_verdict() {
    let said = "no difference was shown; 1 number is unknown";
    for (a, b) in [(warned as fn(&mut Report), ALIKE.b), (ALIKE.a, warned), (warned, warned)] {
        let wanted = Ok((Finding::NotShown, ExitKind::Pass, said));
        check(&[Case { name: "tolerated", a, b, wanted, ..ALIKE }]);
    }
}

#[test]
fn what_cannot_be_understood_may_be_anything_and_what_cannot_matter_is_not_told() {
    let refused = Err("`scenario` is another and one that this chatbench does not understand");
    let allowed = Ok((
        Finding::NotShown,
        ExitKind::Pass,
        "one that this chatbench does not understand, where A has another",
    ));
    let version = "b/2 was measured by chatbench 9.9.9, and A by chatbench";
    check(&[
        Case { name: "another key", b: from_tomorrow, wanted: refused, ..ALIKE },
        Case {
            name: "another key, which may be",
            b: from_tomorrow,
            allowed: &["scenario"],
            wanted: allowed,
            ..ALIKE
        },
        Case {
            name: "another version",
            b: |it| it.tool.version = "9.9.9".into(),
            wanted: Ok((Finding::NotShown, ExitKind::Pass, version)),
            ..ALIKE
        },
    ]);
    let observed = Case {
        name: "another process is looked at",
        a: |it| it.scenario.yaml.push_str("observe: 4711\n"),
        b: |it| it.scenario.yaml.push_str("observe: 4712\n"),
        ..ALIKE
    };
    assert_eq!(compared(&observed).expect("one scenario").doubts, []);
}
