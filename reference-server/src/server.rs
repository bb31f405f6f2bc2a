//! The server: from a listener to the last closed socket.

use std::collections::HashSet;
use std::io;
use std::net::TcpListener as StdTcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use socketioxide::extract::SocketRef;
use socketioxide::layer::SocketIoLayer;
use socketioxide::{SendError, SocketError, SocketIo, TransportType};
use tokio::net::{TcpListener, TcpStream};
use tower_http::cors::CorsLayer;
use tracing::{info, warn};

use crate::chat::Chat;
use crate::hooks;
use crate::http;
use crate::options::Options;
use crate::stats::{Stats, Status};
use crate::status::Watchers;
use crate::worker::Workers;

/// How long a receiver that does not read may hold up the end.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(2);

/// Connections that wait to be accepted, as far as the system allows; some count them in 16 bits.
const QUEUE_LEN_MAX: i32 = 65_535;

/// How long to wait when the process has no file descriptor left for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another --host or --port")]
    Listen {
        /// The address as typed.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The listener that was handed in cannot be used.
    #[error("cannot use the listener: {0}")]
    Listener(#[source] io::Error),
    /// A thread with its runtime cannot be started.
    #[error("cannot start a server thread: {0}")]
    Thread(#[source] io::Error),
    /// Standard output, standard input or a signal handler cannot be used.
    #[error("cannot set up the process: {0}")]
    Process(#[source] io::Error),
}

/// Serves the chat on `listener` until `shutdown` completes, then closes every socket and returns.
///
/// As many connections may wait to be accepted as the system allows.
///
/// The connections live on [`Options::threads`] threads of their own, each with a current-thread
/// runtime; the caller's runtime, of any kind, only accepts and hands the connections out in turn.
///
/// # Errors
///
/// When the listener cannot be used or a thread cannot be started. Nothing that a client does is
/// an error.
pub async fn run(
    listener: StdTcpListener,
    options: Options,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    // To listen once more changes nothing but how many may wait: what the standard library asks
    // for is a burst of 128.
    rustix::net::listen(&listener, QUEUE_LEN_MAX).map_err(|why| Error::Listener(why.into()))?;
    listener.set_nonblocking(true).map_err(Error::Listener)?;
    let listener = TcpListener::from_std(listener).map_err(Error::Listener)?;
    let stats = Stats::new(options.threads);
    let watchers = Watchers::new(stats.clone());
    let (layer, io) = socket_io(&options);
    let chat = Chat::new(&options, &stats, &watchers);
    io.ns("/", chat.on_connect());
    let mut chats = vec![chat.clone()];
    if options.hooks {
        // A chat of its own: a fault in one namespace leaves the rooms of the other alone.
        let beside = Chat::new(&options, &stats, &watchers);
        io.ns(hooks::NAMESPACE, beside.on_connect());
        chats.push(beside);
    }
    let mut workers = Workers::start(&options, app(&options, layer, stats.clone()), &chat)?;
    tokio::select! {
        () = hand_out(&listener, &mut workers) => {}
        () = watchers.keep_told() => {}
        () = shutdown => {}
    }
    drop(listener);
    // What was taken from now on could be handed to somebody who is closed already, and be lost.
    chats.iter().for_each(|chat| chat.close());
    workers.settle().await;
    close(&io).await;
    workers.stop().await;
    let Status { messages, deliveries, refused, .. } = stats.status();
    info!(
        "closed: {messages} messages taken, {deliveries} deliveries handed over, {refused} refused"
    );
    Ok(())
}

/// Socket.IO as the options want it, without a handler yet.
fn socket_io(options: &Options) -> (SocketIoLayer, SocketIo) {
    let message_bytes_max = usize::try_from(options.payload_bytes_max).unwrap_or(usize::MAX);
    SocketIo::builder()
        .ping_interval(options.ping_interval)
        .ping_timeout(options.ping_timeout)
        .max_payload(options.payload_bytes_max)
        .max_buffer_size(options.queue_len_max)
        .ws_read_buffer_size(READ_BUFFER_BYTES)
        // socketioxide applies `max_payload` to polling alone.
        .ws_max_message_size(message_bytes_max)
        .ws_max_frame_size(message_bytes_max)
        .build_layer()
}

/// Holds a dozen chat messages; larger ones grow the buffer of the one connection they are on.
const READ_BUFFER_BYTES: usize = 4096;

/// Socket.IO, and beside it the page and the metrics, behind CORS; everything else is not found.
fn app(options: &Options, layer: SocketIoLayer, stats: Arc<Stats>) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(options.cors_origins.clone())
        .allow_methods([Method::GET, Method::POST])
        // A post of binary data says that it is.
        .allow_headers([CONTENT_TYPE]);
    http::routes(stats).layer(layer).layer(cors)
}

/// Accepts connections and hands them to the workers in turn, for ever.
async fn hand_out(listener: &TcpListener, workers: &mut Workers) {
    loop {
        match listener.accept().await.and_then(|(stream, _)| detach(stream)) {
            Ok(stream) => workers.give(stream).await,
            Err(error) => {
                warn!("cannot accept a connection: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Takes a connection off this runtime, ready for another.
fn detach(stream: TcpStream) -> io::Result<std::net::TcpStream> {
    // A chat message is small and must not wait for an acknowledgement of the one before.
    stream.set_nodelay(true)?;
    stream.into_std()
}

/// Says goodbye to every client behind all that waits for it, and says who did not take it.
async fn close(io: &SocketIo) {
    let namespaces = ["/", hooks::NAMESPACE].into_iter().filter_map(|name| io.of(name));
    let sockets: Vec<SocketRef> = namespaces.flat_map(|namespace| namespace.sockets()).collect();
    let polling = users(&sockets, |it| it.transport_type() == TransportType::Polling);
    if polling > 0 {
        warn!("users on long polling, who miss what came since their last request: {polling}");
    }
    if tokio::time::timeout(CLOSE_TIME_MAX, io.close()).await.is_err() {
        let slow = users(&sockets, is_writing);
        warn!("users too slow to be told all that they were to hear: {slow}");
    }
    for socket in sockets {
        // Closing forgets the namespace first and so misses the disconnect handlers, which also
        // free what the sockets hold. Nothing is sent any more.
        let _transport_is_closed = socket.disconnect();
    }
}

/// How many users have such a socket, in whatever namespaces.
fn users(sockets: &[SocketRef], is_such: fn(&SocketRef) -> bool) -> usize {
    let such = sockets.iter().filter(|socket| is_such(socket));
    such.map(|socket| socket.id).collect::<HashSet<_>>().len()
}

/// Whether what a socket was told is still being written to its connection. What it is told here
/// comes behind the close, and reaches nobody.
fn is_writing(socket: &SocketRef) -> bool {
    !matches!(socket.emit("", &()), Err(SendError::Socket(SocketError::Closed)))
}
