//! Input: all that can happen to a session, and what it is set to.

use std::time::Duration;

use super::Frame;

/// What a session is set to; shared by all that are set alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    /// The session's own namespace, joined as soon as the handshake is there: `/`, or a name
    /// that begins with a slash and has no comma.
    pub namespace: Box<str>,
    /// What the server is told when the session joins it: a JSON object, as text.
    pub auth: Option<Box<str>>,
    /// How many attachments one packet of the server may have.
    pub attachments_max: usize,
    /// How many bytes they may have together.
    pub attachment_bytes_max: usize,
    /// How many acknowledgements a namespace may owe.
    pub acks_pending_max: usize,
    /// How many namespaces the session may be in at a time, its own included.
    pub namespaces_max: usize,
    /// From the session's beginning until the server has answered for its own namespace.
    pub open_timeout: Duration,
}

impl Default for SessionOptions {
    /// The main namespace, no auth, 45 s to open, and limits no well-meaning server gets near.
    fn default() -> SessionOptions {
        SessionOptions {
            namespace: super::socket_io::MAIN_NAMESPACE.into(),
            auth: None,
            attachments_max: 1024,
            attachment_bytes_max: 16 << 20,
            acks_pending_max: 1024,
            namespaces_max: 64,
            open_timeout: Duration::from_secs(45),
        }
    }
}

/// What happens to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// A frame came from the server.
    Frame(Frame<'a>),
    /// Time has passed. It is never wrong to say so: too early, it changes nothing.
    Timeout,
    /// Something is to be sent.
    Emit(Emit<'a>),
    /// A further namespace is to be joined, or the session's own once more.
    Connect {
        /// Its name: with a slash at the beginning, without a comma.
        namespace: &'a str,
        /// What the server is told: a JSON object, as text.
        auth: Option<&'a str>,
    },
    /// A namespace is to be left; nothing happens where the session is not in it. Events that
    /// the server had sent by then still come.
    Leave {
        /// Its name.
        namespace: &'a str,
    },
    /// The caller will not wait for an acknowledgement any longer, which makes room for
    /// another; should it come, it is not expected.
    ForgetAck {
        /// Where it was asked for; `None` for the session's own namespace.
        namespace: Option<&'a str>,
        /// Under which number.
        id: u64,
    },
    /// The session is to end: its own namespace is left, and the server told to close.
    Close,
}

/// An event to be sent, or the acknowledgement of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emit<'a> {
    /// Where to; `None` for the session's own namespace.
    pub namespace: Option<&'a str>,
    /// The event's name and arguments, or the acknowledgement's arguments: a JSON array, as
    /// text, with `{"_placeholder":true,"num":0}` where the first attachment belongs.
    pub data: &'a str,
    /// What it has to do with acknowledgements.
    pub ack: EmitAck,
    /// Each is sent in a frame of its own, right behind the packet.
    pub attachments: &'a [&'a [u8]],
}

/// What an [`Emit`] has to do with acknowledgements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmitAck {
    /// It is an event, and none is wanted.
    No,
    /// It is an event that wants one: [`Turn::ack_id`](super::Turn::ack_id) has its number.
    Wanted,
    /// It is the acknowledgement of an event that wanted one under this number.
    Answers(u64),
}

impl<'a> Emit<'a> {
    /// An event to the session's own namespace, without attachments or acknowledgement.
    pub fn event(data: &'a str) -> Emit<'a> {
        Emit { namespace: None, data, ack: EmitAck::No, attachments: &[] }
    }
}
