//! Thresholds: what was asked for, against what was measured.

use super::figures::count;
use crate::page::{Markup, figure, html, table};
use crate::report::Report;
use crate::report::text::thresholds::{compared, limit_and_observed};
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
    let [limit, observed] = limit_and_observed(threshold);
    let number = |field: &str, number: f64, shown: String| {
        figure(&format!("thresholds.{at}.{field}"), number, shown)
    };
    let is_measured = threshold.samples >= threshold.samples_needed;
    let (class, word) = match threshold.outcome {
        ThresholdOutcome::Held => ("good", "✓ held"),
        ThresholdOutcome::Missed => ("bad", "✗ missed"),
        ThresholdOutcome::Unknown => ("unsure", "? unknown"),
    };
    vec![
        html! { (threshold.name) },
        html! { span class=(class) { (word) } },
        if is_measured {
            number("observed", threshold.observed, observed)
        } else {
            html! { "–" }
        },
        number("limit", threshold.limit, limit),
        count(&format!("thresholds.{at}.samples"), threshold.samples),
    ]
}
