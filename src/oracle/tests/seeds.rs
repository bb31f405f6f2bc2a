//! Seeds: how many a random test tries, and how one of them is tried again.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Calls `test` with each of `count` seeds, or only with that in `CHATBENCH_SEED`.
pub(super) fn each(count: u64, test: impl Fn(u64, &mut Xoshiro256PlusPlus)) {
    let chosen = std::env::var("CHATBENCH_SEED").ok();
    let chosen = chosen.map(|seed| seed.parse().expect("CHATBENCH_SEED is a number"));
    let seeds = chosen.map_or(0..count, |seed| seed..seed + 1);
    for seed in seeds {
        let _hint = Hint(seed);
        test(seed, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
    }
}

/// Says, should its test panic, how to come back.
struct Hint(u64);

impl Drop for Hint {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was seed {0}: try it again with CHATBENCH_SEED={0}", self.0);
        }
    }
}
