//! Scripted: a server that says, byte for byte, what a test's script has it say.

mod connection;
pub(crate) mod frame;

pub(crate) use connection::{Connection, Told};

use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet};
use tokio_rustls::TlsAcceptor;

/// A script that takes longer has lost its client.
const SCRIPT_TIME_MAX: Duration = Duration::from_secs(20);

/// A server on a free port; it has a thread of its own, and ends when this is dropped.
pub(crate) struct Scripted {
    address: SocketAddr,
    tally: Arc<Tally>,
    /// Told: no more connections, wait for the scripts. Dropped: end at once.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the scripts have come to.
#[derive(Default)]
struct Tally {
    complaints: Mutex<Vec<String>>,
    written_bytes: AtomicU64,
}

impl Scripted {
    /// Runs `script` on every connection.
    pub(crate) fn start<S>(script: S) -> Scripted
    where
        S: AsyncFn(&mut Connection) -> Told + Send + 'static,
    {
        Scripted::launch(None, script)
    }

    /// Runs `script` on every connection that comes to speak TLS.
    pub(crate) fn start_tls<S>(tls: TlsAcceptor, script: S) -> Scripted
    where
        S: AsyncFn(&mut Connection) -> Told + Send + 'static,
    {
        Scripted::launch(Some(tls), script)
    }

    fn launch<S>(tls: Option<TlsAcceptor>, script: S) -> Scripted
    where
        S: AsyncFn(&mut Connection) -> Told + Send + 'static,
    {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket can be made non-blocking");
        let address = listener.local_addr().expect("a listener has an address");
        let tally = Arc::new(Tally::default());
        let (stop, stopped) = oneshot::channel();
        let serve = {
            let tally = Arc::clone(&tally);
            move || on_this_thread(listener, tls, script, &tally, stopped)
        };
        let thread = Some(std::thread::spawn(serve));
        Scripted { address, tally, stop: Some(stop), thread }
    }

    /// Where it listens, as plain HTTP.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Waits for the scripts to end; gives how many bytes they could write, or what a client did
    /// not do although its script expected it.
    pub(crate) fn finish(mut self) -> Result<u64, String> {
        let told = self.stop.take().is_some_and(|stop| stop.send(()).is_ok());
        assert!(told, "the server's thread has ended before");
        self.join();
        let complaints = self.tally.complaints.lock().expect("not poisoned").join("; ");
        let written_bytes = self.tally.written_bytes.load(Ordering::Relaxed);
        if complaints.is_empty() { Ok(written_bytes) } else { Err(complaints) }
    }

    fn join(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A server that panicked has said so; it must not hide what the test found.
            let _ = thread.join();
        }
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.join();
    }
}

fn on_this_thread<S>(
    listener: std::net::TcpListener,
    tls: Option<TlsAcceptor>,
    script: S,
    tally: &Arc<Tally>,
    stopped: oneshot::Receiver<()>,
) where
    S: AsyncFn(&mut Connection) -> Told + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::from_std(listener).expect("it does not block");
        let script = Rc::new(script);
        let mut running = JoinSet::new();
        let told = tokio::select! {
            told = stopped => told.is_ok(),
            never = accept_all(&listener, tls, &script, tally, &mut running) => never,
        };
        while told && running.join_next().await.is_some() {}
    });
}

/// Gives each connection a task of its own, for ever.
async fn accept_all<S>(
    listener: &TcpListener,
    tls: Option<TlsAcceptor>,
    script: &Rc<S>,
    tally: &Arc<Tally>,
    running: &mut JoinSet<()>,
) -> bool
where
    S: AsyncFn(&mut Connection) -> Told + 'static,
{
    loop {
        let (tcp, _) = listener.accept().await.expect("a listener accepts");
        let (script, tally, tls) = (Rc::clone(script), Arc::clone(tally), tls.clone());
        running.spawn_local(async move {
            let told = tokio::time::timeout(SCRIPT_TIME_MAX, async {
                // A client that refuses the certificate has ended the script.
                let Ok(mut connection) = Connection::accept(tcp, tls).await else { return Ok(()) };
                let told = script(&mut connection).await;
                tally.written_bytes.fetch_add(connection.written_bytes(), Ordering::Relaxed);
                told
            });
            let complaint = match told.await {
                Ok(told) => told.err().and_then(connection::complaint_of),
                Err(_) => Some(format!("a script took longer than {SCRIPT_TIME_MAX:?}")),
            };
            tally.complaints.lock().expect("not poisoned").extend(complaint);
        });
    }
}
