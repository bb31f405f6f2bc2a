//! Refusal: why a curve must not be trusted where nothing was measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fit, Intervals};

/// Distinct loads that a fit needs. Below six, the R package `usl` warns that the result might not
/// be accurate (`R/usl.R`), and the Rust crate `usl` builds no model (`MIN_MEASUREMENTS`): three
/// loads are spent on the three coefficients, and as many should be left to contradict them.
pub const LOADS_MIN: usize = 6;
/// How many times the lowest load the highest must be: three doublings. With σ = 0.05, noise of
/// 1 % and six loads up to one and a half times the peak's, 90 % of the fits have σ between 0.037
/// and 0.069 where the loads span 4, between 0.042 and 0.058 where they span 8, and hardly less
/// beyond.
pub const LOAD_SPAN_MIN: f64 = 8.0;
/// The least R². Throughputs from near nothing to the peak spread by about a third of it, so
/// below this the noise is more than some 7 % of the peak, or the law is not the right one.
pub const R_SQUARED_MIN: f64 = 0.95;
/// How many times farther than the highest load the peak may be, or nearer than the lowest.
/// At half the load of its peak a curve has already come to four fifths of the throughput there, or
/// more, wherever σ is not below κ: at most one fifth is taken from the law alone.
pub const PEAK_DISTANCE_MAX: f64 = 2.0;
/// How many times its lower end the upper end of the peak's interval may be. Beyond twice, who
/// plans by it buys twice what is needed, or half.
pub const PEAK_INTERVAL_RATIO_MAX: f64 = 2.0;
/// How likely by chance alone the signs of the residuals may be, at the least: the usual one in
/// twenty.
pub const TREND_CHANCE_MAX: f64 = 0.05;
/// Residuals of a smaller share of the throughput are rounding, and have no sign.
const ROUNDING: f64 = 1e-9;

/// What a curve says about loads that were not measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Extrapolation {
    /// It may be believed, as far as its intervals go.
    Carried,
    /// It may not.
    Refused {
        /// All that speaks against it.
        reasons: Vec<Refusal>,
    },
}

/// One reason not to trust a curve beyond what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// Fewer distinct loads than [`LOADS_MIN`].
    #[error("{distinct} distinct loads were measured, and it takes {LOADS_MIN}")]
    TooFewLoads {
        /// How many there are.
        distinct: usize,
    },
    /// The loads span less than [`LOAD_SPAN_MIN`].
    #[error("the highest load is {span:.1} times the lowest, and it takes {LOAD_SPAN_MIN}")]
    NarrowLoads {
        /// How many times the lowest load the highest is.
        span: f64,
    },
    /// R² is below [`R_SQUARED_MIN`].
    #[error("the curve explains R² = {r_squared:.3} of the spread, and it takes {R_SQUARED_MIN}")]
    PoorFit {
        /// What it is.
        r_squared: f64,
    },
    /// The signs of the residuals follow the load, as by chance they would more rarely than
    /// [`TREND_CHANCE_MAX`]: the law has not the shape of what was measured.
    #[error("the residuals change sign {changes} times over the loads, by chance {chance:.3}")]
    Trend {
        /// How often the sign changes from one load to the next.
        changes: usize,
        /// How likely so few changes are by chance.
        chance: f64,
    },
    /// σ is one or more: the curve only falls, and the law has no meaning for it.
    #[error("the contention is {contention:.3}, and nothing scales at one or more")]
    NothingScales {
        /// σ.
        contention: f64,
    },
    /// The curve only rises: no peak is in what was measured.
    #[error("the curve has no peak: measure at higher loads")]
    NoPeak,
    /// The peak is farther from what was measured than [`PEAK_DISTANCE_MAX`].
    #[error("the peak at a load of {peak:.1} is too far from the nearest measured, {nearest:.1}")]
    PeakTooFar {
        /// The load of the peak.
        peak: f64,
        /// The nearest load that was measured.
        nearest: f64,
    },
    /// The interval of the peak's load is wider than [`PEAK_INTERVAL_RATIO_MAX`], or has no end.
    #[error("the peak is at a load between {} and {}", load(*low), load(*high))]
    PeakUncertain {
        /// Its lower end; absent if that is infinite.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        low: Option<f64>,
        /// Its upper end; absent if that is infinite.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        high: Option<f64>,
    },
}

fn load(end: Option<f64>) -> String {
    end.map_or("any".into(), |end| format!("{end:.1}"))
}

/// Whether `fit`, as sure as `intervals` say, carries beyond its points.
pub(super) fn judge(fit: &Fit, intervals: &Intervals) -> Extrapolation {
    let checks = [
        too_few_loads(fit),
        narrow_loads(fit),
        poor_fit(fit),
        trend(fit),
        nothing_scales(fit),
        no_peak(fit),
        peak_too_far(fit),
        peak_uncertain(fit, intervals),
    ];
    let reasons: Vec<Refusal> = checks.into_iter().flatten().collect();
    if reasons.is_empty() { Extrapolation::Carried } else { Extrapolation::Refused { reasons } }
}

fn too_few_loads(fit: &Fit) -> Option<Refusal> {
    let distinct = fit.distinct_loads().len();
    (distinct < LOADS_MIN).then_some(Refusal::TooFewLoads { distinct })
}

fn narrow_loads(fit: &Fit) -> Option<Refusal> {
    let (lowest, highest) = ends(fit)?;
    let span = highest / lowest;
    (span < LOAD_SPAN_MIN).then_some(Refusal::NarrowLoads { span })
}

fn poor_fit(fit: &Fit) -> Option<Refusal> {
    let r_squared = fit.r_squared;
    (r_squared < R_SQUARED_MIN).then_some(Refusal::PoorFit { r_squared })
}

fn nothing_scales(fit: &Fit) -> Option<Refusal> {
    let contention = fit.coefficients.contention;
    (contention >= 1.0).then_some(Refusal::NothingScales { contention })
}

fn no_peak(fit: &Fit) -> Option<Refusal> {
    (fit.peak.is_none() && fit.coefficients.contention < 1.0).then_some(Refusal::NoPeak)
}

fn peak_too_far(fit: &Fit) -> Option<Refusal> {
    let (lowest, highest) = ends(fit)?;
    let peak = fit.peak?.load;
    let nearest = peak.clamp(lowest, highest);
    let distance = (peak / nearest).max(nearest / peak);
    (distance > PEAK_DISTANCE_MAX).then_some(Refusal::PeakTooFar { peak, nearest })
}

fn peak_uncertain(fit: &Fit, intervals: &Intervals) -> Option<Refusal> {
    fit.peak?;
    let super::OpenInterval { low, high } = intervals.peak_load;
    let ratio = high.zip(low).map_or(f64::INFINITY, |(high, low)| high / low);
    (ratio > PEAK_INTERVAL_RATIO_MAX).then_some(Refusal::PeakUncertain { low, high })
}

/// The lowest and the highest load.
fn ends(fit: &Fit) -> Option<(f64, f64)> {
    let loads = fit.distinct_loads();
    loads.first().copied().zip(loads.last().copied())
}

/// The test of runs (Wald and Wolfowitz, *Annals of Mathematical Statistics* 11, 1940): if the law
/// has the wrong shape, neighbours are missed to the same side. With seven loads or fewer no
/// order of signs is that unlikely by chance, so it can speak only from eight on.
fn trend(fit: &Fit) -> Option<Refusal> {
    let signs = signs(fit);
    let changes = signs.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let above = signs.iter().filter(|&&above| above).count();
    let chance = chance_of_changes(changes, above, signs.len() - above);
    (chance < TREND_CHANCE_MAX).then_some(Refusal::Trend { changes, chance })
}

/// Whether the points at each load lie above the curve, lowest load first; without those that the
/// curve meets. Points at the same load count as one: among them there is no order.
fn signs(fit: &Fit) -> Vec<bool> {
    let highest = fit.points.iter().map(|point| point.throughput).fold(0.0, f64::max);
    let mean = |load: f64| {
        let residuals: Vec<f64> = fit
            .points
            .iter()
            .filter(|point| point.load == load)
            .map(|point| point.residual)
            .collect();
        residuals.iter().sum::<f64>() / residuals.len() as f64
    };
    let means = fit.distinct_loads().into_iter().map(mean);
    means.filter(|mean| mean.abs() > ROUNDING * highest).map(|mean| mean > 0.0).collect()
}

/// How likely a row of so many signs above and below, in random order, changes so often or less.
fn chance_of_changes(changes: usize, above: usize, below: usize) -> f64 {
    if above == 0 || below == 0 {
        return 1.0;
    }
    // With c changes the row has c + 1 runs, half of them (the odd one of either kind) above.
    let ways = |runs_above: usize, runs_below: usize| {
        let cuts = ln_choices(above - 1, runs_above - 1) + ln_choices(below - 1, runs_below - 1);
        (cuts - ln_choices(above + below, above)).exp()
    };
    let chance = |changes: usize| {
        let (fewer, more) = (changes.div_ceil(2), changes / 2 + 1);
        ways(fewer, more) + ways(more, fewer)
    };
    (1..=changes).map(chance).sum()
}

/// The logarithm of the number of ways to choose `chosen` of `all`.
fn ln_choices(all: usize, chosen: usize) -> f64 {
    if chosen > all {
        return f64::NEG_INFINITY;
    }
    (1..=chosen).map(|i| ((all - chosen + i) as f64 / i as f64).ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All rows of so many signs, each a number whose bits are the signs.
    fn rows(above: usize, below: usize) -> impl Iterator<Item = u32> {
        (0..1_u32 << (above + below)).filter(move |row| row.count_ones() as usize == above)
    }

    #[test]
    fn chances_are_the_shares_among_all_rows() {
        for (above, below) in [(1, 1), (1, 6), (3, 3), (3, 4), (4, 4), (5, 7), (7, 5)] {
            let pairs = above + below - 1;
            let changes =
                |row: u32| ((row ^ (row >> 1)) & ((1 << pairs) - 1)).count_ones() as usize;
            for most in 1..=pairs {
                let few = rows(above, below).filter(|&row| changes(row) <= most).count();
                let wanted = few as f64 / rows(above, below).count() as f64;
                let chance = chance_of_changes(most, above, below);
                assert!((chance - wanted).abs() < 1e-12, "{above} {below} {most}: {chance}");
            }
        }
        // Of so many, the numbers of ways are too large for a number, and the chances are not.
        let chance = chance_of_changes(2_000, 2_000, 2_000);
        assert!((chance - 0.5).abs() < 0.02, "{chance}");
    }
}
