//! Protocol: bytes to meaning and back, for one client session, without IO and without a clock.
//!
//! A [`Session`] speaks Engine.IO 4 and Socket.IO 5 over any transport that carries [`Frame`]s
//! whole and in order. It is driven like this, and in no other way:
//!
//! 1. Give it one [`Input`] and the time: [`Session::handle_input`] returns a [`Turn`].
//! 2. Call [`Turn::poll_output`] and do what each [`Output`] says, in order, until it says
//!    [`Output::WaitUntil`], which it repeats from then on.
//! 3. Wait for a frame, for something to send, or for that moment: then the next input. Where a
//!    frame has arrived and that moment has passed as well, the frame goes first.
//!
//! A turn borrows the session and its input, so that the compiler sees to it that a turn is
//! over before the next begins, and that an event can lend from the frame it came in: a chat
//! message is received without a copy and without an allocation. A turn that is dropped before
//! its end leaves the session sound, but what it would still have said is not said.

pub mod engine_io;
mod frame;
mod input;
mod output;
mod receive;
mod send;
pub mod socket_io;
mod turn;

pub use frame::Frame;
pub use input::{Emit, EmitAck, Input, SessionOptions};
pub use output::{CloseReason, Event, NotSent, OpenStage, Output, Packet, ProtocolError};
pub use socket_io::Recovery;
pub use turn::Turn;

use std::rc::Rc;

use self::engine_io::Heartbeat;
use self::socket_io::{Assembly, Limits, Memory, Namespaces, Place};
use self::turn::Step;
use crate::time::Timestamp;

/// One client's session with a server, from the handshake to its close.
///
/// It joins the namespace of its options by itself; others can be joined and left beside it. It
/// answers pings, puts binary packets together, and gives up when the server falls silent or
/// speaks against the protocol. It has no opinion on what is harmless: a ping at any time, an
/// unwanted pong, a noop, a second handshake, an answer for a namespace that was not asked for,
/// and events before the answer, or after the leave, of their namespace.
#[derive(Debug)]
pub struct Session {
    options: Rc<SessionOptions>,
    stage: Stage,
    /// Until the server has answered for the session's own namespace; never, from then on.
    open_deadline: Timestamp,
    namespaces: Namespaces,
    assembly: Option<Box<Assembly>>,
    /// Outlives the session, which may be over when somebody asks for it.
    memory: Option<Box<Memory>>,
    ack_id_next: u64,
}

#[derive(Debug)]
enum Stage {
    Handshake,
    Open(Heartbeat),
    Closed,
}

impl Session {
    /// A session that waits for the handshake, over a transport that stands `now`.
    ///
    /// # Panics
    /// When the namespace of `options` is none (see [`socket_io::is_namespace`]).
    pub fn new(options: Rc<SessionOptions>, now: Timestamp) -> Session {
        let namespace = &options.namespace;
        assert!(socket_io::is_namespace(namespace), "{namespace:?} is no namespace");
        Session {
            open_deadline: now + options.open_timeout,
            options,
            stage: Stage::Handshake,
            namespaces: Namespaces::default(),
            assembly: None,
            memory: None,
            ack_id_next: 0,
        }
    }

    /// The same, which asks the server to take up the session that `past` names: its CONNECT says
    /// so beside what `options` have it say.
    ///
    /// What the session missed comes before the answer to CONNECT, in order, or not at all: a
    /// server may take no notice.
    ///
    /// # Panics
    /// When the namespace of `options` is none, or their auth no JSON object.
    pub fn resume(options: Rc<SessionOptions>, past: &Recovery, now: Timestamp) -> Session {
        let memory = Memory::of(past, options.auth.as_deref());
        Session { memory: Some(Box::new(memory)), ..Session::new(options, now) }
    }

    /// Takes in what happened `now` (which never runs backwards), and answers with a turn.
    ///
    /// A closed session ignores everything and waits for nothing.
    ///
    /// # Panics
    /// When the input is against the rules of [`Input`] and [`Emit`]: a bug of the caller.
    #[inline]
    pub fn handle_input<'t>(&'t mut self, input: Input<'t>, now: Timestamp) -> Turn<'t> {
        let step = match input {
            _ if self.is_closed() => Step::Wait,
            Input::Frame(frame) => self
                .handle_frame(frame, now)
                .unwrap_or_else(|error| self.close(CloseReason::Protocol(error))),
            Input::Timeout => self.handle_timeout(now),
            Input::Emit(emit) => self.emit(emit).unwrap_or_else(Step::not_sent),
            Input::Connect { namespace, auth } => {
                self.connect(namespace, auth).unwrap_or_else(Step::not_sent)
            }
            Input::Leave { namespace } => self.leave(namespace),
            Input::ForgetAck { namespace, id } => self.forget_ack(namespace, id),
            Input::Close => self.hang_up(),
        };
        Turn::new(self, step)
    }

    /// Whether the session has come to its end.
    pub fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    /// Whether the server took up the session that it was asked for.
    pub fn recovered(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.recovered())
    }

    /// What it takes to take this session up later, be it over or not: nothing where the server
    /// offers no recovery, or no event with an offset came yet.
    pub fn recovery(&self) -> Option<Recovery> {
        self.memory.as_ref().and_then(|memory| memory.recovery())
    }

    /// When something has to happen, if nothing happens before.
    fn deadline(&self) -> Timestamp {
        match &self.stage {
            Stage::Handshake => self.open_deadline,
            Stage::Open(heartbeat) => heartbeat.deadline().min(self.open_deadline),
            Stage::Closed => Timestamp::NEVER,
        }
    }

    fn place<'n>(&self, namespace: &'n str) -> Place<'n> {
        if *namespace == *self.options.namespace { Place::Own } else { Place::Other(namespace) }
    }

    fn limits(&self) -> Limits {
        Limits {
            attachments_max: self.options.attachments_max,
            attachment_bytes_max: self.options.attachment_bytes_max,
        }
    }

    /// Ends the session and frees what it holds.
    fn close<'t>(&mut self, reason: CloseReason) -> Step<'t> {
        self.stage = Stage::Closed;
        self.namespaces = Namespaces::default();
        self.assembly = None;
        Step::Event(Event::Closed(reason))
    }
}

#[cfg(test)]
mod tests;
