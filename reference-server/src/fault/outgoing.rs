//! Outgoing: a message with its receivers, on its way or held back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use socketioxide::extract::SocketRef;
use socketioxide::{BroadcastError, SendError, SocketError};
use tracing::debug;

use super::roster::Number;
use crate::chat::RECEIVE;
use crate::payload::Payload;
use crate::stats::Stats;

/// A message and who hears it, settled when it came in.
pub(super) struct Outgoing {
    pub(super) payload: Arc<Payload<'static>>,
    pub(super) receivers: Vec<Receiver>,
    /// How often each receiver hears it.
    pub(super) copies: usize,
    pub(super) stats: Arc<Stats>,
}

impl Outgoing {
    pub(super) fn deliver(&self) {
        for receiver in &self.receivers {
            for _ in 0..self.copies {
                receiver.deliver(&self.payload, &self.stats);
            }
        }
    }
}

/// Who may hear a message.
#[derive(Clone)]
pub(super) enum Receiver {
    /// A user who is connected.
    Here(SocketRef),
    /// One who left the namespace while its connection stays open. Its socket is still among those
    /// of the namespace, which is for its [disconnect handler](crate::in_order::Departure) to see
    /// to.
    Ghost(SocketRef),
}

impl Receiver {
    pub(super) fn socket(&self) -> &SocketRef {
        match self {
            Self::Here(socket) | Self::Ghost(socket) => socket,
        }
    }

    /// Sends one message, and counts it.
    pub(super) fn deliver(&self, payload: &Payload<'_>, stats: &Stats) {
        let sent = match self {
            Self::Here(socket) => socket.emit(RECEIVE, payload),
            Self::Ghost(socket) => emit_to_ghost(socket, payload),
        };
        match sent {
            Ok(()) => stats.delivered(1),
            Err(error) => {
                debug!("a delivery to {} failed: {error}", self.socket().id);
                if matches!(error, SendError::Socket(SocketError::InternalChannelFull)) {
                    stats.refuse();
                }
            }
        }
    }
}

/// A socket that left takes no event any more, but a broadcast asks nobody: this one has the
/// socket itself for its only receiver.
fn emit_to_ghost(socket: &SocketRef, payload: &Payload<'_>) -> Result<(), SendError> {
    let sending = std::pin::pin!(socket.local().emit(RECEIVE, payload));
    match sending.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(())) => Ok(()),
        Poll::Ready(Err(BroadcastError::Serialize(error))) => Err(error.into()),
        Poll::Ready(Err(BroadcastError::Socket(errors))) => {
            Err(errors.into_iter().next().unwrap_or(SocketError::Closed).into())
        }
        Poll::Ready(Err(BroadcastError::Adapter(_))) => Err(SocketError::Closed.into()),
        Poll::Pending => unreachable!("the local adapter does not wait"),
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
