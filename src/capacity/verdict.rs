//! Verdict: whether a server held the load of one step.

use super::course::{Course, SECONDS_MIN, course_of};
use super::search::{Failure, StepVerdict, Unclear};
use super::watch::Watch;
use crate::metrics::{Metric, Quantile};
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
    let stopped = outcome.doubts.iter().find_map(stops_all);
    if let Some(why) = stopped.or_else(|| saturated(scenario, outcome, watch, &thresholds)) {
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

/// That the generator was late in what is judged: in messages after the warm-up, or anywhere if
/// what is judged from the beginning was too slow then. Who is late in the warm-up alone has
/// measured nothing wrong.
fn saturated(
    scenario: &Scenario,
    outcome: &RunOutcome,
    watch: &Watch,
    thresholds: &[ThresholdResult],
) -> Option<Unclear> {
    let limit = scenario.limits.send_delay_p99;
    let p99 = watch.recorder().histogram(Metric::SendDelay).at(Quantile::Of(0.99));
    if p99 > limit {
        let [send_delay_p99_ms, limit_ms] = [p99, limit].map(|it| it.as_secs_f64() * 1e3);
        return Some(Unclear::GeneratorSaturated { send_delay_p99_ms, limit_ms });
    }
    let is_too_slow =
        |it: &ThresholdResult| it.outcome == ThresholdOutcome::Unknown && it.observed > it.limit;
    let of_run = outcome.doubts.iter().find_map(|doubt| match *doubt {
        Doubt::GeneratorSaturated { send_delay_p99_ms, limit_ms, .. } => {
            Some(Unclear::GeneratorSaturated { send_delay_p99_ms, limit_ms })
        }
        _ => None,
    });
    of_run.filter(|_| thresholds.iter().any(is_too_slow))
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
mod tests;
