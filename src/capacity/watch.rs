//! Watch: what a step shows once it is warm.

use std::time::Duration;

use crate::metrics::Recorder;
use crate::run::{Follower, News, Stage};
use crate::time::Timestamp;

/// The first part of a step's load, in which nothing is judged but what must never happen.
const WARM_UP: u32 = 3;

/// Follows a run, and keeps what is measured from the end of its warm-up on.
#[derive(Debug)]
pub struct Watch {
    length: Duration,
    /// From the end of the warm-up to the end of the load.
    window: Option<(Timestamp, Timestamp)>,
    recorder: Recorder,
    /// When each whole second of the window ended, and its median delivery latency, in seconds
    /// and milliseconds.
    seconds: Vec<(f64, f64)>,
    /// Deliveries in the window, and its whole seconds, silent ones included.
    delivered: u64,
    whole_seconds: u32,
}

impl Watch {
    /// Of a run whose load lasts for `length`.
    pub fn new(length: Duration) -> Watch {
        let (recorder, seconds) = (Recorder::default(), Vec::new());
        Watch { length, window: None, recorder, seconds, delivered: 0, whole_seconds: 0 }
    }

    /// How long the warm-up lasts, of all of the load.
    pub fn warm_up(&self) -> Duration {
        self.length / WARM_UP
    }

    /// Everything that was measured from the end of the warm-up on, what came late included.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    pub(super) fn seconds(&self) -> &[(f64, f64)] {
        &self.seconds
    }

    /// Deliveries per second, on average of the window.
    pub fn deliveries_per_s(&self) -> f64 {
        self.delivered as f64 / f64::from(self.whole_seconds.max(1))
    }
}

impl Follower for Watch {
    fn follow(&mut self, news: &News<'_>) {
        match *news {
            News::Stage { stage: Stage::Load { start }, .. } => {
                self.window = Some((start + self.warm_up(), start + self.length));
            }
            News::Interval { from, to, recorder, row, .. } => {
                let Some((begins, ends)) = self.window else { return };
                if from < begins {
                    return;
                }
                self.recorder.add(recorder);
                if to > ends {
                    return;
                }
                self.whole_seconds += 1;
                self.delivered += row.delivered;
                // A second in which nothing comes says nothing of how long it took.
                if row.delivered > 0 {
                    self.seconds.push((to.as_secs_f64(), row.delivery_p50_ms));
                }
            }
            News::Stage { .. } | News::Over => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Gauges, Row};
    use crate::oracle::KindCounts;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn only_what_comes_after_the_warm_up_is_kept() {
        let mut watch = Watch::new(Duration::from_secs(6));
        watch.follow(&News::Stage { stage: Stage::Load { start: at(1_500) }, at: at(1_450) });
        for second in 0..9 {
            let mut recorder = Recorder::default();
            let ends = at(1_000 * second + 1_000);
            // In one of them nothing comes.
            for _ in 0..if second == 5 { 0 } else { second + 1 } {
                recorder.delivered(at(1_000 * second), at(1_000 * second), ends);
            }
            let row = Row::new(ends, &recorder, 0, Gauges::default());
            let (from, to) = (at(1_000 * second), ends);
            watch.follow(&News::Interval {
                from,
                to,
                recorder: &recorder,
                row: &row,
                violations: &KindCounts::default(),
            });
        }
        // Warm from 3.5 s on, so that second 4 is the first; the load is over at 7.5 s.
        let times: Vec<f64> = watch.seconds().iter().map(|(at, _)| *at).collect();
        assert_eq!(times, [5.0, 7.0]);
        assert_eq!(watch.deliveries_per_s(), f64::from(5 + 7) / 3.0);
        assert_eq!(watch.recorder().counters().delivered, 5 + 7 + 8 + 9);
    }
}
