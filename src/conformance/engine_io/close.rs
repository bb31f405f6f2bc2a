//! Checks of engine_io close.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
