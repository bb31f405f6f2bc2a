//! Checks of socket_io connect.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
