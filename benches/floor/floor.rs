//! Floor: the least that a generator can do. It sends, counts what comes, and judges nothing.
//!
//! One thread, one epoll loop, one read buffer for all sockets. Every message is one write of a
//! frame built beforehand. Messages are evenly spaced by a timer of the kernel that fires once
//! for each, and is read each time: until it is, it does not fire again. A message that is late
//! is sent late, never skipped.

mod client;
mod latency;
mod messages;
mod walk;

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::Arc;

use chatbench::clock::Clock;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use crate::args::FloorArgs;
use client::Client;
use latency::Latency;
use messages::Messages;

const TIMER: Token = Token(usize::MAX);
const END: Token = Token(usize::MAX - 1);
const READ_BYTES: usize = 64 << 10;
/// Handshakes under way at a time, well below the length of any accept queue.
const CONNECTING_MAX: usize = 512;
/// Messages sent in one turn of the loop, so that reading is not starved when sending is late.
const SENDS_PER_TURN_MAX: usize = 256;

/// Connects, joins and sends until standard input ends, and then prints what it has seen.
///
/// # Errors
/// When a connection cannot be made or is lost.
pub(crate) fn generate(args: &FloorArgs) -> io::Result<()> {
    let poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), END)?);
    end_with_input(Arc::clone(&waker));
    let mut floor = Floor {
        address: SocketAddr::from(([127, 0, 0, 1], args.port)),
        poll,
        clients: Vec::with_capacity(args.clients),
        joined: 0,
        clock: Clock::start(),
        messages: Messages::new(args),
        received: 0,
        latency: args.latency.then(Latency::new),
    };
    floor.run(args)?;
    let Floor { received, latency, messages, .. } = floor;
    let latency = latency.map(|latency| latency.summary());
    let summary = serde_json::json!({
        "sent": messages.sent(), "received": received, "latency": latency,
    });
    writeln!(io::stdout(), "{summary}")
}

/// Wakes the loop at the end of the input; the loop keeps a waker too, since what one has said is
/// lost when it is dropped.
fn end_with_input(waker: Arc<Waker>) {
    std::thread::spawn(move || {
        io::copy(&mut io::stdin().lock(), &mut io::sink()).and_then(|_| waker.wake())
    });
}

struct Floor {
    address: SocketAddr,
    poll: Poll,
    clients: Vec<Client>,
    joined: usize,
    clock: Clock,
    messages: Messages,
    received: u64,
    latency: Option<Latency>,
}

impl Floor {
    fn run(&mut self, args: &FloorArgs) -> io::Result<()> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK)?;
        self.poll.registry().register(
            &mut SourceFd(&timer.as_raw_fd()),
            TIMER,
            Interest::READABLE,
        )?;
        let mut events = Events::with_capacity(4096);
        let mut buffer = vec![0; READ_BYTES];
        let mut sending = false;
        loop {
            self.connect(args)?;
            if !sending && self.joined == args.clients && args.sends > 0.0 {
                sending = true;
                // In this order, so that a message is due when the timer fires for it.
                self.messages.begin(self.clock.now());
                timerfd_settime(&timer, TimerfdTimerFlags::empty(), &every(1.0 / args.sends))?;
            }
            let more = sending && self.send()?;
            match self.poll.poll(&mut events, more.then_some(std::time::Duration::ZERO)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                match event.token() {
                    END => return Ok(()),
                    TIMER => {
                        // How often it fired says nothing that the clock does not.
                        rustix::io::read(&timer, &mut [0_u8; 8])?;
                    }
                    Token(index) => self.ready(index, args.room_size, &mut buffer)?,
                }
            }
        }
    }

    fn connect(&mut self, args: &FloorArgs) -> io::Result<()> {
        while self.clients.len() < args.clients && self.clients.len() - self.joined < CONNECTING_MAX
        {
            let token = Token(self.clients.len());
            self.clients.push(Client::connect(self.address, self.poll.registry(), token)?);
        }
        Ok(())
    }

    /// Sends what is due; true when that was more than one turn may send.
    fn send(&mut self) -> io::Result<bool> {
        let now = self.clock.now();
        for _ in 0..SENDS_PER_TURN_MAX {
            let Some((sender, frame)) = self.messages.next_due(now) else { return Ok(false) };
            if !self.clients[sender].send(frame)? {
                // Its socket is full: all wait, so that the order of sending stays as it is.
                return Ok(false);
            }
            self.messages.advance();
        }
        Ok(true)
    }

    fn ready(&mut self, index: usize, room_size: usize, buffer: &mut [u8]) -> io::Result<()> {
        let client = &mut self.clients[index];
        client.finish_write()?;
        while let Some(bytes) = client.read(buffer)? {
            let filled = bytes.len() == READ_BYTES;
            if client.joined() {
                let arrived = self.latency.as_mut().map(|latency| (self.clock.now(), latency));
                self.received += client.count(bytes, arrived)?;
            } else {
                self.joined += usize::from(client.shake_hands(bytes, index / room_size)?);
            }
            if !filled {
                break;
            }
        }
        Ok(())
    }
}

fn every(seconds: f64) -> Itimerspec {
    let nanos = ((seconds * 1e9) as i64).max(1);
    let time = Timespec { tv_sec: nanos / 1_000_000_000, tv_nsec: nanos % 1_000_000_000 };
    Itimerspec { it_interval: time, it_value: time }
}
