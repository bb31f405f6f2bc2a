//! Latencies: one row for each metric, its percentiles in columns.

use std::io;

use super::page::{Page, Tone};
use crate::metrics::Metric;
use crate::report::Report;
use crate::report::model::Distribution;
use crate::report::numbers::time;

/// The metrics shown, each with what it is.
const ROWS: [(Metric, &str); 8] = [
    (Metric::SendDelay, "sent − intended: our own"),
    (Metric::DeliveryLatency, "received − intended"),
    (Metric::ServiceLatency, "received − sent"),
    (Metric::FirstReceiver, "of each message"),
    (Metric::LastReceiver, "of each message"),
    (Metric::JoinToHeard, "first heard − asked"),
    (Metric::ReconnectToHeard, "heard − wanted back"),
    (Metric::Deafness, "heard again − lost"),
];
/// Those that are shown only if something was measured, for most runs have nothing of the kind.
const SOMETIMES: [Metric; 3] = [Metric::JoinToHeard, Metric::ReconnectToHeard, Metric::Deafness];
const NAME_COLUMNS: usize = 18;
const NUMBER_COLUMNS: usize = 10;
/// Columns that a row takes with its note.
const NOTED_COLUMNS: usize = 2 + NAME_COLUMNS + 5 * NUMBER_COLUMNS + 2 + 24;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let heads = ["p50", "p90", "p99", "p99.9", "max"].map(str::to_owned);
    page.blank()?;
    let head = page.paint(Tone::Label, &row("latency", &heads));
    page.line(&format!("  {head}"))?;
    for (metric, note) in ROWS {
        if SOMETIMES.contains(&metric) && report.latencies.of(metric).count == 0 {
            continue;
        }
        let numbers = row(metric.name(), &numbers(report.latencies.of(metric)));
        let note = if page.width() < NOTED_COLUMNS { "" } else { note };
        let note = page.paint(Tone::Aside, note);
        page.line(&format!("  {numbers}  {note}"))?;
    }
    Ok(())
}

fn numbers(of: &Distribution) -> [String; 5] {
    if of.count == 0 {
        return ["–"; 5].map(str::to_owned);
    }
    [of.p50_ms, of.p90_ms, of.p99_ms, of.p99_9_ms, of.max_ms].map(time)
}

fn row(name: &str, numbers: &[String; 5]) -> String {
    let cells = numbers.iter().map(|number| format!("{number:>NUMBER_COLUMNS$}"));
    format!("{name:<NAME_COLUMNS$}{}", cells.collect::<String>())
}
