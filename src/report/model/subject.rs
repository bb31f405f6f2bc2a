//! Subject: what was run, against whom.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::rounded::seconds;
use crate::load::Brief;
use crate::scenario::{ClientKind, OrderPolicy, Profile, Target};

/// What was run, against whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Subject {
    /// What the scenario is called.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Whether the target is the bundled reference server, started for this run.
    pub reference: bool,
    /// The URLs of the servers that users connected to.
    pub targets: Vec<String>,
    /// Who spoke Socket.IO for the users.
    pub client: ClientKind,
    /// What messages out of order cost.
    pub order: OrderPolicy,
    /// How many users there were.
    pub users: u64,
    /// How many rooms.
    pub rooms: u64,
    /// Members of all rooms together.
    pub memberships: u64,
    /// Members who spoke, each counted once for each room it spoke in.
    pub speakers: u64,
    /// The whole scenario as it was run: YAML, with every default and override spelled out.
    pub yaml: String,
}

impl Subject {
    pub(super) fn new(brief: &Brief) -> Subject {
        let (scenario, plan) = (&brief.scenario, &brief.plan);
        Subject {
            name: scenario.name.clone(),
            description: scenario.description.clone(),
            reference: scenario.target == Target::Reference,
            targets: brief.endpoints.iter().map(|endpoint| endpoint.url.clone()).collect(),
            client: scenario.client,
            order: scenario.order,
            users: plan.users.len() as u64,
            rooms: plan.rooms.len() as u64,
            memberships: plan.memberships(),
            speakers: plan.speakers.into(),
            yaml: scenario.to_yaml(plan.seed),
        }
    }
}

/// A phase of the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PhaseSpan {
    /// What it is called, such as `hold 200/s`.
    pub name: String,
    /// When it began, in seconds since the run did.
    pub from_s: f64,
    /// When it ended, in seconds since the run began.
    pub to_s: f64,
}

/// The phases of `profile` in a load that lasted from and to the moments of `load`.
pub(super) fn phases(profile: &Profile, load: Option<(Duration, Duration)>) -> Vec<PhaseSpan> {
    let Some((from, to)) = load else { return Vec::new() };
    let begun = profile.phases().iter().filter(|phase| from + phase.start < to);
    let span = |phase: &crate::scenario::Phase| PhaseSpan {
        name: phase.name.to_string(),
        from_s: seconds(from + phase.start),
        to_s: seconds((from + phase.end).min(to)),
    };
    begun.map(span).collect()
}
