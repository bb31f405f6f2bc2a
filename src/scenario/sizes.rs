//! Sizes: how long the text of each message is.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, LogNormal};

use super::seed::{Purpose, small_generator};
use crate::chat::{MessageId, Stamp};

/// How the sizes of texts are distributed, in bytes of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sizes {
    /// All the same.
    Fixed(u32),
    /// Any between the bounds, both included.
    Uniform {
        /// The shortest.
        min: u32,
        /// The longest.
        max: u32,
    },
    /// Log-normal, cut to at least a stamp and at most `max`.
    LogNormal {
        /// Half of the texts are shorter.
        median: u32,
        /// The standard deviation of the natural logarithm.
        sigma: f64,
        /// The longest.
        max: u32,
    },
}

impl Sizes {
    /// The size of the text of message `id` in a run of `seed`, in bytes; the same each time.
    pub fn message_bytes(&self, seed: u64, id: MessageId) -> u32 {
        if let Sizes::Fixed(bytes) = *self {
            return bytes;
        }
        let pair = u64::from(id.room.0) << 32 | u64::from(id.sender.0);
        // Two rounds of mixing: the three numbers together have more than 64 bits.
        let of_pair = small_generator(seed, Purpose::MessageSize, pair).random();
        self.draw(&mut small_generator(of_pair, Purpose::MessageSize, id.sequence.into()))
    }

    /// The longest text there can be, in bytes.
    pub fn max(&self) -> u32 {
        match *self {
            Sizes::Fixed(bytes) => bytes,
            Sizes::Uniform { max, .. } | Sizes::LogNormal { max, .. } => max,
        }
    }

    fn draw(&self, random: &mut impl Rng) -> u32 {
        match *self {
            Sizes::Fixed(bytes) => bytes,
            Sizes::Uniform { min, max } => random.random_range(min..=max),
            Sizes::LogNormal { median, sigma, max } => {
                let bytes = LogNormal::new(f64::from(median).ln(), sigma)
                    .expect("sigma was checked when the scenario was read")
                    .sample(random);
                bytes.clamp(Stamp::LEN as f64, f64::from(max)) as u32
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{RoomId, UserId};

    fn drawn(sizes: Sizes, seed: u64) -> Vec<u32> {
        let id = |sequence| MessageId { room: RoomId(1), sender: UserId(2), sequence };
        (0..10_000).map(|sequence| sizes.message_bytes(seed, id(sequence))).collect()
    }

    #[test]
    fn a_size_follows_from_seed_and_message() {
        let sizes = Sizes::Uniform { min: 35, max: 1000 };
        assert_eq!(drawn(sizes, 1), drawn(sizes, 1));
        assert_ne!(drawn(sizes, 1), drawn(sizes, 2));
        assert_eq!(drawn(Sizes::Fixed(64), 1), vec![64; 10_000]);
    }

    #[test]
    fn uniform_sizes_reach_both_bounds_evenly() {
        let bytes = drawn(Sizes::Uniform { min: 40, max: 49 }, 3);
        for size in 40..50 {
            let count = bytes.iter().filter(|bytes| **bytes == size).count();
            assert!((850..1150).contains(&count), "{count} of {size} B");
        }
    }

    #[test]
    fn log_normal_sizes_have_their_median_and_stay_between_stamp_and_max() {
        let mut bytes = drawn(Sizes::LogNormal { median: 128, sigma: 0.8, max: 500 }, 3);
        bytes.sort_unstable();
        assert!((120..136).contains(&bytes[5000]), "median {} B", bytes[5000]);
        assert_eq!((bytes[0], bytes[9999]), (Stamp::LEN as u32, 500));
        // One standard deviation above the median: 128 B times e^0.8.
        assert!((265..305).contains(&bytes[8413]), "84th percentile {} B", bytes[8413]);
    }
}
