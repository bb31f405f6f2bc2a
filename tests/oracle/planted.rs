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
    /// For each join: at least one, all of the same user.
    PerJoin,
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
            Planted::PerJoin => unreachable!("a join is no message"),
        }
    }

    /// Holds the violations of `kind` in `report` against faults of this `rate`.
    pub(crate) fn check(self, rate: f64, kind: ViolationKind, report: &Report) {
        let (found, wanted) = match self {
            Planted::PerJoin => (accusers(kind, report), hits(report.scenario.memberships, rate)),
            _ => {
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

/// The users of whom there is a violation of `kind`.
fn accusers(kind: ViolationKind, report: &Report) -> u64 {
    let violations = &report.violations;
    let kept = violations.stories(kind).count() as u64;
    assert_eq!(kept, violations.by_kind.of(kind), "not all of them were kept");
    let users: BTreeSet<_> = violations.stories(kind).map(|story| &story.receiver).collect();
    users.len() as u64
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
