//! Loads: a scenario at the loads of a search for a server's capacity.

use std::time::Duration;

use super::*;

const SCENARIO: &str = "
users: 300
rooms: {count: 30}
load:
  phases: [{ramp: {from: 0/s, to: 200/s, for: 10 s}}, {hold: {rate: 100/s, for: 5 s}}]
  churn: {leave: 3/s, storms: [{at: 2 s}]}
  outages: [{at: 1 s, lasting: 1 s}]
";

fn at(text: &str, load: u64) -> (Scenario, Plan) {
    let scenario = scenario(text);
    let own = scenario.own_load(&Plan::new(&scenario, 1).expect("a plan"));
    let scenario = scenario.at_load(load, own).expect("there can be such a load");
    let plan = Plan::new(&scenario, 1).expect("a plan");
    (scenario, plan)
}

#[test]
fn more_users_say_as_much_each_in_rooms_as_large() {
    let (scenario, plan) = at(SCENARIO, 450);
    assert_eq!((plan.users.len(), plan.rooms.len()), (450, 45));
    let load = &scenario.load;
    assert_eq!(load.profile.peak(), 300.0);
    assert_eq!(load.profile.rate_at(Duration::ZERO), 300.0, "it does not grow meanwhile");
    assert_eq!(load.profile.duration(), Duration::from_secs(20));
    assert_eq!((load.churn.storms.len(), load.outages.clone()), (0, Outages::None));
    assert!(scenario.to_yaml(1).contains("leave: 4.5/s"), "{}", scenario.to_yaml(1));
}

#[test]
fn any_number_of_users_has_its_seats() {
    let load = "load: {phases: [{hold: {rate: 10/s, for: 5 s}}]}\n";
    for rooms in [
        "users: 20\nrooms: {size: 10}",
        "users: 10\nrooms: {size: 2}",
        "users: 10\nrooms: {count: 5}",
        "users: 30\nrooms: {size: 10, per_user: 3}",
        "rooms: {count: 2, size: 10}",
        "rooms: {count: 5, size: {zipf: {min: 2, max: 9, exponent: 1}}}",
    ] {
        for users in [13, 33, 566, 1_001] {
            let (_, plan) = at(&format!("{rooms}\n{load}"), users);
            assert_eq!(plan.users.len() as u64, users, "{rooms}");
            let members = plan.rooms.iter().map(|room| room.residents);
            assert!(members.max() <= Some(14), "{rooms} for {users}");
        }
    }
}

#[test]
fn more_deliveries_are_said_by_the_same_users() {
    let text = format!("{SCENARIO}capacity: {{vary: deliveries, step: 10 s}}");
    let (scenario, plan) = at(&text, 3_600);
    assert_eq!((plan.users.len(), plan.rooms.len()), (300, 30));
    assert!(scenario.to_yaml(1).contains("leave: 3/s"), "they move as before");
    // Each message has nine receivers.
    assert_eq!(scenario.load.profile.peak(), 400.0);
    assert_eq!(scenario.load.profile.duration(), Duration::from_secs(10));
}

#[test]
fn what_cannot_be_searched_is_told_where_it_stands() {
    for (capacity, place, what) in [
        ("{from: 0}", "capacity.from", "there is no load"),
        ("{from: 9, to: 5}", "capacity.to", "`to` is below `from`: 5 < 9"),
        ("{step: 2 s}", "capacity.step", "a step of 2s shows nothing steady"),
        ("{precision: 90%}", "capacity.precision", "`precision` is 90%"),
        ("{repeats: 0}", "capacity.repeats", "`repeats` is 0"),
        ("{steps_max: 5000}", "capacity.steps_max", "`steps_max` is 5000"),
        ("{size_for: [5, 0]}", "capacity.size_for", "0 users have no size"),
        ("{headroom: 30}", "capacity.headroom", "`30` has no unit"),
        ("{vary: rooms}", "capacity.vary", "rooms"),
    ] {
        let text = format!("{SCENARIO}capacity: {capacity}");
        let error = Scenario::parse("a.yaml", &text, &Overrides::default()).expect_err(place);
        assert!(error.what().contains(what), "{place}: {error}");
        assert!(error.line().is_some_and(|line| line.starts_with("capacity")), "{error}");
    }
}

#[test]
fn what_cannot_happen_any_more_is_not_asked_for() {
    let text = format!(
        "{SCENARIO}thresholds: {{deafness: {{p95: 8 s}}, reconnect_to_heard: {{p95: 3 s}}}}"
    );
    let (scenario, _) = at(&text, 300);
    assert_eq!(scenario.thresholds.latencies, []);
    let dropping = text.replace("leave: 3/s", "drop: 3/s");
    assert_eq!(at(&dropping, 300).0.thresholds.latencies.len(), 1);
}

#[test]
fn more_than_can_be_said_is_refused() {
    let scenario = scenario(&format!("{SCENARIO}capacity: {{vary: deliveries}}"));
    let error = scenario.at_load(u64::MAX, 1_800.0).expect_err("too much");
    assert!(error.what().contains("more than can be said"), "{error}");
}
