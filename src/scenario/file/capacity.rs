//! The search for a server's capacity as typed: what is varied, and how closely it is looked at.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::units::{Period, Share};

/// What `chatbench capacity` varies to find how much the server holds. The load of each step is
/// the highest rate of `load.phases`, held for `step`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CapacityFile {
    /// `users` (each says as much as in the scenario, in rooms as large) or `deliveries` (the
    /// same users hear so many per second, and say as much as that takes). Default: `users`.
    pub vary: Vary,
    /// The first load that is tried: users, or deliveries per second. Default: the scenario's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// The largest load that is tried. Default: a hundred times `from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// How long the load of each step lasts. Default: `20 s`.
    pub step: Period,
    /// How far the largest load that holds and the smallest that fails may lie apart in the end.
    /// Default: `5%`.
    pub precision: Share,
    /// How often the answer, and the load just above it, are tried. Default: 3.
    #[schemars(range(min = 1, max = 100))]
    pub repeats: u32,
    /// Steps at most; then the search ends with what it knows. Default: 60.
    #[schemars(range(min = 1, max = 1000))]
    pub steps_max: u32,
    /// What is bought beyond what is needed, as a part of that, when the search says what so many
    /// users take. Default: `30%`.
    pub headroom: Share,
    /// Numbers of users, beside the usual ones, for which the search says what they take.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub size_for: Vec<u64>,
}

impl Default for CapacityFile {
    fn default() -> CapacityFile {
        CapacityFile {
            vary: Vary::Users,
            from: None,
            to: None,
            step: Period::new(Duration::from_secs(20)),
            precision: Share::FIVE_PERCENT,
            repeats: 3,
            steps_max: 60,
            headroom: Share::THIRTY_PERCENT,
            size_for: Vec::new(),
        }
    }
}

/// What a load is a number of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Vary {
    /// Users.
    #[default]
    Users,
    /// Deliveries per second, of all users together.
    Deliveries,
}

impl Vary {
    /// What a load is counted in.
    pub fn unit(self) -> &'static str {
        match self {
            Vary::Users => "users",
            Vary::Deliveries => "deliveries/s",
        }
    }
}
