//! Thresholds: what was asked for, against what was measured.

use std::io;

use super::page::{Page, Tone};
use crate::report::Report;
use crate::report::numbers::{count, times_apart};
use crate::run::{ThresholdOutcome, ThresholdResult};

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if report.thresholds.is_empty() {
        return Ok(());
    }
    let columns = report.thresholds.iter().map(|it| it.name.chars().count()).max().unwrap_or(0);
    page.blank()?;
    page.fact("thresholds", &tally(&report.thresholds))?;
    for threshold in &report.thresholds {
        let (mark, text) = (mark(threshold.outcome), compared(threshold));
        let name = &threshold.name;
        page.item(4, mark, &format!("{name:<columns$}  {text}"))?;
    }
    Ok(())
}

fn tally(thresholds: &[ThresholdResult]) -> String {
    let held = thresholds.iter().filter(|it| it.outcome == ThresholdOutcome::Held).count();
    format!("{held} of {} held", thresholds.len())
}

fn mark(outcome: ThresholdOutcome) -> (Tone, &'static str) {
    match outcome {
        ThresholdOutcome::Held => (Tone::Good, "✓"),
        ThresholdOutcome::Missed => (Tone::Bad, "✗"),
        ThresholdOutcome::Unknown => (Tone::Unsure, "?"),
    }
}

/// What was measured, against its limit.
pub(in crate::report) fn compared(threshold: &ThresholdResult) -> String {
    let [limit, observed] = limit_and_observed(threshold);
    let few = threshold.samples < threshold.samples_needed;
    match threshold.outcome {
        ThresholdOutcome::Held => format!("{observed} (limit {limit})"),
        ThresholdOutcome::Missed => format!("{observed} is over its limit of {limit}"),
        ThresholdOutcome::Unknown if few => {
            let samples = count(threshold.samples);
            let needed = count(threshold.samples_needed);
            format!("unknown: {samples} samples of the {needed} it needs (limit {limit})")
        }
        ThresholdOutcome::Unknown => {
            format!("unknown: {observed} was measured by a late generator (limit {limit})")
        }
    }
}

/// Both, so that they look different if they are.
pub(in crate::report) fn limit_and_observed(threshold: &ThresholdResult) -> [String; 2] {
    if threshold.unit != "ms" {
        return [threshold.limit, threshold.observed].map(|number| count(number as u64));
    }
    times_apart(threshold.limit, threshold.observed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_its_limit_looks_so() {
        for (limit, observed, unit, wanted) in [
            (100.0, 100.3, "ms", "100.3 ms is over its limit of 100.0 ms"),
            (100.0, 101.0, "ms", "101 ms is over its limit of 100 ms"),
            (3_000.0, 3_001.0, "ms", "3001.0 ms is over its limit of 3000.0 ms"),
            (0.05, 0.051, "ms", "51 µs is over its limit of 50 µs"),
            (0.0, 2.0, "", "2 is over its limit of 0"),
        ] {
            let threshold = ThresholdResult {
                name: "x".into(),
                limit,
                observed,
                unit: unit.into(),
                samples: 1,
                samples_needed: 1,
                outcome: ThresholdOutcome::Missed,
            };
            assert_eq!(compared(&threshold), wanted);
        }
    }
}
