//! `chatbench compare`: holds the runs of one server to those of another.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::args::CompareArgs;
use super::failure::Failure;
use super::output::{show, style};
use crate::report::compare::{self, CompareError, Comparison, Options, html, markdown, text};
use crate::report::{ExitKind, json};

/// What stands for standard output.
const STDOUT: &str = "-";

pub(super) fn compare(args: &CompareArgs) -> Result<ExitKind, Failure> {
    let outputs = [
        (args.json.as_deref(), Format::Json),
        (args.markdown.as_deref(), Format::Markdown),
        (args.html.as_deref(), Format::Html),
    ];
    let outputs: Vec<(&Path, Format)> =
        outputs.into_iter().filter_map(|(path, format)| Some((path?, format))).collect();
    let on_stdout = |(path, _): &&(&Path, Format)| *path == Path::new(STDOUT);
    if outputs.iter().filter(on_stdout).count() > 1 {
        let what = "only one of --json, --markdown and --html can go to standard output".into();
        return Err(Failure::usage(what, "give the others a file"));
    }
    let options = Options { noise: args.noise.fraction(), allowed: args.allow.clone() };
    let mut comparison = compare::compare(&args.a, &args.b, &options)?;
    if args.fail_on_regression {
        comparison.end_with(comparison.regression());
    }
    for (path, format) in outputs.iter().filter(|output| !on_stdout(output)) {
        to_file(&comparison, path, *format)?;
    }
    match outputs.iter().find(on_stdout) {
        Some((_, format)) => {
            show(|out| format.write(&comparison, out))?;
            // Whoever does not read it still gets the exit code.
            let _ = writeln!(io::stderr(), "{}", comparison.exit.name);
        }
        None => show(|out| text::write(&comparison, &style(), out))?,
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

fn to_file(comparison: &Comparison, path: &Path, format: Format) -> Result<(), Failure> {
    let write = || {
        let mut out = BufWriter::new(File::create(path)?);
        format.write(comparison, &mut out)?;
        out.flush()
    };
    write().map_err(|why| {
        let what = format!("cannot write {}: {why}", path.display());
        Failure::impossible(what, "choose a file in a folder that you may write to")
    })
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Failure {
        match error.is_usage() {
            true => Failure::usage(error.to_string(), error.remedy()),
            false => Failure::impossible(&error, error.remedy()),
        }
    }
}
