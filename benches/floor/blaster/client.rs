//! Client: one connection of the blaster, with what it has said in part and not yet been told.

use std::io::{self, ErrorKind, Read, Write};
use std::ops::Range;

use mio::net::TcpStream;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::wire;

/// The longest frame a client may send, and the most kept of one that is not complete.
const FRAME_BYTES_MAX: usize = 64 << 10;
/// What servers announce by default, whatever the interval at which we ping.
const HEARTBEAT: &str = r#""pingInterval":25000,"pingTimeout":20000"#;

pub(super) struct Client {
    stream: TcpStream,
    /// Its place among the clients, which its session ids are made of.
    number: usize,
    upgraded: bool,
    /// The beginning of a frame whose end has not come yet.
    incomplete: Vec<u8>,
    out: Vec<u8>,
    /// Whether the loop knows that there is something to write.
    dirty: bool,
    /// Whether the loop has put off reading it.
    pub(super) held: bool,
    pub(super) rooms: Vec<usize>,
    /// Deliveries queued so far.
    pub(super) relayed: u64,
    confirmed: u64,
    /// What had been relayed when the ping was written that is still to be answered.
    pinged: Option<u64>,
}

/// What a client has said.
pub(super) enum Packet {
    Upgraded,
    Text(Range<usize>),
    Ignored,
    Closed,
}

/// How much of the buffer is filled, and whether the socket may hold more.
pub(super) struct ReadOutcome {
    pub(super) filled: usize,
    pub(super) more: bool,
}

impl Client {
    pub(super) fn new(stream: TcpStream, number: usize) -> Client {
        Client {
            stream,
            number,
            upgraded: false,
            incomplete: Vec::new(),
            out: Vec::new(),
            dirty: false,
            held: false,
            rooms: Vec::new(),
            relayed: 0,
            confirmed: 0,
            pinged: None,
        }
    }

    /// Fills `buffer` with what was kept and what has come; nothing when nothing has.
    ///
    /// # Errors
    /// When the connection has ended, in whatever way.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<ReadOutcome>> {
        let kept = self.incomplete.len();
        buffer[..kept].copy_from_slice(&self.incomplete);
        match self.stream.read(&mut buffer[kept..]) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                self.incomplete.clear();
                let more = kept + read == buffer.len();
                Ok(Some(ReadOutcome { filled: kept + read, more }))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The first packet of `bytes` and how many of them it takes, once it is there in full.
    pub(super) fn next_packet(
        &mut self,
        bytes: &mut [u8],
    ) -> Result<Option<(Packet, usize)>, String> {
        if !self.upgraded {
            return self.upgrade(bytes);
        }
        let Some(frame) = wire::take_client_frame(bytes, FRAME_BYTES_MAX)? else {
            return Ok(None);
        };
        let used = frame.payload.end;
        let packet = match frame.opcode {
            OpCode::Data(Data::Text) => Packet::Text(frame.payload),
            OpCode::Control(Control::Close) => Packet::Closed,
            OpCode::Control(Control::Pong) => Packet::Ignored,
            other => return Err(format!("a frame of a kind the blaster does not serve: {other}")),
        };
        Ok(Some((packet, used)))
    }

    fn upgrade(&mut self, bytes: &[u8]) -> Result<Option<(Packet, usize)>, String> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request.parse(bytes).map_err(|error| error.to_string())?;
        let httparse::Status::Complete(used) = parsed else { return Ok(None) };
        let mut headers = request.headers.iter();
        let key = headers.find(|header| header.name.eq_ignore_ascii_case("sec-websocket-key"));
        let key = key.ok_or("a request that is no WebSocket handshake")?;
        let accept = derive_accept_key(key.value);
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        self.out.extend_from_slice(answer.as_bytes());
        let open = format!(
            r#"0{{"sid":"engine-{}","upgrades":[],{HEARTBEAT},"maxPayload":1000000}}"#,
            self.number,
        );
        wire::put_server_frame(&mut self.out, &[open.as_bytes()]);
        self.upgraded = true;
        Ok(Some((Packet::Upgraded, used)))
    }

    /// Keeps the beginning of a packet until the rest of it comes.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        self.incomplete.extend_from_slice(bytes);
    }

    /// Appends to what is to be written; true when the loop did not yet know of any.
    pub(super) fn queue(&mut self, bytes: &[u8]) -> bool {
        self.out.extend_from_slice(bytes);
        !std::mem::replace(&mut self.dirty, true)
    }

    pub(super) fn queued_bytes(&self) -> usize {
        self.out.len()
    }

    /// Writes what the socket takes.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.dirty = false;
        let mut written = 0;
        let outcome = loop {
            if written == self.out.len() {
                break Ok(());
            }
            match self.stream.write(&self.out[written..]) {
                Ok(more) => written += more,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.out.drain(..written);
        outcome
    }

    /// Whether a ping may be written now: one at a time, so that its pong says what it confirms,
    /// and only to those past their handshakes, during which the floor answers none.
    pub(super) fn take_ping(&mut self) -> bool {
        let may = !self.rooms.is_empty() && self.pinged.is_none();
        if may {
            self.pinged = Some(self.relayed);
        }
        may
    }

    /// The number of deliveries that a pong confirms and none before it did.
    pub(super) fn take_pong(&mut self) -> u64 {
        let reached = self.pinged.take().unwrap_or(self.confirmed);
        let newly = reached - self.confirmed;
        self.confirmed = reached;
        newly
    }
}

/// The answer to a CONNECT: a session in the main namespace, an error in any other.
pub(super) fn connect_answer(number: usize, packet: &[u8]) -> String {
    match packet.strip_prefix(b"40/") {
        None => format!(r#"40{{"sid":"socket-{number}"}}"#),
        Some(rest) => {
            let name = rest.split(|&byte| byte == b',').next().unwrap_or_default();
            let name = String::from_utf8_lossy(name);
            format!(r#"44/{name},{{"message":"Invalid namespace"}}"#)
        }
    }
}
