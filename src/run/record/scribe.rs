//! Scribe: codes what a shard is judged by, on the shard's thread; and minutes, of the conductor.

use super::entry::{ConductorEntry, Over, ShardEntry, put_conductor, put_shard};
use super::{CONDUCTOR, Post};
use crate::history::Event;
use crate::history::record::EventWriter;
use crate::run::judgement::Ending;
use crate::time::Timestamp;

/// A block is posted once it has this many bytes, and every second.
const BLOCK_BYTES: usize = 32 << 10;
/// What one batch of events may add to that, without another allocation, in all but odd cases.
const BLOCK_BYTES_BESIDE: usize = 2 << 10;

/// Writes down what one shard is judged by.
#[derive(Debug)]
pub(in crate::run) struct Scribe {
    shard: u32,
    /// How many blocks were posted.
    posted: u32,
    writer: EventWriter,
    block: Vec<u8>,
    post: Post,
}

impl Scribe {
    pub(super) fn new(shard: u32, post: Post) -> Scribe {
        Scribe { shard, posted: 0, writer: EventWriter::default(), block: Vec::new(), post }
    }

    /// Something happened.
    pub(in crate::run) fn observe(&mut self, events: &[Event]) {
        if self.post.is_over() {
            return;
        }
        for event in events {
            self.writer.event(event, &mut self.block);
        }
        if self.block.len() >= BLOCK_BYTES {
            self.flush();
        }
    }

    /// It is known now when the load begins.
    pub(in crate::run) fn load_begins(&mut self, start: Timestamp) {
        self.put(&ShardEntry::LoadBegins(start));
    }

    /// The accounts were looked through, and the conductor told of it.
    pub(in crate::run) fn turn(&mut self, now: Timestamp, told: bool) {
        if self.post.is_over() {
            return;
        }
        self.put(&ShardEntry::Turn { now, told });
        self.flush();
    }

    /// The shard is done.
    pub(in crate::run) fn finish(&mut self, ending: &Ending) {
        self.put(&ShardEntry::Finished(*ending));
        self.flush();
    }

    fn put(&mut self, entry: &ShardEntry) {
        put_shard(&mut self.writer, entry, &mut self.block);
    }

    fn flush(&mut self) {
        let room = Vec::with_capacity(BLOCK_BYTES + BLOCK_BYTES_BESIDE);
        let payload = std::mem::replace(&mut self.block, room);
        self.post.send(self.shard, self.posted, payload);
        self.posted += 1;
    }
}

/// Writes down what the conductor gathers when.
#[derive(Debug)]
pub(in crate::run) struct Minutes {
    posted: u32,
    post: Post,
}

impl Minutes {
    pub(super) fn new(post: Post) -> Minutes {
        Minutes { posted: 0, post }
    }

    /// An interval ended, in which so much was taken of each shard.
    pub(in crate::run) fn interval(&mut self, to: Timestamp, taken: Vec<u32>) {
        self.send(&ConductorEntry::Interval { to, taken });
    }

    /// The run is over.
    pub(in crate::run) fn over(&mut self, over: &Over) {
        self.send(&ConductorEntry::Over(*over));
    }

    fn send(&mut self, entry: &ConductorEntry) {
        let mut block = Vec::new();
        put_conductor(entry, &mut block);
        self.post.send(CONDUCTOR, self.posted, block);
        self.posted += 1;
    }
}
