//! `chatbench judge`: judges a run again from its record, and says what came of it.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::args::JudgeArgs;
use super::failure::Failure;
use super::output::{show, style};
use super::run::{finish_log, folder};
use crate::report::{Environment, ExitKind, OutFolder, Report, json, text};
use crate::run::{Follower, Record, RecordError, RunOutcome};

pub(super) fn judge(args: &JudgeArgs) -> Result<ExitKind, Failure> {
    let mut record = open(&args.file)?;
    let folder = args.out.as_deref().map(|out| folder(out, args.overwrite)).transpose()?;
    let outcome = replay(&mut record, args, folder.as_ref())?;
    let header = record.header();
    // What an older or a newer chatbench says of its machine may be more or less.
    let environment = serde_json::from_value::<Environment>(header.environment.clone());
    let environment = environment.unwrap_or_default();
    let report = Report::new(record.brief(), &outcome, &environment, &header.command);
    if let Some(folder) = &folder {
        folder.write_report(&report)?;
    }
    if args.json {
        show(|out| json::write(&report, out))?;
    } else {
        show(|out| text::write(&report, &style(), out))?;
    }
    Ok(report.exit.name)
}

fn open(path: &Path) -> Result<Record<BufReader<File>>, Failure> {
    let file = File::open(path).map_err(|why| {
        let what = format!("cannot read the record {}: {why}", path.display());
        Failure::usage(what, "give a file that `chatbench run … --record FILE` has written")
    })?;
    Record::open(BufReader::new(file)).map_err(|error| damaged(path, &error))
}

/// Judges the run, and logs its intervals as the run itself would have.
fn replay(
    record: &mut Record<BufReader<File>>,
    args: &JudgeArgs,
    folder: Option<&OutFolder>,
) -> Result<RunOutcome, Failure> {
    let mut log = None;
    if let Some(folder) = folder {
        let brief = record.brief();
        folder.write_scenario(&brief.scenario.to_yaml(brief.plan.seed))?;
        log = Some(folder.interval_log(brief.began_unix_ms)?);
    }
    let mut followers: Vec<&mut dyn Follower> = Vec::new();
    if let Some(log) = &mut log {
        followers.push(log);
    }
    let outcome = record.judge(&mut followers).map_err(|error| damaged(&args.file, &error))?;
    log.map(finish_log).transpose()?;
    Ok(outcome)
}

fn damaged(path: &Path, error: &RecordError) -> Failure {
    Failure::usage(format!("the record {}, {error}", path.display()), error.remedy)
}
