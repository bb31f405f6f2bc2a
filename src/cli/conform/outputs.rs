//! Outputs: the files that a report is written to, each in its format.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use super::args::ReportArgs;
use crate::cli::failure::Failure;
use crate::cli::files::{create, unwritten};
use crate::report::conform::{ConformReport, junit, markdown, tap, text};
use crate::report::json;
use crate::report::text::Style;

#[derive(Clone, Copy, Debug)]
enum Format {
    Json,
    Junit,
    Tap,
    Markdown,
    Text,
}

/// Files that are ready to be written to.
pub(super) struct Outputs(Vec<(Format, PathBuf, File)>);

impl Outputs {
    /// Creates them, with the folders around them: what cannot be written to is told before the
    /// first check.
    pub(super) fn create(args: &ReportArgs) -> Result<Outputs, Failure> {
        let wanted = [
            (Format::Json, &args.json),
            (Format::Junit, &args.junit),
            (Format::Tap, &args.tap),
            (Format::Markdown, &args.markdown),
            (Format::Text, &args.text),
        ];
        let mut files = Vec::new();
        for (format, path) in wanted {
            let Some(path) = path else { continue };
            let file = create(path).map_err(|why| unwritten(path, &why))?;
            files.push((format, path.clone(), file));
        }
        Ok(Outputs(files))
    }

    /// Writes `report` to each.
    pub(super) fn write(self, report: &ConformReport, verbose: bool) -> Result<(), Failure> {
        for (format, path, file) in self.0 {
            let mut out = BufWriter::new(file);
            let written = match format {
                Format::Json => json::write(report, &mut out),
                Format::Junit => junit::write(report, &mut out),
                Format::Tap => tap::write(report, &mut out),
                Format::Markdown => markdown::write(report, &mut out),
                Format::Text => text::write(report, &Style::default(), verbose, &mut out),
            };
            written.and_then(|()| out.flush()).map_err(|why| unwritten(&path, &why))?;
        }
        Ok(())
    }
}
