//! Needs: what a scenario asks of the machine that performs it, as numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a scenario asks of the machine that performs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Needs {
    /// Users that are connected at once.
    pub users: u64,
    /// Connections of all users, at most at once.
    pub connections: u64,
    /// Threads that they are spread over.
    pub threads: u64,
    /// File descriptors of the generator.
    pub descriptors: u64,
    /// File descriptors of the bundled server; 0 where it is not the target.
    pub server_descriptors: u64,
    /// Connections from one address of this machine to one address of a server.
    pub ports: u64,
    /// Such pairs of addresses.
    pub pairs: u64,
    /// Connects that may come within half a second.
    pub connect_burst: u64,
    /// Connections per second that are closed in good order while the load lasts.
    pub closes_per_second: f64,
    /// Connections that are closed in good order by storms, at most within a minute.
    pub closes_at_once: u64,
    /// How long the load lasts, in seconds.
    pub load_secs: f64,
    /// How late the generator may be, in milliseconds: the scenario's `limits.send_delay_p99`.
    pub send_delay_ms_max: f64,
    /// Whether clients are those of `rust_socketio`, which cost more.
    pub second_opinion: bool,
    /// Where the servers are; empty for the bundled one, which is started for the run.
    pub targets: Vec<Place>,
}

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Its URL.
    pub url: String,
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl Needs {
    /// Whether the bundled server is the target.
    pub fn is_bundled(&self) -> bool {
        self.targets.is_empty()
    }

    /// Ports of one pair of addresses that are still taken, if a closed connection keeps its own
    /// for `secs` seconds.
    pub(super) fn ports_waiting(&self, secs: f64) -> u64 {
        let closing = self.closes_per_second * secs.min(self.load_secs);
        (closing.ceil() as u64).saturating_add(self.closes_at_once).div_ceil(self.pairs.max(1))
    }
}
