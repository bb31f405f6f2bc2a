//! Conformance: one requirement after another, tried on a server by a peer that may speak wrongly.
//!
//! A [`Check`] is a constant; the [`CATALOGUE`] lists them all; [`run`] tries those that apply
//! and judges each. A check never passes by doing nothing: before it, and again after it, a
//! connection that does nothing wrong has to work.

mod awake;
mod broker;
mod catalogue;
mod chat;
mod check;
mod cluster;
mod cors;
mod deviation;
mod engine_io;
mod finding;
mod fingerprint;
mod gate;
mod json;
mod lanes;
mod peer;
mod process;
mod recovery;
mod resources;
mod robustness;
mod round_trip;
mod socket_io;
mod survey;
mod target;
mod trial;
mod witness;

pub use awake::Hook;
pub use broker::Broker;
pub use catalogue::{CATALOGUE, Group, checks, find};
pub use check::{Check, Level, Need, Pace, Running, Section};
pub use deviation::{Deviation, deviations, known};
pub use finding::{Failure, Found, Outcome, Stop};
pub use fingerprint::Family;
pub use gate::{Trials, Tried, run, run_until};
pub use peer::{Line, Way};
pub use survey::{Survey, SurveyError};
pub use target::{Patience, Target};
pub use trial::Trial;
