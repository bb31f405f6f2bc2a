//! Scale: where a number lies between the ends of an axis, and which numbers stand there.

/// Steps of seconds between two ticks that people count in.
const SECONDS: [f64; 16] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0,
    14_400.0, 43_200.0,
];
/// Percentiles that stand at an axis, as shares.
const PERCENTILES: [f64; 8] = [0.0, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999_999, 0.999_999_9];

/// What is less has no power of ten below it that a number holds: to a scale of them it is nothing.
const LEAST: f64 = 1e-300;

/// How numbers lie between the ends of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Equal differences are equally far apart.
    Linear {
        /// The number at the beginning.
        from: f64,
        /// The number at the end.
        to: f64,
    },
    /// The same of moments in seconds, with ticks at whole seconds, minutes and hours.
    Moments {
        /// The moment at the beginning.
        from: f64,
        /// The moment at the end.
        to: f64,
    },
    /// Equal ratios are equally far apart; for numbers above 0.
    Log {
        /// The number at the beginning.
        from: f64,
        /// The number at the end.
        to: f64,
    },
    /// Shares from 0 on, each nine as far from the one before: x = log 1 ÷ (1 − share), as
    /// HdrHistogram plots percentiles.
    Percentiles {
        /// How many nines there are at the end.
        nines: f64,
    },
}

impl Scale {
    /// From 0 to the next round number above all `numbers`.
    pub fn from_zero(numbers: impl Iterator<Item = f64>) -> Scale {
        let most = finite(numbers).fold(0.0, f64::max);
        if most <= 0.0 {
            return Scale::Linear { from: 0.0, to: 1.0 };
        }
        let step = round_step(most, 5);
        Scale::Linear { from: 0.0, to: (most / step - 1e-9).ceil() * step }
    }

    /// From the round number (1, 2 or 5 times a power of ten) below all positive `numbers` to
    /// that above them.
    pub fn log(numbers: impl Iterator<Item = f64>) -> Scale {
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for number in finite(numbers).filter(|number| *number >= LEAST) {
            (least, most) = (least.min(number), most.max(number));
        }
        if most <= 0.0 {
            return Scale::Log { from: 1.0, to: 10.0 };
        }
        let from = round_below(least);
        let mut to = round_below(most);
        while to < most || to <= from {
            to = round_above(to);
        }
        Scale::Log { from, to }
    }

    /// Percentiles of so many numbers: up to where one of them is left, and a little further, where
    /// that one has its place.
    pub fn percentiles(count: u64) -> Scale {
        Scale::Percentiles { nines: (1.5 * count as f64).log10().clamp(1.0, 7.0) }
    }

    /// Where `number` lies: 0 at the beginning, 1 at the end, and nowhere beyond. Nothing for a
    /// number that has no place.
    pub fn place(&self, number: f64) -> Option<f64> {
        let place = match *self {
            Scale::Linear { from, to } | Scale::Moments { from, to } => {
                (number - from) / (to - from)
            }
            Scale::Log { .. } if number <= 0.0 => f64::NAN,
            Scale::Log { from, to } => (number / from).ln() / (to / from).ln(),
            Scale::Percentiles { nines } => -(1.0 - number).max(1e-12).log10() / nines,
        };
        place.is_finite().then(|| place.clamp(0.0, 1.0))
    }

    /// Whether any of the numbers between two lies between its ends.
    pub fn shows(&self, between: (f64, f64)) -> bool {
        let (low, high) = between;
        match *self {
            Scale::Linear { from, to } | Scale::Moments { from, to } | Scale::Log { from, to } => {
                low <= to && high >= from
            }
            Scale::Percentiles { nines } => low <= 1.0 - 10_f64.powf(-nines) && high >= 0.0,
        }
    }

    /// Round numbers along it, `most` of them or few more.
    pub fn ticks(&self, most: usize) -> Vec<f64> {
        match *self {
            Scale::Linear { from, to } => even(from, to, round_step(to - from, most)),
            Scale::Moments { from, to } => even(from, to, step_of_moments(to - from, most)),
            Scale::Log { from, to } => log_ticks(from, to, most),
            Scale::Percentiles { nines } => {
                let within = |share: &&f64| -(1.0 - **share).log10() <= nines + 1e-9;
                PERCENTILES.iter().filter(within).copied().collect()
            }
        }
    }
}

fn finite(numbers: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
    numbers.filter(|number| number.is_finite())
}

/// Multiples of `step` between the ends.
fn even(from: f64, to: f64, step: f64) -> Vec<f64> {
    let first = (from / step - 1e-9).ceil();
    let count = (to / step + 1e-9).floor() - first;
    // What does not count up to a hundred is no row of ticks.
    let count = if count.is_finite() { count.clamp(-1.0, 100.0) } else { -1.0 };
    (0..=count as i64).map(|at| (first + at as f64) * step).collect()
}

fn step_of_moments(span: f64, most: usize) -> f64 {
    let wanted = span / most.max(1) as f64;
    if wanted < 1.0 {
        return round_step(span, most);
    }
    let known = SECONDS.iter().copied().find(|step| *step >= wanted);
    known.unwrap_or_else(|| round_step(span, most))
}

/// The least 1, 2 or 5 times a power of ten of which `most` cover `span`.
fn round_step(span: f64, most: usize) -> f64 {
    let wanted = (span / most.max(1) as f64).max(f64::MIN_POSITIVE);
    let below = round_below(wanted);
    if below >= wanted * (1.0 - 1e-9) { below } else { round_above(below) }
}

/// The largest 1, 2 or 5 times a power of ten up to `number`.
fn round_below(number: f64) -> f64 {
    let ten = 10_f64.powf((number.log10() + 1e-9).floor());
    let digit = number / ten * (1.0 + 1e-9);
    ten * if digit >= 5.0 {
        5.0
    } else if digit >= 2.0 {
        2.0
    } else {
        1.0
    }
}

/// The next after a number that is 1, 2 or 5 times a power of ten.
fn round_above(number: f64) -> f64 {
    let ten = 10_f64.powf((number.log10() + 1e-9).floor());
    let digit = (number / ten).round();
    ten * if digit >= 5.0 {
        10.0
    } else if digit >= 2.0 {
        5.0
    } else {
        2.0
    }
}

/// 1, 2 and 5 of every power of ten if these are few enough, else every power, or every so many.
fn log_ticks(from: f64, to: f64, most: usize) -> Vec<f64> {
    let mut all = vec![from];
    while let Some(&last) = all.last().filter(|last| **last < to * (1.0 - 1e-9) && all.len() < 200)
    {
        all.push(round_above(last));
    }
    if all.len() <= most + 1 {
        return all;
    }
    let is_ten = |tick: &f64| (tick.log10() - tick.log10().round()).abs() < 1e-6;
    let tens: Vec<f64> = all.into_iter().filter(is_ten).collect();
    let every = tens.len().div_ceil(most.max(1)).max(1);
    tens.into_iter().step_by(every).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ticks: &[f64]) -> String {
        let told: Vec<String> = ticks.iter().map(|tick| format!("{tick:.6}")).collect();
        let short = told.iter().map(|it| it.trim_end_matches('0').trim_end_matches('.'));
        short.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_and_few() {
        let log = |from, to| Scale::Log { from, to };
        for (scale, most, wanted) in [
            (Scale::from_zero([7.0, 3.0].into_iter()), 5, "0 2 4 6 8"),
            (Scale::from_zero([1_000.0].into_iter()), 5, "0 200 400 600 800 1000"),
            (Scale::from_zero([0.0, f64::NAN].into_iter()), 5, "0 0.2 0.4 0.6 0.8 1"),
            (Scale::Moments { from: 0.0, to: 16.0 }, 5, "0 5 10 15"),
            (Scale::Moments { from: 0.0, to: 2.5 }, 5, "0 0.5 1 1.5 2 2.5"),
            (Scale::Moments { from: 0.0, to: 3_700.0 }, 5, "0 900 1800 2700 3600"),
            (Scale::Moments { from: 0.0, to: 1e6 }, 5, "0 200000 400000 600000 800000 1000000"),
            (Scale::log([0.3, 7.0].into_iter()), 6, "0.2 0.5 1 2 5 10"),
            (Scale::log([0.03, 900.0].into_iter()), 6, "0.1 1 10 100 1000"),
            (Scale::log([3.0].into_iter()), 6, "2 5"),
            (Scale::log([5.0].into_iter()), 6, "5 10"),
            (Scale::log([0.0].into_iter()), 6, "1 2 5 10"),
            (log(1e-3, 1e9), 4, "0.001 10 100000 1000000000"),
            (Scale::percentiles(5_000), 6, "0 0.9 0.99 0.999"),
            (Scale::percentiles(3), 6, "0 0.9"),
        ] {
            assert_eq!(told(&scale.ticks(most)), wanted, "{scale:?}");
        }
    }

    #[test]
    fn places_follow_the_scale() {
        let log = Scale::Log { from: 1.0, to: 100.0 };
        assert_eq!(log.place(10.0), Some(0.5));
        assert_eq!((log.place(0.0), log.place(f64::NAN)), (None, None));
        assert_eq!(log.place(1e9), Some(1.0));
        let shares = Scale::Percentiles { nines: 4.0 };
        assert_eq!(shares.place(0.0).map(f64::abs), Some(0.0));
        assert!(shares.place(0.99).is_some_and(|it| (it - 0.5).abs() < 1e-9));
        assert_eq!(shares.place(1.0), Some(1.0));
        let nothing = Scale::Linear { from: 1.0, to: 1.0 };
        assert_eq!(nothing.place(1.0), None);
    }

    #[test]
    fn what_lies_beyond_an_axis_is_not_shown() {
        let scales = [
            Scale::Linear { from: 10.0, to: 20.0 },
            Scale::Moments { from: 10.0, to: 20.0 },
            Scale::Log { from: 10.0, to: 20.0 },
        ];
        for scale in scales {
            for (from, to, wanted) in [
                (1.0, 9.9, false),
                (20.1, 90.0, false),
                (1.0, 10.0, true),
                (20.0, 21.0, true),
                (12.0, 13.0, true),
                (1.0, 90.0, true),
                (f64::NAN, 15.0, false),
            ] {
                assert_eq!(scale.shows((from, to)), wanted, "{scale:?}: {from} to {to}");
            }
        }
        let shares = Scale::Percentiles { nines: 2.0 };
        assert!(shares.shows((0.9, 1.0)) && !shares.shows((0.999, 1.0)));
    }

    #[test]
    fn no_scale_counts_for_ever() {
        for (from, to) in [(0.0, f64::INFINITY), (f64::NAN, 1.0), (5.0, 1.0), (0.0, 1e300)] {
            for scale in [
                Scale::Linear { from, to },
                Scale::Moments { from, to },
                Scale::Log { from: from.max(1e-300), to },
            ] {
                assert!(scale.ticks(5).len() <= 201, "{scale:?}");
            }
        }
        let odd = [5e-324, f64::MIN_POSITIVE, 1e-300, 1.0, f64::MAX, f64::INFINITY, f64::NAN, -1.0];
        for pair in odd.iter().flat_map(|one| odd.map(|other| [*one, other])) {
            for scale in [Scale::log(pair.into_iter()), Scale::from_zero(pair.into_iter())] {
                assert!(scale.ticks(5).len() <= 201, "{scale:?}");
            }
        }
    }
}
