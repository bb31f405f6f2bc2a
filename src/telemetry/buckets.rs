//! Buckets: how many times were how long, in the coarse steps that a time series can carry.

use crate::metrics::Histogram;

/// The longest time of each bucket, in microseconds: five to a decade, so that a quantile that is
/// read from between two of them is never off by more than a factor of two.
const BOUNDS_MICROS: [u64; 29] = [
    100, 200, 300, 500, 700, 1_000, 2_000, 3_000, 5_000, 7_000, 10_000, 20_000, 30_000, 50_000,
    70_000, 100_000, 200_000, 300_000, 500_000, 700_000, 1_000_000, 2_000_000, 3_000_000,
    5_000_000, 7_000_000, 10_000_000, 20_000_000, 30_000_000, 60_000_000,
];

/// Counts of times since the beginning; they only grow.
#[derive(Clone, Debug, Default)]
pub(super) struct Buckets {
    counts: [u64; BOUNDS_MICROS.len() + 1],
    sum_micros: u64,
}

impl Buckets {
    /// Counts what `histogram` has counted, to its three digits.
    pub(super) fn add(&mut self, histogram: &Histogram) {
        // Most seconds of most metrics are empty, and even these would have to be looked through.
        if histogram.count() == 0 {
            return;
        }
        let hdr = histogram.as_hdr();
        for recorded in hdr.iter_recorded() {
            let (value, times) = (recorded.value_iterated_to(), recorded.count_at_value());
            // A time at a bound is the least of those that cannot be told from it.
            let shortest = hdr.lowest_equivalent(value);
            self.counts[BOUNDS_MICROS.partition_point(|bound| *bound < shortest)] += times;
            let all_of_them = hdr.median_equivalent(value).saturating_mul(times);
            self.sum_micros = self.sum_micros.saturating_add(all_of_them);
        }
    }

    /// How many there are, in all buckets.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The sum of all of them, in seconds.
    pub(super) fn sum(&self) -> f64 {
        self.sum_micros as f64 / 1e6
    }

    /// Each bucket's longest time, in seconds, and its own count; the last has no bound.
    pub(super) fn each(&self) -> impl Iterator<Item = (f64, u64)> {
        let bounds = BOUNDS_MICROS.iter().map(|micros| *micros as f64 / 1e6);
        bounds.chain([f64::INFINITY]).zip(self.counts)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn of(micros: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        micros.iter().for_each(|micros| histogram.record(Duration::from_micros(*micros)));
        histogram
    }

    fn filled(buckets: &Buckets) -> Vec<(f64, u64)> {
        buckets.each().filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn a_time_at_a_bound_is_below_it_and_one_after_it_is_not() {
        for bound in BOUNDS_MICROS {
            let mut buckets = Buckets::default();
            buckets.add(&of(&[bound]));
            assert_eq!(filled(&buckets), [(bound as f64 / 1e6, 1)]);
            let mut buckets = Buckets::default();
            // The next that three digits can tell from it.
            buckets.add(&of(&[bound + bound / 500 + 1]));
            assert!(filled(&buckets)[0].0 > bound as f64 / 1e6, "{bound}");
        }
    }

    #[test]
    fn what_is_added_stays() {
        let mut buckets = Buckets::default();
        buckets.add(&of(&[150, 150, 900, 90_000_000]));
        buckets.add(&of(&[]));
        buckets.add(&of(&[160]));
        assert_eq!(filled(&buckets), [(0.0002, 3), (0.001, 1), (f64::INFINITY, 1)]);
        assert_eq!(buckets.count(), 5);
        assert!((buckets.sum() / 90.001_36 - 1.0).abs() < 1e-3, "{}", buckets.sum());
    }
}
