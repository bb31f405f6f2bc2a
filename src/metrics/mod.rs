//! Measures a history: how long things took, and how many there were.

mod histogram;
mod recorder;
mod timeline;

pub use histogram::{Histogram, Quantile};
pub use recorder::{Counters, Recorder};
pub use timeline::{Gauges, Row, Timeline};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is measured in time; each has a histogram in microseconds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// From the first step of an attempt to connect to the namespace's CONNECT.
    ConnectLatency,
    /// From a join to the evidence that the server has performed it.
    JoinLatency,
    /// Sent − intended: the generator's own lateness.
    SendDelay,
    /// Received − intended: what a user who meant to speak then would see.
    DeliveryLatency,
    /// Received − sent: the server and the network alone.
    ServiceLatency,
    /// Heard by the first member − intended.
    FirstReceiver,
    /// Heard by the last member who must − intended.
    LastReceiver,
    /// From a join to the first message heard in that room.
    JoinToHeard,
    /// From the moment a user wanted its connection back to the first message heard on it.
    ReconnectToHeard,
    /// From the loss of a connection that nobody here wanted to the first message heard again.
    Deafness,
}

impl Metric {
    /// Every metric, in the order in which they are reported.
    pub const ALL: [Metric; 10] = [
        Metric::ConnectLatency,
        Metric::JoinLatency,
        Metric::SendDelay,
        Metric::DeliveryLatency,
        Metric::ServiceLatency,
        Metric::FirstReceiver,
        Metric::LastReceiver,
        Metric::JoinToHeard,
        Metric::ReconnectToHeard,
        Metric::Deafness,
    ];

    /// The metric's name as it stands in scenarios and reports.
    pub fn name(self) -> &'static str {
        match self {
            Metric::ConnectLatency => "connect_latency",
            Metric::JoinLatency => "join_latency",
            Metric::SendDelay => "send_delay",
            Metric::DeliveryLatency => "delivery_latency",
            Metric::ServiceLatency => "service_latency",
            Metric::FirstReceiver => "first_receiver",
            Metric::LastReceiver => "last_receiver",
            Metric::JoinToHeard => "join_to_heard",
            Metric::ReconnectToHeard => "reconnect_to_heard",
            Metric::Deafness => "deafness",
        }
    }
}
