//! Play: a short run of two rooms on two shards, recorded by those who record real ones.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::chat::{Message, MessageId, RoomId, UserId};
use crate::history::{Event, EventKind, Session};
use crate::load::Performed;
use crate::run::judgement::Ending;
use crate::run::record::{Minutes, Over, RecordFile, RecordHeader, Recording, Scribe};
use crate::time::Timestamp;

const SCENARIO: &str = "
name: play
users: 6
rooms: {count: 2}
timeouts: {delivery: 1 s}
load:
  phases:
    - hold: {rate: 12/s, for: 2 s}
";

pub(super) fn at(ms: u64) -> Timestamp {
    Timestamp::from_nanos(ms * 1_000_000)
}

/// A file in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl RecordFile for Memory {
    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.0.lock().expect("not poisoned").truncate(bytes as usize);
        Ok(())
    }
}

/// A run that is being recorded.
pub(super) struct Play {
    file: Memory,
    recording: Recording,
    scribes: Vec<Scribe>,
    minutes: Minutes,
}

impl Play {
    pub(super) fn header() -> RecordHeader {
        RecordHeader {
            chatbench: "0.1.0".into(),
            command: "chatbench run play.yaml --seed 1".into(),
            environment: serde_json::json!({"os": "test"}),
            began_unix_ms: 1_767_323_045_678,
            tag: "ABCDE".into(),
            seed: 1,
            shards: 2,
            targets: vec!["http://localhost".into()],
            scenario: SCENARIO.into(),
        }
    }

    pub(super) fn begin() -> Play {
        let file = Memory::default();
        let recording = Recording::start(file.clone(), &Play::header(), u64::MAX);
        let recording = recording.expect("memory takes it");
        let post = recording.post();
        let scribes = (0..2).map(|shard| post.scribe(shard)).collect();
        Play { file, minutes: post.minutes(), recording, scribes }
    }

    /// A whole run in which all is well, to its last byte.
    pub(super) fn whole() -> Vec<u8> {
        let mut play = Play::begin();
        play.perform(|_| true);
        play.end()
    }

    /// The run of four seconds, but for what is not to be.
    pub(super) fn perform(&mut self, is: impl Fn(&Event) -> bool) {
        for second in 0..4 {
            for shard in 0..2 {
                if second == 1 {
                    self.scribes[shard].load_begins(at(1_000));
                }
                let mut events = events(shard as u32, second);
                events.retain(&is);
                self.scribes[shard].observe(&events);
                self.scribes[shard].turn(at(second * 1_000 + 1_001), true);
            }
            self.minutes.interval(at(second * 1_000 + 1_000), vec![1, 1]);
        }
    }

    pub(super) fn end(mut self) -> Vec<u8> {
        for (scribe, busy) in self.scribes.iter_mut().zip([0.25, 0.5]) {
            scribe.finish(&Ending { at: at(4_500), performed: Performed::default(), busy });
        }
        let load = Some((at(1_000), at(3_000)));
        let over = Over { to: at(4_550), at: at(4_600), load, interrupted: false };
        self.minutes.over(&over);
        let written = self.recording.finish();
        let bytes = self.file.0.lock().expect("not poisoned").clone();
        assert_eq!((written.bytes, written.missing), (bytes.len() as u64, None));
        bytes
    }
}

/// What happens to the three of a room in one second: they come, or each says something twice.
fn events(room: u32, second: u64) -> Vec<Event> {
    let users = [room * 3, room * 3 + 1, room * 3 + 2];
    let event = |ms, user, kind| Event { at: at(second * 1_000 + ms), user: UserId(user), kind };
    let (room_id, after) = (RoomId(room), Duration::from_millis(3));
    let mut events = Vec::new();
    for (ms, user) in (100..).step_by(10).zip(users) {
        match second {
            0 => {
                let session = Session::New;
                events.push(event(ms, user, EventKind::Connected { after, session }));
                events.push(event(ms + 1, user, EventKind::Joining { room: room_id }));
                events.push(event(ms + 4, user, EventKind::Joined { room: room_id, after }));
            }
            1 | 2 => {
                for turn in 0..2 {
                    let sequence = (second as u32 - 1) * 2 + turn;
                    let id = MessageId { room: room_id, sender: UserId(user), sequence };
                    let ms = ms + u64::from(turn) * 300;
                    let intended = at(second * 1_000 + ms);
                    let message = Message { id, intended, text_bytes: 64 };
                    events.push(event(ms + 1, user, EventKind::Sent { message }));
                    for (late, ear) in (3..).zip(users.into_iter().filter(|ear| *ear != user)) {
                        let kind = EventKind::Received { id, intended, intact: true };
                        events.push(event(ms + late, ear, kind));
                    }
                }
            }
            _ => events.push(event(ms, user, EventKind::Closed)),
        }
    }
    events
}
