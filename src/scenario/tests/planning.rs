//! Plans: what holds of every plan of every scenario, and what a change leaves alone.

use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;

use super::*;

/// `rooms:` and, where they are given, `users:`, of scenarios that can be planned.
fn populations() -> impl Strategy<Value = String> {
    let size = prop_oneof![
        (2..30_u32).prop_map(|size| size.to_string()),
        (2..10_u32, 0..30_u32)
            .prop_map(|(min, more)| format!("{{uniform: {{min: {min}, max: {}}}}}", min + more)),
        (2..10_u32, 0..50_u32, 0.0..3.0_f64).prop_map(|(min, more, exponent)| {
            format!("{{zipf: {{min: {min}, max: {}, exponent: {exponent}}}}}", min + more)
        }),
    ];
    let names = prop_oneof![Just("plain"), Just("provoking")];
    let counted = (1..200_u32, size.clone(), 1..4_u32, names.clone()).prop_map(
        |(count, size, per_user, names)| {
            format!("rooms: {{count: {count}, size: {size}, per_user: {per_user}, names: {names}}}")
        },
    );
    let filled = (1..2000_u32, size, 1..4_u32).prop_map(|(users, size, each)| {
        format!("users: {users}\nrooms: {{size: {size}, per_user: {each}}}")
    });
    let even = (1..2000_u32, 1..200_u32, 1..4_u32).prop_map(|(users, count, each)| {
        format!("users: {users}\nrooms: {{count: {count}, per_user: {each}}}")
    });
    prop_oneof![counted, filled, even]
}

const LOAD: &str = "load: {speakers: 30%, phases: [{hold: {rate: 10/s, for: 1 s}}]}";

fn read(population: &str) -> Result<Scenario, ScenarioError> {
    Scenario::parse("test.yaml", &format!("{population}\n{LOAD}"), &Overrides::default())
}

fn seats(plan: &Plan) -> usize {
    plan.rooms.iter().map(|room| room.members.len()).sum()
}

fn check_rooms(plan: &Plan) {
    let mut names = HashSet::new();
    for room in &plan.rooms {
        assert!(names.insert(&room.name), "{} is there twice", room.name);
        let name: String = serde_json::from_str(&format!("\"{}\"", room.name_json)).expect("JSON");
        assert_eq!(name, *room.name);
        let members: BTreeSet<_> = room.members.iter().collect();
        assert_eq!(members.len(), room.members.len(), "somebody is in {} twice", room.name);
        assert!(members.len() >= 2, "{} has {} members", room.name, members.len());
        let share = f64::from(room.speakers) / members.len() as f64;
        assert!(room.speakers == 1 || (0.2..=0.4).contains(&share), "{share} speak");
    }
    assert_eq!(plan.speakers, plan.rooms.iter().map(|room| room.speakers).sum::<u32>());
}

fn check_users(plan: &Plan, per_user: usize) {
    for (user, index) in plan.users.iter().zip(0..) {
        assert_eq!(user.memberships.len(), per_user, "{}", user.author);
        assert!(user.memberships.is_sorted());
        let mut cells = BTreeSet::new();
        for &(room, slot) in &user.memberships {
            let room = &plan.rooms[room.index()];
            assert_eq!(room.members[slot as usize].0, index);
            cells.insert(room.cell);
        }
        assert_eq!(cells.len(), 1, "{} is in cells {cells:?}", user.author);
    }
    assert_eq!(seats(plan), plan.users.len() * per_user);
}

fn check_counts(plan: &Plan, population: &Population) {
    let (users, rooms, size) = match population.seating {
        Seating::Even { users, rooms } => (Some(users), Some(rooms), None),
        Seating::Filled { users, size } => (Some(users), None, Some(size)),
        Seating::Counted { rooms, size } => (None, Some(rooms), Some(size)),
        Seating::Alike { .. } => panic!("no scenario says this"),
    };
    assert!(users.is_none_or(|users| plan.users.len() == users as usize));
    assert!(rooms.is_none_or(|rooms| plan.rooms.len() == rooms as usize));
    let (min, max) = match size {
        None => {
            let mean = seats(plan) as u32 / plan.rooms.len() as u32;
            (mean, mean + 1)
        }
        Some(RoomSize::Fixed(size)) => (size, size),
        Some(RoomSize::Uniform { min, max } | RoomSize::Zipf { min, max, .. }) => (min, max),
    };
    // All but the few that had to make whole users fit.
    let odd = plan.rooms.iter().filter(|room| {
        let members = room.members.len() as u32;
        members < min || members > max
    });
    assert!(odd.count() <= 1, "rooms of other sizes than {min} to {max}");
}

fn check_division(plan: &Plan, shards: usize) {
    let divided = plan.divide(shards);
    assert_eq!(divided.len(), shards.min(plan.cells as usize));
    let mut rooms: Vec<_> = divided.iter().flat_map(|shard| &shard.rooms).collect();
    let mut users: Vec<_> = divided.iter().flat_map(|shard| &shard.users).collect();
    rooms.sort();
    users.sort();
    assert!(rooms.iter().map(|room| room.index()).eq(0..plan.rooms.len()));
    assert!(users.iter().map(|user| user.index()).eq(0..plan.users.len()));
    for shard in &divided {
        let users: HashSet<_> = shard.users.iter().collect();
        let members = shard.rooms.iter().flat_map(|room| &plan.rooms[room.index()].members);
        assert_eq!(members.copied().collect::<HashSet<_>>().len(), users.len());
        assert!(shard.rooms.iter().all(|room| {
            plan.rooms[room.index()].members.iter().all(|member| users.contains(member))
        }));
    }
}

proptest! {
    #[test]
    fn every_plan_seats_everybody_once_in_each_room(
        population in populations(), seed: u64, shards in 1..20_usize,
    ) {
        // What cannot be meant, or drew what cannot be seated, is an error and no plan.
        let Ok(scenario) = read(&population) else { return Err(TestCaseError::reject("no")) };
        let Ok(plan) = Plan::new(&scenario, seed) else { return Err(TestCaseError::reject("no")) };
        check_rooms(&plan);
        check_users(&plan, scenario.population.per_user as usize);
        check_division(&plan, shards);
        check_counts(&plan, &scenario.population);
        prop_assert_eq!(&Plan::new(&scenario, seed).expect("a plan"), &plan);
    }

    #[test]
    fn a_room_more_leaves_the_others_alone(seed: u64, count in 150..200_u32, per_user in 1..4_u32) {
        let plan = |count: u32| {
            let size = "{uniform: {min: 4, max: 8}}";
            let rooms = format!("rooms: {{count: {count}, size: {size}, per_user: {per_user}}}");
            Plan::new(&read(&rooms).expect("a scenario"), seed).expect("a plan")
        };
        let (before, after) = (plan(count), plan(count + 1));
        // With several rooms per user, the last cells change to make room for the new one.
        let changed = if per_user == 1 { 0 } else { 2 };
        let cells = before.cells.min(after.cells).checked_sub(changed).expect("several cells");
        let rooms = before.rooms.iter().filter(|room| room.cell < cells).count();
        prop_assert!(rooms >= 50, "only {rooms} rooms were left alone");
        prop_assert_eq!(&before.rooms[..rooms], &after.rooms[..rooms]);
        let in_cells = |user: &&User| before.rooms[user.memberships[0].0.index()].cell < cells;
        let users = before.users.iter().filter(in_cells).count();
        prop_assert_eq!(&before.users[..users], &after.users[..users]);
    }

    #[test]
    fn another_seed_is_another_plan(seed in 0..u64::MAX) {
        let scenario = read("rooms: {count: 50, size: {uniform: {min: 2, max: 20}}, per_user: 2}");
        let scenario = scenario.expect("a scenario");
        let rooms = |seed| Plan::new(&scenario, seed).expect("a plan").rooms;
        prop_assert_ne!(rooms(seed), rooms(seed + 1));
    }
}

#[test]
fn users_in_several_rooms_meet_different_people_in_each() {
    let scenario = read("users: 400\nrooms: {size: 10, per_user: 2}").expect("a scenario");
    let plan = Plan::new(&scenario, 1).expect("a plan");
    assert!(plan.cells >= 8, "{} cells", plan.cells);
    let shared = plan.users.iter().filter(|user| {
        let members = |at: usize| plan.rooms[user.memberships[at].0.index()].members.iter();
        members(0).filter(|member| members(1).any(|other| other == *member)).count() > 5
    });
    assert!(shared.count() < 40, "rooms are copies of each other");
}

#[test]
fn shards_have_about_equally_much_to_hear() {
    let rooms = "rooms: {count: 500, size: {zipf: {min: 2, max: 100, exponent: 1.1}}}";
    let plan = Plan::new(&read(rooms).expect("a scenario"), 1).expect("a plan");
    let loads = plan.divide(8).into_iter().map(|shard| {
        let rooms = shard.rooms.iter().map(|room| &plan.rooms[room.index()]);
        rooms.map(|room| room.speakers as usize * room.members.len()).sum::<usize>()
    });
    let loads: Vec<_> = loads.collect();
    let (least, most) = (loads.iter().min().unwrap(), loads.iter().max().unwrap());
    assert!(most * 100 <= least * 102, "{loads:?}");
}

#[test]
fn connecting_is_spread_over_time_and_targets() {
    let text = format!("target: [http://a, http://b]\nusers: 1000\nrooms: {{size: 10}}\n{LOAD}")
        .replace("load: {", "load: {connect_rate: 100/s, ");
    let plan = Plan::new(&scenario(&text), 1).expect("a plan");
    assert_eq!(plan.users[999].connect_after.as_millis(), 9990);
    assert!(plan.users.is_sorted_by_key(|user| user.connect_after));
    for room in &plan.rooms {
        let at_b = room.members.iter().filter(|user| plan.users[user.index()].target == 1).count();
        assert_eq!(at_b, 5, "a room's members are on both servers");
    }
}

#[test]
fn a_hundred_thousand_users_are_planned_at_once() {
    let scenario = read("users: 100000\nrooms: {size: 50, per_user: 3}").expect("a scenario");
    let plan = Plan::new(&scenario, 1).expect("a plan");
    assert_eq!((plan.users.len(), plan.rooms.len()), (100_000, 6000));
    assert!(size_of::<User>() <= 64, "{} bytes", size_of::<User>());
}
