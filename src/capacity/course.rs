//! Course: how latency went while a load lasted: it stayed, it had not settled, or it grew.

use std::cmp::Ordering;

/// How a latency went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Course {
    /// It stayed about what it was.
    Steady,
    /// It became another, and did not grow all the time: it fell, as the server was not warm, or
    /// jumped, as the server does something else from time to time.
    Unsettled,
    /// There are too few seconds to tell.
    Short,
    /// It grew all the time.
    Growing {
        /// By how many milliseconds in a second.
        ms_per_s: f64,
    },
}

/// Whoever waits in a queue for 20 ms longer in each second is behind a server that does 2 % less
/// than is asked of it, however long it was before.
const GROWTH_MS_PER_S_MIN: f64 = 20.0;
/// What the later half may differ from the earlier one by, as a part of the shorter latency.
const DIFFERENCE_MAX: f64 = 0.3;
/// Differences that are smaller than this are those of a busy machine.
const DIFFERENCE_MS_MIN: f64 = 5.0;
/// With fewer there are no halves to compare.
pub(super) const SECONDS_MIN: usize = 4;

/// How much of the growth of the whole must be there in each half: one jump is no growth, which
/// goes on all the time.
const GROWTH_OF_HALF_MIN: f64 = 0.25;
/// How far beyond its standard deviation Kendall's statistic must be for a rise that is none to
/// be taken for one once in twenty times.
const DEVIATIONS_MIN: f64 = 1.645;

/// How the medians of `seconds` went, each of them with its time: in seconds, in milliseconds.
pub(super) fn course_of(seconds: &[(f64, f64)]) -> Course {
    if seconds.len() < SECONDS_MIN {
        return Course::Short;
    }
    let (early, late) = seconds.split_at(seconds.len() / 2);
    let ms_per_s = slope(seconds);
    let goes_on = |least: f64| [early, late].into_iter().all(|half| slope(half) >= least);
    if ms_per_s >= GROWTH_MS_PER_S_MIN && goes_on(GROWTH_MS_PER_S_MIN / 2.0) {
        return Course::Growing { ms_per_s };
    }
    let goes_on = goes_on(GROWTH_OF_HALF_MIN * ms_per_s);
    let of = |half: &[(f64, f64)]| median(half.iter().map(|(_, ms)| *ms).collect());
    let (early, late) = (of(early), of(late));
    if (early - late).abs() <= DIFFERENCE_MS_MIN.max(DIFFERENCE_MAX * early.min(late)) {
        return Course::Steady;
    }
    // What rises all the time is no warm-up: a little too much is asked of the server.
    let grows = goes_on && rise(seconds) >= DEVIATIONS_MIN;
    if grows { Course::Growing { ms_per_s } } else { Course::Unsettled }
}

/// By how many of its standard deviations Kendall's statistic is above what it is of points that
/// neither rise nor fall: of all pairs, those that rise less those that fall (Mann 1945,
/// "Nonparametric tests against trend"), less one, as it is a whole number.
fn rise(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let pairs = points.iter().enumerate().flat_map(|(at, one)| {
        points[at + 1..].iter().map(|other| match one.1.total_cmp(&other.1) {
            Ordering::Less => 1.0,
            Ordering::Equal => 0.0,
            Ordering::Greater => -1.0,
        })
    });
    let deviation = (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
    (pairs.sum::<f64>() - 1.0) / deviation
}

/// The median of the slopes between any two points, which a few odd ones do not move (Sen 1968,
/// "Estimates of the regression coefficient based on Kendall's tau").
fn slope(points: &[(f64, f64)]) -> f64 {
    let pairs = points.iter().enumerate().flat_map(|(at, one)| {
        let later = points[at + 1..].iter().filter(|other| other.0 > one.0);
        later.map(|other| (other.1 - one.1) / (other.0 - one.0))
    });
    median(pairs.collect())
}

/// The one in the middle, or the mean of both; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(ms: &[f64]) -> Course {
        let seconds: Vec<_> = (0..).map(f64::from).zip(ms.iter().copied()).collect();
        course_of(&seconds)
    }

    #[test]
    fn what_stays_is_steady_whatever_single_seconds_do() {
        assert_eq!(course(&[1.0; 4]), Course::Steady);
        assert_eq!(course(&[3.0, 2.0, 4.0, 3.0, 900.0, 2.0, 3.0, 4.0]), Course::Steady);
        assert_eq!(course(&[100.0, 110.0, 95.0, 105.0, 120.0, 101.0]), Course::Steady);
    }

    #[test]
    fn a_queue_that_is_served_too_slowly_grows() {
        // At 5 % too much, each second adds 50 ms.
        let queue: Vec<f64> = (0..12).map(|second| 10.0 + 50.0 * f64::from(second)).collect();
        let Course::Growing { ms_per_s } = course(&queue) else { panic!("it grows") };
        assert!((ms_per_s - 50.0).abs() < 1e-9, "{ms_per_s}");
        let mut disturbed = queue;
        (disturbed[3], disturbed[8]) = (0.0, 9_000.0);
        assert!(matches!(course(&disturbed), Course::Growing { .. }));
    }

    /// By so many milliseconds in a second, from 5 ms on, and each tenth off by so much.
    fn slow_growth(ms_per_s: f64, off: f64) -> Course {
        let wobble = [0.0, 1.0, -1.0, 0.5, -0.5].into_iter().cycle();
        let base = (0..13).map(|second| 5.0 + ms_per_s * f64::from(second));
        let seconds: Vec<f64> = base.zip(wobble).map(|(ms, by)| ms * (1.0 + off * by)).collect();
        course(&seconds)
    }

    #[test]
    fn what_rises_all_the_time_grows_however_slowly_or_does_not_show() {
        for tenths in 1..300 {
            let ms_per_s = f64::from(tenths) / 10.0;
            for off in [0.0, 0.02, 0.05] {
                let course = slow_growth(ms_per_s, off);
                let grows = matches!(course, Course::Growing { .. });
                assert!(grows || ms_per_s < 1.0, "{ms_per_s} ms/s, {off} off: {course:?}");
                assert_ne!(course, Course::Unsettled, "{ms_per_s} ms/s, {off} off");
            }
        }
        assert_eq!(slow_growth(0.5, 0.0), Course::Steady);
        // Four of five seconds are as few as can be told.
        assert!(matches!(course(&[5.0, 9.0, 15.0, 19.0]), Course::Growing { .. }));
        assert_eq!(course(&[5.0, 20.0, 14.0, 40.0]), Course::Unsettled);
    }

    #[test]
    fn kendalls_statistic_counts_pairs() {
        let points = |ms: &[f64]| -> Vec<(f64, f64)> {
            (0..).map(f64::from).zip(ms.iter().copied()).collect()
        };
        // Of five, all ten pairs rise: (10 - 1) / sqrt(50 / 3).
        let all = rise(&points(&[1.0, 2.0, 3.0, 4.0, 5.0]));
        assert!((all - 9.0 / (50.0_f64 / 3.0).sqrt()).abs() < 1e-9, "{all}");
        // Equal ones count for nothing, those that fall against it: 4 - 1 of five pairs.
        let some = rise(&points(&[1.0, 1.0, 3.0, 2.0]));
        assert!((some - 2.0 / (26.0_f64 / 3.0).sqrt()).abs() < 1e-9, "{some}");
    }

    #[test]
    fn what_is_still_warming_up_has_not_settled() {
        assert_eq!(course(&[90.0, 70.0, 50.0, 30.0, 20.0, 10.0]), Course::Unsettled);
        assert_eq!(course(&[10.0, 10.0, 10.0, 40.0, 40.0, 40.0]), Course::Unsettled);
        assert_eq!(course(&[10.0, 10.0, 10.0, 300.0, 300.0, 300.0]), Course::Unsettled);
        assert_eq!(course(&[10.0, 10.0, 70.0, 70.0]), Course::Unsettled);
        assert_eq!(course(&[1.0; 3]), Course::Short);
    }
}
