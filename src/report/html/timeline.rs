//! Timeline: what each moment of the run was like, with its phases and outages.

mod windows;

use super::figures::{count, counted, seconds, time};
use crate::page::{
    Axis, Look, Markup, Plot, Rule, Scale, Series, Span, Tone, Unit, folded, html, table,
};
use crate::report::Report;
use crate::report::model::Outage;
use crate::report::text::outages::how_deaf;
pub(super) use windows::WINDOWS_MAX;
use windows::Window;

/// Outages with a row of their own.
const OUTAGES_MAX: usize = 100;

pub(super) fn section(report: &Report) -> Markup {
    let windows = windows::of(&report.timeline);
    if windows.is_empty() {
        return html! {};
    }
    html! {
        h2 { "Over time" }
        div.plots {
            (latency(report, &windows))
            (throughput(report, &windows))
            (users(report, &windows))
            @if report.violations.total > 0 { (violations(report, &windows)) }
        }
        @let dropped = report.timeline_rows_dropped;
        @if dropped > 0 {
            p.aside {
                (counted("timeline_rows_dropped", dropped, ("second", "seconds")))
                " after these were too many to be kept."
            }
        }
        (outages(report))
    }
}

fn latency(report: &Report, windows: &[Window]) -> Markup {
    let of = |ms: fn(&Window) -> f64| {
        line(windows, |it| if it.delivered > 0 { ms(it) } else { f64::NAN })
    };
    let series = vec![
        series("longest", Tone::Second, of(|it| it.max_ms)),
        series("p99", Tone::First, of(|it| it.p99_ms)),
        series("p50", Tone::Third, of(|it| it.p50_ms)),
    ];
    let rules: Vec<Rule> = report
        .thresholds
        .iter()
        .filter(|it| it.name == "delivery_latency p99")
        .map(|it| Rule {
            at: it.limit,
            label: format!("asked for: p99 {}", Unit::Milliseconds.tick(it.limit)),
        })
        .collect();
    let times = series.iter().flat_map(|series| series.points.iter().map(|point| point.1));
    let scale = Scale::log(times.chain(rules.iter().map(|rule| rule.at)));
    let y = Axis { label: "delivery latency".into(), scale, unit: Unit::Milliseconds };
    let note = format!("Of the deliveries in {}.", each(windows));
    Plot { rules, ..over_time(report, ("Delivery latency", &note), y, series) }.to_markup()
}

fn throughput(report: &Report, windows: &[Window]) -> Markup {
    let series = vec![
        series("delivered", Tone::First, line(windows, |it| it.each_second(it.delivered))),
        series("sent", Tone::Second, line(windows, |it| it.each_second(it.sent))),
    ];
    let note = format!(
        "Messages sent, and deliveries: each message is delivered to all others in its room. {}",
        mean(windows)
    );
    let y = counts("messages per second", &series);
    over_time(report, ("Throughput", note.trim_end()), y, series).to_markup()
}

fn users(report: &Report, windows: &[Window]) -> Markup {
    let mut all = vec![series("connected", Tone::First, line(windows, |it| it.connected as f64))];
    if windows.iter().any(|it| it.deaf > 0) {
        all.push(series("deaf", Tone::Second, line(windows, |it| it.deaf as f64)));
    }
    if report.counters.connects > 0 {
        let rate = line(windows, |it| it.each_second(it.connects));
        all.push(series("connects/s", Tone::Third, rate));
    }
    let note = format!(
        "Connected at each moment; deaf is who lost a connection and has heard nothing since{}",
        match seconds_each(windows) {
            1 => ".".into(),
            many => format!(
                ": the most of {many} s each. Connects are the mean of them, and connected is who \
                 is at their end."
            ),
        }
    );
    let y = counts("users", &all);
    over_time(report, ("Users", &note), y, all).to_markup()
}

fn violations(report: &Report, windows: &[Window]) -> Markup {
    let broken = line(windows, |it| it.each_second(it.violations));
    let all = vec![series("broken", Tone::Bad, broken)];
    let y = counts("broken promises per second", &all);
    let note = format!(
        "When they were noticed: what is lost is known to be only when the run is over. {}",
        mean(windows)
    );
    over_time(report, ("Broken promises", note.trim_end()), y, all).to_markup()
}

fn each(windows: &[Window]) -> String {
    match seconds_each(windows) {
        1 => "each second".into(),
        many => format!("the worst of each {many} seconds"),
    }
}

/// What rates are where a point stands for several seconds: one with a stall in it is no zero.
fn mean(windows: &[Window]) -> String {
    match seconds_each(windows) {
        1 => String::new(),
        many => format!("Each point is the mean of {many} s."),
    }
}

fn seconds_each(windows: &[Window]) -> usize {
    windows.iter().map(|window| window.rows).max().unwrap_or(1).max(1)
}

pub(super) fn series(label: &str, tone: Tone, points: Vec<(f64, f64)>) -> Series {
    Series { label: label.into(), tone, look: Look::Line, points }
}

fn line(windows: &[Window], number: impl Fn(&Window) -> f64) -> Vec<(f64, f64)> {
    windows.iter().map(|window| (window.to_s, number(window))).collect()
}

pub(super) fn counts(label: &str, series: &[Series]) -> Axis {
    let numbers = series.iter().flat_map(|series| series.points.iter().map(|point| point.1));
    Axis { label: label.into(), scale: Scale::from_zero(numbers), unit: Unit::Count }
}

pub(super) fn over_time(
    report: &Report,
    (title, note): (&str, &str),
    y: Axis,
    series: Vec<Series>,
) -> Plot {
    let end = report.timeline.last().map_or(0.0, |row| row.at_s).max(report.durations.run_s);
    Plot {
        title: title.into(),
        note: note.into(),
        x: Axis {
            label: "since the run began".into(),
            scale: Scale::Moments { from: 0.0, to: end },
            unit: Unit::Seconds,
        },
        y,
        spans: spans(report, end),
        ribbons: Vec::new(),
        rules: Vec::new(),
        series,
    }
}

fn spans(report: &Report, end: f64) -> Vec<Span> {
    let phases = report.phases.iter().map(|phase| Span {
        from: phase.from_s,
        to: phase.to_s,
        label: phase.name.clone(),
        tone: Tone::Quiet,
    });
    let outages = report.outages.iter().take(OUTAGES_MAX).map(|outage| Span {
        from: outage.from_s,
        to: outage.to_s.unwrap_or(end),
        label: "outage".into(),
        tone: Tone::Bad,
    });
    let joining = report.durations.load_from_s.map(|from| Span {
        from: 0.0,
        to: from,
        label: "joining".into(),
        tone: Tone::Quiet,
    });
    joining.into_iter().chain(phases).chain(outages).collect()
}

fn outages(report: &Report) -> Markup {
    let deafness = &report.deafness;
    if deafness.times.saturating_add(deafness.dropped) == 0 {
        return html! {};
    }
    let rows: Vec<Vec<Markup>> =
        report.outages.iter().take(OUTAGES_MAX).enumerate().map(outage).collect();
    let untold = (report.outages.len() - rows.len()) as u64;
    let untold = untold.saturating_add(report.outages_dropped);
    let heads = ["from", "to", "users", "median deafness", "longest", "messages unsent"];
    let longest = report.deaf_longest.iter().enumerate().map(|(at, spell)| {
        let path = format!("deaf_longest.{at}");
        vec![
            html! { (spell.user) },
            seconds(&format!("{path}.from_s"), spell.from_s),
            spell
                .to_s
                .map_or_else(|| html! { "never" }, |to_s| seconds(&format!("{path}.to_s"), to_s)),
        ]
    });
    html! {
        h3 { "Outages" }
        p { (how_deaf(report)) }
        (table(&heads, &rows))
        @if untold > 0 { p.aside { "… and " (crate::report::numbers::count(untold)) " more" } }
        (folded(
            &html! { "Who was deaf for the longest" },
            &table(&["user", "lost its connection", "heard again"], &longest.collect::<Vec<_>>()),
        ))
    }
}

fn outage((at, outage): (usize, &Outage)) -> Vec<Markup> {
    let path = |field: &str| format!("outages.{at}.{field}");
    vec![
        seconds(&path("from_s"), outage.from_s),
        outage.to_s.map_or_else(|| html! { "the end" }, |to_s| seconds(&path("to_s"), to_s)),
        count(&path("users"), outage.users),
        time(&path("deafness_p50_ms"), outage.deafness_p50_ms),
        time(&path("deafness_max_ms"), outage.deafness_max_ms),
        count(&path("messages_unsent"), outage.messages_unsent),
    ]
}
