//! Unknowns: every reason why it cannot be said, each planted, and what is said nevertheless.

use super::super::{Answer, Conclusion, Limits, Purpose, Reason, Search, StepVerdict, Unclear};
use super::search;
use super::servers::{Leaking, holds_if, not_steady, saturated, unknown};

const USUAL: (u64, u64) = (100, 10_000);

fn usual() -> Limits {
    Limits::between(USUAL.0, USUAL.1)
}

fn reason(answer: &Answer) -> &Reason {
    match &answer.conclusion {
        Conclusion::Unknown { why } => why,
        _ => panic!("{answer}"),
    }
}

/// What held and what failed: the load, how often it held, and how often not.
fn shown(answer: &Answer) -> [Option<(u64, u32, u32)>; 2] {
    [&answer.holds, &answer.fails].map(|it| it.as_ref().map(|it| (it.load, it.held, it.failed)))
}

fn purposes(search: &Search, load: u64) -> Vec<Purpose> {
    let steps = search.steps().iter().filter(|step| step.result.load == load);
    steps.map(|step| step.purpose).collect()
}

#[test]
fn a_generator_that_saturates_ends_the_search_and_what_held_before_stays() {
    let (_, answer) = search(usual(), |load| if load > 500 { saturated() } else { holds_if(true) });
    assert!(matches!(reason(&answer), Reason::Step { load: 800, .. }), "{answer}");
    assert_eq!(shown(&answer), [Some((400, 1, 0)), None]);
    let remedy = reason(&answer).remedy();
    assert!(remedy.contains("more cores") && remedy.contains("more machines"), "{remedy}");
    assert_eq!(
        answer.to_string(),
        "unknown: at 800 our generator was the bottleneck: its 99th percentile of send delay was \
         80.0 ms, of 10.0 ms allowed; holds 400 (held 1 of 1; a step holds with 3 to 100 %, at \
         95 % confidence), open above"
    );
}

#[test]
fn a_generator_that_saturates_within_the_bracket_leaves_both_ends() {
    let verdict = |load| match load {
        ..=200 => holds_if(true),
        201..=300 => saturated(),
        _ => holds_if(false),
    };
    let (_, answer) = search(usual(), verdict);
    assert!(matches!(reason(&answer), Reason::Step { load: 283, .. }), "{answer}");
    assert_eq!(shown(&answer), [Some((200, 1, 0)), Some((400, 0, 1))]);
}

#[test]
fn a_generator_that_saturates_at_once_or_after_the_answer() {
    let (_, answer) = search(usual(), |_| saturated());
    assert!(matches!(reason(&answer), Reason::Step { load: 100, .. }), "{answer}");
    assert!(answer.to_string().ends_with("nothing was shown"), "{answer}");
    // More than 400 is first tried when looking beyond, and by then the answer stands.
    let verdict = |load| if load > 400 { saturated() } else { holds_if(load <= 250) };
    let (found, answer) = search(usual(), verdict);
    assert_eq!(purposes(&found, 520), [Purpose::Beyond]);
    assert_eq!(answer.conclusion, Conclusion::Found);
}

#[test]
fn what_another_try_will_not_mend_ends_the_search_at_once() {
    let cases = [
        (Unclear::TooFewSamples { samples: 7, needed: 1000 }, "7 samples of 1000 needed"),
        (Unclear::Interrupted, "interrupted at 400"),
        (Unclear::Impossible { what: "no more ports".into() }, "not be offered: no more ports"),
    ];
    for (why, wanted) in cases {
        let verdict = |load| if load == 400 { unknown(why.clone()) } else { StepVerdict::Holds };
        let (_, answer) = search(usual(), verdict);
        assert_eq!(reason(&answer), &Reason::Step { load: 400, why: why.clone() });
        assert_eq!((shown(&answer), answer.steps), ([Some((200, 1, 0)), None], 3));
        assert!(answer.to_string().contains(wanted), "{answer}");
        assert!(!reason(&answer).remedy().is_empty());
    }
}

#[test]
fn a_load_that_is_never_steady_is_repeated_and_the_search_goes_on_below_it() {
    let verdict = |load| match load {
        ..=250 => StepVerdict::Holds,
        251..=500 => not_steady(),
        _ => holds_if(false),
    };
    let (ended, answer) = search(usual(), verdict);
    let Reason::Step { load, why: Unclear::NotSteady { .. } } = *reason(&answer) else {
        panic!("{answer}");
    };
    let holds = answer.holds.as_ref().expect("a load that holds");
    assert!((238..=250).contains(&holds.load) && holds.held == 3, "{answer}");
    assert!((251..=262).contains(&load), "{answer}");
    assert_eq!(purposes(&ended, load), [Purpose::Bisect, Purpose::Again, Purpose::Again]);
    // No load was shown to fail: 400, the first above 250, was not steady either.
    assert_eq!(answer.fails, None);
}

#[test]
fn a_server_that_is_steady_in_the_end_costs_a_step_more() {
    let mut restless = 0;
    let (ended, answer) = search(usual(), |load| {
        restless += u32::from(load == 400);
        if load == 400 && restless < 3 { not_steady() } else { holds_if(load <= 450) }
    });
    assert_eq!(purposes(&ended, 400)[..3], [Purpose::Grow, Purpose::Again, Purpose::Again]);
    assert_eq!(answer.conclusion, Conclusion::Found);
    assert_eq!(answer.holds.map(|it| (it.load, it.unsteady)), Some((436, 0)));
}

#[test]
fn each_try_may_be_unsteady_twice() {
    let limits = Limits { confirmations: 10, ..usual() };
    let limits = Limits { steps_max: limits.steps_needed() * 3, ..limits };
    for (unsteady, found) in [(1, true), (2, true), (3, false)] {
        let mut step = 0;
        let (_, answer) = search(limits, |load| {
            step += 1;
            if step % (unsteady + 1) == 0 { holds_if(load <= 450) } else { not_steady() }
        });
        assert_eq!(answer.conclusion == Conclusion::Found, found, "{unsteady}: {answer}");
        let holds = answer.holds.map(|it| (it.load, it.held, it.unsteady));
        assert_eq!(holds == Some((436, 10, 10 * unsteady)), found, "{unsteady}: {holds:?}");
    }
}

#[test]
fn a_server_that_is_never_steady_is_unknown_down_to_the_floor() {
    let limits = Limits { floor: 50, ..usual() };
    let (_, answer) = search(limits, |_| not_steady());
    assert!(matches!(reason(&answer), Reason::Step { load: 50, .. }), "{answer}");
    assert_eq!((shown(&answer), answer.steps), ([None, None], 6));
}

#[test]
fn a_server_that_contradicts_itself_is_not_believed() {
    let mut leaking = Leaking { holds: 5000.0, lost_per_step: 0.05 };
    let (_, answer) = search(usual(), |load| leaking.step(load));
    let Reason::Contradictory { held_first: 4, failed_first: 0 } = reason(&answer) else {
        panic!("{answer}");
    };
    assert!(reason(&answer).remedy().contains("leak") && answer.remarks.is_empty());
    // Every load fails twice at first: what happens once only is outvoted, and this is not.
    let mut tries = std::collections::BTreeMap::new();
    let limits = Limits { contradictions_max: 0, ..usual() };
    let (_, answer) = search(limits, |load| {
        let tries = tries.entry(load).or_insert(0);
        *tries += 1;
        holds_if(load < 150 || (load < 1000 && *tries > 1))
    });
    assert_eq!(reason(&answer), &Reason::Contradictory { held_first: 0, failed_first: 1 });
    assert!(reason(&answer).remedy().contains("keep other work off"));
}

#[test]
fn a_search_that_may_not_go_on_says_what_it_has() {
    let limits = Limits { steps_max: 5, ..usual() };
    let (_, answer) = search(limits, |load| holds_if(load <= 250));
    assert_eq!(reason(&answer), &Reason::StepsMax { steps: 5 });
    assert_eq!(shown(&answer), [Some((238, 1, 0)), Some((283, 0, 1))]);
    assert!(answer.to_string().starts_with("unknown: 5 steps were not enough; holds 238"));
}

#[test]
fn the_look_beyond_is_spared_when_no_step_is_left() {
    let (_, answer) = search(usual(), |load| holds_if(load <= 250));
    let limits = Limits { steps_max: answer.steps - 1, ..usual() };
    let (_, spared) = search(limits, |load| holds_if(load <= 250));
    assert_eq!((spared.conclusion, spared.holds), (answer.conclusion, answer.holds));
}
