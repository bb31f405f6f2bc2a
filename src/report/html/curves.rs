//! Curves: a distribution as a line over its percentiles, from all that the report says of it.

use crate::report::model::Distribution;

/// Shares of all measurements, and the latency in milliseconds that each does not exceed.
///
/// The percentiles of the report are exact to three digits; between them the bounds of its buckets
/// say of which share they are a bound.
pub(super) fn points(of: &Distribution) -> Vec<(f64, f64)> {
    if of.count == 0 {
        return Vec::new();
    }
    let count = of.count as f64;
    let exact = [
        (0.5, of.p50_ms),
        (0.9, of.p90_ms),
        (0.95, of.p95_ms),
        (0.99, of.p99_ms),
        (0.999, of.p99_9_ms),
        (0.9999, of.p99_99_ms),
    ];
    let mut known = vec![(0.0, of.min_ms)];
    // Of those beyond, nothing was measured but the longest.
    let last = (count - 1.0) / count;
    known.extend(exact.into_iter().filter(|(share, _)| *share <= last));
    known.push((1.0, of.max_ms));
    let mut points = known.clone();
    let mut below = 0_u64;
    // The bound of an empty one lies above those before it for no reason.
    for bucket in of.buckets.iter().filter(|bucket| bucket.count > 0) {
        below = bucket.count.saturating_add(below);
        let share = below as f64 / count;
        let after = known.iter().find(|(at, _)| *at >= share).map(|(_, ms)| *ms);
        if let Some(most) = after.filter(|most| bucket.to_ms <= *most) {
            points.push((share, bucket.to_ms.min(most)));
        }
    }
    points.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let mut highest = 0.0_f64;
    for point in &mut points {
        highest = highest.max(point.1);
        point.1 = highest;
    }
    // The last of those at one place is the largest: what is exact, where a bound lies below it.
    points.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        kept.1 = if is_same { later.1 } else { kept.1 };
        is_same
    });
    points
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::Histogram;
    use crate::report::sample;

    #[test]
    fn a_curve_only_rises_and_meets_the_percentiles() {
        let report = sample::report(&sample::passed());
        let of = &report.latencies.delivery_latency;
        let points = points(of);
        assert!(points.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 <= two[1].1));
        for wanted in [(0.0, of.min_ms), (0.5, of.p50_ms), (0.99, of.p99_ms)] {
            assert!(points.contains(&wanted), "{wanted:?} is not in {points:?}");
        }
        assert_eq!(points.last().map(|point| point.1), Some(of.max_ms));
        assert!(points.len() > 8, "{points:?}");
        let nothing = sample::report(&sample::nothing());
        assert!(super::points(&nothing.latencies.delivery_latency).is_empty());
    }

    #[test]
    fn the_longest_stands_at_the_end_however_few_there_are_and_wherever_it_lies() {
        for count in (1..=250).chain([999, 1_000, 1_001, 9_999, 10_000, 123_457]) {
            for longest_ms in [1, 2, 7, 900, 60_000] {
                let mut histogram = Histogram::default();
                (1..count).for_each(|_| histogram.record(Duration::from_micros(950)));
                histogram.record(Duration::from_millis(longest_ms));
                let of = Distribution::new(&histogram);
                let points = points(&of);
                let case = format!("{count} with one of {longest_ms} ms: {points:?}");
                assert_eq!(points.last(), Some(&(1.0, of.max_ms)), "{case}");
                let rises = |two: &[(f64, f64)]| two[0].0 < two[1].0 && two[0].1 <= two[1].1;
                assert!(points.windows(2).all(rises), "{case}");
                // Whatever has a share of its own below the whole is one of the others.
                let others = points.iter().filter(|(share, _)| *share > 0.0 && *share < 1.0);
                assert!(others.into_iter().all(|(_, ms)| *ms <= 1.0), "{case}");
                assert_eq!(points.contains(&(0.99, of.p99_ms)), count >= 100, "{case}");
            }
        }
    }
}
