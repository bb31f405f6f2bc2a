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
    // What only the longest lies beyond is the longest.
    let last = 1.0 - 1.0 / of.count as f64;
    let exact = [
        (0.5, of.p50_ms),
        (0.9, of.p90_ms),
        (0.95, of.p95_ms),
        (0.99, of.p99_ms),
        (0.999, of.p99_9_ms),
        (0.9999, of.p99_99_ms),
    ];
    let mut known = vec![(0.0, of.min_ms)];
    known.extend(exact.into_iter().filter(|(share, _)| *share < last));
    known.push((last.max(0.0), of.max_ms));
    let mut points = known.clone();
    let mut below = 0;
    for bucket in &of.buckets {
        below += bucket.count;
        let share = below as f64 / of.count as f64;
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
    points.dedup_by(|one, other| one.0 == other.0);
    points
}

#[cfg(test)]
mod tests {
    use super::*;
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
}
