//! Checks of socket_io binary.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
