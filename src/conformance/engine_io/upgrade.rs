//! Checks of engine_io upgrade.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
