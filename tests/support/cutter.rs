//! Cutter: stands between users and their server, and cuts connections in the middle of a run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

/// The CONNECT of the main namespace: a masked frame of two bytes. A user who says more stands.
const CONNECT_FRAME_BYTES: usize = 8;
/// Spreads the cuts over the connections.
const STRIDE: u64 = 7_919;

/// When which connections are cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cuts {
    /// Nothing is cut before so many users stand.
    pub(crate) after_users: usize,
    /// Then one connection is cut each time that users were heard so often.
    pub(crate) every_reads: u64,
    /// How many are cut in all.
    pub(crate) count: u64,
}

/// A proxy on a free port; it has a thread of its own, and ends when this is dropped.
pub(crate) struct Cutter {
    address: SocketAddr,
    cut: Arc<AtomicU64>,
    running: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Cutter {
    /// Passes everything on to `server` and back, until a connection's turn has come.
    pub(crate) fn start(server: SocketAddr, cuts: Cuts) -> Cutter {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket can be made non-blocking");
        let address = listener.local_addr().expect("a listener has an address");
        let cut = Arc::new(AtomicU64::new(0));
        let (running, stopped) = oneshot::channel();
        let table = Table::new(cuts, Arc::clone(&cut));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            LocalSet::new().block_on(&runtime.expect("a runtime can be built"), async {
                let listener = TcpListener::from_std(listener).expect("it does not block");
                tokio::select! {
                    _ = stopped => {}
                    () = accept_all(&listener, server, Rc::new(RefCell::new(table))) => {}
                }
            });
        });
        Cutter { address, cut, running: Some(running), thread: Some(thread) }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections were cut so far.
    pub(crate) fn cut(&self) -> u64 {
        self.cut.load(Ordering::Relaxed)
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.running.take();
        if let Some(thread) = self.thread.take() {
            // A proxy that panicked has said so; it must not hide what the test found.
            let _ = thread.join();
        }
    }
}

/// The connections that stand, and whose turn it is.
struct Table {
    cuts: Cuts,
    cut: Arc<AtomicU64>,
    armed: bool,
    reads: u64,
    connections: u64,
    standing: BTreeMap<u64, oneshot::Sender<Ending>>,
}

/// How a connection is cut.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Reset,
    Closed,
}

impl Table {
    fn new(cuts: Cuts, cut: Arc<AtomicU64>) -> Table {
        Table { cuts, cut, armed: false, reads: 0, connections: 0, standing: BTreeMap::new() }
    }

    /// A user who stands has said something.
    fn heard(&mut self) {
        self.armed |= self.standing.len() >= self.cuts.after_users;
        if !self.armed {
            return;
        }
        self.reads += 1;
        let cut = self.cut.load(Ordering::Relaxed);
        if !self.reads.is_multiple_of(self.cuts.every_reads) || cut == self.cuts.count {
            return;
        }
        let place = (cut * STRIDE) as usize % self.standing.len().max(1);
        let Some(&connection) = self.standing.keys().nth(place) else { return };
        let ending = if cut.is_multiple_of(2) { Ending::Reset } else { Ending::Closed };
        let told = self.standing.remove(&connection).is_some_and(|it| it.send(ending).is_ok());
        self.cut.fetch_add(u64::from(told), Ordering::Relaxed);
    }
}

/// Gives each connection a task of its own, for ever.
async fn accept_all(listener: &TcpListener, server: SocketAddr, table: Rc<RefCell<Table>>) {
    loop {
        let (client, _) = listener.accept().await.expect("a listener accepts");
        let table = Rc::clone(&table);
        tokio::task::spawn_local(async move {
            let number = {
                let table = &mut *table.borrow_mut();
                table.connections += 1;
                table.connections
            };
            // Either end may go away as it likes, and takes the other with it.
            let _ = relay(client, server, number, &table).await;
            table.borrow_mut().standing.remove(&number);
        });
    }
}

async fn relay(
    mut client: TcpStream,
    server: SocketAddr,
    number: u64,
    table: &RefCell<Table>,
) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (cut, mut is_cut) = oneshot::channel();
    let mut cut = Some(cut);
    let mut opening = Vec::new();
    let (mut said, mut heard) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            biased;
            ending = &mut is_cut, if cut.is_none() => {
                if let Ok(Ending::Reset) = ending {
                    client.set_zero_linger()?;
                    server.set_zero_linger()?;
                }
                return Ok(());
            }
            read = client.read(&mut said) => {
                let bytes = read?;
                if bytes == 0 {
                    return Ok(());
                }
                if cut.is_some() {
                    opening.extend_from_slice(&said[..bytes]);
                    if stands(&opening) {
                        table.borrow_mut().standing.extend(cut.take().map(|cut| (number, cut)));
                    }
                }
                if cut.is_none() {
                    table.borrow_mut().heard();
                }
                server.write_all(&said[..bytes]).await?;
            }
            read = server.read(&mut heard) => {
                let bytes = read?;
                if bytes == 0 {
                    return Ok(());
                }
                client.write_all(&heard[..bytes]).await?;
            }
        }
    }
}

/// Whether a user has said more than that it wants to connect.
fn stands(opening: &[u8]) -> bool {
    let head_ends = opening.windows(4).position(|window| window == b"\r\n\r\n");
    head_ends.is_some_and(|end| opening.len() > end + 4 + CONNECT_FRAME_BYTES)
}
