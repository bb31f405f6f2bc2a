//! Universal Scalability Law: how throughput grows with load, where it peaks, and how sure that is.
//!
//! The law is Neil Gunther's: X(N) = λN / (1 + σ(N − 1) + κN(N − 1)). *Guerrilla Capacity Planning*
//! (Springer 2007), chapters 4 to 6; the proof is in arXiv:0808.1431. There, a curve relative to
//! X(1) has two coefficients. The third, λ, spares us to measure X(1) and to trust that one
//! measurement more than all others. The names λ, σ and κ are those of Baron Schwartz, *Practical
//! Scalability Analysis with the Universal Scalability Law* (2015).
//!
//! Everything here is a function of its arguments: no IO, no clock, and chance only from a seed.

mod bootstrap;
mod least_squares;
mod refusal;
#[cfg(test)]
mod tests;

pub use bootstrap::{Interval, Intervals, OpenInterval, REPLICATES_MAX, REPLICATES_MIN};
pub use refusal::{
    Extrapolation, LOAD_SPAN_MIN, LOADS_MIN, PEAK_DISTANCE_MAX, PEAK_INTERVAL_RATIO_MAX,
    R_SQUARED_MIN, Refusal, TREND_CHANCE_MAX,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use least_squares::{Problem, STEPS_MAX};

/// The largest load that is taken; a larger one is a mistake, and its square would lose digits.
pub const LOAD_MAX: f64 = 1e9;
/// The largest throughput that is taken; a larger one is a mistake.
pub const THROUGHPUT_MAX: f64 = 1e12;
/// Distinct loads without which three coefficients have more than one best value.
const LOADS_SOLVABLE: usize = 3;

/// What was measured at one load. Loads may repeat: each measurement counts for itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// The load, such as the number of users; from 1 to [`LOAD_MAX`].
    pub load: f64,
    /// The throughput, such as messages per second; above 0, to [`THROUGHPUT_MAX`].
    pub throughput: f64,
}

/// The three numbers of the law.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coefficients {
    /// λ: the throughput at a load of one, in the unit of the throughputs.
    pub throughput_of_one: f64,
    /// σ, without a unit: the share of the work that is done one after another.
    pub contention: f64,
    /// κ, without a unit: what each pair of the load costs to be kept coherent.
    pub coherency: f64,
}

/// The highest point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Peak {
    /// The load there.
    pub load: f64,
    /// The throughput there, in the unit of the throughputs.
    pub throughput: f64,
}

/// A measured point and how far the curve misses it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FittedPoint {
    /// The load.
    pub load: f64,
    /// The throughput that was measured.
    pub throughput: f64,
    /// Measured less predicted throughput.
    pub residual: f64,
}

/// The curve of the law that passes closest to what was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fit {
    /// The numbers of the curve.
    pub coefficients: Coefficients,
    /// R²: how much of the spread of the throughputs the curve explains, at most 1; 0 where they
    /// do not differ. Of a curve that is not a line it is no proof (the R package `usl` prints it
    /// no more since version 3.0.0), so it only ever serves to refuse.
    pub r_squared: f64,
    /// Its highest point, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<Peak>,
    /// What it was fitted to, in the order given.
    pub points: Vec<FittedPoint>,
}

/// Why there is no curve, or no interval.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum UslError {
    /// A measurement is no number, or none that the law can speak of: its throughputs are
    /// positive, and from a load of one on its denominator is never below one.
    #[error(
        "point {index} has load {load} and throughput {throughput}: a load lies between 1 and \
         {LOAD_MAX:e}, a throughput above 0 and up to {THROUGHPUT_MAX:e}"
    )]
    OutOfRange {
        /// Its place among the points, counted from 0.
        index: usize,
        /// Its load.
        load: f64,
        /// Its throughput.
        throughput: f64,
    },
    /// Fewer distinct loads than the law has coefficients.
    #[error("{distinct} distinct loads cannot tell three coefficients: measure at {LOADS_MIN}")]
    TooFewLoads {
        /// How many there are.
        distinct: usize,
    },
    /// The search for the closest curve did not come to an end.
    #[error(
        "no closest curve was found within {steps} steps: are these measurements of one thing?"
    )]
    NotConverged {
        /// How many steps it took.
        steps: usize,
    },
    /// As many coefficients as points: nothing is left over that could tell how sure they are.
    #[error("{points} points leave nothing to tell the certainty of three coefficients by")]
    NothingLeftOver {
        /// How many points there are.
        points: usize,
    },
    /// Too few replicates to have a 2.5th percentile, or too many to wait for.
    #[error("{replicates} replicates: between {REPLICATES_MIN} and {REPLICATES_MAX} are sensible")]
    Replicates {
        /// How many were asked for.
        replicates: usize,
    },
}

impl Coefficients {
    /// The predicted throughput at `load`, which is one or more, in the unit of the throughputs.
    pub fn throughput_at(&self, load: f64) -> f64 {
        let contention = self.contention * (load - 1.0);
        let coherency = self.coherency * load * (load - 1.0);
        self.throughput_of_one * load / (1.0 + contention + coherency)
    }

    /// The highest point: at a load of √((1 − σ) / κ), or of one where that is less.
    ///
    /// `None` without a cost of coherency, when the curve only ever rises towards λ / σ, or with
    /// one so small that the peak is past [`LOAD_MAX`]; and with a contention of one or more, when
    /// the curve only ever falls.
    pub fn peak(&self) -> Option<Peak> {
        if self.coherency <= 0.0 || self.contention >= 1.0 {
            return None;
        }
        let load = ((1.0 - self.contention) / self.coherency).sqrt().max(1.0);
        (load <= LOAD_MAX).then(|| Peak { load, throughput: self.throughput_at(load) })
    }
}

impl Fit {
    /// The curve with the least sum of squared residuals, none of its coefficients negative.
    ///
    /// # Errors
    ///
    /// [`UslError::OutOfRange`], [`UslError::TooFewLoads`] and [`UslError::NotConverged`].
    pub fn new(points: &[Point]) -> Result<Fit, UslError> {
        check(points)?;
        let problem = Problem::new(points);
        let solution = problem.closest();
        if !solution.converged {
            return Err(UslError::NotConverged { steps: STEPS_MAX });
        }
        let coefficients = problem.coefficients(solution.numbers);
        let fitted = points.iter().map(|point| FittedPoint {
            load: point.load,
            throughput: point.throughput,
            residual: point.throughput - coefficients.throughput_at(point.load),
        });
        let points: Vec<FittedPoint> = fitted.collect();
        let (r_squared, peak) = (r_squared(&points), coefficients.peak());
        Ok(Fit { coefficients, r_squared, peak, points })
    }

    /// How sure the coefficients and the peak are: the 2.5th and the 97.5th percentile of `count`
    /// curves, each fitted to predictions with residuals drawn anew from `seed`.
    ///
    /// # Errors
    ///
    /// [`UslError::NothingLeftOver`] with three points, and [`UslError::Replicates`] when `count`
    /// is not between [`REPLICATES_MIN`] and [`REPLICATES_MAX`].
    pub fn intervals(&self, count: usize, seed: u64) -> Result<Intervals, UslError> {
        bootstrap::intervals(self, count, seed)
    }

    /// Whether the curve may be trusted where nothing was measured; with all reasons if not.
    pub fn extrapolation(&self, intervals: &Intervals) -> Extrapolation {
        refusal::judge(self, intervals)
    }

    /// The loads, lowest first, each once.
    fn distinct_loads(&self) -> Vec<f64> {
        distinct(self.points.iter().map(|point| point.load))
    }
}

fn check(points: &[Point]) -> Result<(), UslError> {
    for (index, &Point { load, throughput }) in points.iter().enumerate() {
        // Written so that what is no number fails, too.
        let sound = (1.0..=LOAD_MAX).contains(&load)
            && throughput > 0.0
            && (..=THROUGHPUT_MAX).contains(&throughput);
        if !sound {
            return Err(UslError::OutOfRange { index, load, throughput });
        }
    }
    let distinct = distinct(points.iter().map(|point| point.load)).len();
    if distinct < LOADS_SOLVABLE {
        return Err(UslError::TooFewLoads { distinct });
    }
    Ok(())
}

fn distinct(loads: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut loads: Vec<f64> = loads.collect();
    loads.sort_by(f64::total_cmp);
    loads.dedup();
    loads
}

fn r_squared(points: &[FittedPoint]) -> f64 {
    let mean = points.iter().map(|point| point.throughput).sum::<f64>() / points.len() as f64;
    let spread: f64 = points.iter().map(|point| (point.throughput - mean).powi(2)).sum();
    let missed: f64 = points.iter().map(|point| point.residual.powi(2)).sum();
    // What differs by rounding only does not differ.
    let differs = spread > points.len() as f64 * (mean * 1e-12).powi(2);
    if differs { 1.0 - missed / spread } else { 0.0 }
}
