//! Dice: the decisions of all faults, drawn from one seed.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Fault, FaultKind};

/// Which decision it is: the n-th of its kind about a user.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// The user's number, in the order of connecting.
    pub(super) user: u64,
    /// How many messages, joins or leaves, as the case may be, there were of it before.
    pub(super) nth: u64,
}

/// The rates of all faults and the seed that their decisions are drawn from.
pub(super) struct Dice {
    seed: u64,
    rates: [f64; FaultKind::ALL.len()],
}

impl Dice {
    pub(super) fn new(faults: &[Fault], seed: u64) -> Self {
        let mut rates = [0.0; FaultKind::ALL.len()];
        for fault in faults {
            if let Fault::Rated { kind, rate } = *fault {
                rates[kind as usize] = rate;
            }
        }
        Self { seed, rates }
    }

    /// Whether a fault may happen at all.
    pub(super) fn may(&self, kind: FaultKind) -> bool {
        self.rates[kind as usize] > 0.0
    }

    /// Decides whether a fault happens; if so, with the numbers to draw its details from.
    pub(super) fn hit(&self, kind: FaultKind, turn: Turn) -> Option<Xoshiro256PlusPlus> {
        if !self.may(kind) {
            return None;
        }
        let mut numbers = self.numbers(kind, turn);
        numbers.random_bool(self.rates[kind as usize]).then_some(numbers)
    }

    /// A stream of its own for every decision: none depends on which came first on the wire.
    fn numbers(&self, kind: FaultKind, turn: Turn) -> Xoshiro256PlusPlus {
        let parts = [kind as u64, turn.user, turn.nth];
        let mixed = parts.iter().fold(self.seed, |state, part| mix(state ^ mix(*part)));
        Xoshiro256PlusPlus::seed_from_u64(mixed)
    }
}

/// The output function of `SplitMix64`: neighbouring numbers in, unrelated numbers out.
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(seed: u64, rate: f64) -> Vec<bool> {
        let dice = Dice::new(&[Fault::Rated { kind: FaultKind::Drop, rate }], seed);
        let turns = (0..10_000).map(|i| Turn { user: i % 7, nth: i / 7 });
        turns.map(|turn| dice.hit(FaultKind::Drop, turn).is_some()).collect()
    }

    #[test]
    fn the_same_seed_decides_the_same_and_another_does_not() {
        assert_eq!(hits(1, 0.5), hits(1, 0.5));
        assert_ne!(hits(1, 0.5), hits(2, 0.5));
    }

    #[test]
    fn the_rate_is_kept() {
        for rate in [0.0, 0.001, 0.25, 1.0] {
            let share = hits(0, rate).iter().filter(|hit| **hit).count() as f64 / 10_000.0;
            let four_deviations = 4.0 * (rate * (1.0 - rate) / 10_000.0).sqrt();
            assert!((share - rate).abs() <= four_deviations, "{share} instead of {rate}");
        }
    }

    #[test]
    fn other_faults_do_not_happen() {
        let dice = Dice::new(&[Fault::always(FaultKind::Drop)], 0);
        let turn = Turn { user: 0, nth: 0 };
        for kind in FaultKind::ALL {
            assert_eq!(dice.hit(kind, turn).is_some(), kind == FaultKind::Drop);
        }
    }
}
