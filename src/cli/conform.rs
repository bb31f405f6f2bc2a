//! `chatbench conform`: tries the catalogue of checks on a server and says what came of it.

mod args;
mod outputs;
mod progress;
mod selection;
mod server;

pub(super) use args::ConformArgs;

use std::path::Path;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::watch;

use super::failure::Failure;
use super::files::unwritten;
use super::output::{show, style};
use super::{reproduce, signals};
use crate::clock::unix_millis;
use crate::conformance::{self, Check, Trials, Tried};
use crate::report::ExitKind;
use crate::report::conform::{
    self, Baseline, BaselineError, ConformReport, Occasion, Scope, catalogue,
};
use crate::run::Stop;
use args::ListFormat;
use outputs::Outputs;
use progress::Progress;
use server::Server;

pub(super) fn conform(args: &ConformArgs) -> Result<ExitKind, Failure> {
    if let Some(id) = &args.selection.explain {
        let check = selection::find(id)?;
        show(|out| catalogue::explain(check, &style(), out))?;
        return Ok(ExitKind::Pass);
    }
    let checks = selection::select(&args.selection)?;
    if args.selection.list {
        list(&checks, args.selection.format)?;
        return Ok(ExitKind::Pass);
    }
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
    let server = Server::of(args)?;
    let outputs = Outputs::create(&args.reports)?;
    let began_unix_ms = unix_millis();
    let trials = attempt(args, &server, &checks)?;
    let (command, command_for_one) = reproduce::conform();
    let scope = scope(args, &server, checks.len());
    let occasion = Occasion { began_unix_ms, command, command_for_one, scope };
    let report = ConformReport::new(server.subject(&trials.survey), &trials, occasion);
    let report = held_to_baseline(report.without(&server.secrets()), args, baseline)?;
    outputs.write(&report, args.reports.verbose)?;
    show(|out| conform::text::write(&report, &style(), args.reports.verbose, out))?;
    Ok(report.exit.name)
}

fn list(checks: &[&'static Check], format: ListFormat) -> Result<(), Failure> {
    show(|out| match format {
        ListFormat::Text => catalogue::list(checks, &style(), out),
        ListFormat::Json => catalogue::json(checks, out),
        ListFormat::Markdown => catalogue::markdown(checks, out),
    })
}

/// Tries the checks on the server, until they are done or somebody wants it to stop.
fn attempt(
    args: &ConformArgs,
    server: &Server,
    checks: &[&'static Check],
) -> Result<Trials, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let runtime = runtime.map_err(|err| Failure::impossible(err, "raise `ulimit -n`"))?;
    let trials = runtime.block_on(async {
        let (_stopper, stop) = signals::watch()
            .map_err(|err| Failure::impossible(err, "run it where signals can be handled"))?;
        let mut progress = Progress::of(checks.len(), args.reports.quiet);
        let mut follow = |one: &Tried| progress.follow(one);
        let trials = async {
            let target = server.target(args).await?;
            let finish = wanted(stop.clone(), Stop::Finish);
            let ran = conformance::run_until(target, checks, &mut follow, finish).await;
            let is_wanted = *stop.borrow() != Stop::No;
            ran.map_err(|error| if is_wanted { Failure::Interrupted } else { error.into() })
        };
        tokio::select! {
            trials = trials => trials,
            () = wanted(stop.clone(), Stop::Abort) => Err(Failure::Interrupted),
        }
    });
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    trials
}

/// Comes back once somebody wants it to stop at least in this way.
async fn wanted(mut stop: watch::Receiver<Stop>, how: Stop) {
    let is_wanted = |stop: &Stop| *stop == how || *stop == Stop::Abort;
    // Without anybody to want it, nobody will.
    if stop.wait_for(is_wanted).await.is_err() {
        std::future::pending().await
    }
}

fn scope(args: &ConformArgs, server: &Server, checks: usize) -> Scope {
    let baseline = args.baseline.as_ref().or(args.write_baseline.as_ref());
    Scope {
        level: args.selection.level.into(),
        left_out: conformance::checks().count() - checks,
        strict: args.strict,
        hostile: args.selection.hostile,
        order: server.scenario().order,
        baseline: baseline.map(|file| file.display().to_string()),
    }
}

/// The report held to its baseline: to the one that is given, or else to the one that is written.
fn held_to_baseline(
    report: ConformReport,
    args: &ConformArgs,
    baseline: Option<Baseline>,
) -> Result<ConformReport, Failure> {
    let held_to = match (&args.write_baseline, baseline) {
        (Some(file), old) if !report.interrupted => {
            let new = write_baseline(file, &report, old.as_ref())?;
            Some(old.unwrap_or(new))
        }
        (_, old) => old,
    };
    Ok(match held_to {
        Some(baseline) => report.held_to(&baseline),
        None => report,
    })
}

fn write_baseline(
    file: &Path,
    report: &ConformReport,
    old: Option<&Baseline>,
) -> Result<Baseline, Failure> {
    let text = Baseline::written(report, old);
    std::fs::write(file, text).map_err(|why| unwritten(file, &why))?;
    Ok(Baseline::read(file)?)
}

impl From<BaselineError> for Failure {
    fn from(error: BaselineError) -> Failure {
        Failure::usage(error.to_string(), error.remedy())
    }
}

impl From<conformance::SurveyError> for Failure {
    fn from(error: conformance::SurveyError) -> Failure {
        let what = error.to_string();
        let remedy = match what.contains("certificate") {
            true => "check the certificate; --insecure accepts any",
            false => {
                "check that the server runs, that host, port and --path are right, and that it \
                 speaks Engine.IO 4 (Socket.IO 3 or later)"
            }
        };
        Failure::impossible(what, remedy)
    }
}
