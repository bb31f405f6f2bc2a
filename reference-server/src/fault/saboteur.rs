//! The saboteur: stands in for the contract's handlers when there are faults.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::RngExt;
use socketioxide::extract::SocketRef;

use super::dice::{Dice, Turn};
use super::edit;
use super::outgoing::{Held, Outgoing, deliver};
use super::roster::{Number, Roster};
use super::stall::StallClock;
use super::{Fault, FaultKind};
use crate::payload::Payload;

/// How long a message is held back when no other follows it.
const HOLD_TIME_MAX: Duration = Duration::from_millis(50);

/// How late a late join is.
const JOIN_DELAY: Duration = Duration::from_millis(150);

/// How many messages a member hears before it goes deaf: enough to be known for a member.
const HEARD_BEFORE_DEAF: u32 = 8;

/// Does what the contract says, but for the faults.
pub(crate) struct Saboteur {
    dice: Dice,
    stall: StallClock,
    roster: Mutex<Roster>,
    held: Held,
}

impl Saboteur {
    /// `None` when nothing is to go wrong.
    pub(crate) fn new(faults: &[Fault], seed: u64) -> Option<Self> {
        if faults.is_empty() {
            return None;
        }
        let stall = faults.iter().rev().find_map(|fault| match fault {
            Fault::Stall(stall) => Some(*stall),
            Fault::Rated { .. } => None,
        });
        Some(Self {
            dice: Dice::new(faults, seed),
            stall: StallClock::new(stall),
            roster: Mutex::default(),
            held: Held::default(),
        })
    }

    /// Blocks the calling thread when a stall is due; at once over without that fault.
    pub(crate) async fn stall_when_told(&self) {
        self.stall.stall_when_told().await;
    }

    pub(crate) fn connect(&self, socket: &SocketRef) {
        self.roster().connect(socket);
    }

    pub(crate) fn disconnect(&self, socket: &SocketRef) {
        self.roster().disconnect(socket.id);
    }

    /// A join, performed or not, now or later.
    pub(crate) fn join(self: &Arc<Self>, socket: &SocketRef, room: String) {
        let Some(turn) = self.roster().next_join(socket.id) else { return };
        if self.dice.hit(FaultKind::IgnoreJoin, turn).is_some() {
            return;
        }
        if self.dice.hit(FaultKind::LateJoin, turn).is_none() {
            return self.enter(turn, room);
        }
        let saboteur = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(JOIN_DELAY).await;
            saboteur.enter(turn, room);
        });
    }

    /// A leave; no fault is about it.
    pub(crate) fn leave(&self, socket: &SocketRef, room: &str) {
        self.roster().leave(socket.id, room);
    }

    /// A message, heard by whom and how often and in what shape the faults want.
    pub(crate) fn send(self: &Arc<Self>, sender: &SocketRef, room: String, payload: Payload<'_>) {
        self.stall.message();
        let mut roster = self.roster();
        let Some(turn) = roster.next_send(sender.id) else { return };
        let payload = Arc::new(self.edited(turn, payload).into_owned());
        let receivers = self.receivers(&mut roster, turn, &room);
        if self.dice.may(FaultKind::HistoryOnJoin)
            && let Some(room) = roster.room_mut(&room)
        {
            room.history.record(payload.clone());
        }
        drop(roster);
        let copies = if self.dice.hit(FaultKind::Duplicate, turn).is_some() { 2 } else { 1 };
        self.dispatch(turn, room, Outgoing { payload, receivers, copies });
    }

    fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, turn: Turn, room: String) {
        let mut roster = self.roster();
        if self.dice.hit(FaultKind::DeafMember, turn).is_some() {
            roster.deafen(turn.user, HEARD_BEFORE_DEAF);
        }
        let Some(socket) = roster.socket(turn.user).cloned() else { return };
        let counts = self.dice.hit(FaultKind::DoubleJoinDeliversTwice, turn).is_some();
        let Some(room) = roster.enter(turn.user, room, counts) else { return };
        if self.dice.hit(FaultKind::HistoryOnJoin, turn).is_some() {
            room.history.messages().for_each(|payload| deliver(&socket, payload));
        }
    }

    fn edited<'a>(&self, turn: Turn, mut payload: Payload<'a>) -> Payload<'a> {
        if let Some(numbers) = self.dice.hit(FaultKind::Corrupt, turn) {
            edit::corrupt(&mut payload, numbers);
        }
        if self.dice.hit(FaultKind::Truncate, turn).is_some() {
            edit::truncate(&mut payload);
        }
        if self.dice.hit(FaultKind::StripKey, turn).is_some() {
            edit::strip_key(&mut payload);
        }
        payload
    }

    /// Who hears a message, in the order of connecting, except that the sender comes last.
    fn receivers(&self, roster: &mut Roster, turn: Turn, room: &str) -> Vec<SocketRef> {
        let mut receivers = self.audience(roster, turn, room);
        if self.dice.hit(FaultKind::Echo, turn).is_some() {
            receivers.push(turn.user);
        }
        if let Some(mut numbers) = self.dice.hit(FaultKind::Drop, turn)
            && !receivers.is_empty()
        {
            receivers.remove(numbers.random_range(0..receivers.len()));
        }
        receivers.retain(|user| roster.hears(*user));
        receivers.iter().filter_map(|user| roster.socket(*user).cloned()).collect()
    }

    /// Everyone who may hear a message, without its sender.
    fn audience(&self, roster: &Roster, turn: Turn, room: &str) -> Vec<Number> {
        let mut audience = match self.dice.hit(FaultKind::BroadcastAll, turn) {
            Some(_) => roster.everyone(),
            None => roster.members(room),
        };
        audience.retain(|user| *user != turn.user);
        if let Some(mut numbers) = self.dice.hit(FaultKind::Leak, turn) {
            let is_outsider = |user: &Number| *user != turn.user && !audience.contains(user);
            let mut rooms = roster.outsiders(room, is_outsider);
            if !rooms.is_empty() {
                audience.extend(rooms.swap_remove(numbers.random_range(0..rooms.len())));
            }
        }
        audience
    }

    /// Delivers a message, or holds it back until the next one or the end of patience.
    fn dispatch(self: &Arc<Self>, turn: Turn, room: String, message: Outgoing) {
        if !self.dice.may(FaultKind::Reorder) {
            return message.deliver();
        }
        let stream = (turn.user, room);
        let hold = self.dice.hit(FaultKind::Reorder, turn).is_some();
        if self.held.pass(stream.clone(), turn.nth, message, hold) {
            let saboteur = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(HOLD_TIME_MAX).await;
                saboteur.held.release(&stream, turn.nth);
            });
        }
    }
}
