//! Resuming: a search goes on from the steps that were kept, and from no others.

use rand::RngExt;

use super::super::{Limits, Next, ResumeError, Search, StepResult, Unclear};
use super::servers::{Noisy, holds_if, saturated, unknown};
use super::{each_seed, search};

fn results(search: &Search) -> Vec<StepResult> {
    search.steps().iter().map(|step| step.result.clone()).collect()
}

#[test]
fn a_search_goes_on_from_wherever_it_was_interrupted() {
    let limits = Limits::between(50, 20_000);
    each_seed(50, |seed, random| {
        let server = Noisy { knee: random.random_range(60.0..9000.0), blur: 0.05, wrong: 0.05 };
        let (ended, answer) = search(limits, |load| server.step(load, random));
        let steps = results(&ended);
        let mut watched = Search::new(limits).expect("limits");
        for at in 0..steps.len() {
            let resumed = Search::resume(limits, steps[..at].to_vec()).expect("its own steps");
            assert_eq!(resumed, watched, "CHATBENCH_SEED={seed}, step {at}");
            assert_eq!(resumed.next(), watched.next(), "CHATBENCH_SEED={seed}, step {at}");
            watched.record(steps[at].clone()).expect("its own step");
        }
        assert_eq!(watched.next(), Next::Done(answer), "CHATBENCH_SEED={seed}");
    });
}

#[test]
fn what_ended_a_search_without_an_answer_is_tried_again() {
    let limits = Limits::between(100, 10_000);
    for why in [saturated(), unknown(Unclear::Interrupted)] {
        let (ended, _) =
            search(limits, |load| if load == 800 { why.clone() } else { holds_if(true) });
        let mut resumed = Search::resume(limits, results(&ended)).expect("its own steps");
        assert_eq!(resumed.steps().len(), ended.steps().len() - 1);
        let Next::Try { load: 800, .. } = resumed.next() else { panic!("{:?}", resumed.next()) };
        resumed.record(StepResult { load: 800, verdict: holds_if(false) }).expect("asked for");
        assert!(matches!(resumed.next(), Next::Try { load: 566, .. }));
    }
}

#[test]
fn more_steps_may_be_allowed_than_before() {
    let limits = Limits::between(100, 10_000);
    let few = Limits { steps_max: 5, ..limits };
    let (ended, _) = search(few, |load| holds_if(load <= 250));
    let resumed = Search::resume(limits, results(&ended)).expect("its own steps");
    assert!(matches!(resumed.next(), Next::Try { .. }));
}

#[test]
fn steps_of_another_search_are_refused() {
    let limits = Limits::between(100, 10_000);
    let (ended, _) = search(limits, |load| holds_if(load <= 250));
    let other = Limits { growth: 3.0, ..limits };
    let refused = Search::resume(other, results(&ended)).expect_err("other limits");
    assert_eq!(
        refused.to_string(),
        "step 2 offered 200, where a search within these limits wanted 300: it belongs to another"
    );
    let bad = Search::resume(Limits { growth: 0.0, ..limits }, []).expect_err("bad limits");
    assert!(matches!(bad, ResumeError::Limits(_)));
    let mut whole = ended.clone();
    let late = whole.record(StepResult { load: 100, verdict: holds_if(true) });
    assert!(late.expect_err("it had ended").to_string().contains("had ended"));
    assert_eq!(whole, ended);
}

#[test]
fn what_is_kept_reads_back_as_it_was() {
    let limits = Limits::between(100, 10_000);
    let (ended, answer) =
        search(limits, |load| if load > 500 { saturated() } else { holds_if(load < 300) });
    let kept = serde_json::to_string(&(limits, ended.steps(), &answer)).expect("JSON");
    let read: (Limits, Vec<super::super::Step>, super::super::Answer) =
        serde_json::from_str(&kept).expect("what was written");
    assert_eq!((read.0, &read.1[..], &read.2), (limits, ended.steps(), &answer));
    let first = serde_json::to_string(&ended.steps()[0]).expect("JSON");
    assert_eq!(first, r#"{"purpose":"first","result":{"load":100,"verdict":{"kind":"holds"}}}"#);
}
