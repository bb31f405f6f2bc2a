//! Checks of recovery.

use super::check::Check;

pub(super) const CHECKS: &[Check] = &[];
