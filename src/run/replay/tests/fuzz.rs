//! Fuzz: whatever a record says, the judge stands, and takes no more memory than it may.

use std::time::Duration;

use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::forge::Forged;
use super::play::{Play, at};
use super::{Blocks, RecordError, judged};
use crate::chat::{Message, MessageId, RoomId, UserId};
use crate::history::record::{EventWriter, Head, put_varint};
use crate::history::{Awaited, Departure, Event, EventKind, Session};
use crate::load::Performed;
use crate::run::judgement::Ending;
use crate::run::record::{
    CONDUCTOR, ConductorEntry, MARKER, Over, ShardEntry, put_conductor, put_shard,
};
use crate::time::Timestamp;

/// Calls `test` with so many seeds, or only with that in `CHATBENCH_SEED`.
fn each_seed(count: u64, test: impl Fn(u64, &mut Xoshiro256PlusPlus)) {
    let chosen = std::env::var("CHATBENCH_SEED").ok();
    let chosen = chosen.map(|seed| seed.parse().expect("CHATBENCH_SEED is a number"));
    for seed in chosen.map_or(0..count, |seed: u64| seed..seed + 1) {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            test(seed, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
        }));
        if outcome.is_err() {
            panic!("this was CHATBENCH_SEED={seed}");
        }
    }
}

/// Reads all blocks of a record: how many there are, and whether the file ends within one.
fn read(record: &[u8]) -> Result<(usize, bool), RecordError> {
    let mut blocks = Blocks::open(record)?;
    blocks.header()?;
    let mut count = 0;
    while blocks.next()?.is_some() {
        count += 1;
    }
    Ok((count, blocks.is_cut()))
}

#[test]
fn no_bit_can_be_flipped_unnoticed() {
    let whole = Play::whole();
    assert!(read(&whole).is_ok());
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = read(&flipped).err().unwrap_or_else(|| panic!("bit {bit} was flipped"));
        assert!(error.offset <= whole.len() as u64, "{error}");
    }
}

#[test]
fn cut_anywhere_all_whole_blocks_are_read() {
    let whole = Play::whole();
    let forged = Forged::read(&whole);
    let mut ends = vec![forged.header_bytes];
    for (_, _, payload) in &forged.blocks {
        ends.push(ends[ends.len() - 1] + Head::BYTES + payload.len());
    }
    for bytes in 0..=whole.len() {
        let wanted = ends.iter().filter(|end| **end <= bytes).count().checked_sub(1);
        let read = read(&whole[..bytes]);
        let is_cut = !ends.contains(&bytes);
        assert_eq!(read.ok(), wanted.map(|blocks| (blocks, is_cut)), "cut after {bytes}");
    }
}

#[test]
fn several_bytes_can_be_changed() {
    let whole = Play::whole();
    each_seed(60, |_, rng| {
        let mut changed = whole.clone();
        for _ in 0..rng.random_range(1..6) {
            let at = rng.random_range(0..changed.len());
            changed[at] = rng.random();
        }
        let from = rng.random_range(0..changed.len());
        if rng.random_bool(0.3) {
            changed.drain(from..(from + rng.random_range(1..50)).min(changed.len()));
        }
        let same = changed == whole;
        assert!(judged(&changed).is_err() || same || changed.len() < whole.len());
    });
}

#[test]
fn absurd_lengths_take_no_memory() {
    for (stream, payload_bytes) in [(0, u32::MAX), (CONDUCTOR, 3 << 20), (9, (2 << 20) + 1)] {
        let mut bytes = Play::whole();
        bytes.truncate(Forged::read(&bytes).header_bytes);
        let mut head = Head::of(stream, 0, &[]).to_bytes();
        head[..4].copy_from_slice(&payload_bytes.to_le_bytes());
        let crc = crc32fast::hash(&head[..16]);
        head[16..].copy_from_slice(&crc.to_le_bytes());
        bytes.extend(head);
        let what = judged(&bytes).expect_err("no block is that long").what;
        assert!(what.contains("are the most"), "{what}");
    }
    let mut forged = Forged::read(&Play::whole());
    let mut text = vec![6, 0, 0];
    put_varint(u64::MAX >> 1, &mut text);
    forged.blocks = vec![(0, 0, text)];
    let what = judged(&forged.bytes()).expect_err("no text is that long").what;
    assert!(what.contains("a text of"), "{what}");
}

#[test]
fn blocks_of_noise_do_no_harm() {
    each_seed(100, |_, rng| {
        let mut forged = Forged::read(&Play::whole());
        let stream = [0, 1, 2, CONDUCTOR, MARKER][rng.random_range(0..5)];
        let keep = rng.random_range(0..forged.blocks.len());
        forged.blocks.truncate(keep);
        let number = forged.blocks.iter().filter(|block| block.0 == stream).count();
        let mut noise = vec![0; rng.random_range(0..200)];
        rng.fill_bytes(&mut noise);
        forged.push(stream, number as u32, noise);
        // It may happen to mean something.
        let _ = judged(&forged.bytes());
    });
}

/// Entries that all have a meaning, in an order that no run has.
struct Nonsense<'r> {
    rng: &'r mut Xoshiro256PlusPlus,
    now: u64,
    next: [u32; 6],
    /// How many in a hundred are such that no shard of this plan writes them.
    wrong_percent: u32,
}

/// What is looked through for each of them takes a judge much longer than a liar.
#[test]
fn seconds_that_are_shorter_are_refused() {
    let turn = |ms| ShardEntry::Turn { now: at(ms), told: false };
    let interval = |ms| conductor(&ConductorEntry::Interval { to: at(ms), taken: vec![0, 0] });
    let mut turns = Vec::new();
    let mut writer = EventWriter::default();
    for ms in [1_000, 1_999] {
        put_shard(&mut writer, &turn(ms), &mut turns);
    }
    let intervals = vec![(CONDUCTOR, 0, interval(1_000)), (CONDUCTOR, 1, interval(1_999))];
    for blocks in [vec![(0, 0, turns)], intervals] {
        let forged = Forged { blocks, ..Forged::read(&Play::whole()) };
        let error = judged(&forged.bytes()).expect_err("two in one second");
        assert!(error.what.contains("second"), "{error}");
    }
}

#[test]
fn nonsense_that_is_well_said_is_judged_or_refused() {
    each_seed(120, |seed, rng| {
        let wrong_percent = if seed % 4 == 0 { 1 } else { 0 };
        let (mut forged, next) = (Forged::read(&Play::whole()), [0; 6]);
        let mut nonsense = Nonsense { rng, now: 1_000, next, wrong_percent };
        forged.blocks = nonsense.blocks();
        let outcome = judged(&forged.bytes());
        match outcome {
            Ok(outcome) => {
                let tally = outcome.tally;
                assert!(tally.must_heard <= tally.must && tally.may_heard <= tally.may);
            }
            Err(error) => assert!(wrong_percent > 0, "{error}"),
        }
    });
}

impl Nonsense<'_> {
    fn blocks(&mut self) -> Vec<(u32, u32, Vec<u8>)> {
        let mut writers = [EventWriter::default(), EventWriter::default()];
        let (mut blocks, mut numbers) = (Vec::new(), [0; 2]);
        let mut minutes = 0;
        for _ in 0..8 {
            let mut taken = vec![0; 2];
            for shard in 0..2 {
                let mut payload = Vec::new();
                for _ in 0..self.rng.random_range(0..60) {
                    let entry = ShardEntry::Event(self.event(shard as u32));
                    put_shard(&mut writers[shard], &entry, &mut payload);
                }
                let told = self.rng.random_bool(0.8);
                let turn = ShardEntry::Turn { now: at(self.now), told };
                put_shard(&mut writers[shard], &turn, &mut payload);
                taken[shard] += u32::from(told);
                blocks.push((shard as u32, numbers[shard], payload));
                numbers[shard] += 1;
            }
            self.now += self.rng.random_range(1_000..3_000);
            let interval = ConductorEntry::Interval { to: at(self.now), taken };
            blocks.push((CONDUCTOR, minutes, conductor(&interval)));
            minutes += 1;
        }
        for shard in 0..2 {
            let (absent, given_up) = (self.rng.random::<u64>() as usize, self.rng.random());
            let performed = Performed { absent, given_up };
            let ending = Ending { at: at(self.now), performed, busy: 0.0 };
            let mut payload = Vec::new();
            put_shard(&mut writers[shard], &ShardEntry::Finished(ending), &mut payload);
            blocks.push((shard as u32, numbers[shard], payload));
        }
        let now = at(self.now);
        let over = Over { to: now, at: now, load: None, interrupted: true };
        blocks.push((CONDUCTOR, minutes, conductor(&ConductorEntry::Over(over))));
        blocks
    }

    fn event(&mut self, shard: u32) -> Event {
        self.now += self.rng.random_range(0..40);
        let time = self.now.saturating_sub(self.rng.random_range(0..60));
        let mut user = shard * 3 + self.rng.random_range(0..3);
        let mut room = RoomId(shard);
        let wrong = self.rng.random_range(0..100) < self.wrong_percent;
        if wrong {
            user = [0, 3, 6, u32::MAX][self.rng.random_range(0..4)];
            room = RoomId([0, 1, 2, u32::MAX][self.rng.random_range(0..4)]);
        }
        let kind = self.kind(room, user, wrong);
        Event { at: at(time), user: UserId(user), kind }
    }

    fn kind(&mut self, room: RoomId, user: u32, wrong: bool) -> EventKind {
        let after = Duration::from_millis(5);
        let rng = &mut *self.rng;
        match rng.random_range(0..30) {
            0 => EventKind::Connected { after, session: Session::New },
            1 => EventKind::Connected { after, session: Session::Recovered },
            2 => EventKind::Connected { after, session: Session::Declined },
            3 => EventKind::Disconnected { why: "gone".into(), resumable: rng.random() },
            4 => EventKind::Departed { how: Departure::Disconnect },
            5 => EventKind::Departed { how: Departure::Drop { resumable: rng.random() } },
            6 => EventKind::Alive,
            7 | 8 => EventKind::Joining { room },
            9 | 10 => EventKind::Joined { room, after },
            11 => EventKind::Leaving { room },
            12 => EventKind::Left { room },
            13 => {
                let awaited = Awaited::Message;
                EventKind::JoinUnconfirmed { room, after, awaited }
            }
            14 => EventKind::FirstHeard { room, after },
            15 => EventKind::Unrecognised { text: "ABCDE".repeat(20).into() },
            16 => EventKind::Resumed { after, deaf: None },
            17..22 => self.sent(room, user, wrong),
            _ => self.heard(room),
        }
    }

    fn sent(&mut self, room: RoomId, user: u32, wrong: bool) -> EventKind {
        let mut sequence = 0;
        if let Some(next) = self.next.get_mut(user as usize) {
            sequence = *next;
            *next += 1;
        }
        let id = MessageId { room, sender: UserId(user), sequence };
        let intended = if wrong { Timestamp::NEVER } else { at(u64::from(sequence) * 10) };
        EventKind::Sent { message: Message { id, intended, text_bytes: 64 } }
    }

    /// Something that was said of late, or never.
    fn heard(&mut self, room: RoomId) -> EventKind {
        let sender = self.rng.random_range(0..6_u32);
        let next = self.next[sender as usize];
        let sequence = (next + 1).saturating_sub(self.rng.random_range(0..6));
        let room = if self.rng.random_bool(0.1) { RoomId(1 - room.0.min(1)) } else { room };
        let id = MessageId { room, sender: UserId(sender), sequence };
        let intended = at(u64::from(sequence) * 10);
        EventKind::Received { id, intended, intact: self.rng.random_bool(0.9) }
    }
}

fn conductor(entry: &ConductorEntry) -> Vec<u8> {
    let mut payload = Vec::new();
    put_conductor(entry, &mut payload);
    payload
}
