//! The command line: what a user types, and what a user sees while it is done.

pub mod progress;
