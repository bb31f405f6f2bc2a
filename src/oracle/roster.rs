//! Roster: who belongs to which room, in tables that are looked up by index.

use crate::chat::{RoomId, UserId};

/// A room and its members; a member's place among them is its slot.
#[derive(Clone, Debug)]
pub struct RosterRoom {
    /// Which room of the plan.
    pub id: RoomId,
    /// Who belongs to it.
    pub members: Box<[UserId]>,
}

/// A user's place in a room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    id: RoomId,
    room: u32,
    slot: u32,
}

impl Seat {
    /// The room's place among the roster's rooms.
    pub(super) fn room(self) -> usize {
        self.room as usize
    }

    /// The user's place among the room's members.
    pub(super) fn slot(self) -> usize {
        self.slot as usize
    }
}

/// All rooms that one oracle judges.
#[derive(Debug)]
pub struct Roster {
    rooms: Vec<RosterRoom>,
    seats: Vec<Seat>,
    /// For each user of the plan, where its seats begin; one more than there are users.
    starts: Vec<u32>,
}

impl Roster {
    /// The roster of `rooms`, out of a plan with `users` users.
    pub fn new(rooms: Vec<RosterRoom>, users: usize) -> Roster {
        let mut starts = vec![0_u32; users + 1];
        for room in &rooms {
            for member in &room.members {
                starts[member.index() + 1] += 1;
            }
        }
        for user in 0..users {
            starts[user + 1] += starts[user];
        }
        let mut next = starts.clone();
        let nowhere = Seat { id: RoomId(0), room: 0, slot: 0 };
        let mut seats = vec![nowhere; starts[users] as usize];
        for (room, found) in rooms.iter().enumerate() {
            for (slot, member) in found.members.iter().enumerate() {
                let seat = Seat { id: found.id, room: room as u32, slot: slot as u32 };
                seats[next[member.index()] as usize] = seat;
                next[member.index()] += 1;
            }
        }
        Roster { rooms, seats, starts }
    }

    /// How many users the plan has.
    pub(super) fn users(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn rooms(&self) -> &[RosterRoom] {
        &self.rooms
    }

    pub(super) fn member(&self, room: usize, slot: usize) -> UserId {
        self.rooms[room].members[slot]
    }

    pub(super) fn seats(&self, user: UserId) -> &[Seat] {
        &self.seats[self.seats_of(user)]
    }

    /// Where a user's seats stand in the table, for whoever changes something else meanwhile.
    pub(super) fn seats_of(&self, user: UserId) -> std::ops::Range<usize> {
        match (self.starts.get(user.index()), self.starts.get(user.index() + 1)) {
            (Some(&from), Some(&to)) => from as usize..to as usize,
            _ => 0..0,
        }
    }

    pub(super) fn seat_at(&self, at: usize) -> Seat {
        self.seats[at]
    }

    pub(super) fn seat(&self, user: UserId, room: RoomId) -> Option<Seat> {
        self.seats(user).iter().find(|seat| seat.id == room).copied()
    }
}
