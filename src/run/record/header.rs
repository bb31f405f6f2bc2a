//! Header: what a record begins with: which run it is of.

use serde::{Deserialize, Serialize};

use super::HEADER;
use crate::history::record::Head;
use crate::load::Brief;

/// What every record begins with: what it is, in which version of the format.
pub(in crate::run) const PREAMBLE: &[u8; 12] = b"\x89chatrec\r\n\x01\n";
/// The longest header that is read.
pub(in crate::run) const HEADER_BYTES_MAX: u32 = 4 << 20;

/// Which run a record is of: all of it that is known before it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordHeader {
    /// The version of chatbench that performed it.
    pub chatbench: String,
    /// The command that repeats it.
    pub command: String,
    /// The machine that it was performed on, as the report has it.
    pub environment: serde_json::Value,
    /// When it began, in milliseconds since 1970.
    pub began_unix_ms: u64,
    /// The run's tag.
    pub tag: String,
    /// What everything random in it follows from.
    pub seed: u64,
    /// How many threads were wanted; the plan says how many there were.
    pub shards: usize,
    /// The URLs of the servers.
    pub targets: Vec<String>,
    /// The scenario as it is run: YAML.
    pub scenario: String,
}

impl RecordHeader {
    /// The header of the run that `brief` describes, on at most so many `shards`.
    pub fn new(
        brief: &Brief,
        shards: usize,
        command: &str,
        environment: serde_json::Value,
    ) -> RecordHeader {
        RecordHeader {
            chatbench: env!("CARGO_PKG_VERSION").into(),
            command: command.into(),
            environment,
            began_unix_ms: brief.began_unix_ms,
            tag: String::from_utf8_lossy(brief.tag.as_bytes()).into(),
            seed: brief.plan.seed,
            shards,
            targets: brief.endpoints.iter().map(|endpoint| endpoint.url.clone()).collect(),
            scenario: brief.scenario.to_yaml(brief.plan.seed),
        }
    }

    /// The beginning of a record: the preamble, and this as a block of JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("texts and numbers fit JSON");
        let mut bytes = PREAMBLE.to_vec();
        bytes.extend_from_slice(&Head::of(HEADER, 0, &json).to_bytes());
        bytes.extend_from_slice(&json);
        bytes
    }
}
