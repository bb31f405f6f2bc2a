//! Checks of socket_io acks.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
