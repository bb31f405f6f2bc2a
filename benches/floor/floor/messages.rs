//! Messages: whose turn it is to say something, when, and the frame that says it.

use std::ops::Range;
use std::time::Duration;

use chatbench::time::Timestamp;

use super::latency;
use crate::args::FloorArgs;
use crate::wire;

/// An endless schedule: message after message, each from a room other than the one before.
pub(super) struct Messages {
    frames: Vec<Prepared>,
    room_size: usize,
    interval: Duration,
    began: Timestamp,
    next: u64,
    stamped: bool,
}

struct Prepared {
    frame: Vec<u8>,
    text: Range<usize>,
}

impl Messages {
    /// The messages of all clients; none at all when none are to be sent.
    pub(super) fn new(args: &FloorArgs) -> Messages {
        let senders = if args.sends > 0.0 { args.clients } else { 0 };
        Messages {
            frames: (0..senders).map(|author| prepare(author, args)).collect(),
            room_size: args.room_size,
            interval: Duration::from_secs_f64(if senders > 0 { 1.0 / args.sends } else { 0.0 }),
            began: Timestamp::ZERO,
            next: 0,
            stamped: args.latency,
        }
    }

    pub(super) fn begin(&mut self, now: Timestamp) {
        self.began = now;
    }

    pub(super) fn sent(&self) -> u64 {
        self.next
    }

    /// The next message if it is due: its sender and its frame.
    pub(super) fn next_due(&mut self, now: Timestamp) -> Option<(usize, &[u8])> {
        let due_after = self.interval.as_nanos() as u64 * self.next;
        let intended = self.began + Duration::from_nanos(due_after);
        if now < intended {
            return None;
        }
        let sender = self.sender();
        let prepared = &mut self.frames[sender];
        if self.stamped {
            latency::stamp(&mut prepared.frame[prepared.text.clone()], intended);
        }
        Some((sender, &prepared.frame))
    }

    pub(super) fn advance(&mut self) {
        self.next += 1;
    }

    /// Room by room, and once round, the next member of each.
    fn sender(&self) -> usize {
        let rooms = self.frames.len().div_ceil(self.room_size);
        let (round, room) = (self.next as usize / rooms, self.next as usize % rooms);
        (room * self.room_size + round % self.room_size) % self.frames.len()
    }
}

fn prepare(author: usize, args: &FloorArgs) -> Prepared {
    let (packet, text) = wire::send(author / args.room_size, author);
    // Masked with zeros, a frame can be stamped anew as it stands.
    let key = if args.latency { 0 } else { (author as u32).wrapping_mul(0x9e37_79b9) };
    let mut frame = Vec::new();
    wire::put_client_frame(&mut frame, &packet, key.to_be_bytes());
    let header_bytes = frame.len() - packet.len();
    Prepared { frame, text: header_bytes + text.start..header_bytes + text.end }
}
