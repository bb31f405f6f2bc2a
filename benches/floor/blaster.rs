//! Blaster: a server that relays as fast as one core can, and does nothing else.
//!
//! One thread, one epoll loop. Each turn reads every readable socket, appends to the receivers'
//! buffers, and then writes each of these once, so that it batches by itself under load. When
//! receivers lag it stops reading rather than dropping: what it was sent arrives.

mod client;
mod rooms;

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chatbench::clock::Clock;
use chatbench::time::Timestamp;
use memchr::memmem::find;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::args::BlasterArgs;
use crate::counters::{Counters, Shared};
use crate::wire;
use client::{Client, Packet};
use rooms::Rooms;

const LISTENER: Token = Token(usize::MAX);
const END: Token = Token(usize::MAX - 1);
const ACCEPT_QUEUE_MAX: i32 = 4096;
const READ_BYTES: usize = 256 << 10;
/// Bytes accepted and not yet written, over all clients, past which nothing more is read.
const BACKLOG_BYTES_MAX: usize = 4 << 20;
/// The longest wait of the loop: what the even spacing of pings is accurate to.
const TURN: Duration = Duration::from_millis(10);

/// Serves on a free port, printed first, until standard input ends; answers each line of it with
/// the [`Counters`].
///
/// # Errors
/// When the port cannot be had or the loop cannot wait.
pub(crate) fn serve(args: &BlasterArgs) -> io::Result<()> {
    let poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    // mio listens with a backlog of 128, which a burst of connects overflows into retries.
    rustix::net::listen(&listener, ACCEPT_QUEUE_MAX)?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let shared = Shared::default();
    let waker = Arc::new(Waker::new(poll.registry(), END)?);
    shared.clone().answer_until_end_of_input(Arc::clone(&waker));
    writeln!(io::stdout(), "{}", listener.local_addr()?.port())?;
    Blaster::new(listener, Duration::from_millis(args.ping_ms)).run(poll, &shared)
}

struct Blaster {
    listener: TcpListener,
    clock: Clock,
    clients: Vec<Option<Client>>,
    vacant: Vec<usize>,
    rooms: Rooms,
    /// Clients with something to write at the end of this turn.
    dirty: Vec<usize>,
    /// Clients that are readable and must wait until the backlog is shorter.
    held: Vec<usize>,
    backlog_bytes: usize,
    frame: Vec<u8>,
    ping_interval: Duration,
    next_pinged: usize,
    pinged_at: Timestamp,
    first_accepted: Option<Timestamp>,
    counters: Counters,
}

impl Blaster {
    fn new(listener: TcpListener, ping_interval: Duration) -> Blaster {
        let clock = Clock::start();
        Blaster {
            listener,
            clock,
            clients: Vec::new(),
            vacant: Vec::new(),
            rooms: Rooms::default(),
            dirty: Vec::new(),
            held: Vec::new(),
            backlog_bytes: 0,
            frame: Vec::new(),
            ping_interval,
            next_pinged: 0,
            pinged_at: clock.now(),
            first_accepted: None,
            counters: Counters::default(),
        }
    }

    fn run(mut self, mut poll: Poll, shared: &Shared) -> io::Result<()> {
        let mut events = Events::with_capacity(4096);
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let wait = if self.may_read() && !self.held.is_empty() { Duration::ZERO } else { TURN };
            match poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            self.read_held(&mut buffer);
            for event in &events {
                match event.token() {
                    END => return Ok(()),
                    LISTENER => self.accept(&poll)?,
                    Token(index) => {
                        if event.is_writable() {
                            self.mark_dirty(index);
                        }
                        if event.is_readable() {
                            self.read(index, &mut buffer);
                        }
                    }
                }
            }
            self.ping();
            self.flush();
            self.counters.at_ns = self.clock.now().as_nanos();
            shared.set(self.counters);
        }
    }

    fn may_read(&self) -> bool {
        self.backlog_bytes < BACKLOG_BYTES_MAX
    }

    fn accept(&mut self, poll: &Poll) -> io::Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error),
            };
            self.first_accepted.get_or_insert_with(|| self.clock.now());
            stream.set_nodelay(true)?;
            let index = self.vacant.pop().unwrap_or_else(|| {
                self.clients.push(None);
                self.clients.len() - 1
            });
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(index), interest)?;
            self.clients[index] = Some(Client::new(stream, index));
            self.counters.clients += 1;
        }
    }

    fn read_held(&mut self, buffer: &mut [u8]) {
        for index in std::mem::take(&mut self.held) {
            if let Some(client) = &mut self.clients[index] {
                client.held = false;
                self.read(index, buffer);
            }
        }
    }

    fn read(&mut self, index: usize, buffer: &mut [u8]) {
        loop {
            let may_read = self.may_read();
            let Some(Some(client)) = self.clients.get_mut(index) else { return };
            if !may_read {
                if !std::mem::replace(&mut client.held, true) {
                    self.held.push(index);
                }
                return;
            }
            let outcome = client.read(buffer);
            let read = match outcome {
                Ok(Some(read)) => read,
                Ok(None) => return,
                Err(_) => return self.close(index),
            };
            if let Err(reason) = self.take_in(index, &mut buffer[..read.filled]) {
                crate::report::complain(&reason);
                return self.close(index);
            }
            if !read.more {
                return;
            }
        }
    }

    /// Acts on all that `bytes` hold in full, and leaves the rest with the client.
    fn take_in(&mut self, index: usize, bytes: &mut [u8]) -> Result<(), String> {
        let mut taken = 0;
        loop {
            let Some(client) = &mut self.clients[index] else { return Ok(()) };
            let Some((packet, used)) = client.next_packet(&mut bytes[taken..])? else {
                client.keep(&bytes[taken..]);
                return Ok(());
            };
            self.act(index, packet, taken, bytes)?;
            taken += used;
        }
    }

    fn act(
        &mut self,
        index: usize,
        packet: Packet,
        taken: usize,
        bytes: &[u8],
    ) -> Result<(), String> {
        let client = self.clients[index].as_mut().expect("it has just spoken");
        let text = match packet {
            Packet::Text(payload) => &bytes[taken + payload.start..taken + payload.end],
            Packet::Ignored => return Ok(()),
            Packet::Upgraded => {
                self.backlog_bytes += client.queued_bytes();
                self.mark_dirty(index);
                return Ok(());
            }
            Packet::Closed => {
                self.close(index);
                return Ok(());
            }
        };
        if let Some(object) = text.strip_prefix(wire::SEND) {
            return self.relay(index, object);
        } else if text == wire::PONG {
            self.counters.confirmed += client.take_pong();
        } else if let Some(room) = text.strip_prefix(wire::JOIN) {
            return self.join(index, room);
        } else if text.starts_with(wire::CONNECT) {
            self.queue(index, &[client::connect_answer(index, text).as_bytes()]);
        } else if matches!(text, b"1" | b"41") {
            self.close(index);
        } else {
            return Err(format!("a packet unknown to the blaster: {}", text.escape_ascii()));
        }
        Ok(())
    }

    fn join(&mut self, index: usize, quoted_room: &[u8]) -> Result<(), String> {
        let name = quoted_room.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"]"));
        let name = name.ok_or("a join without a room")?;
        let room = self.rooms.number(name);
        let client = self.clients[index].as_mut().expect("it has just spoken");
        if client.rooms.contains(&room) {
            return Ok(());
        }
        client.rooms.push(room);
        self.rooms.join(room, index);
        self.counters.joined += 1;
        let first = self.first_accepted.unwrap_or_default();
        self.counters.joining_ns = self.clock.now().since(first).as_nanos() as u64;
        Ok(())
    }

    fn relay(&mut self, index: usize, object: &[u8]) -> Result<(), String> {
        self.counters.sends += 1;
        let name = room_of(object).ok_or("a message without a room")?;
        self.frame.clear();
        wire::put_server_frame(&mut self.frame, &[wire::RECEIVE, object]);
        for &member in self.rooms.members(name).iter().filter(|&&member| member != index) {
            let client = self.clients[member].as_mut().expect("members are connected");
            if client.queue(&self.frame) {
                self.dirty.push(member);
            }
            client.relayed += 1;
            self.counters.relayed += 1;
            self.backlog_bytes += self.frame.len();
        }
        Ok(())
    }

    fn queue(&mut self, index: usize, parts: &[&[u8]]) {
        self.frame.clear();
        wire::put_server_frame(&mut self.frame, parts);
        let Some(client) = &mut self.clients[index] else { return };
        if client.queue(&self.frame) {
            self.dirty.push(index);
        }
        self.backlog_bytes += self.frame.len();
    }

    fn mark_dirty(&mut self, index: usize) {
        if let Some(Some(client)) = self.clients.get_mut(index)
            && client.queue(&[])
        {
            self.dirty.push(index);
        }
    }

    /// Pings round robin, so that pings are spread over the interval, one client's as evenly as
    /// all together.
    fn ping(&mut self) {
        let share = self.ping_interval / self.clients.len().max(1) as u32;
        let now = self.clock.now();
        if self.clients.is_empty() {
            self.pinged_at = now;
        }
        while now.since(self.pinged_at) >= share && !self.clients.is_empty() {
            self.pinged_at = self.pinged_at + share;
            self.next_pinged = (self.next_pinged + 1) % self.clients.len();
            let index = self.next_pinged;
            if self.clients[index].as_mut().is_some_and(Client::take_ping) {
                self.queue(index, &[wire::PING]);
            }
        }
    }

    fn flush(&mut self) {
        for index in std::mem::take(&mut self.dirty) {
            let Some(client) = &mut self.clients[index] else { continue };
            let before = client.queued_bytes();
            let outcome = client.flush();
            self.backlog_bytes -= before - client.queued_bytes();
            if outcome.is_err() {
                self.close(index);
            }
        }
    }

    fn close(&mut self, index: usize) {
        let Some(client) = self.clients[index].take() else { return };
        self.vacant.push(index);
        self.counters.clients -= 1;
        self.counters.joined -= client.rooms.len() as u64;
        self.backlog_bytes -= client.queued_bytes();
        for room in client.rooms {
            self.rooms.leave(room, index);
        }
    }
}

/// The room that a message names, wherever in the object it does.
fn room_of(object: &[u8]) -> Option<&[u8]> {
    let key = br#""room":""#;
    let start = match object.get(1..1 + key.len()) {
        Some(head) if head == key => 1 + key.len(),
        _ => find(object, key)? + key.len(),
    };
    let end = find(&object[start..], b"\"")?;
    Some(&object[start..start + end])
}
