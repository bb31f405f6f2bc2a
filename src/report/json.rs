//! Json: the report as data, for other programs.

use std::io::{self, Write};

use serde::Serialize;

/// Writes `report` as indented JSON that follows its [schema](super::schema).
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(report: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
