//! Wire: the WebSocket frames and Socket.IO packets that the blaster and the floor exchange.

use std::io::Cursor;
use std::ops::Range;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Data, OpCode};

/// What a client asks for; the key is the RFC's example (RFC 6455, section 1.3).
pub(crate) const UPGRADE_REQUEST: &[u8] =
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n\
      Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

pub(crate) const PING: &[u8] = b"2";
pub(crate) const PONG: &[u8] = b"3";
pub(crate) const CONNECT: &[u8] = b"40";
pub(crate) const JOIN: &[u8] = br#"42["join-room","#;
pub(crate) const SEND: &[u8] = br#"42["send-msg","#;
pub(crate) const RECEIVE: &[u8] = br#"42["onreceive-msg","#;

/// The length of every text, in bytes.
pub(crate) const TEXT_BYTES: usize = 64;

/// The packet that joins `room`.
pub(crate) fn join(room: usize) -> Vec<u8> {
    format!(r#"42["join-room","room-{room:06}"]"#).into_bytes()
}

/// The packet by which `author` says something in `room`, and where in it the text stands.
pub(crate) fn send(room: usize, author: usize) -> (Vec<u8>, Range<usize>) {
    let mut packet = SEND.to_vec();
    let head = format!(r#"{{"room":"room-{room:06}","author":"user-{author:06}","message":""#);
    packet.extend_from_slice(head.as_bytes());
    let text = packet.len()..packet.len() + TEXT_BYTES;
    packet.extend((0..TEXT_BYTES).map(|at| b'a' + (at % 26) as u8));
    packet.extend_from_slice(br#""}]"#);
    (packet, text)
}

/// Appends a server's text frame whose payload is `parts`, one after the other.
pub(crate) fn put_server_frame(out: &mut Vec<u8>, parts: &[&[u8]]) {
    put_header(out, parts.iter().map(|part| part.len()).sum(), None);
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// Appends a client's text frame, masked with `mask`.
pub(crate) fn put_client_frame(out: &mut Vec<u8>, payload: &[u8], mask: [u8; 4]) {
    put_header(out, payload.len(), Some(mask));
    let start = out.len();
    out.extend_from_slice(payload);
    apply_mask(&mut out[start..], mask);
}

fn put_header(out: &mut Vec<u8>, payload_bytes: usize, mask: Option<[u8; 4]>) {
    let opcode = OpCode::Data(Data::Text);
    let header = FrameHeader { opcode, mask, ..FrameHeader::default() };
    header.format(payload_bytes as u64, out).expect("a vector takes what is written to it");
}

/// One frame at the beginning of some bytes.
pub(crate) struct ClientFrame {
    pub(crate) opcode: OpCode,
    pub(crate) payload: Range<usize>,
}

/// The first frame of `bytes` with its payload unmasked in place, if it is there in full.
///
/// # Errors
/// When no client that we serve would send such a thing; the connection is past saving.
pub(crate) fn take_client_frame(
    bytes: &mut [u8],
    payload_bytes_max: usize,
) -> Result<Option<ClientFrame>, String> {
    let mut cursor = Cursor::new(&*bytes);
    let parsed = FrameHeader::parse(&mut cursor).map_err(|error| error.to_string())?;
    let Some((header, payload_bytes)) = parsed else { return Ok(None) };
    if !header.is_final || payload_bytes > payload_bytes_max as u64 {
        return Err(format!("a frame of {payload_bytes} bytes, final: {}", header.is_final));
    }
    let mask = header.mask.ok_or("a frame without a mask")?;
    let start = cursor.position() as usize;
    let payload = start..start + payload_bytes as usize;
    let Some(masked) = bytes.get_mut(payload.clone()) else { return Ok(None) };
    apply_mask(masked, mask);
    Ok(Some(ClientFrame { opcode: header.opcode, payload }))
}

/// Masks or unmasks `bytes` (RFC 6455, section 5.3).
pub(crate) fn apply_mask(bytes: &mut [u8], mask: [u8; 4]) {
    // Eight bytes at a time, so that the compiler makes wide instructions of it.
    let wide = u64::from_ne_bytes(std::array::from_fn(|at| mask[at % 4]));
    let mut words = bytes.chunks_exact_mut(8);
    for word in &mut words {
        let masked = u64::from_ne_bytes(word.try_into().expect("a chunk of eight")) ^ wide;
        word.copy_from_slice(&masked.to_ne_bytes());
    }
    for (byte, mask) in words.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}
