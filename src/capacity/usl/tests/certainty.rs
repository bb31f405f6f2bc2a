//! How sure a fit is: the intervals hold the truth as often as they say.

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;

const LOADS: [f64; 10] = [1.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 120.0, 160.0, 200.0];
const TRUTH: Coefficients =
    Coefficients { throughput_of_one: 100.0, contention: 0.05, coherency: 2e-4 };

/// `loads` measured with normal noise of `share` of the throughput at the peak.
pub(super) fn measured(
    truth: Coefficients,
    loads: &[f64],
    (share, seed): (f64, u64),
) -> Vec<Point> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let size = share * truth.peak().expect("a peak").throughput;
    let mut noisy = exact(truth, loads);
    for point in &mut noisy {
        let noise: f64 = StandardNormal.sample(&mut random);
        point.throughput = (point.throughput + size * noise).max(1e-3);
    }
    noisy
}

/// Of how many of `runs` measurements the intervals hold λ, σ, κ, the peak's load and throughput.
fn held(loads: &[f64], share: f64, runs: u64) -> [u64; 5] {
    let peak = TRUTH.peak().expect("a peak");
    let mut held = [0; 5];
    for seed in 0..runs {
        let fit = Fit::new(&measured(TRUTH, loads, (share, seed))).expect("a fit");
        let intervals = fit.intervals(REPLICATES_MIN, seed).expect("intervals");
        let closed = |it: Interval| (Some(it.low), Some(it.high));
        let open = |it: OpenInterval| (it.low, it.high);
        let all = [
            (closed(intervals.throughput_of_one), TRUTH.throughput_of_one),
            (closed(intervals.contention), TRUTH.contention),
            (closed(intervals.coherency), TRUTH.coherency),
            (open(intervals.peak_load), peak.load),
            (open(intervals.peak_throughput), peak.throughput),
        ];
        for (held, ((low, high), truth)) in held.iter_mut().zip(all) {
            let above = low.is_some_and(|low| low <= truth);
            *held += u64::from(above && high.is_none_or(|high| truth <= high));
        }
    }
    held
}

#[test]
fn intervals_hold_the_truth_in_about_95_of_100_cases() {
    const RUNS: u64 = 200;
    // Six loads are the fewest that may be extrapolated from.
    for (loads, share) in [(&LOADS[..], 0.03), (&LOADS[2..8], 0.01)] {
        let held = held(loads, share, RUNS);
        for held in held {
            let rate = held as f64 / RUNS as f64;
            // Three standard deviations of such a share among so many runs are 0.046.
            assert!((0.904..=0.996).contains(&rate), "{held} of {RUNS}, noise {share}");
        }
    }
}

#[test]
fn intervals_follow_from_the_seed() {
    let fit = Fit::new(&measured(TRUTH, &LOADS, (0.02, 7))).expect("a fit");
    let of = |seed| fit.intervals(REPLICATES_MIN, seed).expect("intervals");
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn intervals_do_not_depend_on_the_order_of_the_points() {
    let mut points = measured(TRUTH, &LOADS, (0.02, 7));
    let of = |points: &[Point]| {
        let fit = Fit::new(points).expect("a fit");
        fit.intervals(REPLICATES_MIN, 1).expect("intervals").contention
    };
    let one = of(&points);
    points.reverse();
    points.swap(2, 7);
    let two = of(&points);
    assert!(close(one.low, two.low, 1e-6) && close(one.high, two.high, 1e-6), "{one:?} {two:?}");
}

#[test]
fn less_noise_makes_intervals_narrower_and_none_makes_them_a_point() {
    let width = |share: f64| {
        let fit = Fit::new(&measured(TRUTH, &LOADS, (share, 7))).expect("a fit");
        let peak = fit.intervals(999, 1).expect("intervals").peak_load;
        peak.high.zip(peak.low).map_or(f64::INFINITY, |(high, low)| high - low)
    };
    let (none, little, more) = (width(0.0), width(0.005), width(0.02));
    assert!(none < 1e-6 && none < little && 2.0 * little < more, "{none} {little} {more}");
}

#[test]
fn a_peak_that_may_be_anywhere_has_no_upper_end() {
    // Up to a tenth of the load at the peak, nothing tells how far it is.
    let loads = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    let fit = Fit::new(&measured(TRUTH, &loads, (0.02, 3))).expect("a fit");
    let intervals = fit.intervals(999, 1).expect("intervals");
    assert_eq!(intervals.peak_load.high, None, "{intervals:?}");
    assert!(intervals.peak_load.low.is_some(), "{intervals:?}");
}
