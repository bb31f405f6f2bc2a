//! Payload: several packets in one HTTP body, for long-polling.
//!
//! Packets stand between record separators; a binary one is base64 behind a `b` (Engine.IO v4,
//! *Packet encoding*, *HTTP long-polling*). A separator inside a packet cannot be told from one
//! between packets: JSON escapes it, so no Socket.IO packet holds one.

use data_encoding::BASE64;

use crate::protocol::Frame;

/// What stands between two packets: the record separator of ASCII.
pub const SEPARATOR: char = '\x1e';
const BINARY_MARK: char = 'b';

/// Appends a text packet, which `write` appends to the bytes it is given.
pub fn append_text(payload: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    separate(payload);
    write(payload);
}

/// Appends a binary packet.
pub fn append_binary(payload: &mut Vec<u8>, bytes: &[u8]) {
    separate(payload);
    payload.push(BINARY_MARK as u8);
    let start = payload.len();
    payload.resize(start + BASE64.encode_len(bytes.len()), 0);
    BASE64.encode_mut(bytes, &mut payload[start..]);
}

fn separate(payload: &mut Vec<u8>) {
    if !payload.is_empty() {
        payload.push(SEPARATOR as u8);
    }
}

/// The packets of `payload`, one after the other; an empty payload holds one empty packet.
pub fn decode(payload: &str) -> impl Iterator<Item = Result<Part<'_>, PayloadError>> {
    payload.split(SEPARATOR).map(|packet| match packet.strip_prefix(BINARY_MARK) {
        None => Ok(Part::Text(packet)),
        Some(base64) => BASE64
            .decode(base64.as_bytes())
            .map(Part::Binary)
            .map_err(|error| PayloadError::Base64 { at: error.position }),
    })
}

/// One packet of a payload, freed of its encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A text packet.
    Text(&'a str),
    /// The bytes of a binary one.
    Binary(Vec<u8>),
}

impl Part<'_> {
    /// The packet as the session wants it.
    pub fn as_frame(&self) -> Frame<'_> {
        match self {
            Part::Text(text) => Frame::Text(text),
            Part::Binary(bytes) => Frame::Binary(bytes),
        }
    }
}

/// Why a packet of a payload cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// A binary packet is not base64 (RFC 4648, section 4).
    #[error("a binary packet of a payload is no base64 at byte {at}")]
    Base64 {
        /// The byte of the packet, after its mark.
        at: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_specification() {
        let text = |text| Part::Text(text);
        let bytes = |bytes: &[u8]| Part::Binary(bytes.to_vec());
        let table: &[(&str, &[Part])] = &[
            ("4hello\x1e2\x1e4world", &[text("4hello"), text("2"), text("4world")]),
            ("4hello\x1ebAQIDBA==", &[text("4hello"), bytes(&[1, 2, 3, 4])]),
            ("4", &[text("4")]),
            ("b\x1e4", &[bytes(&[]), text("4")]),
        ];
        for &(payload, parts) in table {
            let read: Result<Vec<Part>, _> = decode(payload).collect();
            assert_eq!(read.as_deref(), Ok(parts), "{payload:?}");
            assert_eq!(encode(parts), payload.as_bytes(), "{parts:?}");
        }
    }

    #[test]
    fn separators_too_many_are_empty_packets() {
        let parts: Vec<_> = decode("\x1e4\x1e").collect();
        assert_eq!(parts, [Ok(Part::Text("")), Ok(Part::Text("4")), Ok(Part::Text(""))]);
        assert_eq!(decode("").collect::<Vec<_>>(), [Ok(Part::Text(""))]);
    }

    #[test]
    fn bad_base64_is_that_packet_s_error_alone() {
        let parts: Vec<_> = decode("bAQ!=\x1e4").collect();
        assert_eq!(parts, [Err(PayloadError::Base64 { at: 2 }), Ok(Part::Text("4"))]);
    }

    proptest! {
        #[test]
        fn a_payload_reads_back(parts in prop::collection::vec(parts(), 1..8)) {
            let parts: Vec<Part> = parts.iter().map(|part| match part {
                Ok(text) => Part::Text(text),
                Err(bytes) => Part::Binary(bytes.clone()),
            }).collect();
            let payload = String::from_utf8(encode(&parts)).unwrap();
            let read: Result<Vec<Part>, _> = decode(&payload).collect();
            prop_assert_eq!(read, Ok(parts));
        }

        #[test]
        fn no_payload_panics(payload in "[b=4A-Za-z+/\\x1e€]{0,40}") {
            prop_assert_eq!(decode(&payload).count(), payload.matches(SEPARATOR).count() + 1);
        }
    }

    fn parts() -> impl Strategy<Value = Result<String, Vec<u8>>> {
        prop_oneof![
            "[0-6]\\PC{0,10}".prop_map(Ok),
            prop::collection::vec(any::<u8>(), 0..10).prop_map(Err)
        ]
    }

    fn encode(parts: &[Part]) -> Vec<u8> {
        let mut payload = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => {
                    append_text(&mut payload, |out| out.extend_from_slice(text.as_bytes()));
                }
                Part::Binary(bytes) => append_binary(&mut payload, bytes),
            }
        }
        payload
    }
}
