//! Capacity: many runs of one scenario, from which follows how much a server holds.
//!
//! [`Search`] says which load to try next and when enough is known; [`Watch`] sees what a step
//! shows once it is warm, and [`verdict_of`] what that means; a [`Study`] is all of it as data,
//! from which a search goes on where it was interrupted. The search measures; what lies beyond
//! what was measured is predicted by [`usl`], where the fit carries that.
//! What so many users take is their [`Sizing`].

mod course;
mod prediction;
pub mod search;
pub mod sizing;
mod study;
pub mod usl;
mod verdict;
mod watch;

pub use prediction::Prediction;
pub use search::{Answer, Limits, Next, Search, StepResult, StepVerdict};
pub use sizing::Sizing;
pub use study::{Measured, Server, StepReport, Study};
pub use verdict::verdict_of;
pub use watch::Watch;
