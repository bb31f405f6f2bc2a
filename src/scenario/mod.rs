//! Scenario: YAML in, a plan out; pure, apart from reading the file.
//!
//! A scenario passes three shapes: [`ScenarioFile`] is what was typed, [`Scenario`] what it
//! means, and [`Plan`] who does what when, which follows from the scenario and a seed alone.

mod arrival;
mod churn;
mod dialect;
mod error;
mod estimate;
pub mod file;
mod locate;
mod model;
mod overrides;
mod path;
mod plan;
mod profile;
mod read;
mod remedy;
mod schema;
mod seed;
mod sizes;
mod statistic;
mod template;
mod units;

pub use arrival::Arrivals;
pub use churn::{Churn, Move, MoveKind, Moves, Storm};
pub use dialect::{Confirm, Dialect, Hooks, Join, Parser};
pub use error::ScenarioError;
pub use estimate::Estimate;
pub use file::{
    Arrival, ClientKind, OrderPolicy, ScenarioFile, SenderPolicy, StormBy, StrangersPolicy,
    Transport, Vary,
};
pub use model::{
    Capacity, Exposed, Header, LatencyMetric, LatencyThreshold, Limits, Load, MessageShape,
    Observe, ObservedNode, Outage, Outages, Population, RoomNames, RoomSize, Scenario, Seating,
    Target, TargetUrl, Thresholds, Timeouts,
};
pub use overrides::{Assignment, Overrides};
pub use plan::{Plan, Room, ShardPlan, User};
pub use profile::{Phase, Profile};
pub use schema::schema;
pub use sizes::Sizes;
pub use statistic::{Percentile, Statistic};
pub use template::{Fields, Offset, Placeholder, Template};
pub use units::{Period, Rate, Share, Size, UnitError};

#[cfg(test)]
mod tests;
