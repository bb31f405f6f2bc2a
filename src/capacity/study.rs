//! Study: a search with its steps as data, from which it goes on where it was interrupted.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::prediction::Prediction;
use super::search::{Answer, Limits, Next, ResumeError, Search, Step};
use super::sizing::{self, Sizing};
use super::watch::Watch;
use crate::metrics::{Metric, Quantile};
use crate::observe::{Notice, Observation, Summary};
use crate::scenario::{Capacity, Vary};

/// A search for a server's capacity, version 1. Fields are added within a version, never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Study {
    /// The version of this format: 1.
    #[schemars(extend("const" = Study::VERSION))]
    pub version: u32,
    /// The version of chatbench that began it.
    pub chatbench: String,
    /// When it began: RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    pub started: String,
    /// The command that repeats it, for a shell.
    pub command: String,
    /// What everything random follows from; the seed of each step is this, and the number of
    /// steps before it.
    pub seed: u64,
    /// The scenario at its own load, as YAML with every default, but for its `capacity`.
    pub scenario: String,
    /// What the scenario is called.
    pub name: String,
    /// The servers' URLs; empty for the bundled one.
    pub targets: Vec<String>,
    /// The faults that were planted in the bundled server, as `--fault` takes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// The addresses that were connected from; empty if that was left to the system.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source_ips: Vec<IpAddr>,
    /// The threads that users were spread over at most; absent if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u64>,
    /// What a load is a number of.
    pub vary: Vary,
    /// How long the load of each step lasts, in seconds.
    pub step_s: f64,
    /// Within what it is searched.
    pub limits: Limits,
    /// The steps so far, in order.
    pub steps: Vec<StepReport>,
    /// What they come to, once the search has ended.
    pub answer: Option<Answer>,
    /// What so many users take, once the search has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sizing: Option<Sizing>,
    /// What the Universal Scalability Law predicts from them, once the search has ended: it is no
    /// part of the answer, which was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usl: Option<Prediction>,
}

/// One step, and what was measured in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StepReport {
    /// What it was taken for, and what it showed.
    #[serde(flatten)]
    pub step: Step,
    /// What was measured after its warm-up; nothing if it could not be performed.
    pub measured: Option<Measured>,
}

/// What was measured after a step's warm-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Measured {
    /// Deliveries per second, on average.
    pub deliveries_per_s: f64,
    /// The median delivery latency, in milliseconds.
    pub delivery_p50_ms: f64,
    /// The 99th percentile of the delivery latency, in milliseconds.
    pub delivery_p99_ms: f64,
    /// The 99th percentile of the generator's own lateness, in milliseconds.
    pub send_delay_p99_ms: f64,
    /// What was seen of the server itself, of all of the step's load; absent if it was not looked
    /// at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// Why the server was not looked at, where it was to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unobserved: Option<String>,
}

/// What was seen of the server in a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Server {
    /// How many processes were looked at, which together are the server.
    pub nodes: u64,
    /// What the load cost.
    #[serde(flatten)]
    pub summary: Summary,
    /// What could not be seen, or should be known before that is relied on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

impl Server {
    /// What of `observation` is kept for a step.
    pub fn new(observation: Observation) -> Server {
        let Observation { nodes, summary, notices, .. } = observation;
        Server { nodes: nodes.len() as u64, summary, notices }
    }
}

impl Measured {
    /// What `watch` has seen of the messages, and whoever looked at it of the server.
    pub fn new(watch: &Watch, server: Option<Observation>) -> Measured {
        let ms = |metric, share| {
            let histogram = watch.recorder().histogram(metric);
            histogram.at(Quantile::Of(share)).as_secs_f64() * 1e3
        };
        Measured {
            deliveries_per_s: watch.deliveries_per_s(),
            delivery_p50_ms: ms(Metric::DeliveryLatency, 0.5),
            delivery_p99_ms: ms(Metric::DeliveryLatency, 0.99),
            send_delay_p99_ms: ms(Metric::SendDelay, 0.99),
            server: server.map(Server::new),
            unobserved: None,
        }
    }
}

impl Study {
    /// The version of the format that is written.
    pub const VERSION: u32 = 1;

    /// The JSON Schema (draft 2020-12) that studies follow.
    pub fn schema() -> serde_json::Value {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<Study>();
        schema.insert("title".into(), "chatbench capacity".into());
        schema.to_value()
    }

    /// Whether steps of `other` are steps of this search as well: more of them may be allowed, and
    /// the answer may have to be shown more often.
    pub fn goes_on_with(&self, other: &Study) -> bool {
        let what = |it: &Study| {
            (it.scenario.clone(), it.targets.clone(), it.faults.clone(), it.vary, it.step_s)
        };
        what(self) == what(other)
    }

    /// In what the steps of `other` were taken otherwise than those of this search are, although
    /// they are steps of it: whoever reads the answer should know.
    pub fn differs_from(&self, other: &Study) -> Vec<String> {
        let threads = |it: &Study| it.threads.map(|threads| format!("on {threads} threads"));
        let addresses = |it: &Study| match &it.source_ips[..] {
            [] => "from no address in particular".to_owned(),
            some => {
                let told: Vec<String> = some.iter().map(IpAddr::to_string).collect();
                format!("from {}", told.join(", "))
            }
        };
        let both = |of: &dyn Fn(&Study) -> Option<String>| of(other).zip(of(self));
        [
            both(&|it| Some(format!("by chatbench {}", it.chatbench))),
            both(&threads),
            both(&|it| Some(addresses(it))),
        ]
        .into_iter()
        .flatten()
        .filter(|(before, now)| before != now)
        .map(|(before, now)| format!("steps so far were taken {before}, further ones are {now}"))
        .collect()
    }

    /// The search that goes on from the steps so far. Steps that only said why it had to stop are
    /// taken again.
    ///
    /// # Errors
    /// When they are not those of a search within these limits.
    pub fn resume(&mut self) -> Result<Search, ResumeError> {
        let results = self.steps.iter().map(|it| it.step.result.clone());
        let search = Search::resume(self.limits, results)?;
        // Those that were left out are in no account any more.
        let mut kept = search.steps().iter();
        let mut next = kept.next();
        self.steps.retain(|it| {
            let keeps = next.is_some_and(|step| step.result == it.step.result);
            if keeps {
                next = kept.next();
            }
            keeps
        });
        Ok(search)
    }

    /// Takes note of the search's last step, and of what it comes to now.
    pub fn note(&mut self, search: &Search, measured: Option<Measured>) {
        if let Some(step) = search.steps().last() {
            self.steps.push(StepReport { step: step.clone(), measured });
        }
        self.conclude(search);
    }

    /// Takes note of what so many users take, as `of` wants it, if the search has ended.
    pub fn size(&mut self, of: &Capacity) {
        self.sizing = sizing::size(self, of);
    }

    /// Takes note of what the search comes to, if it has ended.
    pub fn conclude(&mut self, search: &Search) {
        self.answer = match search.next() {
            Next::Done(answer) => Some(answer),
            Next::Try { .. } => None,
        };
        let predicted = || Prediction::of(&self.steps, self.seed);
        self.usl = self.answer.is_some().then(predicted);
    }
}
