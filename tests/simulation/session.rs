//! Session: one client's connection as the model server has it, from HTTP up to Socket.IO.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::Cursor;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use chatbench::clock::{Clock, Timer};
use chatbench::time::Timestamp;
use serde_json::json;
use tokio::io::ReadBuf;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::frame;
use crate::hub::Hub;
use crate::network::ServerEnd;
use crate::pipe::Shared;

const READ_BYTES_MAX: usize = 4096;
const REQUEST_BYTES_MAX: usize = 8192;

/// How often the server asks whether a client is there, and how long it waits for the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heartbeat {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
}

/// Serves a connection to its end.
pub(crate) async fn serve(end: ServerEnd, hub: Rc<RefCell<Hub>>, clock: Clock) {
    let heartbeat = hub.borrow().manners.heartbeat;
    let never = Timestamp::NEVER;
    let timer = Timer::new(clock);
    let (ping_due, pong_due) = (never, never);
    let inbox = Vec::new();
    let mut session = Session { end, inbox, clock, timer, heartbeat, ping_due, pong_due };
    if session.open().await {
        while session.take_frames(&hub) && session.wait().await {}
    }
    hub.borrow_mut().disconnect(session.end.number);
}

struct Session {
    end: ServerEnd,
    inbox: Vec<u8>,
    clock: Clock,
    timer: Timer,
    heartbeat: Heartbeat,
    ping_due: Timestamp,
    /// When the client must have answered; never, once it said goodbye.
    pong_due: Timestamp,
}

impl Session {
    /// Agrees to a WebSocket and opens the Engine.IO session; whether that was asked for.
    async fn open(&mut self) -> bool {
        let request = loop {
            let ends = self.inbox.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(at) = ends {
                let rest = self.inbox.split_off(at + 4);
                break std::mem::replace(&mut self.inbox, rest);
            }
            if self.inbox.len() > REQUEST_BYTES_MAX || !self.wait().await {
                return false;
            }
        };
        let request = String::from_utf8(request).expect("the client's request is text");
        assert!(request.starts_with("GET /socket.io/?EIO=4&transport=websocket "), "{request}");
        let Heartbeat { interval, timeout } = self.heartbeat;
        let handshake = json!({
            "sid": format!("e{}", self.end.number),
            "upgrades": [],
            "pingInterval": interval.as_millis() as u64,
            "pingTimeout": timeout.as_millis() as u64,
            "maxPayload": 1_000_000,
        });
        let open = format!("0{handshake}");
        let mut down = self.end.down().lock();
        down.send(&frame::agreement(&request));
        down.send(&frame::text(&open));
        self.ping_due = self.clock.now() + self.heartbeat.interval;
        self.pong_due = self.ping_due + self.heartbeat.timeout;
        true
    }

    /// Waits for more bytes, and pings when it is time; whether the connection lasts.
    async fn wait(&mut self) -> bool {
        let mut read = [0; READ_BYTES_MAX];
        poll_fn(|cx| {
            let mut buf = ReadBuf::new(&mut read);
            match self.end.poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) => {
                    self.inbox.extend_from_slice(buf.filled());
                    return Poll::Ready(!buf.filled().is_empty());
                }
                Poll::Ready(Err(_)) => return Poll::Ready(false),
                Poll::Pending => {}
            }
            while self.timer.poll(cx, self.ping_due.min(self.pong_due)).is_ready() {
                if self.clock.now() >= self.pong_due {
                    return Poll::Ready(false);
                }
                self.end.down().lock().send(&frame::text("2"));
                self.ping_due = self.clock.now() + self.heartbeat.interval;
            }
            Poll::Pending
        })
        .await
    }

    /// Handles the whole frames that have come; whether the connection lasts.
    fn take_frames(&mut self, hub: &Rc<RefCell<Hub>>) -> bool {
        while let Some((opcode, payload)) = self.next_frame() {
            let lasts = match opcode {
                OpCode::Data(Data::Text) => {
                    let packet = String::from_utf8(payload).expect("the client sends UTF-8");
                    self.take_packet(&packet, hub)
                }
                OpCode::Control(Control::Close) => {
                    self.end.down().lock().send(&frame::frame(frame::CLOSE, &payload));
                    self.pong_due = Timestamp::NEVER;
                    false
                }
                OpCode::Control(Control::Pong) => true,
                other => panic!("the client sends {other:?}"),
            };
            if !lasts {
                return false;
            }
        }
        true
    }

    fn next_frame(&mut self) -> Option<(OpCode, Vec<u8>)> {
        let mut cursor = Cursor::new(&self.inbox);
        let parsed = FrameHeader::parse(&mut cursor).expect("the client's frames are well formed");
        let (header, len) = parsed?;
        let (begin, len) = (cursor.position() as usize, len as usize);
        if self.inbox.len() < begin + len {
            return None;
        }
        assert!(header.is_final, "the client sends fragments");
        let mask = header.mask.expect("a client masks what it sends");
        let mut payload: Vec<u8> = self.inbox.drain(..begin + len).skip(begin).collect();
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        Some((header.opcode, payload))
    }

    fn take_packet(&mut self, packet: &str, hub: &Rc<RefCell<Hub>>) -> bool {
        let number = self.end.number;
        match packet.split_at(1) {
            ("3", _) => {
                self.pong_due = self.clock.now() + self.heartbeat.interval + self.heartbeat.timeout;
            }
            ("1", _) => {
                self.pong_due = Timestamp::NEVER;
                return false;
            }
            ("4", packet) if packet.starts_with('0') => {
                let auth = serde_json::from_str(&packet[1..]).unwrap_or_default();
                hub.borrow_mut().connect(number, Line(self.end.down().clone()), &auth);
            }
            ("4", "1") => hub.borrow_mut().take_leave(number),
            ("4", packet) => Hub::event(hub, number, packet),
            _ => panic!("the client sends {packet:?}"),
        }
        true
    }
}

/// What a client is spoken to by.
#[derive(Clone)]
pub(crate) struct Line(Shared);

impl Line {
    /// Sends a packet of Socket.IO, cut into fragments of a message where `fragments` says so.
    pub(crate) fn say(&self, packet: &str, fragments: bool) {
        let text = format!("4{packet}");
        let mut down = self.0.lock();
        if fragments {
            let (head, tail) = text.as_bytes().split_at(text.len() / 2);
            down.send(&frame::fragment(frame::TEXT, head));
            down.send(&frame::frame(frame::CONTINUATION, tail));
        } else {
            down.send(&frame::text(&text));
        }
    }
}
