//! Options: what a server is told before it starts.

use std::num::NonZeroUsize;
use std::time::Duration;

use axum::http::HeaderValue;

use crate::fault::Fault;

/// What a server is told before it starts. [`Options::default`] keeps the contract.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many threads serve connections; every connection stays on one of them.
    pub threads: NonZeroUsize,
    /// How often a client is pinged.
    pub ping_interval: Duration,
    /// How long a client may take to answer a ping.
    pub ping_timeout: Duration,
    /// The longest message accepted, in bytes, over WebSocket and polling alike.
    pub payload_bytes_max: u64,
    /// How many messages may wait for one slow receiver; what comes after them is refused, and
    /// said so at level warn.
    pub queue_len_max: usize,
    /// The origins that browsers may call from.
    pub cors_origins: Vec<HeaderValue>,
    /// Whether there are events beside the chat, by which a server can be checked: `message` comes
    /// back to its sender as `message-back`, `message-with-ack` is acknowledged with its
    /// arguments, and the namespace `/custom` has the chat and all of that again.
    pub hooks: bool,
    /// What to do wrong.
    pub faults: Vec<Fault>,
    /// What the faults' decisions are drawn from.
    pub seed: u64,
}

impl Options {
    /// The ping interval unless told otherwise, as in the official server.
    pub const PING_INTERVAL: Duration = Duration::from_secs(25);
    /// The ping timeout unless told otherwise, as in the official server.
    pub const PING_TIMEOUT: Duration = Duration::from_secs(20);
    /// The longest message unless told otherwise, in bytes, as in the official server.
    pub const PAYLOAD_BYTES_MAX: u64 = 1_000_000;
    /// The origin of the chat that the contract comes from.
    pub const CORS_ORIGIN: &str = "http://localhost:5173";
    /// Long enough for a burst to one receiver: socketioxide drops what does not fit, and a
    /// server that loses messages unasked is no reference.
    const QUEUE_LEN_MAX: usize = 65_536;
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: NonZeroUsize::MIN,
            ping_interval: Self::PING_INTERVAL,
            ping_timeout: Self::PING_TIMEOUT,
            payload_bytes_max: Self::PAYLOAD_BYTES_MAX,
            queue_len_max: Self::QUEUE_LEN_MAX,
            cors_origins: vec![HeaderValue::from_static(Self::CORS_ORIGIN)],
            hooks: false,
            faults: Vec::new(),
            seed: 0,
        }
    }
}
