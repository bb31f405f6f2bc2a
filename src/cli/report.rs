//! `chatbench report`: what a run or a search left behind, as a page and in other formats.

mod left;

use std::io::Write;
use std::path::PathBuf;

use super::args::ReportArgs;
use super::capacity;
use super::failure::Failure;
use super::files::{Sink, sinks, unwritten};
use super::output::show;
use crate::report::{ExitKind, Report, csv, html, junit, markdown};
use left::{Left, What};

/// Writes what was asked for. That it was written is all that the exit code says: what the run
/// itself came to stands in the report.
pub(super) fn report(args: &ReportArgs) -> Result<ExitKind, Failure> {
    let left = Left::read(&args.from)?;
    let wanted = wanted(args, &left)?;
    for (format, sink) in &wanted {
        let mut text = Vec::new();
        let written = match &left.what {
            What::Run(report) => write_run(report, *format, &mut text),
            // A page is all that there is of it.
            What::Search(study) => text.write_all(capacity::page(study).as_bytes()),
        };
        written.map_err(|why| unwritten(sink.path(), &why))?;
        sink.write(&text)?;
    }
    let to_stdout = wanted.iter().any(|(_, sink)| sink.is_stdout());
    let told: Vec<String> = wanted
        .iter()
        .filter(|(_, sink)| !sink.is_stdout())
        .map(|(_, sink)| format!("wrote {}\n", sink.path().display()))
        .collect();
    let told = format!("{}{}\n", told.concat(), ExitKind::Pass);
    if to_stdout {
        // There, it would be taken for a part of the report. Who does not read it still gets the
        // exit code.
        let _ = std::io::stderr().write_all(told.as_bytes());
    } else {
        show(|out| out.write_all(told.as_bytes()))?;
    }
    Ok(ExitKind::Pass)
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Html,
    Markdown,
    Junit,
    Csv,
}

fn wanted(args: &ReportArgs, left: &Left) -> Result<Vec<(Format, Sink)>, Failure> {
    let asked = [
        (Format::Html, &args.html),
        (Format::Markdown, &args.markdown),
        (Format::Junit, &args.junit),
        (Format::Csv, &args.csv),
    ];
    let mut asked: Vec<(Format, PathBuf)> =
        asked.into_iter().filter_map(|(format, path)| Some((format, path.clone()?))).collect();
    if asked.is_empty() {
        asked.push((Format::Html, left.file.with_extension("html")));
    }
    if let What::Search(_) = left.what
        && let Some((format, _)) = asked.iter().find(|(it, _)| !matches!(it, Format::Html))
    {
        let what = format!("a search for capacity has a page, and no {format:?} report");
        return Err(Failure::usage(what, "leave that flag out; its data is in capacity.json"));
    }
    sinks(asked, std::slice::from_ref(&left.file))
}

fn write_run(report: &Report, format: Format, out: &mut Vec<u8>) -> std::io::Result<()> {
    match format {
        Format::Html => html::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Csv => csv::write(report, out),
    }
}
