//! Pipe: the bytes of one direction of a connection, under way.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use chatbench::clock::{Clock, Timer};
use chatbench::time::Timestamp;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::io::ReadBuf;

/// How bytes travel one way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    /// What every chunk takes at least.
    pub(crate) latency: Duration,
    /// What it takes at most on top of that.
    pub(crate) jitter: Duration,
    /// The probability that a chunk is sent once more, and as late as that.
    pub(crate) resent: f64,
    /// The probability of each of its cuts into smaller chunks.
    pub(crate) split: f64,
    /// What may be under way before the writer has to wait.
    pub(crate) window_bytes: usize,
}

/// What a chunk that is sent once more takes longer.
const RESENT_AFTER: Duration = Duration::from_millis(300);

/// How a connection ends for whoever reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As if the other side had closed it.
    Closed,
    /// With an error.
    Reset,
}

/// What becomes of one direction of a connection that is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// What would arrive later does not arrive.
    pub(crate) lost_after: Timestamp,
    /// When the reader learns of it; never, if only its heartbeat tells.
    pub(crate) reader_told: Timestamp,
    /// When the writer does.
    pub(crate) writer_told: Timestamp,
    pub(crate) end: End,
}

/// What happened on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) splits: u64,
    pub(crate) chunks_lost: u64,
    /// Writes that had to wait.
    pub(crate) waits: u64,
    /// Reads of several chunks at once.
    pub(crate) merges: u64,
}

/// One direction of a connection.
pub(crate) struct Pipe {
    clock: Clock,
    rng: Xoshiro256PlusPlus,
    way: Way,
    /// What is under way, and when it arrives: never before what went before it.
    chunks: VecDeque<(Timestamp, Vec<u8>)>,
    under_way_bytes: usize,
    last_arrival: Timestamp,
    fate: Cut,
    reader: Option<Waker>,
    writer: Option<Waker>,
    timer: Timer,
    pub(crate) traffic: Traffic,
}

/// Both ends hold it, and the network, which may cut it.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Pipe>>);

impl Shared {
    pub(crate) fn new(clock: Clock, way: Way, rng: Xoshiro256PlusPlus) -> Shared {
        let never = Timestamp::NEVER;
        let end = End::Closed;
        Shared(Arc::new(Mutex::new(Pipe {
            clock,
            rng,
            way,
            chunks: VecDeque::new(),
            under_way_bytes: 0,
            last_arrival: Timestamp::ZERO,
            fate: Cut { lost_after: never, reader_told: never, writer_told: never, end },
            reader: None,
            writer: None,
            timer: Timer::new(clock),
            traffic: Traffic::default(),
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Pipe> {
        self.0.lock().expect("no other thread has it")
    }
}

impl Pipe {
    /// Takes what the window has room for.
    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.clock.now() >= self.fate.writer_told {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = self.way.window_bytes.saturating_sub(self.under_way_bytes).min(bytes.len());
        if room == 0 && !bytes.is_empty() {
            self.traffic.waits += 1;
            self.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        self.send(&bytes[..room]);
        Poll::Ready(Ok(room))
    }

    /// Takes all of it, whatever the window.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let mut len = rest.len();
            if len > 1 && self.rng.random_bool(self.way.split) {
                len = self.rng.random_range(1..len);
                self.traffic.splits += 1;
            }
            let (chunk, left) = rest.split_at(len);
            self.under_way_bytes += len;
            let arrival = self.next_arrival();
            if arrival <= self.fate.lost_after {
                self.chunks.push_back((arrival, chunk.to_vec()));
            } else {
                self.traffic.chunks_lost += 1;
            }
            rest = left;
        }
        self.wake_reader();
    }

    fn next_arrival(&mut self) -> Timestamp {
        let jitter = self.way.jitter.mul_f64(self.rng.random_range(0.0..1.0));
        let resent = self.way.resent > 0.0 && self.rng.random_bool(self.way.resent);
        let more = if resent { RESENT_AFTER } else { Duration::ZERO };
        let arrival = self.clock.now() + self.way.latency + jitter + more;
        self.last_arrival = self.last_arrival.max(arrival);
        self.last_arrival
    }

    /// Gives what has arrived, or nothing at the end.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let now = self.clock.now();
        let mut taken = 0;
        while buf.remaining() > 0
            && let Some((_, mut chunk)) = self.chunks.pop_front_if(|(arrival, _)| *arrival <= now)
        {
            let rest = chunk.split_off(chunk.len().min(buf.remaining()));
            buf.put_slice(&chunk);
            self.under_way_bytes -= chunk.len();
            self.traffic.merges += u64::from(taken == 1);
            taken += 1;
            if !rest.is_empty() {
                self.chunks.push_front((now, rest));
            }
        }
        if taken > 0 {
            self.writer.take().into_iter().for_each(Waker::wake);
            return Poll::Ready(Ok(()));
        }
        if now >= self.fate.reader_told {
            return Poll::Ready(match self.fate.end {
                End::Closed => Ok(()),
                End::Reset => Err(io::ErrorKind::ConnectionReset.into()),
            });
        }
        let arrival = self.chunks.front().map_or(Timestamp::NEVER, |(arrival, _)| *arrival);
        self.reader = Some(cx.waker().clone());
        // A moment that has just come is looked at in the next round.
        if self.timer.poll(cx, arrival.min(self.fate.reader_told)).is_ready() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// The writer is gone: once all that is under way has arrived, the reader learns of it.
    pub(crate) fn close(&mut self) {
        let arrival = self.next_arrival();
        if arrival <= self.fate.lost_after && arrival < self.fate.reader_told {
            (self.fate.reader_told, self.fate.end) = (arrival, End::Closed);
        }
        self.wake_reader();
    }

    /// The reader is gone: the writer learns of it by and by.
    pub(crate) fn abandon(&mut self) {
        self.chunks.clear();
        if self.fate.lost_after == Timestamp::NEVER {
            let told = self.clock.now() + self.way.latency;
            self.fate.writer_told = self.fate.writer_told.min(told);
        }
        self.writer.take().into_iter().for_each(Waker::wake);
    }

    pub(crate) fn cut(&mut self, cut: Cut) {
        if self.fate.lost_after != Timestamp::NEVER {
            return;
        }
        let before = self.chunks.len();
        self.chunks.retain(|(arrival, _)| *arrival <= cut.lost_after);
        self.traffic.chunks_lost += (before - self.chunks.len()) as u64;
        let reader_told = self.fate.reader_told.min(cut.reader_told);
        let writer_told = self.fate.writer_told.min(cut.writer_told);
        self.fate = Cut { reader_told, writer_told, ..cut };
        self.wake_reader();
    }

    fn wake_reader(&mut self) {
        self.reader.take().into_iter().for_each(Waker::wake);
    }
}
