//! Refusals: each reason has a case that shows it, and what is sound is not refused.

use super::certainty::measured;
use super::published::SPECSDM91;
use super::*;

const TRUTH: Coefficients =
    Coefficients { throughput_of_one: 100.0, contention: 0.03, coherency: 1e-4 };
const LOADS: [f64; 8] = [1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 150.0];

fn reasons(points: &[Point]) -> Vec<Refusal> {
    let fit = Fit::new(points).expect("a fit");
    let intervals = fit.intervals(999, 1).expect("intervals");
    match fit.extrapolation(&intervals) {
        Extrapolation::Carried => Vec::new(),
        Extrapolation::Refused { reasons } => reasons,
    }
}

#[test]
fn a_sound_fit_carries() {
    assert_eq!(reasons(&exact(TRUTH, &LOADS)), []);
    assert_eq!(reasons(&measured(TRUTH, &LOADS, (0.01, 5))), []);
}

#[test]
fn a_peak_up_to_twice_as_far_as_the_highest_load_carries() {
    let load = TRUTH.peak().expect("a peak").load;
    let loads = |highest: f64| [0.05, 0.1, 0.25, 0.5, 0.7, 0.85, 1.0].map(|it| highest * it);
    assert_eq!(reasons(&exact(TRUTH, &loads(load / 1.99))), []);
    let refused = reasons(&exact(TRUTH, &loads(load / 2.01)));
    assert!(matches!(refused[..], [Refusal::PeakTooFar { .. }]), "{refused:?}");
}

#[test]
fn too_few_loads_are_refused_however_often_each_was_measured() {
    let loads = [1.0, 20.0, 50.0, 100.0, 150.0].repeat(3);
    assert_eq!(reasons(&exact(TRUTH, &loads)), [Refusal::TooFewLoads { distinct: 5 }]);
}

#[test]
fn loads_too_near_to_each_other_are_refused() {
    let loads = [50.0, 70.0, 90.0, 110.0, 130.0, 150.0];
    let refused = reasons(&exact(TRUTH, &loads));
    assert_eq!(refused, [Refusal::NarrowLoads { span: 3.0 }]);
}

#[test]
fn a_curve_that_misses_is_refused() {
    let refused = reasons(&measured(TRUTH, &LOADS, (0.2, 5)));
    assert!(matches!(refused[0], Refusal::PoorFit { r_squared } if r_squared < 0.95));
    // Where no throughput differs from another, nothing is explained.
    let flat = reasons(&points(&LOADS.map(|load| (load, 7.0))));
    assert!(flat.contains(&Refusal::PoorFit { r_squared: 0.0 }), "{flat:?}");
}

#[test]
fn residuals_with_a_trend_are_refused() {
    // A ceiling instead of a bend: straight up, and then level.
    let loads = [1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 55.0, 60.0];
    let ceiling: Vec<_> = loads.map(|load: f64| (load, 10.0 * load.min(30.0))).to_vec();
    let refused = reasons(&points(&ceiling));
    let trend = |it: &Refusal| matches!(it, Refusal::Trend { chance, .. } if *chance < 0.05);
    assert!(refused.iter().any(trend), "{refused:?}");
}

#[test]
fn what_only_falls_is_refused() {
    let law = coefficients(100.0, 1.5, 1e-3);
    let refused = reasons(&exact(law, &LOADS));
    assert!(matches!(refused[..], [Refusal::NothingScales { contention }] if contention > 1.0));
}

#[test]
fn what_only_rises_is_refused() {
    assert_eq!(reasons(&exact(coefficients(100.0, 0.03, 0.0), &LOADS)), [Refusal::NoPeak]);
}

#[test]
fn a_peak_far_away_is_refused() {
    let loads = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
    let refused = reasons(&exact(TRUTH, &loads));
    let [Refusal::PeakTooFar { peak, nearest: 32.0 }] = refused[..] else { panic!("{refused:?}") };
    assert!(close(peak, 98.4886, 1e-5), "{peak}");
    // On the other side as well: all that was measured is long past the peak.
    let refused = reasons(&exact(TRUTH, &loads.map(|load| 300.0 * load)));
    assert!(matches!(refused[..], [Refusal::PeakTooFar { nearest: 300.0, .. }]), "{refused:?}");
}

#[test]
fn a_peak_that_may_be_anywhere_is_refused() {
    let loads = [1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0];
    let refused = reasons(&measured(TRUTH, &loads, (0.04, 5)));
    let uncertain = |it: &Refusal| matches!(it, Refusal::PeakUncertain { .. });
    assert!(refused.iter().any(uncertain), "{refused:?}");
}

#[test]
fn a_published_fit_is_refused_for_its_uncertainty_alone() {
    // Its peak is at 97 users, well among the loads; but two of seven points miss the curve by
    // a hundred scripts per hour, and the peak may as well be at 80 or at 160.
    let refused = reasons(&points(&SPECSDM91));
    let [Refusal::PeakUncertain { low: Some(low), high: Some(high) }] = refused[..] else {
        panic!("{refused:?}")
    };
    assert!((70.0..90.0).contains(&low) && (150.0..180.0).contains(&high), "{low} {high}");
}

#[test]
fn chance_alone_hardly_ever_makes_a_trend() {
    let sound = Fit::new(&exact(TRUTH, &LOADS)).expect("a fit");
    let intervals = sound.intervals(REPLICATES_MIN, 1).expect("intervals");
    let has_trend = |seed: &u64| {
        let fit = Fit::new(&measured(TRUTH, &LOADS, (0.02, *seed))).expect("a fit");
        let Extrapolation::Refused { reasons } = fit.extrapolation(&intervals) else {
            return false;
        };
        reasons.iter().any(|reason| matches!(reason, Refusal::Trend { .. }))
    };
    let trends = (0..1000).filter(has_trend).count();
    assert!(trends <= 50, "{trends} of 1000: more than one in twenty");
}

#[test]
fn reasons_are_words() {
    let uncertain = Refusal::PeakUncertain { low: Some(80.0), high: None };
    assert_eq!(uncertain.to_string(), "the peak is at a load between 80.0 and any");
    let narrow = Refusal::NarrowLoads { span: 3.0 };
    assert_eq!(narrow.to_string(), "the highest load is 3.0 times the lowest, and it takes 8");
}
