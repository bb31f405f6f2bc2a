//! Network: connections in memory, each with delays of its own, which may be refused or cut.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use chatbench::clock::Clock;
use chatbench::time::Timestamp;
use chatbench::transport::{ByteStream, Dialer, Dialling};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;

use crate::pipe::{Cut, End, Shared, Traffic, Way};

/// What connections have to reckon with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Climate {
    /// The longest that a chunk takes at least, in one direction.
    pub(crate) latency_max: Duration,
    /// The most that chance may add.
    pub(crate) jitter_max: Duration,
    /// The probability that a chunk, or the first packet of a connection, is sent once more.
    pub(crate) resent: f64,
    /// The highest probability of a cut into smaller chunks.
    pub(crate) split_max: f64,
    /// The probability that a connection being dialled is never answered.
    pub(crate) unanswered: f64,
    /// The mean time between two connections that are cut.
    pub(crate) cut_every: Option<Duration>,
    /// The mean time between two restarts of the server.
    pub(crate) restart_every: Option<Duration>,
    /// The mean time between two moments in which the load's own process stands still.
    pub(crate) stall_every: Option<Duration>,
}

/// What happened to connections.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Toll {
    pub(crate) connections: u64,
    pub(crate) refused: u64,
    pub(crate) unanswered: u64,
    pub(crate) cuts: u64,
    /// Cuts of which the client learns by its heartbeat only.
    pub(crate) silent_cuts: u64,
    pub(crate) traffic: Traffic,
}

/// A network with one server on it.
#[derive(Clone)]
pub(crate) struct Network(Arc<Mutex<State>>);

struct State {
    clock: Clock,
    seed: u64,
    rng: Xoshiro256PlusPlus,
    climate: Climate,
    /// Where the server takes connections, while it is up.
    door: Option<mpsc::UnboundedSender<ServerEnd>>,
    links: Vec<Link>,
    toll: Toll,
}

/// Both directions of a connection.
#[derive(Clone)]
struct Link {
    up: Shared,
    down: Shared,
}

impl Network {
    pub(crate) fn new(clock: Clock, seed: u64, climate: Climate) -> Network {
        let rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let (door, links, toll) = (None, Vec::new(), Toll::default());
        Network(Arc::new(Mutex::new(State { clock, seed, rng, climate, door, links, toll })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no other thread has it")
    }

    /// The server is up: gives the connections that come.
    pub(crate) fn listen(&self) -> mpsc::UnboundedReceiver<ServerEnd> {
        let (door, ends) = mpsc::unbounded_channel();
        self.lock().door = Some(door);
        ends
    }

    /// The server is down: whoever dials is refused.
    pub(crate) fn refuse(&self) {
        self.lock().door = None;
    }

    /// Cuts one connection, whichever chance will have.
    pub(crate) fn cut_one(&self) {
        let mut state = self.lock();
        // The latest ones are most likely to be in use.
        let among = state.links.len().min(20);
        if among > 0 {
            let link = state.links.len() - 1 - state.rng.random_range(0..among);
            state.cut(link);
        }
    }

    /// Cuts all connections, and nobody is told: the server's machine is gone.
    pub(crate) fn go_dark(&self) {
        let mut state = self.lock();
        let (now, never) = (state.clock.now(), Timestamp::NEVER);
        let cut = Cut { lost_after: now, reader_told: never, writer_told: never, end: End::Reset };
        for link in std::mem::take(&mut state.links) {
            state.toll.cuts += 1;
            state.toll.silent_cuts += 1;
            link.up.lock().cut(cut);
            link.down.lock().cut(cut);
            state.retire(&link);
        }
    }

    pub(crate) fn toll(&self) -> Toll {
        let mut state = self.lock();
        for link in std::mem::take(&mut state.links) {
            state.retire(&link);
        }
        state.toll
    }

    fn connect(&self) -> io::Result<Box<dyn ByteStream>> {
        let mut state = self.lock();
        let Some(door) = state.door.clone() else {
            state.toll.refused += 1;
            return Err(io::ErrorKind::ConnectionRefused.into());
        };
        let number = state.toll.connections;
        state.toll.connections += 1;
        let seed = state.seed ^ (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut pipe = || {
            let way = state.climate.draw_way(&mut rng);
            Shared::new(state.clock, way, Xoshiro256PlusPlus::seed_from_u64(rng.random()))
        };
        let link = Link { up: pipe(), down: pipe() };
        state.links.push(link.clone());
        let end = ServerEnd { number, link: link.clone() };
        // A server that is just being taken down closes it again by dropping it.
        let _ = door.send(end);
        Ok(Box::new(ClientEnd(link)))
    }
}

impl Climate {
    fn draw_way(&self, rng: &mut Xoshiro256PlusPlus) -> Way {
        let part = |rng: &mut Xoshiro256PlusPlus| rng.random_range(0.0..=1.0);
        Way {
            latency: self.latency_max.mul_f64(part(rng)),
            jitter: self.jitter_max.mul_f64(part(rng)),
            resent: self.resent,
            split: self.split_max * part(rng),
            window_bytes: [300, 2_000, 65_536][rng.random_range(0..3)],
        }
    }
}

impl State {
    /// Cuts a connection: each direction and each end in its own way.
    fn cut(&mut self, link: usize) {
        let link = self.links.remove(link);
        self.toll.cuts += 1;
        let mut moment = |probability: f64, ms_max: u64, or: Timestamp| {
            if self.rng.random_bool(probability) {
                self.clock.now() + Duration::from_millis(self.rng.random_range(0..=ms_max))
            } else {
                or
            }
        };
        let now = self.clock.now();
        let (up_lost, down_lost) = (moment(0.5, 300, now), moment(0.5, 300, now));
        let never = Timestamp::NEVER;
        let (client_told, server_told) = (moment(0.7, 200, never), moment(0.7, 300, never));
        self.toll.silent_cuts += u64::from(client_told == never);
        let end = if self.rng.random() { End::Closed } else { End::Reset };
        let (reader_told, writer_told) = (server_told, client_told);
        link.up.lock().cut(Cut { lost_after: up_lost, reader_told, writer_told, end });
        let (reader_told, writer_told) = (client_told, server_told);
        link.down.lock().cut(Cut { lost_after: down_lost, reader_told, writer_told, end });
        self.retire(&link);
    }

    fn retire(&mut self, link: &Link) {
        for pipe in [&link.up, &link.down] {
            let traffic = pipe.lock().traffic;
            self.toll.traffic.splits += traffic.splits;
            self.toll.traffic.chunks_lost += traffic.chunks_lost;
            self.toll.traffic.waits += traffic.waits;
            self.toll.traffic.merges += traffic.merges;
        }
    }

    /// How long it takes to be answered by the server's machine.
    fn draw_dialling(&mut self) -> Duration {
        let climate = self.climate;
        let round_trip = climate.latency_max * 2;
        if self.rng.random_bool(climate.unanswered) {
            self.toll.unanswered += 1;
            return Duration::from_secs(3_600);
        }
        let resent = self.rng.random_bool(climate.resent);
        let more = if resent { Duration::from_secs(1) } else { Duration::ZERO };
        round_trip.mul_f64(self.rng.random_range(0.0..=1.0)) + more
    }
}

impl Dialer for Network {
    fn dial(&self, _address: SocketAddr, _source: Option<IpAddr>) -> Dialling {
        let network = self.clone();
        Box::pin(async move {
            let (clock, dialling) = {
                let mut state = network.lock();
                (state.clock, state.draw_dialling())
            };
            clock.sleep_until(clock.now() + dialling).await;
            network.connect()
        })
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a network in memory")
    }
}

/// The client's end of a connection.
struct ClientEnd(Link);

/// The server's end of a connection.
pub(crate) struct ServerEnd {
    pub(crate) number: u64,
    link: Link,
}

impl ServerEnd {
    /// Where the server's words leave by.
    pub(crate) fn down(&self) -> &Shared {
        &self.link.down
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.link.up.lock().poll_read(cx, buf)
    }
}

impl Drop for ServerEnd {
    fn drop(&mut self) {
        self.link.down.lock().close();
        self.link.up.lock().abandon();
    }
}

impl Drop for ClientEnd {
    fn drop(&mut self) {
        self.0.up.lock().close();
        self.0.down.lock().abandon();
    }
}

impl fmt::Debug for ClientEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a connection in memory")
    }
}

impl AsyncRead for ClientEnd {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.down.lock().poll_read(cx, buf)
    }
}

impl AsyncWrite for ClientEnd {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.up.lock().poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.up.lock().close();
        Poll::Ready(Ok(()))
    }
}
