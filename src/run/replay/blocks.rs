//! Blocks: the bytes of a record, checked, one block at a time.

use std::io::{self, Read};

use super::RecordError;
use crate::history::record::Head;
use crate::run::record::{HEADER, HEADER_BYTES_MAX, PAYLOAD_BYTES_MAX, PREAMBLE};

/// Reads a record block by block, and keeps no more than one of them.
pub(super) struct Blocks<R> {
    source: R,
    /// How far it is read.
    offset: u64,
    /// Whether it ended within a block.
    is_cut: bool,
    payload: Vec<u8>,
}

/// A block whose checks agree.
pub(super) struct Block<'b> {
    pub(super) stream: u32,
    pub(super) number: u32,
    /// Where its payload stands in the record.
    pub(super) offset: u64,
    pub(super) payload: &'b [u8],
}

impl<R: Read> Blocks<R> {
    /// The blocks of the record that `source` has.
    pub(super) fn open(source: R) -> Result<Blocks<R>, RecordError> {
        let mut blocks = Blocks { source, offset: 0, is_cut: false, payload: Vec::new() };
        let mut preamble = [0; PREAMBLE.len()];
        let read = blocks.fill(&mut preamble)?;
        let common = preamble.iter().zip(PREAMBLE).take_while(|(a, b)| a == b).count();
        let version_at = PREAMBLE.len() - 2;
        if read == preamble.len() && common == version_at {
            return Err(RecordError {
                offset: version_at as u64,
                what: format!(
                    "version {} of the format, where this chatbench reads {}",
                    preamble[version_at], PREAMBLE[version_at]
                ),
                remedy: "judge it with the version of chatbench that wrote it",
            });
        }
        if read < preamble.len() || common < preamble.len() {
            return Err(RecordError {
                offset: common.min(read) as u64,
                what: "this is no record of a run".into(),
                remedy: "give a file that `chatbench run … --record FILE` has written",
            });
        }
        Ok(blocks)
    }

    /// The block before all others, and where it stands.
    pub(super) fn header(&mut self) -> Result<(u64, &[u8]), RecordError> {
        let ends = |offset| RecordError {
            offset,
            what: "the record ends before its header does".into(),
            remedy: "record the run again: nothing of it was written yet",
        };
        let Some(head) = self.head(HEADER_BYTES_MAX)? else { return Err(ends(self.offset)) };
        if (head.stream, head.number) != (HEADER, 0) {
            return Err(RecordError::damaged(self.offset, "a block stands where the header must"));
        }
        let offset = self.offset;
        if !self.payload(&head)? {
            return Err(ends(self.offset));
        }
        Ok((offset, &self.payload))
    }

    /// The next block; nothing where the file ends, be it within a block.
    pub(super) fn next(&mut self) -> Result<Option<Block<'_>>, RecordError> {
        let Some(head) = self.head(PAYLOAD_BYTES_MAX)? else { return Ok(None) };
        let offset = self.offset;
        if !self.payload(&head)? {
            return Ok(None);
        }
        let Head { stream, number, .. } = head;
        Ok(Some(Block { stream, number, offset, payload: &self.payload }))
    }

    /// How far the record is read.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether it ended within a block.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn head(&mut self, payload_bytes_max: u32) -> Result<Option<Head>, RecordError> {
        let (offset, mut bytes) = (self.offset, [0; Head::BYTES]);
        let read = self.fill(&mut bytes)?;
        if read < bytes.len() {
            self.is_cut = read > 0;
            return Ok(None);
        }
        let head = Head::from_bytes(&bytes);
        let head =
            head.ok_or_else(|| RecordError::damaged(offset, "the head of a block is damaged"))?;
        if head.payload_bytes > payload_bytes_max {
            let bytes = head.payload_bytes;
            let what = format!("a block of {bytes} bytes, where {payload_bytes_max} are the most");
            return Err(RecordError::damaged(offset, what));
        }
        Ok(Some(head))
    }

    /// Reads the payload that `head` stands before; whether all of it is there.
    fn payload(&mut self, head: &Head) -> Result<bool, RecordError> {
        let offset = self.offset;
        let mut payload = std::mem::take(&mut self.payload);
        payload.resize(head.payload_bytes as usize, 0);
        let read = self.fill(&mut payload);
        self.payload = payload;
        if read? < self.payload.len() {
            self.is_cut = true;
            return Ok(false);
        }
        if !head.fits(&self.payload) {
            return Err(RecordError::damaged(offset, "a block is damaged"));
        }
        Ok(true)
    }

    /// Reads until `bytes` are full or the file ends; how many there were.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<usize, RecordError> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.source.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(why) => {
                    let offset = self.offset + filled as u64;
                    let what = format!("the record cannot be read: {why}");
                    let remedy = "give a file that can be read from its beginning to its end";
                    return Err(RecordError { offset, what, remedy });
                }
            }
        }
        self.offset += filled as u64;
        Ok(filled)
    }
}
