//! Tests: how often the intervals lie about servers that are simulated, and what they find.
//!
//! `CHATBENCH_TRIALS` says how many comparisons are made of each kind, `CHATBENCH_SEED` which one
//! is made alone, `CHATBENCH_MESSAGES` how many messages a second a slower server is sent, and
//! `CHATBENCH_RUNS` how many runs there are of one that is slower in its tail.

mod server;

use super::*;
use server::{Run, Server};

/// As many as a debug build makes in a few seconds.
const TRIALS: u64 = 20;
const QUICK_RESAMPLES: usize = 199;
const SHARES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];
/// The place of the 99th percentile of the delivery latency among all numbers.
const P99: usize = 2;
const NOISE: f64 = 0.05;

/// How often something was found in so many comparisons.
#[derive(Debug, Default)]
struct Found {
    trials: u64,
    /// Any interval does not hold 0.
    any: u64,
    /// The same, and the difference is no noise: better or worse.
    told: u64,
    /// Anything is worse.
    worse: u64,
    /// The 99th percentile of the delivery latency is.
    p99_worse: u64,
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|why| panic!("{name}: {why}")))
}

fn seeds() -> std::ops::Range<u64> {
    match number("CHATBENCH_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CHATBENCH_TRIALS").unwrap_or(TRIALS),
    }
}

fn groups(runs: &[Run], at: usize) -> Groups {
    match runs {
        [run] => Groups::of_intervals(&run.measured(at)),
        runs => Groups::of_runs(Run::each(runs, at)),
    }
}

/// Compares so many runs of `a` with as many of `b`.
fn compared(a: &Server, b: &Server, runs: usize, seed: u64) -> Vec<Difference> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ ((runs as u64) << 32));
    let mut some =
        |server: &Server| -> Vec<Run> { (0..runs).map(|_| server.run(&mut random)).collect() };
    let (a, b) = (some(a), some(b));
    let pair = |at: usize| {
        let shares = if at < server::LATENCIES { SHARES.to_vec() } else { Vec::new() };
        Pair { shares, a: groups(&a, at), b: groups(&b, at) }
    };
    let pairs: Vec<Pair> = (0..=server::LATENCIES).map(pair).collect();
    differences(&pairs, QUICK_RESAMPLES, seed)
}

fn found(a: &Server, b: &Server, runs: usize) -> Found {
    found_in(seeds(), a, b, runs)
}

fn found_in(seeds: std::ops::Range<u64>, a: &Server, b: &Server, runs: usize) -> Found {
    let mut found = Found::default();
    for seed in seeds {
        let differences = compared(a, b, runs, seed);
        let excludes = |it: &&Difference| it.low > 0.0 || it.high < 0.0;
        let matters = |it: &Difference| it.estimate.abs() >= NOISE.ln_1p();
        let told: Vec<&Difference> =
            differences.iter().filter(excludes).filter(|it| matters(it)).collect();
        // The last is a rate, of which less is worse.
        let is_worse = |at: usize| {
            let it = &differences[at];
            let up = if at + 1 == differences.len() { -1.0 } else { 1.0 };
            excludes(&it) && matters(it) && it.estimate * up > 0.0
        };
        found.trials += 1;
        found.any += u64::from(differences.iter().filter(excludes).count() > 0);
        found.told += u64::from(!told.is_empty());
        found.worse += u64::from((0..differences.len()).any(is_worse));
        found.p99_worse += u64::from(is_worse(P99));
    }
    found
}

/// The most times that something of a chance of five in a hundred may come about in so many
/// trials, so that it would come about more often only once in a thousand tests.
fn slack(trials: u64) -> u64 {
    let chance = 1.0 - CONFIDENCE;
    let (mut term, mut sum) = ((1.0 - chance).powi(trials as i32), 0.0);
    for count in 0..=trials {
        sum += term;
        if sum >= 0.999 {
            return count;
        }
        term *= (trials - count) as f64 / (count + 1) as f64 * chance / (1.0 - chance);
    }
    trials
}

fn hold(name: &str, server: &Server, runs: usize) {
    let found = found(server, server, runs);
    println!("false alarms, {name}, {runs} against {runs}: {found:?}");
    let most = slack(found.trials);
    assert!(found.any <= most, "{name}, {runs} against {runs}: more than {most} of {found:?}");
}

// Each is a test of its own, as they take the longest and may be made side by side.

#[test]
fn one_run_against_one_of_the_same_server_is_seldom_told_apart() {
    let alone = Server { between: 0.0, ..Server::default() };
    hold("no memory", &Server { memory: 0.0, ..alone }, 1);
    hold("much memory", &Server { memory: 0.7, ..alone }, 1);
}

#[test]
fn three_runs_against_three_of_the_same_server_are_seldom_told_apart() {
    hold("much memory", &Server::default(), 3);
}

#[test]
fn five_runs_against_five_of_the_same_server_are_seldom_told_apart() {
    hold("much memory", &Server::default(), 5);
}

#[test]
fn eight_runs_against_eight_of_the_same_server_are_seldom_told_apart() {
    hold("much memory", &Server::default(), 8);
}

#[test]
fn what_is_a_tenth_slower_is_found() {
    let messages_per_s = number("CHATBENCH_MESSAGES").unwrap_or(16) as f64;
    let steady = Server { between: 0.015, messages_per_s, ..Server::default() };
    let slower = Server { slower: 1.1, ..steady };
    let found = found(&steady, &slower, 5);
    println!("a tenth slower, runs 1.5 % apart, 5 against 5: {found:?}");
    // A rate of nine in ten, less what a few trials may fall short of it.
    assert!(found.worse * 10 >= found.trials * 7, "{found:?}");
}

#[test]
fn a_tail_that_is_a_tenth_slower_is_found() {
    let messages_per_s = number("CHATBENCH_MESSAGES").unwrap_or(100) as f64;
    let runs = number("CHATBENCH_RUNS").unwrap_or(10) as usize;
    let steady = Server { between: 0.015, messages_per_s, ..Server::default() };
    let slower = Server { slower_tail: 1.1, ..steady };
    let found = found_in(0..number("CHATBENCH_TRIALS").unwrap_or(4), &steady, &slower, runs);
    println!("a tail a tenth slower, {messages_per_s}/s, {runs} against {runs}: {found:?}");
    assert!(found.p99_worse * 10 >= found.trials * 7, "{found:?}");
}

/// What each part of the method is for: without it there are false alarms.
#[test]
fn intervals_that_are_too_narrow_are_noticed() {
    let server = Server::default();
    let alarms = |seed: u64| {
        let differences = compared(&server, &server, 5, seed);
        // As wide as if there were one number, and its spread were known.
        let narrow = |it: &Difference| {
            let reach = (it.high - it.low) / 2.0;
            it.estimate.abs() > reach * 0.5
        };
        differences.iter().any(narrow)
    };
    let seeds = 0..TRIALS;
    let found = seeds.clone().filter(|seed| alarms(*seed)).count() as u64;
    assert!(found > slack(TRIALS), "{found} of {TRIALS}: the simulation would not notice");
}

#[test]
fn without_any_spread_a_difference_is_what_it_is() {
    let side = |count: f64| Groups::of_runs(Drawn::Counts(vec![(count, 10.0); 5]));
    let pair = |b: f64| Pair { shares: Vec::new(), a: side(100.0), b: side(b) };
    let both = differences(&[pair(100.0), pair(50.0)], QUICK_RESAMPLES, 1);
    assert!(both[0].low.abs() < 1e-9 && both[0].high.abs() < 1e-9, "{both:?}");
    assert!((both[1].high - 0.5_f64.ln()).abs() < 1e-9, "{both:?}");
}
