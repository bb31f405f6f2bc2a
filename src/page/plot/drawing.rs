//! Drawing: a plot as SVG, in which nothing has a colour of its own.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::frame::Frame;
use super::labels::apart;
use super::{Look, Plot, Series, Shape, Span, Tone};

/// Places on the axis below that tell their numbers to a pointer, at most: as many as there are
/// rows of numbers.
const HITS_MAX: usize = 240;
/// What half a mark takes.
const MARK: f64 = 4.5;

pub(super) fn draw(plot: &Plot, frame: &Frame) -> Markup {
    let view = format!("0 0 {} {}", frame.width, frame.height);
    html! {
        svg class=(frame.class) viewBox=(view) role="img" aria-label=(plot.title) {
            title { (plot.title) }
            desc { (plot.note) }
            @for span in &plot.spans { (stretch(plot, span, frame)) }
            (grid(plot, frame))
            @for ribbon in &plot.ribbons {
                path class={ "ribbon " (ribbon.tone.class()) } d=(outline(plot, ribbon, frame)) {}
            }
            @for rule in &plot.rules {
                @if let Some(place) = plot.y.scale.place(rule.at) {
                    @let y = round(frame.y(place));
                    line.rule x1=(frame.left()) x2=(frame.right()) y1=(y) y2=(y) {}
                    text.rule x=(frame.left() + 4.0) y=(round(beside(y, frame))) { (rule.label) }
                }
            }
            @for series in &plot.series { (lines(plot, series, frame)) }
            (names(plot, frame))
            (hits(plot, frame))
        }
    }
}

/// Above a line, or below where there is no room above.
fn beside(y: f64, frame: &Frame) -> f64 {
    if y < frame.top() + 16.0 { y + 14.0 } else { y - 4.0 }
}

fn stretch(plot: &Plot, span: &Span, frame: &Frame) -> Markup {
    let place = |at| plot.x.scale.place(at).map(|place| frame.x(place));
    let Some((from, to)) = place(span.from).zip(place(span.to)) else { return html! {} };
    if !plot.x.scale.shows((span.from, span.to)) {
        return html! {};
    }
    // However short, it can be seen.
    let width = (to - from).max(2.0);
    let is_phase = span.tone == Tone::Quiet;
    // A letter takes about six and a half.
    let letters = ((width / 6.5) as usize).saturating_sub(1);
    let fits = span.label.chars().count() <= letters;
    let (middle, height) = (from + width / 2.0, frame.bottom() - frame.top());
    html! {
        rect class={ "span " (span.tone.class()) } x=(round(from)) y=(frame.top())
            width=(round(width)) height=(height) { title { (span.label) } }
        @if is_phase { line.phase x1=(round(to)) x2=(round(to)) y1=(frame.top())
            y2=(frame.bottom()) {} }
        @if fits && !span.label.is_empty() {
            text class={ "span " (span.tone.class()) } x=(round(middle))
                y=(frame.top() + if is_phase { -4.0 } else { 13.0 }) { (span.label) }
        }
    }
}

fn grid(plot: &Plot, frame: &Frame) -> Markup {
    let (left, right, bottom) = (frame.left(), frame.right(), frame.bottom());
    let xs = ticks_of(&plot.x, frame.x_ticks, |place| frame.x(place));
    let ys = ticks_of(&plot.y, frame.y_ticks, |place| frame.y(place));
    html! {
        @for (y, told) in &ys {
            line.grid x1=(left) x2=(right) y1=(y) y2=(y) {}
            text.y x=(left - 6.0) y=(round(y + 4.0)) { (told) }
        }
        @for (x, told) in &xs {
            line.tick x1=(x) x2=(x) y1=(bottom) y2=(bottom + 5.0) {}
            text.x x=(x) y=(bottom + 18.0) { (told) }
        }
        line.axis x1=(left) x2=(right) y1=(bottom) y2=(bottom) {}
        text.name x="2" y="14" { (plot.y.label) }
        text.name.below x=(right) y=(frame.height - 6.0) { (plot.x.label) }
    }
}

fn ticks_of(axis: &super::Axis, most: usize, at: impl Fn(f64) -> f64) -> Vec<(f64, String)> {
    let ticks = axis.scale.ticks(most).into_iter();
    let placed = ticks.filter_map(|tick| axis.scale.place(tick).map(|place| (tick, place)));
    placed.map(|(tick, place)| (round(at(place)), axis.unit.tick(tick))).collect()
}

fn lines(plot: &Plot, series: &Series, frame: &Frame) -> Markup {
    let tone = series.tone.class();
    match series.look {
        Look::Line => html! { path class={ "line " (tone) } d=(way(plot, series, frame)) {} },
        Look::Dashed => {
            html! { path class={ "line dashed " (tone) } d=(way(plot, series, frame)) {} }
        }
        Look::Marks(shape) => html! {
            @for &(x, y) in &series.points {
                @if let Some((at, _)) = spot(plot, (x, y), frame) {
                    path class={ "mark " (shape.class()) " " (tone) } d=(shape.outline(at)) {
                        title { (series.label) ": " (told(plot, (x, y))) }
                    }
                }
            }
        },
    }
}

fn told(plot: &Plot, (x, y): (f64, f64)) -> String {
    format!("{} at {}", plot.y.unit.tick(y), plot.x.unit.tick(x))
}

/// Where a point lies, and its number at the left.
fn spot(plot: &Plot, (x, y): (f64, f64), frame: &Frame) -> Option<((f64, f64), f64)> {
    let (x, place) = plot.x.scale.place(x).zip(plot.y.scale.place(y))?;
    Some(((round(frame.x(x)), round(frame.y(place))), y))
}

fn way(plot: &Plot, series: &Series, frame: &Frame) -> String {
    let (mut way, mut on) = (String::new(), false);
    for point in &series.points {
        let Some(((x, y), _)) = spot(plot, *point, frame) else {
            on = false;
            continue;
        };
        // A stretch without length lets a point between two breaks be seen. A string takes all.
        let _ = if on { write!(way, "L{x} {y}") } else { write!(way, "M{x} {y}h0") };
        on = true;
    }
    way
}

fn outline(plot: &Plot, ribbon: &super::Ribbon, frame: &Frame) -> String {
    let side = |which: fn(&(f64, f64, f64)) -> f64| {
        let points = ribbon.points.iter().map(move |point| (point.0, which(point)));
        points.filter_map(|point| spot(plot, point, frame)).collect::<Vec<_>>()
    };
    let (lower, upper) = (side(|point| point.1), side(|point| point.2));
    let around = lower.iter().chain(upper.iter().rev());
    let points: Vec<String> = around.map(|((x, y), _)| format!("{x} {y}")).collect();
    if points.is_empty() { String::new() } else { format!("M{}Z", points.join("L")) }
}

/// The name of each line, beside its end.
fn names(plot: &Plot, frame: &Frame) -> Markup {
    let ends = plot.series.iter().filter(|series| series.look.has_name()).filter_map(|series| {
        let last = series.points.iter().rev().find_map(|point| spot(plot, *point, frame));
        last.map(|((_, y), _)| (series, y))
    });
    let ends: Vec<(&Series, f64)> = ends.collect();
    let wanted: Vec<f64> = ends.iter().map(|(_, y)| y + 4.0).collect();
    let at = apart(&wanted, frame.top() + 4.0, frame.bottom());
    html! {
        @for ((series, _), y) in ends.iter().zip(&at) {
            text class={ "label " (series.tone.class()) } x=(frame.right() + 7.0) y=(round(*y)) {
                (series.label)
            }
        }
    }
}

/// What a pointer is told: the numbers of all lines at each place, without a script.
fn hits(plot: &Plot, frame: &Frame) -> Markup {
    let longest = plot.series.iter().filter(|series| series.look.has_name());
    let Some(longest) = longest.max_by_key(|series| series.points.len()) else {
        return html! {};
    };
    let every = longest.points.len().div_ceil(HITS_MAX).max(1);
    let xs: Vec<f64> = longest.points.iter().step_by(every).map(|(x, _)| *x).collect();
    let places = xs.iter().filter_map(|x| plot.x.scale.place(*x).map(|at| (*x, frame.x(at))));
    let places: Vec<(f64, f64)> = places.collect();
    let middle = |at: usize| (places[at].1 + places[at + 1].1) / 2.0;
    html! {
        @for (at, (x, _)) in places.iter().enumerate() {
            @let from = if at == 0 { frame.left() } else { middle(at - 1) };
            @let to = if at + 1 == places.len() { frame.right() } else { middle(at) };
            rect.hit x=(round(from)) y=(frame.top()) width=(round((to - from).max(0.5)))
                height=(frame.bottom() - frame.top()) { title { (read_out(plot, *x)) } }
        }
    }
}

fn read_out(plot: &Plot, x: f64) -> String {
    let mut text = plot.x.unit.tick(x);
    for series in &plot.series {
        let there = series.points.iter().find(|point| point.0 == x && point.1.is_finite());
        if let Some((_, y)) = there {
            let _ = write!(text, "\n{}: {}", series.label, plot.y.unit.tick(*y));
        }
    }
    text
}

impl Look {
    fn has_name(self) -> bool {
        !matches!(self, Look::Marks(_))
    }
}

impl Shape {
    fn class(self) -> &'static str {
        match self {
            Shape::Disc => "disc",
            Shape::Cross => "cross",
            Shape::Diamond => "diamond",
        }
    }

    fn outline(self, (x, y): (f64, f64)) -> String {
        let (left, right) = (round(x - MARK), round(x + MARK));
        let (top, bottom) = (round(y - MARK), round(y + MARK));
        match self {
            Shape::Disc => {
                let all = 2.0 * MARK;
                format!("M{left} {y}a{MARK} {MARK} 0 1 0 {all} 0a{MARK} {MARK} 0 1 0 -{all} 0Z")
            }
            Shape::Cross => format!("M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}"),
            Shape::Diamond => format!("M{x} {top}L{right} {y}L{x} {bottom}L{left} {y}Z"),
        }
    }
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
