//! Planted: a record that lacks a block, an event or a look through the accounts, or in which one
//! event is another, shows something else than the run did, or is refused.

use chatbench::chat::UserId;
use chatbench::history::record::{Bytes, EventReader, EventWriter, Head, KINDS};
use chatbench::history::{Event, EventKind};
use serde_json::Value;

use super::{CALM, CHURN, Place, same_again};

const PREAMBLE_BYTES: usize = 12;
/// The marks of a shard's stream.
const TURN: u8 = KINDS + 1;
const FINISHED: u8 = KINDS + 2;

/// A record in parts: what stands before the blocks, and these.
#[derive(Clone)]
struct Parts {
    beginning: Vec<u8>,
    blocks: Vec<(Head, Vec<u8>)>,
}

/// What stands in a shard's stream.
#[derive(Clone, Debug)]
enum Entry {
    Event(Event),
    /// A mark, and what follows it to the end of its block.
    Mark(u8, bool, chatbench::time::Timestamp, Vec<u8>),
}

impl Parts {
    fn read(record: &[u8]) -> Parts {
        let (_, mut rest) = record.split_at(PREAMBLE_BYTES);
        block(&mut rest);
        let beginning = record[..record.len() - rest.len()].to_vec();
        let mut blocks = Vec::new();
        while !rest.is_empty() {
            blocks.push(block(&mut rest));
        }
        Parts { beginning, blocks }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.beginning.clone();
        for (head, payload) in &self.blocks {
            bytes.extend(Head::of(head.stream, head.number, payload).to_bytes());
            bytes.extend(payload);
        }
        bytes
    }

    /// The entries of the one shard, block by block.
    fn entries(&self) -> Vec<Vec<Entry>> {
        let mut reader = EventReader::default();
        let of_block = |(head, payload): &(Head, Vec<u8>)| {
            let (mut entries, mut bytes) = (Vec::new(), Bytes::new(payload));
            while head.stream == 0 && bytes.left() > 0 {
                entries.push(entry(&mut reader, &mut bytes, payload));
                if matches!(entries.last(), Some(Entry::Mark(FINISHED, ..))) {
                    break;
                }
            }
            entries
        };
        self.blocks.iter().map(of_block).collect()
    }

    /// The same record with other entries.
    fn with(&self, entries: &[Vec<Entry>]) -> Parts {
        let (mut writer, mut parts) = (EventWriter::default(), self.clone());
        for ((head, payload), entries) in parts.blocks.iter_mut().zip(entries) {
            if head.stream != 0 {
                continue;
            }
            payload.clear();
            for entry in entries {
                match entry {
                    Entry::Event(event) => writer.event(event, payload),
                    Entry::Mark(number, is, at, rest) => {
                        writer.mark(*number, *is, *at, payload);
                        payload.extend(rest);
                    }
                }
            }
        }
        parts
    }
}

fn block(record: &mut &[u8]) -> (Head, Vec<u8>) {
    let (head, rest) = record.split_first_chunk().expect("a head");
    let head = Head::from_bytes(head).expect("a whole one");
    let (payload, rest) = rest.split_at(head.payload_bytes as usize);
    *record = rest;
    (head, payload.into())
}

fn entry(reader: &mut EventReader, bytes: &mut Bytes<'_>, payload: &[u8]) -> Entry {
    if bytes.peek().is_some_and(|first| first % 32 < KINDS) {
        return Entry::Event(reader.event(bytes).expect("an event"));
    }
    let (number, is, at) = reader.mark(bytes).expect("a mark");
    let rest = if number == FINISHED { &payload[payload.len() - bytes.left()..] } else { &[] };
    Entry::Mark(number, is, at, rest.to_vec())
}

/// The places of some of the entries that are such.
fn some(
    entries: &[Vec<Entry>],
    count: usize,
    which: impl Fn(&Entry) -> bool,
) -> Vec<(usize, usize)> {
    let places = entries.iter().enumerate().flat_map(|(block, entries)| {
        entries.iter().enumerate().map(move |(at, entry)| ((block, at), entry))
    });
    let places: Vec<_> = places.filter(|(_, entry)| which(entry)).map(|(at, _)| at).collect();
    assert!(places.len() >= count, "{} of {count}", places.len());
    let step = places.len() / count;
    places.into_iter().step_by(step.max(1)).take(count).collect()
}

fn is_told(entry: &Entry) -> bool {
    let Entry::Event(event) = entry else { return false };
    matches!(
        event.kind,
        EventKind::Received { .. }
            | EventKind::Sent { .. }
            | EventKind::Probed { .. }
            | EventKind::Connected { .. }
            | EventKind::Joined { .. }
            | EventKind::Leaving { .. }
            | EventKind::Departed { .. }
            | EventKind::Away { .. }
    )
}

/// A run on one shard, its record taken apart, and what it came to.
fn recorded() -> (Place, Parts, Value) {
    let (ran, place) = same_again(CALM, &["--shards", "1", CHURN, "--observe=off"]);
    let report = serde_json::from_slice(&ran.file("report.json")).expect("JSON");
    let parts = Parts::read(&place.bytes());
    (place, parts, report)
}

/// Whether the record is refused; if it is not, it shows something else.
fn is_refused(place: &Place, parts: &Parts, report: &Value, what: &str) -> bool {
    let (ended, other) = place.judge_bytes(&parts.bytes());
    match other {
        Some(other) => assert_ne!(&other, report, "{what} makes no difference"),
        None => assert_eq!(ended.code, Some(2), "{what}: {ended:#?}"),
    }
    ended.code == Some(2)
}

#[test]
fn whatever_is_left_out_is_missed() {
    let (place, parts, report) = recorded();
    let entries = parts.entries();
    let (_, same) = place.judge_bytes(&parts.with(&entries).bytes());
    assert_eq!(same.as_ref(), Some(&report), "taken apart and put together it is the same");
    for left_out in 0..parts.blocks.len() {
        let mut parts = parts.clone();
        parts.blocks.remove(left_out);
        let what = format!("block {left_out}, left out,");
        let refused = is_refused(&place, &parts, &report, &what);
        assert!(refused || left_out == parts.blocks.len(), "{what} is not missed");
    }
    // What was told last is gathered with all the rest, whether or not it was told before.
    let turns = some(&entries, 3, |entry| matches!(entry, Entry::Mark(TURN, true, ..)));
    for (block, at) in turns.into_iter().take(2).chain(some(&entries, 40, is_told)) {
        let mut entries = entries.clone();
        let left_out = entries[block].remove(at);
        is_refused(&place, &parts.with(&entries), &report, &format!("{left_out:?}, left out,"));
    }
}

#[test]
fn whatever_is_another_is_noticed() {
    let (place, parts, report) = recorded();
    let entries = parts.entries();
    let is_heard = |entry: &Entry| {
        matches!(entry, Entry::Event(Event { kind: EventKind::Received { .. }, .. }))
    };
    for (turn, (block, at)) in some(&entries, 12, is_heard).into_iter().enumerate() {
        let mut entries = entries.clone();
        let Entry::Event(event) = &mut entries[block][at] else { unreachable!("it was heard") };
        match (turn % 3, &mut event.kind) {
            (0, EventKind::Received { intact, .. }) => *intact = false,
            (1, EventKind::Received { id, .. }) => id.sequence += 1,
            // Another member of the same room, who has heard it, too, or has said it.
            _ => event.user = UserId((event.user.0 + 20) % 120),
        }
        let what = format!("another event {event:?}");
        is_refused(&place, &parts.with(&entries), &report, &what);
    }
}
