//! Observation: what was seen of the server during a run, and what follows from it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::sample::Moment;
use super::summary::{Figure, Load, Summary};

/// What was seen of the server while it was loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Observation {
    /// The processes that were looked at, which together are the server.
    pub nodes: Vec<Node>,
    /// What the load cost, all nodes together.
    pub summary: Summary,
    /// What could not be seen, or should be known before the summary is relied on.
    pub notices: Vec<Notice>,
    /// All nodes about once a second, and when the load began and ended.
    pub samples: Vec<Moment>,
    /// Samples past the limit, which were not kept.
    #[serde(default)]
    pub samples_dropped: u64,
}

/// A process of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Node {
    /// How it was seen.
    pub kind: NodeKind,
    /// What it is called here: `process 4711 (node)`, or the URL of its exposition.
    pub name: String,
    /// The number that its process had at first, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
}

/// How a node was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// The bundled server, a process that chatbench started.
    Reference,
    /// As a process of this machine.
    Process,
    /// By what it exposes to Prometheus.
    Prometheus,
}

/// What should be known of an observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// A node's process ended, and was not looked at any more; its number may be another's now.
    Gone {
        /// The node's name.
        node: String,
        /// When that was seen, in seconds since the run began.
        at_s: f64,
    },
    /// Nothing was seen of a node where a sample was due.
    Missing {
        /// The node's name.
        node: String,
        /// How many samples are missing.
        samples: u64,
        /// When the first of them was due, in seconds since the run began.
        from_s: f64,
        /// Why that one could not be taken.
        why: String,
    },
    /// A node's sockets and file descriptors could not be counted.
    Uncounted {
        /// The node's name.
        node: String,
        /// Why not.
        why: String,
    },
    /// A node was another process than before: its counters began anew.
    Restarted {
        /// The node's name.
        node: String,
        /// How often.
        times: u64,
    },
    /// The server was not fresh when it was first looked at, so that what its memory grew by is
    /// less than what its users need.
    NotFresh {
        /// By what that is seen.
        why: String,
    },
    /// A figure of the summary cannot be said.
    Unsaid(Unsaid),
}

/// A figure that cannot be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Unsaid {
    /// Which.
    pub figure: Figure,
    /// Why not.
    pub why: String,
}

impl Observation {
    /// What follows from `samples` of `nodes` that were under `load`; `notices` are what happened
    /// while they were taken.
    pub(super) fn new(
        nodes: Vec<Node>,
        samples: Vec<Moment>,
        mut notices: Vec<Notice>,
        load: &Load<'_>,
    ) -> Observation {
        notices.extend(restarts(&nodes, &samples));
        let (summary, further) = Summary::new(&samples, load);
        notices.extend(further);
        Observation { nodes, summary, notices, samples, samples_dropped: 0 }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::Gone { node, at_s } => write!(f, "{node} was gone at {at_s:.3} s of the run"),
            Notice::Missing { node, samples, from_s, why } => {
                let times = if *samples == 1 { "sample" } else { "samples" };
                write!(
                    f,
                    "{samples} {times} of {node} could not be taken, from {from_s:.3} s of "
                )?;
                write!(f, "the run on: {why}")
            }
            Notice::Uncounted { node, why } => {
                write!(
                    f,
                    "the sockets of {node} could not be counted, as those of another user's "
                )?;
                write!(f, "process cannot: {why}")
            }
            Notice::Restarted { node, times: 1 } => write!(f, "{node} was restarted"),
            Notice::Restarted { node, times } => write!(f, "{node} was restarted {times} times"),
            Notice::NotFresh { why } => {
                write!(
                    f,
                    "the server was not fresh, so that its users may need more memory than "
                )?;
                write!(f, "it grew by: {why}")
            }
            Notice::Unsaid(Unsaid { figure, why }) => write!(f, "{figure} cannot be said: {why}"),
        }
    }
}

/// Which nodes were other processes than before, and how often.
fn restarts(nodes: &[Node], samples: &[Moment]) -> Vec<Notice> {
    let times = |at: usize| {
        let lives = samples.iter().filter_map(|moment| moment.nodes.get(at)?.as_ref());
        lives.map(|sample| sample.life).max().unwrap_or_default().into()
    };
    let told = nodes.iter().enumerate().map(|(at, node)| (node.name.clone(), times(at)));
    told.filter(|(_, times)| *times > 0)
        .map(|(node, times)| Notice::Restarted { node, times })
        .collect()
}
