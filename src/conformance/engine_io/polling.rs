//! Checks of engine_io polling.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
