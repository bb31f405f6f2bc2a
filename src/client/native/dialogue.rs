//! Dialogue: a session and whoever listens to it, whatever moves its packets.

use std::rc::Rc;

use super::super::{ClientOptions, ConnectError, Heard, Listener, LostReason, quoted};
use crate::protocol::engine_io::Handshake;
use crate::protocol::{CloseReason, Event, Input, OpenStage, Output, Packet, Recovery, Session};
use crate::time::Timestamp;
use crate::transport::{Lost, Sender};

/// What packets leave by.
pub(super) trait Outgoing {
    /// Sends one packet.
    ///
    /// # Errors
    /// When the connection is over.
    fn send(&mut self, packet: &Packet<'_>) -> Result<(), Lost>;
}

impl Outgoing for Sender {
    #[inline]
    fn send(&mut self, packet: &Packet<'_>) -> Result<(), Lost> {
        Sender::send(self, packet.is_binary(), |out| packet.encode(out))
    }
}

/// All of a connection that a frame concerns, while its socket is being read.
pub(super) struct Dialogue {
    session: Session,
    pub(super) options: Rc<ClientOptions>,
    pub(super) listener: Rc<dyn Listener>,
    /// When the session wants to be told the time.
    pub(super) wait_until: Timestamp,
    /// Whether the server offers connection state recovery, or may yet.
    recoverable: bool,
    pub(super) standing: Standing,
    /// How it has ended, until whoever drives it knows.
    pub(super) ending: Option<Ending>,
    /// What the server said of the session, where requests have to repeat some of it.
    pub(super) handshake: Option<Box<Handshake>>,
}

/// How a connection stands to its namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was not granted yet.
    Opening,
    /// It was granted.
    In,
    /// It was left; the connection lives on.
    Out,
    /// Whoever drove the connection knows that it is over.
    Over,
}

/// What ends a connection's life.
pub(super) enum Ending {
    Refused(String),
    Over(LostReason),
    /// Nobody wants it any more.
    Dropped,
}

impl Dialogue {
    /// A session that is opened `now` and takes up `past`, and whoever listens to it.
    pub(super) fn new(
        options: &Rc<ClientOptions>,
        past: Option<&Recovery>,
        listener: Rc<dyn Listener>,
        now: Timestamp,
    ) -> Dialogue {
        let session = Rc::clone(&options.session);
        Dialogue {
            session: match past {
                None => Session::new(session, now),
                Some(past) => Session::resume(session, past, now),
            },
            options: Rc::clone(options),
            listener,
            wait_until: now,
            recoverable: past.is_some(),
            standing: Standing::Opening,
            ending: None,
            handshake: None,
        }
    }

    /// Whether anything can be said in the namespace.
    pub(super) fn can_speak(&self) -> bool {
        self.standing == Standing::In && self.ending.is_none()
    }

    /// Comes to its end; gives what whoever listens has to be told, where that is anything.
    pub(super) fn end(&mut self, ending: Ending) -> Option<(Rc<dyn Listener>, LostReason)> {
        self.standing = Standing::Over;
        let reason = match ending {
            Ending::Over(reason) => reason,
            Ending::Refused(data) => LostReason::Revoked { data },
            Ending::Dropped => return None,
        };
        Some((Rc::clone(&self.listener), reason))
    }

    /// Whether the server took up the session that it was asked for.
    pub(super) fn recovered(&self) -> bool {
        self.session.recovered()
    }

    /// What it takes to take the session up later.
    pub(super) fn recovery(&self) -> Option<Recovery> {
        self.session.recovery()
    }

    /// Lets the session answer; gives the number of the acknowledgement asked for, if one was.
    #[inline]
    pub(super) fn input(
        &mut self,
        input: Input<'_>,
        outgoing: &mut impl Outgoing,
        at: Timestamp,
    ) -> Option<u64> {
        if self.ending.is_some() {
            return None;
        }
        let mut turn = self.session.handle_input(input, at);
        let ack_id = turn.ack_id();
        loop {
            match turn.poll_output() {
                Output::WaitUntil(moment) => {
                    self.wait_until = moment;
                    return ack_id;
                }
                Output::Transmit(packet) => {
                    if let Err(lost) = outgoing.send(&packet) {
                        self.ending = Some(Ending::Over(lost.into()));
                        return None;
                    }
                }
                // The official client, too, is deaf to namespaces that it is not in.
                Output::Event(Event::Event { namespace, .. } | Event::Ack { namespace, .. })
                    if *namespace != *self.options.session.namespace => {}
                Output::Event(Event::Event { data, .. }) => {
                    let recoverable = self.recoverable;
                    self.listener.hear(Heard::Event { data, recoverable }, at);
                }
                Output::Event(Event::Ack { id, expected: true, .. }) => {
                    self.listener.hear(Heard::Ack { id }, at);
                }
                Output::Event(Event::Connected { pid, .. }) => {
                    self.recoverable = pid.is_some();
                    self.standing = Standing::In;
                }
                Output::Event(Event::Pinged) => self.listener.hear(Heard::Alive, at),
                Output::Event(Event::Opened(handshake)) if self.options.way.begins_by_polling() => {
                    self.handshake = Some(Box::new(handshake.clone()));
                }
                Output::Event(other) => self.ending = ending_of(&other).or(self.ending.take()),
            }
        }
    }
}

/// What an event that is neither heard nor expected means for the connection.
fn ending_of(event: &Event<'_>) -> Option<Ending> {
    match event {
        Event::Refused { data, .. } => Some(Ending::Refused(quoted(data))),
        Event::Left { .. } => Some(Ending::Over(LostReason::Left)),
        Event::NotSent(why) => Some(Ending::Over(LostReason::Driver(why.to_string()))),
        Event::Closed(reason) => Some(Ending::Over(LostReason::Session(*reason))),
        Event::Opened(_)
        | Event::Connected { .. }
        | Event::Event { .. }
        | Event::Ack { .. }
        | Event::Pinged => None,
    }
}

/// Why no connection came of it.
pub(super) fn error_of(ending: Ending, options: &ClientOptions) -> ConnectError {
    match ending {
        Ending::Refused(data) => {
            let namespace = options.session.namespace.to_string();
            ConnectError::Refused { namespace, data }
        }
        Ending::Over(LostReason::Session(CloseReason::OpenTimeout { stage })) => {
            let stage = match stage {
                OpenStage::Handshake => "the Engine.IO handshake",
                OpenStage::Namespace => "the namespace's CONNECT",
            };
            ConnectError::Timeout { stage, within: options.session.open_timeout }
        }
        Ending::Over(reason) => ConnectError::Lost(reason),
        Ending::Dropped => unreachable!("a connection that nobody has yet cannot be dropped"),
    }
}
