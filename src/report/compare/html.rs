//! Html: the comparison as a page: what it comes to first, then every number with its interval.

use std::io::{self, Write};

use super::model::{Comparison, Finding, Number};
use super::words;
use crate::metrics::Metric;
use crate::page::{
    Axis, Document, Look, Markup, Plot, Scale, Series, Tone, Unit, figure, html, table,
};
use crate::report::numbers::share;

/// Percentiles that a curve is drawn through.
const PERCENTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];
/// As if there were so many samples, so that the axis ends at the last of them.
const SAMPLES: u64 = 1_000;

/// Writes `comparison` as a page.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let page = Document {
        title: format!("{} · compare", words::verdict_word(comparison.verdict)),
        maker: format!("{} {}", comparison.tool.name, comparison.tool.version),
        body: html! {
            (verdict_first(comparison))
            (numbers(comparison))
            (facts(comparison))
            (doubts(comparison))
        },
    };
    out.write_all(page.into_html().as_bytes())
}

fn verdict_first(comparison: &Comparison) -> Markup {
    let class = class(comparison.verdict);
    html! {
        div class={ "verdict " (class) } {
            h1 { "B is " (words::verdict_word(comparison.verdict)) }
            p { (words::verdict(comparison)) "." }
        }
        p.aside { (comparison.exit.name.to_string()) }
        dl {
            @for (name, side) in [("A", &comparison.a), ("B", &comparison.b)] {
                dt { (name) }
                dd { (words::side(side)) }
            }
        }
    }
}

fn numbers(comparison: &Comparison) -> Markup {
    let rows: Vec<Vec<Markup>> = comparison.numbers.iter().enumerate().map(row).collect();
    let interval = format!("{:.0} %, of all", comparison.confidence * 100.0);
    let shown = [Metric::DeliveryLatency, Metric::ServiceLatency, Metric::ConnectLatency];
    html! {
        h2 { "The numbers" }
        p.aside {
            "Differences of less than "
            (figure("noise", comparison.noise, share(comparison.noise)))
            " do not matter. The intervals hold together: none of them is wrong in "
            (figure("confidence", comparison.confidence, share(comparison.confidence)))
            " of all comparisons."
        }
        (table(&["number", "A", "B", "change", &interval, "B is"], &rows))
        div.plots { @for metric in shown { (curves(comparison, metric)) } }
    }
}

fn row((at, number): (usize, &Number)) -> Vec<Markup> {
    let [name, a, b, change, interval, amounts] = words::row(number);
    let told = |field: &str, exact: Option<f64>, shown: String| match exact {
        Some(exact) => figure(&format!("numbers.{at}.{field}"), exact, shown),
        None => html! { (shown) },
    };
    let class = number.finding.map_or("aside", class);
    vec![
        html! { (name) },
        told("a", number.a, a),
        told("b", number.b, b),
        told("change", number.change, change),
        html! { (interval) },
        html! { span class={ "words " (class) } { (amounts) } },
    ]
}

/// A metric of both sides over its percentiles, if both have some.
fn curves(comparison: &Comparison, metric: Metric) -> Markup {
    let of = |side: fn(&Number) -> Option<f64>| -> Vec<(f64, f64)> {
        let find = |name: &str| {
            let mut those = comparison.numbers.iter().filter(|it| it.metric == Some(metric));
            those.find(|it| it.statistic == name).and_then(side)
        };
        PERCENTILES.iter().filter_map(|(name, share)| Some((*share, find(name)?))).collect()
    };
    let (a, b) = (of(|it| it.a), of(|it| it.b));
    if a.len() < 2 || b.len() < 2 {
        return html! {};
    }
    let scale = Scale::log(a.iter().chain(&b).map(|point| point.1));
    let line =
        |label: &str, tone, points| Series { label: label.into(), tone, look: Look::Line, points };
    let plot = Plot {
        title: metric.name().into(),
        note: "Of all runs of each side together.".into(),
        x: Axis {
            label: "percentile".into(),
            scale: Scale::percentiles(SAMPLES),
            unit: Unit::Percentile,
        },
        y: Axis { label: "latency".into(), scale, unit: Unit::Milliseconds },
        spans: Vec::new(),
        ribbons: Vec::new(),
        rules: Vec::new(),
        series: vec![line("A", Tone::First, a), line("B", Tone::Second, b)],
    };
    plot.to_markup()
}

fn facts(comparison: &Comparison) -> Markup {
    let (a, b) = (comparison.a.runs.len(), comparison.b.runs.len());
    let missed = comparison.thresholds.iter().filter(|it| it.a_missed + it.b_missed > 0);
    let missed: Vec<_> = missed.collect();
    html! {
        @if !comparison.promises.is_empty() {
            h2 { "Broken promises" }
            ul {
                @for it in &comparison.promises {
                    li { span class=(class(it.finding)) { (words::promise(it, a, b)) } }
                }
            }
        }
        @if !missed.is_empty() {
            h2 { "Missed thresholds" }
            ul {
                @for it in missed {
                    li {
                        (it.name) ": in " (it.a_missed) " of " (a) " runs of A, in "
                        (it.b_missed) " of " (b) " of B"
                    }
                }
            }
        }
    }
}

fn doubts(comparison: &Comparison) -> Markup {
    html! {
        @if !comparison.doubts.is_empty() {
            h2 { "Doubts" }
            ul.doubts {
                @for doubt in &comparison.doubts {
                    li { span.unsure { "? " } (words::doubt(doubt)) }
                }
            }
        }
    }
}

fn class(finding: Finding) -> &'static str {
    match finding {
        Finding::Worse => "bad",
        Finding::Better => "good",
        Finding::Negligible | Finding::NotShown => "aside",
        Finding::Unknown => "unsure",
    }
}
