//! Overrides: what each flag changes.

use super::*;

fn overridden(text: &str, overrides: &Overrides) -> Scenario {
    Scenario::parse("test.yaml", text, overrides).expect("a scenario")
}

fn set(assignments: &[&str]) -> Overrides {
    let set = assignments.iter().map(|text| text.parse().expect("path=value")).collect();
    Overrides { set, ..Overrides::default() }
}

#[test]
fn any_field_can_be_set() {
    let overrides = set(&[
        "load.phases.0.hold.rate=10/s",
        "load.phases[0].hold.for=2 s",
        "thresholds.delivery_latency.p99.9=1 s",
        "message={size: 40 B, alphabet: mixed}",
        "order=off",
        "rooms.count=10",
        "rooms.count=20",
    ]);
    let changed = overridden(SMALL, &overrides);
    assert_eq!(changed.load.profile.total(), 20.0);
    assert_eq!(changed.thresholds.latencies[0].statistic.to_string(), "p99.9");
    assert_eq!(changed.message.sizes, Sizes::Fixed(40));
    assert_eq!(changed.order, OrderPolicy::Off);
    assert_eq!(changed.population.seating, Seating::Even { users: 300, rooms: 20 });
}

#[test]
fn rate_and_duration_change_all_phases_in_proportion() {
    let text = "
users: 30
rooms: {count: 3}
load:
  phases:
    - ramp: {from: 0/s, to: 600/min, for: 10 s}
    - spike: {base: 10/s, peak: 20/s, for: 20 s, at: 10 s, lasting: 10 s}
";
    let overrides = Overrides {
        rate: Some("200/s".parse().expect("a rate")),
        duration: Some("10 s".parse().expect("a duration")),
        ..Overrides::default()
    };
    let profile = overridden(text, &overrides).load.profile;
    assert_eq!(profile.peak(), 200.0);
    assert!((profile.duration().as_secs_f64() - 10.0).abs() < 1e-6);
    let before = scenario(text).load.profile;
    let factor = 10.0 * 10.0 / 30.0;
    assert!((profile.total() - before.total() * factor).abs() < 1e-3, "{}", profile.total());
}

#[test]
fn a_spike_at_the_end_of_its_phase_stays_in_it_however_long_that_gets() {
    let text = "
users: 30
rooms: {count: 3}
load:
  phases:
    - hold: {rate: 1/s, for: 3 s}
    - spike: {base: 1/s, peak: 2/s, for: 17 s, at: 10 s, lasting: 7 s}
    - hold: {rate: 1/s, for: 11 s}
";
    for millis in 1..1000 {
        let duration = format!("{millis} ms").parse().ok();
        overridden(text, &Overrides { duration, ..Overrides::default() });
    }
}

#[test]
fn more_clients_are_more_rooms_where_the_size_is_given() {
    let clients = |clients| Overrides { clients: Some(clients), ..Overrides::default() };
    let sized = SMALL.replace("users: 300", "").replace("count: 30", "count: 30, size: 10");
    let seating = overridden(&sized, &clients(500)).population.seating;
    assert_eq!(seating, Seating::Filled { users: 500, size: RoomSize::Fixed(10) });
    let seating = overridden(SMALL, &clients(500)).population.seating;
    assert_eq!(seating, Seating::Even { users: 500, rooms: 30 });
}

#[test]
fn targets_take_the_place_of_the_files() {
    let target = |urls: &[&str]| {
        let target = urls.iter().map(|url| (*url).to_owned()).collect();
        overridden(SMALL, &Overrides { target, ..Overrides::default() }).target
    };
    assert_eq!(target(&[]), Target::Reference);
    let Target::Urls(urls) = target(&["wss://[::1]/chat/?token=1", "http://b:3000"]) else {
        panic!("two URLs");
    };
    let shown: Vec<_> = urls.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["https://[::1]/chat?token=1", "http://b:3000"]);
    assert_eq!((urls[0].host.as_str(), urls[0].port, urls[0].secure), ("::1", 443, true));
    assert_eq!((urls[0].prefix.as_str(), urls[0].query.as_str()), ("/chat", "token=1"));
}

#[test]
fn what_was_overridden_is_written_down() {
    let overrides = Overrides {
        rate: Some("7/s".parse().expect("a rate")),
        target: vec!["http://a".into()],
        ..set(&["dialect.join.event=enter", "dialect.send={event: s, payload: '${text}'}"])
    };
    let overrides = Overrides {
        set: [overrides.set.clone(), set(&["dialect.receive.event=r", "seed=1"]).set].concat(),
        ..overrides
    };
    let changed = overridden(SMALL, &overrides);
    let yaml = changed.to_yaml(2);
    let again = overridden(&yaml, &Overrides { seed: Some(1), ..Overrides::default() });
    assert_eq!(again, changed, "{yaml}");
}
