//! Garbage: any event in any order, with whatever ids a server may have made up.

use std::collections::HashMap;
use std::time::Duration;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::judging::{Step, TIMEOUT, World, at, text};
use super::seeds;
use crate::chat::{Message, MessageId, RoomId, UserId};
use crate::history::{Awaited, Departure, Event, EventKind, Session};
use crate::time::Timestamp;

/// Messages that the server is believed to keep track of at a time.
const IN_FLIGHT_MAX: usize = 40;

#[test]
fn whatever_a_server_says_the_oracle_stands() {
    seeds::each(300, |_, rng| {
        let world = World {
            rooms: vec![vec![0, 1, 2], vec![1, 2, 3], vec![3], (0..70).collect()],
            users: 80,
            echoed: rng.random_bool(0.5),
            ordered: rng.random_bool(0.5),
            strangers_welcome: rng.random_bool(0.5),
            join_timeout: TIMEOUT,
            in_flight_max: IN_FLIGHT_MAX,
        };
        let events = events(&world, rng);
        let mut steps = Vec::new();
        for event in &events {
            if rng.random_bool(0.05) {
                steps.push(Step::Sweep(event.at));
            }
            steps.push(Step::Event(event));
        }
        // The books are checked on the way, in-flight messages against their limit among them.
        world.judge(steps, at(rng.random_range(0..20_000)));
    });
}

struct Garbage<'r> {
    rng: &'r mut Xoshiro256PlusPlus,
    spoken: HashMap<(u32, u32), u32>,
    said: Vec<Message>,
}

fn events(world: &World, rng: &mut Xoshiro256PlusPlus) -> Vec<Event> {
    let mut now = 0_u64;
    let mut garbage = Garbage { rng, spoken: HashMap::new(), said: Vec::new() };
    let event = |_| {
        now += garbage.rng.random_range(0..50);
        // What is looked at late arrived earlier.
        let time = at(now.saturating_sub(garbage.rng.random_range(0..20)));
        let room = garbage.rng.random_range(0..world.rooms.len());
        let members = &world.rooms[room];
        let member = members[garbage.rng.random_range(0..members.len())];
        let (user, kind) = garbage.event(world, room as u32, member, time);
        Event { at: time, user: UserId(user), kind }
    };
    (0..600).map(event).collect()
}

impl Garbage<'_> {
    fn event(
        &mut self,
        world: &World,
        room: u32,
        member: u32,
        time: Timestamp,
    ) -> (u32, EventKind) {
        let after = Duration::from_millis(1);
        let anybody = self.rng.random_range(0..world.users as u32);
        let room_id = RoomId(room);
        let awaited = [Awaited::Answer, Awaited::Message];
        let awaited = awaited[self.rng.random_range(0..2)];
        let resumable = self.rng.random();
        let sessions = [Session::New, Session::Recovered, Session::Declined];
        let session = sessions[self.rng.random_range(0..3)];
        let departures = [Departure::Disconnect, Departure::Drop { resumable }];
        match self.rng.random_range(0..28) {
            0 => (member, EventKind::Joining { room: room_id }),
            1 => (member, EventKind::Joined { room: room_id, after }),
            2 => (member, EventKind::JoinUnconfirmed { room: room_id, after, awaited }),
            3 => (anybody, EventKind::Disconnected { why: "".into(), resumable }),
            4 | 5 => (anybody, EventKind::Connected { after, session }),
            6 => (anybody, EventKind::ConnectFailed { why: "".into() }),
            7 => (anybody, EventKind::Closed),
            8 => (member, EventKind::Unsent { room: room_id, intended: time }),
            9 => (member, EventKind::Leaving { room: room_id }),
            10 => (member, EventKind::Left { room: room_id }),
            11 => (member, EventKind::Rejoining { room: room_id }),
            12 => (anybody, EventKind::Departed { how: departures[self.rng.random_range(0..2)] }),
            13 => (anybody, EventKind::Alive),
            14..17 => (member, self.say(room, member, time)),
            17 => (anybody, EventKind::Unrecognised { text: self.text().into() }),
            18 => (anybody, self.hear_anything(time)),
            19 => (anybody, self.hear(time)),
            _ => (member, self.hear(time)),
        }
    }

    fn say(&mut self, room: u32, sender: u32, time: Timestamp) -> EventKind {
        let spoken = self.spoken.entry((room, sender)).or_default();
        let id = MessageId { room: RoomId(room), sender: UserId(sender), sequence: *spoken };
        *spoken += 1;
        let intended = time - Duration::from_millis(self.rng.random_range(0..100));
        let message = Message { id, intended, text_bytes: self.rng.random_range(0..300) };
        self.said.push(message);
        EventKind::Sent { message }
    }

    /// Something that was said, mostly of late.
    fn pick(&mut self) -> Option<Message> {
        let back = self.rng.random_range(0..20).min(self.said.len());
        self.said.get(self.said.len() - back).copied()
    }

    fn hear(&mut self, time: Timestamp) -> EventKind {
        match self.pick() {
            Some(Message { id, intended, .. }) => {
                EventKind::Received { id, intended, intact: self.rng.random_bool(0.9) }
            }
            None => self.hear_anything(time),
        }
    }

    fn hear_anything(&mut self, time: Timestamp) -> EventKind {
        let mut number =
            || [0, 1, 3, 69, 70, 79, 80, 1 << 24, u32::MAX][self.rng.random_range(0..9)];
        let (room, sender) = (RoomId(number()), UserId(number()));
        let id = MessageId { room, sender, sequence: number() };
        let times = [Timestamp::ZERO, time, at(19_000), Timestamp::NEVER];
        EventKind::Received { id, intended: times[self.rng.random_range(0..4)], intact: true }
    }

    fn text(&mut self) -> String {
        let whole = self.pick().map_or_else(|| "\u{1f680}\"\\\n".repeat(40), |said| text(&said));
        let (from, to) = (self.rng.random_range(0..40), self.rng.random_range(0..300));
        whole.chars().skip(from / 10).take(to).collect()
    }
}
