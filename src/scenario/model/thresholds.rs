//! Thresholds as meant: a list of bounds, each with the metric it speaks of.

use std::time::Duration;

use crate::scenario::file::{Bound, StatisticsFile, ThresholdsFile};
use crate::scenario::statistic::Statistic;

/// What is good enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// Upper bounds of latencies, in the order of [`LatencyMetric::ALL`].
    pub latencies: Vec<LatencyThreshold>,
    /// How many connections may be lost; `None`: any number.
    pub disconnects_max: Option<u64>,
    /// How many attempts to connect may fail; `None`: any number.
    pub connect_failures_max: Option<u64>,
}

/// The upper bound of one number of one latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatencyThreshold {
    /// Which latency.
    pub metric: LatencyMetric,
    /// Which number of its distribution.
    pub statistic: Statistic,
    /// The highest that is good enough.
    pub limit: Duration,
}

/// The latencies that thresholds speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LatencyMetric {
    /// From the first step of connecting to the namespace's CONNECT.
    Connect,
    /// From a join to its confirmation.
    Join,
    /// From the moment a message was due to the moment it was sent.
    SendDelay,
    /// From the moment a message was due to each of its receivers.
    Delivery,
    /// From the moment a message was sent to each of its receivers.
    Service,
    /// From the moment a message was due to the first of its receivers.
    FirstReceiver,
    /// From the moment a message was due to the last of its receivers.
    LastReceiver,
    /// From a join to the first message heard in that room.
    JoinToHeard,
    /// From the moment a user wanted its connection back to the first message heard on it.
    ReconnectToHeard,
    /// From the loss of a connection that nobody here wanted to the first message heard again.
    Deafness,
}

impl LatencyMetric {
    /// All of them, in the order in which a user meets them.
    pub const ALL: [LatencyMetric; 10] = [
        LatencyMetric::Connect,
        LatencyMetric::Join,
        LatencyMetric::SendDelay,
        LatencyMetric::Delivery,
        LatencyMetric::Service,
        LatencyMetric::FirstReceiver,
        LatencyMetric::LastReceiver,
        LatencyMetric::JoinToHeard,
        LatencyMetric::ReconnectToHeard,
        LatencyMetric::Deafness,
    ];

    /// What files and reports call it, such as `delivery_latency`.
    pub fn name(self) -> &'static str {
        match self {
            LatencyMetric::Connect => "connect_latency",
            LatencyMetric::Join => "join_latency",
            LatencyMetric::SendDelay => "send_delay",
            LatencyMetric::Delivery => "delivery_latency",
            LatencyMetric::Service => "service_latency",
            LatencyMetric::FirstReceiver => "first_receiver",
            LatencyMetric::LastReceiver => "last_receiver",
            LatencyMetric::JoinToHeard => "join_to_heard",
            LatencyMetric::ReconnectToHeard => "reconnect_to_heard",
            LatencyMetric::Deafness => "deafness",
        }
    }

    fn of(self, file: &ThresholdsFile) -> &StatisticsFile {
        match self {
            LatencyMetric::Connect => &file.connect_latency,
            LatencyMetric::Join => &file.join_latency,
            LatencyMetric::SendDelay => &file.send_delay,
            LatencyMetric::Delivery => &file.delivery_latency,
            LatencyMetric::Service => &file.service_latency,
            LatencyMetric::FirstReceiver => &file.first_receiver,
            LatencyMetric::LastReceiver => &file.last_receiver,
            LatencyMetric::JoinToHeard => &file.join_to_heard,
            LatencyMetric::ReconnectToHeard => &file.reconnect_to_heard,
            LatencyMetric::Deafness => &file.deafness,
        }
    }
}

impl Thresholds {
    /// What `file` means where connections are, or are not, expected to be lost.
    pub(super) fn new(file: &ThresholdsFile, losses_expected: bool) -> Thresholds {
        let unsaid = if losses_expected { Bound::Unlimited } else { Bound::AtMost(0) };
        let latencies = LatencyMetric::ALL.into_iter().flat_map(|metric| {
            metric.of(file).0.iter().map(move |(&statistic, limit)| LatencyThreshold {
                metric,
                statistic,
                limit: limit.duration(),
            })
        });
        Thresholds {
            latencies: latencies.collect(),
            disconnects_max: at_most(file.disconnects.unwrap_or(unsaid)),
            connect_failures_max: at_most(file.connect_failures.unwrap_or(unsaid)),
        }
    }
}

fn at_most(bound: Bound) -> Option<u64> {
    match bound {
        Bound::AtMost(count) => Some(count),
        Bound::Unlimited => None,
    }
}
