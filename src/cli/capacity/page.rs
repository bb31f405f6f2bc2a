//! Page: a study as a page: the answer first, then its steps, then, apart, what is predicted.

mod predicted;
mod sizing;

use super::text;
use crate::capacity::search::Conclusion;
use crate::capacity::{StepReport, StepVerdict, Study};
use crate::page::{
    Axis, Document, Look, Markup, Plot, Scale, Series, Shape, Span, Tone, Unit, figure, folded,
    html, table,
};
use crate::report::numbers::{bytes, cores, count, share, time};

/// `study` as a page.
pub(in crate::cli) fn page(study: &Study) -> String {
    let document = Document {
        title: format!("{} · {}", sentence(study), study.name),
        maker: format!("chatbench {} · {}", study.chatbench, study.started),
        body: html! {
            (answer_first(study))
            (subject(study))
            (steps(study))
            (sizing::section(study))
            (predicted::section(study))
            h2 { "The same again" }
            pre { code { (study.command) } }
            (folded(&html! { "The scenario at its own load" }, &html! {
                pre { code { (study.scenario) } }
            }))
        },
    };
    document.into_html()
}

fn sentence(study: &Study) -> String {
    let unit = study.vary.unit();
    match &study.answer {
        Some(answer) => text::sentence(answer, unit),
        None => "the search has not ended".into(),
    }
}

fn answer_first(study: &Study) -> Markup {
    let answer = study.answer.as_ref();
    let (class, mark) = match answer.map(|answer| &answer.conclusion) {
        Some(Conclusion::Found | Conclusion::AtLeast) => ("good", "✓"),
        Some(Conclusion::Nothing) => ("bad", "✗"),
        Some(Conclusion::Unknown { .. }) | None => ("unsure", "?"),
    };
    let unit = study.vary.unit();
    let shown = answer.map(|it| [("holds", &it.holds), ("fails", &it.fails)]).into_iter().flatten();
    let shown = shown.filter_map(|(what, shown)| shown.as_ref().map(|shown| (what, shown)));
    html! {
        div class={ "verdict " (class) } {
            h1 { (mark) " " (study.name) ": " (sentence(study)) }
            p { "Measured: the largest load at which nothing is violated, every threshold holds, \
                 and no backlog grows." }
        }
        dl {
            @for (what, shown) in shown {
                dt { (what) }
                dd {
                    (figure(&format!("answer.{what}.load"), shown.load, count(shown.load)))
                    span.aside { (text::told(shown, unit).trim_start_matches(&count(shown.load))) }
                }
            }
            @if let Some(answer) = answer {
                @for remark in &answer.remarks { dt { "remark" } dd { (remark) } }
                @if let Conclusion::Unknown { why } = &answer.conclusion {
                    dt { "because" } dd { (why) }
                    dt { "remedy" } dd { (why.remedy()) }
                }
            }
        }
    }
}

fn subject(study: &Study) -> Markup {
    let (limits, unit) = (&study.limits, study.vary.unit());
    html! {
        p {
            "Searched from " (figure("limits.from", limits.from, count(limits.from))) " to "
            (figure("limits.to", limits.to, count(limits.to))) " " (unit) ", to within "
            (figure("limits.precision", limits.precision, share(limits.precision)))
            ", in steps of " (figure("step_s", study.step_s, time(study.step_s * 1e3))) " on "
            @if study.targets.is_empty() { "the bundled reference server" }
            @for target in &study.targets { code { (target) } " " }
            ", with seed " (figure("seed", study.seed, study.seed)) "."
        }
    }
}

fn steps(study: &Study) -> Markup {
    let unit = study.vary.unit();
    let latency = |step: &StepReport| step.measured.as_ref().map(|it| it.delivery_p99_ms);
    let throughput = |step: &StepReport| step.measured.as_ref().map(|it| it.deliveries_per_s);
    let times = study.steps.iter().filter_map(latency);
    let rates = study.steps.iter().filter_map(throughput);
    let latency_axis = Axis {
        label: "delivery latency, p99".into(),
        scale: Scale::log(times),
        unit: Unit::Milliseconds,
    };
    let rate_axis = Axis {
        label: "deliveries per second".into(),
        scale: Scale::from_zero(rates),
        unit: Unit::Count,
    };
    let rows: Vec<Vec<Markup>> = study.steps.iter().enumerate().map(row).collect();
    html! {
        h2 { "The steps" }
        @if !rows.is_empty() {
            p {
                span.good { "● holds" } "   " span.bad { "✕ fails" } "   "
                span.unsure { "◇ unknown" } "   "
                @if interval(study).is_some() {
                    span.aside { "The answer lies in what is shaded." }
                }
            }
            div.plots {
                (by_load(study, "Latency by load", latency_axis, &latency))
                (by_load(study, "Throughput by load", rate_axis, &throughput))
            }
            @if let Some(why) = study.steps.iter().find_map(text::unobserved) {
                p { span.unsure { "? " } "The server could not be looked at in each step: " (why) }
            }
            (table(
                &[
                    "step",
                    unit,
                    "deliveries/s",
                    "p50",
                    "p99",
                    "send delay p99",
                    "cores",
                    "memory",
                    "verdict",
                ],
                &rows,
            ))
        }
    }
}

type Number<'a> = &'a dyn Fn(&StepReport) -> Option<f64>;

fn by_load(study: &Study, title: &str, y: Axis, number: Number<'_>) -> Markup {
    let marks = |label: &str, tone, shape, is_of: fn(&StepVerdict) -> bool| {
        let those = study.steps.iter().filter(|step| is_of(&step.step.result.verdict));
        let points = those.filter_map(|step| Some((step.step.result.load as f64, number(step)?)));
        let mut points: Vec<(f64, f64)> = points.collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        Series { label: label.into(), tone, look: Look::Marks(shape), points }
    };
    let plot = Plot {
        title: title.into(),
        note: "Each mark is a step: a run at this load.".into(),
        x: loads(study),
        y,
        spans: Vec::from_iter(interval(study)),
        ribbons: Vec::new(),
        rules: Vec::new(),
        series: vec![
            marks("holds", Tone::Good, Shape::Disc, |it| matches!(it, StepVerdict::Holds)),
            marks("fails", Tone::Bad, Shape::Cross, |it| matches!(it, StepVerdict::Fails { .. })),
            marks("unknown", Tone::Unsure, Shape::Diamond, |it| {
                matches!(it, StepVerdict::Unknown { .. })
            }),
        ],
    };
    plot.to_markup()
}

fn loads(study: &Study) -> Axis {
    let loads = study.steps.iter().map(|step| step.step.result.load as f64);
    Axis { label: study.vary.unit().into(), scale: Scale::log(loads), unit: Unit::Count }
}

/// Between what holds and what fails.
fn interval(study: &Study) -> Option<Span> {
    let answer = study.answer.as_ref()?;
    let load =
        |shown: &Option<crate::capacity::search::Shown>| shown.as_ref().map(|it| it.load as f64);
    let (from, to) = load(&answer.holds).zip(load(&answer.fails))?;
    Some(Span { from, to, label: "answer".into(), tone: Tone::First })
}

fn row((at, step): (usize, &StepReport)) -> Vec<Markup> {
    let result = &step.step.result;
    let class = match result.verdict {
        StepVerdict::Holds => "good",
        StepVerdict::Fails { .. } => "bad",
        StepVerdict::Unknown { .. } => "unsure",
    };
    let path = |field: &str| format!("steps.{at}.measured.{field}");
    let measured = |field: &str, number: Option<f64>, tell: fn(f64) -> String| match number {
        Some(number) => figure(&path(field), number, tell(number)),
        None => html! { "–" },
    };
    let it = step.measured.as_ref();
    let server = it.and_then(|it| it.server.as_ref()).map(|it| &it.summary);
    let memory = server.and_then(|it| it.rss_max_bytes).map(|bytes| bytes as f64);
    vec![
        html! { (at + 1) },
        figure(&format!("steps.{at}.result.load"), result.load, count(result.load)),
        measured("deliveries_per_s", it.map(|it| it.deliveries_per_s), |it| {
            count(it.round() as u64)
        }),
        measured("delivery_p50_ms", it.map(|it| it.delivery_p50_ms), time),
        measured("delivery_p99_ms", it.map(|it| it.delivery_p99_ms), time),
        measured("send_delay_p99_ms", it.map(|it| it.send_delay_p99_ms), time),
        measured("server.cpu_mean_cores", server.and_then(|it| it.cpu_mean_cores), cores),
        measured("server.rss_max_bytes", memory, |it| bytes(it.round() as u64)),
        html! { span class={ "words " (class) } { (text::words(&result.verdict)) } },
    ]
}

#[cfg(test)]
mod tests;
