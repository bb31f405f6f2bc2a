//! Checks of chat barrier.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
