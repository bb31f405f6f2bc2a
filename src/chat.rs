//! What a chat is, without a wire: users, rooms, messages and what their texts say.

mod stamp;
mod text;

pub use stamp::{RunTag, Stamp, StampError};
pub use text::{Alphabet, Texts};

use crate::time::Timestamp;

/// A simulated user, by its index in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub u32);

/// A room, by its index in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u32);

impl UserId {
    /// The user's place in a table that has a row for each user.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl RoomId {
    /// The room's place in a table that has a row for each room.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Which message this is: the `sequence`-th that `sender` sends to `room`, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The room it is sent to.
    pub room: RoomId,
    /// The user who sends it.
    pub sender: UserId,
    /// Its place among the messages of this sender to this room.
    pub sequence: u32,
}

/// A message as its sender means it; its text follows from it (see [`Texts`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which message this is.
    pub id: MessageId,
    /// When the schedule wants it sent.
    pub intended: Timestamp,
    /// The length of its text, in bytes of UTF-8, stamp included.
    pub text_bytes: u32,
}
