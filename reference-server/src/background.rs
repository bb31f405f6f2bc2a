//! Background: a server on threads of its own, for tests and for a caller without a runtime.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::options::Options;
use crate::server::{Error, run};

/// A server on a free port of this machine, which lives as long as this value.
#[derive(Debug)]
pub struct Background {
    address: SocketAddr,
    /// Dropped to tell the server to stop.
    running: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl Background {
    /// Starts a server; it accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// When there is no free port, or no thread.
    pub fn start(options: Options) -> Result<Self, Error> {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(any_port)
            .map_err(|source| Error::Listen { address: any_port.to_string(), source })?;
        let address = listener.local_addr().map_err(Error::Listener)?;
        let (running, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new()
            .name("chat-accept".into())
            .spawn(move || serve(listener, options, stopped))
            .map_err(Error::Thread)?;
        Ok(Self { address, running: Some(running), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the server, closes its sockets and says how it went.
    ///
    /// # Errors
    ///
    /// As [`run`].
    ///
    /// # Panics
    ///
    /// When the server did.
    pub fn stop(mut self) -> Result<(), Error> {
        self.running.take();
        self.thread.take().map_or(Ok(()), |thread| thread.join().expect("the server panicked"))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.running.take();
        if let Some(thread) = self.thread.take() {
            let _outcome_not_asked_for = thread.join();
        }
    }
}

fn serve(
    listener: TcpListener,
    options: Options,
    stopped: oneshot::Receiver<()>,
) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error: io::Error| Error::Thread(error))?;
    runtime.block_on(run(listener, options, async {
        let _sender_dropped = stopped.await;
    }))
}
