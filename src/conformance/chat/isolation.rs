//! Checks of chat isolation.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
