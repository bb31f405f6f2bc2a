//! Gathering: what the shards tell, second by second, becomes the intervals and the sum of a run.

use super::conductor::{Follower, News};
use super::judgement::Snapshot;
use crate::metrics::{Gauges, Recorder, Row, Timeline};
use crate::oracle::KindCounts;
use crate::time::Timestamp;

/// Adds up what shards tell, and tells followers of each interval.
pub(super) struct Gathering<'f, 'a> {
    followers: &'f mut [&'a mut dyn Follower],
    total: Recorder,
    timeline: Timeline,
    interval: Recorder,
    interval_violations: KindCounts,
    interval_began: Timestamp,
    /// How the users of all shards stand, as far as was told.
    gauges: Gauges,
    /// Snapshots of this interval, of each shard.
    taken: Vec<u32>,
}

impl<'f, 'a> Gathering<'f, 'a> {
    /// Of a run on so many `shards`, which begins.
    pub(super) fn new(shards: usize, followers: &'f mut [&'a mut dyn Follower]) -> Self {
        Gathering {
            followers,
            total: Recorder::default(),
            timeline: Timeline::default(),
            interval: Recorder::default(),
            interval_violations: KindCounts::default(),
            interval_began: Timestamp::ZERO,
            gauges: Gauges::default(),
            taken: vec![0; shards],
        }
    }

    /// When the present interval began.
    pub(super) fn interval_began(&self) -> Timestamp {
        self.interval_began
    }

    /// Tells the followers what is new.
    pub(super) fn tell(&mut self, news: &News<'_>) {
        for follower in self.followers.iter_mut() {
            follower.follow(news);
        }
    }

    /// Adds what a shard tells to the present interval.
    pub(super) fn take(&mut self, snapshot: &Snapshot) {
        self.interval.add(&snapshot.recorder);
        self.interval_violations.add(&snapshot.violations);
        self.gauges.add(snapshot.gauges);
        self.taken[snapshot.shard] += 1;
    }

    /// The present interval ends; gives how many snapshots of each shard are in it.
    pub(super) fn close_interval(&mut self, to: Timestamp) -> Vec<u32> {
        let from = self.interval_began;
        let violations = std::mem::take(&mut self.interval_violations);
        let row = Row::new(to, &self.interval, violations.total(), self.gauges);
        let (recorder, violations) = (&self.interval, &violations);
        let news = News::Interval { from, to, recorder, row: &row, violations };
        for follower in self.followers.iter_mut() {
            follower.follow(&news);
        }
        self.total.add(&self.interval);
        self.timeline.push(row);
        self.interval.clear();
        self.interval_began = to;
        let shards = self.taken.len();
        std::mem::replace(&mut self.taken, vec![0; shards])
    }

    /// The sum of all intervals, and their rows; the run is over.
    pub(super) fn end(mut self) -> (Recorder, Timeline) {
        self.tell(&News::Over);
        (self.total, self.timeline)
    }
}
