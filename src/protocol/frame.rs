//! Frame: what a transport carries whole, and in which a packet travels.

/// One WebSocket message, or one packet of an HTTP payload.
///
/// "Each packet is sent in its own WebSocket frame" (Engine.IO v4, *WebSocket*); a message that
/// was fragmented on its way is one frame here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A packet in plain text.
    Text(&'a str),
    /// The bytes of a binary message, without a packet type.
    Binary(&'a [u8]),
}
