//! Record: a history as bytes, compact enough to be kept whole; no IO.
//!
//! An event is coded as its distance from the one before it, so writer and reader of a shard go
//! through all of its events, in order. Blocks carry the bytes: each says whose they are, which
//! in turn, how many, and what their checks are. `docs/record.md` has the format.

mod block;
mod bytes;
mod event;
#[cfg(test)]
mod tests;

pub use block::Head;
pub use bytes::{Bytes, CodeError, put_varint};
pub use event::{EventReader, EventWriter, KINDS};
