//! Checks of chat exclusion.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
