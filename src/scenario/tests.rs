//! Tests of the scenario as a whole: from text to plan.

mod bad;
mod bundled;
mod contradictions;
mod dialects;
mod documented;
mod errors;
mod estimating;
mod loads;
mod observing;
mod overriding;
mod planning;

use super::*;

const SMALL: &str = "
users: 300
rooms: {count: 30}
load: {phases: [{hold: {rate: 200/s, for: 15 s}}]}
";

fn scenario(text: &str) -> Scenario {
    Scenario::parse("test.yaml", text, &Overrides::default()).expect("a scenario")
}

#[test]
fn a_small_scenario_is_planned() {
    let plan = Plan::new(&scenario(SMALL), 1).expect("a plan");
    assert_eq!((plan.users.len(), plan.rooms.len(), plan.cells), (300, 30, 30));
    assert_eq!(plan.divide(4).len(), 4);
}
