//! WebSocket: one connection's frames in and out (RFC 6455), without a buffer of its own while
//! no frame is incomplete.
//!
//! Ten thousand idle clients must cost next to nothing, so bytes are read into a buffer that the
//! thread lends for the duration of a read, and frames are written through another.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::frame::{self, HEADER_BYTES_MAX};
use super::stream::Stream;
use super::{ConnectError, Endpoint, OpeningStep, TransportOptions, opening};
use crate::clock::Clock;
use crate::protocol::Frame;
use crate::time::Timestamp;

const LENT_BYTES: usize = 64 * 1024;
/// Reads of one connection before the others have their turn.
const READS_MAX: usize = 16;

thread_local! {
    static LENT: RefCell<Box<[u8]>> = RefCell::new(vec![0; LENT_BYTES].into());
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The server ended the TCP connection without a closing handshake.
    #[error("the server ended the connection without a word")]
    Hangup,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    /// The server closed the WebSocket.
    #[error("the server closed the WebSocket with code {code}{}", reason_of(reason))]
    Closed {
        /// The close code, or 1005 when there was none (section 7.1.5).
        code: u16,
        /// What the server said about it.
        reason: String,
    },
    /// The server broke the WebSocket protocol.
    #[error("the server broke the WebSocket protocol: {0}")]
    Protocol(&'static str),
    /// A request of a session that polls came to nothing.
    #[error("HTTP long-polling: {0}")]
    Polled(String),
    /// The server does not read, and no more is kept for it.
    #[error("the server does not read: more than {0} bytes wait for it")]
    Backlog(usize),
}

fn reason_of(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

/// The whole of a WebSocket connection.
#[derive(Debug)]
pub struct WebSocket {
    sender: Sender,
    /// What has arrived of a frame that is not whole; empty nearly always.
    inbox: Vec<u8>,
    /// What has arrived of a message in several frames.
    partial: Option<Box<Partial>>,
    /// Whether the inbox may hold whole frames: only after the opening handshake.
    unread: bool,
    message_bytes_max: usize,
}

/// The side of a WebSocket that frames leave by.
#[derive(Debug)]
pub struct Sender {
    stream: Stream,
    /// What the socket did not take yet.
    outbox: Vec<u8>,
    /// Whoever polls the connection, to be woken when something waits in the outbox.
    driver: Option<Waker>,
    unsent_bytes_max: usize,
}

#[derive(Debug)]
struct Partial {
    binary: bool,
    payload: Vec<u8>,
}

impl WebSocket {
    /// Opens a WebSocket to `endpoint`; the `turn`-th takes the `turn`-th address in each list.
    ///
    /// # Errors
    /// When there is no connection, no agreement, or neither within the time allowed.
    pub async fn open(
        endpoint: &Endpoint,
        options: &TransportOptions,
        turn: usize,
    ) -> Result<WebSocket, ConnectError> {
        let step = Cell::new(OpeningStep::Connection);
        let opened = async {
            let mut stream = Stream::open(endpoint, options, turn, &step).await?;
            step.set(OpeningStep::Answer);
            let inbox = opening::open(&mut stream, endpoint, options).await?;
            Ok((stream, inbox))
        };
        let opened = tokio::time::timeout(options.open_timeout, opened).await;
        let within = options.open_timeout;
        let late = |_| ConnectError::Timeout { step: step.get(), within };
        let (stream, inbox) = opened.map_err(late)??;
        let unsent_bytes_max = options.unsent_bytes_max;
        let sender = Sender { stream, outbox: Vec::new(), driver: None, unsent_bytes_max };
        let message_bytes_max = options.message_bytes_max;
        Ok(WebSocket { sender, inbox, partial: None, unread: true, message_bytes_max })
    }

    /// The side that frames leave by.
    pub fn sender(&mut self) -> &mut Sender {
        &mut self.sender
    }

    /// Writes what waits, then reads what there is and hands each frame to `on_frame` with the
    /// time of its arrival, until nothing is left or the connection is over.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
        clock: &Clock,
        on_frame: &mut OnFrame<'_>,
    ) -> Poll<Lost> {
        if let Poll::Ready(Err(lost)) = self.sender.poll_flush(cx) {
            return Poll::Ready(lost);
        }
        if std::mem::take(&mut self.unread)
            && let Err(lost) = self.take_inbox(clock.now(), on_frame)
        {
            return Poll::Ready(lost);
        }
        for _ in 0..READS_MAX {
            if let Err(lost) = ready!(self.poll_read(cx, clock, on_frame)) {
                return Poll::Ready(lost);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// One read, and the frames it completes.
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        clock: &Clock,
        on_frame: &mut OnFrame<'_>,
    ) -> Poll<Result<(), Lost>> {
        LENT.with_borrow_mut(|lent| {
            let mut read = ReadBuf::new(lent);
            ready!(Pin::new(&mut self.sender.stream).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Err(Lost::Hangup));
            }
            let at = clock.now();
            if !self.inbox.is_empty() {
                self.inbox.extend_from_slice(read.filled());
                return Poll::Ready(self.take_inbox(at, on_frame));
            }
            let taken = self.take(read.filled(), at, on_frame)?;
            // The exact size, so that a half-read frame costs a connection no more than itself.
            self.inbox = read.filled()[taken..].to_vec();
            Poll::Ready(Ok(()))
        })
    }

    fn take_inbox(&mut self, at: Timestamp, on_frame: &mut OnFrame<'_>) -> Result<(), Lost> {
        let mut inbox = std::mem::take(&mut self.inbox);
        let taken = self.take(&inbox, at, on_frame)?;
        if taken < inbox.len() {
            inbox.drain(..taken);
            self.inbox = inbox;
        }
        Ok(())
    }

    /// Hands out the whole frames in `bytes`; gives the number of bytes they took.
    fn take(
        &mut self,
        bytes: &[u8],
        at: Timestamp,
        on_frame: &mut OnFrame<'_>,
    ) -> Result<usize, Lost> {
        let mut from = 0;
        loop {
            let found = frame::find(bytes, from, self.message_bytes_max).map_err(Lost::Protocol)?;
            let Some(found) = found else { break };
            let payload = &bytes[found.payload.clone()];
            from = found.payload.end;
            match found.opcode {
                OpCode::Control(control) => self.control(control, payload)?,
                OpCode::Data(data) => {
                    self.data(data, found.is_final, payload, &mut |sender, frame| {
                        on_frame(sender, frame, at);
                    })?;
                }
            }
        }
        Ok(from)
    }

    fn control(&mut self, control: Control, payload: &[u8]) -> Result<(), Lost> {
        match control {
            Control::Ping => self.sender.transmit(frame::PONG, |out| out.extend(payload)),
            Control::Close => {
                let code = payload.get(..2).map(|code| u16::from_be_bytes([code[0], code[1]]));
                let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default());
                // The answer that section 5.5.1 asks for; the connection is over either way.
                let _ = self.sender.transmit(frame::CLOSE, |out| out.extend(payload));
                Err(Lost::Closed { code: code.unwrap_or(1005), reason: reason.into_owned() })
            }
            Control::Pong | Control::Reserved(_) => Ok(()),
        }
    }

    /// Puts fragments together (section 5.4) and hands out whole messages.
    fn data(
        &mut self,
        data: Data,
        is_final: bool,
        payload: &[u8],
        deliver: &mut dyn FnMut(&mut Sender, Frame<'_>),
    ) -> Result<(), Lost> {
        let mut partial = match (data, self.partial.take()) {
            (Data::Text | Data::Binary, None) if is_final => {
                deliver(&mut self.sender, frame_of(data == Data::Binary, payload)?);
                return Ok(());
            }
            (Data::Text | Data::Binary, None) => {
                Box::new(Partial { binary: data == Data::Binary, payload: Vec::new() })
            }
            (Data::Continue, Some(partial)) => partial,
            _ => return Err(Lost::Protocol("fragments of messages are out of order")),
        };
        if partial.payload.len() + payload.len() > self.message_bytes_max {
            return Err(Lost::Protocol("a message in fragments is longer than the limit"));
        }
        partial.payload.extend_from_slice(payload);
        if is_final {
            deliver(&mut self.sender, frame_of(partial.binary, &partial.payload)?);
        } else {
            self.partial = Some(partial);
        }
        Ok(())
    }
}

/// Takes a frame and the time at which it arrived; may answer through the sender.
pub type OnFrame<'a> = dyn FnMut(&mut Sender, Frame<'_>, Timestamp) + 'a;

fn frame_of(binary: bool, payload: &[u8]) -> Result<Frame<'_>, Lost> {
    if binary {
        return Ok(Frame::Binary(payload));
    }
    let text = std::str::from_utf8(payload);
    text.map(Frame::Text).map_err(|_| Lost::Protocol("a text frame is not UTF-8"))
}

impl Sender {
    /// Sends the frame whose payload `encode` appends.
    ///
    /// # Errors
    /// When the connection is broken, or more than the limit waits to be taken by the server.
    pub fn send(&mut self, binary: bool, encode: impl FnOnce(&mut Vec<u8>)) -> Result<(), Lost> {
        self.transmit(if binary { frame::BINARY } else { frame::TEXT }, encode)
    }

    /// Lets whoever polls the connection look at it again.
    pub fn wake(&self) {
        if let Some(driver) = &self.driver {
            driver.wake_by_ref();
        }
    }

    /// Ends the connection without a word, and with a reset.
    pub fn cut(&mut self) {
        self.outbox = Vec::new();
        self.stream.cut();
    }

    /// Says goodbye with close code 1000; the connection ends when it is dropped.
    pub fn close(&mut self) {
        // Nothing is owed to a connection that is already broken.
        let _ = self.transmit(frame::CLOSE, |out| out.extend(1000_u16.to_be_bytes()));
    }

    fn transmit(&mut self, opcode: OpCode, encode: impl FnOnce(&mut Vec<u8>)) -> Result<(), Lost> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            scratch.resize(HEADER_BYTES_MAX, 0);
            encode(scratch);
            let begin = frame::seal(scratch, opcode, rand::random());
            self.write(&scratch[begin..])
        })
    }

    /// Writes now what the socket takes, and leaves the rest to the driver.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Lost> {
        let mut written = 0;
        if self.outbox.is_empty() {
            // The driver is woken for what is left, so nobody needs to be woken for this attempt.
            let mut cx = Context::from_waker(Waker::noop());
            let poll = poll_write_all(&mut self.stream, &mut cx, bytes, &mut written);
            if let Poll::Ready(result) = poll {
                return result.map_err(Lost::Broken);
            }
        }
        if self.outbox.len() + bytes.len() - written > self.unsent_bytes_max {
            return Err(Lost::Backlog(self.unsent_bytes_max));
        }
        self.outbox.extend_from_slice(&bytes[written..]);
        self.wake();
        Ok(())
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        if !self.driver.as_ref().is_some_and(|driver| driver.will_wake(cx.waker())) {
            self.driver = Some(cx.waker().clone());
        }
        if self.outbox.is_empty() && matches!(self.stream, Stream::Plain(_)) {
            return Poll::Ready(Ok(()));
        }
        let mut written = 0;
        let poll = poll_write_all(&mut self.stream, cx, &self.outbox, &mut written);
        self.outbox.drain(..written);
        if self.outbox.is_empty() {
            self.outbox = Vec::new();
        }
        poll.map_err(Lost::Broken)
    }
}

/// Writes and flushes, as far as the socket goes.
fn poll_write_all(
    stream: &mut Stream,
    cx: &mut Context<'_>,
    bytes: &[u8],
    written: &mut usize,
) -> Poll<io::Result<()>> {
    while *written < bytes.len() {
        match ready!(Pin::new(&mut *stream).poll_write(cx, &bytes[*written..]))? {
            0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            n => *written += n,
        }
    }
    Pin::new(stream).poll_flush(cx)
}
