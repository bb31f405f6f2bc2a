//! Socket: a WebSocket by hand (RFC 6455), which may say what no WebSocket may.

use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::Mutex;
use tungstenite::handshake::client::generate_key;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::http::{self, Request, Response};
use super::purse::{Metered, Share, read_bytes};
use super::transcript::{Scribe, hex};
use crate::transport::Endpoint;

/// One message from the server is at most this long.
const MESSAGE_BYTES_MAX: u64 = 16 << 20;
const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// The request for a WebSocket, as a browser makes it.
pub(in crate::conformance) fn request(query: impl Into<String>, within: Duration) -> Request {
    Request::new("GET", query, within)
        .with_header("Connection", "Upgrade")
        .with_header("Upgrade", "websocket")
        .with_header("Sec-WebSocket-Version", "13")
        .with_header("Sec-WebSocket-Key", &generate_key())
}

/// What became of the request for a WebSocket.
pub(in crate::conformance) enum Opening {
    /// A WebSocket stands: its two halves.
    Open(SocketReader, SocketWriter),
    /// The server answered with something else.
    Refused(Response),
    /// The server did not answer, or not in HTTP.
    Broken(String),
}

/// Asks for a WebSocket with `request`, whatever that says. The agreement is taken at its status:
/// checks of the rest look at `scribe`'s transcript or ask for themselves.
pub(in crate::conformance) async fn open(
    mut stream: Metered,
    endpoint: &Endpoint,
    request: &Request,
    scribe: &Scribe,
) -> Opening {
    scribe.sent(format_args!("{} ?{} (for a WebSocket)", request.method, request.query));
    let head = request.head(&endpoint.path, &endpoint.authority);
    let exchange = async {
        stream.write_all(head.as_bytes()).await.map_err(|error| error.to_string())?;
        stream.flush().await.map_err(|error| error.to_string())?;
        http::read_response(&mut stream, false).await
    };
    let answer = tokio::time::timeout(request.within, exchange).await;
    match answer.unwrap_or_else(|_| Err("no answer in time".into())) {
        Ok((response, rest)) if response.status == 101 => {
            scribe.received("HTTP 101");
            let share = stream.share().clone();
            let (read, write) = tokio::io::split(stream);
            let has_masked = false;
            let reader = SocketReader { read, bytes: rest, partial: None, has_masked, share };
            let write = Rc::new(Mutex::new(write));
            Opening::Open(reader, SocketWriter { write, scribe: scribe.clone() })
        }
        Ok((response, _)) => {
            scribe.received(response.told());
            Opening::Refused(response)
        }
        Err(error) => {
            scribe.note(&error);
            Opening::Broken(error)
        }
    }
}

/// A message, or what else comes by a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::conformance) enum Heard {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// The closing frame: its code, or 1005 when it has none (section 7.1.5), and the reason.
    Close(u16, String),
}

/// The side that messages arrive by.
pub(in crate::conformance) struct SocketReader {
    read: ReadHalf<Metered>,
    bytes: Vec<u8>,
    /// A message of which not all fragments have come.
    partial: Option<(bool, Vec<u8>)>,
    has_masked: bool,
    share: Share,
}

impl SocketReader {
    /// Whether the server has masked a frame, which it must not (section 5.1).
    pub(in crate::conformance) fn has_masked(&self) -> bool {
        self.has_masked
    }

    /// Whether more came than its share allows for: it is we who read no further.
    pub(super) fn is_spent(&self) -> bool {
        self.share.is_spent()
    }

    /// The next message or control frame.
    ///
    /// # Errors
    /// Says how the connection ended.
    pub(in crate::conformance) async fn next(&mut self) -> Result<Heard, String> {
        loop {
            if let Some((opcode, is_final, payload)) = self.take_frame()? {
                if let Some(heard) = self.assemble(opcode, is_final, payload)? {
                    return Ok(heard);
                }
                continue;
            }
            match self.read.read_buf(&mut self.bytes).await {
                Ok(0) => return Err("the server ended the TCP connection".into()),
                Ok(_) => {}
                Err(error) => return Err(format!("the connection broke: {error}")),
            }
        }
    }

    fn take_frame(&mut self) -> Result<Option<(OpCode, bool, Vec<u8>)>, String> {
        let mut cursor = std::io::Cursor::new(&self.bytes);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|error| error.to_string())?;
        let Some((header, length)) = parsed else { return Ok(None) };
        if length > MESSAGE_BYTES_MAX {
            return Err(format!("a frame of {length} bytes, longer than the limit"));
        }
        let start = cursor.position() as usize;
        let end = start + length as usize;
        if self.bytes.len() < end {
            return Ok(None);
        }
        let mut payload = self.bytes[start..end].to_vec();
        self.bytes.drain(..end);
        if let Some(mask) = header.mask {
            // One check asks for it; the others have theirs to ask.
            self.has_masked = true;
            payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        }
        Ok(Some((header.opcode, header.is_final, payload)))
    }

    fn assemble(
        &mut self,
        opcode: OpCode,
        is_final: bool,
        payload: Vec<u8>,
    ) -> Result<Option<Heard>, String> {
        let (binary, mut message) = match opcode {
            OpCode::Control(Control::Ping) => return Ok(Some(Heard::Ping(payload))),
            OpCode::Control(Control::Pong) => return Ok(Some(Heard::Pong(payload))),
            OpCode::Control(Control::Close) => {
                let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default());
                return Ok(Some(Heard::Close(code, reason.into_owned())));
            }
            OpCode::Data(Data::Continue) => self.partial.take().ok_or("a stray continuation")?,
            OpCode::Data(Data::Text) => (false, Vec::new()),
            OpCode::Data(Data::Binary) => (true, Vec::new()),
            OpCode::Control(_) | OpCode::Data(_) => return Err(format!("a frame of {opcode}")),
        };
        message.extend_from_slice(&payload);
        if message.len() as u64 > MESSAGE_BYTES_MAX {
            return Err("a message longer than the limit".into());
        }
        if !is_final {
            self.partial = Some((binary, message));
            return Ok(None);
        }
        if binary {
            self.share.take(read_bytes(""))?;
            return Ok(Some(Heard::Binary(message)));
        }
        let text = String::from_utf8(message)
            .map_err(|error| format!("text that is not UTF-8: {}", hex(error.as_bytes())))?;
        self.share.take(read_bytes(&text))?;
        Ok(Some(Heard::Text(text)))
    }
}

/// The side that frames leave by; copies write to the same connection.
#[derive(Clone)]
pub(in crate::conformance) struct SocketWriter {
    write: Rc<Mutex<WriteHalf<Metered>>>,
    scribe: Scribe,
}

/// One frame, right or wrong.
#[derive(Clone, Copy, Debug)]
pub(in crate::conformance) struct Frame<'a> {
    pub(in crate::conformance) opcode: OpCode,
    pub(in crate::conformance) is_final: bool,
    pub(in crate::conformance) masked: bool,
    pub(in crate::conformance) payload: &'a [u8],
}

impl<'a> Frame<'a> {
    pub(in crate::conformance) fn text(payload: &'a str) -> Frame<'a> {
        let opcode = OpCode::Data(Data::Text);
        Frame { opcode, is_final: true, masked: true, payload: payload.as_bytes() }
    }

    pub(in crate::conformance) fn binary(payload: &'a [u8]) -> Frame<'a> {
        Frame { opcode: OpCode::Data(Data::Binary), is_final: true, masked: true, payload }
    }

    pub(in crate::conformance) fn control(control: Control, payload: &'a [u8]) -> Frame<'a> {
        Frame { opcode: OpCode::Control(control), is_final: true, masked: true, payload }
    }

    fn append_to(&self, out: &mut Vec<u8>) {
        let mask = self.masked.then_some(MASK);
        let header = FrameHeader {
            is_final: self.is_final,
            opcode: self.opcode,
            mask,
            ..FrameHeader::default()
        };
        header.format(self.payload.len() as u64, out).expect("a vector takes what it is given");
        let start = out.len();
        out.extend_from_slice(self.payload);
        if let Some(key) = mask {
            apply_mask(&mut out[start..], key);
        }
    }
}

/// Masks (section 5.3).
fn apply_mask(bytes: &mut [u8], key: [u8; 4]) {
    bytes.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
}

impl SocketWriter {
    /// Sends `frames` in one go, with nothing of our own between them.
    ///
    /// # Errors
    /// When the connection takes no more.
    pub(in crate::conformance) async fn send(&self, frames: &[Frame<'_>]) -> Result<(), String> {
        let mut bytes = Vec::new();
        for frame in frames {
            frame.append_to(&mut bytes);
            self.tell(frame);
        }
        self.send_bytes(&bytes).await
    }

    /// Sends the fragments of one message with a pause between them, and nothing else meanwhile.
    ///
    /// # Errors
    /// When the connection takes no more.
    pub(in crate::conformance) async fn send_slowly(
        &self,
        fragments: &[Frame<'_>],
        pause: impl AsyncFn(),
    ) -> Result<(), String> {
        let mut write = self.write.lock().await;
        for fragment in fragments {
            let mut bytes = Vec::new();
            fragment.append_to(&mut bytes);
            self.tell(fragment);
            write.write_all(&bytes).await.map_err(|error| error.to_string())?;
            write.flush().await.map_err(|error| error.to_string())?;
            pause().await;
        }
        Ok(())
    }

    /// Sends bytes that need not be frames.
    ///
    /// # Errors
    /// When the connection takes no more.
    pub(in crate::conformance) async fn send_bytes(&self, bytes: &[u8]) -> Result<(), String> {
        let mut write = self.write.lock().await;
        write.write_all(bytes).await.map_err(|error| error.to_string())?;
        write.flush().await.map_err(|error| error.to_string())
    }

    /// Ends the TCP connection's own side without a word of WebSocket.
    pub(in crate::conformance) async fn shut_down(&self) {
        self.scribe.note("the TCP connection is ended by the client");
        // One that is gone already need not be ended.
        let _ = self.write.lock().await.shutdown().await;
    }

    fn tell(&self, frame: &Frame<'_>) {
        let odd = match (frame.masked, frame.is_final) {
            (true, true) => "",
            (false, _) => " (not masked)",
            (true, false) => " (to be continued)",
        };
        match (frame.opcode, std::str::from_utf8(frame.payload)) {
            (OpCode::Data(Data::Text | Data::Continue), Ok(text)) => {
                self.scribe.sent(format_args!("{text}{odd}"));
            }
            (opcode, _) => {
                self.scribe.sent(format_args!("{opcode} {}{odd}", hex(frame.payload)));
            }
        }
    }
}
