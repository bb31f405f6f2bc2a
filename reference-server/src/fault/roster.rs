//! The roster: who is in which room, in the order of connecting.
//!
//! socketioxide knows it too, but by random ids: a seeded choice among them would be another one
//! in every run.

use std::collections::{BTreeMap, HashMap};

use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;

use super::dice::Turn;
use super::history::History;

/// A user's number, in the order of connecting.
pub(super) type Number = u64;

/// Who is connected, and who is in which room.
#[derive(Default)]
pub(super) struct Roster {
    numbers: HashMap<Sid, Number>,
    users: BTreeMap<Number, User>,
    rooms: BTreeMap<String, Room>,
    connected_so_far: Number,
}

struct User {
    socket: SocketRef,
    sends: u64,
    joins: u64,
    /// How many messages it still hears; `None` for a healthy user.
    hears: Option<u32>,
}

/// A room with at least one member.
#[derive(Default)]
pub(super) struct Room {
    /// How often each member hears a message: once, unless a fault counts its joins.
    pub(super) members: BTreeMap<Number, usize>,
    pub(super) history: History,
}

impl Roster {
    pub(super) fn connect(&mut self, socket: &SocketRef) {
        let number = self.connected_so_far;
        self.connected_so_far += 1;
        self.numbers.insert(socket.id, number);
        let user = User { socket: socket.clone(), sends: 0, joins: 0, hears: None };
        self.users.insert(number, user);
    }

    pub(super) fn disconnect(&mut self, sid: Sid) {
        let Some(number) = self.numbers.remove(&sid) else { return };
        self.users.remove(&number);
        self.rooms.retain(|_, room| {
            room.members.remove(&number);
            !room.members.is_empty()
        });
    }

    pub(super) fn leave(&mut self, sid: Sid, room: &str) {
        let Some(number) = self.numbers.get(&sid) else { return };
        let Some(left) = self.rooms.get_mut(room) else { return };
        left.members.remove(number);
        if left.members.is_empty() {
            self.rooms.remove(room);
        }
    }

    /// The decision about this user's next message; `None` if it is gone.
    pub(super) fn next_send(&mut self, sid: Sid) -> Option<Turn> {
        let user = *self.numbers.get(&sid)?;
        let sends = &mut self.users.get_mut(&user)?.sends;
        *sends += 1;
        Some(Turn { user, nth: *sends - 1 })
    }

    /// The decision about this user's next join; `None` if it is gone.
    pub(super) fn next_join(&mut self, sid: Sid) -> Option<Turn> {
        let user = *self.numbers.get(&sid)?;
        let joins = &mut self.users.get_mut(&user)?.joins;
        *joins += 1;
        Some(Turn { user, nth: *joins - 1 })
    }

    /// Performs a join, unless the user is gone. A repeated join changes nothing, or makes the
    /// member hear everything once more often.
    pub(super) fn enter(&mut self, user: Number, room: String, counts: bool) -> Option<&Room> {
        self.users.get(&user)?;
        let room = self.rooms.entry(room).or_default();
        let copies = room.members.entry(user).or_insert(0);
        *copies = if counts { *copies + 1 } else { (*copies).max(1) };
        Some(room)
    }

    pub(super) fn room_mut(&mut self, room: &str) -> Option<&mut Room> {
        self.rooms.get_mut(room)
    }

    /// The members of a room, each as often as it hears a message.
    pub(super) fn members(&self, room: &str) -> Vec<Number> {
        let members = self.rooms.get(room).into_iter().flat_map(|room| &room.members);
        members.flat_map(|(user, copies)| std::iter::repeat_n(*user, *copies)).collect()
    }

    pub(super) fn everyone(&self) -> Vec<Number> {
        self.users.keys().copied().collect()
    }

    /// The members of every other room who satisfy `is_outsider`, without the rooms that have none.
    pub(super) fn outsiders(
        &self,
        room: &str,
        is_outsider: impl Fn(&Number) -> bool,
    ) -> Vec<Vec<Number>> {
        let others = self.rooms.iter().filter(|(name, _)| *name != room);
        let outsiders = others.map(|(_, other)| {
            other.members.keys().copied().filter(&is_outsider).collect::<Vec<_>>()
        });
        outsiders.filter(|members| !members.is_empty()).collect()
    }

    pub(super) fn socket(&self, user: Number) -> Option<&SocketRef> {
        Some(&self.users.get(&user)?.socket)
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
