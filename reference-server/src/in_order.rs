//! InOrder: a socketioxide handler that keeps one sender's events in the order they came in.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::{AckSender, SocketRef};
use socketioxide::handler::{
    ConnectHandler, DisconnectHandler, FromMessageParts, MessageHandler, Value,
};
use socketioxide::socket::{DisconnectReason, Socket};

/// A handler called at once, in the task that reads the connection.
///
/// socketioxide spawns a task for every event handled by an async closure, and tasks of one sender
/// overtake each other on a multi-thread runtime. It also costs an allocation and a wake-up per
/// event. Our handlers never wait for anything, so they need no task.
#[derive(Clone)]
pub(crate) struct InOrder<F>(pub(crate) F);

/// The same for events that are acknowledged.
#[derive(Clone)]
pub(crate) struct AnswerInOrder<F>(pub(crate) F);

/// What becomes of a socket that left its namespace.
pub(crate) enum Departure {
    /// It is gone.
    Gone,
    /// It stays among the sockets of the namespace, although it is none of them any more, until its
    /// connection ends: then a disconnect handler that was set meanwhile is called once more.
    Ghost,
}

/// Keeps our implementations apart from those that socketioxide has for every closure.
pub(crate) struct Marker;

impl<F> MessageHandler<LocalAdapter, Marker> for InOrder<F>
where
    F: Fn(SocketRef, Value) + Send + Sync + 'static,
{
    fn call(&self, socket: Arc<Socket>, value: Value, _ack_id: Option<i64>) {
        (self.0)(socket.into(), value);
    }
}

impl<F> MessageHandler<LocalAdapter, Marker> for AnswerInOrder<F>
where
    F: Fn(&SocketRef, Value, AckSender) + Send + Sync + 'static,
{
    fn call(&self, socket: Arc<Socket>, mut value: Value, ack_id: Option<i64>) {
        let Ok(sender) = AckSender::from_message_parts(&socket, &mut value, &ack_id);
        (self.0)(&socket.into(), value, sender);
    }
}

impl<F> DisconnectHandler<LocalAdapter, Marker> for InOrder<F>
where
    F: Fn(SocketRef, DisconnectReason) -> Departure + Send + Sync + 'static,
{
    fn call_with_defer(
        &self,
        socket: Arc<Socket>,
        reason: DisconnectReason,
        defer: fn(Arc<Socket>),
    ) {
        match (self.0)(socket.clone().into(), reason) {
            Departure::Gone => defer(socket),
            Departure::Ghost => {}
        }
    }
}

impl<F> ConnectHandler<LocalAdapter, Marker> for InOrder<F>
where
    F: Fn(SocketRef) + Clone + Send + Sync + 'static,
{
    fn call(&self, _socket: Arc<Socket>, _auth: Option<Value>) {}

    /// Runs before CONNECT is answered: an event sent on seeing the answer finds its handler.
    fn call_middleware<'a>(
        &'a self,
        socket: Arc<Socket>,
        _auth: &'a Option<Value>,
    ) -> Pin<Box<dyn Future<Output = Result<(), Box<dyn std::fmt::Display + Send>>> + Send + 'a>>
    {
        (self.0)(socket.into());
        Box::pin(std::future::ready(Ok(())))
    }
}
