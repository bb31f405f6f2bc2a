//! Simulation: chatbench's own load, client and oracle against a model chat server, in memory, on
//! virtual time and over a network that a seed decides about.
//!
//! A failing seed is printed, and `CHATBENCH_SEED` plays it again, and nothing else; with
//! `CHATBENCH_LOUD` it says what happens. `CHATBENCH_SEEDS` is how many worlds there are.

mod churn;
mod fault;
#[path = "../support/scripted/frame.rs"]
#[expect(dead_code, reason = "other tests need the rest of it")]
mod frame;
mod hub;
mod judge;
mod memory;
mod network;
mod pipe;
mod planted;
mod seeds;
mod server;
mod session;
mod weather;
mod world;

use world::{Outcome, World};

/// Worlds that are played with a correct server.
const WORLDS: u64 = 1_000;
/// Worlds that are played twice.
const WORLDS_TWICE: u64 = 30;

#[test]
fn a_correct_server_is_never_accused() {
    let outcomes = seeds::each(seeds::count(WORLDS), |seed| {
        let world = World::drawn(seed);
        let outcome = world.play();
        let record = &outcome.record;
        assert!(record.violations.is_empty(), "{:#?} in {world:#?}", record.violations);
        assert_eq!(record.tally.unjudged, 0, "{world:#?}");
        assert_eq!(record.tally.must, record.tally.must_heard, "{world:#?}");
        assert_eq!(outcome.performed.given_up, 0, "{world:#?}");
        outcome
    });
    if outcomes.len() as u64 >= WORLDS {
        assert_eventful(&outcomes);
    }
}

/// What was meant to happen to a correct server did, so that it was worth watching.
fn assert_eventful(outcomes: &[Outcome]) {
    let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    let deaf = sum(|it| it.record.deaf);
    assert!(deaf >= 10, "only {deaf} joins came to nothing for want of a connection");
    let share_of_must = sum(|it| it.record.tally.must) as f64 / sum(|it| it.record.received) as f64;
    let sums = [
        ("messages", sum(|it| it.record.tally.messages)),
        ("deliveries", sum(|it| it.record.received)),
        ("connections lost", sum(|it| it.record.reconnects)),
        ("messages unsent", sum(|it| it.record.unsent)),
        ("rooms left", sum(|it| it.record.leaves)),
        ("leaves that had their time", sum(|it| it.record.left)),
        ("rooms joined once more", sum(|it| it.record.rejoins)),
        ("goodbyes", sum(|it| it.record.departures)),
        ("connections dropped", sum(|it| it.record.drops)),
        ("users who heard again", sum(|it| it.record.resumed)),
        ("sessions taken up again", sum(|it| it.record.recovered)),
        ("messages missed and told", sum(|it| it.record.tally.replayed)),
        ("connections refused", sum(|it| it.toll.refused)),
        ("connections unanswered", sum(|it| it.toll.unanswered)),
        ("connections cut", sum(|it| it.toll.cuts)),
        ("connections cut in silence", sum(|it| it.toll.silent_cuts)),
        ("chunks lost", sum(|it| it.toll.traffic.chunks_lost)),
        ("chunks split", sum(|it| it.toll.traffic.splits)),
        ("chunks merged", sum(|it| it.toll.traffic.merges)),
        ("writes that waited", sum(|it| it.toll.traffic.waits)),
        ("restarts", sum(|it| it.restarts)),
        ("stalls", sum(|it| it.stalls)),
        ("deliveries let go", sum(|it| it.record.tally.may)),
    ];
    for (what, count) in sums {
        assert!(count >= 100, "only {count} {what}: {sums:?}");
    }
    assert!(share_of_must > 0.5, "only {share_of_must} of what was heard had to be");
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let prints = seeds::each(WORLDS_TWICE, |seed| {
        let [one, other] = [World::drawn(seed).play(), World::drawn(seed).play()];
        assert!(one.record.events > 0, "nothing happens");
        assert_eq!(one.record.fingerprint, other.record.fingerprint, "two histories");
        one.record.fingerprint
    });
    let different: std::collections::BTreeSet<_> = prints.iter().collect();
    assert_eq!(different.len(), prints.len(), "two seeds with one history");
}
