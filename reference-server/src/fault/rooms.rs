//! Rooms: who is in which room, in the order of connecting.

use std::collections::BTreeMap;

use super::dice::Turn;
use super::roster::Number;

/// The rooms that have a member.
#[derive(Default)]
pub(super) struct Rooms(BTreeMap<String, BTreeMap<Number, Member>>);

/// A user in a room.
#[derive(Default)]
struct Member {
    /// How often it hears a message: once, unless a fault counts its joins or has muted it.
    copies: usize,
    /// Which of its joins brought it here last; `None` if it never asked to be here.
    joined: Option<u64>,
}

impl Rooms {
    /// Performs a join. A repeated one changes nothing, or makes the member hear everything once
    /// more often; it is heard again by a muted one.
    pub(super) fn enter(&mut self, turn: Turn, room: &str, counts: bool) {
        let member = self.member(turn.user, room);
        member.copies = if counts { member.copies + 1 } else { member.copies.max(1) };
        member.joined = Some(turn.nth);
    }

    /// Puts a user into a room that it did not ask for.
    pub(super) fn put(&mut self, user: Number, room: &str) {
        self.member(user, room).copies = 1;
    }

    fn member(&mut self, user: Number, room: &str) -> &mut Member {
        self.0.entry(room.to_owned()).or_default().entry(user).or_default()
    }

    /// Lets the member hear nothing any more, unless it has joined anew since.
    pub(super) fn mute(&mut self, turn: Turn, room: &str) {
        let member = self.0.get_mut(room).and_then(|members| members.get_mut(&turn.user));
        if let Some(member) = member.filter(|member| member.joined == Some(turn.nth)) {
            member.copies = 0;
        }
    }

    pub(super) fn leave(&mut self, user: Number, room: &str) {
        let Some(members) = self.0.get_mut(room) else { return };
        members.remove(&user);
        if members.is_empty() {
            self.0.remove(room);
        }
    }

    /// Takes a user out of all rooms, but for one that it may keep.
    pub(super) fn leave_all(&mut self, user: Number, kept: Option<&str>) {
        self.0.retain(|room, members| {
            if Some(room.as_str()) != kept {
                members.remove(&user);
            }
            !members.is_empty()
        });
    }

    /// The rooms that a user is in.
    pub(super) fn of(&self, user: Number) -> Vec<String> {
        let rooms = self.0.iter().filter(|(_, members)| members.contains_key(&user));
        rooms.map(|(room, _)| room.clone()).collect()
    }

    /// Takes everybody out of a room.
    pub(super) fn empty(&mut self, room: &str) {
        self.0.remove(room);
    }

    /// The members of a room, each as often as it hears a message.
    pub(super) fn members(&self, room: &str) -> Vec<Number> {
        let members = self.0.get(room).into_iter().flatten();
        members.flat_map(|(user, member)| std::iter::repeat_n(*user, member.copies)).collect()
    }

    /// The members of every other room who satisfy `is_outsider`, without the rooms that have none.
    pub(super) fn outsiders(
        &self,
        room: &str,
        is_outsider: impl Fn(&Number) -> bool,
    ) -> Vec<Vec<Number>> {
        let others = self.0.iter().filter(|(name, _)| *name != room);
        let outsiders = others
            .map(|(_, members)| members.keys().copied().filter(&is_outsider).collect::<Vec<_>>());
        outsiders.filter(|members| !members.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Turn = Turn { user: 1, nth: 0 };
    const SECOND: Turn = Turn { user: 1, nth: 1 };

    #[test]
    fn a_member_is_muted_by_its_last_join_alone() {
        let mut rooms = Rooms::default();
        rooms.enter(FIRST, "r", false);
        rooms.enter(SECOND, "r", false);
        rooms.mute(FIRST, "r");
        assert_eq!(rooms.members("r"), [1]);
        rooms.mute(SECOND, "r");
        assert_eq!(rooms.members("r"), [0; 0]);
        assert_eq!(rooms.of(1), ["r"], "a muted member is a member still");
        rooms.enter(Turn { user: 1, nth: 2 }, "r", false);
        assert_eq!(rooms.members("r"), [1]);
    }

    #[test]
    fn joins_are_counted_from_the_last_leave_on() {
        let mut rooms = Rooms::default();
        rooms.enter(FIRST, "r", true);
        rooms.enter(SECOND, "r", true);
        assert_eq!(rooms.members("r"), [1, 1]);
        rooms.leave_all(1, Some("r"));
        assert_eq!(rooms.members("r"), [1, 1], "a room that is kept is not left and joined anew");
        rooms.leave(1, "r");
        rooms.enter(FIRST, "r", true);
        assert_eq!(rooms.members("r"), [1]);
    }
}
