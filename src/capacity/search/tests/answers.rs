//! Answers: how near they come to a capacity that is known, and in how many steps.

use rand::RngExt;

use super::super::{
    Answer, Conclusion, Failure, Limits, Purpose, Reason, Remark, StepVerdict, Unclear,
};
use super::servers::{Leaking, Noisy, Queue, Restless, fails, holds_if};
use super::{each_seed, search};

/// How far from the truth an answer may be.
const TOLERANCE: f64 = 0.10;

fn is_near(answer: &Answer, truth: f64) -> bool {
    let load = answer.holds.as_ref().map_or(0, |holds| holds.load);
    (load as f64 / truth - 1.0).abs() <= TOLERANCE
}

/// What became of many searches.
#[derive(Debug, Default)]
struct Census {
    searches: usize,
    /// Seeds whose answer is far from the truth: what must hardly ever happen.
    far: Vec<u64>,
    /// Seeds without an answer, as the server contradicted itself.
    contradictory: Vec<u64>,
    /// Seeds without an answer, as a load was never steady.
    unsteady: Vec<u64>,
    steps: u32,
    steps_most: u32,
}

impl Census {
    fn add(&mut self, seed: u64, answer: &Answer, truth: f64) {
        self.searches += 1;
        self.steps += answer.steps;
        self.steps_most = self.steps_most.max(answer.steps);
        match answer.conclusion {
            Conclusion::Found if is_near(answer, truth) => {}
            Conclusion::Found => self.far.push(seed),
            Conclusion::Unknown { why: Reason::Contradictory { .. } } => {
                self.contradictory.push(seed);
            }
            Conclusion::Unknown { why: Reason::Step { why: Unclear::NotSteady { .. }, .. } } => {
                self.unsteady.push(seed);
            }
            _ => panic!("CHATBENCH_SEED={seed}, the truth is {truth}: {answer}"),
        }
    }

    /// Asserts on shares of the searches, in percent, of a single search rounded up.
    fn assert(&self, far_percent_max: usize, contradictory_percent_max: usize) {
        let share = |percent| self.share(percent);
        assert!(self.far.len() <= share(far_percent_max), "{self:?}");
        assert!(self.contradictory.len() <= share(contradictory_percent_max), "{self:?}");
    }

    fn assert_unsteady(&self, percent_max: usize) {
        assert!(self.unsteady.len() <= self.share(percent_max), "{self:?}");
    }

    fn share(&self, percent: usize) -> usize {
        (percent * self.searches).div_ceil(100)
    }
}

#[test]
fn a_queue_is_found_where_its_percentile_crosses_the_limit() {
    let limits = Limits::between(50, 20_000);
    let mut census = Census::default();
    each_seed(24, |seed, random| {
        let served_per_s = random.random_range(500.0..3000.0);
        let limit_s = random.random_range(10.0..25.0) / served_per_s;
        let queue = Queue { served_per_s, limit_s, by_chance: true };
        let (_, answer) = search(limits, |load| queue.step(load, random));
        census.add(seed, &answer, queue.capacity());
        assert!(answer.fails.is_some_and(|fails| !fails.why.is_empty()));
    });
    census.assert(0, 0);
    census.assert_unsteady(5);
    let enough = limits.steps_needed() * census.searches as u32;
    assert!(census.searches == 1 || census.steps <= enough, "{census:?}");
}

/// Steps just above what a queue can serve are little too much: it grows by a few milliseconds in
/// a second, and all the same there is an answer. A limit of a minute is passed by no percentile.
#[test]
fn a_backlog_that_grows_is_a_failure_whatever_the_percentile_says() {
    for (by_chance, limit_s, precision, unsteady_percent_max) in
        [(false, 60.0, 0.01, 0), (false, 60.0, 0.05, 0), (true, 0.1, 0.05, 15)]
    {
        let mut census = Census::default();
        each_seed(24, |seed, random| {
            let served_per_s = random.random_range(500.0..1500.0);
            let queue = Queue { served_per_s, limit_s, by_chance };
            let truth = if by_chance { queue.capacity() } else { served_per_s };
            let limits = Limits { precision, ..Limits::between(300, 20_000) };
            let (_, answer) = search(limits, |load| queue.step(load, random));
            census.add(seed, &answer, truth);
            let backlog = |why: &Failure| matches!(why, Failure::BacklogGrows { .. });
            let why: Vec<_> = answer.fails.into_iter().flat_map(|it| it.why).collect();
            assert!(by_chance || why.iter().all(backlog), "CHATBENCH_SEED={seed}: {why:?}");
        });
        census.assert(0, 0);
        census.assert_unsteady(unsteady_percent_max);
    }
}

/// Each load has as many tries as it needs, whatever `repeats` asks for.
#[test]
fn a_server_that_is_restless_now_and_then_is_found_all_the_same() {
    for (unsteady, confirmations, unsteady_percent_max) in
        [(0.0, 10, 0), (0.1, 3, 5), (0.1, 10, 5), (0.2, 3, 15), (0.2, 10, 25)]
    {
        let limits = Limits { confirmations, ..Limits::between(50, 20_000) };
        let limits = Limits { steps_max: limits.steps_needed() * 3, ..limits };
        let mut census = Census::default();
        each_seed(200, |seed, random| {
            let holds = random.random_range(100..10_000);
            let server = Restless { holds, unsteady };
            let (_, answer) = search(limits, |load| server.step(load, random));
            census.add(seed, &answer, holds as f64);
        });
        census.assert(0, 0);
        census.assert_unsteady(unsteady_percent_max);
    }
}

#[test]
fn a_cliff_is_found_within_the_precision_and_the_steps_needed() {
    let limits = Limits::between(100, 100_000);
    each_seed(300, |seed, random| {
        let cliff = random.random_range(1..100_000);
        let (_, answer) = search(limits, |load| holds_if(load <= cliff));
        let said = format!("CHATBENCH_SEED={seed}, the truth is {cliff}: {answer}");
        assert_eq!(answer.conclusion, Conclusion::Found, "{said}");
        let (holds, fails) = (answer.holds.expect("one"), answer.fails.expect("one"));
        assert!(holds.load <= cliff && cliff < fails.load, "{said}");
        let most = (holds.load as f64 * 1.05).max(holds.load as f64 + 1.0);
        assert!(fails.load as f64 <= most, "{said}");
        assert_eq!((holds.held, holds.failed, fails.held, fails.failed), (3, 0, 0, 3), "{said}");
        assert!(answer.steps <= limits.steps_needed() && answer.remarks.is_empty(), "{said}");
    });
}

#[test]
fn every_step_is_taken_for_what_it_says() {
    use Purpose::{Beyond, Bisect, Confirm, First, Grow};
    let (ended, _) = search(Limits::between(100, 10_000), |load| holds_if(load <= 250));
    let steps: Vec<_> = ended.steps().iter().map(|it| (it.purpose, it.result.load)).collect();
    let wanted = [
        [(First, 100), (Grow, 200), (Grow, 400)],
        [(Bisect, 283), (Bisect, 238), (Bisect, 260)],
        [(Bisect, 249), (Confirm, 249), (Confirm, 260)],
        [(Confirm, 249), (Confirm, 260), (Beyond, 520)],
    ];
    assert_eq!(steps, wanted.concat());
}

#[test]
fn noise_near_the_knee_and_bad_luck_anywhere_cost_steps_and_not_the_truth() {
    let limits = Limits::between(50, 100_000);
    // Blur, share of wrong steps, and how many answers may be far or missing, in percent.
    let cases = [(0.01, 0.0, 0, 0), (0.02, 0.02, 1, 2), (0.0001, 0.02, 0, 1), (0.02, 0.05, 2, 8)];
    for (blur, wrong, far, contradictory) in cases {
        let mut census = Census::default();
        each_seed(300, |seed, random| {
            let knee = random.random_range(200.0..20_000.0);
            let server = Noisy { knee, blur, wrong };
            let (_, answer) = search(limits, |load| server.step(load, random));
            census.add(seed, &answer, knee);
        });
        census.assert(far, contradictory);
        assert!(census.steps_most <= limits.steps_max, "{census:?}");
    }
}

#[test]
fn one_unlucky_step_on_the_way_is_outvoted() {
    let mut unlucky = Some(200);
    let (_, answer) = search(Limits::between(50, 20_000), |load| {
        holds_if(load <= 3000 && unlucky.take_if(|it| *it == load).is_none())
    });
    assert_eq!(answer.conclusion, Conclusion::Found);
    assert!(is_near(&answer, 3000.0), "{answer}");
    assert_eq!(answer.remarks, [Remark::Contradicted { held_first: 0, failed_first: 1 }]);
}

#[test]
fn a_server_that_leaks_is_found_as_it_is_at_last_or_said_to_contradict_itself() {
    let limits = Limits::between(50, 100_000);
    // What each step takes, and whether that can be told from noise.
    let cases = [
        (0.0, Some(0)),
        (0.001, Some(0)),
        (0.01, None),
        (0.02, Some(100)),
        (0.05, Some(100)),
        (0.2, Some(100)),
    ];
    for (lost_per_step, contradictory) in cases {
        let mut census = Census::default();
        each_seed(100, |seed, random| {
            let holds = random.random_range(1000.0..20_000.0);
            let mut server = Leaking { holds, lost_per_step };
            let (_, answer) = search(limits, |load| server.step(load));
            census.add(seed, &answer, server.holds);
            if let Conclusion::Unknown { why } = &answer.conclusion {
                assert!(why.remedy().contains("leak"), "CHATBENCH_SEED={seed}: {answer}");
            }
        });
        census.assert(0, 100);
        let percent = 100 * census.contradictory.len() / census.searches;
        assert!(
            contradictory.is_none_or(|wanted| wanted == percent),
            "{lost_per_step}: {census:?}"
        );
    }
}

/// Holds 150, fails from there to 250, and holds again to 600.
fn dip(load: u64) -> StepVerdict {
    holds_if(load <= 150 || (251..=600).contains(&load))
}

#[test]
fn a_server_that_is_not_monotone_is_answered_for_below_the_dip_and_the_answer_says_so() {
    let (search_steps, answer) = search(Limits::between(100, 10_000), dip);
    assert_eq!(answer.conclusion, Conclusion::Found);
    let holds = answer.holds.as_ref().expect("a load that holds");
    assert!((143..=150).contains(&holds.load), "{answer}");
    assert_eq!(answer.remarks, [Remark::HoldsAgain { load: 283 }]);
    assert!(answer.to_string().ends_with("not monotone: it held 283, far above"), "{answer}");
    let last = search_steps.steps().last().expect("steps");
    assert_eq!((last.purpose, last.result.load), (Purpose::Beyond, 283));
}

#[test]
fn a_dip_that_is_stepped_over_or_not_looked_for_is_not_seen() {
    let (_, answer) = search(Limits::between(400, 10_000), dip);
    assert!(is_near(&answer, 600.0) && answer.remarks.is_empty(), "{answer}");
    let limits = Limits { beyond_steps_max: 0, ..Limits::between(100, 10_000) };
    let (_, answer) = search(limits, dip);
    assert!(is_near(&answer, 150.0) && answer.remarks.is_empty(), "{answer}");
}

#[test]
fn whoever_looks_further_beyond_goes_on_as_long_as_it_fails() {
    let limits = Limits { beyond_steps_max: 3, ..Limits::between(100, 1000) };
    let beyond = |server: fn(u64) -> StepVerdict| {
        let (search, _) = search(limits, server);
        let looks = search.steps().iter().filter(|step| step.purpose == Purpose::Beyond);
        looks.map(|step| step.result.load).collect::<Vec<_>>()
    };
    // Twice the load that fails is farther than half a doubling above what was tried, 200.
    assert_eq!(beyond(|load| holds_if(load <= 150)), [283, 401, 568]);
    assert_eq!(beyond(|load| holds_if(load <= 390)), [566, 801, 1000]);
    assert_eq!(beyond(dip), [283]);
    assert_eq!(beyond(|load| holds_if(load <= 70)), [142, 201, 285]);
}

#[test]
fn a_server_that_holds_all_or_nothing_gives_an_interval_with_one_end() {
    let limits = Limits::between(100, 1000);
    let (_, answer) = search(limits, |_| StepVerdict::Holds);
    assert_eq!((&answer.conclusion, &answer.fails), (&Conclusion::AtLeast, &None));
    assert_eq!(
        answer.to_string(),
        "at least: holds 1000 (held 3 of 3; a step holds with 29 to 100 %, at 95 % confidence), \
         open above"
    );
    let (_, answer) = search(limits, |_| fails());
    assert_eq!((&answer.conclusion, &answer.holds), (&Conclusion::Nothing, &None));
    assert_eq!(
        answer.to_string(),
        "holds nothing: fails 1 (held 0 of 3; a step holds with 0 to 71 %, at 95 % confidence)"
    );
}
