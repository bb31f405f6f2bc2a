//! Deviations of socketioxide.

use super::Deviation;

pub(super) const DEVIATIONS: &[Deviation] = &[];
