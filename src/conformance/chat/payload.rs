//! Checks of chat payload.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
