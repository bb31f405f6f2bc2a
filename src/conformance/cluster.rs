//! Checks of cluster.

use super::check::Check;

pub(super) const CHECKS: &[Check] = &[];
