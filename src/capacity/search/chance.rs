//! Chance: how likely a step holds, as far as a few steps can tell.

use serde::{Deserialize, Serialize};

/// How often the interval is right, over many searches.
const CONFIDENCE: f64 = 0.95;

/// Halvings of the interval from 0 to 1 after which an `f64` has no more digits.
const HALVINGS: u32 = 60;

/// Between what the chance lies that a step holds, with 95 % confidence.
///
/// The interval of Clopper and Pearson (The use of confidence or fiducial limits illustrated in
/// the case of the binomial, Biometrika 26, 1934, 404–413), each end with half of what is left
/// of the confidence. It is never too narrow, whatever the chance is; shorter ones, such as
/// Wilson's, are right on the average only (Brown, Cai and DasGupta, Interval Estimation for a
/// Binomial Proportion, Statistical Science 16, 2001, 101–133), and a handful of steps is where
/// that difference counts.
///
/// It takes steps at one load for independent of each other. That a load is left as soon as it
/// has held, or failed, often enough does no harm: what came out in the steps taken is no
/// likelier than it is in as many steps that are taken whatever comes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Chance {
    /// The least it may be, from 0 to 1.
    pub low: f64,
    /// The most it may be, from 0 to 1.
    pub high: f64,
}

impl Chance {
    /// After `held` steps that held, and `failed` steps that did not.
    pub fn of(held: u32, failed: u32) -> Chance {
        Chance { low: least(held, failed), high: 1.0 - least(failed, held) }
    }
}

/// The chance at which so many steps, or more, hold just as rarely as is still believed.
fn least(held: u32, failed: u32) -> f64 {
    if held == 0 {
        return 0.0;
    }
    let believed = (1.0 - CONFIDENCE) / 2.0;
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if at_least(held, held + failed, middle) < believed { low = middle } else { high = middle }
    }
    low
}

/// How likely `count` or more of `of` steps hold, each with `chance`. In logarithms, as the
/// single terms of many steps are too small to be told from nothing.
fn at_least(count: u32, of: u32, chance: f64) -> f64 {
    let mut ways = 0.0;
    let mut sum = 0.0;
    for held in 0..=of {
        if held > 0 {
            ways += (f64::from(of - held + 1) / f64::from(held)).ln();
        }
        if held >= count {
            let failed = f64::from(of - held);
            sum += (ways + f64::from(held) * chance.ln() + failed * (-chance).ln_1p()).exp();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::search::limits::Limits;
    use crate::capacity::search::step::{StepResult, StepVerdict};
    use crate::capacity::search::tally::{Standing, Tally};

    #[test]
    fn the_ends_are_those_of_the_closed_forms_and_of_tables() {
        let cases = [
            // All or none of n: the ends are the n-th root of 0.025, and what it leaves of 1.
            (3, 0, 0.025_f64.cbrt(), 1.0),
            (0, 2, 0.0, 1.0 - 0.025_f64.sqrt()),
            (0, 0, 0.0, 1.0),
            // From tables of the exact interval.
            (5, 5, 0.1871, 0.8129),
            (1, 9, 0.0025, 0.4450),
            (90, 10, 0.8238, 0.9510),
        ];
        for (held, failed, low, high) in cases {
            let chance = Chance::of(held, failed);
            let near = |a: f64, b: f64| (a - b).abs() < 1e-4;
            assert!(
                near(chance.low, low) && near(chance.high, high),
                "{held}+{failed}: {chance:?}"
            );
        }
    }

    /// Every way in which the steps at one load may come out, up to where the search leaves it:
    /// whatever the chance is, either end is beyond it in at most one search of forty.
    #[test]
    fn leaving_early_makes_no_end_too_bold() {
        let limits = Limits::between(1, 2);
        for percent in 1..100 {
            let chance = f64::from(percent) / 100.0;
            let (mut bold_low, mut bold_high, mut ends) = (0.0, 0.0, 0.0);
            let mut open = vec![(Tally::default(), 1.0)];
            while let Some((tally, likely)) = open.pop() {
                if let Standing::Settled(_) = tally.standing(&limits) {
                    ends += likely;
                    let said = Chance::of(tally.held, tally.failed);
                    bold_low += if said.low > chance { likely } else { 0.0 };
                    bold_high += if said.high < chance { likely } else { 0.0 };
                    continue;
                }
                let fails = StepVerdict::Fails { why: Vec::new() };
                for (verdict, share) in [(StepVerdict::Holds, chance), (fails, 1.0 - chance)] {
                    let mut tally = tally.clone();
                    tally.add(&StepResult { load: 1, verdict });
                    open.push((tally, likely * share));
                }
            }
            assert!((ends - 1.0).abs() < 1e-9, "{percent} %: {ends}");
            for bold in [bold_low, bold_high] {
                assert!(bold <= 0.025 + 1e-9, "{percent} %: {bold}");
            }
        }
    }
}
