//! Joining: into the rooms, and how it is known that a user is in.

use std::sync::Arc;
use std::time::Duration;

use super::agenda::Task;
use super::crowd::Crowd;
use super::moving::{Emit, without_ack};
use super::user::{Membership, Seat};
use crate::history::{Awaited, EventKind};
use crate::scenario::{Confirm, Fields, Offset, Room, SenderPolicy};
use crate::time::Timestamp;

const PROBE_INTERVAL_MIN: Duration = Duration::from_millis(50);
const PROBE_INTERVAL_MAX: Duration = Duration::from_secs(1);

/// A room, as far as its members' coming in is concerned.
#[derive(Debug)]
pub(super) struct RoomState {
    /// For each slot, its seat in the shard's table of seats.
    pub(super) seats: Box<[u32]>,
    /// Members that have asked and of whom there is no evidence yet.
    joining: u32,
    /// Members of whom it is not known yet whether they will ever ask.
    absent: u32,
    /// Whether a probe is on the agenda.
    probe_due: bool,
    probe_interval: Duration,
    /// The slot whose turn it is to probe.
    turn: u32,
}

impl RoomState {
    pub(super) fn new(room: &Room) -> RoomState {
        RoomState {
            seats: vec![u32::MAX; room.members.len()].into(),
            joining: 0,
            absent: room.residents,
            probe_due: false,
            probe_interval: PROBE_INTERVAL_MIN,
            turn: 0,
        }
    }
}

/// Keeps the probes of all rooms together below a rate.
#[derive(Debug)]
pub(super) struct Probing {
    spacing: Duration,
    next: Timestamp,
}

impl Probing {
    pub(super) fn new(rate: f64) -> Probing {
        Probing { spacing: Duration::from_secs_f64(1.0 / rate), next: Timestamp::ZERO }
    }

    /// When the next probe may leave, not before `earliest`.
    fn slot(&mut self, earliest: Timestamp) -> Timestamp {
        let slot = self.next.max(earliest);
        self.next = slot + self.spacing;
        slot
    }
}

impl Crowd {
    pub(super) fn sender_echoed(&self) -> bool {
        self.brief.scenario.dialect.sender == SenderPolicy::Echoed
    }

    /// A user that has just connected asks to be let into all the rooms that it wants to be in,
    /// but for those that the server has left it in.
    pub(super) fn join_rooms(&mut self, user: u32, recovered: bool) {
        let first_time = std::mem::take(&mut self.users[user as usize].awaited);
        for seat in self.users[user as usize].seats.clone() {
            let state = &mut self.seats[seat as usize];
            let stayed = recovered && state.membership == Membership::Suspended;
            (state.leaving, state.again) = (None, recovered);
            state.membership = if stayed { Membership::In } else { Membership::Out };
            if stayed {
                self.users[user as usize].failures = 0;
            } else if state.wanted {
                self.ask(seat);
            }
            if self.seats[seat as usize].wanted {
                self.account_for(seat, first_time);
            }
        }
    }

    /// Asks to be let into a room, if the user wants to be in it, can ask, and has not asked.
    pub(super) fn come_in(&mut self, seat: u32) {
        let Seat { user, place, wanted, leaving, membership, .. } = self.seats[seat as usize];
        let connected = self.users[user as usize].client.is_some();
        let may_ask = connected && leaving.is_none() && !self.draining;
        if wanted && may_ask && !membership.is_present() {
            self.ask(seat);
            self.probe_if_needed(place);
        }
    }

    /// A user has given up connecting, for now; nobody waits for it any more.
    pub(super) fn stay_away(&mut self, user: u32) {
        let first_time = std::mem::take(&mut self.users[user as usize].awaited);
        for seat in self.users[user as usize].seats.clone() {
            self.settled(seat);
            if self.seats[seat as usize].wanted {
                self.account_for(seat, first_time);
            }
        }
    }

    fn ask(&mut self, seat: u32) {
        let brief = Arc::clone(&self.brief);
        let at = brief.clock.now();
        let Seat { user, room, place, .. } = self.seats[seat as usize];
        if self.users[user as usize].client.is_none() {
            return;
        }
        let join = &brief.scenario.dialect.join;
        let emit: Emit = match &join.confirm {
            Confirm::Ack => |client, data| client.emit_with_ack(data).ok(),
            _ => without_ack,
        };
        let ack = self.tell(seat, (&join.template, emit), (at, EventKind::Joining { room }));
        let asking = &mut self.seats[seat as usize];
        asking.membership = Membership::Joining { asked: at, probed: None, owed: None, ack };
        asking.unheard = Some(at);
        self.rooms[place as usize].joining += 1;
        match join.confirm {
            Confirm::Probe => {}
            Confirm::Settle(time) => {
                self.agenda.add(at + time, Task::JoinOver { seat, asked: at });
            }
            Confirm::Ack | Confirm::Event { .. } => {
                let over = at + brief.scenario.timeouts.join;
                self.agenda.add(over, Task::JoinOver { seat, asked: at });
            }
        }
    }

    /// It is known whether the member at `seat` comes; once all are, the room is probed.
    fn account_for(&mut self, seat: u32, first_time: bool) {
        let place = self.seats[seat as usize].place;
        self.rooms[place as usize].absent -= u32::from(first_time);
        self.probe_if_needed(place);
    }

    fn probe_if_needed(&mut self, place: u32) {
        let now = self.now();
        let probes = matches!(self.brief.scenario.dialect.join.confirm, Confirm::Probe);
        let room = &mut self.rooms[place as usize];
        if probes && room.absent == 0 && room.joining > 0 && !room.probe_due {
            room.probe_due = true;
            room.probe_interval = PROBE_INTERVAL_MIN;
            self.agenda.add(self.probing.slot(now), Task::Probe { room: place });
        }
    }

    /// A member says something so that the others can show that they hear it.
    pub(super) fn probe(&mut self, place: u32) {
        let now = self.now();
        self.give_up_on_the_deaf(place, now);
        let room = &mut self.rooms[place as usize];
        if room.joining == 0 {
            room.probe_due = false;
            return;
        }
        if let Some(slot) = self.prober(place) {
            let room = &mut self.rooms[place as usize];
            room.turn = (slot + 1) % room.seats.len() as u32;
            let prober = room.seats[slot as usize];
            if let Some(said) = self.say_probe(prober, now) {
                self.mark_probed(place, prober, said);
            }
        }
        let room = &mut self.rooms[place as usize];
        let next = now + room.probe_interval;
        room.probe_interval = (room.probe_interval * 2).min(PROBE_INTERVAL_MAX);
        self.agenda.add(self.probing.slot(next), Task::Probe { room: place });
    }

    /// The next slot that can show something to somebody: it is connected, and it is not the only
    /// one that waits.
    fn prober(&self, place: u32) -> Option<u32> {
        let room = &self.rooms[place as usize];
        let slots = room.seats.len() as u32;
        (0..slots).map(|step| (room.turn + step) % slots).find(|&slot| {
            let seat = &self.seats[room.seats[slot as usize] as usize];
            let waits = matches!(seat.membership, Membership::Joining { .. });
            let only_one = waits && room.joining == 1 && !self.sender_echoed();
            let connected = self.users[seat.user as usize].client.is_some();
            connected && seat.membership.is_present() && !only_one
        })
    }

    fn mark_probed(&mut self, place: u32, prober: u32, now: Timestamp) {
        let echoed = self.sender_echoed();
        let time = self.brief.scenario.timeouts.join / 2;
        for &seat in &self.rooms[place as usize].seats {
            if seat == prober && !echoed {
                continue;
            }
            let state = &mut self.seats[seat as usize].membership;
            if let Membership::Joining { asked, probed, owed, .. } = state {
                probed.get_or_insert(now);
                if now.since(*asked) >= time {
                    owed.get_or_insert((now, prober));
                }
            }
        }
    }

    /// A member is deaf that heard nothing for too long of what was said once its join had had its
    /// time. One to whom nobody could say anything is not, but the assembly does not wait for it
    /// any longer.
    fn give_up_on_the_deaf(&mut self, place: u32, now: Timestamp) {
        let patience = self.brief.scenario.timeouts.join;
        for slot in 0..self.rooms[place as usize].seats.len() {
            let seat = self.rooms[place as usize].seats[slot];
            let Membership::Joining { asked, probed, owed, .. } =
                self.seats[seat as usize].membership
            else {
                continue;
            };
            match (probed, owed) {
                (_, Some((owed, _))) if owed + patience < now => self.deaf(seat, asked, now),
                (None, _) if asked + patience < now => self.settled(seat),
                _ => {}
            }
        }
    }

    fn deaf(&mut self, seat: u32, asked: Timestamp, now: Timestamp) {
        let Seat { user, room, place, .. } = self.seats[seat as usize];
        let awaited = match self.brief.scenario.dialect.join.confirm {
            Confirm::Probe => Awaited::Message,
            Confirm::Ack | Confirm::Event { .. } | Confirm::Settle(_) => Awaited::Answer,
        };
        let kind = EventKind::JoinUnconfirmed { room, after: now.since(asked), awaited };
        self.note(now, self.users[user as usize].id, kind);
        self.seats[seat as usize].membership = Membership::Deaf { asked };
        self.rooms[place as usize].joining -= 1;
        self.settled(seat);
    }

    /// A join has had its time: a settled one is taken to have worked, any other not.
    pub(super) fn join_over(&mut self, seat: u32, asked_then: Timestamp) {
        let Membership::Joining { asked, .. } = self.seats[seat as usize].membership else {
            return;
        };
        if asked != asked_then {
            return;
        }
        let now = self.now();
        match self.brief.scenario.dialect.join.confirm {
            Confirm::Settle(_) => self.joined(seat, now),
            _ => self.deaf(seat, asked, now),
        }
    }

    pub(super) fn confirmed_by_ack(&mut self, user: u32, id: u64, at: Timestamp) {
        for seat in self.users[user as usize].seats.clone() {
            let membership = self.seats[seat as usize].membership;
            if matches!(membership, Membership::Joining { ack: Some(ack), .. } if ack == id) {
                self.joined(seat, at);
            }
        }
    }

    /// The confirming event came: for the rooms that it speaks of, or for all that the user is
    /// joining, if it speaks of none.
    pub(super) fn confirmed_by_event(&mut self, user: u32, data: &str, at: Timestamp) {
        let brief = Arc::clone(&self.brief);
        let Confirm::Event { template, .. } = &brief.scenario.dialect.join.confirm else { return };
        let Ok(value) = serde_json::from_str(data) else { return };
        let author = &brief.plan.users[self.users[user as usize].id.index()].author;
        for seat in self.users[user as usize].seats.clone() {
            let room = &brief.plan.rooms[self.seats[seat as usize].room.index()];
            let fields = Fields { room: &room.name, room_json: &room.name_json, author };
            let meant = template
                .as_ref()
                .is_none_or(|template| template.matches(&fields, "", &value, Offset::Allowed));
            if meant {
                self.joined(seat, at);
            }
        }
    }

    /// There is evidence that the user at `seat` is in its room.
    pub(super) fn joined(&mut self, seat: u32, at: Timestamp) {
        let Seat { user, room, membership, .. } = self.seats[seat as usize];
        let asked = match membership {
            Membership::Joining { asked, .. } | Membership::Deaf { asked } => asked,
            Membership::Out | Membership::In | Membership::Suspended => return,
        };
        let kind = EventKind::Joined { room, after: at.since(asked) };
        self.note(at, self.users[user as usize].id, kind);
        self.sit_down(seat);
    }

    fn sit_down(&mut self, seat: u32) {
        let Seat { user, place, membership, .. } = self.seats[seat as usize];
        self.seats[seat as usize].membership = Membership::In;
        self.users[user as usize].failures = 0;
        if matches!(membership, Membership::Joining { .. }) {
            self.rooms[place as usize].joining -= 1;
            self.settled(seat);
        }
    }

    /// The connection is gone, and with it the place in the room, unless the server keeps it.
    pub(super) fn stand_up(&mut self, seat: u32, resumable: bool) {
        let Seat { place, membership, .. } = self.seats[seat as usize];
        self.rise(seat);
        self.seats[seat as usize].leaving = None;
        if resumable && membership == Membership::In {
            self.seats[seat as usize].membership = Membership::Suspended;
        }
        self.unmark_probed(place, seat);
    }

    /// The member at `seat` is not in its room any more, nor on its way into it.
    pub(super) fn rise(&mut self, seat: u32) {
        let Seat { place, membership, .. } = self.seats[seat as usize];
        self.seats[seat as usize].membership = Membership::Out;
        self.seats[seat as usize].unheard = None;
        if matches!(membership, Membership::Joining { .. }) {
            self.rooms[place as usize].joining -= 1;
        }
    }

    /// What was said last from the seat of a `lost` connection may have gone with it.
    fn unmark_probed(&mut self, place: u32, lost: u32) {
        for &seat in &self.rooms[place as usize].seats {
            let state = &mut self.seats[seat as usize].membership;
            if let Membership::Joining { probed, owed, .. } = state {
                *probed = None;
                *owed = owed.filter(|(_, prober)| *prober != lost);
            }
        }
    }

    /// Whether somebody has asked to be let in, and it will be shown whether the server did so.
    pub(super) fn is_awaiting_joins(&self) -> bool {
        let probes = matches!(self.brief.scenario.dialect.join.confirm, Confirm::Probe);
        let shown = |place: u32| !probes || self.prober(place).is_some();
        (0..).zip(&self.rooms).any(|(place, room)| room.joining > 0 && shown(place))
    }

    /// Memberships without evidence, for which the server is not to blame.
    pub(super) fn absent(&self) -> usize {
        let absent = |seat: &&Seat| {
            let out = matches!(seat.membership, Membership::Out | Membership::Joining { .. });
            seat.wanted && out
        };
        self.seats.iter().filter(absent).count()
    }

    /// The assembly need not wait for this seat any more.
    fn settled(&mut self, seat: u32) {
        if std::mem::take(&mut self.seats[seat as usize].awaited) {
            self.unseated -= 1;
            if self.unseated == 0 {
                self.news.tell();
            }
        }
    }
}
