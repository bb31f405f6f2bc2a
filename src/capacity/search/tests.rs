//! The search against servers whose true capacity is known, and against any server at all.

mod answers;
mod properties;
mod resuming;
mod servers;
mod unknowns;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Answer, Limits, Next, Search, StepResult, StepVerdict};

/// Searches for the capacity of `server`, which is shown each load that is tried.
fn search(limits: Limits, mut server: impl FnMut(u64) -> StepVerdict) -> (Search, Answer) {
    let mut search = Search::new(limits).expect("limits");
    for _ in 0..=limits.steps_max {
        match search.next() {
            Next::Done(answer) => return (search, answer),
            Next::Try { load, .. } => {
                assert!((limits.floor..=limits.to).contains(&load), "{load} of {limits:?}");
                let verdict = server(load);
                search.record(StepResult { load, verdict }).expect("the step that was asked for");
            }
        }
    }
    panic!("it goes on after {} steps", search.steps().len());
}

/// Calls `test` with so many seeds, or only with that in `CHATBENCH_SEED`.
fn each_seed(count: u64, mut test: impl FnMut(u64, &mut Xoshiro256PlusPlus)) {
    let chosen = std::env::var("CHATBENCH_SEED").ok();
    let chosen = chosen.map(|seed| seed.parse().expect("CHATBENCH_SEED is a number"));
    for seed in chosen.map_or(0..count, |seed: u64| seed..seed + 1) {
        test(seed, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
    }
}
