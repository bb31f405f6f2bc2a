//! The native client: chatbench's own session on its own transport, one small task a connection.

mod dialogue;
mod roaming;

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use self::dialogue::{Dialogue, Ending, error_of};
use super::{Client, ClientOptions, ConnectError, Gone, Heard, Listener, LostReason};
use crate::clock::Timer;
use crate::protocol::{Emit, EmitAck, Input};
use crate::transport::{Endpoint, OnFrame, WebSocket};

/// A connection and whoever drives it.
struct Connection {
    dialogue: Dialogue,
    socket: WebSocket,
    /// Tells the time as well, so that no connection keeps a clock beside it.
    timer: Timer,
}

pub(super) async fn connect(
    options: &Rc<ClientOptions>,
    endpoint: &Endpoint,
    turn: usize,
    listener: Rc<dyn Listener>,
) -> Result<Box<dyn Client>, ConnectError> {
    if options.way.begins_by_polling() {
        // Boxed, lest every WebSocket be given the room that this takes.
        return Box::pin(roaming::connect(options, endpoint, turn, listener)).await;
    }
    let clock = options.clock;
    // The time allowed is for all of it, from here to the namespace's CONNECT.
    let began = clock.now();
    let socket = WebSocket::open(endpoint, &options.transport, turn).await?;
    let dialogue = Dialogue::new(options, listener, began);
    let mut connection = Connection { dialogue, socket, timer: Timer::new(clock) };
    if let Some(ending) = poll_fn(|cx| connection.poll_standing(cx)).await {
        return Err(error_of(ending, options));
    }
    // A timer wakes the task that polled it last, which is not the one that drives from now on.
    connection.timer = Timer::new(clock);
    let connection = Rc::new(RefCell::new(connection));
    tokio::task::spawn_local(drive(Rc::clone(&connection)));
    Ok(Box::new(Handle(connection)))
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
    connection.dialogue.listener.hear(Heard::Lost(reason), connection.timer.clock().now());
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
        let Connection { dialogue, socket, timer } = self;
        let clock = timer.clock();
        if let Some(ending) = dialogue.ending.take() {
            return Poll::Ready(ending);
        }
        let mut heard_at = None;
        let on_frame: &mut OnFrame<'_> = &mut |sender, frame, at| {
            heard_at = Some(at);
            dialogue.input(Input::Frame(frame), sender, at);
        };
        let read = socket.poll(cx, &clock, on_frame);
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

/// A connection that a task drives and a user holds.
trait Driven {
    /// Lets the session take `input`; gives the number of the acknowledgement asked for, if one
    /// was.
    fn input(&mut self, input: Input<'_>) -> Result<Option<u64>, Gone>;

    /// Ends it once it has said what it has to say.
    fn leave(&mut self);

    /// Ends it, if it has not come to its end.
    fn abandon(&mut self);
}

/// The user's hold on a connection.
struct Handle<C: Driven>(Rc<RefCell<C>>);

impl<C: Driven> Client for Handle<C> {
    fn emit(&mut self, data: &str) -> Result<(), Gone> {
        self.0.borrow_mut().input(Input::Emit(Emit::event(data))).map(drop)
    }

    fn emit_with_ack(&mut self, data: &str) -> Result<u64, Gone> {
        let emit = Emit { ack: EmitAck::Wanted, ..Emit::event(data) };
        self.0.borrow_mut().input(Input::Emit(emit))?.ok_or(Gone)
    }

    fn close(&mut self) {
        let mut connection = self.0.borrow_mut();
        // Whether it was still there to be closed makes no difference.
        let _ = connection.input(Input::Close);
        connection.leave();
    }
}

impl<C: Driven> Drop for Handle<C> {
    fn drop(&mut self) {
        self.0.borrow_mut().abandon();
    }
}

impl Driven for Connection {
    fn input(&mut self, input: Input<'_>) -> Result<Option<u64>, Gone> {
        let Connection { dialogue, socket, timer } = self;
        if dialogue.ending.is_some() {
            return Err(Gone);
        }
        let ack_id = dialogue.input(input, socket.sender(), timer.clock().now());
        if dialogue.ending.is_some() {
            socket.sender().wake();
            return Err(Gone);
        }
        Ok(ack_id)
    }

    fn leave(&mut self) {
        self.socket.sender().close();
        self.abandon();
    }

    fn abandon(&mut self) {
        self.dialogue.ending = Some(Ending::Dropped);
        self.socket.sender().wake();
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
