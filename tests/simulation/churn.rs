//! Churn: who comes and goes in a world while others speak.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// How users come and go. Rates are moves per second of all of them together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Churn {
    pub(crate) leave: u32,
    pub(crate) switch: u32,
    pub(crate) rejoin: u32,
    pub(crate) disconnect: u32,
    pub(crate) drop: u32,
    pub(crate) away_ms: u32,
    /// The share of all users, in percent, who are cut off at once in the middle of the load.
    pub(crate) storm: u32,
}

impl Churn {
    /// Some of everything; nobody can switch rooms who is in all of them.
    pub(crate) fn draw(rng: &mut Xoshiro256PlusPlus, can_switch: bool) -> Churn {
        Churn {
            leave: rng.random_range(0..=4),
            switch: if can_switch { rng.random_range(0..=3) } else { 0 },
            rejoin: rng.random_range(0..=2),
            disconnect: rng.random_range(0..=3),
            drop: rng.random_range(0..=3),
            away_ms: rng.random_range(100..=3_000),
            storm: [0, 0, 50, 100][rng.random_range(0..4)],
        }
    }

    /// What the scenario says of it, for a load of so many seconds.
    pub(crate) fn to_yaml(self, seconds: u32) -> String {
        let Churn { leave, switch, rejoin, disconnect, drop, away_ms, storm } = self;
        let storms = match storm {
            0 => String::new(),
            share => {
                let at_ms = seconds * 500;
                format!("{{at: {at_ms} ms, share: {share}%, back_off: 300 ms}}")
            }
        };
        format!(
            "{{leave: {leave}/s, switch: {switch}/s, rejoin: {rejoin}/s, \
             disconnect: {disconnect}/s, drop: {drop}/s, away: {away_ms} ms, storms: [{storms}]}}"
        )
    }
}
