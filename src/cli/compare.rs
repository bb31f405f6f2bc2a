//! `chatbench compare`: holds the runs of one server to those of another.

use std::io::{self, Write};

use super::args::CompareArgs;
use super::failure::Failure;
use super::files::{Sink, unwritten};
use super::output::{show, style};
use crate::report::compare::{self, CompareError, Comparison, Options, html, markdown, text};
use crate::report::{ExitKind, json};

pub(super) fn compare(args: &CompareArgs) -> Result<ExitKind, Failure> {
    let outputs = [
        (&args.json, Format::Json),
        (&args.markdown, Format::Markdown),
        (&args.html, Format::Html),
    ];
    let asked = |(path, format): (&Option<_>, Format)| Some((Sink::of(path.as_deref()?), format));
    let outputs: Vec<(Sink, Format)> = outputs.into_iter().filter_map(asked).collect();
    let on_stdout = outputs.iter().filter(|(sink, _)| sink.is_stdout()).count();
    if on_stdout > 1 {
        let what = "only one of --json, --markdown and --html can go to standard output".into();
        return Err(Failure::usage(what, "give the others a file"));
    }
    let options = Options { noise: args.noise.fraction(), allowed: args.allow.clone() };
    let mut comparison = compare::compare(&args.a, &args.b, &options)?;
    if args.fail_on_regression {
        comparison.end_with(comparison.regression());
    }
    for (sink, format) in &outputs {
        let mut text = Vec::new();
        let written = format.write(&comparison, &mut text);
        written.map_err(|why| unwritten(sink.path(), &why))?;
        sink.write(&text)?;
    }
    if on_stdout > 0 {
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
        match error.is_usage() {
            true => Failure::usage(error.to_string(), error.remedy()),
            false => Failure::impossible(&error, error.remedy()),
        }
    }
}
