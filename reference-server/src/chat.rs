//! The chat: the contract's handlers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::SocketRef;
use socketioxide::handler::{ConnectHandler, Value};
use socketioxide::socket::DisconnectReason;
use socketioxide::{BroadcastError, SocketError};
use tracing::{debug, info, warn};

use crate::fault::Saboteur;
use crate::hooks;
use crate::in_order::{Departure, InOrder, Marker};
use crate::options::Options;
use crate::payload::Payload;
use crate::stats::{Seat, Stats};
use crate::status::{self, Watchers};

/// The event that joins its sender to a room.
const JOIN: &str = "join-room";
/// The event that takes its sender out of a room. The contract has none; most chats do.
const LEAVE: &str = "leave-room";
/// The event that a client says something with.
const SEND: &str = "send-msg";
/// The event that the others in the room hear it with.
pub(crate) const RECEIVE: &str = "onreceive-msg";

/// What is done with an event of a user.
type Handle = fn(&Chat, &Seat, &SocketRef, Value);

/// The chat: who may join, who hears whom.
pub(crate) struct Chat {
    /// What goes wrong on purpose; `None` costs a correct server one branch per event.
    saboteur: Option<Arc<Saboteur>>,
    /// Whether there are events by which a server can be checked.
    hooks: bool,
    /// Whether messages are still taken.
    is_open: AtomicBool,
    stats: Arc<Stats>,
    watchers: Arc<Watchers>,
}

impl Chat {
    pub(crate) fn new(
        options: &Options,
        stats: &Arc<Stats>,
        watchers: &Arc<Watchers>,
    ) -> Arc<Self> {
        let saboteur = Saboteur::new(&options.faults, options.seed, stats).map(Arc::new);
        Arc::new(Self {
            saboteur,
            hooks: options.hooks,
            is_open: AtomicBool::new(true),
            stats: stats.clone(),
            watchers: watchers.clone(),
        })
    }

    /// The handler of a namespace.
    pub(crate) fn on_connect(self: &Arc<Self>) -> impl ConnectHandler<LocalAdapter, Marker> {
        let chat = self.clone();
        InOrder(move |socket: SocketRef| chat.connect(&socket))
    }

    /// Stands still for as long as a fault says; at once over when none does.
    pub(crate) async fn stall_when_told(&self) {
        if let Some(saboteur) = &self.saboteur {
            saboteur.stall_when_told().await;
        }
    }

    /// Takes no more messages. One that is being relayed on another thread still is.
    pub(crate) fn close(&self) {
        self.is_open.store(false, Ordering::Relaxed);
    }

    fn connect(self: &Arc<Self>, socket: &SocketRef) {
        info!("user connected: {}", socket.id);
        if let Some(saboteur) = &self.saboteur {
            saboteur.connect(socket);
        }
        let seat = Seat::open(&self.stats);
        let handler = |handle: Handle| {
            let (chat, seat) = (self.clone(), seat.clone());
            InOrder(move |socket: SocketRef, event| handle(&chat, &seat, &socket, event))
        };
        socket.on(JOIN, handler(Self::join));
        socket.on(LEAVE, handler(Self::leave));
        socket.on(SEND, handler(Self::send));
        let watchers = self.watchers.clone();
        socket.on(status::WATCH, InOrder(move |socket, _: Value| watchers.watch(socket)));
        if self.hooks {
            hooks::connect(socket);
        }
        let chat = self.clone();
        let disconnect = move |socket: SocketRef, reason| {
            seat.close();
            chat.disconnect(&socket, reason)
        };
        socket.on_disconnect(InOrder(disconnect));
    }

    fn join(&self, seat: &Seat, socket: &SocketRef, mut event: Value) {
        let room = match Payload::of_event(&mut event).and_then(|payload| payload.text()) {
            Ok(room) => room,
            Err(error) => return debug!("{JOIN} of {} ignored: {error}", socket.id),
        };
        info!("user joined: {} to room {room}", socket.id);
        seat.join(&room);
        match &self.saboteur {
            None => socket.join(room),
            Some(saboteur) => saboteur.join(socket, room),
        }
    }

    fn leave(&self, seat: &Seat, socket: &SocketRef, mut event: Value) {
        let room = match Payload::of_event(&mut event).and_then(|payload| payload.text()) {
            Ok(room) => room,
            Err(error) => return debug!("{LEAVE} of {} ignored: {error}", socket.id),
        };
        info!("user left: {} from room {room}", socket.id);
        seat.leave(&room);
        match &self.saboteur {
            None => socket.leave(room),
            Some(saboteur) => saboteur.leave(socket, &room),
        }
    }

    fn send(&self, seat: &Seat, socket: &SocketRef, mut event: Value) {
        if !self.is_open.load(Ordering::Relaxed) {
            return debug!("{SEND} of {} came too late", socket.id);
        }
        let addressed =
            Payload::of_event(&mut event).and_then(|payload| Ok((payload.room()?, payload)));
        let (room, payload) = match addressed {
            Ok(addressed) => addressed,
            Err(error) => return debug!("{SEND} of {} ignored: {error}", socket.id),
        };
        match &self.saboteur {
            None => seat.said(self.relay(seat, socket, room, &payload)),
            Some(saboteur) => {
                seat.said(0);
                saboteur.send(socket, room, payload);
            }
        }
    }

    /// Everyone in the room but the sender, the payload unchanged. How many are handed it.
    fn relay(&self, seat: &Seat, sender: &SocketRef, room: String, payload: &Payload<'_>) -> u64 {
        let others = seat.others_in(&room);
        let sending = std::pin::pin!(sender.to(room).emit(RECEIVE, payload));
        // With rooms in memory the future is complete at its first poll; only an adapter that
        // asks another node would wait, and this server has none.
        match sending.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => others,
            Poll::Ready(Err(error)) => others.saturating_sub(self.refused(&error)),
            Poll::Pending => unreachable!("the local adapter does not wait"),
        }
    }

    /// Says that messages are lost, seldom enough not to make matters worse; and how many are.
    fn refused(&self, error: &BroadcastError) -> u64 {
        let BroadcastError::Socket(errors) = error else {
            warn!("a message could not be relayed: {error}");
            return u64::MAX;
        };
        for error in errors {
            match error {
                // It is leaving just now.
                SocketError::Closed => {}
                SocketError::InternalChannelFull => {
                    let refused = self.stats.refuse();
                    if refused.is_power_of_two() {
                        warn!("{refused} deliveries refused so far: a receiver is too slow");
                    }
                }
            }
        }
        errors.len() as u64
    }

    fn disconnect(&self, socket: &SocketRef, reason: DisconnectReason) -> Departure {
        info!("user disconnected: {}", socket.id);
        match &self.saboteur {
            None => Departure::Gone,
            Some(saboteur) => saboteur.disconnect(socket, reason),
        }
    }
}
