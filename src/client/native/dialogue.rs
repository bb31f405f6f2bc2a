//! Dialogue: a session and whoever listens to it, whatever moves its packets.

use std::rc::Rc;

use super::super::{ClientOptions, ConnectError, Heard, Listener, LostReason, quoted};
use crate::protocol::engine_io::Handshake;
use crate::protocol::{CloseReason, Event, Input, OpenStage, Output, Packet, Session};
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
    /// Whether the server offers connection state recovery.
    recoverable: bool,
    /// Whether the namespace was granted.
    pub(super) standing: bool,
    /// How it has ended, until whoever drives it knows.
    pub(super) ending: Option<Ending>,
    /// What the server said of the session, where requests have to repeat some of it.
    pub(super) handshake: Option<Box<Handshake>>,
}

/// What ends a connection's life.
pub(super) enum Ending {
    Refused(String),
    Over(LostReason),
    /// Nobody wants it any more.
    Dropped,
}

impl Dialogue {
    /// A session that is opened `now`, and whoever listens to it.
    pub(super) fn new(
        options: &Rc<ClientOptions>,
        listener: Rc<dyn Listener>,
        now: Timestamp,
    ) -> Dialogue {
        Dialogue {
            session: Session::new(Rc::clone(&options.session), now),
            options: Rc::clone(options),
            listener,
            wait_until: now,
            recoverable: false,
            standing: false,
            ending: None,
            handshake: None,
        }
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
                    self.standing = true;
                }
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
        Event::Opened(_) | Event::Connected { .. } | Event::Event { .. } | Event::Ack { .. } => {
            None
        }
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
