//! `chatbench capacity`: finds the largest load that a server holds.

mod file;
mod page;
mod sizing;
mod text;

pub(super) use page::page;

use std::cell::Cell;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::watch;

use file::CapacityFile;

use super::args::{CapacityArgs, RunArgs};
use super::failure::Failure;
use super::limits::Limits;
use super::observe::Observing;
use super::output::show;
use super::prepare::{self, Planned};
use super::reference::Reference;
use super::telemetry::Audience;
use super::{reproduce, signals};
use crate::capacity::search::{Conclusion, Unclear};
use crate::capacity::{
    self, Measured, Next, Search, StepResult, StepVerdict, Study, Watch, verdict_of,
};
use crate::clock::unix_millis;
use crate::load::preflight;
use crate::report::ExitKind;
use crate::run::{self, Follower, RunError, RunOptions, Stop};
use crate::scenario::{Plan, Scenario, Target, Vary};

/// How many times the first load is tried at most, where the scenario does not say.
const UP_TO: u64 = 100;

pub(super) fn capacity(args: &CapacityArgs) -> Result<ExitKind, Failure> {
    let mut run = args.run();
    let kept = args.out.as_deref().filter(|_| args.resume).map(file::read).transpose()?;
    if let Some(kept) = &kept {
        // Drawn anew, it would be another search.
        run.plan.seed.get_or_insert(kept.seed);
    }
    let base = prepare::plan(&run.plan)?;
    let (mut study, mut search, changes) = begin(&base, &run, kept)?;
    let mut audience = Audience::admit(&args.telemetry, &base)?;
    let may_go = args.overwrite || args.resume;
    let file = args.out.as_deref().map(|out| CapacityFile::create(out, may_go)).transpose()?;
    let reference = prepare::reference(&base, &run)?;
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let runtime = runtime.map_err(|err| Failure::impossible(err, "raise `ulimit -n`"))?;
    let searched = runtime.block_on(async {
        let (_stopper, stop) = signals::watch()
            .map_err(|err| Failure::impossible(err, "run it where signals can be handled"))?;
        let (reference, served) = (reference.as_ref(), Cell::new(false));
        let bench = Bench { run: &run, base: &base, reference, served, stop };
        if let Next::Try { load, .. } = search.next() {
            bench.ensure_reached(load, search.steps().len() as u64).await?;
        }
        show(|out| text::write_head(&study, &changes, out))?;
        for number in 1..=study.steps.len() {
            show(|out| text::write_step(number, &study, out))?;
        }
        while let Next::Try { load, .. } = search.next() {
            let before = search.steps().len() as u64;
            let (verdict, measured) = match bench.step(load, before, audience.as_mut()).await {
                Ok(shown) => shown,
                // What stands in the way from the beginning has nothing to do with any load.
                Err(why) if before == 0 => return Err(why),
                Err(Failure::Interrupted) => unknown(Unclear::Interrupted),
                Err(why) => unknown(Unclear::Impossible { what: why.in_a_line() }),
            };
            let recorded = search.record(StepResult { load, verdict });
            recorded.unwrap_or_else(|error| panic!("the step that was asked for: {error}"));
            study.note(&search, measured);
            study.size(&base.scenario.capacity);
            file.as_ref().map(|file| file.write(&study)).transpose()?;
            show(|out| text::write_step(study.steps.len(), &study, out))?;
        }
        Ok::<_, Failure>(())
    });
    runtime.shutdown_background();
    searched?;
    // Of a search that had ended before, other sizes may be wanted.
    file.as_ref().map(|file| file.write(&study)).transpose()?;
    let exit = exit_of(&study);
    show(|out| {
        text::write_answer(&study, out)?;
        sizing::write(&study, out)?;
        writeln!(out, "{exit}")
    })?;
    audience.into_iter().for_each(Audience::dismiss);
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

fn unknown(why: Unclear) -> (StepVerdict, Option<Measured>) {
    (StepVerdict::Unknown { why }, None)
}

/// A study of `base` that begins, or goes on from what was `kept`, and in what it does so
/// otherwise than before.
fn begin(
    base: &Planned,
    run: &RunArgs,
    kept: Option<Study>,
) -> Result<(Study, Search, Vec<String>), Failure> {
    let (scenario, plan) = (&base.scenario, &base.plan);
    let own = scenario.own_load(plan).round() as u64;
    if own == 0 || scenario.load.profile.peak() == 0.0 {
        let remedy = "give `load.phases` a rate, of which a step offers more or less";
        return Err(Failure::usage("the scenario has no load to be varied".into(), remedy));
    }
    let of = &scenario.capacity;
    let limits = limits(scenario, own);
    ensure_enough_steps(&limits, run)?;
    let now = UNIX_EPOCH + Duration::from_millis(unix_millis());
    let mut study = Study {
        version: Study::VERSION,
        chatbench: env!("CARGO_PKG_VERSION").into(),
        started: humantime::format_rfc3339_millis(now).to_string(),
        command: reproduce::capacity(plan.seed),
        seed: plan.seed,
        scenario: scenario.to_yaml_without_capacity(plan.seed),
        name: scenario.name.clone(),
        targets: match &scenario.target {
            Target::Reference => Vec::new(),
            Target::Urls(urls) => urls.iter().map(ToString::to_string).collect(),
        },
        faults: run.fault.iter().map(ToString::to_string).collect(),
        source_ips: run.plan.source_ip.clone(),
        threads: Some(prepare::shards(&run.plan) as u64),
        vary: of.vary,
        step_s: of.step.as_secs_f64(),
        limits,
        steps: Vec::new(),
        answer: None,
        sizing: None,
        usl: None,
    };
    let mut changes = Vec::new();
    if let Some(kept) = kept {
        if !study.goes_on_with(&kept) {
            return Err(another_search(&study, &kept));
        }
        changes = study.differs_from(&kept);
        let Study { chatbench, started, steps, .. } = kept;
        study = Study { chatbench, started, steps, ..study };
    }
    let search = study.resume().map_err(|error| {
        Failure::usage(error.to_string(), "mend `capacity` in the scenario, or begin anew")
    })?;
    study.conclude(&search);
    study.size(of);
    Ok((study, search, changes))
}

fn another_search(wanted: &Study, kept: &Study) -> Failure {
    let remedy = "give the same scenario, target and flags, or begin anew without --resume";
    if wanted.faults == kept.faults {
        let what = "the search to go on with is one of another scenario, target or step";
        return Failure::usage(what.into(), remedy);
    }
    let told = |faults: &[String]| match faults {
        [] => "none".into(),
        some => format!("--fault {}", some.join(",")),
    };
    let (then, now) = (told(&kept.faults), told(&wanted.faults));
    let what = format!("the search to go on with is one of a server with other faults: {then}");
    Failure::usage(format!("{what}, and not {now}"), remedy)
}

/// Within what the capacity of `scenario` is searched, which has so much load of its `own`.
fn limits(scenario: &Scenario, own: u64) -> capacity::Limits {
    let of = &scenario.capacity;
    let from = of.from.unwrap_or_else(|| of.to.map_or(own, |to| own.min(to)));
    let to = of.to.unwrap_or_else(|| from.saturating_mul(UP_TO));
    let usual = capacity::Limits::between(from, to);
    let floor = if of.vary == Vary::Users { scenario.users_min() } else { 1 };
    capacity::Limits {
        floor,
        precision: of.precision,
        confirmations: of.repeats,
        steps_max: of.steps_max,
        ..usual
    }
}

/// That a server which never contradicts itself is done with in the steps that are allowed, at
/// whatever load its capacity is. The look beyond is taken only if one is left.
fn ensure_enough_steps(limits: &capacity::Limits, run: &RunArgs) -> Result<(), Failure> {
    let needed = limits.steps_needed() - limits.beyond_steps_max;
    let allowed = limits.steps_max;
    if needed <= allowed {
        return Ok(());
    }
    let what = format!(
        "`steps_max` is {allowed}, and a search may need {needed} steps: {} repeats, and as many \
         as it takes to find what is repeated",
        limits.confirmations
    );
    let remedy = format!(
        "let `capacity.steps_max` be {needed} or more, ask for fewer `capacity.repeats`, or let \
         `capacity.from` and `capacity.to` be nearer to each other"
    );
    let keys = ["capacity.steps_max", "capacity.repeats", "capacity"];
    Err(Scenario::blame(&run.plan.scenario, &run.plan.overrides(), &keys, (what, remedy)).into())
}

/// What every step is performed with.
struct Bench<'a> {
    run: &'a RunArgs,
    base: &'a Planned,
    reference: Option<&'a Reference>,
    /// Whether the server was loaded by a step of ours already.
    served: Cell<bool>,
    stop: watch::Receiver<Stop>,
}

impl Bench<'_> {
    /// That somebody answers where the first step is to be taken, before anything is printed.
    async fn ensure_reached(&self, load: u64, before: u64) -> Result<(), Failure> {
        let brief = prepare::brief(self.planned(load, before)?, self.run, self.reference).await?;
        let mut stop = self.stop.clone();
        tokio::select! {
            reached = preflight(&brief) => Ok(reached.map_err(RunError::from)?),
            _ = stop.wait_for(|stop| *stop != Stop::No) => Err(Failure::Interrupted),
        }
    }

    /// Offers `load`, in the step after so many others.
    async fn step(
        &self,
        load: u64,
        before: u64,
        audience: Option<&mut Audience>,
    ) -> Result<(StepVerdict, Option<Measured>), Failure> {
        if *self.stop.borrow() != Stop::No {
            return Err(Failure::Interrupted);
        }
        let planned = self.planned(load, before)?;
        let brief = prepare::brief(planned, self.run, self.reference).await?;
        let options = RunOptions { shards: prepare::shards(&self.run.plan), record: None };
        let mut watch = Watch::new(brief.scenario.load.profile.duration());
        let mut followers: Vec<&mut dyn Follower> = vec![&mut watch];
        if let Some(audience) = audience {
            audience.telemetry.next_step(before + 1, load);
            followers.push(&mut audience.telemetry);
        }
        let stop = self.stop.clone();
        let served_before = self.served.replace(true);
        let observed = Observing::begin(&brief, self.reference, self.run.insecure).await;
        let mut unobserved = None;
        let (observing, mut marker) = match observed {
            // What could be seen before is no reason to end the search.
            Err(why) if served_before => {
                unobserved = Some(why.in_a_line());
                Observing::nothing()
            }
            observed => observed?,
        };
        followers.push(&mut marker);
        let outcome = run::run(Arc::clone(&brief), &options, stop, &mut followers).await?;
        let server = observing.end(&brief, &outcome, served_before).await;
        let measured = Measured { unobserved, ..Measured::new(&watch, server) };
        Ok((verdict_of(&brief.scenario, &outcome, &watch), Some(measured)))
    }

    fn planned(&self, load: u64, before: u64) -> Result<Planned, Failure> {
        let Planned { scenario, plan, .. } = self.base;
        // Each step draws anew: what one draw of rooms and times holds is not what others do.
        let seed = plan.seed.wrapping_add(before);
        let own = match scenario.capacity.vary {
            Vary::Users => scenario.own_load(plan),
            Vary::Deliveries => scenario.own_load(&Plan::new(scenario, seed)?),
        };
        let scenario: Scenario = scenario.at_load(load, own)?;
        let plan = Plan::new(&scenario, seed)?;
        let shards = plan.divide(prepare::shards(&self.run.plan)).len();
        let limits = Limits::of(&scenario, &plan, shards, &self.run.plan.source_ip);
        limits.ensure()?;
        Ok(Planned { scenario, plan, limits })
    }
}
