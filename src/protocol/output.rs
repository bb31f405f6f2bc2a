//! Output: all that a session wants done, or wants known.

use std::time::Duration;

use super::engine_io::{self, Handshake, payload};
use super::socket_io;
use crate::time::Timestamp;

/// What a session wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output<'a> {
    /// Send this, in a frame of its own.
    Transmit(Packet<'a>),
    /// Know this.
    Event(Event<'a>),
    /// The turn is over: come again with the next input, or with [`Input::Timeout`] when this
    /// moment has come.
    ///
    /// [`Input::Timeout`]: super::Input::Timeout
    WaitUntil(Timestamp),
}

/// A packet on its way out, which is encoded where it is wanted and not before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// A packet of Engine.IO itself, or an attachment.
    Engine(engine_io::Packet<'a>),
    /// A packet of Socket.IO, which travels in a message of Engine.IO.
    Socket(socket_io::Packet<'a>),
}

impl Packet<'_> {
    /// Whether it travels in a binary frame.
    pub fn is_binary(&self) -> bool {
        matches!(self, Packet::Engine(packet) if packet.is_binary())
    }

    /// Appends what its frame holds.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Packet::Engine(packet) => packet.encode(out),
            Packet::Socket(packet) => {
                engine_io::Packet::Message("").encode(out);
                packet.encode(out);
            }
        }
    }

    /// Appends it to the packets of an HTTP payload.
    pub fn encode_in_payload(&self, payload: &mut Vec<u8>) {
        match self {
            Packet::Engine(engine_io::Packet::Binary(bytes)) => {
                payload::append_binary(payload, bytes);
            }
            _ => payload::append_text(payload, |out| self.encode(out)),
        }
    }
}

/// What happened in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The handshake came; the session's own namespace is being joined.
    Opened(&'a Handshake),
    /// The server granted a namespace.
    Connected {
        /// Which.
        namespace: &'a str,
        /// The id of the session in this namespace.
        sid: &'a str,
        /// The private id of connection state recovery. Where there is one, every event that is
        /// broadcast has one more argument at its end, a string: its offset.
        pid: Option<&'a str>,
    },
    /// The server refused a namespace.
    Refused {
        /// Which.
        namespace: &'a str,
        /// Its reason, as it stands in the packet: JSON of any kind, or empty.
        data: &'a str,
    },
    /// The server sent an event.
    Event {
        /// In which namespace: any, whether the session is in it or not.
        namespace: &'a str,
        /// The event's name and arguments: text that begins and ends like a JSON array.
        data: &'a str,
        /// The number under which the server wants it acknowledged.
        ack: Option<u64>,
        /// Its attachments, in order.
        attachments: &'a [Vec<u8>],
    },
    /// The server acknowledged an event.
    Ack {
        /// In which namespace.
        namespace: &'a str,
        /// Under which number.
        id: u64,
        /// The arguments: text that begins and ends like a JSON array.
        data: &'a str,
        /// Its attachments, in order.
        attachments: &'a [Vec<u8>],
        /// Whether it was asked for, not forgotten, and had not come before.
        expected: bool,
    },
    /// The server sent a ping, which is answered: it is alive.
    Pinged,
    /// The server took the session out of a namespace.
    Left {
        /// Which.
        namespace: &'a str,
    },
    /// Something that was to be sent is not: nothing of it was.
    NotSent(NotSent),
    /// The session is over; the transport can be closed.
    Closed(CloseReason),
}

/// Why something that was to be sent is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The session is not open, or the server has not granted the namespace.
    #[error("the session is not connected to the namespace")]
    NotConnected,
    /// The namespace is joined, or being joined, already.
    #[error("the session is in the namespace already")]
    AlreadyThere,
    /// The namespace owes too many acknowledgements.
    #[error("{acks_pending_max} acknowledgements are still owed")]
    AcksPending {
        /// How many it may owe.
        acks_pending_max: usize,
    },
    /// The session is in too many namespaces.
    #[error("the session is in {namespaces_max} namespaces")]
    NamespacesFull {
        /// How many it may be in.
        namespaces_max: usize,
    },
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// The server sent a close packet.
    #[error("the server closed the session")]
    ByServer,
    /// No ping came for too long (Engine.IO v4, *Heartbeat*).
    #[error("no ping came for {silence:.1?}, and one was due within {silence_max:.1?}")]
    HeartbeatTimeout {
        /// How long none had come.
        silence: Duration,
        /// How long it was waited for.
        silence_max: Duration,
    },
    /// The server did not answer in time while the session opened.
    #[error("the session did not open in time: the server never {}", .stage.missing())]
    OpenTimeout {
        /// What it was waiting for.
        stage: OpenStage,
    },
    /// The server spoke against the protocol.
    #[error(transparent)]
    Protocol(ProtocolError),
    /// The caller wished it.
    #[error("the session was closed on purpose")]
    ByUs,
}

/// What a session waits for while it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenStage {
    /// The open packet of Engine.IO.
    Handshake,
    /// The answer to the CONNECT of its own namespace.
    Namespace,
}

impl OpenStage {
    fn missing(self) -> &'static str {
        match self {
            OpenStage::Handshake => "sent its handshake",
            OpenStage::Namespace => "answered CONNECT",
        }
    }
}

/// How a server spoke against the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// A frame holds no packet of Engine.IO.
    #[error(transparent)]
    Engine(#[from] engine_io::PacketError),
    /// An open packet holds no handshake.
    #[error(transparent)]
    Handshake(#[from] engine_io::HandshakeError),
    /// A message came before the handshake.
    #[error("a message came before the handshake")]
    MessageBeforeOpen,
    /// A message holds no packet of Socket.IO.
    #[error(transparent)]
    Socket(#[from] socket_io::PacketError),
    /// A namespace was granted without a readable session id in it.
    #[error("the answer to CONNECT has no readable sid")]
    ConnectReply,
    /// Attachments went astray, or beyond the limits.
    #[error(transparent)]
    Attachment(#[from] socket_io::AttachmentError),
}
