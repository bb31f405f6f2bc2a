//! Reports: what a run showed, as data with a version, and as text that is understood at once.
//!
//! Everything is made from one [`Report`]: [`html`], [`json`], [`text`] and the others know nothing
//! else, so a report that is read back from its file tells the same as it did when the run was
//! over. What checks of a server's conformance showed is a [`ConformReport`], in [`conform`].

pub mod compare;
pub mod conform;
pub mod csv;
mod environment;
mod exit;
mod folder;
pub mod html;
mod interval_log;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod model;
pub mod numbers;
pub mod schema;
pub mod text;

pub use conform::ConformReport;
pub use environment::Environment;
pub use exit::ExitKind;
pub use folder::{FolderError, OutFolder, REPORT_BYTES_MAX};
pub use interval_log::IntervalLog;
pub use model::Report;

#[cfg(test)]
mod hostile;
#[cfg(test)]
pub(crate) mod sample;
