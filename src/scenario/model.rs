//! The scenario as meant: what the file says, in types that cannot contradict themselves.

mod capacity;
mod churn;
mod observe;
mod population;
mod target;
mod thresholds;

use std::time::Duration;

pub use capacity::Capacity;
pub use churn::{Outage, Outages};
pub use observe::{Exposed, Observe, ObservedNode};
pub use population::{Population, RoomNames, RoomSize, Seating};
pub use target::{Header, Target, TargetUrl};
pub use thresholds::{LatencyMetric, LatencyThreshold, Thresholds};

use super::churn::Churn;
use super::dialect::{Confirm, Dialect};
use super::error::Mistake;
use super::file::{
    Arrival, ChurnFile, ClientKind, DrawnSize, LimitsFile, LoadFile, MessageFile, OrderPolicy,
    PhaseFile, ScenarioFile, SizesFile, StrangersPolicy, TargetFile, TimeoutsFile, Transport,
};
use super::path::Path;
use super::profile::Profile;
use super::sizes::Sizes;
use super::template::{Placeholder, Template};
use crate::chat::{Alphabet, Stamp};

/// A scenario: everything about a run but its randomness.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What the report calls it.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// The server.
    pub target: Target,
    /// The path of the Engine.IO endpoint below the target's own; begins and ends with `/`.
    pub path: String,
    /// The namespace; begins with `/`.
    pub namespace: String,
    /// The payload of CONNECT.
    pub auth: Option<serde_json::Map<String, serde_json::Value>>,
    /// Headers sent with every handshake.
    pub headers: Vec<Header>,
    /// How users reach the server.
    pub transport: Transport,
    /// Who speaks Socket.IO for them.
    pub client: ClientKind,
    /// How the server spells things.
    pub dialect: Dialect,
    /// Users and rooms.
    pub population: Population,
    /// How much they say when.
    pub load: Load,
    /// What their messages look like.
    pub message: MessageShape,
    /// How long is waited for what.
    pub timeouts: Timeouts,
    /// What messages out of order cost.
    pub order: OrderPolicy,
    /// What the words of others mean in the run's rooms.
    pub strangers: StrangersPolicy,
    /// What is good enough.
    pub thresholds: Thresholds,
    /// How far chatbench itself may go.
    pub limits: Limits,
    /// What is looked at while the server is loaded.
    pub observe: Observe,
    /// How a search for the server's capacity goes.
    pub capacity: Capacity,
    /// The seed, where the scenario fixes it.
    pub seed: Option<u64>,
    file: Box<ScenarioFile>,
}

/// How fast users connect, who speaks, and how much is said when.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Users that begin to connect per second; above 0.
    pub connect_rate: f64,
    /// How one speaker's messages are spread over time.
    pub arrival: Arrival,
    /// The share of each room's members who speak, above 0 and at most 1.
    pub speakers: f64,
    /// Messages per second of all users together, over time.
    pub profile: Profile,
    /// How users come and go meanwhile.
    pub churn: Churn,
    /// Whether the server goes away meanwhile.
    pub outages: Outages,
}

/// What messages look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MessageShape {
    /// How long their texts are.
    pub sizes: Sizes,
    /// What they are filled with.
    pub alphabet: Alphabet,
}

/// How long is waited for what; none of them zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the first step of connecting to the namespace's CONNECT.
    pub connect: Duration,
    /// From a join to its confirmation.
    pub join: Duration,
    /// From the moment a message was due to its last receiver.
    pub delivery: Duration,
}

/// How far chatbench itself may go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The 99th percentile of the send delay up to which thresholds count.
    pub send_delay_p99: Duration,
    /// The least share of deliveries that had to happen for a run to show much, above 0 and at
    /// most 1.
    pub must_share_min: f64,
    /// Messages that somebody still has to hear, at any one time.
    pub in_flight_messages_max: u32,
    /// Users that are connecting at any one time.
    pub connecting_users_max: u32,
    /// Bytes of one WebSocket message that a server may send.
    pub frame_bytes_max: u32,
    /// Bytes that may wait to be sent on one connection.
    pub send_queue_bytes_max: u32,
    /// Violations of each kind that are kept with their story.
    pub violations_kept_max: u32,
    /// Probe messages per second, all rooms together.
    pub probe_rate: f64,
}

impl Scenario {
    /// What `file` means.
    pub(super) fn new(file: ScenarioFile) -> Result<Scenario, Mistake> {
        let load = load(&file.load, &file.target)?;
        let scenario = Scenario {
            name: file.name.clone(),
            description: file.description.clone(),
            target: Target::new(&file.target)?,
            path: target::endpoint_path(&file.path)?,
            namespace: target::namespace(&file.namespace)?,
            auth: file.auth.clone(),
            headers: target::headers(&file.headers)?,
            transport: file.transport,
            client: file.client,
            dialect: Dialect::new(&file.dialect, &Path::parse("dialect"))?,
            population: Population::new(file.users, &file.rooms)?,
            message: message(&file.message)?,
            timeouts: timeouts(&file.timeouts)?,
            order: file.order,
            strangers: file.strangers,
            thresholds: Thresholds::new(&file.thresholds, load.outages.are_expected()),
            load,
            limits: limits(&file.limits)?,
            observe: observe::observe(file.observe.as_ref(), &file.target)?,
            capacity: capacity::capacity(&file.capacity.clone().unwrap_or_default())?,
            seed: file.seed,
            file: Box::new(file),
        };
        scenario.check_confirmation()?;
        Ok(scenario)
    }

    /// Where a user may be joining several rooms, what confirms a join must say which.
    fn check_confirmation(&self) -> Result<(), Mistake> {
        let Confirm::Event { template, .. } = &self.dialect.join.confirm else { return Ok(()) };
        let names_room = |template: &Template| template.count_of(Placeholder::Room) > 0;
        let several = self.population.per_user > 1 || self.load.churn.switches();
        if !several || template.as_ref().is_some_and(names_room) {
            return Ok(());
        }
        let what = "the confirming event does not say which of a user's rooms it is for";
        let remedy = "add `payload: \"${room}\"`, or how else the server names it, or confirm by \
                      `probe`";
        Err(Mistake::at("dialect.join.confirm.event", what, remedy))
    }

    /// The scenario as it is run with `seed`: YAML text with every default and every override
    /// spelled out, which read again gives the same scenario.
    pub fn to_yaml(&self, seed: u64) -> String {
        ScenarioFile { seed: Some(seed), ..(*self.file).clone() }.to_yaml()
    }

    /// All of its keys, every default and every override spelled out.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(&*self.file).expect("every field of a scenario fits JSON")
    }

    /// The scenario as it is run with `seed`, as YAML, but for how its capacity is searched and
    /// what is looked at meanwhile: a server that was started again is another process, and the
    /// search the same.
    pub fn to_yaml_without_capacity(&self, seed: u64) -> String {
        let file = (*self.file).clone();
        ScenarioFile { seed: Some(seed), capacity: None, observe: None, ..file }.to_yaml()
    }
}

const PHASES_MAX: usize = 1000;
const STEPS_MAX: u32 = 1000;
const LOAD_MAX: Duration = super::units::Period::MAX;

fn load(file: &LoadFile, target: &TargetFile) -> Result<Load, Mistake> {
    if file.connect_rate.per_second() == 0.0 {
        let what = "at a `connect_rate` of 0 nobody ever connects";
        return Err(Mistake::at("load.connect_rate", what, "write a rate such as `500/s`"));
    }
    let path = Path::parse("load.phases");
    if file.phases.is_empty() || file.phases.len() > PHASES_MAX {
        let what = format!("there are {} phases", file.phases.len());
        let remedy =
            format!("write 1 to {PHASES_MAX} phases, such as `- hold: {{rate: 200/s, for: 15 s}}`");
        return Err(Mistake::new(path, what, remedy));
    }
    for (at, phase) in file.phases.iter().enumerate() {
        check_phase(phase, &path.index(at))?;
    }
    let length: Duration = file.phases.iter().map(|phase| phase.length().duration()).sum();
    if length > LOAD_MAX {
        let what = format!("the phases together last {} days", length.as_secs() / 86_400);
        return Err(Mistake::new(path, what, "let them last 30 days at most"));
    }
    Ok(Load {
        connect_rate: file.connect_rate.per_second(),
        arrival: file.arrivals,
        speakers: file.speakers.fraction(),
        profile: Profile::new(&file.phases),
        churn: churn::churn(file.churn.as_ref().unwrap_or(&ChurnFile::default()), length)?,
        outages: churn::outages(&file.outages, target, length)?,
    })
}

fn check_phase(phase: &PhaseFile, path: &Path) -> Result<(), Mistake> {
    let kind = match phase {
        PhaseFile::Hold(_) => "hold",
        PhaseFile::Ramp(_) => "ramp",
        PhaseFile::Step(_) => "step",
        PhaseFile::Spike(_) => "spike",
    };
    let path = path.name(kind);
    let length = phase.length().duration();
    if length.is_zero() {
        let remedy = "write a length such as `15 s`, or leave the phase out";
        return Err(Mistake::new(path.name("for"), "the phase has no length", remedy));
    }
    match phase {
        PhaseFile::Step(step) if !(2..=STEPS_MAX).contains(&step.steps) => {
            let what = format!("`steps` is {}", step.steps);
            let remedy = format!("write a number of steps from 2 to {STEPS_MAX}, or use `hold`");
            Err(Mistake::new(path.name("steps"), what, remedy))
        }
        PhaseFile::Spike(spike)
            if spike.at.duration() + spike.lasting.duration() > spike.length.duration() =>
        {
            let what = format!(
                "the spike ends after its phase: {} + {} > {}",
                spike.at, spike.lasting, spike.length
            );
            let remedy = "let `at` plus `lasting` be at most `for`";
            Err(Mistake::new(path.name("lasting"), what, remedy))
        }
        _ => Ok(()),
    }
}

fn message(file: &MessageFile) -> Result<MessageShape, Mistake> {
    let check = |dotted: &str, bytes: u32| {
        if (Stamp::LEN as u32..=Stamp::TEXT_BYTES_MAX).contains(&bytes) {
            return Ok(());
        }
        let what = format!("a text cannot have {bytes} B");
        let remedy = format!(
            "write a size from {} B, which the stamp that tells messages apart needs, to 15 MiB",
            Stamp::LEN
        );
        Err(Mistake::at(dotted, what, remedy))
    };
    let not_below = |dotted: &str, name: &str, low: u32, max: u32| {
        if low <= max {
            return Ok(());
        }
        let what = format!("`max` is below `{name}`: {max} B < {low} B");
        Err(Mistake::at(dotted, what, format!("let `max` be at least `{name}`")))
    };
    let sizes = match file.size {
        SizesFile::Fixed(size) => {
            check("message.size", size.bytes())?;
            Sizes::Fixed(size.bytes())
        }
        SizesFile::Drawn(DrawnSize::Uniform(uniform)) => {
            let (min, max) = (uniform.min.bytes(), uniform.max.bytes());
            check("message.size.uniform.min", min)?;
            check("message.size.uniform.max", max)?;
            not_below("message.size.uniform.max", "min", min, max)?;
            Sizes::Uniform { min, max }
        }
        SizesFile::Drawn(DrawnSize::LogNormal(normal)) => {
            let (median, max) = (normal.median.bytes(), normal.max.bytes());
            check("message.size.log_normal.median", median)?;
            check("message.size.log_normal.max", max)?;
            not_below("message.size.log_normal.max", "median", median, max)?;
            if !(0.0..=5.0).contains(&normal.sigma) {
                let what = format!("`sigma` is {}", normal.sigma);
                let remedy = "write a number from 0 to 5, such as 0.8";
                return Err(Mistake::at("message.size.log_normal.sigma", what, remedy));
            }
            Sizes::LogNormal { median, sigma: normal.sigma, max }
        }
    };
    Ok(MessageShape { sizes, alphabet: file.alphabet })
}

fn timeouts(file: &TimeoutsFile) -> Result<Timeouts, Mistake> {
    let named = [("connect", file.connect), ("join", file.join), ("delivery", file.delivery)];
    for (name, period) in named {
        if period.duration().is_zero() {
            let path = Path::parse("timeouts").name(name);
            let remedy = "write a length of time such as `10 s`";
            return Err(Mistake::new(path, "nothing happens in no time", remedy));
        }
    }
    Ok(Timeouts {
        connect: file.connect.duration(),
        join: file.join.duration(),
        delivery: file.delivery.duration(),
    })
}

fn limits(file: &LimitsFile) -> Result<Limits, Mistake> {
    let named = [
        ("in_flight_messages_max", f64::from(file.in_flight_messages_max)),
        ("connecting_users_max", f64::from(file.connecting_users_max)),
        ("frame_size_max", f64::from(file.frame_size_max.bytes())),
        ("send_queue_size_max", f64::from(file.send_queue_size_max.bytes())),
        ("probe_rate", file.probe_rate.per_second()),
    ];
    for (name, number) in named {
        if number == 0.0 {
            let path = Path::parse("limits").name(name);
            let what = format!("with a `{name}` of 0 nothing can happen");
            return Err(Mistake::new(path, what, "write a higher limit, or leave it out"));
        }
    }
    Ok(Limits {
        send_delay_p99: file.send_delay_p99.duration(),
        must_share_min: file.must_share_min.fraction(),
        in_flight_messages_max: file.in_flight_messages_max,
        connecting_users_max: file.connecting_users_max,
        frame_bytes_max: file.frame_size_max.bytes(),
        send_queue_bytes_max: file.send_queue_size_max.bytes(),
        violations_kept_max: file.violations_kept_max,
        probe_rate: file.probe_rate.per_second(),
    })
}
