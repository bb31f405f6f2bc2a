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
