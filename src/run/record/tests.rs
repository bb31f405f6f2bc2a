//! A record is bounded in memory and on disk: what does not fit ends it, and does not end the run.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::*;
use crate::chat::UserId;
use crate::history::{Event, EventKind};
use crate::time::Timestamp;

/// A disk of some size, on which what is written first may wait for somebody.
struct Disk {
    bytes: Arc<Mutex<Vec<u8>>>,
    bytes_max: usize,
    /// Whether the beginning was written; whatever comes next waits until this can be heard.
    wait: Option<Receiver<()>>,
    begun: bool,
}

impl Write for Disk {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.begun
            && let Some(wait) = &self.wait
        {
            // Whoever let it go on is not needed any more.
            let _ = wait.recv();
        }
        self.begun = true;
        let mut bytes = self.bytes.lock().expect("not poisoned");
        let room = more.len().min(self.bytes_max - bytes.len());
        if room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        bytes.write(&more[..room])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl RecordFile for Disk {
    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.bytes.lock().expect("not poisoned").truncate(bytes as usize);
        Ok(())
    }
}

fn header() -> RecordHeader {
    RecordHeader {
        chatbench: "0.1.0".into(),
        command: "chatbench run a.yaml".into(),
        environment: serde_json::Value::Null,
        began_unix_ms: 0,
        tag: "ABCDE".into(),
        seed: 1,
        shards: 1,
        targets: Vec::new(),
        scenario: "load: {phases: [{hold: {rate: 1/s, for: 1 s}}]}".into(),
    }
}

/// What was written, of a run whose shard posts so many blocks.
fn write(blocks: usize, bytes_max: u64, disk_bytes: usize, go: Option<Receiver<()>>) -> Vec<u8> {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let disk = Disk { bytes: Arc::clone(&bytes), bytes_max: disk_bytes, wait: go, begun: false };
    let recording = Recording::start(disk, &header(), bytes_max).expect("begun");
    let mut scribe = recording.post().scribe(0);
    for block in 0..blocks {
        let at = Timestamp::from_nanos(block as u64);
        scribe.observe(&[Event { at, user: UserId(0), kind: EventKind::Alive }]);
        scribe.turn(at, false);
    }
    let written = recording.finish();
    let bytes = bytes.lock().expect("not poisoned").clone();
    assert_eq!(written.bytes, bytes.len() as u64);
    bytes
}

/// The blocks of the shard in a record, and what its marker says.
fn blocks(mut record: &[u8]) -> (u32, Option<Missing>) {
    record = &record[header().to_bytes().len()..];
    let (mut blocks, mut missing) = (0, None);
    while let Some((head, rest)) = record.split_first_chunk() {
        let head = crate::history::record::Head::from_bytes(head).expect("a head");
        let (payload, rest) = rest.split_at(head.payload_bytes as usize);
        assert!(head.fits(payload) && missing.is_none(), "a whole block, and none behind the end");
        match head.stream {
            MARKER => missing = Missing::from_byte(payload[0]),
            stream => {
                assert_eq!((stream, head.number), (0, blocks), "none is left out");
                blocks += 1;
            }
        }
        record = rest;
    }
    (blocks, missing)
}

#[test]
fn without_a_need_nothing_is_left_out() {
    assert_eq!(blocks(&write(200, u64::MAX, usize::MAX, None)), (200, None));
}

#[test]
fn at_its_limit_a_record_ends_and_is_not_longer() {
    let begins = header().to_bytes().len() as u64;
    for limit in (begins + 21..begins + 200).chain([begins + 1_500]) {
        let record = write(100, limit, usize::MAX, None);
        let (written, missing) = blocks(&record);
        assert_eq!(missing, Some(Missing::Limit));
        assert!(written < 100 && record.len() as u64 <= limit);
        // Another block would not have had room.
        assert!(record.len() as u64 + 30 > limit, "{} of {limit} bytes", record.len());
    }
    let refused = Recording::start(io_sink(), &header(), begins).expect_err("no room");
    assert_eq!(refused.kind(), io::ErrorKind::FileTooLarge);
}

#[test]
fn a_full_disk_ends_it_behind_a_whole_block() {
    let begins = header().to_bytes().len();
    for room in [20, 21, 50, 51, 60, 333] {
        let record = write(100, u64::MAX, begins + room, None);
        let (written, missing) = blocks(&record);
        assert!(written < 100);
        // Where there is room for it, the marker stands behind.
        let marker = if missing.is_some() { 21 } else { 0 };
        let left = begins + room - (record.len() - marker);
        assert_eq!(missing, (left >= 21).then_some(Missing::DiskError), "{left} of {room} bytes");
    }
}

#[test]
fn a_slow_disk_ends_it_and_nobody_waits() {
    let (go, wait): (Sender<()>, _) = channel();
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let disk =
        Disk { bytes: Arc::clone(&bytes), bytes_max: usize::MAX, wait: Some(wait), begun: false };
    let recording = Recording::start(disk, &header(), u64::MAX).expect("begun");
    let mut scribe = recording.post().scribe(0);
    // More than may wait: none of this waits for the disk, which writes nothing yet.
    for block in 0..1_000 {
        scribe.turn(Timestamp::from_nanos(block), false);
    }
    drop(go);
    let written = recording.finish();
    assert_eq!(written.missing, Some(Missing::SlowDisk));
    let (written, missing) = blocks(&bytes.lock().expect("not poisoned"));
    assert_eq!(missing, Some(Missing::SlowDisk));
    // As many as there is room for, and perhaps the one that was being written.
    assert!((264..=265).contains(&written), "{written} blocks");
}

fn io_sink() -> Disk {
    Disk { bytes: Arc::default(), bytes_max: usize::MAX, wait: None, begun: false }
}
