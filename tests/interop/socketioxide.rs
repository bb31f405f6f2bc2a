//! Socketioxide: the chat contract on socketioxide in its plainest form, as its users write it.

use std::net::Ipv4Addr;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{Data, SocketRef};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// After this long a session without CONNECT is closed.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Where the pages come from that may call.
pub(crate) const ORIGIN: &str = "http://localhost:5173";

/// Which runtime the server's handlers are spawned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// Several threads: handlers of one client's events overtake each other.
    Many,
    /// One thread, and so in order.
    One,
}

/// A running server, which ends when this is dropped.
pub(crate) struct Socketioxide {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Socketioxide {
    /// Starts the chat.
    pub(crate) fn start(threads: Threads, ping: Duration) -> Socketioxide {
        Socketioxide::start_with(threads, ping, |io| {
            io.ns("/", chat);
        })
    }

    /// Starts what `fill` puts into it.
    pub(crate) fn start_with(
        threads: Threads,
        ping: Duration,
        fill: impl FnOnce(&SocketIo) + Send + 'static,
    ) -> Socketioxide {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket can be made non-blocking");
        let address = listener.local_addr().expect("a listener has an address");
        let (stop, stopped) = oneshot::channel();
        let runtime = runtime(threads);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, ping, fill) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        Socketioxide { url: format!("http://{address}"), stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Socketioxide {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A server that panicked has said so; it must not hide what the test found.
            let _ = thread.join();
        }
    }
}

fn runtime(threads: Threads) -> Runtime {
    let builder = match threads {
        Threads::Many => Builder::new_multi_thread().worker_threads(2).enable_all().build(),
        Threads::One => Builder::new_current_thread().enable_all().build(),
    };
    builder.expect("a runtime")
}

async fn serve(listener: std::net::TcpListener, ping: Duration, fill: impl FnOnce(&SocketIo)) {
    let (layer, io) = SocketIo::builder()
        .ping_interval(ping)
        .ping_timeout(ping)
        .connect_timeout(CONNECT_TIMEOUT)
        .build_layer();
    fill(&io);
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener is a listener");
    let app = axum::Router::new().layer(layer).layer(axum::middleware::from_fn(with_cors));
    let served = axum::serve(listener, app).await;
    served.expect("a server that listens serves");
}

/// Lets a page of [`ORIGIN`] call, as socketioxide leaves to a layer around it.
async fn with_cors(request: Request, next: Next) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => Response::default(),
        _ => next.run(request).await,
    };
    let allowed = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET,POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
    ];
    for (name, value) in allowed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Registers what the chat listens for.
pub(crate) async fn chat(socket: SocketRef) {
    socket.on("join-room", async |socket: SocketRef, Data::<String>(room)| socket.join(room));
    socket.on("leave-room", async |socket: SocketRef, Data::<String>(room)| socket.leave(room));
    socket.on("send-msg", async |socket: SocketRef, Data::<Value>(data)| {
        let Some(room) = data["room"].as_str().map(str::to_owned) else { return };
        // A receiver that is too slow misses it.
        let _ = socket.to(room).emit("onreceive-msg", &data).await;
    });
}
