//! `chatbench capacity`: finds the largest load that a server holds.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::watch;

use super::args::{CapacityArgs, RunArgs};
use super::capacity_file::CapacityFile;
use super::failure::Failure;
use super::limits::Limits;
use super::output::show;
use super::prepare::{self, Planned};
use super::reference::Reference;
use super::{reproduce, signals};
use crate::capacity::search::{Conclusion, Unclear};
use crate::capacity::{
    self, Measured, Next, Search, StepResult, StepVerdict, Study, Watch, text, verdict_of,
};
use crate::clock::unix_millis;
use crate::load::Brief;
use crate::report::ExitKind;
use crate::run::{self, RunError, RunOptions, Stop};
use crate::scenario::{Plan, Scenario, Target, Vary};

pub(super) fn capacity(args: &CapacityArgs) -> Result<ExitKind, Failure> {
    let run = args.run();
    let base = prepare::plan(&run.plan)?;
    let file = args.out.as_deref().map(|out| CapacityFile::in_folder(out, args)).transpose()?;
    let (mut study, mut search) = begin(&base, file.as_ref())?;
    let reference = prepare::reference(&base, &run)?;
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let runtime = runtime.map_err(|err| Failure::impossible(err, "raise `ulimit -n`"))?;
    show(|out| text::write_head(&study, out))?;
    for (number, report) in study.steps.iter().enumerate() {
        show(|out| text::write_step(number + 1, report, out))?;
    }
    let searched = runtime.block_on(async {
        let (_stopper, stop) = signals::watch()
            .map_err(|err| Failure::impossible(err, "run it where signals can be handled"))?;
        let bench = Bench { run: &run, base: &base, reference: reference.as_ref(), stop };
        while let Next::Try { load, .. } = search.next() {
            let (verdict, measured) = bench.step(load, search.steps().len() as u64).await;
            let recorded = search.record(StepResult { load, verdict });
            recorded.unwrap_or_else(|error| panic!("the step that was asked for: {error}"));
            study.note(&search, measured);
            file.as_ref().map(|file| file.write(&study)).transpose()?;
            let last = study.steps.last().map(|report| (study.steps.len(), report));
            let (number, report) = last.expect("it was just taken");
            show(|out| text::write_step(number, report, out))?;
        }
        Ok::<_, Failure>(())
    });
    runtime.shutdown_background();
    searched?;
    let exit = exit_of(&study);
    show(|out| {
        text::write_answer(&study, out)?;
        writeln!(out, "{exit}")
    })?;
    Ok(exit)
}

/// That a server holds less than was asked for is an answer; that it holds nothing is none that
/// anybody wants.
fn exit_of(study: &Study) -> ExitKind {
    match study.answer.as_ref().map(|answer| &answer.conclusion) {
        Some(Conclusion::Found | Conclusion::AtLeast) => ExitKind::Pass,
        Some(Conclusion::Nothing) => ExitKind::ThresholdMissed,
        Some(Conclusion::Unknown { .. }) | None => ExitKind::Unknown,
    }
}

/// A study of `base` that begins, or goes on from what is in `file`.
fn begin(base: &Planned, file: Option<&CapacityFile>) -> Result<(Study, Search), Failure> {
    let (scenario, plan) = (&base.scenario, &base.plan);
    let own = scenario.own_load(plan).round().max(1.0) as u64;
    let of = &scenario.capacity;
    let from = of.from.unwrap_or(own);
    let to = of.to.unwrap_or_else(|| from.saturating_mul(100));
    let usual = capacity::Limits::between(from, to.max(from));
    // Whoever is alone has nobody to talk to.
    let floor = if of.vary == Vary::Users { from.min(2) } else { 1 };
    let limits = capacity::Limits {
        floor,
        precision: of.precision,
        confirmations: of.repeats,
        steps_max: of.steps_max,
        ..usual
    };
    let now = UNIX_EPOCH + Duration::from_millis(unix_millis());
    let mut study = Study {
        version: Study::VERSION,
        chatbench: env!("CARGO_PKG_VERSION").into(),
        started: humantime::format_rfc3339_millis(now).to_string(),
        command: reproduce::capacity(plan.seed),
        seed: plan.seed,
        scenario: scenario.to_yaml(plan.seed),
        name: scenario.name.clone(),
        targets: match &scenario.target {
            Target::Reference => Vec::new(),
            Target::Urls(urls) => urls.iter().map(ToString::to_string).collect(),
        },
        vary: of.vary,
        limits,
        steps: Vec::new(),
        answer: None,
    };
    if let Some(before) = file.and_then(CapacityFile::before) {
        study.steps = before.steps.clone();
        if before.scenario != study.scenario || before.targets != study.targets {
            let what = "the search to go on with is one of another scenario";
            let remedy = "give the same scenario, target and flags, or begin anew without --resume";
            return Err(Failure::usage(what.into(), remedy));
        }
    }
    let search = study.resume().map_err(|error| {
        Failure::usage(error.to_string(), "mend `capacity` in the scenario, or begin anew")
    })?;
    Ok((study, search))
}

/// What every step is performed with.
struct Bench<'a> {
    run: &'a RunArgs,
    base: &'a Planned,
    reference: Option<&'a Reference>,
    stop: watch::Receiver<Stop>,
}

impl Bench<'_> {
    /// Offers `load`, in the step after so many others.
    async fn step(&self, load: u64, before: u64) -> (StepVerdict, Option<Measured>) {
        let unknown = |why| (StepVerdict::Unknown { why }, None);
        if *self.stop.borrow() != Stop::No {
            return unknown(Unclear::Interrupted);
        }
        let planned = match self.planned(load, before) {
            Ok(planned) => planned,
            Err(why) => return unknown(Unclear::Impossible { what: why.in_a_line() }),
        };
        let brief = match prepare::brief(planned, self.run, self.reference).await {
            Ok(brief) => brief,
            Err(why) => return unknown(Unclear::Impossible { what: why.in_a_line() }),
        };
        match self.perform(&brief).await {
            Ok((verdict, measured)) => (verdict, Some(measured)),
            Err(RunError::Stopped) => unknown(Unclear::Interrupted),
            Err(error) => unknown(Unclear::Impossible { what: error.to_string() }),
        }
    }

    fn planned(&self, load: u64, before: u64) -> Result<Planned, Failure> {
        let Planned { scenario, plan, .. } = self.base;
        let own = scenario.own_load(plan);
        let scenario: Scenario = scenario.at_load(load, own)?;
        // Each step draws anew: what one draw of rooms and times holds is not what others do.
        let plan = Plan::new(&scenario, plan.seed.wrapping_add(before))?;
        let shards = plan.divide(prepare::shards(&self.run.plan)).len();
        let limits = Limits::of(&scenario, &plan, shards, &self.run.plan.source_ip);
        limits.ensure()?;
        Ok(Planned { scenario, plan, limits })
    }

    async fn perform(&self, brief: &Arc<Brief>) -> Result<(StepVerdict, Measured), RunError> {
        let options = RunOptions { shards: prepare::shards(&self.run.plan), record: None };
        let mut watch = Watch::new(brief.scenario.load.profile.duration());
        let stop = self.stop.clone();
        let outcome = run::run(Arc::clone(brief), &options, stop, &mut [&mut watch]).await?;
        Ok((verdict_of(&brief.scenario, &outcome, &watch), Measured::new(&watch)))
    }
}
