//! Plot: lines and marks over two axes, as a drawing and as a table of the same numbers.

mod drawing;
mod frame;
mod labels;
mod numbers;

use maud::{Markup, html};

use super::figure::folded;
use super::{Scale, Unit};
use frame::{NARROW, WIDE};

/// What is drawn over two axes.
#[derive(Clone, Debug)]
pub struct Plot {
    /// What it shows: its heading, and its name for whoever does not see it.
    pub title: String,
    /// What there is to be seen in it, in a sentence or two.
    pub note: String,
    /// The axis below.
    pub x: Axis,
    /// The axis at the left.
    pub y: Axis,
    /// Stretches of the axis below, behind everything else.
    pub spans: Vec<Span>,
    /// Areas between two numbers, behind the lines.
    pub ribbons: Vec<Ribbon>,
    /// Lines across the whole of it.
    pub rules: Vec<Rule>,
    /// What was measured, or predicted.
    pub series: Vec<Series>,
}

/// One of the axes.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it is of; its unit included, where the numbers do not say it.
    pub label: String,
    /// Where numbers lie on it.
    pub scale: Scale,
    /// What the numbers are of.
    pub unit: Unit,
}

/// Numbers that belong together.
#[derive(Clone, Debug)]
pub struct Series {
    /// What they are of: stands beside the last of them.
    pub label: String,
    /// Its colour.
    pub tone: Tone,
    /// How it is drawn.
    pub look: Look,
    /// Numbers of both axes, in the order of the one below. Where one of them has no place, such
    /// as `NaN`, a line is broken.
    pub points: Vec<(f64, f64)>,
}

/// A stretch of the axis below.
#[derive(Clone, Debug)]
pub struct Span {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What it is; may be empty.
    pub label: String,
    /// Its colour.
    pub tone: Tone,
}

/// An area between two numbers of the axis at the left.
#[derive(Clone, Debug)]
pub struct Ribbon {
    /// The number of the axis below, and the two of that at the left, lower first.
    pub points: Vec<(f64, f64, f64)>,
    /// What it is; for the table.
    pub label: String,
    /// Its colour.
    pub tone: Tone,
}

/// A line across the whole plot.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Where it meets the axis at the left.
    pub at: f64,
    /// What it is.
    pub label: String,
}

/// What a colour is for. All can be told apart by those who do not see all colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The first of several things.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// The fourth.
    Fourth,
    /// What is as it should be.
    Good,
    /// What is not.
    Bad,
    /// What cannot be said.
    Unsure,
    /// What was not measured.
    Predicted,
    /// What is only there to compare with.
    Quiet,
}

/// How numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// As a line.
    Line,
    /// As a broken line.
    Dashed,
    /// Each as a mark.
    Marks(Shape),
}

/// The shape of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A disc.
    Disc,
    /// A cross.
    Cross,
    /// A square, stood on a corner, and hollow.
    Diamond,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Tone::First => "t1",
            Tone::Second => "t2",
            Tone::Third => "t3",
            Tone::Fourth => "t4",
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Unsure => "unsure",
            Tone::Predicted => "predicted",
            Tone::Quiet => "quiet",
        }
    }
}

impl Plot {
    /// The plot as part of a page, twice: for wide pages and for narrow ones, on which its letters
    /// would otherwise shrink with it. A page shows one of them.
    pub fn to_markup(&self) -> Markup {
        html! {
            figure.plot {
                figcaption { strong { (self.title) } " " span.aside { (self.note) } }
                (drawing::draw(self, &WIDE))
                (drawing::draw(self, &NARROW))
                (folded(&html! { "The numbers" }, &numbers::table(self)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
