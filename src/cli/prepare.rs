//! Prepare: from arguments to a plan, and from a plan to all that a run needs.

use std::sync::Arc;

use super::args::{PlanArgs, RunArgs};
use super::failure::Failure;
use super::limits::Limits;
use super::reference::Reference;
use crate::chat::RunTag;
use crate::clock::{Clock, unix_millis};
use crate::load::{Brief, Network, Tls, locate};
use crate::run::SHARDS_MAX;
use crate::scenario::{Plan, Scenario, Target, TargetUrl};

/// A scenario with its seed, and what follows from the two.
pub(super) struct Planned {
    pub(super) scenario: Scenario,
    pub(super) plan: Plan,
    pub(super) limits: Limits,
}

/// Reads the scenario and plans it; the seed is drawn where nobody gives one.
pub(super) fn plan(args: &PlanArgs) -> Result<Planned, Failure> {
    plan_of(Scenario::read(&args.scenario, &args.overrides())?, args)
}

/// Plans a scenario, with what `args` say of the seed, the threads and where to connect from.
pub(super) fn plan_of(scenario: Scenario, args: &PlanArgs) -> Result<Planned, Failure> {
    let seed = scenario.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let plan = Plan::new(&scenario, seed)?;
    let shards = plan.divide(shards(args)).len();
    let limits = Limits::of(&scenario, &plan, shards, &args.source_ip);
    Ok(Planned { scenario, plan, limits })
}

/// How many threads are wanted.
pub(super) fn shards(args: &PlanArgs) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    args.shards.unwrap_or_else(cores).min(SHARDS_MAX)
}

/// Starts the bundled server if the scenario is to run against it.
pub(super) fn reference(planned: &Planned, args: &RunArgs) -> Result<Option<Reference>, Failure> {
    match &planned.scenario.target {
        Target::Reference => Ok(Some(Reference::start(&args.fault, planned.plan.seed, &[])?)),
        Target::Urls(_) if args.fault.is_empty() => Ok(None),
        Target::Urls(_) => {
            let what = "--fault plants a fault in the bundled server, which is not the target";
            Err(Failure::usage(what.into(), "leave out --fault, or say `--target reference`"))
        }
    }
}

/// Looks up the targets and puts together what the shards need to know.
pub(super) async fn brief(
    planned: Planned,
    args: &RunArgs,
    reference: Option<&Reference>,
) -> Result<Arc<Brief>, Failure> {
    let Planned { scenario, plan, .. } = planned;
    let urls: Vec<TargetUrl> = match (&scenario.target, reference) {
        (Target::Urls(urls), _) => urls.clone(),
        (Target::Reference, Some(reference)) => vec![reference.url().clone()],
        (Target::Reference, None) => Vec::new(),
    };
    let endpoints = locate(&urls, &scenario.path, scenario.timeouts.connect).await?;
    let speaks_tls = endpoints.iter().any(|endpoint| endpoint.tls);
    // The platform's certificates are looked for only where they matter.
    let tls = if args.insecure || !speaks_tls { Tls::insecure() } else { Tls::platform() }?;
    let (clock, began_unix_ms) = (Clock::start(), unix_millis());
    let source_ips = args.plan.source_ip.clone();
    let tag = RunTag::new(rand::random());
    Ok(Arc::new(Brief {
        scenario,
        plan,
        tag,
        clock,
        began_unix_ms,
        endpoints,
        network: Network::System,
        tls,
        source_ips,
    }))
}
