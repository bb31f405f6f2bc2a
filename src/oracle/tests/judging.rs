//! Judging: a whole history put before an oracle, its books checked after every event.

use std::time::Duration;

use super::super::{Finding, Oracle, Promises, Roster, RosterRoom, Tally, Violation};
use crate::chat::{Alphabet, Message, RoomId, RunTag, Texts, UserId};
use crate::history::Event;
use crate::time::Timestamp;

pub(super) const TIMEOUT: Duration = Duration::from_secs(1);
/// The oracle's books are checked after one event in so many.
const BOOKS_EVERY: usize = 4;

/// Whom a test is about, and what the server promised them.
#[derive(Clone, Debug)]
pub(super) struct World {
    /// The members of each room.
    pub(super) rooms: Vec<Vec<u32>>,
    pub(super) users: usize,
    pub(super) echoed: bool,
    pub(super) ordered: bool,
    pub(super) strangers_welcome: bool,
    pub(super) join_timeout: Duration,
    pub(super) in_flight_max: usize,
}

/// All that an oracle made of a history.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) violations: Vec<Violation>,
    pub(super) delivered: usize,
    pub(super) completed: Vec<(Timestamp, Timestamp)>,
    pub(super) tally: Tally,
    /// Messages unsettled before the end was declared.
    pub(super) unsettled: usize,
}

/// A step of a history as a test sees it.
pub(super) enum Step<'a> {
    Event(&'a Event),
    Sweep(Timestamp),
}

pub(super) fn at(ms: u64) -> Timestamp {
    Timestamp::from_nanos(ms * 1_000_000)
}

fn texts() -> Texts {
    Texts::new(RunTag::new(7), Alphabet::Mixed, 7)
}

/// The text of a message as a client hears it.
pub(super) fn text(message: &Message) -> String {
    thread_local!(static TEXTS: Texts = texts());
    let mut json = vec![b'"'];
    TEXTS.with(|texts| texts.write_json(message, &mut json));
    json.push(b'"');
    serde_json::from_slice(&json).expect("a text is JSON")
}

impl World {
    pub(super) fn oracle(&self) -> Oracle {
        let room = |(id, members): (usize, &Vec<u32>)| RosterRoom {
            id: RoomId(id as u32),
            members: members.iter().copied().map(UserId).collect(),
        };
        let rooms = self.rooms.iter().enumerate().map(room).collect();
        let promises = Promises {
            sender_echoed: self.echoed,
            ordered: self.ordered,
            strangers_welcome: self.strangers_welcome,
            join_timeout: self.join_timeout,
            delivery_timeout: TIMEOUT,
            in_flight_max: self.in_flight_max,
        };
        Oracle::new(Roster::new(rooms, self.users), texts(), promises)
    }

    pub(super) fn judge<'a>(
        &self,
        steps: impl IntoIterator<Item = Step<'a>>,
        end: Timestamp,
    ) -> Judgement {
        let mut oracle = self.oracle();
        let mut judgement = Judgement {
            violations: Vec::new(),
            delivered: 0,
            completed: Vec::new(),
            tally: Tally::default(),
            unsettled: 0,
        };
        for (index, step) in steps.into_iter().enumerate() {
            match step {
                Step::Event(event) => oracle.judge(event, &mut |found| judgement.take(found)),
                Step::Sweep(now) => oracle.sweep(now),
            }
            if index % BOOKS_EVERY == 0 {
                oracle.check_books();
            }
        }
        judgement.unsettled = oracle.unsettled();
        oracle.finish(end, &mut |found| judgement.take(found));
        oracle.check_books();
        judgement.tally = oracle.tally();
        judgement.check_tally();
        judgement
    }

    /// Judges `events`, sweeping every second as a run does, and long enough after the last.
    pub(super) fn judge_all(&self, events: &[Event]) -> Judgement {
        let mut next_sweep = Timestamp::ZERO + Duration::from_secs(1);
        let mut steps = Vec::new();
        for event in events {
            while event.at >= next_sweep {
                steps.push(Step::Sweep(next_sweep));
                next_sweep = next_sweep + Duration::from_secs(1);
            }
            steps.push(Step::Event(event));
        }
        let last = events.iter().map(|event| event.at).max().unwrap_or_default();
        self.judge(steps, last + TIMEOUT * 2)
    }
}

impl Judgement {
    fn take(&mut self, found: Finding) {
        match found {
            Finding::Delivered { .. } => self.delivered += 1,
            Finding::Completed { first, last, .. } => self.completed.push((first, last)),
            Finding::Violation(violation) => self.violations.push(violation),
        }
    }

    /// What had to be heard was, or is lost.
    fn check_tally(&self) {
        let lost = self.stories().iter().filter(|story| story.starts_with("lost")).count();
        assert_eq!(self.tally.must, self.tally.must_heard + lost as u64, "{:?}", self.tally);
    }

    /// Each violation in short: its kind, the message as `sender sequence #room`, the receiver.
    pub(super) fn stories(&self) -> Vec<String> {
        let mut stories: Vec<String> = self.violations.iter().map(story).collect();
        stories.sort();
        stories
    }
}

/// A user by its letter, or by its number past `Z`.
pub(super) fn name(user: UserId) -> String {
    match u8::try_from(user.0) {
        Ok(number @ 0..26) => char::from(b'A' + number).to_string(),
        _ => format!("u{}", user.0),
    }
}

fn story(violation: &Violation) -> String {
    let what = match (&violation.message, violation.room) {
        (Some(story), _) => {
            format!("{}{}#{}", name(story.id.sender), story.id.sequence, story.id.room.0)
        }
        (None, Some(room)) => format!("#{}", room.0),
        (None, None) => "-".into(),
    };
    format!("{} {what} {}", violation.kind.name(), name(violation.receiver))
}
