//! Violation: one broken promise, with the whole story of its message.

use serde::{Deserialize, Serialize};

use super::course::Change;
use crate::chat::{MessageId, RoomId, UserId};
use crate::history::Event;
use crate::time::Timestamp;

/// Which promise was broken.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ViolationKind {
    /// A member never heard a message that it had to hear.
    Lost,
    /// A member heard a message more than once.
    Duplicated,
    /// A sender heard its own message.
    Echoed,
    /// Somebody who is no member of the room, or was out of it, heard a message.
    Leaked,
    /// A member heard a sender's message after a later one of the same sender.
    Reordered,
    /// A member heard a message that was changed on the way.
    Corrupted,
    /// A user heard something that nobody of this run said.
    Unexpected,
    /// A join had no effect within its time.
    JoinUnconfirmed,
    /// A message arrived, but after the delivery timeout.
    Late,
}

impl ViolationKind {
    /// Every kind, in the order in which they are reported.
    pub const ALL: [ViolationKind; 9] = [
        ViolationKind::Lost,
        ViolationKind::Duplicated,
        ViolationKind::Echoed,
        ViolationKind::Leaked,
        ViolationKind::Reordered,
        ViolationKind::Corrupted,
        ViolationKind::Unexpected,
        ViolationKind::JoinUnconfirmed,
        ViolationKind::Late,
    ];

    /// The kind's name as it stands in reports.
    pub fn name(self) -> &'static str {
        match self {
            ViolationKind::Lost => "lost",
            ViolationKind::Duplicated => "duplicated",
            ViolationKind::Echoed => "echoed",
            ViolationKind::Leaked => "leaked",
            ViolationKind::Reordered => "reordered",
            ViolationKind::Corrupted => "corrupted",
            ViolationKind::Unexpected => "unexpected",
            ViolationKind::JoinUnconfirmed => "join_unconfirmed",
            ViolationKind::Late => "late",
        }
    }
}

/// How many promises were broken, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindCounts([u64; ViolationKind::ALL.len()]);

impl KindCounts {
    /// Counts one more of `kind`.
    pub fn count(&mut self, kind: ViolationKind) {
        self.0[kind as usize] += 1;
    }

    /// Adds what somebody else has counted.
    pub fn add(&mut self, other: &KindCounts) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    /// How many there are of `kind`.
    pub fn of(&self, kind: ViolationKind) -> u64 {
        self.0[kind as usize]
    }

    /// How many there are of all kinds.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// Where a user stands with a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not in it, as far as the server was told.
    Out,
    /// It asked to be let in and there is no evidence yet that it was.
    Joining {
        /// When it asked.
        since: Timestamp,
    },
    /// In it, by evidence.
    In {
        /// When it asked.
        asked: Timestamp,
        /// When there was evidence.
        since: Timestamp,
    },
    /// It said that it leaves, and the server may not have taken it out yet.
    Leaving {
        /// When it had asked to be let in.
        asked: Timestamp,
        /// When it said so.
        since: Timestamp,
    },
    /// Its connection is gone, and the server may take up its session again.
    Suspended {
        /// When it had asked to be let in.
        asked: Timestamp,
        /// When there was evidence.
        since: Timestamp,
    },
}

impl Standing {
    /// Since when the server may have the user in the room.
    pub fn since(self) -> Option<Timestamp> {
        match self {
            Standing::Out => None,
            Standing::Joining { since } => Some(since),
            Standing::In { asked, .. }
            | Standing::Leaving { asked, .. }
            | Standing::Suspended { asked, .. } => Some(asked),
        }
    }
}

/// What is known of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Story {
    /// Which message.
    pub id: MessageId,
    /// When it was due to be sent.
    pub intended: Timestamp,
    /// When it was sent, where that is still known.
    pub sent: Option<Timestamp>,
}

/// One broken promise.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Which promise.
    pub kind: ViolationKind,
    /// When it was noticed.
    pub at: Timestamp,
    /// The user who heard it, or should have.
    pub receiver: UserId,
    /// The room concerned.
    pub room: Option<RoomId>,
    /// The message concerned.
    pub message: Option<Story>,
    /// Where the receiver stood with the room.
    pub standing: Standing,
    /// The steps by which it came there and went on, around the time of the message.
    pub course: Box<[Change]>,
    /// What else there is to say.
    pub detail: Option<Box<str>>,
}

impl Violation {
    pub(super) fn of_user(kind: ViolationKind, event: &Event) -> Violation {
        let (at, receiver) = (event.at, event.user);
        let (standing, course) = (Standing::Out, Box::default());
        Violation { kind, at, receiver, room: None, message: None, standing, course, detail: None }
    }

    pub(super) fn in_room(self, room: RoomId) -> Violation {
        Violation { room: Some(room), ..self }
    }

    pub(super) fn of_message(self, message: Story) -> Violation {
        Violation { room: Some(message.id.room), message: Some(message), ..self }
    }

    pub(super) fn because(self, detail: impl Into<Box<str>>) -> Violation {
        Violation { detail: Some(detail.into()), ..self }
    }
}
