//! Checks of chat membership.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
