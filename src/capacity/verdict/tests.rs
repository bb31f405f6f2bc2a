//! Tests: each reason for a verdict, by runs that have no other.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::chat::{Message, MessageId, RoomId, RunTag, UserId};
use crate::history::{Event, EventKind, Session};
use crate::metrics::{Gauges, Metric, Recorder, Row, Timeline};
use crate::oracle::{KindCounts, Standing, Tally, Verdict, Violation};
use crate::run::{Follower as _, Missing, News, Stage, ViolationBook};
use crate::scenario::{OrderPolicy, Overrides};
use crate::time::Timestamp;

const SCENARIO: &str = "
rooms: {count: 1, size: 2}
load: {phases: [{hold: {rate: 1/s, for: 12 s}}]}
thresholds: {delivery_latency: {max: 50 ms}, connect_latency: {max: 1 s}}
";

fn scenario() -> Scenario {
    Scenario::parse("scenario.yaml", SCENARIO, &Overrides::default()).expect("a scenario")
}

fn at(ms: u64) -> Timestamp {
    Timestamp::from_nanos(ms * 1_000_000)
}

/// Messages, all of which took so many milliseconds in a second; none, if no time at all.
fn second(number: u64, took_ms: u64) -> Recorder {
    let mut recorder = Recorder::default();
    let begins = 1_000 * number;
    let count = if took_ms == 0 { 0 } else { 10 };
    (0..count).for_each(|_| recorder.delivered(at(begins), at(begins), at(begins + took_ms)));
    recorder
}

/// A run of twelve seconds, all of whose messages took 10 ms: by how many milliseconds they were
/// sent late in each.
fn late(late_ms: [u64; 12], doubts: Vec<Doubt>) -> (RunOutcome, Watch) {
    let (outcome, mut watch) = run([10; 12]);
    for (number, late_ms) in (0..).zip(late_ms) {
        let (from, to) = (at(1_000 * number), at(1_000 * number + 1_000));
        let mut recorder = Recorder::default();
        for sequence in 0..10 {
            let id = MessageId { room: RoomId(0), sender: UserId(0), sequence };
            let message = Message { id, intended: from, text_bytes: 40 };
            let (at, kind) = (at(1_000 * number + late_ms), EventKind::Sent { message });
            recorder.record(&Event { at, user: UserId(0), kind });
        }
        let row = Row::new(to, &recorder, 0, Gauges::default());
        let violations = &KindCounts::default();
        watch.follow(&News::Interval { from, to, recorder: &recorder, row: &row, violations });
    }
    (RunOutcome { doubts, ..outcome }, watch)
}

/// A run of twelve seconds, whose warm-up is over after four: how long messages took in each.
fn run(took_ms: [u64; 12]) -> (RunOutcome, Watch) {
    let mut watch = Watch::new(Duration::from_secs(12));
    watch.follow(&News::Stage { stage: Stage::Load { start: at(0) }, at: at(0) });
    let mut recorder = Recorder::default();
    for (number, took_ms) in (0..).zip(took_ms) {
        let interval = second(number, took_ms);
        let (from, to) = (at(1_000 * number), at(1_000 * number + 1_000));
        let row = Row::new(to, &interval, 0, Gauges::default());
        watch.follow(&News::Interval {
            from,
            to,
            recorder: &interval,
            row: &row,
            violations: &KindCounts::default(),
        });
        recorder.add(&interval);
    }
    let (after, session) = (Duration::from_millis(5), Session::New);
    let kind = EventKind::Connected { after, session };
    recorder.record(&Event { at: at(0), user: UserId(0), kind });
    let outcome = RunOutcome {
        verdict: Verdict::Pass,
        doubts: Vec::new(),
        thresholds: check_thresholds(&scenario().thresholds, &recorder),
        violations: ViolationBook::new(1),
        tally: Tally::default(),
        recorder,
        timeline: Timeline::default(),
        outages: Vec::new(),
        spells_dropped: 0,
        shards: Vec::new(),
        reasons: BTreeMap::new(),
        tag: RunTag::new(0),
        began_unix_ms: 0,
        took: Duration::from_secs(12),
        load: None,
    };
    (outcome, watch)
}

fn judged(took_ms: [u64; 12], doubts: Vec<Doubt>) -> StepVerdict {
    let (outcome, watch) = run(took_ms);
    verdict_of(&scenario(), &RunOutcome { doubts, ..outcome }, &watch)
}

fn failures(verdict: &StepVerdict) -> Vec<&'static str> {
    let StepVerdict::Fails { why } = verdict else { return Vec::new() };
    let name = |failure: &Failure| match failure {
        Failure::Violations { .. } => "violations",
        Failure::ThresholdMissed { .. } => "threshold",
        Failure::BacklogGrows { .. } => "backlog",
        Failure::ConnectionsFailed { .. } => "failed",
        Failure::ConnectionsLost { .. } => "lost",
    };
    why.iter().map(name).collect()
}

/// The same runs, in which so many promises of these kinds were broken.
fn broken(order: OrderPolicy, kinds: &[ViolationKind]) -> StepVerdict {
    let (mut outcome, watch) = run([10; 12]);
    for kind in kinds {
        outcome.violations.record(Violation {
            kind: *kind,
            at: at(5_000),
            receiver: UserId(1),
            room: None,
            message: None,
            standing: Standing::Out,
            course: Box::default(),
            detail: None,
        });
    }
    let mut scenario = scenario();
    scenario.order = order;
    verdict_of(&scenario, &outcome, &watch)
}

#[test]
fn a_broken_promise_of_any_kind_fails() {
    for kind in ViolationKind::ALL {
        let verdict = broken(OrderPolicy::Fail, &[kind, kind]);
        let why = vec![Failure::Violations { count: 2 }];
        assert_eq!(verdict, StepVerdict::Fails { why }, "{kind:?}");
    }
    for order in [OrderPolicy::Warn, OrderPolicy::Off] {
        let reordered = broken(order, &[ViolationKind::Reordered]);
        assert_eq!(reordered, StepVerdict::Holds, "{order:?}");
        let lost = broken(order, &[ViolationKind::Lost, ViolationKind::Reordered]);
        let why = vec![Failure::Violations { count: 1 }];
        assert_eq!(lost, StepVerdict::Fails { why }, "{order:?}");
    }
}

#[test]
fn each_doubt_keeps_a_server_from_having_held() {
    let rows = [
        (Doubt::Overflow { messages: 3 }, "3 messages went unjudged"),
        (Doubt::Unsent { messages: 3 }, "3 messages had no connection"),
        (Doubt::Absent { memberships: 3 }, "3 memberships had not come about"),
        (Doubt::GivenUp { messages: 3 }, "gave up 3 messages"),
        (Doubt::NothingJudged, "no delivery had to happen"),
        (Doubt::TooLittleJudged { must_share: 0.25, limit: 0.5 }, "only 25 % of the deliveries"),
        (Doubt::RecordEnds { at_s: 3.0, why: Missing::Cut }, "the record ends"),
    ];
    for (doubt, says) in rows {
        let verdict = judged([10; 12], vec![doubt.clone()]);
        let StepVerdict::Unknown { why: Unclear::Impossible { what } } = verdict else {
            panic!("{doubt:?} gives {verdict:?}")
        };
        assert!(what.contains(says), "{what}");
    }
    // Of the run as a whole; the step's own samples are counted for themselves.
    let few = Doubt::TooFewSamples { threshold: "a p99".into(), samples: 3, needed: 100 };
    assert_eq!(judged([10; 12], vec![few]), StepVerdict::Holds);
}

#[test]
fn messages_are_judged_once_the_server_is_warm() {
    // Of all of the run the longest would be too long.
    let mut cold = [10; 12];
    cold[..4].fill(900);
    assert_eq!(judged(cold, Vec::new()), StepVerdict::Holds);
    assert_eq!(failures(&judged([60; 12], Vec::new())), ["threshold"]);
}

#[test]
fn a_backlog_that_grows_fails_whatever_the_percentile_says() {
    // So many milliseconds more in each second, all within the 50 ms that are allowed.
    for (ms_per_s, wanted) in
        [(0, None), (1, None), (2, Some("backlog")), (3, Some("backlog")), (4, Some("backlog"))]
    {
        let mut took = [0; 12];
        (0..).zip(&mut took).for_each(|(second, it)| *it = 1 + ms_per_s * second);
        let verdict = judged(took, Vec::new());
        assert_eq!(failures(&verdict), Vec::from_iter(wanted), "{ms_per_s}: {verdict:?}");
        let holds = verdict == StepVerdict::Holds;
        assert_eq!(holds, wanted.is_none(), "{ms_per_s}: {verdict:?}");
    }
    let mut took = [0; 12];
    (0..).zip(&mut took).for_each(|(second, it)| *it = 1 + 30 * second);
    assert!(failures(&judged(took, Vec::new())).contains(&"backlog"));
}

#[test]
fn a_generator_that_was_late_says_nothing_of_the_server() {
    for doubt in [Doubt::GivenUp { messages: 3 }, Doubt::Interrupted] {
        let verdict = judged([60; 12], vec![doubt]);
        assert!(matches!(verdict, StepVerdict::Unknown { .. }), "{verdict:?}");
    }
    // What else is in doubt is not told where something is known.
    let absent = || vec![Doubt::Absent { memberships: 1 }];
    assert_eq!(failures(&judged([60; 12], absent())), ["threshold"]);
    let verdict = judged([10; 12], absent());
    assert!(
        matches!(verdict, StepVerdict::Unknown { why: Unclear::Impossible { .. } }),
        "{verdict:?}"
    );
}

#[test]
fn a_generator_is_judged_where_the_server_is() {
    let of_run = || Doubt::GeneratorSaturated {
        shard: 0,
        send_delay_p99_ms: 30.0,
        limit_ms: 10.0,
        busy: 1.0,
    };
    let (mut cold, mut warm) = ([0; 12], [0; 12]);
    cold[..4].fill(30);
    warm[4..].fill(30);
    let saturated = |verdict: &StepVerdict| {
        matches!(verdict, StepVerdict::Unknown { why: Unclear::GeneratorSaturated { .. } })
    };
    for (late_ms, doubts, wanted) in [
        (cold, vec![of_run()], false),
        (cold, Vec::new(), false),
        (warm, vec![of_run()], true),
        // In all of the run they may be less than one in a hundred.
        (warm, Vec::new(), true),
        ([9; 12], Vec::new(), false),
    ] {
        let (outcome, watch) = late(late_ms, doubts);
        let verdict = verdict_of(&scenario(), &outcome, &watch);
        assert_eq!(saturated(&verdict), wanted, "{late_ms:?}: {verdict:?}");
        assert_eq!(verdict == StepVerdict::Holds, !wanted, "{late_ms:?}: {verdict:?}");
    }
    // Connects that took too long may have been the generator's doing.
    let (mut outcome, watch) = late(cold, vec![of_run()]);
    let connects = outcome.thresholds.iter_mut().find(|it| it.name.starts_with("connect_latency"));
    let connects = connects.expect("it is asked for");
    (connects.outcome, connects.observed) = (ThresholdOutcome::Unknown, 2.0 * connects.limit);
    let verdict = verdict_of(&scenario(), &outcome, &watch);
    assert!(saturated(&verdict), "{verdict:?}");
}

#[test]
fn connections_are_judged_from_the_beginning() {
    let (mut outcome, watch) = run([10; 12]);
    for threshold in &mut outcome.thresholds {
        let counts = ["disconnects", "connect_failures"];
        if counts.contains(&&*threshold.name) {
            threshold.observed = 2.0;
            threshold.outcome = ThresholdOutcome::Missed;
        }
    }
    assert_eq!(failures(&verdict_of(&scenario(), &outcome, &watch)), ["lost", "failed"]);
}

#[test]
fn too_little_is_told_as_that() {
    let (mut outcome, watch) = run([10; 12]);
    let connects = outcome.thresholds.iter_mut().find(|it| it.name.starts_with("connect_"));
    connects.expect("it is asked for").samples = 0;
    let verdict = verdict_of(&scenario(), &outcome, &watch);
    let few =
        |verdict| matches!(verdict, StepVerdict::Unknown { why: Unclear::TooFewSamples { .. } });
    assert!(few(verdict));
    let (outcome, _) = run([10; 12]);
    let silent = Watch::new(Duration::from_secs(12));
    assert!(few(verdict_of(&scenario(), &outcome, &silent)));
    let mut quiet = [10; 12];
    quiet[6..11].fill(0);
    let three = Unclear::TooFewSamples { samples: 3, needed: 4 };
    assert_eq!(judged(quiet, Vec::new()), StepVerdict::Unknown { why: three });
    let mut jumps = [10; 12];
    jumps[8..].fill(45);
    let verdict = judged(jumps, Vec::new());
    let unsteady = matches!(verdict, StepVerdict::Unknown { why: Unclear::NotSteady { .. } });
    assert!(unsteady, "{verdict:?}");
}

#[test]
fn what_is_of_messages_is_a_metric() {
    for name in OF_MESSAGES {
        assert!(Metric::ALL.iter().any(|metric| metric.name() == name), "{name}");
    }
}
