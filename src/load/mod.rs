//! Performs a plan with real connections, and writes down what happens; judges nothing.

mod agenda;
mod brief;
mod crowd;
mod joining;
mod reception;
mod shard;
mod speaking;
mod user;

pub use brief::{Brief, Command};
pub use shard::{LoadError, perform};
