//! Forge: a record taken apart, changed, and put together again so that all checks agree.

use crate::history::EventKind;
use crate::history::record::{Bytes, EventReader, EventWriter, Head};
use crate::run::record::{
    CONDUCTOR, MARKER, PREAMBLE, RecordHeader, ShardEntry, put_shard, read_shard,
};

/// A record in parts.
#[derive(Clone)]
pub(super) struct Forged {
    pub(super) header: RecordHeader,
    pub(super) header_bytes: usize,
    /// Streams, numbers and payloads.
    pub(super) blocks: Vec<(u32, u32, Vec<u8>)>,
}

impl Forged {
    /// The parts of a record that is whole.
    pub(super) fn read(mut record: &[u8]) -> Forged {
        let all = record.len();
        record = record.strip_prefix(PREAMBLE).expect("a record");
        let (_, _, header) = block(&mut record);
        let header_bytes = all - record.len();
        let header = serde_json::from_slice(&header).expect("a header");
        let mut blocks = Vec::new();
        while !record.is_empty() {
            blocks.push(block(&mut record));
        }
        Forged { header, header_bytes, blocks }
    }

    pub(super) fn push(&mut self, stream: u32, number: u32, payload: Vec<u8>) {
        self.blocks.push((stream, number, payload));
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let header = serde_json::to_vec(&self.header).expect("JSON");
        let mut bytes = PREAMBLE.to_vec();
        bytes.extend(Head::of(crate::run::record::HEADER, 0, &header).to_bytes());
        bytes.extend(header);
        for (stream, number, payload) in &self.blocks {
            bytes.extend(Head::of(*stream, *number, payload).to_bytes());
            bytes.extend(payload);
        }
        bytes
    }

    /// Where the entries of shards stand that a report depends on: by block, and place in it. How
    /// a connection was closed in the end is none of them, nor is a join of which there is
    /// evidence: only the story of a violation tells it.
    pub(super) fn entries(&self) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        for (block, entries) in self.read_entries().iter().enumerate() {
            for (place, entry) in entries.iter().enumerate() {
                let untold = matches!(entry, ShardEntry::Event(event)
                    if matches!(event.kind, EventKind::Closed | EventKind::Joining { .. }));
                if !untold {
                    places.push((block, place));
                }
            }
        }
        places
    }

    /// The same record, as if one entry had never been written.
    pub(super) fn without(&self, block: usize, entry: usize) -> Forged {
        let mut entries = self.read_entries();
        entries[block].remove(entry);
        let mut writers: Vec<_> = (0..2).map(|_| EventWriter::default()).collect();
        let mut forged = self.clone();
        for ((stream, _, payload), entries) in forged.blocks.iter_mut().zip(&entries) {
            if let Some(writer) = writers.get_mut(*stream as usize) {
                payload.clear();
                entries.iter().for_each(|entry| put_shard(writer, entry, payload));
            }
        }
        forged
    }

    /// The entries of each block; none, of those that are no shard's.
    fn read_entries(&self) -> Vec<Vec<ShardEntry>> {
        let mut readers: Vec<_> = (0..2).map(|_| EventReader::default()).collect();
        let mut all = Vec::new();
        for (stream, _, payload) in &self.blocks {
            let (mut entries, mut bytes) = (Vec::new(), Bytes::new(payload));
            while bytes.left() > 0 && ![CONDUCTOR, MARKER].contains(stream) {
                let reader = &mut readers[*stream as usize];
                entries.push(read_shard(reader, &mut bytes).expect("an entry"));
            }
            all.push(entries);
        }
        all
    }
}

fn block(record: &mut &[u8]) -> (u32, u32, Vec<u8>) {
    let (head, rest) = record.split_first_chunk().expect("a head");
    let head = Head::from_bytes(head).expect("a whole one");
    let (payload, rest) = rest.split_at(head.payload_bytes as usize);
    *record = rest;
    (head.stream, head.number, payload.into())
}
