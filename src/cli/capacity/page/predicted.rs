//! Predicted: what the Universal Scalability Law makes of the steps, apart from what was measured.

use crate::capacity::usl::{Fit, Intervals};
use crate::capacity::{Prediction, Study};
use crate::cli::capacity::text;
use crate::page::{
    Axis, Look, Markup, Plot, Scale, Series, Shape, Span, Tone, Unit, figure, html, table,
};
use crate::report::numbers::count;

/// Points of the curve that is drawn.
const CURVE_POINTS: u32 = 100;
/// How far beyond the highest load the curve is drawn, unless its peak lies farther.
const BEYOND: f64 = 1.5;

pub(super) fn section(study: &Study) -> Markup {
    let Some(prediction) = &study.usl else { return html! {} };
    let (said, reasons) = text::predicted(prediction, study.vary.unit());
    html! {
        section.predicted-box {
            h2 { "Predicted, not measured" }
            p { "From the steps: " (said) @if reasons.is_empty() { "." } @else { ", since" } }
            @if !reasons.is_empty() {
                ul { @for reason in reasons { li { (reason) } } }
            }
            @if let Some(fit) = &prediction.fit {
                div.plots {
                    (curve(study, prediction, fit))
                    (residuals(study, fit))
                }
                (coefficients(fit, prediction.intervals.as_ref()))
            }
        }
    }
}

fn curve(study: &Study, prediction: &Prediction, fit: &Fit) -> Markup {
    let loads = || fit.points.iter().map(|point| point.load);
    let (lowest, highest) = (loads().fold(f64::INFINITY, f64::min), loads().fold(0.0, f64::max));
    let peak = fit.peak.map_or(0.0, |peak| peak.load).min(4.0 * highest);
    let end = (BEYOND * highest).max(1.1 * peak);
    let at = |part: u32| lowest * (end / lowest).powf(f64::from(part) / f64::from(CURVE_POINTS));
    let point = |load: f64| (load, fit.coefficients.throughput_at(load));
    let predicted: Vec<(f64, f64)> = (0..=CURVE_POINTS).map(|part| point(at(part))).collect();
    let mut measured: Vec<(f64, f64)> =
        fit.points.iter().map(|point| (point.load, point.throughput)).collect();
    measured.sort_by(|one, other| one.0.total_cmp(&other.0));
    let rates = predicted.iter().chain(&measured).map(|point| point.1);
    let peak_load = prediction.intervals.as_ref().map(|it| it.peak_load);
    let scale = Scale::log([lowest, end].into_iter());
    let span = peak_load.filter(|_| fit.peak.is_some()).map(|it| Span {
        // What is absent is infinite; that is drawn as far as the axis goes.
        from: it.low.unwrap_or(f64::MAX),
        to: it.high.unwrap_or(f64::MAX),
        label: "peak, 95 %".into(),
        tone: Tone::Predicted,
    });
    let (span, beyond): (Vec<Span>, Vec<Span>) =
        span.into_iter().partition(|span| scale.shows((span.from, span.to)));
    let plot = Plot {
        title: "The curve of the law".into(),
        note: curve_note(beyond.is_empty()),
        x: Axis { label: study.vary.unit().into(), scale, unit: Unit::Count },
        y: Axis {
            label: "deliveries per second".into(),
            scale: Scale::from_zero(rates),
            unit: Unit::Count,
        },
        spans: span,
        ribbons: Vec::new(),
        rules: Vec::new(),
        series: vec![
            series("predicted", Tone::Predicted, Look::Dashed, predicted),
            series("measured", Tone::First, Look::Marks(Shape::Disc), measured),
        ],
    };
    plot.to_markup()
}

fn curve_note(peak_is_drawn_if_any: bool) -> String {
    let note = "Discs are the steps that were measured; the broken line is the law.";
    let beyond = " All between which the peak lies, at 95 %, is beyond what is drawn.";
    format!("{note}{}", if peak_is_drawn_if_any { "" } else { beyond })
}

fn residuals(study: &Study, fit: &Fit) -> Markup {
    let mut points: Vec<(f64, f64)> =
        fit.points.iter().map(|point| (point.load, point.residual)).collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let most = points.iter().map(|point| point.1.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let plot = Plot {
        title: "Residuals".into(),
        note:
            "Measured less predicted. What follows a pattern says that the law has not the shape \
               of this server."
                .into(),
        x: Axis {
            label: study.vary.unit().into(),
            scale: Scale::log(points.iter().map(|point| point.0)),
            unit: Unit::Count,
        },
        y: Axis {
            label: "deliveries per second".into(),
            scale: Scale::Linear { from: -1.1 * most, to: 1.1 * most },
            unit: Unit::Count,
        },
        spans: Vec::new(),
        ribbons: Vec::new(),
        rules: Vec::new(),
        series: vec![series("residual", Tone::Predicted, Look::Marks(Shape::Diamond), points)],
    };
    plot.to_markup()
}

fn series(label: &str, tone: Tone, look: Look, points: Vec<(f64, f64)>) -> Series {
    Series { label: label.into(), tone, look, points }
}

fn coefficients(fit: &Fit, intervals: Option<&Intervals>) -> Markup {
    let it = &fit.coefficients;
    let between = |ends: Option<(Option<f64>, Option<f64>)>, tell: fn(f64) -> String| match ends {
        Some((low, high)) => {
            let end = |end: Option<f64>| end.map_or("∞".into(), tell);
            html! { (end(low)) " to " (end(high)) }
        }
        None => html! { "–" },
    };
    let both = |of: fn(&Intervals) -> (f64, f64)| {
        intervals.map(of).map(|(low, high)| (Some(low), Some(high)))
    };
    let small: fn(f64) -> String = |number| format!("{number:.3e}");
    let whole: fn(f64) -> String = |number| count(number.max(0.0).round() as u64);
    let number = |path: &str, number: f64, tell: fn(f64) -> String| {
        figure(&format!("usl.fit.{path}"), number, tell(number))
    };
    let mut rows = vec![
        vec![
            html! { "λ: deliveries per second at a load of one" },
            number("coefficients.throughput_of_one", it.throughput_of_one, small),
            between(both(|it| (it.throughput_of_one.low, it.throughput_of_one.high)), small),
        ],
        vec![
            html! { "σ: contention" },
            number("coefficients.contention", it.contention, small),
            between(both(|it| (it.contention.low, it.contention.high)), small),
        ],
        vec![
            html! { "κ: coherency" },
            number("coefficients.coherency", it.coherency, small),
            between(both(|it| (it.coherency.low, it.coherency.high)), small),
        ],
    ];
    if let Some(peak) = fit.peak {
        let load = intervals.map(|it| (it.peak_load.low, it.peak_load.high));
        let most = intervals.map(|it| (it.peak_throughput.low, it.peak_throughput.high));
        rows.push(vec![
            html! { "load at the peak" },
            number("peak.load", peak.load, whole),
            between(load, whole),
        ]);
        rows.push(vec![
            html! { "deliveries per second at the peak" },
            number("peak.throughput", peak.throughput, whole),
            between(most, whole),
        ]);
    }
    rows.push(vec![
        html! { "R²" },
        number("r_squared", fit.r_squared, |number| format!("{number:.3}")),
        html! { "–" },
    ]);
    table(&["of the law", "fitted", "between, at 95 %"], &rows)
}
