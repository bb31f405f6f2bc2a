//! Checks of socket_io attachments.

use crate::conformance::check::Check;

pub(in crate::conformance) const CHECKS: &[Check] = &[];
