//! Outgoing: a message with its receivers, on its way or held back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use socketioxide::extract::SocketRef;
use tracing::debug;

use super::roster::Number;
use crate::chat::RECEIVE;
use crate::payload::Payload;

/// A message and who hears it, settled when it came in.
pub(super) struct Outgoing {
    pub(super) payload: Arc<Payload<'static>>,
    pub(super) receivers: Vec<SocketRef>,
    /// How often each receiver hears it.
    pub(super) copies: usize,
}

impl Outgoing {
    pub(super) fn deliver(&self) {
        for receiver in &self.receivers {
            for _ in 0..self.copies {
                deliver(receiver, &self.payload);
            }
        }
    }
}

/// Sends one message to one receiver.
pub(super) fn deliver(receiver: &SocketRef, payload: &Payload<'_>) {
    if let Err(error) = receiver.emit(RECEIVE, payload) {
        debug!("a delivery to {} failed: {error}", receiver.id);
    }
}

/// Whose messages to which room.
pub(super) type Stream = (Number, String);

/// The messages held back, at most one of each stream.
#[derive(Default)]
pub(super) struct Held(Mutex<HashMap<Stream, (u64, Outgoing)>>);

impl Held {
    /// Delivers a message and, after it, the one that was held back for it.
    ///
    /// If none was, and `hold` is true, the message is held back itself: then it must be
    /// [released](Self::release) as `nth` sooner or later, and the answer is true.
    pub(super) fn pass(&self, stream: Stream, nth: u64, message: Outgoing, hold: bool) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.remove(&stream) {
            Some((_, earlier)) => {
                message.deliver();
                earlier.deliver();
                false
            }
            None if hold => {
                held.insert(stream, (nth, message));
                true
            }
            None => {
                message.deliver();
                false
            }
        }
    }

    /// Delivers a message that is still held back.
    pub(super) fn release(&self, stream: &Stream, nth: u64) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(stream).is_some_and(|(held_nth, _)| *held_nth == nth)
            && let Some((_, message)) = held.remove(stream)
        {
            message.deliver();
        }
    }
}
