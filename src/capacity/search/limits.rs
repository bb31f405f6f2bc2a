//! Limits: within what the search stays, and how exact its answer is to be.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// The largest load there is: of every load up to here, an `f64` knows each unit.
pub const LOAD_MAX: u64 = 1 << 40;

const GROWTH: RangeInclusive<f64> = 1.1..=100.0;
const PRECISION: RangeInclusive<f64> = 0.001..=1.0;
const COUNT_MAX: u32 = 100;
const STEPS_MAX: u32 = 10_000;

/// How much longer a search may take than it would with a server that never contradicts itself.
const PATIENCE: u32 = 3;

/// Within what the search stays, and how exact its answer is to be.
///
/// A load is a number of users, or of deliveries per second: the search does not ask.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Limits {
    /// The first load that is tried.
    pub from: u64,
    /// The largest load that may be tried.
    pub to: u64,
    /// The smallest load that may be tried, should `from` be too much.
    pub floor: u64,
    /// By what factor the load grows, or shrinks, until the answer is between two loads.
    pub growth: f64,
    /// By how much the load that fails may exceed the one that holds: 0.05 is 5 %.
    pub precision: f64,
    /// How often the answer must have held in all. The load above it must have failed in more
    /// than half as many repeats.
    pub confirmations: u32,
    /// How often a load at which the server did not become steady is tried again, each time that
    /// happens.
    pub unsteady_repeats_max: u32,
    /// How many loads may contradict what they showed first. One more, and the answers are no
    /// longer believed.
    pub contradictions_max: u32,
    /// How many steps are taken far above the answer, once it stands, to see whether the server
    /// holds there again.
    pub beyond_steps_max: u32,
    /// How many steps may be taken in all.
    pub steps_max: u32,
}

/// Why limits cannot be searched within.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadLimits {
    /// The loads do not follow one another.
    #[error(
        "a search begins at {from}, goes no higher than {to} and no lower than {floor}; these \
         must be 1 ≤ floor ≤ from ≤ to ≤ {LOAD_MAX}"
    )]
    Loads {
        /// Where it begins.
        from: u64,
        /// The most.
        to: u64,
        /// The least.
        floor: u64,
    },
    /// Something else is too small, too large, or no number.
    #[error("`{name}` is {is}; it must be from {least} to {most}")]
    OutOfRange {
        /// The limit's name.
        name: &'static str,
        /// What it is.
        is: f64,
        /// The least it may be.
        least: f64,
        /// The most it may be.
        most: f64,
    },
}

impl Limits {
    /// The usual limits for a search that begins at `from` and goes no higher than `to`: down to
    /// 1, to 5 %, held three times, and three times the steps that a server needs which never
    /// contradicts itself.
    pub fn between(from: u64, to: u64) -> Limits {
        let limits = Limits {
            from,
            to,
            floor: 1,
            growth: 2.0,
            precision: 0.05,
            confirmations: 3,
            unsteady_repeats_max: 2,
            contradictions_max: 3,
            beyond_steps_max: 1,
            steps_max: 0,
        };
        let steps_max = limits.steps_needed().saturating_mul(PATIENCE).min(STEPS_MAX);
        Limits { steps_max, ..limits }
    }

    /// How many steps are enough for a server that shows the same each time a load is tried, and
    /// holds every load below one that it holds.
    ///
    /// One for the first; ⌈log(`to`/`from`) / log(`growth`)⌉ to grow, or as many as it takes to
    /// shrink to `floor`; ⌈log₂(log(`growth`) / log(1 + `precision`))⌉ to halve the bracket, in
    /// logarithms, and one more because loads are whole; what is left of the confirmations, on
    /// both sides; and the look beyond. From 100 to 100 000, with all else as usual: 21.
    pub fn steps_needed(&self) -> u32 {
        let factors = |low: u64, high: u64| {
            (high as f64 / low.max(1) as f64).ln().max(0.0) / self.growth.ln()
        };
        let outwards = factors(self.from, self.to).max(factors(self.floor, self.from)).ceil();
        let halvings = (self.growth.ln() / self.precision.ln_1p()).log2().ceil().max(0.0) + 1.0;
        // Both are small numbers, or were made from limits that no search accepts.
        let seeking = 1 + outwards as u32 + halvings as u32;
        let confirming = (self.confirmations.max(1) - 1) + self.majority();
        seeking.saturating_add(confirming).saturating_add(self.beyond_steps_max)
    }

    /// How often a load must have failed to be one that fails: in more than half of the steps
    /// that it would have to hold.
    pub(super) fn majority(&self) -> u32 {
        self.confirmations / 2 + 1
    }

    /// The next load above `load`, if growing.
    pub(super) fn above(&self, load: u64) -> u64 {
        let grown = (load as f64 * self.growth).ceil() as u64;
        grown.max(load + 1).min(self.to)
    }

    /// A load far above one that `fails`, if `largest` is the largest that was tried: as far above
    /// it as a load that is grown, and no farther than half of that, in logarithms, above what the
    /// generator was seen to perform. More would often show nothing but its own limit.
    pub(super) fn beyond(&self, fails: u64, largest: u64) -> u64 {
        let performed = (largest as f64 * self.growth.sqrt()).ceil() as u64;
        let far = self.above(fails);
        let load = if far > largest { far.min(performed) } else { performed };
        load.max(largest + 1).min(self.to)
    }

    /// The next load below `load`, if shrinking.
    pub(super) fn below(&self, load: u64) -> u64 {
        let shrunk = (load as f64 / self.growth).floor() as u64;
        shrunk.min(load.saturating_sub(1)).max(self.floor)
    }

    /// The load halfway between `low` and `high`, in logarithms; nothing once they are close.
    pub(super) fn between_both(&self, low: u64, high: u64) -> Option<u64> {
        let close = high as f64 <= low as f64 * (1.0 + self.precision);
        let middle = (low as f64 * high as f64).sqrt().round() as u64;
        (high - low > 1 && !close).then(|| middle.clamp(low + 1, high - 1))
    }

    /// Whether there can be a search within these.
    ///
    /// # Errors
    ///
    /// Names the first limit that is out of its range, and the range.
    pub fn check(&self) -> Result<(), BadLimits> {
        let Limits { from, to, floor, .. } = *self;
        if !(1 <= floor && floor <= from && from <= to && to <= LOAD_MAX) {
            return Err(BadLimits::Loads { from, to, floor });
        }
        let count = |least: u32, most: u32| f64::from(least)..=f64::from(most);
        let ranges = [
            ("growth", self.growth, GROWTH),
            ("precision", self.precision, PRECISION),
            ("confirmations", self.confirmations.into(), count(1, COUNT_MAX)),
            ("unsteady_repeats_max", self.unsteady_repeats_max.into(), count(0, COUNT_MAX)),
            ("contradictions_max", self.contradictions_max.into(), count(0, COUNT_MAX)),
            ("beyond_steps_max", self.beyond_steps_max.into(), count(0, COUNT_MAX)),
            ("steps_max", self.steps_max.into(), count(1, STEPS_MAX)),
        ];
        let bad = ranges.into_iter().find(|(_, is, range)| !range.contains(is));
        bad.map_or(Ok(()), |(name, is, range)| {
            let (least, most) = (*range.start(), *range.end());
            Err(BadLimits::OutOfRange { name, is, least, most })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_searched_within_is_refused_by_name() {
        let usual = Limits::between(100, 100_000);
        assert_eq!(usual.check(), Ok(()));
        let cases = [
            (Limits { floor: 0, ..usual }, "must be 1 ≤ floor ≤ from"),
            (Limits { floor: 101, ..usual }, "no lower than 101"),
            (Limits { to: 99, ..usual }, "begins at 100, goes no higher than 99"),
            (Limits { to: LOAD_MAX + 1, ..usual }, "≤ 1099511627776"),
            (Limits { growth: 1.0, ..usual }, "`growth` is 1; it must be from 1.1 to 100"),
            (Limits { growth: f64::NAN, ..usual }, "`growth` is NaN"),
            (Limits { precision: 0.0, ..usual }, "`precision` is 0"),
            (Limits { confirmations: 0, ..usual }, "`confirmations` is 0"),
            (Limits { unsteady_repeats_max: 101, ..usual }, "`unsteady_repeats_max` is 101"),
            (Limits { contradictions_max: 101, ..usual }, "`contradictions_max` is 101"),
            (Limits { beyond_steps_max: 101, ..usual }, "`beyond_steps_max` is 101"),
            (Limits { steps_max: 0, ..usual }, "`steps_max` is 0; it must be from 1 to 10000"),
        ];
        for (limits, wanted) in cases {
            let said = limits.check().expect_err(wanted).to_string();
            assert!(said.contains(wanted), "{wanted:?} is not in {said:?}");
        }
    }

    #[test]
    fn the_steps_needed_are_as_few_as_the_documentation_says() {
        let usual = Limits::between(100, 100_000);
        assert_eq!((usual.steps_needed(), usual.steps_max), (21, 63));
        // Nowhere to grow or shrink to, and one step says all.
        let single = Limits { floor: 100, confirmations: 1, ..Limits::between(100, 100) };
        assert_eq!(Limits { beyond_steps_max: 0, precision: 1.0, ..single }.steps_needed(), 3);
    }
}
