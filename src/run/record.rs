//! Record: what a run's verdict follows from, written down while it happens.
//!
//! Shards code what they hear on their own threads and post it in blocks; one thread writes. The
//! queue between them is bounded, and so is the file: where either is full, the record ends, and
//! says so, and the run goes on.

mod entry;
mod header;
mod post;
mod scribe;
#[cfg(test)]
mod tests;
mod writer;

pub(super) use entry::{ConductorEntry, Over, ShardEntry, read_conductor, read_shard};
#[cfg(test)]
pub(super) use entry::{put_conductor, put_shard};
pub use header::RecordHeader;
pub(super) use header::{HEADER_BYTES_MAX, PREAMBLE};
pub use post::{Missing, Post};
pub(super) use scribe::{Minutes, Scribe};
pub use writer::{RecordFile, Recording, Written};

/// The stream of what the conductor does.
pub(super) const CONDUCTOR: u32 = u32::MAX;
/// The stream of the one block before all others.
pub(super) const HEADER: u32 = u32::MAX - 1;
/// The stream of the one block that says why there is no more.
pub(super) const MARKER: u32 = u32::MAX - 2;
/// The longest payload of any block but the first.
pub(super) const PAYLOAD_BYTES_MAX: u32 = 2 << 20;
/// Threads that a run may have.
pub const SHARDS_MAX: usize = 1024;
