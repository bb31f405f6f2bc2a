//! User: one simulated user, its connection, and its seats in rooms.

use std::ops::Range;

use crate::chat::{RoomId, UserId};
use crate::client::{Client, Recovery};
use crate::scenario::{Move, Moves};
use crate::time::Timestamp;

/// One simulated user.
pub(super) struct User {
    pub(super) id: UserId,
    /// Its connection, while it has one.
    pub(super) client: Option<Box<dyn Client>>,
    /// The connection that it has said goodbye on, while it still listens there.
    pub(super) lingering: Option<Box<dyn Client>>,
    /// How often it has begun to connect; tells what an older connection still says apart.
    pub(super) attempts: u32,
    /// Connections that failed, or were lost, since the user last was in one of its rooms.
    pub(super) failures: u32,
    /// Whether the assembly still waits for it to connect, or to give up.
    pub(super) awaited: bool,
    /// Its seats in the shard's table of seats.
    pub(super) seats: Range<u32>,
    /// The seat that it may go to from another, if it switches rooms.
    pub(super) spare: Option<u32>,
    /// Since when it has no connection, and wants one back, until it hears something again.
    pub(super) absence: Option<Absence>,
    /// What its next connection may take up.
    pub(super) past: Option<Recovery>,
    /// Whether it has heard something on a connection that does not stand.
    pub(super) replayed: bool,
    /// Its way; nothing in a run in which nobody moves.
    pub(super) journey: Option<Box<Journey>>,
}

/// The moves of a user that are to come.
#[derive(Debug)]
pub(super) struct Journey {
    /// The one that is on the agenda.
    pub(super) next: Option<Move>,
    pub(super) moves: Moves,
}

/// A time without a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Absence {
    /// When the user first wants to be back.
    pub(super) wanted: Timestamp,
    /// When its connection was lost, if nobody here wanted that.
    pub(super) lost: Option<Timestamp>,
}

impl User {
    pub(super) fn new(id: UserId, seats: Range<u32>, spare: Option<u32>) -> User {
        User {
            id,
            client: None,
            lingering: None,
            attempts: 0,
            failures: 0,
            awaited: true,
            seats,
            spare,
            absence: None,
            past: None,
            replayed: false,
            journey: None,
        }
    }

    /// Whether it has no connection because it wanted none, and not for want of a server.
    pub(super) fn is_away(&self) -> bool {
        let wanted_none = self.absence.is_some_and(|absence| absence.lost.is_none());
        self.client.is_none() && self.failures == 0 && wanted_none
    }

    /// It has no connection any more, and had one when it heard something last, if it did.
    pub(super) fn lost_at(&mut self, at: Timestamp) {
        let before = self.absence.unwrap_or(Absence { wanted: Timestamp::NEVER, lost: None });
        self.absence = Some(Absence { lost: before.lost.or(Some(at)), ..before });
    }
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
    /// Whether the user wants to be in the room, whenever it has a connection.
    pub(super) wanted: bool,
    /// Who speaks from here by a schedule, by its place in the shard.
    pub(super) speaker: Option<u32>,
    /// Since when the server has been told, on this connection, that the user leaves, until it
    /// has had its time to see to that.
    pub(super) leaving: Option<Timestamp>,
    /// When it asked to be let in, until it hears something there.
    pub(super) unheard: Option<Timestamp>,
    /// Whether it has been in the room on this connection before.
    pub(super) again: bool,
}

impl Seat {
    pub(super) fn new((user, room, place): (u32, RoomId, u32), wanted: bool) -> Seat {
        Seat {
            user,
            room,
            place,
            sequence: 0,
            membership: Membership::Out,
            awaited: wanted,
            wanted,
            speaker: None,
            leaving: None,
            unheard: None,
            again: false,
        }
    }
}

/// How far a user has come into a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Membership {
    /// It has not asked, or has left, or its connection is gone.
    Out,
    /// It has asked; there is no evidence yet.
    Joining {
        asked: Timestamp,
        /// When somebody else first said something that it should have heard.
        probed: Option<Timestamp>,
        /// The same, once its join had had half of its time, and on which seat that was.
        owed: Option<(Timestamp, u32)>,
        /// The acknowledgement that would be the evidence.
        ack: Option<u64>,
    },
    /// It has asked, and there was no evidence in time.
    Deaf { asked: Timestamp },
    /// There is evidence that it is in.
    In,
    /// It was in when its connection was lost, and the server may take up its session again.
    Suspended,
}

impl Membership {
    /// Whether the server may have the user in the room on the present connection.
    pub(super) fn is_present(self) -> bool {
        !matches!(self, Membership::Out | Membership::Suspended)
    }
}
