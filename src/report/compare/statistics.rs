//! Statistics: how far two sides differ in many numbers at once, and how sure that is.
//!
//! Either side is groups of measurements that are as good as independent: runs, or blocks of
//! consecutive intervals of one run (the moving blocks of Künsch, The jackknife and the bootstrap
//! for general stationary observations, *Annals of Statistics* 17, 1989, 1217–1241; Politis and
//! Romano, The stationary bootstrap, *JASA* 89, 1994, 1303–1313). Groups are drawn anew with
//! replacement, their histograms merged, and the percentiles of the merged histogram taken. Runs
//! are drawn whole: to draw blocks within them as well would count what varies within runs twice
//! (Davison and Hinkley, *Bootstrap Methods and their Application*, 1997, section 3.8).
//!
//! Groups are few, so their spread is mended as a bootstrap of few needs it: it is a little larger
//! than it was drawn, and itself only estimated (Hesterberg, What teachers should know about the
//! bootstrap, *The American Statistician* 69, 2015, 371–386; Welch, *Biometrika* 34, 1947, 28–35).
//! All numbers are judged at once: the interval of each is as wide as the largest of all
//! differences, each in units of its own spread, asks for (Romano and Wolf, Exact and approximate
//! stepdown methods for multiple hypothesis testing, *JASA* 100, 2005, 94–108).

mod cells;
mod student;

pub(super) use cells::Cells;

use std::collections::HashMap;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use cells::Pool;

/// How often none of all intervals misses what it is about.
pub(super) const CONFIDENCE: f64 = 0.95;
/// How often groups are drawn anew.
pub(super) const RESAMPLES: usize = 999;
/// A run alone is cut into so many blocks. Few and long ones: what they do not see of how
/// intervals follow from each other counts as chance, and makes false alarms.
pub(super) const BLOCKS: usize = 5;
/// With fewer groups than this, what is drawn of them takes too few values to tell how numbers
/// hang together, and they are taken not to.
const GROUPS_TOGETHER_MIN: f64 = 6.0;

/// What one side has of one measurement.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    /// What can be drawn.
    items: Drawn,
    /// All of it together.
    whole: Drawn,
    /// How many are drawn at a time.
    draws: usize,
    /// How many of them there are without overlap.
    free: f64,
}

/// What is drawn: histograms, or counts with the seconds in which they were counted.
#[derive(Clone, Debug)]
pub(super) enum Drawn {
    Times(Vec<Cells>),
    Counts(Vec<(f64, f64)>),
}

/// One measurement on both sides.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// Which percentiles are asked for, in order; of counts there is their rate alone.
    pub(super) shares: Vec<f64>,
    pub(super) a: Groups,
    pub(super) b: Groups,
}

/// How far a number differs: logarithms of the ratio of B's to A's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Difference {
    pub(super) estimate: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Groups {
    /// Of runs, at least two.
    pub(super) fn of_runs(runs: Drawn) -> Groups {
        let draws = runs.len();
        Groups { whole: runs.merged(), items: runs, draws, free: draws as f64 }
    }

    /// Of the intervals of one run, in their order; there are as many as [`BLOCKS`], or more.
    pub(super) fn of_intervals(intervals: &Drawn) -> Groups {
        let length = intervals.len().div_ceil(BLOCKS);
        let starts = 0..=intervals.len() - length;
        let items = match intervals {
            Drawn::Times(times) => {
                let block = |from: usize| Cells::merged(&times[from..from + length]);
                Drawn::Times(starts.map(block).collect())
            }
            Drawn::Counts(counts) => {
                let block = |from: usize| sum(counts[from..from + length].iter());
                Drawn::Counts(starts.map(block).collect())
            }
        };
        let free = intervals.len() as f64 / length as f64;
        Groups { items, whole: intervals.merged(), draws: free as usize, free }
    }

    /// How much smaller the drawn spread is than the true one.
    fn widening(&self) -> f64 {
        (self.free / (self.free - 1.0)).sqrt()
    }

    /// The logarithms of the numbers asked for, and of each the variance that is due to cells
    /// having a width.
    fn numbers(&self, shares: &[f64]) -> Vec<(f64, f64)> {
        match &self.whole {
            Drawn::Times(whole) => {
                let of = |share: &f64| whole[0].at(*share).unwrap_or((f64::NAN, 1.0));
                let number =
                    |(value, width): (f64, f64)| (value.ln(), (width / value).powi(2) / 12.0);
                shares.iter().map(|share| number(of(share))).collect()
            }
            Drawn::Counts(whole) => vec![(rate(whole[0]), 0.0)],
        }
    }

    /// The numbers of each resample, less their means and as far apart as they must be.
    fn resampled(&self, shares: &[f64], draws: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut pool = match &self.items {
            Drawn::Times(times) => Some(Pool::new(times.iter())),
            Drawn::Counts(_) => None,
        };
        let mut numbers_of = |members: &Vec<usize>| {
            let mut numbers = Vec::with_capacity(shares.len().max(1));
            match (&self.items, &mut pool) {
                (Drawn::Counts(counts), _) => {
                    numbers.push(rate(sum(members.iter().map(|member| &counts[*member]))));
                }
                (_, Some(pool)) => pool.percentiles(members, shares, &mut numbers),
                (Drawn::Times(_), None) => unreachable!("times have a pool"),
            }
            numbers
        };
        // Of few groups the same are drawn again and again: of five there are 126 kinds of draws.
        let mut known: HashMap<Vec<usize>, Vec<f64>> = HashMap::new();
        let mut resamples = Vec::with_capacity(draws.len());
        for draw in draws {
            let pick = |at: &f64| (at * self.items.len() as f64) as usize;
            let mut members: Vec<usize> = draw[..self.draws].iter().map(pick).collect();
            members.sort_unstable();
            resamples.push(known.entry(members).or_insert_with_key(&mut numbers_of).clone());
        }
        centre(&mut resamples, self.widening());
        resamples
    }
}

impl Drawn {
    pub(super) fn len(&self) -> usize {
        match self {
            Drawn::Times(times) => times.len(),
            Drawn::Counts(counts) => counts.len(),
        }
    }

    fn merged(&self) -> Drawn {
        match self {
            Drawn::Times(times) => Drawn::Times(vec![Cells::merged(times)]),
            Drawn::Counts(counts) => Drawn::Counts(vec![sum(counts.iter())]),
        }
    }
}

/// The differences of all numbers of all `pairs`, in order. Whatever is drawn follows from `seed`.
pub(super) fn differences(pairs: &[Pair], resamples: usize, seed: u64) -> Vec<Difference> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let sides = [pairs.iter().map(|it| it.a.draws).max(), pairs.iter().map(|it| it.b.draws).max()];
    // The same draws for all numbers: they hang together, and so must their resamples.
    let draws = sides.map(|most| {
        let mut draw = || (0..most.unwrap_or(0)).map(|_| random.random::<f64>()).collect();
        (0..resamples).map(|_| draw()).collect::<Vec<Vec<f64>>>()
    });
    let mut numbers: Vec<Number> = pairs.iter().flat_map(|pair| pair.numbers(&draws)).collect();
    let chance = chance_of_one(pairs, &numbers);
    numbers.iter_mut().map(|number| number.difference(chance)).collect()
}

/// One number that is compared: where it lies, and the resamples of it.
struct Number {
    estimate: f64,
    /// The variance on either side, and the degrees of freedom it is estimated with.
    variances: [(f64, f64); 2],
    /// Of B less A.
    deviations: Vec<f64>,
}

impl Pair {
    fn numbers(&self, draws: &[Vec<Vec<f64>>; 2]) -> Vec<Number> {
        let (a, b) = (self.a.numbers(&self.shares), self.b.numbers(&self.shares));
        let a_resampled = self.a.resampled(&self.shares, &draws[0]);
        let b_resampled = self.b.resampled(&self.shares, &draws[1]);
        let number = |at: usize| {
            let ((a_at, a_cell), (b_at, b_cell)) = (a[at], b[at]);
            let variance = |of: &[Vec<f64>]| {
                of.iter().map(|row| row[at].powi(2)).sum::<f64>() / (of.len() - 1) as f64
            };
            let of_a = (variance(&a_resampled) + a_cell, self.a.free - 1.0);
            let of_b = (variance(&b_resampled) + b_cell, self.b.free - 1.0);
            let deviation = |(a, b): (&Vec<f64>, &Vec<f64>)| b[at] - a[at];
            Number {
                estimate: b_at - a_at,
                variances: [of_a, of_b],
                deviations: a_resampled.iter().zip(&b_resampled).map(deviation).collect(),
            }
        };
        (0..a.len()).map(number).collect()
    }
}

impl Number {
    fn spread(&self) -> f64 {
        (self.variances[0].0 + self.variances[1].0).sqrt()
    }

    /// By Welch and Satterthwaite, rounded down.
    fn freedom(&self) -> usize {
        let [(a, a_free), (b, b_free)] = self.variances;
        let freedom = (a + b).powi(2) / (a * a / a_free + b * b / b_free);
        // Without any spread there is no ratio of the two.
        let freedom = if freedom.is_finite() { freedom } else { a_free.min(b_free) };
        (freedom + 1e-9).max(1.0) as usize
    }

    fn difference(&self, chance: f64) -> Difference {
        let reach = student::deviations(chance, self.freedom()) * self.spread();
        let estimate = self.estimate;
        Difference { estimate, low: estimate - reach, high: estimate + reach }
    }
}

/// The chance to leave its interval that each number may have, so that all stay within theirs as
/// often as [`CONFIDENCE`] says.
fn chance_of_one(pairs: &[Pair], numbers: &[Number]) -> f64 {
    let chance_of_any = 1.0 - CONFIDENCE;
    let apart = chance_of_any / numbers.len().max(1) as f64;
    let few = pairs.iter().any(|it| it.a.free.min(it.b.free) < GROUPS_TOGETHER_MIN);
    if few {
        return apart;
    }
    let spreads: Vec<f64> = numbers.iter().map(Number::spread).collect();
    let resamples = numbers.first().map_or(0, |it| it.deviations.len());
    let largest = |resample: usize| {
        let each = numbers.iter().zip(&spreads).filter(|(_, spread)| **spread > 0.0);
        let each = each.map(|(number, spread)| number.deviations[resample].abs() / spread);
        each.fold(0.0, f64::max)
    };
    let mut largest: Vec<f64> = (0..resamples).map(largest).collect();
    largest.sort_by(f64::total_cmp);
    let at = (CONFIDENCE * (resamples + 1) as f64) as usize;
    let reach = largest.get(at.saturating_sub(1)).copied().unwrap_or(f64::INFINITY);
    student::beyond_normal(reach).clamp(apart, chance_of_any)
}

fn centre(resamples: &mut [Vec<f64>], widening: f64) {
    let rows = resamples.len() as f64;
    for at in 0..resamples.first().map_or(0, Vec::len) {
        let mean = resamples.iter().map(|row| row[at]).sum::<f64>() / rows;
        resamples.iter_mut().for_each(|row| row[at] = (row[at] - mean) * widening);
    }
}

fn sum<'a>(counts: impl Iterator<Item = &'a (f64, f64)>) -> (f64, f64) {
    counts.fold((0.0, 0.0), |(count, seconds), it| (count + it.0, seconds + it.1))
}

/// The logarithm of how often a second; what was never counted counts as a half, for nothing has
/// no logarithm.
fn rate((count, seconds): (f64, f64)) -> f64 {
    (count.max(0.5) / seconds).ln()
}

#[cfg(test)]
mod tests;
