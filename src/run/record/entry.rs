//! Entry: what stands in a record beside the events: when it was judged how far, and the end.

use crate::history::Event;
use crate::history::record::{Bytes, CodeError, EventReader, EventWriter, KINDS, put_varint};
use crate::load::Performed;
use crate::run::judgement::Ending;
use crate::time::Timestamp;

const LOAD_BEGINS: u8 = KINDS;
const TURN: u8 = KINDS + 1;
const FINISHED: u8 = KINDS + 2;

const INTERVAL: u8 = 0;
const OVER: u8 = 1;
const INTERRUPTED: u8 = 1;
const LOADED: u8 = 2;

/// What stands in the stream of a shard.
#[derive(Debug, PartialEq)]
pub(in crate::run) enum ShardEntry {
    /// Something happened.
    Event(Event),
    /// From here on it was known when the load begins.
    LoadBegins(Timestamp),
    /// The accounts were looked through.
    Turn {
        /// When.
        now: Timestamp,
        /// Whether the conductor was told what had been measured.
        told: bool,
    },
    /// The shard was done.
    Finished(Ending),
}

/// What stands in the stream of the conductor.
#[derive(Debug, PartialEq)]
pub(in crate::run) enum ConductorEntry {
    /// An interval ended.
    Interval {
        /// When.
        to: Timestamp,
        /// How much of what each shard told is in it.
        taken: Vec<u32>,
    },
    /// The run was over.
    Over(Over),
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::run) struct Over {
    /// When its last interval did.
    pub(in crate::run) to: Timestamp,
    /// When all was said.
    pub(in crate::run) at: Timestamp,
    /// When the load began and ended, if it did.
    pub(in crate::run) load: Option<(Timestamp, Timestamp)>,
    pub(in crate::run) interrupted: bool,
}

/// Appends an entry of a shard's stream.
pub(in crate::run) fn put_shard(writer: &mut EventWriter, entry: &ShardEntry, out: &mut Vec<u8>) {
    match entry {
        ShardEntry::Event(event) => writer.event(event, out),
        ShardEntry::LoadBegins(start) => writer.mark(LOAD_BEGINS, false, *start, out),
        ShardEntry::Turn { now, told } => writer.mark(TURN, *told, *now, out),
        ShardEntry::Finished(Ending { at, performed, busy }) => {
            writer.mark(FINISHED, false, *at, out);
            put_varint(performed.absent as u64, out);
            put_varint(performed.given_up, out);
            out.extend_from_slice(&busy.to_bits().to_le_bytes());
        }
    }
}

/// The next entry of a shard's stream.
pub(in crate::run) fn read_shard(
    reader: &mut EventReader,
    bytes: &mut Bytes<'_>,
) -> Result<ShardEntry, CodeError> {
    if bytes.peek().is_some_and(|first| first % 32 < KINDS) {
        return reader.event(bytes).map(ShardEntry::Event);
    }
    match reader.mark(bytes)? {
        (LOAD_BEGINS, false, start) => Ok(ShardEntry::LoadBegins(start)),
        (TURN, told, now) => Ok(ShardEntry::Turn { now, told }),
        (FINISHED, false, at) => {
            let absent = bytes.varint()?.try_into().map_err(|_| CodeError::Range)?;
            let performed = Performed { absent, given_up: bytes.varint()? };
            let busy = f64::from_bits(bytes.word()?);
            let ending = Ending { at, performed, busy };
            let is_share = busy.is_finite() && busy >= 0.0;
            is_share.then_some(ShardEntry::Finished(ending)).ok_or(CodeError::Range)
        }
        (number, ..) => Err(CodeError::Kind(number)),
    }
}

/// Appends an entry of the conductor's stream.
pub(in crate::run) fn put_conductor(entry: &ConductorEntry, out: &mut Vec<u8>) {
    match entry {
        ConductorEntry::Interval { to, taken } => {
            out.push(INTERVAL);
            put_varint(to.as_nanos(), out);
            taken.iter().for_each(|count| put_varint((*count).into(), out));
        }
        ConductorEntry::Over(Over { to, at, load, interrupted }) => {
            let loaded = if load.is_some() { LOADED } else { 0 };
            out.extend([OVER, loaded | if *interrupted { INTERRUPTED } else { 0 }]);
            for moment in [*to, *at].into_iter().chain(load.iter().flat_map(|(a, b)| [*a, *b])) {
                put_varint(moment.as_nanos(), out);
            }
        }
    }
}

/// The next entry of the conductor's stream, in a record of so many `shards`.
pub(in crate::run) fn read_conductor(
    bytes: &mut Bytes<'_>,
    shards: usize,
) -> Result<ConductorEntry, CodeError> {
    let moment = |bytes: &mut Bytes<'_>| bytes.varint().map(Timestamp::from_nanos);
    match bytes.byte()? {
        INTERVAL => {
            let to = moment(bytes)?;
            let taken: Result<_, _> = (0..shards).map(|_| bytes.narrow()).collect();
            Ok(ConductorEntry::Interval { to, taken: taken? })
        }
        OVER => {
            let flags = bytes.byte()?;
            let (to, at) = (moment(bytes)?, moment(bytes)?);
            let loaded = flags & LOADED != 0;
            let load = if loaded { Some((moment(bytes)?, moment(bytes)?)) } else { None };
            let interrupted = flags & INTERRUPTED != 0;
            Ok(ConductorEntry::Over(Over { to, at, load, interrupted }))
        }
        other => Err(CodeError::Kind(other)),
    }
}
