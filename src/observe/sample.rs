//! Sample: what one node had used and had at one moment.

use serde::{Deserialize, Serialize};

/// All nodes at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Moment {
    /// When, in seconds since the run began; where nodes were seen at different times, the first
    /// of these.
    pub at_s: f64,
    /// Each node, in order; null where nothing could be seen of it.
    pub nodes: Vec<Option<Sample>>,
}

/// One node at one moment. What is absent is not to be seen there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Sample {
    /// Which process it was of those that came one after another in this place, from 0.
    pub life: u32,
    /// When it was so, in seconds since the run began; absent if that is the moment of them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_s: Option<f64>,
    /// How long it took to be seen, in seconds: it was so at some time of these, and is taken to
    /// have been in the middle of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_s: Option<f64>,
    /// Processor time that it had used since it began, user and system, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<f64>,
    /// Resident memory, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_bytes: Option<u64>,
    /// Open sockets. They are not counted every second where there are very many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sockets: Option<u64>,
    /// Open file descriptors, sockets included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_fds: Option<u64>,
    /// Threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u64>,
}

impl Moment {
    /// What was seen of the node `at` this place, and when, in seconds since the run began.
    pub fn seen(&self, at: usize) -> Option<(f64, &Sample)> {
        let sample = self.nodes.get(at)?.as_ref()?;
        Some((sample.at_s.unwrap_or(self.at_s), sample))
    }
}
