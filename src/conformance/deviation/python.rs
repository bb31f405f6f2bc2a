//! Deviations of python.

use super::Deviation;

pub(super) const DEVIATIONS: &[Deviation] = &[];
