//! Error: why steps that were kept are not those of a search.

use super::limits::BadLimits;

/// A step that the search did not ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "step {number} offered {given}, where a search within these limits {}: it belongs to another",
    asked.map_or_else(|| "had ended".into(), |load| format!("wanted {load}"))
)]
pub struct Unasked {
    /// The step's number, counted from 1.
    pub number: usize,
    /// The load that was asked for; nothing, if the search had ended.
    pub asked: Option<u64>,
    /// The load that was offered.
    pub given: u64,
}

/// Why a search cannot be resumed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ResumeError {
    /// There is no search within these limits.
    #[error(transparent)]
    Limits(#[from] BadLimits),
    /// The steps are not those of a search within these limits.
    #[error(transparent)]
    Steps(#[from] Unasked),
}
