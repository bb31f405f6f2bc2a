//! Timeouts, thresholds and limits as typed.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::shorthand::{Shorthand, deserialize_by_shorthand};
use crate::scenario::statistic::Statistic;
use crate::scenario::units::{Period, Rate, Share, Size, UnitError};

/// How long is waited for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TimeoutsFile {
    /// From the first step of connecting to the namespace's CONNECT. Default: `10 s`.
    pub connect: Period,
    /// From a join to its confirmation. Default: `10 s`.
    pub join: Period,
    /// From the moment a message was due to its last receiver; what comes later is a
    /// violation, and at the end of the load this long is waited for the rest. Default: `5 s`.
    pub delivery: Period,
}

impl Default for TimeoutsFile {
    fn default() -> TimeoutsFile {
        let seconds = |count| Period::new(Duration::from_secs(count));
        TimeoutsFile { connect: seconds(10), join: seconds(10), delivery: seconds(5) }
    }
}

/// What is good enough: an upper bound for any percentile (`p50`, `p99.9`), the `max` or the
/// `mean` of each latency, and for two counters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ThresholdsFile {
    /// From the first step of connecting to the namespace's CONNECT.
    #[serde(skip_serializing_if = "StatisticsFile::is_empty")]
    pub connect_latency: StatisticsFile,
    /// From a join to its confirmation.
    #[serde(skip_serializing_if = "StatisticsFile::is_empty")]
    pub join_latency: StatisticsFile,
    /// From the moment a message was due to the moment it was sent: chatbench's own lateness.
    #[serde(skip_serializing_if = "StatisticsFile::is_empty")]
    pub send_delay: StatisticsFile,
    /// From the moment a message was due to each of its receivers.
    #[serde(skip_serializing_if = "StatisticsFile::is_empty")]
    pub delivery_latency: StatisticsFile,
    /// From the moment a message was sent to each of its receivers.
    #[serde(skip_serializing_if = "StatisticsFile::is_empty")]
    pub service_latency: StatisticsFile,
    /// From the moment a message was due to the first of its receivers.
    #[serde(skip_serializing_if = "StatisticsFile::is_empty")]
    pub first_receiver: StatisticsFile,
    /// From the moment a message was due to the last of its receivers.
    #[serde(skip_serializing_if = "StatisticsFile::is_empty")]
    pub last_receiver: StatisticsFile,
    /// From a join to the first message heard in that room.
    #[serde(skip_serializing_if = "StatisticsFile::is_empty")]
    pub join_to_heard: StatisticsFile,
    /// From the moment a user wanted its connection back to the first message heard on it.
    #[serde(skip_serializing_if = "StatisticsFile::is_empty")]
    pub reconnect_to_heard: StatisticsFile,
    /// From the loss of a connection that nobody here wanted to the first message heard again.
    #[serde(skip_serializing_if = "StatisticsFile::is_empty")]
    pub deafness: StatisticsFile,
    /// How many connections may be lost, or `unlimited`. Default: 0, or `unlimited` where
    /// `load.outages` are expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disconnects: Option<Bound>,
    /// How many attempts to connect may fail, or `unlimited`. Default: 0, or `unlimited` where
    /// `load.outages` are expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_failures: Option<Bound>,
}

/// Upper bounds of one latency, by statistic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct StatisticsFile(pub BTreeMap<Statistic, Period>);

impl StatisticsFile {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How many of something are good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// This many and no more.
    AtMost(u64),
    /// Any number.
    Unlimited,
}

impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Bound::AtMost(count) => serializer.serialize_u64(*count),
            Bound::Unlimited => serializer.serialize_str("unlimited"),
        }
    }
}

impl JsonSchema for Bound {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bound".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "a count, or `unlimited`",
            "anyOf": [{ "type": "integer", "minimum": 0 }, { "const": "unlimited" }],
        })
    }
}

impl Shorthand<'_> for Bound {
    const EXPECTED: &'static str = "a count, or `unlimited`";

    fn from_text(text: &str) -> Result<Bound, UnitError> {
        if text == "unlimited" {
            return Ok(Bound::Unlimited);
        }
        text.parse().map(Bound::AtMost).map_err(|_| UnitError {
            what: format!("`{text}` is not a count"),
            remedy: "write a whole number such as `0`, or `unlimited`".into(),
        })
    }
}

deserialize_by_shorthand!(Bound);

/// How far chatbench itself may go.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsFile {
    /// The 99th percentile of `send_delay` up to which the run counts: beyond it chatbench, not
    /// the server, was the bottleneck, and thresholds are Unknown. Default: `10 ms`.
    pub send_delay_p99: Period,
    /// The share of all deliveries that has to be judged strictly, because neither the receiver
    /// nor the sender was coming or going: below it little is shown, and the verdict is Unknown.
    /// Default: `50%`.
    pub must_share_min: Share,
    /// Messages that somebody still has to hear, at any one time. Default: 1000000.
    #[schemars(range(min = 1))]
    pub in_flight_messages_max: u32,
    /// Users that are connecting at any one time. Default: 1000.
    #[schemars(range(min = 1))]
    pub connecting_users_max: u32,
    /// Bytes of one WebSocket message that a server may send. Default: `1 MiB`.
    pub frame_size_max: Size,
    /// Bytes that may wait to be sent on one connection. Default: `1 MiB`.
    pub send_queue_size_max: Size,
    /// Violations of each kind that are kept with their story; all are counted. Default: 100.
    pub violations_kept_max: u32,
    /// Messages per second, all rooms together, that show joiners that they are in.
    /// Default: `2000/s`.
    pub probe_rate: Rate,
}

impl Default for LimitsFile {
    fn default() -> LimitsFile {
        LimitsFile {
            send_delay_p99: Period::new(Duration::from_millis(10)),
            must_share_min: Share::HALF,
            in_flight_messages_max: 1_000_000,
            connecting_users_max: 1000,
            frame_size_max: Size::of_bytes(1 << 20),
            send_queue_size_max: Size::of_bytes(1 << 20),
            violations_kept_max: 100,
            probe_rate: Rate::of_seconds(2000.0),
        }
    }
}
