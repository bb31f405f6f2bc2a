//! Arrivals: when each of one speaker's messages is due.

use std::time::Duration;

use rand::RngExt;
use rand_distr::{Distribution, Exp1};
use rand_xoshiro::SplitMix64;

use super::file::Arrival;
use super::profile::Profile;
use super::seed::{Purpose, small_generator};
use crate::chat::RoomId;

/// The times at which one member's messages to one room are due, earliest first.
///
/// Of the messages that the profile has due, each speaker has an equal share: the `k`-th of a
/// speaker is due when the profile has come to `speakers` times `k` and its offset (constant) or
/// `speakers` times the sum of `k` draws from Exp(1) (Poisson). The sum of all speakers' arrivals
/// is then the profile, and Poisson where each of them is.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrivals {
    random: SplitMix64,
    speakers: f64,
    /// How much of its share comes before the next message.
    due: f64,
    arrival: Arrival,
}

impl Arrivals {
    /// The arrivals of the member in `slot` of `room`, one of `speakers` in the whole run.
    pub(super) fn new(
        arrival: Arrival,
        seed: u64,
        (room, slot): (RoomId, u32),
        speakers: u32,
    ) -> Arrivals {
        let index = u64::from(room.0) << 32 | u64::from(slot);
        let mut random = small_generator(seed, Purpose::Arrivals, index);
        let due = match arrival {
            Arrival::Constant => random.random(),
            Arrival::Poisson => Exp1.sample(&mut random),
        };
        Arrivals { random, speakers: f64::from(speakers), due, arrival }
    }

    /// When the next message is due, counted from the beginning of the load; `None` once the
    /// load is over.
    pub fn next(&mut self, profile: &Profile) -> Option<Duration> {
        let time = profile.inverse(self.due * self.speakers)?;
        self.due += match self.arrival {
            Arrival::Constant => 1.0,
            Arrival::Poisson => Exp1.sample(&mut self.random),
        };
        Some(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::{Hold, PhaseFile, Ramp};
    use crate::scenario::units::{Period, Rate};
    use proptest::prelude::*;

    fn hold(rate: f64, seconds: u64) -> PhaseFile {
        let length = Period::new(Duration::from_secs(seconds));
        PhaseFile::Hold(Hold { rate: Rate::of_seconds(rate), length })
    }

    fn times(
        arrival: Arrival,
        seed: u64,
        slot: u32,
        speakers: u32,
        profile: &Profile,
    ) -> Vec<Duration> {
        let mut arrivals = Arrivals::new(arrival, seed, (RoomId(3), slot), speakers);
        std::iter::from_fn(|| arrivals.next(profile)).collect()
    }

    #[test]
    fn a_speaker_costs_little() {
        assert!(size_of::<Arrivals>() <= 48, "{} bytes", size_of::<Arrivals>());
    }

    proptest! {
        #[test]
        fn constant_arrivals_keep_their_intervals(seed: u64, speakers in 1..50_u32) {
            let profile = Profile::new(&[hold(100.0, 30)]);
            let interval = f64::from(speakers) / 100.0;
            let mut count = 0;
            for slot in 0..speakers {
                let times = times(Arrival::Constant, seed, slot, speakers, &profile);
                prop_assert!(times[0].as_secs_f64() <= interval);
                for pair in times.windows(2) {
                    let gap = (pair[1] - pair[0]).as_secs_f64();
                    prop_assert!((gap - interval).abs() < 1e-6, "{gap} s");
                }
                count += times.len();
            }
            // Each speaker has its whole share, give or take one message.
            prop_assert!(count.abs_diff(3000) <= speakers as usize, "{count}");
        }

        #[test]
        fn poisson_arrivals_are_as_many_as_expected(seed: u64, speakers in 1..50_u32) {
            let profile = Profile::new(&[hold(100.0, 30), hold(0.0, 5), hold(50.0, 60)]);
            let count: usize = (0..speakers)
                .map(|slot| times(Arrival::Poisson, seed, slot, speakers, &profile).len())
                .sum();
            // Six standard deviations of a Poisson number.
            let expected = profile.total();
            prop_assert!((count as f64 - expected).abs() < 6.0 * expected.sqrt(), "{count}");
        }

        #[test]
        fn arrivals_come_in_order_and_within_the_load(seed: u64, poisson: bool) {
            let ramp = PhaseFile::Ramp(Ramp {
                from: Rate::of_seconds(0.0),
                to: Rate::of_seconds(500.0),
                length: Period::new(Duration::from_secs(9)),
            });
            let profile = Profile::new(&[hold(7.0, 3), ramp, hold(0.0, 3)]);
            let arrival = if poisson { Arrival::Poisson } else { Arrival::Constant };
            let times = times(arrival, seed, 0, 1, &profile);
            prop_assert!(times.is_sorted());
            prop_assert!(times.last().is_some_and(|last| *last <= Duration::from_secs(12)));
        }
    }

    #[test]
    fn poisson_gaps_are_exponential() {
        let profile = Profile::new(&[hold(1000.0, 200)]);
        let times = times(Arrival::Poisson, 7, 0, 1, &profile);
        let gaps: Vec<f64> = times.windows(2).map(|at| (at[1] - at[0]).as_secs_f64()).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        assert!((mean * 1000.0 - 1.0).abs() < 0.02, "mean {mean} s");
        // Of an exponential distribution, a share of 1/e is above the mean; of constant gaps none.
        let above = gaps.iter().filter(|gap| **gap > mean).count() as f64 / gaps.len() as f64;
        assert!((above - (-1.0_f64).exp()).abs() < 0.01, "{above} above the mean");
    }

    #[test]
    fn speakers_do_not_speak_in_step() {
        let profile = Profile::new(&[hold(100.0, 10)]);
        for arrival in [Arrival::Constant, Arrival::Poisson] {
            let one = times(arrival, 1, 0, 10, &profile);
            assert_ne!(one, times(arrival, 1, 1, 10, &profile));
            assert_ne!(one, times(arrival, 2, 0, 10, &profile));
            assert_eq!(one, times(arrival, 1, 0, 10, &profile));
        }
    }
}
