//! Counts: how many there were of what, and how much of it was judged.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rounded::millionths;
use crate::{metrics, oracle};

/// How many there were of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Counters {
    /// Connections that came to stand, those after a loss included.
    pub connects: u64,
    /// Attempts to connect that came to nothing.
    pub connect_failures: u64,
    /// Connections that were lost against the user's will.
    pub disconnects: u64,
    /// Joins confirmed.
    pub joins: u64,
    /// Messages of the load that were sent.
    pub messages_sent: u64,
    /// Messages of the load that were due while their user had no connection.
    pub messages_unsent: u64,
    /// Messages that fell to users who were away because the scenario says so.
    #[serde(default)]
    pub messages_away: u64,
    /// Rooms that were left while the connection stayed, for a while or for another room.
    #[serde(default)]
    pub leaves: u64,
    /// Connections that users ended by a closing packet, to come back later.
    #[serde(default)]
    pub departures: u64,
    /// Connections that were cut on purpose.
    #[serde(default)]
    pub drops: u64,
    /// Storms: moments at which many connections ended at once on purpose.
    #[serde(default)]
    pub storms: u64,
    /// Sessions that the server took up again.
    #[serde(default)]
    pub recoveries: u64,
    /// Sessions that it was asked to take up again, and did not.
    #[serde(default)]
    pub recoveries_declined: u64,
    /// Messages sent beside the load, to see whether joins had worked.
    pub probes: u64,
    /// Deliveries of messages of the load, intact, each the first to its member.
    pub deliveries: u64,
    /// Everything heard on the chat's event, whatever it was.
    pub heard: u64,
    /// Text in the messages of the load that were sent, in bytes of UTF-8.
    pub text_sent_bytes: u64,
}

impl Counters {
    pub(super) fn new(counters: &metrics::Counters, storms: u64) -> Counters {
        Counters {
            connects: counters.connects,
            connect_failures: counters.connect_failures,
            disconnects: counters.disconnects,
            joins: counters.joins,
            messages_sent: counters.sent,
            messages_unsent: counters.unsent,
            messages_away: counters.away,
            leaves: counters.leaves,
            departures: counters.departures,
            drops: counters.drops,
            storms,
            recoveries: counters.recoveries,
            recoveries_declined: counters.recoveries_declined,
            probes: counters.probes,
            deliveries: counters.delivered,
            heard: counters.heard,
            text_sent_bytes: counters.text_bytes_sent,
        }
    }
}

/// How many deliveries were judged, and how firmly; those of probes included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Tally {
    /// Messages sent, probes included.
    pub messages: u64,
    /// Deliveries that had to happen.
    pub must: u64,
    /// Those of them that happened.
    pub must_heard: u64,
    /// Deliveries that might happen: the member was joining, leaving or gone meanwhile.
    pub may: u64,
    /// Those of them that happened.
    pub may_heard: u64,
    /// Messages that could not be judged because too many were in flight.
    pub unjudged: u64,
    /// Deliveries to users who had no connection when the message was sent, and whose sessions
    /// the server took up again.
    #[serde(default)]
    pub replayed: u64,
    /// Deliveries that such users had to have, and did not.
    #[serde(default)]
    pub not_replayed: u64,
    /// Messages heard of others than the run's users, where the scenario welcomes strangers.
    #[serde(default)]
    pub strangers: u64,
    /// The share of `must` in `must` and `may` together, from 0 to 1; 0 if both are 0.
    pub must_share: f64,
}

impl Tally {
    pub(super) fn new(tally: &oracle::Tally) -> Tally {
        Tally {
            messages: tally.messages,
            must: tally.must,
            must_heard: tally.must_heard,
            may: tally.may,
            may_heard: tally.may_heard,
            unjudged: tally.unjudged,
            replayed: tally.replayed,
            not_replayed: tally.not_replayed,
            strangers: tally.strangers,
            must_share: millionths(tally.must_share()),
        }
    }
}

/// Why connections failed or were lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Reason {
    /// What went wrong.
    pub why: String,
    /// How often.
    pub count: u64,
}

pub(super) fn reasons(reasons: &BTreeMap<Box<str>, u64>) -> Vec<Reason> {
    let reasons = reasons.iter();
    let mut reasons: Vec<Reason> =
        reasons.map(|(why, count)| Reason { why: why.to_string(), count: *count }).collect();
    reasons.sort_by_key(|reason| Reverse(reason.count));
    reasons
}
