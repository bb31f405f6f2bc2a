//! Seeds: which are tried, on all processors at once, and what is said of those that fail.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Failures that are told in full.
const TOLD_MAX: usize = 3;

/// The seed in `CHATBENCH_SEED`, which is tried alone.
fn chosen() -> Option<u64> {
    let seed = std::env::var("CHATBENCH_SEED").ok()?;
    Some(seed.parse().expect("CHATBENCH_SEED is a number"))
}

/// How many worlds are played, unless `CHATBENCH_SEEDS` says how many.
pub(crate) fn count(default: u64) -> u64 {
    let count = std::env::var("CHATBENCH_SEEDS").ok();
    count.map_or(default, |count| count.parse().expect("CHATBENCH_SEEDS is a number"))
}

/// What `test` gives for each of `count` seeds, or only for that in `CHATBENCH_SEED`.
///
/// # Panics
/// When it panics for any of them: all those are named.
pub(crate) fn each<T: Send>(count: u64, test: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let seeds = chosen().map_or(0..count, |seed| seed..seed + 1);
    let next = AtomicU64::new(seeds.start);
    let (passed, failed) = (Mutex::new(BTreeMap::new()), Mutex::new(BTreeMap::new()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            // The panic itself has said what is wrong; here it is added with which seed.
            match catch_unwind(AssertUnwindSafe(|| test(seed))) {
                Ok(result) => drop(passed.lock().expect("not poisoned").insert(seed, result)),
                Err(why) => {
                    let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                    failed.lock().expect("not poisoned").insert(seed, why);
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let failed = failed.into_inner().expect("not poisoned");
    let tell = |(seed, why): (&u64, &String)| format!("CHATBENCH_SEED={seed} fails: {why}");
    let told: Vec<_> = failed.iter().take(TOLD_MAX).map(tell).collect();
    let seeds: Vec<_> = failed.keys().collect();
    assert!(seeds.is_empty(), "{}\n{} seeds fail: {seeds:?}", told.join("\n"), seeds.len());
    passed.into_inner().expect("not poisoned").into_values().collect()
}
