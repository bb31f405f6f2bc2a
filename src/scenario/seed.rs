//! Seeds: every random choice of a run has its own, by what it is for and its index.

use rand::SeedableRng;
use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};

/// What a sub-seed is for; choices for different purposes never share their randomness.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    RoomSize = 1,
    Seating = 2,
    Arrivals = 3,
    MessageSize = 4,
    Moves = 5,
    Storm = 6,
    Spare = 7,
}

/// The seed of the `index`-th choice for `purpose` in a run of `seed`.
pub(super) fn sub_seed(seed: u64, purpose: Purpose, index: u64) -> u64 {
    mix(mix(mix(seed) ^ purpose as u64) ^ index)
}

/// The generator for the `index`-th choice for `purpose` in a run of `seed`.
pub(super) fn generator(seed: u64, purpose: Purpose, index: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(sub_seed(seed, purpose, index))
}

/// The same, with eight bytes of state: for what exists once per speaker or message.
pub(super) fn small_generator(seed: u64, purpose: Purpose, index: u64) -> SplitMix64 {
    SplitMix64::seed_from_u64(sub_seed(seed, purpose, index))
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
