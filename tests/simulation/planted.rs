//! Planted: every fault is found as what it is, and as nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use chatbench::oracle::ViolationKind::{
    self, Corrupted, Duplicated, Echoed, JoinUnconfirmed, Leaked, Lost, Reordered,
};

use crate::churn::Churn;
use crate::fault::Fault;
use crate::seeds;
use crate::world::World;

/// Worlds that each fault is planted in.
const WORLDS: u64 = 12;

/// What a fault shows as.
struct Row {
    fault: Fault,
    /// The probability of each of its chances.
    rate: f64,
    kinds: &'static [ViolationKind],
    /// Whether each effect is one violation.
    one_each: bool,
    /// How often it has an effect until it is found, at most.
    effects_max: u64,
    /// Messages that are said until then, at most.
    messages_max: u64,
    setting: Setting,
}

/// What a fault needs to have an effect.
#[derive(Clone, Copy, PartialEq)]
enum Setting {
    /// Nothing but messages and joins.
    Calm,
    /// Users who are in two rooms.
    TwoRooms,
    /// Connections that are lost and come back, for long enough to tell old from new.
    Reconnects,
    /// The same, and their sessions are taken up again.
    Recovery,
    /// Users who come and go, for longer than a server may take to let go of them.
    Churn,
}

const fn row(fault: Fault, rate: f64, kinds: &'static [ViolationKind]) -> Row {
    let (one_each, effects_max, messages_max) = (false, 1, 250);
    Row { fault, rate, kinds, one_each, effects_max, messages_max, setting: Setting::Calm }
}

const fn one_each(row: Row) -> Row {
    Row { one_each: true, ..row }
}

const fn reconnecting(row: Row) -> Row {
    Row { effects_max: 3, messages_max: 1_000, setting: Setting::Reconnects, ..row }
}

const fn churning(row: Row) -> Row {
    Row { effects_max: 5, messages_max: 1_500, setting: Setting::Churn, ..row }
}

const fn recovering(row: Row) -> Row {
    Row { setting: Setting::Recovery, ..reconnecting(row) }
}

const TABLE: &[Row] = &[
    one_each(row(Fault::Drop, 0.05, &[Lost])),
    row(Fault::Duplicate, 0.05, &[Duplicated]),
    one_each(row(Fault::Echo, 0.05, &[Echoed])),
    one_each(row(Fault::Leak, 0.05, &[Leaked])),
    row(Fault::Reorder, 0.2, &[Reordered]),
    row(Fault::Corrupt, 0.05, &[Corrupted]),
    one_each(row(Fault::IgnoreJoin, 0.2, &[JoinUnconfirmed])),
    row(Fault::LateJoin, 0.5, &[]),
    // It may be shown to be in the first room before it is taken out.
    Row { setting: Setting::TwoRooms, ..row(Fault::LastRoomOnly, 0.5, &[JoinUnconfirmed, Lost]) },
    row(Fault::Mute, 0.2, &[Lost]),
    row(Fault::RoomForgotten, 0.05, &[Lost]),
    churning(row(Fault::Ghost, 1.0, &[Leaked])),
    churning(row(Fault::LeaveIgnored, 1.0, &[Leaked])),
    churning(row(Fault::IgnoreJoin, 0.1, &[JoinUnconfirmed])),
    churning(row(Fault::LeaveTakesAll, 1.0, &[Lost, JoinUnconfirmed])),
    churning(row(Fault::DoubleJoinDeliversTwice, 1.0, &[Duplicated])),
    reconnecting(row(Fault::HistoryAtJoin, 1.0, &[Leaked, Echoed])),
    reconnecting(row(Fault::StaleMembership, 1.0, &[Leaked])),
    recovering(row(Fault::ReplayMissesOne, 0.3, &[Lost])),
    recovering(row(Fault::ReplayRepeatsOne, 0.3, &[Duplicated])),
    recovering(row(Fault::RecoveryForgetsRooms, 0.3, &[Lost])),
];

#[test]
fn every_fault_is_found_as_what_it_is() {
    for row in TABLE {
        let found = seeds::each(WORLDS, |seed| row.play(seed));
        let happened = found.iter().filter(|happened| **happened).count();
        println!("{:?}: in {happened} of {} worlds", row.fault, found.len());
        assert!(found.len() == 1 || happened >= 3, "{:?} in {happened} worlds only", row.fault);
    }
}

impl Row {
    fn world(&self, seed: u64) -> World {
        let mut world = World::calm(seed, self.fault, self.rate);
        // Where messages come back to their senders anyway, once more is once too often.
        world.manners.echoes &= self.fault != Fault::Echo;
        match self.setting {
            Setting::Calm => {}
            Setting::TwoRooms => world.crowd.per_user = 2,
            Setting::Churn => {
                world.crowd.seconds = 12;
                (world.crowd.users, world.crowd.rooms, world.crowd.per_user) = (15, 3, 1);
                world.crowd.churn = Some(Churn {
                    leave: 2,
                    switch: 1,
                    rejoin: 2,
                    disconnect: 2,
                    drop: 1,
                    away_ms: 5_000,
                    storm: 0,
                });
            }
            Setting::Reconnects | Setting::Recovery => {
                let recovers = self.setting == Setting::Recovery;
                world.manners.recovers_for = recovers.then_some(Duration::from_secs(20));
                world.climate.cut_every = Some(Duration::from_millis(400));
                // Of what a sender said before it lost its connection, nothing can be told later.
                world.crowd.users = world.crowd.users.max(12);
                world.crowd.seconds = 8;
                world.crowd.rooms = world.crowd.rooms.max(3);
            }
        }
        world
    }

    /// Whether it happened often enough to be found.
    fn play(&self, seed: u64) -> bool {
        let world = self.world(seed);
        let outcome = world.play();
        let wanted: BTreeSet<_> = self.kinds.iter().copied().collect();
        let kinds: BTreeSet<_> = outcome.record.kinds().into_keys().collect();
        let (fault, happened) = (self.fault, outcome.happened);
        let violations = &outcome.record.violations;
        assert!(kinds.is_subset(&wanted), "{fault:?}: {violations:#?} in {world:#?}");
        let messages = outcome.record.tally.messages;
        assert!(messages <= self.messages_max, "{messages} messages");
        let count = violations.len() as u64;
        assert!(!self.one_each || count == happened, "{fault:?}: {count} of {happened}");
        let enough = happened >= self.effects_max;
        let found = !kinds.is_empty() || wanted.is_empty();
        assert!(found || !enough, "{fault:?} happened {happened} times unseen in {world:#?}");
        enough
    }
}
