//! Walk: from one frame to the next in what a server sends, without looking inside.

/// Bytes of a frame that must be seen to know what it is: the header (at most four bytes for the
/// sizes that the blaster sends) and two of the payload.
const HEAD_BYTES: usize = 6;

/// Where a client stands in the stream of frames it reads.
#[derive(Default)]
pub(super) struct Walk {
    /// Bytes of the current frame that are still to come.
    skip: u32,
    /// The beginning of a frame that was cut within its head.
    held: [u8; HEAD_BYTES],
    held_bytes: u8,
}

/// A frame as far as it has been seen.
pub(super) struct Seen<'a> {
    pub(super) payload_bytes: usize,
    /// As much of the payload as has been read, two bytes at least if there are as many.
    pub(super) payload: &'a [u8],
}

impl Walk {
    /// Calls `visit` for each frame that begins in `bytes`, once its head is there.
    pub(super) fn feed(&mut self, bytes: &[u8], mut visit: impl FnMut(Seen<'_>)) {
        let mut at = self.pass_over(bytes.len());
        while self.held_bytes > 0 && at < bytes.len() {
            self.held[self.held_bytes as usize] = bytes[at];
            self.held_bytes += 1;
            at += 1;
            let head = &self.held[..self.held_bytes as usize];
            if let Some((seen, frame_bytes)) = look(head) {
                visit(seen);
                self.skip = (frame_bytes - head.len()) as u32;
                self.held_bytes = 0;
                at += self.pass_over(bytes.len() - at);
            }
        }
        while at < bytes.len() {
            let rest = &bytes[at..];
            let Some((seen, frame_bytes)) = look(rest) else {
                self.held[..rest.len()].copy_from_slice(rest);
                self.held_bytes = rest.len() as u8;
                return;
            };
            visit(seen);
            self.skip = frame_bytes as u32;
            at += self.pass_over(rest.len());
        }
    }

    fn pass_over(&mut self, available: usize) -> usize {
        let passed = available.min(self.skip as usize);
        self.skip -= passed as u32;
        passed
    }
}

/// The frame that `bytes` begin with and its length, header included.
fn look(bytes: &[u8]) -> Option<(Seen<'_>, usize)> {
    let (header_bytes, payload_bytes) = match *bytes {
        [_, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
        [_, 126, ..] => return None,
        [_, length, ..] => {
            assert!(length < 126, "a frame header of {length:#x}: masked or past 64 KiB");
            (2, usize::from(length))
        }
        _ => return None,
    };
    if bytes.len() < header_bytes + payload_bytes.min(2) {
        return None;
    }
    let end = bytes.len().min(header_bytes + payload_bytes);
    let seen = Seen { payload_bytes, payload: &bytes[header_bytes..end] };
    Some((seen, header_bytes + payload_bytes))
}
