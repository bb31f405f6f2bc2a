//! Verdict: whether a server held the load of one step.

use super::course::{Course, SECONDS_MIN, course_of};
use super::search::{Failure, StepVerdict, Unclear};
use super::watch::Watch;
use crate::oracle::ViolationKind;
use crate::run::{Doubt, RunOutcome, ThresholdOutcome, ThresholdResult, check_thresholds};
use crate::scenario::Scenario;

/// What is measured of messages, and so only once the server is warm.
const OF_MESSAGES: [&str; 5] =
    ["send_delay", "delivery_latency", "service_latency", "first_receiver", "last_receiver"];

/// Whether the server held a load, of which a run of `scenario` has shown `outcome` in all, and
/// `watch` what came after the warm-up.
///
/// What went wrong outweighs what is not known, but for a generator that was too slow: whatever
/// else it saw may be its own doing.
pub fn verdict_of(scenario: &Scenario, outcome: &RunOutcome, watch: &Watch) -> StepVerdict {
    let thresholds = thresholds(scenario, outcome, watch);
    if let Some(why) = outcome.doubts.iter().find_map(stops_all) {
        return StepVerdict::Unknown { why };
    }
    let course = course_of(watch.seconds());
    let mut why = Vec::new();
    let condemned = |kind: &ViolationKind| RunOutcome::condemns(scenario.order, *kind);
    let count = ViolationKind::ALL.into_iter().filter(condemned);
    let count = count.map(|kind| outcome.violations.count(kind)).sum();
    if count > 0 {
        why.push(Failure::Violations { count });
    }
    why.extend(thresholds.iter().filter_map(missed));
    if let Course::Growing { ms_per_s } = course {
        // Little's law: a second more to wait is a second's worth of deliveries more to be made.
        let deliveries_per_s = watch.deliveries_per_s() * ms_per_s / 1e3;
        why.push(Failure::BacklogGrows { deliveries_per_s });
    }
    if !why.is_empty() {
        return StepVerdict::Fails { why };
    }
    let unknown = |why| StepVerdict::Unknown { why };
    if let Some(what) = outcome.doubts.iter().find_map(shows_little) {
        return unknown(Unclear::Impossible { what });
    }
    let short = thresholds.iter().find(|it| it.samples < it.samples_needed);
    if let Some(ThresholdResult { samples, samples_needed: needed, .. }) = short {
        return unknown(Unclear::TooFewSamples { samples: *samples, needed: *needed });
    }
    if course == Course::Short {
        let samples = watch.seconds().len() as u64;
        return unknown(Unclear::TooFewSamples { samples, needed: SECONDS_MIN as u64 });
    }
    if course == Course::Unsettled {
        return unknown(Unclear::NotSteady { warmup_s: watch.warm_up().as_secs_f64() });
    }
    StepVerdict::Holds
}

/// What was asked for, of messages by what came after the warm-up, of all else by all of the run.
fn thresholds(scenario: &Scenario, outcome: &RunOutcome, watch: &Watch) -> Vec<ThresholdResult> {
    let is_of_messages = |it: &ThresholdResult| {
        let metric = it.name.split(' ').next().unwrap_or_default();
        OF_MESSAGES.contains(&metric)
    };
    let warm = check_thresholds(&scenario.thresholds, watch.recorder());
    let all = outcome.thresholds.iter().filter(|it| !is_of_messages(it)).cloned();
    warm.into_iter().filter(is_of_messages).chain(all).collect()
}

fn missed(threshold: &ThresholdResult) -> Option<Failure> {
    let ThresholdResult { name, limit, observed, outcome, .. } = threshold;
    if *outcome != ThresholdOutcome::Missed {
        return None;
    }
    let count = *observed as u64;
    Some(match name.as_str() {
        "disconnects" => Failure::ConnectionsLost { count },
        "connect_failures" => Failure::ConnectionsFailed { count },
        _ => {
            let threshold = name.clone();
            Failure::ThresholdMissed { threshold, limit: *limit, observed: *observed }
        }
    })
}

/// Doubts after which nothing at all is known of the server.
fn stops_all(doubt: &Doubt) -> Option<Unclear> {
    match *doubt {
        Doubt::Interrupted => Some(Unclear::Interrupted),
        Doubt::GeneratorSaturated { send_delay_p99_ms, limit_ms, .. } => {
            Some(Unclear::GeneratorSaturated { send_delay_p99_ms, limit_ms })
        }
        Doubt::GivenUp { messages } => {
            let what = format!("the generator gave up {messages} messages, being too late");
            Some(Unclear::Impossible { what })
        }
        _ => None,
    }
}

/// Doubts after which a server that did nothing wrong may have been asked too little.
fn shows_little(doubt: &Doubt) -> Option<String> {
    Some(match doubt {
        Doubt::Overflow { messages } => {
            format!("{messages} messages went unjudged: raise `limits.in_flight_messages_max`")
        }
        Doubt::Unsent { messages } => {
            format!("{messages} messages had no connection to be sent by")
        }
        Doubt::Absent { memberships } => {
            format!("{memberships} memberships had not come about when the load began")
        }
        Doubt::NothingJudged => "no delivery had to happen".into(),
        Doubt::TooLittleJudged { must_share, .. } => {
            format!("only {:.0} % of the deliveries had to happen", must_share * 100.0)
        }
        Doubt::RecordEnds { .. } => "the record ends too soon".into(),
        Doubt::TooFewSamples { .. }
        | Doubt::Interrupted
        | Doubt::GivenUp { .. }
        | Doubt::GeneratorSaturated { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::chat::RunTag;
    use crate::metrics::{Gauges, Metric, Recorder, Row, Timeline};
    use crate::oracle::{Tally, Verdict};
    use crate::run::{Follower as _, News, Stage, ViolationBook};
    use crate::scenario::Overrides;
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

    /// Messages, all of which took so many milliseconds in a second.
    fn second(number: u64, took_ms: u64) -> Recorder {
        let mut recorder = Recorder::default();
        let begins = 1_000 * number;
        (0..10).for_each(|_| recorder.delivered(at(begins), at(begins), at(begins + took_ms)));
        recorder
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
            watch.follow(&News::Interval { from, to, recorder: &interval, row: &row });
            recorder.add(&interval);
        }
        let connected = crate::history::Session::New;
        let kind = crate::history::EventKind::Connected {
            after: Duration::from_millis(5),
            session: connected,
        };
        let user = crate::chat::UserId(0);
        recorder.record(&crate::history::Event { at: at(0), user, kind });
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
        let mut took = [0; 12];
        (0..).zip(&mut took).for_each(|(second, it)| *it = 1 + 3 * second);
        let slow = judged(took, Vec::new());
        assert_eq!(failures(&slow), [""; 0], "3 ms in a second are no backlog: {slow:?}");
        (0..).zip(&mut took).for_each(|(second, it)| *it = 1 + 30 * second);
        assert!(failures(&judged(took, Vec::new())).contains(&"backlog"));
    }

    #[test]
    fn a_generator_that_was_late_says_nothing_of_the_server() {
        let late = Doubt::GeneratorSaturated {
            shard: 0,
            send_delay_p99_ms: 30.0,
            limit_ms: 10.0,
            busy: 1.0,
        };
        for doubt in [late, Doubt::GivenUp { messages: 3 }, Doubt::Interrupted] {
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
        let few = |verdict| {
            matches!(verdict, StepVerdict::Unknown { why: Unclear::TooFewSamples { .. } })
        };
        assert!(few(verdict));
        let (outcome, _) = run([10; 12]);
        let silent = Watch::new(Duration::from_secs(12));
        assert!(few(verdict_of(&scenario(), &outcome, &silent)));
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
}
