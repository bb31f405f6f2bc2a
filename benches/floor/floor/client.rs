//! Client: one connection of the floor, in as few bytes as it takes.

use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::SocketAddr;

use chatbench::time::Timestamp;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::latency::Latency;
use super::walk::Walk;
use crate::wire;

/// The mask of every frame that is written now and then; those of messages vary.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(super) struct Client {
    stream: TcpStream,
    phase: Phase,
    walk: Walk,
    /// What is left of a frame that the socket did not take in one write.
    unwritten: Option<Box<[u8]>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Connecting,
    Upgrading,
    Connected,
    Joined,
}

impl Client {
    pub(super) fn connect(
        address: SocketAddr,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Client> {
        let mut stream = TcpStream::connect(address)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Client { stream, phase: Phase::Connecting, walk: Walk::default(), unwritten: None })
    }

    pub(super) fn joined(&self) -> bool {
        self.phase == Phase::Joined
    }

    /// Reads what there is, if there is something.
    pub(super) fn read<'a>(&mut self, buffer: &'a mut [u8]) -> io::Result<Option<&'a [u8]>> {
        if self.phase == Phase::Connecting {
            return self.open();
        }
        match self.stream.read(buffer) {
            Ok(0) => Err(Error::new(ErrorKind::UnexpectedEof, "the server closed a connection")),
            Ok(read) => Ok(Some(&buffer[..read])),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn open<T>(&mut self) -> io::Result<Option<T>> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        if self.stream.peer_addr().is_ok() {
            self.stream.set_nodelay(true)?;
            self.stream.write_all(wire::UPGRADE_REQUEST)?;
            self.phase = Phase::Upgrading;
        }
        Ok(None)
    }

    /// Takes the next steps of the handshakes; true when the last one, to join `room`, is taken.
    pub(super) fn shake_hands(&mut self, bytes: &[u8], room: usize) -> io::Result<bool> {
        let mut frames = bytes;
        if self.phase == Phase::Upgrading {
            let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
            let upgraded = bytes.starts_with(b"HTTP/1.1 101 ");
            let (true, Some(end)) = (upgraded, head) else {
                return Err(Error::new(ErrorKind::InvalidData, "the upgrade was refused"));
            };
            self.phase = Phase::Connected;
            frames = &bytes[end + 4..];
        }
        let (mut opened, mut connected) = (false, false);
        self.walk.feed(frames, |seen| {
            opened |= seen.payload.starts_with(b"0{");
            connected |= seen.payload.starts_with(wire::CONNECT);
        });
        if opened {
            self.write(wire::CONNECT)?;
        }
        if connected {
            self.write(&wire::join(room))?;
            self.phase = Phase::Joined;
        }
        Ok(connected)
    }

    /// The number of messages in `bytes`; answers pings, and records when messages arrived.
    pub(super) fn count(
        &mut self,
        bytes: &[u8],
        mut arrived: Option<(Timestamp, &mut Latency)>,
    ) -> io::Result<u64> {
        let (mut messages, mut pings) = (0, 0);
        self.walk.feed(bytes, |seen| {
            if seen.payload_bytes == wire::PING.len() {
                pings += 1;
                return;
            }
            messages += 1;
            if let Some((at, latency)) = &mut arrived {
                latency.record(seen.payload, *at);
            }
        });
        for _ in 0..pings {
            self.write(wire::PONG)?;
        }
        Ok(messages)
    }

    fn write(&mut self, packet: &[u8]) -> io::Result<()> {
        let mut frame = Vec::new();
        wire::put_client_frame(&mut frame, packet, MASK);
        if !self.send(&frame)? {
            let mut unwritten = self.unwritten.take().unwrap_or_default().into_vec();
            unwritten.extend_from_slice(&frame);
            self.unwritten = Some(unwritten.into());
        }
        Ok(())
    }

    /// Writes `frame`, or keeps what is left of it; false when it must be sent again later.
    pub(super) fn send(&mut self, frame: &[u8]) -> io::Result<bool> {
        if self.unwritten.is_some() {
            return Ok(false);
        }
        match self.stream.write(frame) {
            Ok(written) if written == frame.len() => Ok(true),
            Ok(written) => {
                self.unwritten = Some(frame[written..].into());
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes what was left over, as far as the socket takes it now.
    pub(super) fn finish_write(&mut self) -> io::Result<()> {
        let Some(frame) = self.unwritten.take() else { return Ok(()) };
        match self.stream.write(&frame) {
            Ok(written) if written == frame.len() => {}
            Ok(written) => self.unwritten = Some(frame[written..].into()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.unwritten = Some(frame),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
