//! Checks of socket_io events.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
