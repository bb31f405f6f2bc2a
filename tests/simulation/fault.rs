//! Fault: what the model server does wrong on purpose, decided by the seed and counted.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// One receiver of a message does not hear it.
    Drop,
    /// All receivers of a message hear it twice.
    Duplicate,
    /// The sender of a message hears it.
    Echo,
    /// Somebody who is not in the room hears a message.
    Leak,
    /// A message changes places with the sender's next one to that room.
    Reorder,
    /// One character of a message is another one.
    Corrupt,
    /// A join is not performed.
    IgnoreJoin,
    /// A join is performed late.
    LateJoin,
    /// A join takes its user out of all other rooms.
    LastRoomOnly,
    /// A joiner hears what was said before.
    HistoryAtJoin,
    /// A user who joins once more hears everything twice.
    DoubleJoinDeliversTwice,
    /// Some time after a join its user hears nothing more.
    Mute,
    /// A room's members are forgotten.
    RoomForgotten,
    /// A new connection is in the rooms of the one that was lost last.
    StaleMembership,
    /// One that said goodbye stays in its rooms for as long as its connection stands.
    Ghost,
    /// A leave is not performed.
    LeaveIgnored,
    /// A leave takes everybody out of the room.
    LeaveTakesAll,
    /// A session that is taken up again does not hear one of the messages that it missed.
    ReplayMissesOne,
    /// A session that is taken up again hears one of the messages that it missed twice.
    ReplayRepeatsOne,
    /// A session that is taken up again is in no room any more.
    RecoveryForgetsRooms,
}

/// Messages that somebody hears before going mute: enough to be known for a member.
pub(crate) const HEARD_BEFORE_MUTE: u32 = 8;

/// Decides when something goes wrong.
pub(crate) struct Saboteur {
    planted: Option<(Fault, f64)>,
    rng: Xoshiro256PlusPlus,
    /// How often each of them had an effect.
    happened: BTreeMap<Fault, u64>,
    /// Whether faults of messages are decided for; before that, joins only.
    pub(crate) armed: bool,
}

impl Saboteur {
    /// One that does `fault` with the probability that stands beside it.
    pub(crate) fn new(planted: Option<(Fault, f64)>, seed: u64) -> Saboteur {
        let rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        Saboteur { planted, rng, happened: BTreeMap::new(), armed: false }
    }

    /// Whether `fault` is to happen at this chance.
    pub(crate) fn strikes(&mut self, fault: Fault) -> bool {
        match self.planted {
            Some((planted, rate)) if planted == fault => self.rng.random_bool(rate),
            _ => false,
        }
    }

    /// The same for a fault of a message.
    pub(crate) fn strikes_message(&mut self, fault: Fault) -> bool {
        self.armed && self.strikes(fault)
    }

    /// One of so many.
    pub(crate) fn pick(&mut self, among: usize) -> usize {
        self.rng.random_range(0..among)
    }

    /// It had an effect.
    pub(crate) fn count(&mut self, fault: Fault) {
        *self.happened.entry(fault).or_default() += 1;
    }

    /// What is planted had an effect, whichever it is.
    pub(crate) fn count_planted(&mut self) {
        if let Some((fault, _)) = self.planted {
            self.count(fault);
        }
    }

    /// How often what is planted had an effect.
    pub(crate) fn happened(&self) -> u64 {
        self.happened.values().sum()
    }
}
