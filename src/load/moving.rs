//! Moving: users leave rooms and come back, change rooms, disconnect, are cut off, and return.

use std::sync::Arc;
use std::time::Duration;

use super::Command;
use super::agenda::Task;
use super::crowd::Crowd;
use super::user::{Absence, Journey, Membership, Seat, User};
use crate::client::Client;
use crate::history::{Departure, Event, EventKind};
use crate::scenario::{Churn, Fields, Move, MoveKind, Room, StormBy, Template};
use crate::time::Timestamp;

/// How an event leaves; gives the acknowledgement that is to come.
pub(super) type Emit = fn(&mut dyn Client, &str) -> Option<u64>;

pub(super) fn without_ack(client: &mut dyn Client, data: &str) -> Option<u64> {
    client.emit(data).ok().and(None)
}

/// For a connection that is closed on the way to another room: it need not wait for anything.
const AT_ONCE: Duration = Duration::ZERO;

impl Crowd {
    /// Puts the first move of every user, and the storms, on the agenda, for a load that begins at
    /// `start`.
    pub(super) fn take_the_road(&mut self, start: Timestamp) {
        let brief = Arc::clone(&self.brief);
        let churn = &brief.scenario.load.churn;
        for (storm, at) in churn.storms.iter().map(|storm| storm.at).enumerate() {
            self.agenda.add(start + at, Task::Storm { storm: storm as u32 });
        }
        if churn.total() == 0.0 {
            return;
        }
        for user in 0..self.users.len() {
            let moves = brief.plan.moves(self.users[user].id);
            self.users[user].journey = Some(Box::new(Journey { next: None, moves }));
            self.schedule_move(user as u32, start);
        }
    }

    fn schedule_move(&mut self, user: u32, start: Timestamp) {
        let load = &self.brief.scenario.load;
        let Some(journey) = &mut self.users[user as usize].journey else { return };
        journey.next = journey.moves.next(&load.churn, load.profile.duration());
        if let Some(Move { after, .. }) = journey.next {
            self.agenda.add(start + after, Task::Move { user });
        }
    }

    /// Lets `user` make a move that is due, if it is where it can; then plans the next one.
    pub(super) fn make_move(&mut self, user: u32, start: Timestamp) {
        let User { journey, client, .. } = &self.users[user as usize];
        let due = journey.as_ref().and_then(|journey| journey.next);
        let may_move = self.command != Command::Finish && client.is_some();
        if let Some(due) = due.filter(|_| may_move) {
            match due.kind {
                MoveKind::Leave => self.leave_for(user, due.pick, due.away),
                MoveKind::Switch => self.switch(user, due.pick),
                MoveKind::Rejoin => self.rejoin(user, due.pick),
                MoveKind::Disconnect => self.depart(user, StormBy::Disconnect, due.away),
                MoveKind::Drop => self.depart(user, StormBy::Drop, due.away),
            }
        }
        self.schedule_move(user, start);
    }

    /// Takes everybody's connection whom the storm catches.
    pub(super) fn storm(&mut self, storm: u32) {
        let brief = Arc::clone(&self.brief);
        let churn: &Churn = &brief.scenario.load.churn;
        let ending = churn.storms[storm as usize].by;
        for user in 0..self.users.len() {
            let id = self.users[user].id;
            if let Some(back) = churn.caught_by(storm as usize, id, brief.plan.seed) {
                self.depart(user as u32, ending, back);
            }
        }
    }

    /// One of the rooms that the user is in, and in which something shows it.
    fn room_to_leave(&self, user: u32, pick: u32) -> Option<u32> {
        let seats = self.users[user as usize].seats.clone();
        let within = |seat: &u32| self.seats[*seat as usize].membership == Membership::In;
        let count = seats.clone().filter(within).count();
        seats.filter(within).nth(pick as usize % count.max(1))
    }

    /// Leaves a room, to join it again once `away` is over.
    fn leave_for(&mut self, user: u32, pick: u32, away: Duration) {
        if self.brief.scenario.dialect.leave.is_none() {
            return self.depart(user, StormBy::Disconnect, away);
        }
        let Some(seat) = self.room_to_leave(user, pick) else { return };
        let now = self.now();
        self.leave(seat, now);
        self.agenda.add(now + away, Task::Return { seat });
    }

    /// Leaves a room for the one that the user is not in.
    fn switch(&mut self, user: u32, pick: u32) {
        let Some(to) = self.users[user as usize].spare else { return };
        let Some(from) = self.room_to_leave(user, pick) else { return };
        if self.seats[to as usize].leaving.is_some() {
            // It has only just left that one.
            return;
        }
        let now = self.now();
        let by_event = self.brief.scenario.dialect.leave.is_some();
        if by_event {
            self.leave(from, now);
        }
        self.users[user as usize].spare = Some(from);
        self.seats[from as usize].wanted = false;
        self.seats[to as usize].wanted = true;
        let speaker = self.seats[from as usize].speaker.take();
        self.seats[to as usize].speaker = speaker;
        if let Some(speaker) = speaker {
            self.speakers[speaker as usize].moves_to(to);
        }
        if by_event {
            self.come_in(to);
        } else {
            self.depart(user, StormBy::Disconnect, AT_ONCE);
        }
    }

    /// Asks once more to be let into a room that the user is in.
    fn rejoin(&mut self, user: u32, pick: u32) {
        let Some(seat) = self.room_to_leave(user, pick) else { return };
        let brief = Arc::clone(&self.brief);
        let room = self.seats[seat as usize].room;
        let now = self.now();
        let template = &brief.scenario.dialect.join.template;
        self.tell(seat, (template, without_ack), (now, EventKind::Rejoining { room }));
    }

    /// Tells the server that the member at `seat` leaves its room.
    fn leave(&mut self, seat: u32, now: Timestamp) {
        let brief = Arc::clone(&self.brief);
        let Some(template) = &brief.scenario.dialect.leave else { return };
        let room = self.seats[seat as usize].room;
        self.tell(seat, (template, without_ack), (now, EventKind::Leaving { room }));
        self.rise(seat);
        self.seats[seat as usize].wanted = false;
        self.expect_out(seat, now);
    }

    /// Emits what `template` makes of the room at `seat`, once it is written down what that means;
    /// gives the acknowledgement that comes, if `emit` asks for one.
    pub(super) fn tell(
        &mut self,
        seat: u32,
        (template, emit): (&Template, Emit),
        (now, kind): (Timestamp, EventKind),
    ) -> Option<u64> {
        let brief = Arc::clone(&self.brief);
        let Seat { user, room, .. } = self.seats[seat as usize];
        let id = self.users[user as usize].id;
        let Room { name, name_json, .. } = &brief.plan.rooms[room.index()];
        let author = &brief.plan.users[id.index()].author;
        let fields = Fields { room: name, room_json: name_json, author };
        self.scratch.clear();
        template.write(&fields, &mut |_| {}, &mut self.scratch);
        let data = std::str::from_utf8(&self.scratch).expect("templates are UTF-8");
        self.history.push(Event { at: now, user: id, kind });
        // A connection that is gone tells its listener, which gets the user up again.
        emit(self.users[user as usize].client.as_deref_mut()?, data)
    }

    /// Notes when the server will have had its time to take the member at `seat` out.
    fn expect_out(&mut self, seat: u32, now: Timestamp) {
        let over = now + self.brief.scenario.timeouts.delivery;
        self.seats[seat as usize].leaving = Some(now);
        self.agenda.add(over, Task::Left { seat, since: now });
    }

    /// The server has had its time to take the member at `seat` out.
    pub(super) fn left(&mut self, seat: u32, since: Timestamp) {
        if self.seats[seat as usize].leaving != Some(since) {
            return;
        }
        let Seat { user, room, .. } = self.seats[seat as usize];
        self.seats[seat as usize].leaving = None;
        self.seats[seat as usize].again = true;
        let now = self.now();
        self.note(now, self.users[user as usize].id, EventKind::Left { room });
        self.come_in(seat);
    }

    /// The user wants back into the room that it left.
    pub(super) fn back_in(&mut self, seat: u32) {
        self.seats[seat as usize].wanted = true;
        self.come_in(seat);
    }

    /// Ends the connection of `user`, who wants to be back after `away`.
    fn depart(&mut self, user: u32, ending: StormBy, away: Duration) {
        let past = if ending == StormBy::Drop { self.past(user) } else { None };
        let now = self.brief.clock.now();
        let state = &mut self.users[user as usize];
        let Some(mut client) = state.client.take() else { return };
        let (id, due) = (state.id, now + away);
        state.absence = Some(Absence { wanted: due, lost: None });
        state.past = past;
        let resumable = state.past.is_some();
        let how = match ending {
            StormBy::Disconnect => Departure::Disconnect,
            StormBy::Drop => Departure::Drop { resumable },
        };
        // Written down first: from now on nobody counts on it.
        self.note(now, id, EventKind::Departed { how });
        for seat in self.users[user as usize].seats.clone() {
            let Seat { membership, leaving, .. } = self.seats[seat as usize];
            let perhaps_in = membership.is_present() || leaving.is_some();
            self.stand_up(seat, resumable);
            if perhaps_in && ending == StormBy::Disconnect {
                self.expect_out(seat, now);
            }
        }
        match ending {
            StormBy::Disconnect => {
                // Whether it was still there to be left makes no difference.
                let _ = client.leave();
                self.users[user as usize].lingering = Some(client);
            }
            StormBy::Drop => {
                client.cut();
                self.gone.push(client);
            }
        }
        self.agenda.add(due, Task::Connect { user });
    }
}
