//! Checks of robustness.

use super::check::Check;

pub(super) const CHECKS: &[Check] = &[];
