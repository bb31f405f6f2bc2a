//! Doctor: what a machine has, against what a scenario asks of it, and what to change.
//!
//! [`Machine`] is what was read, as plain data, from below a root that a test may make up;
//! [`Needs`] is what is asked; [`examine`] looks at the one for the other, check by check. Nothing
//! is changed, and nothing is guessed: what cannot be read is unknown.

mod catalogue;
mod check;
mod checks;
mod checkup;
mod machine;
mod needs;
mod words;

pub use catalogue::{CATALOGUE, examine};
pub use check::{Check, Finding, Section, Verdict};
pub use checkup::Checkup;
pub use machine::{
    Busy, Conntrack, Cpu, Files, Lateness, Machine, Memory, Network, Part, Pids, Ports, Quota,
    Reached, Root, Spare, TargetSeen, Timing,
};
pub use needs::{Needs, Place};
pub use words::quoted;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
