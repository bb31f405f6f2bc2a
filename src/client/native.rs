//! The native client: chatbench's own session on its own transport, one small task a connection.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{Client, ClientOptions, ConnectError, Gone, Heard, Listener, LostReason, quoted};
use crate::clock::{Clock, Timer};
use crate::protocol::{CloseReason, Emit, EmitAck, Event, Input, OpenStage, Output, Session};
use crate::time::Timestamp;
use crate::transport::{Endpoint, OnFrame, Sender, WebSocket};

/// A connection and whoever drives it.
struct Connection {
    dialogue: Dialogue,
    socket: WebSocket,
    clock: Clock,
    timer: Timer,
}

/// All of a connection that a frame concerns, while its socket is being read.
struct Dialogue {
    session: Session,
    options: Rc<ClientOptions>,
    listener: Rc<dyn Listener>,
    /// When the session wants to be told the time.
    wait_until: Timestamp,
    /// Whether the server offers connection state recovery.
    recoverable: bool,
    /// Whether the namespace was granted.
    standing: bool,
    /// How it has ended, until whoever drives it knows.
    ending: Option<Ending>,
}

/// What ends a connection's life.
enum Ending {
    Refused(String),
    Over(LostReason),
    /// Nobody wants it any more.
    Dropped,
}

pub(super) async fn connect(
    options: &Rc<ClientOptions>,
    endpoint: &Endpoint,
    turn: usize,
    listener: Rc<dyn Listener>,
) -> Result<Box<dyn Client>, ConnectError> {
    let clock = options.clock;
    // The time allowed is for all of it, from here to the namespace's CONNECT.
    let session = Session::new(Rc::clone(&options.session), clock.now());
    let socket = WebSocket::open(endpoint, &options.transport, turn).await?;
    let dialogue = Dialogue {
        session,
        options: Rc::clone(options),
        listener,
        wait_until: clock.now(),
        recoverable: false,
        standing: false,
        ending: None,
    };
    let mut connection = Connection { dialogue, socket, clock, timer: Timer::new(clock) };
    if let Some(ending) = poll_fn(|cx| connection.poll_standing(cx)).await {
        return Err(error_of(ending, options));
    }
    // A timer wakes the task that polled it last, which is not the one that drives from now on.
    connection.timer = Timer::new(clock);
    let connection = Rc::new(RefCell::new(connection));
    tokio::task::spawn_local(drive(Rc::clone(&connection)));
    Ok(Box::new(NativeClient(connection)))
}

/// Why no connection came of it.
fn error_of(ending: Ending, options: &ClientOptions) -> ConnectError {
    match ending {
        Ending::Refused(data) => {
            let namespace = options.session.namespace.to_string();
            ConnectError::Refused { namespace, data }
        }
        Ending::Over(LostReason::Session(CloseReason::OpenTimeout { stage })) => {
            let stage = match stage {
                OpenStage::Handshake => "the Engine.IO handshake",
                OpenStage::Namespace => "the namespace's CONNECT",
            };
            ConnectError::Timeout { stage, within: options.session.open_timeout }
        }
        Ending::Over(reason) => ConnectError::Lost(reason),
        Ending::Dropped => unreachable!("a connection that nobody has yet cannot be dropped"),
    }
}

/// All IO of a standing connection.
async fn drive(connection: Rc<RefCell<Connection>>) {
    let ending = poll_fn(|cx| connection.borrow_mut().poll(cx)).await;
    let connection = connection.borrow();
    let reason = match ending {
        Ending::Over(reason) => reason,
        Ending::Refused(data) => LostReason::Revoked { data },
        Ending::Dropped => return,
    };
    connection.dialogue.listener.hear(Heard::Lost(reason), connection.clock.now());
}

impl Connection {
    /// Ready when it stands, or with the news that it never will. What else came in the same
    /// read has been heard; where that was its end, the next poll says so.
    fn poll_standing(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ending>> {
        let poll = self.poll(cx);
        if !self.dialogue.standing {
            return poll.map(Some);
        }
        if let Poll::Ready(ending) = poll {
            self.dialogue.ending = Some(ending);
        }
        Poll::Ready(None)
    }

    /// Reads, judges the time, and lets the session answer, until there is news.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        let Connection { dialogue, socket, clock, timer } = self;
        if let Some(ending) = dialogue.ending.take() {
            return Poll::Ready(ending);
        }
        let mut heard_at = None;
        let on_frame: &mut OnFrame<'_> = &mut |sender, frame, at| {
            heard_at = Some(at);
            dialogue.input(Input::Frame(frame), sender, at);
        };
        let read = socket.poll(cx, clock, on_frame);
        if let Some(ending) = dialogue.ending.take() {
            return Poll::Ready(ending);
        }
        if let Poll::Ready(lost) = read {
            return Poll::Ready(Ending::Over(lost.into()));
        }
        let wait_until = dialogue.wait_until;
        if heard_at.is_some_and(|at| at < wait_until) && timer.is_set_to(wait_until) {
            // Woken by a frame before it was time; the timer will wake this task when it is.
            return Poll::Pending;
        }
        while timer.poll(cx, dialogue.wait_until).is_ready() {
            dialogue.input(Input::Timeout, socket.sender(), clock.now());
            if let Some(ending) = dialogue.ending.take() {
                return Poll::Ready(ending);
            }
        }
        Poll::Pending
    }
}

impl Dialogue {
    /// Lets the session answer; gives the number of the acknowledgement asked for, if one was.
    fn input(&mut self, input: Input<'_>, sender: &mut Sender, at: Timestamp) -> Option<u64> {
        if self.ending.is_some() {
            return None;
        }
        let mut turn = self.session.handle_input(input, at);
        let ack_id = turn.ack_id();
        loop {
            match turn.poll_output() {
                Output::WaitUntil(moment) => {
                    self.wait_until = moment;
                    return ack_id;
                }
                Output::Transmit(packet) => {
                    let sent = sender.send(packet.is_binary(), |out| packet.encode(out));
                    if let Err(lost) = sent {
                        self.ending = Some(Ending::Over(lost.into()));
                        return None;
                    }
                }
                // The official client, too, is deaf to namespaces that it is not in.
                Output::Event(Event::Event { namespace, .. } | Event::Ack { namespace, .. })
                    if *namespace != *self.options.session.namespace => {}
                Output::Event(Event::Event { data, .. }) => {
                    let recoverable = self.recoverable;
                    self.listener.hear(Heard::Event { data, recoverable }, at);
                }
                Output::Event(Event::Ack { id, expected: true, .. }) => {
                    self.listener.hear(Heard::Ack { id }, at);
                }
                Output::Event(Event::Connected { pid, .. }) => {
                    self.recoverable = pid.is_some();
                    self.standing = true;
                }
                Output::Event(other) => self.ending = ending_of(&other).or(self.ending.take()),
            }
        }
    }
}

/// What an event that is neither heard nor expected means for the connection.
fn ending_of(event: &Event<'_>) -> Option<Ending> {
    match event {
        Event::Refused { data, .. } => Some(Ending::Refused(quoted(data))),
        Event::Left { .. } => Some(Ending::Over(LostReason::Left)),
        Event::NotSent(why) => Some(Ending::Over(LostReason::Driver(why.to_string()))),
        Event::Closed(reason) => Some(Ending::Over(LostReason::Session(*reason))),
        Event::Opened(_) | Event::Connected { .. } | Event::Event { .. } | Event::Ack { .. } => {
            None
        }
    }
}

struct NativeClient(Rc<RefCell<Connection>>);

impl NativeClient {
    fn input(&mut self, input: Input<'_>) -> Result<Option<u64>, Gone> {
        let mut connection = self.0.borrow_mut();
        if connection.dialogue.ending.is_some() {
            return Err(Gone);
        }
        let Connection { dialogue, socket, clock, .. } = &mut *connection;
        let ack_id = dialogue.input(input, socket.sender(), clock.now());
        if dialogue.ending.is_some() {
            socket.sender().wake();
            return Err(Gone);
        }
        Ok(ack_id)
    }
}

impl Client for NativeClient {
    fn emit(&mut self, data: &str) -> Result<(), Gone> {
        self.input(Input::Emit(Emit::event(data))).map(drop)
    }

    fn emit_with_ack(&mut self, data: &str) -> Result<u64, Gone> {
        let emit = Emit { ack: EmitAck::Wanted, ..Emit::event(data) };
        self.input(Input::Emit(emit))?.ok_or(Gone)
    }

    fn close(&mut self) {
        // Whether it was still there to be closed makes no difference.
        let _ = self.input(Input::Close);
        let mut connection = self.0.borrow_mut();
        connection.socket.sender().close();
        connection.dialogue.ending = Some(Ending::Dropped);
        connection.socket.sender().wake();
    }
}

impl Drop for NativeClient {
    fn drop(&mut self) {
        let mut connection = self.0.borrow_mut();
        connection.dialogue.ending = Some(Ending::Dropped);
        connection.socket.sender().wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With tens of thousands of idle clients, what each one is made of counts.
    #[test]
    fn a_standing_connection_is_small() {
        assert!(size_of::<Connection>() <= 400, "{} bytes", size_of::<Connection>());
    }
}
