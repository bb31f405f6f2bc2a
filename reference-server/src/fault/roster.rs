//! The roster: who is connected, in the order of connecting, and who is in which room.
//!
//! socketioxide knows it too, but by random ids: a seeded choice among them would be another one
//! in every run.

use std::collections::{BTreeMap, HashMap};

use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;

use super::dice::Turn;
use super::history::Histories;
use super::outgoing::Receiver;
use super::rooms::Rooms;

/// A user's number, in the order of connecting.
pub(super) type Number = u64;

/// Who is connected, and who is in which room.
#[derive(Default)]
pub(super) struct Roster {
    numbers: HashMap<Sid, Number>,
    users: BTreeMap<Number, User>,
    pub(super) rooms: Rooms,
    pub(super) histories: Histories,
    /// The rooms of the user that disconnected last.
    rooms_left_last: Vec<String>,
    connected_so_far: Number,
}

struct User {
    receiver: Receiver,
    sends: u64,
    joins: u64,
    leaves: u64,
    /// How many messages it still hears; `None` for a healthy user.
    hears: Option<u32>,
}

/// What a user is counted for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Send,
    Join,
    Leave,
}

impl Roster {
    /// Takes a user in; its one decision is about whatever comes of its connection.
    pub(super) fn connect(&mut self, socket: &SocketRef) -> Turn {
        let number = self.connected_so_far;
        self.connected_so_far += 1;
        self.numbers.insert(socket.id, number);
        let receiver = Receiver::Here(socket.clone());
        let user = User { receiver, sends: 0, joins: 0, leaves: 0, hears: None };
        self.users.insert(number, user);
        Turn { user: number, nth: 0 }
    }

    /// From here on nothing that comes from this user counts, until it [is gone](Self::forget) or
    /// [stays as a ghost](Self::haunt). `None` if it was gone before.
    pub(super) fn disconnect(&mut self, sid: Sid) -> Option<Turn> {
        let user = self.numbers.remove(&sid)?;
        self.rooms_left_last = self.rooms.of(user);
        Some(Turn { user, nth: 0 })
    }

    /// Takes a user out of all rooms.
    pub(super) fn forget(&mut self, user: Number) {
        self.users.remove(&user);
        self.rooms.leave_all(user, None);
    }

    /// Leaves a user that disconnected in its rooms.
    pub(super) fn haunt(&mut self, user: Number) {
        if let Some(User { receiver, .. }) = self.users.get_mut(&user) {
            *receiver = Receiver::Ghost(receiver.socket().clone());
        }
    }

    /// Puts a user into the rooms of the one that disconnected last.
    pub(super) fn inherit(&mut self, user: Number) {
        for room in &self.rooms_left_last {
            self.rooms.put(user, room);
        }
    }

    /// The decision about this user's next `act`; `None` if it is gone.
    pub(super) fn next(&mut self, sid: Sid, act: Act) -> Option<Turn> {
        let number = *self.numbers.get(&sid)?;
        let user = self.users.get_mut(&number)?;
        let count = match act {
            Act::Send => &mut user.sends,
            Act::Join => &mut user.joins,
            Act::Leave => &mut user.leaves,
        };
        *count += 1;
        Some(Turn { user: number, nth: *count - 1 })
    }

    /// Whether a user is connected; a ghost is not.
    pub(super) fn is_here(&self, user: Number) -> bool {
        matches!(self.receiver(user), Some(Receiver::Here(_)))
    }

    pub(super) fn everyone(&self) -> Vec<Number> {
        self.users.keys().copied().filter(|user| self.is_here(*user)).collect()
    }

    pub(super) fn receiver(&self, user: Number) -> Option<&Receiver> {
        Some(&self.users.get(&user)?.receiver)
    }

    /// Lets a user go deaf after some more messages; a deaf one stays deaf.
    pub(super) fn deafen(&mut self, user: Number, after: u32) {
        if let Some(user) = self.users.get_mut(&user) {
            user.hears.get_or_insert(after);
        }
    }

    /// Whether a user hears the message that is on its way to it now.
    pub(super) fn hears(&mut self, user: Number) -> bool {
        match self.users.get_mut(&user).map(|user| &mut user.hears) {
            None | Some(Some(0)) => false,
            Some(None) => true,
            Some(Some(left)) => {
                *left -= 1;
                true
            }
        }
    }
}
