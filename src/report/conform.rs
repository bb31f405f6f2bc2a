//! Conform: what the checks of a server showed, as data with a version, and in words.
//!
//! Everything is made from one [`ConformReport`]: the formats know nothing else.

mod baseline;
pub mod catalogue;
mod judge;
pub mod junit;
pub mod markdown;
mod model;
pub(super) mod phrases;
mod secrets;
pub mod tap;
pub mod text;

pub use baseline::{Baseline, BaselineError};
pub use model::{
    Change, CheckOutcome, CheckResult, ConformReport, Counts, DeviationNote, Occasion, Scope,
    Subject, WireLine,
};

#[cfg(test)]
mod sample;
