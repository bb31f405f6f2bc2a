//! User: one simulated user, its connection, and its seats in rooms.

use std::ops::Range;

use crate::chat::{RoomId, UserId};
use crate::client::Client;
use crate::time::Timestamp;

/// One simulated user.
pub(super) struct User {
    pub(super) id: UserId,
    /// Its connection, while it has one.
    pub(super) client: Option<Box<dyn Client>>,
    /// How often it has begun to connect; tells what an older connection still says apart.
    pub(super) attempts: u32,
    /// Connections that failed, or were lost, since the user last was in one of its rooms.
    pub(super) failures: u32,
    /// Whether the assembly still waits for it to connect, or to give up.
    pub(super) awaited: bool,
    /// Its seats in the shard's table of seats.
    pub(super) seats: Range<u32>,
}

/// A user's place in a room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    /// The user, by its place in the shard.
    pub(super) user: u32,
    pub(super) room: RoomId,
    /// The room, by its place in the shard.
    pub(super) place: u32,
    /// The sequence number of the next message from here.
    pub(super) sequence: u32,
    pub(super) membership: Membership,
    /// Whether the assembly still waits for it to be taken.
    pub(super) awaited: bool,
}

/// How far a user has come into a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Membership {
    /// It has not asked, or its connection is gone.
    Out,
    /// It has asked; there is no evidence yet.
    Joining {
        asked: Timestamp,
        /// When somebody else first said something that it should have heard.
        probed: Option<Timestamp>,
        /// The acknowledgement that would be the evidence.
        ack: Option<u64>,
    },
    /// It has asked, and there was no evidence in time.
    Deaf { asked: Timestamp },
    /// There is evidence that it is in.
    In,
}
