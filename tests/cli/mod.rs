//! Cli: what chatbench prints and leaves behind, as its users and their scripts see it.

mod capacity;
mod ci;
mod compare;
mod conform;
mod doctor;
mod help;
mod judge;
mod pipes;
mod redacted;
mod report;
pub(crate) mod run;
mod schema;
mod validate;
mod variables;

use std::time::Duration;

use crate::support::binary::{CommandLine, Ended};

/// For whatever must end, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs chatbench to its end.
fn chatbench<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
    CommandLine::new(arguments).run(PATIENCE)
}
