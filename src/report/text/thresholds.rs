//! Thresholds: what was asked for, against what was measured.

use std::io;

use super::page::{Page, Tone};
use crate::report::Report;
use crate::report::numbers::{count, time};
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
    let written = |number: f64| match threshold.unit.as_str() {
        "ms" => time(number),
        _ => count(number as u64),
    };
    let (limit, observed) = (written(threshold.limit), written(threshold.observed));
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
