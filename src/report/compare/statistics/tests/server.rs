//! Server: one that is simulated, with latencies as real ones have them.
//!
//! The level of its latencies wanders from second to second (an autoregression), differs from run
//! to run, and now and then it stalls: then some messages take a Pareto's time longer.

use rand::RngExt;
use rand_distr::{Distribution, Pareto, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::report::compare::statistics::{Cells, Drawn};

/// Delivery, first receiver, last receiver, connect.
pub(super) const LATENCIES: usize = 4;
/// Seconds of a run of a minute that are left behind its warm-up.
const SECONDS: usize = 54;
const RECEIVERS: usize = 5;
const MEDIAN_MICROS: f64 = 1_000.0;
/// Three of a hundred lie beyond.
const TAIL_DEVIATIONS: f64 = 1.88;

#[derive(Clone, Copy, Debug)]
pub(super) struct Server {
    /// How much of its level a second has from the one before.
    pub(super) memory: f64,
    /// How far runs lie apart: the standard deviation of the logarithm of their level.
    pub(super) between: f64,
    /// How far seconds lie apart.
    pub(super) within: f64,
    /// How many times longer everything takes.
    pub(super) slower: f64,
    /// How many times longer the slowest of a hundred take beside that, and those near them.
    pub(super) slower_tail: f64,
    /// How many messages it is sent.
    pub(super) messages_per_s: f64,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            memory: 0.7,
            between: 0.03,
            within: 0.05,
            slower: 1.0,
            slower_tail: 1.0,
            messages_per_s: 16.0,
        }
    }
}

/// What was measured in each second.
pub(super) struct Run {
    latencies: [Vec<Cells>; LATENCIES],
    deliveries: Vec<(f64, f64)>,
}

impl Run {
    pub(super) fn measured(&self, at: usize) -> Drawn {
        match self.latencies.get(at) {
            Some(times) => Drawn::Times(times.clone()),
            None => Drawn::Counts(self.deliveries.clone()),
        }
    }

    /// What each of `runs` measured in all.
    pub(super) fn each(runs: &[Run], at: usize) -> Drawn {
        let all = |run: &Run| match run.measured(at) {
            Drawn::Times(times) => Ok(Cells::merged(&times)),
            Drawn::Counts(counts) => {
                Err(counts.iter().fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1)))
            }
        };
        match at < LATENCIES {
            true => Drawn::Times(runs.iter().filter_map(|run| all(run).ok()).collect()),
            false => Drawn::Counts(runs.iter().filter_map(|run| all(run).err()).collect()),
        }
    }
}

impl Server {
    pub(super) fn run(&self, random: &mut Xoshiro256PlusPlus) -> Run {
        let shift = self.between * normal(random);
        let mut level = self.within * normal(random);
        let mut stalled = 0.0;
        let mut run = Run { latencies: Default::default(), deliveries: Vec::new() };
        for _ in 0..SECONDS {
            let fresh = self.within * (1.0 - self.memory * self.memory).sqrt();
            level = self.memory * level + fresh * normal(random);
            stalled = if random.random::<f64>() < 0.03 { 1.0 } else { 0.5 * stalled };
            let micros = MEDIAN_MICROS * self.slower * (shift + level).exp();
            self.second(micros, stalled, random, &mut run);
        }
        run
    }

    fn second(&self, micros: f64, stalled: f64, random: &mut Xoshiro256PlusPlus, run: &mut Run) {
        let spread = self.messages_per_s.sqrt() * normal(random);
        let messages = (self.messages_per_s + spread).round().max(1.0) as usize;
        let mut times: [Vec<(u32, u64)>; LATENCIES] = Default::default();
        for _ in 0..messages {
            let (mut first, mut last) = (f64::MAX, 0.0_f64);
            for _ in 0..RECEIVERS {
                let time = self.delivery(micros, stalled, random);
                (first, last) = (first.min(time), last.max(time));
                times[0].push((cell(time), 1));
            }
            times[1].push((cell(first), 1));
            times[2].push((cell(last), 1));
        }
        times[3].extend((0..3).map(|_| (cell(micros * (0.3 * normal(random)).exp()), 1)));
        for (all, second) in run.latencies.iter_mut().zip(times) {
            all.push(Cells::of_counts(second));
        }
        run.deliveries.push(((messages * RECEIVERS) as f64, 1.0));
    }

    fn delivery(&self, micros: f64, stalled: f64, random: &mut Xoshiro256PlusPlus) -> f64 {
        let deviation = normal(random);
        // Beyond one and a half deviations the tail is longer than that of a log-normal.
        let tail = (deviation - 1.5).max(0.0) * 0.6;
        let mut time = micros * (0.4 * deviation + tail).exp();
        if deviation > TAIL_DEVIATIONS {
            time *= self.slower_tail;
        }
        if random.random::<f64>() < 0.02 * stalled {
            let pareto = Pareto::new(3_000.0, 2.5).expect("legal constants");
            let stalled: f64 = pareto.sample(random);
            time += self.slower * stalled.min(60_000.0);
        }
        time
    }
}

fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    StandardNormal.sample(random)
}

/// The cell of a histogram of three digits.
fn cell(micros: f64) -> u32 {
    let micros = micros.round().max(1.0) as u32;
    let dropped = micros.checked_ilog2().unwrap_or(0).saturating_sub(10);
    micros >> dropped << dropped
}
