//! Checks of socket_io errors.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
