//! Json: the report as data, for other programs.

use std::io::{self, Write};

use super::Report;

/// Writes `report` as indented JSON that follows [`schema`](super::schema()).
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
