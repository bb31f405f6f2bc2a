//! Checks of chat reconnection.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
