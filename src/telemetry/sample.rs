//! Sample: a run of two seconds in a search for capacity, for tests.

use super::live::Live;
use super::{About, Follower as _, Telemetry};
use crate::history::{Departure, Event, EventKind};
use crate::metrics::{Gauges, Recorder, Row};
use crate::oracle::KindCounts;
use crate::oracle::ViolationKind::{Echoed, Lost};
use crate::run::{News, Stage};
use crate::time::Timestamp;

pub(super) fn about() -> About {
    About {
        scenario: "a \"rainy\"\nday".into(),
        seed: 7,
        target: "http://localhost:3000,http://localhost:3001".into(),
        began_unix_ms: 1_767_323_045_678,
    }
}

/// In the load of its third step.
pub(super) fn telemetry() -> Telemetry {
    let mut telemetry = Telemetry::new(about());
    telemetry.next_step(3, 300);
    telemetry.follow(&News::Stage { stage: Stage::Assemble, at: at(0) });
    telemetry.follow(&News::Stage { stage: Stage::Load { start: at(50) }, at: at(0) });
    for second in 0..2 {
        interval(&mut telemetry, second, &recorder(second));
    }
    telemetry
}

pub(super) fn live() -> Live {
    telemetry().watch().borrow().clone()
}

/// Tells of a second with three violations, at whose end five users are connected.
pub(super) fn interval(telemetry: &mut Telemetry, second: u64, recorder: &Recorder) {
    let (from, to) = (at(1_000 * second), at(1_000 * second + 1_000));
    let row = Row::new(to, recorder, 3, Gauges { connected: 5, deaf: 1 });
    let mut violations = KindCounts::default();
    [Lost, Echoed, Lost].into_iter().for_each(|kind| violations.count(kind));
    let violations = &violations;
    telemetry.follow(&News::Interval { from, to, recorder, row: &row, violations });
}

/// Two deliveries, of which one takes longer in later seconds, and a departure.
pub(super) fn recorder(second: u64) -> Recorder {
    let mut recorder = Recorder::default();
    recorder.delivered(at(1), at(2), at(5));
    recorder.delivered(at(1), at(1), at(1_001 + 90_000 * second));
    let kind = EventKind::Departed { how: Departure::Disconnect };
    recorder.record(&Event { at: at(1), user: crate::chat::UserId(0), kind });
    recorder
}

fn at(ms: u64) -> Timestamp {
    Timestamp::from_nanos(ms * 1_000_000)
}
