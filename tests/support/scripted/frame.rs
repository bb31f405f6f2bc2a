//! Frame: what a server's frames and its first words look like, as bytes.

use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

pub(crate) const CONTINUATION: OpCode = OpCode::Data(Data::Continue);
pub(crate) const TEXT: OpCode = OpCode::Data(Data::Text);
pub(crate) const BINARY: OpCode = OpCode::Data(Data::Binary);
pub(crate) const CLOSE: OpCode = OpCode::Control(Control::Close);
pub(crate) const PING: OpCode = OpCode::Control(Control::Ping);
pub(crate) const PONG: OpCode = OpCode::Control(Control::Pong);

/// A handshake of Engine.IO as real servers send it.
pub(crate) const OPEN: &str =
    r#"0{"sid":"e1","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
/// The answer to the CONNECT of the main namespace.
pub(crate) const CONNECTED: &str = r#"40{"sid":"s1"}"#;

/// A whole message in one frame.
pub(crate) fn frame(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    framed(FrameHeader { opcode, ..FrameHeader::default() }, payload)
}

/// A frame that more of the same message follows.
pub(crate) fn fragment(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    framed(FrameHeader { opcode, is_final: false, ..FrameHeader::default() }, payload)
}

/// A text in one frame.
pub(crate) fn text(text: &str) -> Vec<u8> {
    frame(TEXT, text.as_bytes())
}

/// The payload of a close frame.
pub(crate) fn closing(code: u16, reason: &str) -> Vec<u8> {
    frame(CLOSE, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

fn framed(header: FrameHeader, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(payload.len() + 10);
    header.format(payload.len() as u64, &mut bytes).expect("a Vec takes what is written");
    bytes.extend_from_slice(payload);
    bytes
}

/// The server's half of the WebSocket's opening handshake (RFC 6455, section 4.2.2).
pub(crate) fn agreement(request: &str) -> Vec<u8> {
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
    let accept = derive_accept_key(key.unwrap_or_default().as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into_bytes()
}
