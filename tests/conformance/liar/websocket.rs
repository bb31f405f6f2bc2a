//! WebSocket by hand, the server's side (RFC 6455).

use std::cell::Cell;
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Mutex;
use tungstenite::handshake::derive_accept_key;

use super::http::{Answer, Head};
use super::packet::Message;
use super::session::Packet;
use super::{Lie, PAYLOAD_BYTES_MAX, World};

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The agreement to a request for a WebSocket, or its refusal (section 4.2.2).
pub(super) fn agree(world: &World, head: &Head) -> Result<Answer, Answer> {
    if !head.lists("upgrade", "websocket") || !head.lists("connection", "upgrade") {
        return Err(Answer::refusal(400, "no WebSocket was asked for"));
    }
    let is_known = head.header("sec-websocket-version") == Some("13");
    if !is_known && !world.lies(Lie::TakesOtherVersions) {
        let refusal = Answer::refusal(426, "another version of WebSocket");
        return Err(refusal.with("Sec-WebSocket-Version", "13"));
    }
    let key = head.header("sec-websocket-key").unwrap_or_default();
    let nonce = data_encoding::BASE64.decode(key.as_bytes()).unwrap_or_default();
    if nonce.len() != 16 && !world.lies(Lie::TakesAnyKey) {
        return Err(Answer::refusal(400, "no key"));
    }
    let agreement = Answer::new(101).with("Upgrade", "websocket").with("Connection", "Upgrade");
    let key = if world.lies(Lie::AgreesToAnotherKey) { "another" } else { key };
    Ok(agreement.with("Sec-WebSocket-Accept", derive_accept_key(key.as_bytes())))
}

/// What a client says.
#[derive(Debug)]
pub(super) enum Heard {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    /// Its closing frame, with the code in it.
    Close(Option<u16>),
}

/// Why nothing more is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Gone,
    /// It broke a rule, the one with this code.
    Wrong(u16),
}

pub(super) struct Reader {
    world: Rc<World>,
    read: OwnedReadHalf,
    inbox: Vec<u8>,
    /// A message of which not all fragments have come: its opcode and what has.
    partial: Option<(u8, Vec<u8>)>,
}

struct Frame {
    opcode: u8,
    is_final: bool,
    payload: Vec<u8>,
}

impl Reader {
    pub(super) fn new(world: &Rc<World>, read: OwnedReadHalf, inbox: Vec<u8>) -> Reader {
        Reader { world: Rc::clone(world), read, inbox, partial: None }
    }

    /// The next message or control frame; may be dropped while it waits.
    pub(super) async fn next(&mut self) -> Result<Heard, Stop> {
        loop {
            while let Some(frame) = self.frame()? {
                if let Some(heard) = self.join(frame)? {
                    return Ok(heard);
                }
            }
            match self.read.read_buf(&mut self.inbox).await {
                Ok(0) | Err(_) => return Err(Stop::Gone),
                Ok(_) => {}
            }
        }
    }

    /// Reads on until the client is gone, whatever it says.
    pub(super) async fn drain(&mut self) {
        while matches!(self.read.read_buf(&mut self.inbox).await, Ok(1..)) {
            self.inbox.clear();
        }
    }

    /// The next frame, unmasked (section 5.2).
    fn frame(&mut self) -> Result<Option<Frame>, Stop> {
        let &[first, second, ref rest @ ..] = self.inbox.as_slice() else { return Ok(None) };
        let (opcode, is_final) = (first & 0x0f, first & 0x80 != 0);
        let is_known = matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG);
        let is_masked = second & 0x80 != 0;
        if first & 0x70 != 0 || !is_known || !is_masked && !self.world.lies(Lie::TakesUnmasked) {
            return Err(Stop::Wrong(1002));
        }
        let (len_len, len) = match second & 0x7f {
            126 => (2, rest.first_chunk().map(|len| u64::from(u16::from_be_bytes(*len)))),
            127 => (8, rest.first_chunk().map(|len| u64::from_be_bytes(*len))),
            short => (0, Some(u64::from(short))),
        };
        if opcode >= CLOSE && (!is_final || len_len > 0) {
            return Err(Stop::Wrong(1002));
        }
        let Some(len) = len else { return Ok(None) };
        let joined = self.partial.as_ref().map_or(0, |(_, bytes)| bytes.len());
        if len.saturating_add(joined as u64) > self.message_bytes_max() {
            return Err(Stop::Wrong(1009));
        }
        let begin = 2 + len_len;
        let mask_len = if is_masked { 4 } else { 0 };
        let end = begin + mask_len + len as usize;
        if self.inbox.len() < end {
            return Ok(None);
        }
        let (mask, masked) = self.inbox[begin..end].split_at(mask_len);
        let mut payload = masked.to_vec();
        if let Some(key) = mask.first_chunk() {
            apply_mask(&mut payload, *key);
        }
        self.inbox.drain(..end);
        Ok(Some(Frame { opcode, is_final, payload }))
    }

    fn message_bytes_max(&self) -> u64 {
        let bytes_max = PAYLOAD_BYTES_MAX as u64;
        let longer = [Lie::TakesLongMessages, Lie::TakesLongMessagesAndCloses];
        if self.world.lie.is_some_and(|lie| longer.contains(&lie)) {
            return bytes_max * 10;
        }
        if self.world.lies(Lie::RefusesLargeMessages) { bytes_max - 1_000 } else { bytes_max }
    }

    /// Joins fragments (section 5.4).
    fn join(&mut self, frame: Frame) -> Result<Option<Heard>, Stop> {
        let (opcode, mut message) = match (frame.opcode, self.partial.take()) {
            (CLOSE | PING | PONG, partial) => {
                self.partial = partial;
                return control(frame).map(Some);
            }
            (CONTINUATION, Some(partial)) => partial,
            (TEXT | BINARY, None) => (frame.opcode, Vec::new()),
            (CONTINUATION, None) if self.world.lies(Lie::TakesFragmentsForMessages) => {
                return Ok(None);
            }
            _ => return Err(Stop::Wrong(1002)),
        };
        message.extend_from_slice(&frame.payload);
        if !frame.is_final && !self.world.lies(Lie::TakesFragmentsForMessages) {
            self.partial = Some((opcode, message));
            return Ok(None);
        }
        if opcode == BINARY {
            return Ok(Some(Heard::Binary(message)));
        }
        match String::from_utf8(message) {
            Ok(text) => Ok(Some(Heard::Text(text))),
            Err(_) if self.world.lies(Lie::IgnoresBrokenUtf8) => Ok(None),
            Err(error) if self.world.lies(Lie::MendsUtf8) => {
                Ok(Some(Heard::Text(String::from_utf8_lossy(error.as_bytes()).into_owned())))
            }
            Err(_) => Err(Stop::Wrong(1007)),
        }
    }
}

/// Masks, or takes the mask off: octet i is XORed with octet i MOD 4 of the key (section 5.3).
fn apply_mask(octets: &mut [u8], key: [u8; 4]) {
    for (i, octet) in octets.iter_mut().enumerate() {
        *octet ^= key[i % 4];
    }
}

fn control(frame: Frame) -> Result<Heard, Stop> {
    match (frame.opcode, frame.payload.as_slice()) {
        (PING, _) => Ok(Heard::Ping(frame.payload)),
        (PONG, _) => Ok(Heard::Pong),
        (_, []) => Ok(Heard::Close(None)),
        (_, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            let is_code = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
            if !is_code {
                return Err(Stop::Wrong(1002));
            }
            match std::str::from_utf8(reason) {
                Ok(_) => Ok(Heard::Close(Some(code))),
                Err(_) => Err(Stop::Wrong(1007)),
            }
        }
        (_, [_]) => Err(Stop::Wrong(1002)),
    }
}

/// The side that frames leave by; copies write to the same connection.
#[derive(Clone)]
pub(super) struct Writer {
    write: Rc<Mutex<OwnedWriteHalf>>,
    masks: Rc<Cell<Masks>>,
}

/// Which frames it masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Masks {
    None,
    /// All but the next.
    Later,
    All,
}

impl Writer {
    pub(super) fn new(world: &World, write: OwnedWriteHalf) -> Writer {
        let masks = match world.lie {
            Some(Lie::MasksItsFrames) => Masks::All,
            Some(Lie::MasksLaterFrames) => Masks::Later,
            _ => Masks::None,
        };
        Writer { write: Rc::new(Mutex::new(write)), masks: Rc::new(Cell::new(masks)) }
    }

    pub(super) async fn text(&self, text: &str) -> bool {
        self.write(&self.framed(TEXT, text.as_bytes())).await
    }

    /// Sends packets of Engine.IO, each in a frame of its own.
    pub(super) async fn packets(&self, packets: &[Packet]) -> bool {
        let mut bytes = Vec::new();
        for packet in packets {
            match packet {
                Packet::Message(Message::Binary(binary)) => {
                    bytes.extend_from_slice(&self.framed(BINARY, binary));
                }
                packet => bytes.extend_from_slice(&self.framed(TEXT, packet.text().as_bytes())),
            }
        }
        self.write(&bytes).await
    }

    pub(super) async fn pong(&self, payload: &[u8]) -> bool {
        self.write(&self.framed(PONG, payload)).await
    }

    pub(super) async fn close(&self, code: Option<u16>) -> bool {
        let payload = code.map(u16::to_be_bytes);
        self.write(&self.framed(CLOSE, payload.as_ref().map_or(&[], |code| &code[..]))).await
    }

    async fn write(&self, bytes: &[u8]) -> bool {
        self.write.lock().await.write_all(bytes).await.is_ok()
    }

    pub(super) async fn shut_down(&self) {
        // One that is gone already need not be ended.
        let _ = self.write.lock().await.shutdown().await;
    }

    fn framed(&self, opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x80 | opcode];
        let masks = self.masks.get();
        let mask = if masks == Masks::All { 0x80 } else { 0 };
        match payload.len() {
            len @ 0..126 => bytes.push(mask | len as u8),
            len @ 126..0x1_0000 => {
                bytes.push(mask | 126);
                bytes.extend_from_slice(&(len as u16).to_be_bytes());
            }
            len => {
                bytes.push(mask | 127);
                bytes.extend_from_slice(&(len as u64).to_be_bytes());
            }
        }
        if masks == Masks::All {
            let key = [7, 0, 90, 255];
            bytes.extend_from_slice(&key);
            let start = bytes.len();
            bytes.extend_from_slice(payload);
            apply_mask(&mut bytes[start..], key);
        } else {
            bytes.extend_from_slice(payload);
        }
        if masks == Masks::Later {
            self.masks.set(Masks::All);
        }
        bytes
    }
}
