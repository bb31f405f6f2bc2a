//! Deviations of node.

use super::Deviation;

pub(super) const DEVIATIONS: &[Deviation] = &[];
