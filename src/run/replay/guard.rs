//! Guard: lets nothing pass to the judges that no shard of this plan can have written down.
//!
//! The oracle asserts what its own process says: that a message is the next of its sender, that a
//! user has a seat. Of a record, that is to be shown first.

use crate::chat::{Message, RoomId, Stamp, UserId};
use crate::history::{Event, EventKind};
use crate::scenario::{Plan, ShardPlan};
use crate::time::Timestamp;

/// What is known of a plan's seats, of all shards together.
pub(super) struct Guard<'p> {
    plan: &'p Plan,
    text_bytes_max: u32,
    /// For each user, its shard.
    shards: Vec<u16>,
    /// For each room, where its seats begin.
    starts: Vec<u32>,
    /// For each seat, the number of its next message.
    next: Vec<u32>,
}

impl<'p> Guard<'p> {
    /// Of `plan`, divided into `parts`, with texts of at most `text_bytes_max`.
    pub(super) fn new(plan: &'p Plan, parts: &[ShardPlan], text_bytes_max: u32) -> Guard<'p> {
        let mut shards = vec![0; plan.users.len()];
        for (part, shard) in parts.iter().zip(0_u16..) {
            for user in &part.users {
                shards[user.index()] = shard;
            }
        }
        let mut seats = 0;
        let mut starts = Vec::with_capacity(plan.rooms.len());
        for room in &plan.rooms {
            starts.push(seats);
            seats += room.members.len() as u32;
        }
        Guard { plan, text_bytes_max, shards, starts, next: vec![0; seats as usize] }
    }

    /// Whether `shard` can have written down `event`.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn check(&mut self, shard: usize, event: &Event) -> Result<(), String> {
        check_time(event.at)?;
        let user = event.user;
        if self.shards.get(user.index()).is_none_or(|home| usize::from(*home) != shard) {
            return Err(format!("user {} is not of shard {shard}", user.0));
        }
        match &event.kind {
            EventKind::Sent { message } | EventKind::Probed { message } => self.sent(user, message),
            EventKind::Received { id, intended, .. } => {
                let planned = id.room.index() < self.plan.rooms.len()
                    && id.sender.index() < self.plan.users.len();
                if !planned {
                    return Err(format!(
                        "user {} in room {} is not planned",
                        id.sender.0, id.room.0
                    ));
                }
                check_time(*intended)
            }
            EventKind::Unsent { room, intended } | EventKind::Away { room, intended } => {
                check_time(*intended)?;
                self.seat(user, *room).map(drop)
            }
            EventKind::Joining { room }
            | EventKind::Joined { room, .. }
            | EventKind::JoinUnconfirmed { room, .. }
            | EventKind::FirstHeard { room, .. }
            | EventKind::Rejoining { room }
            | EventKind::Leaving { room }
            | EventKind::Left { room } => self.seat(user, *room).map(drop),
            EventKind::Connected { .. }
            | EventKind::ConnectFailed { .. }
            | EventKind::Disconnected { .. }
            | EventKind::Departed { .. }
            | EventKind::Closed
            | EventKind::Alive
            | EventKind::Resumed { .. }
            | EventKind::Unrecognised { .. } => Ok(()),
        }
    }

    fn sent(&mut self, user: UserId, message: &Message) -> Result<(), String> {
        let Message { id, intended, text_bytes } = *message;
        check_time(intended)?;
        if id.sender != user {
            return Err(format!("user {} sends what user {} does", id.sender.0, user.0));
        }
        if !(Stamp::LEN as u32..=self.text_bytes_max).contains(&text_bytes) {
            return Err(format!("a text of {text_bytes} bytes is not of this scenario"));
        }
        let seat = self.seat(user, id.room)?;
        let next = &mut self.next[seat];
        if id.sequence != *next || *next >= Stamp::MESSAGES_MAX {
            let sequence = id.sequence;
            return Err(format!("message {sequence} was sent where {next} is due"));
        }
        *next += 1;
        Ok(())
    }

    fn seat(&self, user: UserId, room: RoomId) -> Result<usize, String> {
        let seats = &self.plan.users[user.index()].memberships;
        let found = seats.binary_search_by_key(&room, |(room, _)| *room);
        let at = found.map_err(|_| format!("user {} has no seat in room {}", user.0, room.0))?;
        Ok(self.starts[room.index()] as usize + seats[at].1 as usize)
    }
}

/// Whether a run can have lasted until then.
pub(super) fn check_time(at: Timestamp) -> Result<(), String> {
    if at <= Stamp::INTENDED_MAX { Ok(()) } else { Err("no run lasts for 208 days".into()) }
}
