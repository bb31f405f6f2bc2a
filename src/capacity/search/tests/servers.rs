//! Servers: models whose true capacity is known, as functions from a load to what it shows.

use rand::RngExt;
use rand_distr::{Distribution, Exp1};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::super::{Failure, StepVerdict, Unclear};
use crate::capacity::course::{Course, course_of};

/// What a step shows in which promises were broken.
pub(super) fn fails() -> StepVerdict {
    StepVerdict::Fails { why: vec![Failure::Violations { count: 1 }] }
}

pub(super) fn holds_if(holds: bool) -> StepVerdict {
    if holds { StepVerdict::Holds } else { fails() }
}

pub(super) fn unknown(why: Unclear) -> StepVerdict {
    StepVerdict::Unknown { why }
}

pub(super) fn not_steady() -> StepVerdict {
    unknown(Unclear::NotSteady { warmup_s: 30.0 })
}

pub(super) fn saturated() -> StepVerdict {
    unknown(Unclear::GeneratorSaturated { send_delay_p99_ms: 80.0, limit_ms: 10.0 })
}

/// How long a step lasts, in seconds, and its warm-up.
const STEP_S: f64 = 20.0;
const WARM_UP_S: f64 = 7.0;

/// One worker with a queue, simulated customer by customer: the percentiles of the time in it are
/// really those of a sample, and near saturation noisy ones.
pub(super) struct Queue {
    /// Customers it serves in a second, if it is never idle.
    pub(super) served_per_s: f64,
    /// What is asked of the 99th percentile, in seconds.
    pub(super) limit_s: f64,
    /// Whether customers come, and are served, by chance (M/M/1), or each after the same time.
    pub(super) by_chance: bool,
}

impl Queue {
    /// The load whose 99th percentile is at the limit: the time in an M/M/1 queue is exponential
    /// with the rate by which service exceeds arrival.
    pub(super) fn capacity(&self) -> f64 {
        self.served_per_s - 100.0_f64.ln() / self.limit_s
    }

    pub(super) fn step(&self, load: u64, random: &mut Xoshiro256PlusPlus) -> StepVerdict {
        let mut times = self.times(load as f64, random);
        let seconds: Vec<(f64, f64)> = times.iter_mut().map(middle).collect();
        let mut times: Vec<f64> = times.into_iter().flat_map(|(_, times)| times).collect();
        let at = times.len() * 99 / 100;
        let (_, p99, _) = times.select_nth_unstable_by(at, f64::total_cmp);
        let mut why = Vec::new();
        if *p99 > self.limit_s {
            let threshold = "delivery_latency p99".into();
            let (limit, observed) = (self.limit_s * 1e3, *p99 * 1e3);
            why.push(Failure::ThresholdMissed { threshold, limit, observed });
        }
        let course = course_of(&seconds);
        if let Course::Growing { ms_per_s } = course {
            let deliveries_per_s = self.served_per_s * ms_per_s / 1e3;
            why.push(Failure::BacklogGrows { deliveries_per_s });
        }
        match (why.is_empty(), course) {
            (false, _) => StepVerdict::Fails { why },
            (true, Course::Unsettled) => not_steady(),
            (true, _) => StepVerdict::Holds,
        }
    }

    /// The times that customers spend in it, in seconds, by the second they come in. By Lindley's
    /// recursion: whoever arrives waits for what is left of those before.
    fn times(&self, load: f64, random: &mut Xoshiro256PlusPlus) -> Vec<(f64, Vec<f64>)> {
        let mut draw = |rate: f64| -> f64 {
            let unit: f64 = if self.by_chance { Exp1.sample(random) } else { 1.0 };
            unit / rate
        };
        let (mut now, mut inside) = (0.0, 0.0_f64);
        let mut seconds: Vec<(f64, Vec<f64>)> = Vec::new();
        loop {
            let after = draw(load);
            now += after;
            inside = (inside - after).max(0.0) + draw(self.served_per_s);
            if now >= STEP_S {
                return seconds;
            }
            if now < WARM_UP_S {
                continue;
            }
            match seconds.last_mut() {
                Some((second, times)) if *second == now.floor() => times.push(inside),
                _ => seconds.push((now.floor(), vec![inside])),
            }
        }
    }
}

/// The median of a second, in milliseconds.
fn middle((second, times): &mut (f64, Vec<f64>)) -> (f64, f64) {
    let at = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable_by(at, f64::total_cmp);
    (*second, *median * 1e3)
}

/// A knee that is not sharp, and a machine on which other things happen, too.
pub(super) struct Noisy {
    /// Where one step in two holds.
    pub(super) knee: f64,
    /// How far from it, as a share of it, still more than one step in four surprises.
    pub(super) blur: f64,
    /// The share of steps, at any load, that show the contrary of what is true.
    pub(super) wrong: f64,
}

impl Noisy {
    pub(super) fn step(&self, load: u64, random: &mut Xoshiro256PlusPlus) -> StepVerdict {
        let excess = (load as f64 / self.knee).ln() / self.blur;
        let chance = 1.0 / (1.0 + excess.exp());
        let holds = random.random_bool(chance);
        holds_if(holds != random.random_bool(self.wrong))
    }
}

/// A server that holds what it holds, and now and then does something else for a while.
pub(super) struct Restless {
    pub(super) holds: u64,
    /// The share of steps that are not steady.
    pub(super) unsteady: f64,
}

impl Restless {
    pub(super) fn step(&self, load: u64, random: &mut Xoshiro256PlusPlus) -> StepVerdict {
        if random.random_bool(self.unsteady) { not_steady() } else { holds_if(load <= self.holds) }
    }
}

/// A server that leaks: every step takes the same share of what it still holds.
pub(super) struct Leaking {
    pub(super) holds: f64,
    pub(super) lost_per_step: f64,
}

impl Leaking {
    pub(super) fn step(&mut self, load: u64) -> StepVerdict {
        self.holds *= 1.0 - self.lost_per_step;
        holds_if(load as f64 <= self.holds)
    }
}
