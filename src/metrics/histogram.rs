//! Histogram: how often which time was taken, to three significant digits.

use std::time::Duration;

use hdrhistogram::Histogram as Hdr;

/// One hour, in the histogram's unit; longer times count as this long.
const LONGEST_MICROS: u64 = 3_600_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// Times in microseconds, from 1 µs to one hour, three digits exact (an HdrHistogram).
#[derive(Clone, Debug)]
pub struct Histogram(Hdr<u64>);

impl Default for Histogram {
    fn default() -> Histogram {
        let made = Hdr::new_with_bounds(1, LONGEST_MICROS, SIGNIFICANT_DIGITS);
        Histogram(made.expect("bounds and digits are legal constants"))
    }
}

/// Which part of a distribution is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantile {
    /// The value that this share of all, from 0 to 1, does not exceed.
    Of(f64),
    /// The mean.
    Mean,
    /// The largest value.
    Max,
}

impl Histogram {
    /// Counts `time`, rounded to the microsecond.
    pub fn record(&mut self, time: Duration) {
        let micros = (time.as_nanos() as u64).saturating_add(500) / 1000;
        self.0.saturating_record(micros.max(1));
    }

    /// Counts all that `other` has counted.
    pub fn add(&mut self, other: &Histogram) {
        self.0.add(&other.0).expect("all histograms have the same bounds");
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.reset();
    }

    /// How many times were counted.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The time at `quantile`; zero when nothing was counted.
    pub fn at(&self, quantile: Quantile) -> Duration {
        if self.0.is_empty() {
            return Duration::ZERO;
        }
        Duration::from_micros(match quantile {
            Quantile::Of(share) => self.0.value_at_quantile(share),
            Quantile::Mean => self.0.mean().round() as u64,
            Quantile::Max => self.0.max(),
        })
    }

    /// The histogram as other HdrHistogram tools know it, in microseconds.
    pub fn as_hdr(&self) -> &Hdr<u64> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_three_digits_exact() {
        let mut histogram = Histogram::default();
        for micros in 1..=10_000 {
            histogram.record(Duration::from_micros(micros));
        }
        for (share, wanted) in [(0.5, 5_000.0), (0.99, 9_900.0), (0.999, 9_990.0)] {
            let got = histogram.at(Quantile::Of(share)).as_micros() as f64;
            assert!((got / wanted - 1.0).abs() < 1e-3, "p{share}: {got} for {wanted}");
        }
        assert_eq!(histogram.count(), 10_000);
    }

    #[test]
    fn what_is_too_long_counts_as_an_hour() {
        let mut histogram = Histogram::default();
        histogram.record(Duration::from_secs(10_000));
        let max = histogram.at(Quantile::Max).as_secs_f64();
        assert!((max / 3_600.0 - 1.0).abs() < 1e-3, "{max}");
    }

    #[test]
    fn adding_is_counting_both() {
        let (mut one, mut two) = (Histogram::default(), Histogram::default());
        one.record(Duration::from_millis(1));
        two.record(Duration::from_millis(9));
        one.add(&two);
        assert_eq!((one.count(), one.at(Quantile::Max).as_millis()), (2, 9));
        one.clear();
        assert_eq!((one.count(), one.at(Quantile::Max)), (0, Duration::ZERO));
    }
}
