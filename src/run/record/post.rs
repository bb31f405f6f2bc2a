//! Post: the bounded way from those who record to the one who writes.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::SHARDS_MAX;
use super::scribe::{Minutes, Scribe};

/// Blocks that may wait to be written: these and more for each shard. Each has some 32 KiB.
const BLOCKS_WAITING_MAX: usize = 256;
const BLOCKS_WAITING_PER_SHARD_MAX: usize = 8;

/// Why a record ends before its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Nobody wrote why: the run was killed, or goes on, or the file was cut.
    Cut,
    /// It would have become larger than it might.
    Limit,
    /// The disk was too slow for it.
    SlowDisk,
    /// The disk took no more of it.
    DiskError,
}

impl Missing {
    /// Those that a marker tells; a file that is cut has none.
    const WRITTEN: [Missing; 3] = [Missing::Limit, Missing::SlowDisk, Missing::DiskError];

    /// How it stands in a record, and how it is read back.
    pub(super) fn to_byte(self) -> u8 {
        self as u8
    }

    pub(in crate::run) fn from_byte(byte: u8) -> Option<Missing> {
        Missing::WRITTEN.into_iter().find(|missing| missing.to_byte() == byte)
    }
}

/// A block on its way to the writer.
#[derive(Debug)]
pub(super) enum Parcel {
    Block {
        stream: u32,
        number: u32,
        payload: Vec<u8>,
    },
    /// There is no more.
    End,
}

/// Where those who record post what they have.
#[derive(Clone, Debug)]
pub struct Post {
    pub(super) queue: SyncSender<Parcel>,
    /// Why no more is written, once that is so.
    pub(super) missing: Arc<OnceLock<Missing>>,
}

impl Post {
    /// A post of a run on so many `shards`, and its other end.
    pub(super) fn new(shards: usize) -> (Post, Receiver<Parcel>) {
        let shards = shards.min(SHARDS_MAX);
        let (queue, parcels) =
            sync_channel(BLOCKS_WAITING_MAX + BLOCKS_WAITING_PER_SHARD_MAX * shards);
        (Post { queue, missing: Arc::default() }, parcels)
    }

    /// Whoever writes down what a shard is judged by.
    pub(in crate::run) fn scribe(&self, shard: usize) -> Scribe {
        Scribe::new(shard as u32, self.clone())
    }

    /// Whoever writes down what the conductor gathers.
    pub(in crate::run) fn minutes(&self) -> Minutes {
        Minutes::new(self.clone())
    }

    /// Whether nothing is written any more.
    pub(super) fn is_over(&self) -> bool {
        self.missing.get().is_some()
    }

    /// Posts a block; if there is no room for it, that was the last.
    pub(super) fn send(&self, stream: u32, number: u32, payload: Vec<u8>) {
        if self.is_over() {
            return;
        }
        match self.queue.try_send(Parcel::Block { stream, number, payload }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => drop(self.missing.set(Missing::SlowDisk)),
            // Whoever wrote has said why it does not any more.
            Err(TrySendError::Disconnected(_)) => {}
        }
    }
}
