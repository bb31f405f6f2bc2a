//! Planted: how many violations the faults of a run must have made.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chatbench::oracle::ViolationKind;
use chatbench::report::Report;

/// Standard deviations around the mean that chance may take: more happen once in 500 million.
const DEVIATIONS_MAX: f64 = 6.0;

/// What a fault is decided for, and how many violations one that happens makes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Planted {
    /// For each message: one.
    Once,
    /// For each message: one for each other member of the room.
    Others,
    /// For each message: up to one for each other member of the room.
    OthersAtMost,
    /// For each message: one for each member of another room.
    OtherRoom,
    /// For each message: one for each user who is not in the room.
    Strangers,
    /// For each join: at least one, all of the same user in the same room.
    PerJoin,
    /// The same, but not before the join is 2 s old.
    PerJoinLater,
    /// For each join of users in two rooms: if it is the second, at least one in the first room.
    PerSecondRoom,
    /// For each message: for each member of the room at least one from there on.
    RestOfRoom,
}

impl Planted {
    /// How many violations a fault of a message makes, in a run of rooms of one size.
    fn of_each(self, report: &Report) -> RangeInclusive<u64> {
        let size = report.scenario.memberships / report.scenario.rooms;
        match self {
            Planted::Once => 1..=1,
            Planted::Others => size - 1..=size - 1,
            Planted::OthersAtMost => 0..=size - 1,
            Planted::OtherRoom => size..=size,
            Planted::Strangers => report.scenario.users - size..=report.scenario.users - size,
            Planted::PerJoin
            | Planted::PerJoinLater
            | Planted::PerSecondRoom
            | Planted::RestOfRoom => unreachable!("who missed something is counted"),
        }
    }

    /// Of how many memberships there must be violations; `None` where these count themselves.
    fn memberships(self, rate: f64, report: &Report) -> Option<RangeInclusive<u64>> {
        let (scenario, sent) = (&report.scenario, report.counters.messages_sent);
        match self {
            Planted::PerJoin | Planted::PerJoinLater => Some(hits(scenario.memberships, rate)),
            Planted::PerSecondRoom => Some(hits(scenario.users, rate)),
            Planted::RestOfRoom => {
                let (hits, size) = (hits(sent, rate), scenario.memberships / scenario.rooms);
                // The second time in a room makes no difference, so of the least number of times
                // no more than one is sure to.
                let least = if rate < 1.0 { 1 } else { scenario.rooms };
                Some(least * size..=scenario.rooms.min(*hits.end()) * size)
            }
            _ => None,
        }
    }

    /// Holds the violations of `kind` in `report` against faults of this `rate`.
    pub(crate) fn check(self, rate: f64, kind: ViolationKind, report: &Report) {
        let (found, wanted) = match self.memberships(rate, report) {
            Some(wanted) => (accusers(kind, report), wanted),
            None => {
                let each = self.of_each(report);
                // Before the load not everybody is in, so that a fault may make less of itself.
                let of_load = hits(report.counters.messages_sent, rate);
                let of_all = hits(report.tally.messages, rate);
                let wanted = (of_load.start() * each.start()).max(1)..=of_all.end() * each.end();
                (report.violations.by_kind.of(kind), wanted)
            }
        };
        let name = kind.name();
        assert!(wanted.contains(&found), "{found} {name} where {wanted:?} were planted");
    }
}

/// The memberships of which there is a violation of `kind`.
fn accusers(kind: ViolationKind, report: &Report) -> u64 {
    let violations = &report.violations;
    let kept = violations.stories(kind).count() as u64;
    assert_eq!(kept, violations.by_kind.of(kind), "not all of them were kept");
    let stories = violations.stories(kind);
    let members: BTreeSet<_> = stories.map(|story| (&story.receiver, &story.room)).collect();
    members.len() as u64
}

/// How often something with a probability of `rate` happens in `chances`: at least once.
fn hits(chances: u64, rate: f64) -> RangeInclusive<u64> {
    let mean = chances as f64 * rate;
    let spread = DEVIATIONS_MAX * (mean * (1.0 - rate)).sqrt();
    let min = (mean - spread).max(1.0).floor() as u64;
    min..=(mean + spread).ceil() as u64
}

#[test]
fn what_always_happens_is_counted_exactly() {
    assert_eq!(hits(1_200, 1.0), 1_200..=1_200);
    assert_eq!(hits(7_500, 0.001), 1..=24);
}
