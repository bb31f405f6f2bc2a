//! Checks of cors.

use super::check::Check;

pub(super) const CHECKS: &[Check] = &[];
