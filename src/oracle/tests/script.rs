//! Script: short histories as one would tell them, a line for each event.
//!
//! A line is `TIME WHO… VERB …`: times in milliseconds, users by letter. `A2` is the third
//! message of A to room 0, `A2#1` the same to room 1. Verbs:
//!
//! | verb | event |
//! | --- | --- |
//! | `joins`, `asks`, `is-in` `[#room]` | Joining and Joined, or one of them |
//! | `is-deaf`, `is-unanswered` `[#room]` | JoinUnconfirmed: no message came, or no answer |
//! | `drops`, `connects`, `closes`, `lives` | Disconnected, Connected, Closed, Alive |
//! | `leaves`, `is-out` `[#room]` | Leaving, Left |
//! | `departs`, `is-cut` | Departed, by a closing packet or without a word |
//! | `is-suspended`, `recovers`, `is-declined` | Disconnected and resumable, Connected |
//! | `says [#room] [due TIME]` | Sent |
//! | `hears MESSAGE [damaged] [due TIME]` | Received |
//! | `garbles MESSAGE`, `cuts MESSAGE LEN` | Unrecognised: one character changed, or cut short |
//! | `reads TEXT` | Unrecognised |
//! | `sweep`, `end` | no event: the oracle is told the time |

use std::collections::HashMap;
use std::time::Duration;

use super::judging::{Judgement, Step, TIMEOUT, World, at, text};
use crate::chat::{Message, MessageId, RoomId, UserId};
use crate::history::{Awaited, Departure, Event, EventKind, Session};
use crate::time::Timestamp;

/// Longer than the reader keeps of a text, so that it counts what is compared.
const TEXT_BYTES: u32 = 100;

/// A world told in letters: `ABC AD` is two rooms.
pub(super) fn world(rooms: &str) -> World {
    let member = |letter: char| u32::from(letter) - u32::from('A');
    World {
        rooms: rooms.split(' ').map(|room| room.chars().map(member).collect()).collect(),
        users: 26,
        echoed: false,
        ordered: true,
        strangers_welcome: false,
        join_timeout: TIMEOUT,
        in_flight_max: 1000,
    }
}

#[derive(Default)]
struct Script {
    events: Vec<Event>,
    /// Where the oracle is swept, as the number of events before.
    sweeps: Vec<(usize, Timestamp)>,
    end: Option<Timestamp>,
    said: HashMap<MessageId, Message>,
    spoken: HashMap<(u32, u32), u32>,
}

/// What an oracle makes of `script`.
pub(super) fn judge(world: &World, script: &str) -> Judgement {
    let mut told = Script::default();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        told.read(line);
    }
    let last = told.events.iter().map(|event| event.at).max().unwrap_or_default();
    let end = told.end.unwrap_or(last + TIMEOUT * 2);
    let mut sweeps = told.sweeps.iter().peekable();
    let mut steps = Vec::new();
    for (index, event) in told.events.iter().enumerate() {
        while let Some((_, now)) = sweeps.next_if(|(before, _)| *before <= index) {
            steps.push(Step::Sweep(*now));
        }
        steps.push(Step::Event(event));
    }
    steps.extend(sweeps.map(|(_, now)| Step::Sweep(*now)));
    world.judge(steps, end)
}

impl Script {
    fn read(&mut self, line: &str) {
        let mut words = line.split_whitespace().peekable();
        let time = at(words.next().and_then(|time| time.parse().ok()).expect("a time"));
        let mut users = Vec::new();
        while let Some(user) = words.next_if(|word| word.len() == 1) {
            users.push(UserId(u32::from(user.as_bytes()[0] - b'A')));
        }
        let verb = words.next().unwrap_or_else(|| panic!("no verb in {line:?}"));
        let rest: Vec<&str> = words.collect();
        match verb {
            "sweep" => self.sweeps.push((self.events.len(), time)),
            "end" => self.end = Some(time),
            _ => {
                for user in users {
                    let kinds = self.kinds(user, time, verb, &rest);
                    self.events.extend(kinds.map(|kind| Event { at: time, user, kind }));
                }
            }
        }
    }

    fn kinds(
        &mut self,
        user: UserId,
        time: Timestamp,
        verb: &str,
        rest: &[&str],
    ) -> impl Iterator<Item = EventKind> + use<> {
        let room = RoomId(rest.iter().find_map(|word| word.strip_prefix('#')).map_or(0, number));
        let after = Duration::from_millis(1);
        let kinds = match verb {
            "asks" => vec![EventKind::Joining { room }],
            "is-in" => vec![EventKind::Joined { room, after }],
            "joins" => vec![EventKind::Joining { room }, EventKind::Joined { room, after }],
            "is-deaf" => {
                let awaited = Awaited::Message;
                vec![EventKind::JoinUnconfirmed { room, after, awaited }]
            }
            "is-unanswered" => {
                vec![EventKind::JoinUnconfirmed { room, after, awaited: Awaited::Answer }]
            }
            "drops" => vec![EventKind::Disconnected { why: "gone".into(), resumable: false }],
            "connects" => vec![EventKind::Connected { after, session: Session::New }],
            "closes" => vec![EventKind::Closed],
            "lives" => vec![EventKind::Alive],
            "leaves" => vec![EventKind::Leaving { room }],
            "is-out" => vec![EventKind::Left { room }],
            "departs" => vec![EventKind::Departed { how: Departure::Disconnect }],
            "is-cut" => {
                let how = Departure::Drop { resumable: false };
                vec![EventKind::Departed { how }]
            }
            "is-suspended" => {
                vec![EventKind::Disconnected { why: "gone".into(), resumable: true }]
            }
            "recovers" => vec![EventKind::Connected { after, session: Session::Recovered }],
            "is-declined" => vec![EventKind::Connected { after, session: Session::Declined }],
            "says" => vec![self.says(user, room, due(rest).unwrap_or(time))],
            "hears" => vec![self.hears(rest, due(rest), time)],
            "reads" => vec![EventKind::Unrecognised { text: rest.join(" ").into() }],
            "garbles" => vec![unrecognised(garbled(&self.text(rest)))],
            "cuts" => vec![unrecognised(self.text(rest)[..number(rest[1]) as usize].to_owned())],
            _ => panic!("{verb} is no verb"),
        };
        kinds.into_iter()
    }

    fn says(&mut self, sender: UserId, room: RoomId, intended: Timestamp) -> EventKind {
        let spoken = self.spoken.entry((sender.0, room.0)).or_default();
        let id = MessageId { room, sender, sequence: *spoken };
        *spoken += 1;
        let message = Message { id, intended, text_bytes: TEXT_BYTES };
        self.said.insert(id, message);
        EventKind::Sent { message }
    }

    fn hears(&self, rest: &[&str], due: Option<Timestamp>, time: Timestamp) -> EventKind {
        let id = message_id(rest[0]);
        let known = self.said.get(&id).map(|message| message.intended);
        let intended = due.or(known).unwrap_or(time);
        EventKind::Received { id, intended, intact: !rest.contains(&"damaged") }
    }

    fn text(&self, rest: &[&str]) -> String {
        text(&self.said[&message_id(rest[0])])
    }
}

fn number(word: &str) -> u32 {
    word.parse().unwrap_or_else(|_| panic!("{word:?} is no number"))
}

fn due(rest: &[&str]) -> Option<Timestamp> {
    let due = rest.iter().position(|word| *word == "due")?;
    Some(at(number(rest[due + 1]).into()))
}

fn message_id(word: &str) -> MessageId {
    let (message, room) = word.split_once('#').unwrap_or((word, "0"));
    let (sender, sequence) = message.split_at(1);
    let sender = UserId(u32::from(sender.as_bytes()[0] - b'A'));
    MessageId { room: RoomId(number(room)), sender, sequence: number(sequence) }
}

fn unrecognised(text: String) -> EventKind {
    EventKind::Unrecognised { text: text.into() }
}

/// A text with one character of its stamp changed.
pub(super) fn garbled(text: &str) -> String {
    format!("{}{}{}", &text[..15], if &text[15..16] == "!" { "?" } else { "!" }, &text[16..])
}
