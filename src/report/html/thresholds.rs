//! Thresholds: what was asked for, against what was measured.

use super::figures::{count, time};
use crate::page::{Markup, html, table};
use crate::report::Report;
use crate::report::text::thresholds::compared;
use crate::run::{ThresholdOutcome, ThresholdResult};

pub(super) fn section(report: &Report) -> Markup {
    let rows: Vec<Vec<Markup>> = report.thresholds.iter().enumerate().map(row).collect();
    html! {
        @if !rows.is_empty() {
            h2 { "Thresholds" }
            (table(&["asked for", "verdict", "measured", "limit", "samples"], &rows))
            @for threshold in &report.thresholds {
                @if threshold.outcome == ThresholdOutcome::Unknown {
                    p.aside { (threshold.name) ": " (compared(threshold)) }
                }
            }
        }
    }
}

fn row((at, threshold): (usize, &ThresholdResult)) -> Vec<Markup> {
    let number = |field: &str, number: f64| {
        let path = format!("thresholds.{at}.{field}");
        match threshold.unit.as_str() {
            "ms" => time(&path, number),
            _ => count(&path, number as u64),
        }
    };
    let (class, word) = match threshold.outcome {
        ThresholdOutcome::Held => ("good", "✓ held"),
        ThresholdOutcome::Missed => ("bad", "✗ missed"),
        ThresholdOutcome::Unknown => ("unsure", "? unknown"),
    };
    vec![
        html! { (threshold.name) },
        html! { span class=(class) { (word) } },
        number("observed", threshold.observed),
        number("limit", threshold.limit),
        count(&format!("thresholds.{at}.samples"), threshold.samples),
    ]
}
