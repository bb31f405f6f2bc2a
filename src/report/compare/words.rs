//! Words: what all formats say in the same way.

use super::model::{Comparison, Doubt, DrawnFrom, Finding, Number, Promise, Side, Unclear};
use super::scenario;
use crate::report::numbers::{count, counted, time};

/// The verdict in one line.
pub(super) fn verdict(it: &Comparison) -> String {
    let with = |finding: Finding| it.numbers.iter().filter(move |row| row.finding == Some(finding));
    let broken = it.promises.iter().filter(|row| row.finding == Finding::Worse).count();
    let missed = it.thresholds.iter().filter(|row| row.finding == Finding::Worse).count();
    let part =
        |count: usize, one: &str, many: &str| (count > 0).then(|| counted(count as u64, one, many));
    let parts = [
        part(broken, "promise is broken that A keeps", "promises are broken that A keeps"),
        part(missed, "count is above its threshold", "counts are above their thresholds"),
        part(with(Finding::Worse).count(), "number is worse", "numbers are worse"),
        part(with(Finding::Better).count(), "number is better", "numbers are better"),
    ];
    let unknown = with(Finding::Unknown).count() as u64;
    let judged = it.numbers.iter().filter(|row| row.finding.is_some()).count() as u64;
    let noise = change(it.noise);
    let mut parts: Vec<String> = parts.into_iter().flatten().collect();
    match it.verdict {
        Finding::Unknown if unknown == judged => {
            return "nothing that was measured can be compared; see the doubts".into();
        }
        Finding::Unknown => {
            parts.insert(0, "which promises each side keeps is not known (see the doubts)".into());
        }
        Finding::NotShown => parts.push("no difference was shown".into()),
        Finding::Negligible => {
            parts.push(format!("what differs does so by less than {}", &noise[1..]))
        }
        Finding::Worse | Finding::Better => {}
    }
    let mut text = parts.join(", ");
    if unknown > 0 {
        let unknown = counted(unknown, "number is unknown", "numbers are unknown");
        text.push_str(&format!("; {unknown}"));
        let asked_for = it.asked_for_and_unknown().count() as u64;
        if asked_for > 0 {
            text.push_str(&format!(", {} of them with a threshold", count(asked_for)));
        }
    }
    text
}

pub(super) fn verdict_word(finding: Finding) -> &'static str {
    match finding {
        Finding::Worse => "WORSE",
        Finding::Better => "BETTER",
        Finding::Negligible | Finding::NotShown => "NO DIFFERENCE",
        Finding::Unknown => "UNKNOWN",
    }
}

pub(super) fn side(side: &Side) -> String {
    let runs = counted(side.runs.len() as u64, "run", "runs");
    let intervals = side.runs.iter().map(|run| run.intervals).sum::<usize>() as u64;
    let intervals = counted(intervals, "whole interval", "whole intervals");
    let drawn = match side.drawn {
        DrawnFrom::Runs => "runs drawn anew",
        DrawnFrom::Blocks => "blocks of intervals drawn anew",
    };
    format!("{}: {runs}, {intervals} after the warm-up; {drawn}", side.folder)
}

/// Name, A, B, change, its interval, and what it amounts to.
pub(super) fn row(number: &Number) -> [String; 6] {
    let name = number.metric.map_or("throughput", |metric| metric.name());
    let value = |value: Option<f64>| match (value, number.metric) {
        (None, _) => "–".to_owned(),
        (Some(ms), Some(_)) => time(ms),
        (Some(rate), None) => format!("{rate:.1}/s"),
    };
    let interval = match (number.change_low, number.change_high) {
        (Some(low), Some(high)) => format!("{} to {}", change(low), change(high)),
        _ => "–".into(),
    };
    let amounts = match (number.finding, number.why) {
        (None, _) => "told, not judged".into(),
        (Some(finding), None) => finding.words().to_owned(),
        (Some(finding), Some(why)) => format!("{}: {}", finding.words(), unclear(why)),
    };
    [
        format!("{name} {}", number.statistic),
        value(number.a),
        value(number.b),
        number.change.map_or("–".into(), change),
        interval,
        amounts,
    ]
}

/// A change as a share: `+3.1 %`.
pub(super) fn change(share: f64) -> String {
    let percent = share * 100.0;
    match percent.abs() {
        ..99.5 => format!("{percent:+.1} %"),
        ..10_000.0 => format!("{percent:+.0} %"),
        _ => format!("×{:.0}", (share + 1.0).min(1e6)),
    }
}

pub(super) fn promise(it: &Promise, a_runs: usize, b_runs: usize) -> String {
    let of = |broken: u64, in_runs: usize, runs: usize| match broken {
        0 => "never".to_owned(),
        _ => format!("{}× in {in_runs} of {}", count(broken), counted(runs as u64, "run", "runs")),
    };
    let (a, b) = (of(it.a_count, it.a_runs, a_runs), of(it.b_count, it.b_runs, b_runs));
    let words = match it.finding {
        _ if it.tolerated => "tolerated by the scenario",
        Finding::NotShown => "broken by both: not judged",
        finding => finding.words(),
    };
    format!("{}: A {a}, B {b}: {words}", kind(it))
}

fn kind(it: &Promise) -> String {
    serde_json::to_value(it.kind)
        .ok()
        .and_then(|value| value.as_str().map(|name| name.replace('_', " ")))
        .unwrap_or_default()
}

fn unclear(why: Unclear) -> String {
    match why {
        Unclear::TooFewSamples { samples, needed } => {
            format!(
                "{} of {} needed in every run",
                counted(samples, "sample", "samples"),
                count(needed)
            )
        }
        Unclear::TooFewIntervals { intervals, needed } => {
            format!("{} of {needed} needed", counted(intervals as u64, "interval", "intervals"))
        }
        Unclear::Doubtful => "see the doubts".into(),
    }
}

pub(super) fn doubt(doubt: &Doubt) -> String {
    match doubt {
        Doubt::RunToRunUnseen { folder } => format!(
            "{folder} is one run: how much runs of one server differ from each other is not seen, \
             so a difference may be that of two runs, not of two servers; give a folder with five \
             runs of each"
        ),
        Doubt::FewRuns { folder, runs } => format!(
            "{folder} has {runs} runs: so few show only large differences; five of each show more"
        ),
        Doubt::GeneratorBound { folder, send_delay_p99_ms, limit_ms } => format!(
            "the generator was the bottleneck in {folder}: it sent {} late at p99 (limit {}), so \
             latencies speak of it; use more cores or a lower rate, or leave this run out",
            time(*send_delay_p99_ms),
            time(*limit_ms)
        ),
        Doubt::Incomplete { folder } => format!(
            "the load of {folder} was not performed to its end; let it run, or leave it out"
        ),
        Doubt::RunInDoubt { folder, doubts } => format!(
            "{folder} has {} of its own: see its report",
            counted(*doubts as u64, "doubt", "doubts")
        ),
        Doubt::ScenarioDiffers { key, a, b, folder } => {
            format!("the scenario of {folder} has another `{key}`: {b}, where A has {a}")
        }
        Doubt::Unjudged { folder } => format!(
            "not all that {folder} should have judged was judged: where it broke no promise, it \
             is not known to keep it; see the doubts of its report"
        ),
        Doubt::GeneratorDiffers { what, a, b, folder } if what == scenario::VERSION => {
            format!("{folder} was measured by chatbench {b}, and A by chatbench {a}")
        }
        Doubt::GeneratorDiffers { what, a, b, folder } => {
            format!("the load of {folder} was generated elsewhere: {what} {b}, where A has {a}")
        }
        Doubt::SameRun { folder } => format!("{folder} is on both sides"),
    }
}
