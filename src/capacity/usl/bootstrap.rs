//! Bootstrap: how far the coefficients and the peak would move if all were measured again.
//!
//! The residuals of the fit stand for the noise: drawn anew with replacement and added to the
//! predictions, they make measurements that might as well have been (Efron and Tibshirani, *An
//! Introduction to the Bootstrap*, 1993, chapter 9). Drawn as they are they would make too little
//! noise, and the fewer the points, the more so: a curve with three numbers comes closer to its
//! points than the truth does, and the percentiles of few residuals are too narrow (Hesterberg,
//! *The American Statistician* 69, 2015). Both are mended by making the residuals larger.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::least_squares::Problem;
use super::{Coefficients, Fit, FittedPoint, Point, UslError};

/// With fewer replicates than this, fewer than five lie beyond a percentile.
pub const REPLICATES_MIN: usize = 199;
/// With more replicates than this, none of the digits shown would change any more.
pub const REPLICATES_MAX: usize = 100_000;
/// Steps after which the search for a replicate is given up: it begins next to where it ends.
const STEPS_MAX: usize = 50;
/// The coefficients of the law.
const COEFFICIENTS: usize = 3;
/// The share of the replicates below an interval, and that above it.
const BEYOND: f64 = 0.025;
/// How many standard deviations of a normal distribution leave that share beyond.
const NORMAL: f64 = 1.959_964;
/// The same of Student's distribution, with 1, 2, 3 … degrees of freedom (any table of it).
const STUDENT: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/// Where a number lies, with a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// The 2.5th percentile.
    pub low: f64,
    /// The 97.5th percentile.
    pub high: f64,
}

/// The same of a number that may have no finite value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpenInterval {
    /// The 2.5th percentile; absent if that is infinite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The 97.5th percentile; absent if that is infinite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

/// How sure a fit is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Intervals {
    /// How many curves were fitted.
    pub replicates: usize,
    /// Of λ, in the unit of the throughputs.
    pub throughput_of_one: Interval,
    /// Of σ.
    pub contention: Interval,
    /// Of κ.
    pub coherency: Interval,
    /// Of the load at the peak. It counts as infinite where a curve only rises, and as one where
    /// it only falls.
    pub peak_load: OpenInterval,
    /// Of the throughput at the peak, in the unit of the throughputs. Where a curve only rises,
    /// it is what the curve rises towards.
    pub peak_throughput: OpenInterval,
}

/// The intervals of `fit`, from `count` replicates drawn from `seed`.
pub(super) fn intervals(fit: &Fit, count: usize, seed: u64) -> Result<Intervals, UslError> {
    let points = fit.points.len();
    if points <= COEFFICIENTS {
        return Err(UslError::NothingLeftOver { points });
    }
    if !(REPLICATES_MIN..=REPLICATES_MAX).contains(&count) {
        return Err(UslError::Replicates { replicates: count });
    }
    let replicates = replicates(fit, count, seed);
    let percentiles = |of: fn(&Coefficients) -> f64| {
        let mut values: Vec<f64> = replicates.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        // The k-th of n has k / (n + 1) of all below it.
        let beyond = (BEYOND * (count + 1) as f64) as usize;
        Interval { low: values[beyond - 1], high: values[count - beyond] }
    };
    Ok(Intervals {
        replicates: count,
        throughput_of_one: percentiles(|it| it.throughput_of_one),
        contention: percentiles(|it| it.contention),
        coherency: percentiles(|it| it.coherency),
        peak_load: OpenInterval::of(percentiles(|it| highest(it).0)),
        peak_throughput: OpenInterval::of(percentiles(|it| highest(it).1)),
    })
}

impl OpenInterval {
    fn of(interval: Interval) -> OpenInterval {
        let finite = |value: f64| value.is_finite().then_some(value);
        OpenInterval { low: finite(interval.low), high: finite(interval.high) }
    }
}

fn replicates(fit: &Fit, count: usize, seed: u64) -> Vec<Coefficients> {
    let mut fitted = fit.points.clone();
    // What is drawn must not depend on the order in which the points were given.
    let by_throughput = |a: &FittedPoint, b: &FittedPoint| a.throughput.total_cmp(&b.throughput);
    fitted.sort_by(|a, b| a.load.total_cmp(&b.load).then_with(|| by_throughput(a, b)));
    let points = fitted.iter().map(|it| Point { load: it.load, throughput: it.throughput });
    let mut problem = Problem::new(&points.collect::<Vec<_>>());
    let start = problem.numbers(fit.coefficients);
    let noise = noise(&fitted);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let replicate = |_| {
        problem.set_throughputs(fitted.iter().map(|point| {
            point.throughput - point.residual + noise[random.random_range(0..noise.len())]
        }));
        // A search that was given up is about where it would have ended.
        problem.coefficients(problem.solve(start, STEPS_MAX).numbers)
    };
    (0..count).map(replicate).collect()
}

/// The residuals, made to be zero on average and as large as the noise must have been.
fn noise(fitted: &[FittedPoint]) -> Vec<f64> {
    let (points, left_over) = (fitted.len(), fitted.len() - COEFFICIENTS);
    let mean = fitted.iter().map(|point| point.residual).sum::<f64>() / points as f64;
    let closer = (points as f64 / left_over as f64).sqrt();
    let scale = closer * student(left_over) / NORMAL;
    fitted.iter().map(|point| (point.residual - mean) * scale).collect()
}

/// How many standard deviations leave 2.5 % beyond, when the deviation itself is only estimated
/// with so many degrees of freedom; from the eleventh on by its expansion in their reciprocal
/// (Abramowitz and Stegun, 26.7.5).
fn student(freedom: usize) -> f64 {
    let expansion = || {
        let (z, f) = (NORMAL, freedom as f64);
        let first = (z.powi(3) + z) / 4.0;
        let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
        let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
        z + (first + (second + third / f) / f) / f
    };
    STUDENT.get(freedom - 1).copied().unwrap_or_else(expansion)
}

/// The load and the throughput that no other exceeds, from a load of one on.
fn highest(of: &Coefficients) -> (f64, f64) {
    match of.peak() {
        Some(peak) => (peak.load, peak.throughput),
        None if of.contention >= 1.0 => (1.0, of.throughput_of_one),
        None => (f64::INFINITY, of.throughput_of_one / of.contention),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_deviations_are_those_of_the_tables() {
        for (freedom, wanted) in [(1, 12.706), (10, 2.228), (11, 2.201), (30, 2.042), (120, 1.980)]
        {
            let deviations = student(freedom);
            assert!((deviations - wanted).abs() < 1e-3, "{freedom}: {deviations}");
        }
    }
}
