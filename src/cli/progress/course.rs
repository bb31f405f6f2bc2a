//! Course: what a run will be, so that it can be said how far it has come, and what it was like
//! since it was last said.

use std::time::Duration;

use crate::load::Brief;
use crate::metrics::{Histogram, Metric, Quantile, Recorder};
use crate::report::numbers::{count, counted, rate, time};
use crate::run::Stage;
use crate::scenario::Phase;
use crate::time::Timestamp;

/// What a run will be, and how far it has come.
pub(super) struct Course {
    pub(super) users: u64,
    pub(super) memberships: u64,
    pub(super) phases: Vec<Phase>,
    pub(super) stage: Stage,
    /// Users that are connected.
    pub(super) connected: u64,
    /// Memberships confirmed; those confirmed anew after a loss count once more.
    pub(super) joined: u64,
    connect_failures: u64,
    violations: u64,
}

impl Course {
    pub(super) fn new(brief: &Brief) -> Course {
        Course {
            users: brief.plan.users.len() as u64,
            memberships: brief.plan.memberships(),
            phases: brief.scenario.load.profile.phases().to_vec(),
            stage: Stage::Assemble,
            connected: 0,
            joined: 0,
            connect_failures: 0,
            violations: 0,
        }
    }

    pub(super) fn advance(&mut self, recorder: &Recorder, violations: u64) {
        let counters = recorder.counters();
        // A connection that ends in the same interval as it came to stand counts once up, once
        // down.
        let ended = counters.disconnects + counters.departures + counters.drops;
        self.connected = (self.connected + counters.connects).saturating_sub(ended);
        self.joined += counters.joins;
        self.connect_failures += counters.connect_failures;
        self.violations += violations;
    }

    /// How long the load lasts.
    pub(super) fn load_length(&self) -> Duration {
        self.phases.last().map_or(Duration::ZERO, |phase| phase.end)
    }

    /// The phase that the run was in for most of the time between `from` and `to`, by its index.
    pub(super) fn phase_between(&self, from: Timestamp, to: Timestamp) -> Option<usize> {
        let Stage::Load { start } = self.stage else { return None };
        let middle = (from + to.since(from) / 2).since(start);
        let begun = self.phases.partition_point(|phase| phase.start <= middle);
        begun.checked_sub(1)
    }

    /// How much of a phase of the load is over `at` a moment, in milliseconds.
    pub(super) fn elapsed_ms(&self, phase: usize, at: Timestamp) -> u64 {
        let Stage::Load { start } = self.stage else { return 0 };
        let phase = &self.phases[phase];
        at.since(start + phase.start).min(phase.end - phase.start).as_millis() as u64
    }

    /// The part of the time between `from` and `to` in which there was load, in seconds.
    fn load_between_s(&self, from: Timestamp, to: Timestamp) -> f64 {
        let Stage::Load { start } = self.stage else { return to.since(from).as_secs_f64() };
        let end = start + self.load_length();
        to.min(end).since(from.max(start)).as_secs_f64()
    }

    pub(super) fn assembly(&self) -> String {
        let users = format!("{} of {} connected", count(self.connected), count(self.users));
        let joins =
            format!("{} of {} joins confirmed", count(self.joined), count(self.memberships));
        let mut text = format!("{users}, {joins}");
        if self.connect_failures > 0 {
            let failed = counted(self.connect_failures, "attempt", "attempts");
            text.push_str(&format!(", {failed} failed"));
        }
        text
    }

    /// What was said and heard in `window`.
    pub(super) fn speech(&self, window: &Window) -> String {
        let seconds = self.load_between_s(window.from, window.to);
        let sent = rate(window.sent, seconds).replace("/s", " msg/s");
        let delivered = rate(window.delivered, seconds).replace("/s", " deliveries/s");
        format!("{sent}, {delivered}{}, {}", window.latencies(), self.broken())
    }

    /// What was still heard in `window`.
    pub(super) fn hearing(&self, window: &Window) -> String {
        let deliveries = counted(window.delivered, "delivery", "deliveries");
        format!("{deliveries}{}, {}", window.latencies(), self.broken())
    }

    fn broken(&self) -> String {
        counted(self.violations, "violation", "violations")
    }
}

/// What happened in some intervals, one after another.
#[derive(Default)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    sent: u64,
    delivered: u64,
    latency: Histogram,
}

impl Window {
    pub(super) fn starting(from: Timestamp) -> Window {
        Window { from, to: from, ..Window::default() }
    }

    pub(super) fn add(&mut self, to: Timestamp, recorder: &Recorder) {
        self.to = to;
        self.sent += recorder.counters().sent;
        self.delivered += recorder.counters().delivered;
        self.latency.add(recorder.histogram(Metric::DeliveryLatency));
    }

    fn latencies(&self) -> String {
        if self.latency.count() == 0 {
            return String::new();
        }
        let at = |share| time(self.latency.at(Quantile::Of(share)).as_secs_f64() * 1e3);
        format!(", p50 {}, p99 {}", at(0.5), at(0.99))
    }
}
