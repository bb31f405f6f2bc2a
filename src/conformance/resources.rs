//! Checks of resources.

use super::check::Check;

pub(super) const CHECKS: &[Check] = &[];
