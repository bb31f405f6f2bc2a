//! `chatbench run`: performs a scenario and says what came of it.

use std::fs::File;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use tokio::runtime::{Builder, LocalOptions};

use super::args::RunArgs;
use super::failure::Failure;
use super::observe::{Marker, Observing};
use super::outages::{self, Beginning};
use super::output::{show, style};
use super::progress::Progress;
use super::record::RecordOut;
use super::reference::Reference;
use super::telemetry::Audience;
use super::{prepare, reproduce, signals};
use crate::load::Brief;
use crate::observe::Observation;
use crate::report::{Environment, ExitKind, IntervalLog, OutFolder, Report, text};
use crate::run::{self, Follower, RunError, RunOptions, RunOutcome, Stop};

pub(super) fn run(args: &RunArgs) -> Result<ExitKind, Failure> {
    let planned = prepare::plan(&args.plan)?;
    planned.limits.ensure()?;
    let mut audience = Audience::admit(&args.telemetry, &planned)?;
    let folder = args.out.as_deref().map(|out| folder(out, args.overwrite)).transpose()?;
    let reference = prepare::reference(&planned, args)?;
    let mut record = RecordOut::create(args)?;
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let runtime = runtime.map_err(|err| Failure::impossible(err, "raise `ulimit -n`"))?;
    let performed = runtime.block_on(async {
        let brief = prepare::brief(planned, args, reference.as_ref()).await?;
        let observed = Observing::begin(&brief, reference.as_ref(), args.insecure).await?;
        let command = reproduce::run(brief.plan.seed);
        let shards = prepare::shards(&args.plan);
        let post = match &mut record {
            Some(record) => Some(record.begin(&brief, shards, &command)?),
            None => None,
        };
        let options = RunOptions { shards, record: post };
        let (folder, audience) = (folder.as_ref(), audience.as_mut());
        let stage = Stage { reference, folder, audience, observed };
        let ran = perform(&brief, args, stage, &options).await?;
        Ok::<_, Failure>((brief, ran, command))
    });
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    record.into_iter().for_each(RecordOut::finish);
    let (brief, Ran { outcome, observation, mut trouble }, command) = performed?;
    let mut report = Report::new(&brief, &outcome, &Environment::read(), &command);
    report.server = observation;
    if let Some(trouble) = &trouble {
        report.end_with(trouble.kind());
    }
    if let Some(Err(error)) = folder.map(|folder| folder.write_report(&report)) {
        let unwritten = Failure::from(error);
        report.end_with(unwritten.kind());
        trouble = trouble.or(Some(unwritten));
    }
    show(|out| text::write(&report, &style(), out))?;
    audience.into_iter().for_each(Audience::dismiss);
    trouble.map_or(Ok(report.exit.name), Err)
}

pub(super) fn folder(path: &Path, overwrite: bool) -> Result<OutFolder, Failure> {
    Ok(OutFolder::create(path, overwrite)?)
}

/// A run that was performed, and what went wrong beside it.
struct Ran {
    outcome: RunOutcome,
    observation: Option<Observation>,
    trouble: Option<Failure>,
}

/// What a run is performed with beside its plan: where it is logged, who is told how it goes, and
/// who looks at the server meanwhile.
struct Stage<'a> {
    reference: Option<Reference>,
    folder: Option<&'a OutFolder>,
    audience: Option<&'a mut Audience>,
    observed: (Observing, Marker),
}

/// Performs the run, shows how it goes, and logs it as it goes.
async fn perform(
    brief: &Arc<Brief>,
    args: &RunArgs,
    stage: Stage<'_>,
    options: &RunOptions,
) -> Result<Ran, Failure> {
    let Stage { reference, folder, audience, observed: (observing, mut marker) } = stage;
    let (stopper, stop) = signals::watch()
        .map_err(|err| Failure::impossible(err, "run it where signals can be handled"))?;
    let mut progress = if args.quiet { Progress::quiet() } else { Progress::on_stderr(brief) };
    let mut log = None;
    if let Some(folder) = folder {
        folder.write_scenario(&brief.scenario.to_yaml(brief.plan.seed))?;
        log = Some(folder.interval_log(brief.began_unix_ms)?);
    }
    let (mut beginning, begun) = Beginning::new();
    let mut followers: Vec<&mut dyn Follower> = vec![&mut progress, &mut beginning, &mut marker];
    if let Some(log) = &mut log {
        followers.push(log);
    }
    if let Some(audience) = audience {
        followers.push(&mut audience.telemetry);
    }
    // While the server is there, which it is no more once its keeper is not waited for.
    let running = async {
        let outcome = run::run(Arc::clone(brief), options, stop, &mut followers).await?;
        let observation = observing.end(brief, &outcome, false).await;
        Ok::<_, RunError>((outcome, observation))
    };
    let (ran, trouble) = {
        let mut running = pin!(running);
        tokio::select! {
            ran = &mut running => (ran, None),
            failure = outages::bring_about(brief, reference, begun) => {
                stopper.send_replace(Stop::Finish);
                (running.await, Some(failure))
            }
        }
    };
    let (outcome, observation) = ran?;
    let unlogged = log.and_then(|log| finish_log(log).err());
    Ok(Ran { outcome, observation, trouble: trouble.or(unlogged) })
}

/// Writes what is left of the interval log.
pub(super) fn finish_log(log: IntervalLog<File>) -> Result<(), Failure> {
    log.finish().map_err(|err| {
        let what = format!("the interval log is not whole: {err}");
        Failure::impossible(what, "make room on the disk, or choose another --out")
    })
}
