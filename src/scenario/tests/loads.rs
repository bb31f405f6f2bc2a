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
            assert!(members.max() <= Some(11), "{rooms} for {users}");
        }
    }
}

/// Deliveries per second, and the sizes of the rooms.
fn heard(text: &str, load: u64) -> (f64, Vec<u32>) {
    let (scenario, plan) = at(text, load);
    let rooms = plan.rooms.iter().map(|room| room.residents).collect();
    (Estimate::new(&scenario, &plan).deliveries_per_second_max, rooms)
}

#[test]
fn rooms_are_as_large_and_the_last_takes_what_is_left() {
    let of = |rooms: &str, users| {
        let load = "load: {phases: [{hold: {rate: 10/s, for: 5 s}}]}";
        heard(&format!("{rooms}\n{load}"), users).1
    };
    for (rooms, users, wanted) in [
        ("users: 20\nrooms: {size: 10}", 38, vec![10, 10, 10, 8]),
        ("rooms: {count: 2, size: 10}", 38, vec![10, 10, 10, 8]),
        ("users: 20\nrooms: {count: 2}", 38, vec![10, 10, 10, 8]),
        // Whoever is left alone has nobody to hear.
        ("users: 20\nrooms: {size: 10}", 31, vec![10, 10, 11]),
        ("users: 20\nrooms: {size: 10}", 11, vec![11]),
        ("users: 20\nrooms: {size: 10}", 3, vec![3]),
        ("users: 4\nrooms: {size: 2}", 5, vec![2, 3]),
        // What is uneven stays so, in the same order.
        ("users: 9\nrooms: {count: 2}", 20, vec![4, 5, 4, 5, 2]),
        ("users: 9\nrooms: {count: 2}", 10, vec![5, 5]),
        // Nobody sits twice in a room.
        ("users: 30\nrooms: {size: 10, per_user: 3}", 4, vec![4, 4, 4]),
        ("users: 30\nrooms: {size: 10, per_user: 3}", 11, vec![10, 10, 10, 3]),
    ] {
        assert_eq!(of(rooms, users), wanted, "{rooms} for {users}");
    }
    let uneven = "users: 100\nrooms: {count: 7}";
    let own: Vec<u32> = of(uneven, 100);
    assert_eq!((own.len(), own.iter().sum::<u32>()), (7, 100), "{own:?}");
    assert_eq!(of(uneven, 200), [own.clone(), own].concat());
}

/// The load of a step is what its number says: each user hears as much as in the scenario, but for
/// what the last room lacks, and more users hear more together.
#[test]
fn deliveries_grow_with_users_and_with_nothing_else() {
    for (rooms, size) in [
        ("users: 2\nrooms: {size: 2}", 2_u64),
        ("users: 3\nrooms: {size: 3}", 3),
        ("users: 20\nrooms: {size: 10}", 10),
        ("users: 20\nrooms: {count: 2}", 10),
        ("users: 30\nrooms: {size: 10, per_user: 3}", 10),
        ("users: 250\nrooms: {size: 250}", 250),
    ] {
        let text = format!("{rooms}\nload: {{phases: [{{hold: {{rate: 10/s, for: 5 s}}}}]}}");
        let own = scenario(&text);
        let users = own.own_load(&Plan::new(&own, 1).expect("a plan"));
        let each = heard(&text, users as u64).0 / users;
        let mut most = 0.0_f64;
        // A prime, so that one number of users is left over as well as another.
        for users in (size..8 * size).step_by(if size > 100 { 37 } else { 1 }) {
            let (all, sizes) = heard(&text, users);
            let off = all / users as f64 / each - 1.0;
            let bound = (size as f64 / 4.0 + 1.0).max(3.0) / users as f64;
            assert!(off.abs() <= bound + 1e-9, "{rooms} for {users}: {off:.3} off, {sizes:?}");
            let many = users >= 60 && users >= 6 * size;
            assert!(!many || off.abs() <= 0.05, "{rooms} for {users}: {off:.3} off, {sizes:?}");
            // A user who would have been alone gives one room a member more.
            let alone = 2.0 * each / own.population.per_user as f64;
            let slack = if sizes.iter().any(|it| u64::from(*it) > size) { alone } else { 0.0 };
            assert!(all - slack >= most - 1e-9, "{rooms} for {users}: {all} after {most}");
            most = most.max(all - slack);
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
