//! `chatbench run`: performs a scenario and says what came of it.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::{Builder, LocalOptions};

use super::args::RunArgs;
use super::failure::Failure;
use super::outages::{self, Beginning};
use super::progress::Progress;
use super::record::RecordOut;
use super::reference::Reference;
use super::{prepare, reproduce, signals};
use crate::load::Brief;
use crate::report::text::{self, Style};
use crate::report::{Environment, ExitKind, OutFolder, Report};
use crate::run::{self, Follower, RunOptions, RunOutcome};

pub(super) fn run(args: &RunArgs) -> Result<ExitKind, Failure> {
    let planned = prepare::plan(&args.plan)?;
    planned.limits.ensure()?;
    let folder = args.out.as_deref().map(|out| folder(out, args.overwrite)).transpose()?;
    let reference = prepare::reference(&planned, args)?;
    let mut record = RecordOut::create(args)?;
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let runtime = runtime.map_err(|err| Failure::impossible(err, "raise `ulimit -n`"))?;
    let ran = runtime.block_on(async {
        let brief = prepare::brief(planned, args, reference.as_ref()).await?;
        let command = reproduce::run(brief.plan.seed);
        let post = match &mut record {
            Some(record) => Some(record.begin(&brief, prepare::shards(&args.plan), &command)?),
            None => None,
        };
        let options = RunOptions { shards: prepare::shards(&args.plan), record: post };
        let outcome = perform(&brief, args, reference, (folder.as_ref(), options)).await?;
        Ok::<_, Failure>((brief, outcome, command))
    });
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    let (brief, outcome, command) = match ran {
        Ok(ran) => ran,
        Err(failure) => {
            record.into_iter().for_each(RecordOut::discard);
            return Err(failure);
        }
    };
    let report = Report::new(&brief, &outcome, &Environment::read(), &command);
    if let Some(folder) = &folder {
        folder.write_report(&report)?;
    }
    show(&report);
    record.into_iter().for_each(RecordOut::finish);
    Ok(report.exit.name)
}

pub(super) fn folder(path: &Path, overwrite: bool) -> Result<OutFolder, Failure> {
    Ok(OutFolder::create(path, overwrite)?)
}

/// Performs the run, shows how it goes, and logs it as it goes.
async fn perform(
    brief: &Arc<Brief>,
    args: &RunArgs,
    reference: Option<Reference>,
    (folder, options): (Option<&OutFolder>, RunOptions),
) -> Result<RunOutcome, Failure> {
    let stop = signals::watch()
        .map_err(|err| Failure::impossible(err, "run it where signals can be handled"))?;
    let mut progress = if args.quiet { Progress::quiet() } else { Progress::on_stderr(brief) };
    let mut log = None;
    if let Some(folder) = folder {
        folder.write_scenario(&brief.scenario.to_yaml(brief.plan.seed))?;
        log = Some(folder.interval_log(brief.began_unix_ms)?);
    }
    let (mut beginning, begun) = Beginning::new();
    let mut followers: Vec<&mut dyn Follower> = vec![&mut progress, &mut beginning];
    if let Some(log) = &mut log {
        followers.push(log);
    }
    let outcome = tokio::select! {
        outcome = run::run(Arc::clone(brief), &options, stop, &mut followers) => outcome?,
        failure = outages::bring_about(brief, reference, begun) => return Err(failure),
    };
    if let Some(Err(err)) = log.map(|log| log.finish()) {
        let what = format!("the interval log is not whole: {err}");
        return Err(Failure::impossible(what, "make room on the disk, or choose another --out"));
    }
    Ok(outcome)
}

/// Shows a report on standard output.
pub(super) fn show(report: &Report) {
    let mut out = std::io::stdout().lock();
    // A reader that has seen enough is no failure of ours.
    let _ = text::write(report, &style(), &mut out).and_then(|()| out.flush());
}

/// How text on standard output looks.
pub(super) fn style() -> Style {
    let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    Style { color, ..Style::default() }
}
