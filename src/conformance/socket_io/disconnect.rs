//! Checks of socket_io disconnect.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
