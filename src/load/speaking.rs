//! Speaking: what is due is said, and when it was due is remembered.

use std::sync::Arc;

use super::agenda::Task;
use super::crowd::Crowd;
use crate::chat::{Message, MessageId, RoomId};
use crate::history::{Event, EventKind};
use crate::scenario::{Arrivals, Fields};
use crate::time::Timestamp;

/// A member of a room who speaks there by a schedule.
#[derive(Debug)]
pub(super) struct Speaker {
    seat: u32,
    arrivals: Arrivals,
    /// How many of its messages were due, sent or not.
    due: u32,
}

impl Speaker {
    /// From now on, it speaks in another room.
    pub(super) fn moves_to(&mut self, seat: u32) {
        self.seat = seat;
    }
}

/// Why a message is said.
#[derive(Clone, Copy, Debug)]
enum Occasion {
    /// It is the speaker's turn, the so manieth of the plan.
    Turn(u32),
    /// Others are to show that they hear it.
    Probe,
}

impl Occasion {
    /// What the message's size is drawn for: a number that no probe before it changes.
    fn number(self) -> u32 {
        match self {
            Occasion::Turn(turn) => turn,
            Occasion::Probe => u32::MAX,
        }
    }
}

impl Crowd {
    /// Puts the first message of every speaker on the agenda, for a load that begins at `start`.
    pub(super) fn take_the_floor(&mut self, rooms: &[RoomId], start: Timestamp) {
        let brief = Arc::clone(&self.brief);
        for (place, &id) in rooms.iter().enumerate() {
            for slot in 0..brief.plan.rooms[id.index()].speakers {
                let seat = self.rooms[place].seats[slot as usize];
                let arrivals = brief.plan.arrivals(id, slot);
                self.seats[seat as usize].speaker = Some(self.speakers.len() as u32);
                self.speakers.push(Speaker { seat, arrivals, due: 0 });
                self.schedule(self.speakers.len() as u32 - 1, start);
            }
        }
    }

    fn schedule(&mut self, speaker: u32, start: Timestamp) {
        let profile = &self.brief.scenario.load.profile;
        let next = self.speakers[speaker as usize].arrivals.next(profile);
        if let Some(after) = next {
            self.agenda.add(start + after, Task::Speak { speaker });
        }
    }

    /// Says the message of `speaker` that was due at `intended`, and schedules its next one.
    pub(super) fn speak(&mut self, speaker: u32, intended: Timestamp, start: Timestamp) {
        let Speaker { seat, due, .. } = &mut self.speakers[speaker as usize];
        let (seat, turn) = (*seat, *due);
        *due += 1;
        self.say(seat, intended, Occasion::Turn(turn));
        self.schedule(speaker, start);
    }

    /// How many messages of the load are yet to be said.
    pub(super) fn still_due(&mut self) -> u64 {
        let profile = &self.brief.scenario.load.profile;
        let next = |speaker: &mut Speaker| {
            std::iter::from_fn(|| speaker.arrivals.next(profile)).count() as u64
        };
        // Each speaker's next message is on the agenda, and was taken off its arrivals.
        self.agenda.speeches() as u64 + self.speakers.iter_mut().map(next).sum::<u64>()
    }

    /// Sends a message from `seat` that shows who hears it; when, if there was a connection.
    pub(super) fn say_probe(&mut self, seat: u32, now: Timestamp) -> Option<Timestamp> {
        self.say(seat, now, Occasion::Probe)
    }

    /// Sends the next message from `seat`; when, if there was a connection to send it on.
    fn say(&mut self, seat: u32, intended: Timestamp, occasion: Occasion) -> Option<Timestamp> {
        let brief = &*self.brief;
        let now = brief.clock.now();
        let entry = &mut self.seats[seat as usize];
        let user = &mut self.users[entry.user as usize];
        let sender = user.id;
        let here = entry.membership.is_present();
        if !here && (user.is_away() || user.client.is_some()) {
            // It has left the room, or has not come back yet, because the scenario says so.
            let kind = EventKind::Away { room: entry.room, intended };
            self.note(now, sender, kind);
            return None;
        }
        let Some(client) = &mut user.client else {
            let kind = EventKind::Unsent { room: entry.room, intended };
            self.note(now, sender, kind);
            return None;
        };
        let id = MessageId { room: entry.room, sender, sequence: entry.sequence };
        entry.sequence += 1;
        let planned = MessageId { sequence: occasion.number(), ..id };
        let text_bytes = brief.scenario.message.sizes.message_bytes(brief.plan.seed, planned);
        let message = Message { id, intended, text_bytes };
        let room = &brief.plan.rooms[id.room.index()];
        let author = &brief.plan.users[sender.index()].author;
        let fields = Fields { room: &room.name, room_json: &room.name_json, author };
        let texts = &self.texts;
        self.scratch.clear();
        let mut write_text = |out: &mut Vec<u8>| texts.write_json(&message, out);
        brief.scenario.dialect.send.write(&fields, &mut write_text, &mut self.scratch);
        let data = std::str::from_utf8(&self.scratch).expect("templates and texts are UTF-8");
        // Written down first, for it may be heard before the call returns; should the connection
        // turn out to be gone, its loss is written down next, and nobody must hear the message.
        let kind = match occasion {
            Occasion::Turn(_) => EventKind::Sent { message },
            Occasion::Probe => EventKind::Probed { message },
        };
        self.history.push(Event { at: now, user: sender, kind });
        client.emit(data).is_ok().then_some(now)
    }
}
