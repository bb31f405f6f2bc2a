//! Page: HTML documents that stand alone, and plots in them; what they tell of, others know.
//!
//! A page is made of [`Markup`] by [`html!`], in which whatever is put in is escaped: there is no
//! other way to get a text into a page, and what is marked as escaped already (`PreEscaped`) is
//! allowed in this room only. A [`Document`] asks for nothing from anywhere, runs no script, and
//! makes characters that steer a terminal or turn the direction of writing visible.
//!
//! Of the template libraries, `maud` is checked by the compiler, needs no files beside the code,
//! and adds one small crate to what we have already. `hypertext` does the same with more of its
//! own to learn; `askama` brings a parser and a configuration for files that we do not have;
//! `minijinja` finds out at run time what the compiler could have said.
//!
//! [`Plot`]s are drawn by us, as SVG whose colours are classes, so that a page follows its reader's
//! scheme and the printer's. The libraries there are draw with colours and sizes of their own:
//! `plotters` writes them into each element and knows no axis of percentiles, `charming` is a
//! megabyte of script, and `poloto`, which does use classes, neither.

mod document;
mod figure;
mod plot;
mod scale;
mod unit;

pub use document::Document;
pub use figure::{figure, folded, table};
pub use maud::{Markup, html};
pub use plot::{Axis, Look, Plot, Ribbon, Rule, Series, Shape, Span, Tone};
pub use scale::Scale;
pub use unit::Unit;
