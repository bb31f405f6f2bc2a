//! Compare: how two servers, or two versions of one, differ by their runs, as data and in words.

pub mod html;
mod judge;
mod log;
pub mod markdown;
mod model;
mod read;
mod scenario;
mod statistics;
pub mod text;
mod windows;
mod words;

pub use judge::{Options, compare};
pub use model::{
    Comparison, Doubt, DrawnFrom, Finding, Number, Promise, RunNote, Side, Threshold, Unclear,
};
pub use read::{CompareError, files_of};

#[cfg(test)]
mod tests;
