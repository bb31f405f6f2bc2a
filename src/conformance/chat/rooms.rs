//! Checks of chat rooms.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
