//! Latencies: how long things took, as curves over percentiles and as a table.

use super::curves::points;
use super::figures::{count, time};
use crate::metrics::Metric;
use crate::page::{Axis, Look, Markup, Plot, Scale, Series, Tone, Unit, html, table};
use crate::report::Report;

/// What each metric is, in words.
const WORDS: [(Metric, &str); 10] = [
    (Metric::DeliveryLatency, "received − intended: what a user sees"),
    (Metric::ServiceLatency, "received − sent: server and network"),
    (Metric::SendDelay, "sent − intended: the generator's own"),
    (Metric::FirstReceiver, "of each message, to its first receiver"),
    (Metric::LastReceiver, "of each message, to its last receiver"),
    (Metric::ConnectLatency, "from the first step to the namespace's CONNECT"),
    (Metric::JoinLatency, "from a join to the evidence of it"),
    (Metric::JoinToHeard, "from a join to the first message heard"),
    (Metric::ReconnectToHeard, "from wanting back to the first message heard"),
    (Metric::Deafness, "from a lost connection to hearing again"),
];

pub(super) fn section(report: &Report) -> Markup {
    let measured = |metric: &Metric| report.latencies.of(*metric).count > 0;
    if !Metric::ALL.iter().any(measured) {
        return html! {};
    }
    html! {
        h2 { "How long it took" }
        div.plots {
            (curves(report, "Latency by percentile", "Delivery counts from when a message was due, \
                service from when it was sent; what lies between them is the generator's.", &[
                (Metric::DeliveryLatency, "delivery", Tone::First),
                (Metric::ServiceLatency, "service", Tone::Second),
                (Metric::SendDelay, "send delay", Tone::Third),
            ]))
            (curves(report, "Fan-out: to the first receiver and to the last", "Each message counts \
                once, from when it was due until the first and the last member heard it.", &[
                (Metric::LastReceiver, "last", Tone::First),
                (Metric::FirstReceiver, "first", Tone::Third),
            ]))
        }
        (table(
            &["latency", "p50", "p90", "p95", "p99", "p99.9", "p99.99", "longest", "measured"],
            &rows(report),
        ))
        dl {
            @for (metric, words) in WORDS {
                @if measured(&metric) { dt { code { (metric.name()) } } dd { (words) } }
            }
        }
    }
}

fn curves(
    report: &Report,
    title: &str,
    note: &str,
    what: &[(Metric, &'static str, Tone)],
) -> Markup {
    let series: Vec<Series> = what
        .iter()
        .map(|(metric, label, tone)| Series {
            label: (*label).into(),
            tone: *tone,
            look: Look::Line,
            points: points(report.latencies.of(*metric)),
        })
        .filter(|series| !series.points.is_empty())
        .collect();
    if series.is_empty() {
        return html! {};
    }
    let most = what.iter().map(|(metric, ..)| report.latencies.of(*metric).count).max();
    let times = series.iter().flat_map(|series| series.points.iter().map(|point| point.1));
    let plot = Plot {
        title: title.into(),
        note: note.into(),
        x: Axis {
            label: "percentile".into(),
            scale: Scale::percentiles(most.unwrap_or(0)),
            unit: Unit::Percentile,
        },
        y: Axis { label: "latency".into(), scale: Scale::log(times), unit: Unit::Milliseconds },
        spans: Vec::new(),
        ribbons: Vec::new(),
        rules: Vec::new(),
        series,
    };
    plot.to_markup()
}

fn rows(report: &Report) -> Vec<Vec<Markup>> {
    let measured = WORDS.iter().map(|(metric, _)| (metric, report.latencies.of(*metric)));
    let measured = measured.filter(|(_, of)| of.count > 0);
    let row = |(metric, of): (&Metric, &crate::report::model::Distribution)| {
        let name = metric.name();
        let numbers = [
            ("p50_ms", of.p50_ms),
            ("p90_ms", of.p90_ms),
            ("p95_ms", of.p95_ms),
            ("p99_ms", of.p99_ms),
            ("p99_9_ms", of.p99_9_ms),
            ("p99_99_ms", of.p99_99_ms),
            ("max_ms", of.max_ms),
        ];
        let number = |(field, ms): (&str, f64)| time(&format!("latencies.{name}.{field}"), ms);
        let count = count(&format!("latencies.{name}.count"), of.count);
        let first = std::iter::once(html! { code { (name) } });
        first.chain(numbers.into_iter().map(number)).chain([count]).collect()
    };
    measured.map(row).collect()
}
