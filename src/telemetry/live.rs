//! Live: the sums of a run up to its last interval, which only grow, and how it stands.

use super::About;
use super::buckets::Buckets;
use crate::metrics::{Counters, Metric};
use crate::oracle::KindCounts;
use crate::run::{News, Stage};

/// What a run is busy with, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StageName {
    Prepare,
    Assemble,
    Load,
    Drain,
    Over,
}

pub(super) const STAGES: [StageName; 5] =
    [StageName::Prepare, StageName::Assemble, StageName::Load, StageName::Drain, StageName::Over];

impl StageName {
    pub(super) fn name(self) -> &'static str {
        match self {
            StageName::Prepare => "prepare",
            StageName::Assemble => "assemble",
            StageName::Load => "load",
            StageName::Drain => "drain",
            StageName::Over => "over",
        }
    }
}

/// Everything that is exported.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) about: About,
    pub(super) stage: StageName,
    pub(super) counters: Counters,
    pub(super) violations: KindCounts,
    /// In the order of [`Metric::ALL`].
    pub(super) times: [Buckets; Metric::ALL.len()],
    pub(super) users_connected: u64,
    pub(super) users_deaf: u64,
    /// Of a search for capacity: the number of its step, and the load that this offers.
    pub(super) step: Option<(u64, u64)>,
}

impl Live {
    /// Of a run that is yet to begin.
    pub(super) fn new(about: About) -> Live {
        Live {
            about,
            stage: StageName::Prepare,
            counters: Counters::default(),
            violations: KindCounts::default(),
            times: Default::default(),
            users_connected: 0,
            users_deaf: 0,
            step: None,
        }
    }

    /// Takes note of what is new in a run.
    pub(super) fn follow(&mut self, news: &News<'_>) {
        match news {
            News::Stage { stage, .. } => self.enter(*stage),
            News::Interval { recorder, row, violations, .. } => {
                self.counters.add(recorder.counters());
                self.violations.add(violations);
                for (times, metric) in self.times.iter_mut().zip(Metric::ALL) {
                    times.add(recorder.histogram(metric));
                }
                self.users_connected = row.connected;
                self.users_deaf = row.deaf;
            }
            News::Over => self.stage = StageName::Over,
        }
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = match stage {
            Stage::Assemble => {
                // The users are those of another run, if there was one before.
                (self.users_connected, self.users_deaf) = (0, 0);
                StageName::Assemble
            }
            Stage::Load { .. } => StageName::Load,
            Stage::Drain => StageName::Drain,
        };
    }
}
