//! Packet: the seven packet types of Engine.IO, each as it stands in its frame.

use crate::protocol::Frame;

/// A packet of either side (Engine.IO v4, *Protocol* and *Packet encoding*).
///
/// What follows the type of a `close`, `upgrade` or `noop` packet means nothing and is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// `0`: the handshake, as JSON.
    Open(&'a str),
    /// `1`: the transport can be closed.
    Close,
    /// `2`: a heartbeat of the server, or a client's `probe`.
    Ping(&'a str),
    /// `3`: the answer to a ping, with the same data.
    Pong(&'a str),
    /// `4`: a message in plain text.
    Message(&'a str),
    /// A binary message: the frame holds nothing else, not even a type.
    Binary(&'a [u8]),
    /// `5`: the client has moved to the transport that carries this.
    Upgrade,
    /// `6`: nothing, so that a pending poll returns.
    Noop,
}

/// Why a frame holds no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// There is not even a type.
    #[error("an Engine.IO packet is empty")]
    Empty,
    /// The type is none of `0` to `6`.
    #[error("{0:?} is no Engine.IO packet type")]
    UnknownType(char),
}

impl<'a> Packet<'a> {
    /// Reads the packet that `frame` holds.
    ///
    /// # Errors
    /// When the frame is an empty text, or begins with no packet type.
    #[inline]
    pub fn decode(frame: Frame<'a>) -> Result<Packet<'a>, PacketError> {
        let text = match frame {
            Frame::Text(text) => text,
            Frame::Binary(bytes) => return Ok(Packet::Binary(bytes)),
        };
        let mut chars = text.chars();
        let kind = chars.next().ok_or(PacketError::Empty)?;
        let data = chars.as_str();
        match kind {
            '0' => Ok(Packet::Open(data)),
            '1' => Ok(Packet::Close),
            '2' => Ok(Packet::Ping(data)),
            '3' => Ok(Packet::Pong(data)),
            '4' => Ok(Packet::Message(data)),
            '5' => Ok(Packet::Upgrade),
            '6' => Ok(Packet::Noop),
            unknown => Err(PacketError::UnknownType(unknown)),
        }
    }

    /// Whether the packet travels in a binary frame.
    pub fn is_binary(&self) -> bool {
        matches!(self, Packet::Binary(_))
    }

    /// Appends what the frame of this packet holds.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (kind, data): (u8, &str) = match *self {
            Packet::Open(data) => (b'0', data),
            Packet::Close => (b'1', ""),
            Packet::Ping(data) => (b'2', data),
            Packet::Pong(data) => (b'3', data),
            Packet::Message(data) => (b'4', data),
            Packet::Binary(bytes) => return out.extend_from_slice(bytes),
            Packet::Upgrade => (b'5', ""),
            Packet::Noop => (b'6', ""),
        };
        out.push(kind);
        out.extend_from_slice(data.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_type_is_read_and_written() {
        let table: &[(&str, Packet)] = &[
            (r#"0{"sid":"a"}"#, Packet::Open(r#"{"sid":"a"}"#)),
            ("1", Packet::Close),
            ("2", Packet::Ping("")),
            ("2probe", Packet::Ping("probe")),
            ("3", Packet::Pong("")),
            ("3probe", Packet::Pong("probe")),
            ("4", Packet::Message("")),
            ("4hello €", Packet::Message("hello €")),
            ("5", Packet::Upgrade),
            ("6", Packet::Noop),
        ];
        for &(text, packet) in table {
            assert_eq!(Packet::decode(Frame::Text(text)), Ok(packet), "{text}");
            assert_eq!(written(&packet), text.as_bytes(), "{packet:?}");
            assert!(!packet.is_binary(), "{packet:?}");
        }
    }

    #[test]
    fn a_binary_frame_is_a_message_as_it_is() {
        let bytes = [b'2', 0, 0xff];
        let packet = Packet::decode(Frame::Binary(&bytes)).unwrap();
        assert_eq!(packet, Packet::Binary(&bytes));
        assert!(packet.is_binary());
        assert_eq!(written(&packet), bytes);
    }

    #[test]
    fn data_without_meaning_is_dropped() {
        for (text, packet) in [("1x", Packet::Close), ("5x", Packet::Upgrade), ("6x", Packet::Noop)]
        {
            assert_eq!(Packet::decode(Frame::Text(text)), Ok(packet));
        }
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        assert_eq!(Packet::decode(Frame::Text("")), Err(PacketError::Empty));
        for unknown in ['7', '9', 'a', '-', ' ', '\0', '\u{1e}', '€', '０'] {
            let text = format!("{unknown}1");
            let expected = Err(PacketError::UnknownType(unknown));
            assert_eq!(Packet::decode(Frame::Text(&text)), expected);
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_again(text in "[0-6]?\\PC{0,20}") {
            if let Ok(packet) = Packet::decode(Frame::Text(&text)) {
                let written = String::from_utf8(written(&packet)).unwrap();
                prop_assert!(text.starts_with(&written), "{text:?} became {written:?}");
                prop_assert_eq!(Packet::decode(Frame::Text(&written)), Ok(packet));
            }
        }
    }

    fn written(packet: &Packet) -> Vec<u8> {
        let mut out = Vec::new();
        packet.encode(&mut out);
        out
    }
}
