//! Verdict: the run in one line, how to repeat it, and how the process ends.

use std::io;

use super::page::{Page, Tone};
use crate::oracle::Verdict;
use crate::report::Report;
use crate::report::numbers::{count, counted};
use crate::run::ThresholdOutcome;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let tone = match report.verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Fail => Tone::Bad,
        Verdict::Unknown => Tone::Unsure,
    };
    page.blank()?;
    let word = page.paint(tone, word(report.verdict));
    page.fact("verdict", &format!("{word}: {}", why(report)))?;
    page.fact("seed", &report.seed.to_string())?;
    // Not wrapped: it is there to be copied.
    let label = page.paint(Tone::Label, "reproduce    ");
    page.line(&format!("  {label}{}", report.command))?;
    page.line(&report.exit.name.to_string())
}

/// The verdict as a word that is seen from afar.
pub(in crate::report) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Unknown => "UNKNOWN",
    }
}

/// What the verdict follows from, in a sentence.
pub(in crate::report) fn why(report: &Report) -> String {
    match report.verdict {
        Verdict::Pass => passed(report),
        Verdict::Fail => failed(report),
        Verdict::Unknown => {
            let doubts = match report.doubts.len() {
                1 => "there is a reason".to_owned(),
                many => format!("there are {many} reasons"),
            };
            let that_matters = match report.violations.total {
                0 => "",
                _ => " that the scenario does not tolerate",
            };
            format!("no promise was seen broken{that_matters}, but {doubts} to doubt the rest")
        }
    }
}

fn passed(report: &Report) -> String {
    let mut text = match report.tally.must {
        1 => "the one delivery that had to happen did, once and unchanged".into(),
        many => {
            let many = count(many);
            format!("all {many} deliveries that had to happen did, once each and unchanged")
        }
    };
    match report.thresholds.len() {
        0 => {}
        1 => text.push_str("; the threshold held"),
        many => text.push_str(&format!("; all {many} thresholds held")),
    }
    if report.violations.total > 0 {
        let tolerated = count(report.violations.total);
        text.push_str(&format!("; {tolerated} out of order, which the scenario tolerates"));
    }
    text
}

fn failed(report: &Report) -> String {
    let tolerated = report.violations.tolerated.iter();
    let tolerated = tolerated.map(|kind| report.violations.by_kind.of(*kind));
    // A file may say anything.
    let condemning = report.violations.total.saturating_sub(tolerated.fold(0, u64::saturating_add));
    let missed = report.thresholds.iter().filter(|it| it.outcome == ThresholdOutcome::Missed);
    let missed = missed.count() as u64;
    let mut parts = Vec::new();
    if condemning > 0 {
        parts.push(counted(condemning, "promise was broken", "promises were broken"));
    }
    if missed > 0 {
        parts.push(counted(missed, "threshold was missed", "thresholds were missed"));
    }
    parts.join(", and ")
}
