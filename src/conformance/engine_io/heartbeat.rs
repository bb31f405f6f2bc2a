//! Checks of engine_io heartbeat.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
