//! `chatbench compare`: holds the runs of one server to those of another.

use std::io::{self, Write};

use super::args::CompareArgs;
use super::failure::Failure;
use super::files::{sinks, unwritten};
use super::output::{show, style};
use crate::report::compare::{self, CompareError, Comparison, Options, html, markdown, text};
use crate::report::{ExitKind, json};

pub(super) fn compare(args: &CompareArgs) -> Result<ExitKind, Failure> {
    let wanted = [
        (Format::Json, &args.json),
        (Format::Markdown, &args.markdown),
        (Format::Html, &args.html),
    ];
    let wanted = wanted.into_iter().filter_map(|(format, path)| Some((format, path.clone()?)));
    let inputs = [compare::files_of(&args.a), compare::files_of(&args.b)].concat();
    let outputs = sinks(wanted, &inputs)?;
    let is_on_stdout = outputs.iter().any(|(_, sink)| sink.is_stdout());
    let options = Options { noise: args.noise.fraction(), allowed: args.allow.clone() };
    let mut comparison = compare::compare(&args.a, &args.b, &options)?;
    if args.fail_on_regression {
        comparison.end_with(comparison.regression());
    }
    for (format, sink) in &outputs {
        let mut text = Vec::new();
        let written = format.write(&comparison, &mut text);
        written.map_err(|why| unwritten(sink.path(), &why))?;
        sink.write(&text)?;
    }
    if is_on_stdout {
        // Whoever does not read it still gets the exit code.
        let _ = writeln!(io::stderr(), "{}", comparison.exit.name);
    } else {
        show(|out| text::write(&comparison, &style(), out))?;
    }
    Ok(comparison.exit.name)
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    Markdown,
    Html,
}

impl Format {
    fn write(self, comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
        match self {
            Format::Json => json::write(comparison, out),
            Format::Markdown => markdown::write(comparison, out),
            Format::Html => html::write(comparison, out),
        }
    }
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Failure {
        Failure::usage(error.to_string(), error.remedy())
    }
}
