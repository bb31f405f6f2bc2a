//! Properties: what is true of every search, whatever its limits and whatever the server.

use proptest::prelude::*;

use super::super::{Conclusion, Limits, Next, Search, StepResult, StepVerdict, Unclear};
use super::search;
use super::servers::{fails, holds_if, not_steady, saturated, unknown};

fn limits() -> impl Strategy<Value = Limits> {
    let factors = (prop_oneof![1.0..10.0_f64, 1.0..1e5_f64], 1.0..1000.0_f64);
    let exact = (1.1..10.0_f64, 0.001..1.0_f64, 1..8_u32, 0..4_u32);
    (1..5000_u64, factors, exact, 0..4_u32).prop_map(|(floor, (up, down), exact, repeats)| {
        let from = (floor as f64 * down) as u64;
        let to = (from as f64 * up) as u64;
        let (growth, precision, confirmations, beyond_steps_max) = exact;
        let limits = Limits {
            floor,
            growth,
            precision,
            confirmations,
            beyond_steps_max,
            unsteady_repeats_max: repeats,
            ..Limits::between(from, to)
        };
        Limits { steps_max: limits.steps_needed() * 3, ..limits }
    })
}

fn verdicts() -> impl Strategy<Value = Vec<StepVerdict>> {
    let verdict = prop_oneof![
        20 => Just(StepVerdict::Holds),
        20 => Just(fails()),
        4 => Just(not_steady()),
        1 => Just(saturated()),
        1 => Just(unknown(Unclear::Interrupted)),
    ];
    prop::collection::vec(verdict, 1..50)
}

proptest! {
    #[test]
    fn a_monotone_server_is_bracketed_within_the_steps_needed(
        limits in limits(), part in -0.1..1.1_f64,
    ) {
        // Evenly in logarithms, and a little beyond both ends.
        let (low, high) = ((limits.floor as f64).ln(), (limits.to as f64 + 1.0).ln());
        let capacity = (low + part * (high - low)).exp() as u64;
        let (ended, answer) = search(limits, |load| holds_if(load <= capacity));
        prop_assert!(answer.steps <= limits.steps_needed(), "{} {answer}", limits.steps_needed());
        prop_assert!(answer.remarks.is_empty());
        let holds = answer.holds.map(|it| (it.load, it.held, it.failed));
        let above = answer.fails.map(|it| (it.load, it.held, it.failed));
        let (often, majority) = (limits.confirmations, limits.majority() + 1);
        match (answer.conclusion, holds, above) {
            (Conclusion::Found, Some((holds, held, 0)), Some((fails, 0, failed))) => {
                prop_assert!(holds <= capacity && capacity < fails);
                let wide = holds as f64 * (1.0 + limits.precision);
                prop_assert!(fails == holds + 1 || fails as f64 <= wide);
                prop_assert_eq!((held, failed), (often, majority));
            }
            (Conclusion::AtLeast, Some((holds, held, 0)), None) => {
                prop_assert_eq!((holds, held), (limits.to, often));
                prop_assert!(capacity >= limits.to);
            }
            (Conclusion::Nothing, None, Some((fails, 0, failed))) => {
                prop_assert_eq!((fails, failed), (limits.floor, majority));
                prop_assert!(capacity < limits.floor);
            }
            other => prop_assert!(false, "{other:?} after {:?}", ended.steps()),
        }
    }

    #[test]
    fn any_server_at_all_is_answered_within_the_limits(
        limits in limits(), verdicts in verdicts(),
    ) {
        let mut verdicts = verdicts.iter().cycle();
        let (ended, answer) = search(limits, |_| verdicts.next().expect("endless").clone());
        prop_assert!(answer.steps <= limits.steps_max);
        let of = |end: &Option<super::super::Shown>| end.as_ref().map(|it| it.load);
        if let (Some(holds), Some(fails)) = (of(&answer.holds), of(&answer.fails)) {
            prop_assert!(holds < fails);
        }
        if let Some(holds) = answer.holds.filter(|_| answer.conclusion == Conclusion::Found) {
            prop_assert!(holds.held == limits.confirmations && holds.failed <= holds.held);
            prop_assert!(answer.fails.expect("one").failed > limits.majority() - 1);
        }
        // The steps alone say how it went on, at every one of them.
        let mut replayed = Search::new(limits).expect("limits");
        for step in ended.steps() {
            let (load, why) = (step.result.load, step.purpose);
            prop_assert_eq!(replayed.next(), Next::Try { load, why });
            let result: StepResult = step.result.clone();
            replayed.record(result).expect("what it asked for");
        }
        prop_assert_eq!(replayed, ended);
    }
}
