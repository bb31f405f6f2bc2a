//! Turn: what one input leads to, told output by output.

use std::mem;

use super::engine_io::{self, Handshake};
use super::socket_io::{self, Assembled, Body, ConnectReply, Purpose};
use super::{CloseReason, Event, NotSent, Output, Packet, Session};

/// The session's answer to one input; see [the contract](super).
#[must_use = "a turn says what to transmit only when it is polled"]
pub struct Turn<'t> {
    session: &'t Session,
    /// Keeps what the last output lends.
    current: Step<'t>,
    next: Step<'t>,
}

/// One output, with all that it lends but does not find in the session.
pub(super) enum Step<'t> {
    Wait,
    /// The answer to a ping that says this.
    Pong(&'t str),
    /// A packet to a namespace, by default the session's own, and the attachments to follow.
    Socket {
        namespace: Option<&'t str>,
        body: Body<'t>,
        attachments: &'t [&'t [u8]],
    },
    Attachment {
        bytes: &'t [u8],
        others: &'t [&'t [u8]],
    },
    Event(Event<'t>),
    Opened(Box<Handshake>),
    JoinOwn,
    Connected {
        namespace: &'t str,
        reply: ConnectReply,
    },
    /// `expected` is about an acknowledgement, and nothing to an event.
    Assembled {
        packet: Box<Assembled>,
        expected: bool,
    },
    LeaveOwn,
    HangUp,
}

impl<'t> Turn<'t> {
    #[inline]
    pub(super) fn new(session: &'t Session, first: Step<'t>) -> Turn<'t> {
        Turn { session, current: Step::Wait, next: first }
    }

    /// The number of the acknowledgement that this turn's [`Emit`](super::Emit) asked for, as
    /// long as the turn has not been polled.
    pub fn ack_id(&self) -> Option<u64> {
        match self.next {
            Step::Socket {
                body: Body::Event { id, .. } | Body::BinaryEvent { id, .. }, ..
            } => id,
            _ => None,
        }
    }

    /// What is to be done next; at the end, and ever after, how long to wait.
    #[inline]
    pub fn poll_output(&mut self) -> Output<'_> {
        let following = self.next.following();
        self.current = mem::replace(&mut self.next, following);
        self.current.output(self.session)
    }
}

impl<'t> Step<'t> {
    pub(super) fn not_sent(why: NotSent) -> Step<'t> {
        Step::Event(Event::NotSent(why))
    }

    #[inline]
    fn following(&self) -> Step<'t> {
        match *self {
            Step::Socket { attachments: rest, .. } | Step::Attachment { others: rest, .. } => {
                match rest {
                    [bytes, others @ ..] => Step::Attachment { bytes, others },
                    [] => Step::Wait,
                }
            }
            Step::Opened(_) => Step::JoinOwn,
            Step::LeaveOwn => Step::HangUp,
            Step::HangUp => Step::Event(Event::Closed(CloseReason::ByUs)),
            Step::Pong(_) => Step::Event(Event::Pinged),
            Step::Wait
            | Step::Event(_)
            | Step::JoinOwn
            | Step::Connected { .. }
            | Step::Assembled { .. } => Step::Wait,
        }
    }

    #[inline]
    fn output<'o>(&'o self, session: &'o Session) -> Output<'o> {
        let own = &*session.options.namespace;
        let socket = |namespace, body| {
            Output::Transmit(Packet::Socket(socket_io::Packet { namespace, body }))
        };
        match self {
            Step::Wait => Output::WaitUntil(session.deadline()),
            Step::Pong(data) => Output::Transmit(Packet::Engine(engine_io::Packet::Pong(data))),
            Step::Socket { namespace, body, .. } => socket(namespace.unwrap_or(own), *body),
            Step::Attachment { bytes, .. } => {
                Output::Transmit(Packet::Engine(engine_io::Packet::Binary(bytes)))
            }
            Step::Event(event) => Output::Event(*event),
            Step::Opened(handshake) => Output::Event(Event::Opened(handshake)),
            Step::JoinOwn => {
                let asked = session.memory.as_ref().and_then(|memory| memory.asks());
                let data = asked.or(session.options.auth.as_deref()).unwrap_or_default();
                socket(own, Body::Connect { data })
            }
            Step::Connected { namespace, reply } => Output::Event(reply.event(namespace)),
            Step::Assembled { packet, expected } => Output::Event(packet.event(*expected)),
            Step::LeaveOwn => socket(own, Body::Disconnect),
            Step::HangUp => Output::Transmit(Packet::Engine(engine_io::Packet::Close)),
        }
    }
}

impl ConnectReply {
    fn event<'o>(&'o self, namespace: &'o str) -> Event<'o> {
        Event::Connected { namespace, sid: &self.sid, pid: self.pid.as_deref() }
    }
}

impl Assembled {
    fn event(&self, expected: bool) -> Event<'_> {
        let Assembled { namespace, purpose, data, attachments } = self;
        match *purpose {
            Purpose::Event(ack) => Event::Event { namespace, data, ack, attachments },
            Purpose::Ack(id) => Event::Ack { namespace, id, data, attachments, expected },
        }
    }
}
