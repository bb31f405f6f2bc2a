//! Target: the server that is tried, and what is known of it beforehand.

use std::time::Duration;

use super::broker::Broker;
use crate::scenario::{Dialect, Hooks, OrderPolicy};
use crate::transport::{Endpoint, Tls};

/// The server that is tried, and how.
#[derive(Debug)]
pub struct Target {
    /// Where it is.
    pub endpoint: Endpoint,
    /// Another node of its cluster.
    pub peer: Option<Endpoint>,
    /// How TLS is spoken.
    pub tls: Tls,
    /// Lines of every request beside its own, as name and value.
    pub headers: Vec<(String, String)>,
    /// The namespace that the chat lives in.
    pub namespace: String,
    /// The payload of every CONNECT, as JSON; empty for none.
    pub auth: String,
    /// The origin that CORS is tried with.
    pub origin: String,
    /// How the server spells the chat; nothing where there is none.
    pub dialect: Option<Dialect>,
    /// What it costs that a message overtakes an earlier one of its sender.
    pub order: OrderPolicy,
    /// Events beside the chat that checks may use.
    pub hooks: Hooks,
    /// How the broker of its cluster is taken down, where that may be done.
    pub broker: Option<Broker>,
    /// The process id of the server, for checks of what it keeps.
    pub process: Option<u32>,
    /// How the trials go.
    pub patience: Patience,
    /// Whether what may take the server down is tried.
    pub hostile: bool,
    /// Messages of each check under load.
    pub load_messages: u32,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// An answer that is not bound to come later.
    pub answer: Duration,
    /// How long nothing may come before nothing is taken for what there is.
    pub quiet: Duration,
    /// The longest wait for what takes its time: a heartbeat, a timeout.
    pub wait_max: Duration,
    /// After this long a session without CONNECT should be closed.
    pub connect_timeout: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            answer: Duration::from_secs(3),
            quiet: Duration::from_millis(300),
            wait_max: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(45),
        }
    }
}
