//! The fit against published ones, against the truth, and against whatever may come.

mod certainty;
mod published;
mod refusals;

use proptest::prelude::*;

use super::*;

/// The law with these coefficients at `loads`, exactly.
fn exact(coefficients: Coefficients, loads: &[f64]) -> Vec<Point> {
    let point = |&load| Point { load, throughput: coefficients.throughput_at(load) };
    loads.iter().map(point).collect()
}

fn coefficients(throughput_of_one: f64, contention: f64, coherency: f64) -> Coefficients {
    Coefficients { throughput_of_one, contention, coherency }
}

fn points(pairs: &[(f64, f64)]) -> Vec<Point> {
    pairs.iter().map(|&(load, throughput)| Point { load, throughput }).collect()
}

fn missed(coefficients: &Coefficients, points: &[Point]) -> f64 {
    let residual = |point: &Point| point.throughput - coefficients.throughput_at(point.load);
    points.iter().map(|point| residual(point).powi(2)).sum()
}

/// Coefficients of all kinds: none of either cost, little and much.
fn truths() -> impl Strategy<Value = Coefficients> {
    let contention = prop_oneof![Just(0.0), 1e-4..0.1_f64, 0.1..0.95_f64];
    let coherency = prop_oneof![Just(0.0), (-6.0..-1.0_f64).prop_map(|power| 10_f64.powf(power))];
    ((-3.0..6.0_f64).prop_map(|power| 10_f64.powf(power)), contention, coherency)
        .prop_map(|(one, contention, coherency)| coefficients(one, contention, coherency))
}

/// Points of no law: any loads, any throughputs.
fn clouds() -> impl Strategy<Value = Vec<Point>> {
    let load = prop_oneof![1.0..10.0_f64, 1.0..1e3_f64, 1.0..LOAD_MAX, Just(1.0)];
    let throughput = prop_oneof![1e-3..1.0_f64, 1.0..1e3_f64, 1.0..THROUGHPUT_MAX, Just(7.0)];
    let point = (load, throughput).prop_map(|(load, throughput)| Point { load, throughput });
    prop::collection::vec(point, 1..20)
}

/// Points near a law, in disorder: what a search of capacity brings.
fn measurements() -> impl Strategy<Value = Vec<Point>> {
    let place = (1.0..300.0_f64, 0.8..1.25_f64);
    (truths(), prop::collection::vec(place, 6..15)).prop_map(|(truth, places)| {
        let point = |(load, noise): (f64, f64)| Point {
            load,
            throughput: truth.throughput_at(load) * noise,
        };
        places.into_iter().map(point).collect()
    })
}

fn close(left: f64, right: f64, share: f64) -> bool {
    (left - right).abs() <= share * left.abs().max(right.abs())
}

proptest! {
    #[test]
    fn without_noise_the_truth_is_found(truth in truths()) {
        let loads = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0];
        let fit = Fit::new(&exact(truth, &loads)).expect("a fit");
        let found = fit.coefficients;
        prop_assert!(close(found.throughput_of_one, truth.throughput_of_one, 1e-9), "{found:?}");
        prop_assert!((found.contention - truth.contention).abs() < 1e-8, "{found:?}");
        prop_assert!((found.coherency - truth.coherency).abs() < 1e-9, "{found:?}");
        prop_assert!(fit.r_squared > 1.0 - 1e-9);
        for load in [3.0, 70.0, 1000.0] {
            let (seen, wanted) = (found.throughput_at(load), truth.throughput_at(load));
            prop_assert!(close(seen, wanted, 1e-6), "{seen} for {wanted} at {load}");
        }
    }

    #[test]
    fn the_order_of_the_points_does_not_matter(
        (given, mixed) in measurements()
            .prop_flat_map(|points| (Just(points.clone()), Just(points).prop_shuffle())),
    ) {
        let (one, two) = (Fit::new(&given).expect("a fit"), Fit::new(&mixed).expect("a fit"));
        let (one, two) = (one.coefficients, two.coefficients);
        for point in &given {
            let (left, right) = (one.throughput_at(point.load), two.throughput_at(point.load));
            prop_assert!(close(left, right, 1e-6), "{one:?} {two:?}");
        }
        // What only falls says little of its height at a load of one, and all depends on that.
        if one.contention < 1.0 {
            prop_assert!((one.contention - two.contention).abs() < 1e-3, "{one:?} {two:?}");
            let (left, right) = (1.0 + one.coherency, 1.0 + two.coherency);
            prop_assert!(close(left, right, 1e-3), "{one:?} {two:?}");
        }
        let missed = |it| missed(it, &given);
        prop_assert!(close(missed(&one), missed(&two), 1e-9), "{one:?} {two:?}");
    }

    #[test]
    fn throughput_in_another_unit_scales_only_the_throughput(
        points in measurements(), unit in 1e-3..1e3_f64,
    ) {
        let scaled = |unit: f64| -> Vec<Point> {
            points.iter().map(|it| Point { throughput: it.throughput * unit, ..*it }).collect()
        };
        let one = Fit::new(&points).expect("a fit");
        // Nothing is rounded by a power of two, so nothing at all may differ.
        let binary = Fit::new(&scaled(1024.0)).expect("a fit").coefficients;
        let throughput_of_one = 1024.0 * one.coefficients.throughput_of_one;
        prop_assert_eq!(binary, Coefficients { throughput_of_one, ..one.coefficients });
        let two = Fit::new(&scaled(unit)).expect("a fit");
        prop_assert!((one.r_squared - two.r_squared).abs() < 1e-9);
        for point in &points {
            let predicted = |fit: &Fit| fit.coefficients.throughput_at(point.load);
            prop_assert!(close(predicted(&one) * unit, predicted(&two), 1e-6), "{one:?} {two:?}");
        }
    }

    #[test]
    fn no_other_curve_is_closer(
        points in measurements(), others in prop::collection::vec(truths(), 50),
        sides in prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64, -1.0..1.0_f64), 50),
    ) {
        let fit = Fit::new(&points).expect("a fit");
        let least = missed(&fit.coefficients, &points) * (1.0 - 1e-9);
        let best = fit.coefficients;
        for (one, contention, coherency) in sides {
            for size in [1e-1, 1e-3] {
                let near = coefficients(
                    best.throughput_of_one * (1.0 + size * one),
                    (best.contention + size * contention).max(0.0),
                    (best.coherency + size * size * coherency).max(0.0),
                );
                prop_assert!(missed(&near, &points) >= least, "{near:?} is closer than {best:?}");
            }
        }
        for far in others {
            // The best λ for it.
            let shape = |point: &Point| far.throughput_at(point.load);
            let product: f64 = points.iter().map(|it| shape(it) * it.throughput).sum();
            let square: f64 = points.iter().map(|it| shape(it).powi(2)).sum();
            let far = Coefficients {
                throughput_of_one: far.throughput_of_one * product / square, ..far
            };
            prop_assert!(missed(&far, &points) >= least, "{far:?} is closer than {best:?}");
        }
    }

    #[test]
    fn whatever_is_no_measurement_is_an_error(
        one in any::<(f64, f64)>(), place in 0..6_usize,
    ) {
        let mut pairs = vec![(1.0, 10.0), (2.0, 18.0), (4.0, 30.0), (8.0, 40.0), (16.0, 45.0)];
        pairs.insert(place, one);
        let (load, throughput) = one;
        let sound = (1.0..=LOAD_MAX).contains(&load)
            && throughput > 0.0
            && throughput <= THROUGHPUT_MAX;
        prop_assert!(sound || Fit::new(&points(&pairs)).is_err());
    }
}

proptest! {
    // Each has hundreds of searches, and what follows no law takes long to search.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn points_of_no_law_have_a_fit_or_an_error(points in clouds()) {
        match Fit::new(&points) {
            Ok(fit) => {
                let Coefficients { throughput_of_one, contention, coherency } = fit.coefficients;
                prop_assert!(throughput_of_one > 0.0 && throughput_of_one.is_finite());
                prop_assert!(contention >= 0.0 && contention.is_finite());
                prop_assert!(coherency >= 0.0 && coherency.is_finite());
                prop_assert!(fit.points.iter().all(|point| point.residual.is_finite()));
                prop_assert!(fit.r_squared <= 1.0);
                if let Ok(intervals) = fit.intervals(REPLICATES_MIN, 1) {
                    let _ = fit.extrapolation(&intervals);
                    let Interval { low, high } = intervals.contention;
                    prop_assert!(low <= high && high.is_finite());
                }
            }
            Err(error) => {
                use UslError::{NotConverged, TooFewLoads};
                let expected = matches!(error, TooFewLoads { .. } | NotConverged { .. });
                prop_assert!(expected, "{error}");
            }
        }
    }
}

#[test]
fn of_two_curves_that_no_small_change_betters_the_closer_is_found() {
    let points = points(&[
        (1.0, 0.8),
        (3.2875324171108526, 2.142692963017311),
        (91.86529472396874, 7.324069632154381),
        (141.17157787405358, 10.455078817929069),
        (200.8833062482592, 10.809161284816893),
        (277.3594968858732, 7.791754273346408),
    ]);
    // The other, where the parabola leads, goes through the first two points instead.
    let nearest = coefficients(0.137721, 0.0, 4.7986e-5);
    let other = coefficients(0.603651, 0.0539479, 3.31946e-5);
    assert!(missed(&nearest, &points) < missed(&other, &points));
    let fit = Fit::new(&points).expect("a fit");
    assert!(missed(&fit.coefficients, &points) <= missed(&nearest, &points), "{fit:?}");
}

#[test]
fn a_search_that_would_go_to_and_fro_ends() {
    // Full steps are twice too long here: noise of a quarter, and few points.
    let points = points(&[
        (1.0, 0.9915415655538742),
        (1.0, 1.1342109077357132),
        (2.0952121152384158, 2.1328825870723063),
        (99.40244758389174, 59.05855460440281),
        (144.736017779762, 37.7968486929353),
        (237.61365572614392, 43.16231141488164),
    ]);
    let fit = Fit::new(&points).expect("a fit");
    assert!(close(missed(&fit.coefficients, &points), 179.033_140_37, 1e-9), "{fit:?}");
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let sound = [(1.0, 10.0), (2.0, 18.0), (4.0, 30.0)];
    let wrong = [
        (f64::NAN, 1.0),
        (1.0, f64::NAN),
        (f64::INFINITY, 1.0),
        (1.0, f64::INFINITY),
        (0.0, 1.0),
        (0.5, 1.0),
        (-3.0, 1.0),
        (1.0, 0.0),
        (1.0, -1.0),
        (2.0 * LOAD_MAX, 1.0),
        (1.0, 2.0 * THROUGHPUT_MAX),
    ];
    for pair in wrong {
        let mut pairs = sound.to_vec();
        pairs.insert(2, pair);
        let error = Fit::new(&points(&pairs)).expect_err("out of range");
        assert!(matches!(error, UslError::OutOfRange { index: 2, .. }), "{pair:?}: {error}");
    }
    for (pairs, distinct) in [
        (vec![], 0),
        (vec![(1.0, 5.0)], 1),
        (vec![(9.0, 5.0); 8], 1),
        (vec![(1.0, 5.0), (2.0, 9.0), (2.0, 9.5), (1.0, 4.5)], 2),
    ] {
        let error = Fit::new(&points(&pairs)).expect_err("too few loads");
        assert_eq!(error, UslError::TooFewLoads { distinct }, "{pairs:?}");
    }
    let fit = Fit::new(&points(&sound)).expect("three loads are enough for a curve");
    assert_eq!(fit.intervals(500, 1), Err(UslError::NothingLeftOver { points: 3 }));
    let fit = Fit::new(&exact(coefficients(9.0, 0.1, 1e-3), &[1.0, 2.0, 4.0, 8.0])).expect("a fit");
    for replicates in [0, REPLICATES_MIN - 1, REPLICATES_MAX + 1] {
        assert_eq!(fit.intervals(replicates, 1), Err(UslError::Replicates { replicates }));
    }
}

#[test]
fn the_peak_is_where_no_other_load_has_more() {
    let law = coefficients(50.0, 0.04, 2e-4);
    let peak = law.peak().expect("a peak");
    assert!(close(peak.load, (0.96_f64 / 2e-4).sqrt(), 1e-12), "{peak:?}");
    for load in 1..1000 {
        assert!(law.throughput_at(f64::from(load)) <= peak.throughput, "{load}");
    }
    assert_eq!(coefficients(50.0, 0.04, 0.0).peak(), None);
    assert_eq!(coefficients(50.0, 1.0, 1e-3).peak(), None);
    assert_eq!(coefficients(50.0, 0.0, f64::MIN_POSITIVE / 1e10).peak(), None);
    // It falls from the start: from a load of one on, that is the highest.
    assert_eq!(coefficients(50.0, 0.5, 2.0).peak(), Some(Peak { load: 1.0, throughput: 50.0 }));
}
