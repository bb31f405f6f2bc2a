//! Checks of socket_io ids.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
