//! WebSocket frames as bytes (RFC 6455, section 5): found in a buffer, written into one.

use std::io::Cursor;
use std::ops::Range;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// A frame that lies whole in a buffer.
#[derive(Debug, PartialEq)]
pub(super) struct Found {
    pub(super) opcode: OpCode,
    pub(super) is_final: bool,
    /// Where its payload lies.
    pub(super) payload: Range<usize>,
}

/// Looks for the frame at `from`; nothing when it has not arrived whole.
pub(super) fn find(
    buffer: &[u8],
    from: usize,
    payload_bytes_max: usize,
) -> Result<Option<Found>, &'static str> {
    let mut cursor = Cursor::new(&buffer[from..]);
    let parsed = FrameHeader::parse(&mut cursor).map_err(|_| "a frame's header is malformed")?;
    let Some((header, len)) = parsed else { return Ok(None) };
    if header.rsv1 || header.rsv2 || header.rsv3 {
        return Err("a frame uses an extension nobody agreed to");
    }
    if header.mask.is_some() {
        return Err("a frame from the server is masked");
    }
    if len > payload_bytes_max as u64 {
        return Err("a frame is longer than the limit");
    }
    let control = matches!(header.opcode, OpCode::Control(_));
    if control && (len > 125 || !header.is_final) {
        return Err("a control frame is fragmented or too long");
    }
    let start = from + cursor.position() as usize;
    let payload = start..start + len as usize;
    let whole = payload.end <= buffer.len();
    Ok(whole.then_some(Found { opcode: header.opcode, is_final: header.is_final, payload }))
}

/// Room in front of a payload for the longest header a client writes.
pub(super) const HEADER_BYTES_MAX: usize = 14;

/// Makes a frame of `buffer`, whose payload begins at [`HEADER_BYTES_MAX`]: masks it in place and
/// writes the header directly in front. Gives the offset at which the frame begins.
pub(super) fn seal(buffer: &mut [u8], opcode: OpCode, mask: [u8; 4]) -> usize {
    let (head, payload) = buffer.split_at_mut(HEADER_BYTES_MAX);
    let header = FrameHeader { opcode, mask: Some(mask), ..FrameHeader::default() };
    let len = payload.len() as u64;
    let begin = HEADER_BYTES_MAX - header.len(len);
    let written = header.format(len, &mut &mut head[begin..]);
    assert!(written.is_ok(), "a header of {} bytes has no room", header.len(len));
    for (at, byte) in payload.iter_mut().enumerate() {
        *byte ^= mask[at & 3];
    }
    begin
}

pub(super) const TEXT: OpCode = OpCode::Data(Data::Text);
pub(super) const BINARY: OpCode = OpCode::Data(Data::Binary);
pub(super) const PONG: OpCode = OpCode::Control(Control::Pong);
pub(super) const CLOSE: OpCode = OpCode::Control(Control::Close);

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
        let mut buffer = vec![0; HEADER_BYTES_MAX];
        buffer.extend_from_slice(payload);
        let begin = seal(&mut buffer, TEXT, mask);
        buffer.split_off(begin)
    }

    #[test]
    fn a_masked_hello_is_that_of_the_rfc() {
        let wanted = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(sealed(b"Hello", [0x37, 0xfa, 0x21, 0x3d]), wanted);
    }

    #[test]
    fn a_header_grows_with_its_payload() {
        for (len, header) in [(125, 6), (126, 8), (65_535, 8), (65_536, 14)] {
            assert_eq!(sealed(&vec![0; len], [1, 2, 3, 4]).len(), len + header, "{len}");
        }
    }

    #[test]
    fn a_frame_is_found_only_when_it_is_whole() {
        let hello = [0x81, 0x05, b'H', b'e', b'l', b'l', b'o'];
        for end in 0..hello.len() {
            assert_eq!(find(&hello[..end], 0, 100), Ok(None), "{end} bytes");
        }
        let found = find(&hello, 0, 100).expect("legal").expect("whole");
        assert_eq!(found, Found { opcode: TEXT, is_final: true, payload: 2..7 });
    }

    #[test]
    fn illegal_frames_are_refused_before_their_payload_arrives() {
        let cases: [(&[u8], &str); 6] = [
            (&[0xc1, 0x05], "extension"),
            (&[0x81, 0x85, 0, 0, 0, 0], "masked"),
            (&[0x81, 0x7f, 0, 0, 0xff, 0, 0, 0, 0, 0], "longer than the limit"),
            (&[0x09, 0x01], "fragmented"),
            (&[0x89, 0x7e, 0, 200], "too long"),
            (&[0x83, 0x01], "malformed"),
        ];
        for (bytes, wanted) in cases {
            let error = find(bytes, 0, 1000).expect_err(wanted);
            assert!(error.contains(wanted), "{error}");
        }
    }
}
