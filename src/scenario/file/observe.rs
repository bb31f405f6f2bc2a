//! What is observed of the server, as typed: its processes, or what it exposes to Prometheus.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::shorthand::{Shorthand, deserialize_by_shorthand};
use crate::scenario::units::UnitError;

/// `reference`, `off`, a process's number, the URL of an exposition, or a list of nodes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ObserveFile {
    /// `reference` (the bundled server), `off`, a process's number, or the URL of an exposition.
    Word(String),
    /// One node.
    Node(NodeFile),
    /// Several nodes, which together are the server.
    Nodes(Vec<NodeFile>),
}

/// A node of the server: either a process of this machine, or an exposition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NodeFile {
    /// The number of a process of this machine, which must be Linux.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub process: Option<u32>,
    /// The URL at which the node exposes metrics in Prometheus' text format; without a path it is
    /// that of `/metrics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<String>,
    /// What the exposition calls the metrics. Default: as Prometheus' client libraries do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<MetricNamesFile>,
    /// The labels of the node's metrics, where the exposition has several with the same name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// What an exposition calls the metrics of a process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MetricNamesFile {
    /// Processor time in seconds, user and system. Default: `process_cpu_seconds_total`.
    pub cpu: String,
    /// Resident memory in bytes. Default: `process_resident_memory_bytes`.
    pub memory: String,
    /// Open file descriptors. Default: `process_open_fds`.
    pub open_fds: String,
}

impl Default for MetricNamesFile {
    fn default() -> MetricNamesFile {
        MetricNamesFile {
            cpu: "process_cpu_seconds_total".into(),
            memory: "process_resident_memory_bytes".into(),
            open_fds: "process_open_fds".into(),
        }
    }
}

impl<'de> Shorthand<'de> for ObserveFile {
    const EXPECTED: &'static str =
        "`reference`, `off`, a process's number, a URL, a mapping, or a list of mappings";

    fn from_text(text: &str) -> Result<ObserveFile, UnitError> {
        Ok(ObserveFile::Word(text.into()))
    }

    fn from_map<D: Deserializer<'de>>(map: D) -> Result<ObserveFile, D::Error> {
        NodeFile::deserialize(map).map(ObserveFile::Node)
    }

    fn from_list<D: Deserializer<'de>>(list: D) -> Result<ObserveFile, D::Error> {
        Vec::deserialize(list).map(ObserveFile::Nodes)
    }
}

deserialize_by_shorthand!(ObserveFile);
