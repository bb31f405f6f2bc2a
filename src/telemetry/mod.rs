//! Telemetry: what a run has measured so far, for whoever looks on while it goes.
//!
//! [`Telemetry`] follows runs and keeps their sums; an [`Endpoint`] shows these to Prometheus,
//! and `Otlp`, where it is built in, pushes them to a collector of OpenTelemetry. Both look at a
//! copy on a thread of their own, so whoever is slow holds up nobody who measures.

mod accept;
mod buckets;
mod endpoint;
mod exposition;
mod family;
mod live;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(test)]
mod published;
#[cfg(test)]
mod sample;

pub use endpoint::{Endpoint, EndpointError};
#[cfg(feature = "otlp")]
pub use otlp::{CollectorHeaders, CollectorUrl, Otlp};

use tokio::sync::watch;

use crate::run::{Follower, News};
use live::Live;

/// What is known of a run before it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// What its scenario is called.
    pub scenario: String,
    /// What everything random follows from.
    pub seed: u64,
    /// The servers' URLs with commas between them; `reference` for the bundled one.
    pub target: String,
    /// When it began, in milliseconds since 1970.
    pub began_unix_ms: u64,
}

/// The sums of all runs that it follows, one after another.
#[derive(Debug)]
pub struct Telemetry(watch::Sender<Live>);

impl Telemetry {
    /// Of runs that are yet to begin.
    pub fn new(about: About) -> Telemetry {
        Telemetry(watch::Sender::new(Live::new(about)))
    }

    /// The next run is this `step` of a search for capacity, counted from 1, and offers `load`.
    pub fn next_step(&self, step: u64, load: u64) {
        self.0.send_modify(|live| live.step = Some((step, load)));
    }

    fn watch(&self) -> watch::Receiver<Live> {
        self.0.subscribe()
    }
}

impl Follower for Telemetry {
    fn follow(&mut self, news: &News<'_>) {
        self.0.send_modify(|live| live.follow(news));
    }
}
