//! Workers: the threads that connections live on.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream as StdTcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use tokio::net::TcpStream;
use tokio::runtime::{self, Handle};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::debug;

use crate::chat::Chat;
use crate::lingering::{Door, Lingerers, Lingering};
use crate::options::Options;
use crate::server::Error;
use crate::stats;

/// Connections accepted but not yet taken by their worker; more wait in the kernel.
const HANDED_OUT_LEN_MAX: usize = 1024;

/// How long an HTTP request may go on after the end.
const REQUEST_TIME_MAX: Duration = Duration::from_millis(500);

/// The threads that connections live on, each with a current-thread runtime.
pub(crate) struct Workers {
    workers: Vec<Worker>,
    next: usize,
    /// Dropped to tell all workers to finish.
    stop: watch::Sender<()>,
}

struct Worker {
    runtime: Handle,
    connections: mpsc::Sender<StdTcpStream>,
    /// Resolves when the thread is done, whether it returned or panicked.
    done: oneshot::Receiver<Infallible>,
}

impl Workers {
    /// Starts the threads.
    pub(crate) fn start(options: &Options, app: Router, chat: &Arc<Chat>) -> Result<Self, Error> {
        let (stop, stopped) = watch::channel(());
        let duty = Duty { app, chat: chat.clone(), stopped };
        let workers = (0..options.threads.get())
            .map(|index| Worker::start(index, duty.clone()))
            .collect::<io::Result<_>>()
            .map_err(Error::Thread)?;
        Ok(Self { workers, next: 0, stop })
    }

    /// Gives a connection to the worker whose turn it is.
    pub(crate) async fn give(&mut self, stream: StdTcpStream) {
        let worker = &self.workers[self.next];
        self.next = (self.next + 1) % self.workers.len();
        if worker.connections.send(stream).await.is_err() {
            debug!("a connection came too late for its worker");
        }
    }

    /// Waits until every thread has done what it was doing when this was called.
    pub(crate) async fn settle(&self) {
        for worker in &self.workers {
            let _done_or_gone = worker.runtime.spawn(async {}).await;
        }
    }

    /// Ends all threads, and whatever connection is left on them.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        for worker in self.workers {
            drop(worker.connections);
            let Err(_) = worker.done.await;
        }
    }
}

impl Worker {
    fn start(index: usize, duty: Duty) -> io::Result<Self> {
        let (connections, handed_out) = mpsc::channel(HANDED_OUT_LEN_MAX);
        let (running, done) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new().name(format!("chat-{index}")).spawn(move || {
            let _running = running;
            stats::this_thread_is(index);
            runtime.block_on(duty.serve(handed_out));
        })?;
        Ok(Self { runtime: handle, connections, done })
    }
}

/// What every worker is there for.
#[derive(Clone)]
struct Duty {
    app: Router,
    chat: Arc<Chat>,
    stopped: watch::Receiver<()>,
}

impl Duty {
    /// One worker's whole life.
    async fn serve(self, handed_out: mpsc::Receiver<StdTcpStream>) {
        let Self { app, chat, stopped } = self;
        let lingerers = Lingerers::new();
        let listener = HandedOut { handed_out, door: lingerers.door() };
        tokio::spawn(async move { chat.stall_when_told().await });
        let requests = axum::serve(listener, app).with_graceful_shutdown(end(stopped.clone()));
        let out_of_time = async {
            end(stopped).await;
            tokio::time::sleep(REQUEST_TIME_MAX).await;
        };
        tokio::select! {
            _ = requests => {}
            () = out_of_time => {}
        }
        lingerers.end().await;
    }
}

/// Completes when [`Workers::stop`] is called.
async fn end(mut stopped: watch::Receiver<()>) {
    let _sender_dropped = stopped.changed().await;
}

/// What a worker listens on: the connections handed to it.
struct HandedOut {
    handed_out: mpsc::Receiver<StdTcpStream>,
    door: Door,
}

impl Listener for HandedOut {
    type Io = Lingering;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Lingering, SocketAddr) {
        loop {
            let Some(stream) = self.handed_out.recv().await else {
                // No more will come: wait for the end, which the same `Workers::stop` brings.
                return std::future::pending().await;
            };
            match adopt(stream) {
                Ok((stream, peer)) => return (self.door.admit(stream), peer),
                Err(error) => debug!("a connection ended before it was served: {error}"),
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
    }
}

/// Brings a connection to this worker's runtime.
fn adopt(stream: StdTcpStream) -> io::Result<(TcpStream, SocketAddr)> {
    let peer = stream.peer_addr()?;
    Ok((TcpStream::from_std(stream)?, peer))
}
