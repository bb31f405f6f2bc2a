//! Checks of engine_io websocket.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
