//! The saboteur: stands in for the contract's handlers when there are faults.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::RngExt;
use socketioxide::extract::SocketRef;
use socketioxide::socket::DisconnectReason;

use super::dice::{Dice, Turn};
use super::edit;
use super::outgoing::{Held, Outgoing, Receiver};
use super::roster::{Act, Number, Roster};
use super::stall::StallClock;
use super::{Fault, FaultKind};
use crate::in_order::{Departure, InOrder};
use crate::payload::Payload;
use crate::stats::Stats;

/// How long a message is held back when no other follows it.
const HOLD_TIME_MAX: Duration = Duration::from_millis(50);

/// How late a late join is.
const JOIN_DELAY: Duration = Duration::from_millis(150);

/// How long after its join a member goes deaf to the room: by then it is known for a member.
const MUTE_DELAY: Duration = Duration::from_secs(2);

/// How many messages a member hears before it goes deaf: enough to be known for a member.
const HEARD_BEFORE_DEAF: u32 = 8;

/// Does what the contract says, but for the faults.
pub(crate) struct Saboteur {
    dice: Dice,
    stall: StallClock,
    roster: Mutex<Roster>,
    held: Held,
    stats: Arc<Stats>,
}

impl Saboteur {
    /// `None` when nothing is to go wrong.
    pub(crate) fn new(faults: &[Fault], seed: u64, stats: &Arc<Stats>) -> Option<Self> {
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
            stats: stats.clone(),
        })
    }

    /// Blocks the calling thread when a stall is due; at once over without that fault.
    pub(crate) async fn stall_when_told(&self) {
        self.stall.stall_when_told().await;
    }

    pub(crate) fn connect(&self, socket: &SocketRef) {
        let mut roster = self.roster();
        let turn = roster.connect(socket);
        if self.dice.hit(FaultKind::StaleMembership, turn).is_some() {
            roster.inherit(turn.user);
        }
    }

    /// A user leaves all rooms, or haunts them.
    pub(crate) fn disconnect(
        self: &Arc<Self>,
        socket: &SocketRef,
        reason: DisconnectReason,
    ) -> Departure {
        let mut roster = self.roster();
        let Some(turn) = roster.disconnect(socket.id) else { return Departure::Gone };
        if reason != DisconnectReason::ClientNSDisconnect
            || self.dice.hit(FaultKind::GhostAfterDisconnect, turn).is_none()
        {
            roster.forget(turn.user);
            return Departure::Gone;
        }
        roster.haunt(turn.user);
        let saboteur = self.clone();
        socket.on_disconnect(InOrder(move |_: SocketRef, _: DisconnectReason| {
            saboteur.roster().forget(turn.user);
            Departure::Gone
        }));
        Departure::Ghost
    }

    /// A join, performed or not, now or later.
    pub(crate) fn join(self: &Arc<Self>, socket: &SocketRef, room: String) {
        let Some(turn) = self.roster().next(socket.id, Act::Join) else { return };
        if self.dice.hit(FaultKind::IgnoreJoin, turn).is_some() {
            return;
        }
        if self.dice.hit(FaultKind::LateJoin, turn).is_none() {
            return self.enter(turn, room);
        }
        self.later(JOIN_DELAY, move |saboteur| saboteur.enter(turn, room));
    }

    /// A leave, performed or not, by its sender alone or by all.
    pub(crate) fn leave(&self, socket: &SocketRef, room: &str) {
        let mut roster = self.roster();
        let Some(turn) = roster.next(socket.id, Act::Leave) else { return };
        if self.dice.hit(FaultKind::LeaveIgnored, turn).is_some() {
            return;
        }
        if self.dice.hit(FaultKind::LeaveTakesAll, turn).is_some() {
            roster.rooms.empty(room);
        }
        roster.rooms.leave(turn.user, room);
    }

    /// A message, heard by whom and how often and in what shape the faults want.
    pub(crate) fn send(self: &Arc<Self>, sender: &SocketRef, room: String, payload: Payload<'_>) {
        self.stall.message();
        let mut roster = self.roster();
        let Some(turn) = roster.next(sender.id, Act::Send) else { return };
        let payload = Arc::new(self.edited(turn, payload).into_owned());
        let receivers = self.receivers(&mut roster, turn, &room);
        if self.dice.may(FaultKind::HistoryOnJoin) {
            roster.histories.record(&room, payload.clone());
        }
        if self.dice.hit(FaultKind::ForgottenRoom, turn).is_some() {
            roster.rooms.empty(&room);
        }
        drop(roster);
        let copies = if self.dice.hit(FaultKind::Duplicate, turn).is_some() { 2 } else { 1 };
        self.dispatch(
            turn,
            room,
            Outgoing { payload, receivers, copies, stats: self.stats.clone() },
        );
    }

    /// Does something after a while.
    fn later(self: &Arc<Self>, delay: Duration, what: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let saboteur = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            what(&saboteur);
        });
    }

    fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Performs a join, unless the user is gone.
    fn enter(self: &Arc<Self>, turn: Turn, room: String) {
        let mut roster = self.roster();
        if !roster.is_here(turn.user) {
            return;
        }
        if self.dice.hit(FaultKind::DeafMember, turn).is_some() {
            roster.deafen(turn.user, HEARD_BEFORE_DEAF);
        }
        if self.dice.hit(FaultKind::LastRoomOnly, turn).is_some() {
            roster.rooms.leave_all(turn.user, Some(&room));
        }
        let counts = self.dice.hit(FaultKind::DoubleJoinDeliversTwice, turn).is_some();
        roster.rooms.enter(turn, &room, counts);
        if self.dice.hit(FaultKind::HistoryOnJoin, turn).is_some()
            && let Some(joiner) = roster.receiver(turn.user)
        {
            roster.histories.of(&room).for_each(|payload| joiner.deliver(payload, &self.stats));
        }
        drop(roster);
        if self.dice.hit(FaultKind::MuteLater, turn).is_some() {
            self.later(MUTE_DELAY, move |saboteur| saboteur.roster().rooms.mute(turn, &room));
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
    fn receivers(&self, roster: &mut Roster, turn: Turn, room: &str) -> Vec<Receiver> {
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
        receivers.iter().filter_map(|user| roster.receiver(*user).cloned()).collect()
    }

    /// Everyone who may hear a message, without its sender.
    fn audience(&self, roster: &Roster, turn: Turn, room: &str) -> Vec<Number> {
        let mut audience = match self.dice.hit(FaultKind::BroadcastAll, turn) {
            Some(_) => roster.everyone(),
            None => roster.rooms.members(room),
        };
        audience.retain(|user| *user != turn.user);
        if let Some(mut numbers) = self.dice.hit(FaultKind::Leak, turn) {
            let is_outsider = |user: &Number| *user != turn.user && !audience.contains(user);
            let mut rooms = roster.rooms.outsiders(room, is_outsider);
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
            self.later(HOLD_TIME_MAX, move |saboteur| saboteur.held.release(&stream, turn.nth));
        }
    }
}
