//! Servers: models whose true capacity is known, as functions from a load to what it shows.

use rand::RngExt;
use rand_distr::{Distribution, Exp1};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::super::{Failure, StepVerdict, Unclear};

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

/// One worker with a queue (M/M/1), simulated customer by customer: the 99th percentile of the
/// time in it is really that of a sample, and near saturation a noisy one.
pub(super) struct Queue {
    /// Customers it serves in a second, if it is never idle.
    pub(super) served_per_s: f64,
    /// What is asked of the 99th percentile, in seconds.
    pub(super) limit_s: f64,
    /// Customers in a step, after the warm-up.
    pub(super) customers: usize,
}

impl Queue {
    /// The load whose 99th percentile is at the limit: the time in an M/M/1 queue is exponential
    /// with the rate by which service exceeds arrival.
    pub(super) fn capacity(&self) -> f64 {
        self.served_per_s - 100.0_f64.ln() / self.limit_s
    }

    pub(super) fn step(&self, load: u64, random: &mut Xoshiro256PlusPlus) -> StepVerdict {
        let (arriving, served) = (load as f64, self.served_per_s);
        if arriving >= served {
            let deliveries_per_s = arriving - served;
            return StepVerdict::Fails { why: vec![Failure::BacklogGrows { deliveries_per_s }] };
        }
        let mut draw = |rate: f64| -> f64 {
            let unit: f64 = Exp1.sample(random);
            unit / rate
        };
        // Lindley's recursion: whoever arrives waits for what is left of those before.
        let (warmup, mut inside) = (self.customers / 5, 0.0_f64);
        let mut times = Vec::with_capacity(self.customers);
        for customer in 0..self.customers + warmup {
            inside = (inside - draw(arriving)).max(0.0) + draw(served);
            if customer >= warmup {
                times.push(inside);
            }
        }
        let at = times.len() * 99 / 100;
        let (_, p99, _) = times.select_nth_unstable_by(at, f64::total_cmp);
        if *p99 <= self.limit_s {
            return StepVerdict::Holds;
        }
        let threshold = "delivery_latency p99".into();
        let (limit, observed) = (self.limit_s * 1e3, *p99 * 1e3);
        StepVerdict::Fails { why: vec![Failure::ThresholdMissed { threshold, limit, observed }] }
    }
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
