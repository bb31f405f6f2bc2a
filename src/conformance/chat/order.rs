//! Checks of chat order.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
