//! Churn as typed: who moves how often, and when the server is expected to be away.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::shorthand::{Shorthand, deserialize_by_shorthand};
use crate::scenario::units::{Period, Rate, Share, UnitError};

/// How users come and go while others speak. Rates are moves per second of all users together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChurnFile {
    /// Members who leave a room, and join it again after `away`. Where the dialect has no leave
    /// event, they disconnect. Default: none.
    pub leave: Rate,
    /// Members who leave a room for another one, in which they stay. Default: none.
    pub switch: Rate,
    /// Members who join a room once more that they are in, which should change nothing.
    /// Default: none.
    pub rejoin: Rate,
    /// Users who disconnect by a closing packet, and come back after `away`. Default: none.
    pub disconnect: Rate,
    /// Users whose connection is cut without a word, and who come back after `away`.
    /// Default: none.
    pub drop: Rate,
    /// How long somebody stays away on average; each time is drawn from an exponential
    /// distribution. Default: `2 s`.
    pub away: Period,
    /// Moments at which many leave at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub storms: Vec<StormFile>,
}

impl Default for ChurnFile {
    fn default() -> ChurnFile {
        let none = Rate::of_seconds(0.0);
        ChurnFile {
            leave: none,
            switch: none,
            rejoin: none,
            disconnect: none,
            drop: none,
            away: Period::new(Duration::from_secs(2)),
            storms: Vec::new(),
        }
    }
}

/// A share of all users loses its connection at once, and comes back soon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StormFile {
    /// When, counted from the beginning of the load.
    pub at: Period,
    /// How many: `all`, or a share such as `50%`. Default: `all`.
    #[serde(default = "everybody")]
    pub share: Share,
    /// How: `drop` (cut without a word) or `disconnect` (by a closing packet). Default: `drop`.
    #[serde(default)]
    pub by: StormBy,
    /// When they try to come back: each waits half to one and a half times this long, as clients
    /// do so as not to come all at once. Default: `1 s`.
    #[serde(default = "one_second")]
    pub back_off: Period,
}

fn everybody() -> Share {
    Share::ALL
}

fn one_second() -> Period {
    Period::new(Duration::from_secs(1))
}

/// How connections end in a storm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StormBy {
    /// They are cut without a word.
    #[default]
    Drop,
    /// Users leave by a closing packet.
    Disconnect,
}

/// Whether the server goes away while it is loaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum OutagesFile {
    /// It should not: lost connections count against it.
    #[default]
    #[serde(skip)]
    None,
    /// Somebody may restart it: lost connections are part of the scenario.
    Named(OutagesName),
    /// chatbench kills and restarts the bundled server at these times.
    Planned(Vec<OutageFile>),
}

/// Outages that others bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutagesName {
    /// Lost connections are part of the scenario.
    Expected,
}

/// The server is killed, and started again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutageFile {
    /// When it is killed, counted from the beginning of the load.
    pub at: Period,
    /// How long it stays away.
    pub lasting: Period,
}

impl OutagesFile {
    /// Whether nothing is said of outages.
    pub(super) fn is_none(&self) -> bool {
        *self == OutagesFile::None
    }
}

impl<'de> Shorthand<'de> for OutagesFile {
    const EXPECTED: &'static str = "`expected`, or a list of outages";

    fn from_text(text: &str) -> Result<OutagesFile, UnitError> {
        if text == "expected" {
            return Ok(OutagesFile::Named(OutagesName::Expected));
        }
        Err(UnitError {
            what: format!("`{text}` says nothing of outages"),
            remedy: "write `expected`, or a list such as `[{at: 5 s, lasting: 2 s}]`".into(),
        })
    }

    fn from_list<D: Deserializer<'de>>(list: D) -> Result<OutagesFile, D::Error> {
        Vec::deserialize(list).map(OutagesFile::Planned)
    }
}

deserialize_by_shorthand!(OutagesFile);
