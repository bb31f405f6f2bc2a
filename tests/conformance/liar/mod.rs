//! Liar: a small server of Engine.IO 4, Socket.IO 5 and the chat, which is right in everything but
//! the one lie it is told to live by.
//!
//! It shares no codec with chatbench: a mistake made at both ends would hide itself.

mod bend;
mod chat;
mod door;
mod http;
mod json;
mod lie;
mod msgpack;
mod packet;
mod polling;
mod recovery;
mod relay;
mod session;
mod socket;
mod tolerance;
mod upgrade;
mod websocket;

pub(crate) use lie::Lie;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::Duration;

use chatbench::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use chat::Chat;
use session::Session;

/// The longest body, and the longest message of a WebSocket, in bytes.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 100_000;

/// What the server is configured to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) ping_interval: Duration,
    pub(crate) ping_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) upgrade_timeout: Duration,
    /// Connection state recovery.
    pub(crate) recovery: bool,
    /// Packets are MessagePack.
    pub(crate) msgpack: bool,
    /// Senders hear themselves, by the dialect.
    pub(crate) echoed: bool,
    /// How long an echo takes, and what a recovered session has missed.
    pub(crate) takes: Duration,
    /// Sessions may be on WebSockets.
    pub(crate) websocket: bool,
    /// Ids of sessions hold what a query has to encode.
    pub(crate) odd_ids: bool,
}

/// A server that opens sessions and does nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stub {
    Ignores,
    /// It closes each after half a second.
    HangsUp,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            ping_interval: Duration::from_millis(300),
            ping_timeout: Duration::from_millis(400),
            connect_timeout: Duration::from_secs(2),
            upgrade_timeout: Duration::from_secs(2),
            recovery: false,
            msgpack: false,
            echoed: false,
            takes: Duration::ZERO,
            websocket: true,
            odd_ids: false,
        }
    }
}

/// A server of two nodes, each on a free port; it has a thread of its own, and ends when dropped.
pub(crate) struct Liar {
    nodes: [SocketAddr; 2],
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Liar {
    /// Starts one that lives by `lie`, or that is right in everything.
    pub(crate) fn start(lie: Option<Lie>, stub: Option<Stub>, setup: Setup) -> Liar {
        let listeners = [listener(), listener()];
        let address = |it: &std::net::TcpListener| it.local_addr().expect("it has an address");
        let nodes = listeners.each_ref().map(address);
        let broker = broker_of(nodes[0].port());
        // Of another one that listened there, and was killed.
        let _ = std::fs::remove_file(&broker);
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime can be built");
            LocalSet::new().block_on(&runtime, async {
                let world =
                    Rc::new(World { broker_is_down: broker, ..World::new(lie, stub, setup) });
                let [first, second] = listeners;
                tokio::select! {
                    _ = stopped => {}
                    () = accept_all(&world, 0, first) => {}
                    () = accept_all(&world, 1, second) => {}
                }
            });
        });
        Liar { nodes, stop: Some(stop), thread: Some(thread) }
    }

    /// Where a node listens.
    pub(crate) fn url(&self, node: usize) -> String {
        format!("http://{}", self.nodes[node])
    }
}

/// The file that is there while the broker between a liar's nodes is down, the first of which
/// listens on `port`.
pub(crate) fn broker_of(port: u16) -> PathBuf {
    std::env::temp_dir().join(format!("chatbench-liar-{port}-has-no-broker"))
}

impl Drop for Liar {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A server that panicked has said so; it must not hide what the test found.
            let _ = thread.join();
        }
    }
}

fn listener() -> std::net::TcpListener {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.set_nonblocking(true).expect("a socket can be made non-blocking");
    listener
}

async fn accept_all(world: &Rc<World>, node: usize, listener: std::net::TcpListener) {
    let listener = TcpListener::from_std(listener).expect("it does not block");
    loop {
        let Ok((tcp, _)) = listener.accept().await else { return };
        if world.is_down.get() {
            continue;
        }
        if tcp.set_nodelay(true).is_ok() {
            tokio::task::spawn_local(door::serve(Rc::clone(world), node, tcp));
        }
    }
}

/// What all connections share.
pub(crate) struct World {
    lie: Option<Lie>,
    stub: Option<Stub>,
    setup: Setup,
    clock: Clock,
    sessions: RefCell<HashMap<String, Rc<Session>>>,
    /// Those that are over, and have something left to say to a poll.
    last_words: RefCell<HashMap<String, Rc<Session>>>,
    chat: RefCell<Chat>,
    /// Counts what a lie counts.
    tally: Cell<u32>,
    /// A lie took it down: it accepts no more.
    is_down: Cell<bool>,
    /// The file that is there while the nodes do not hear each other.
    broker_is_down: PathBuf,
    /// What was said meanwhile and will be said again, where that is the lie.
    to_repeat: RefCell<Vec<(Rc<Session>, Vec<packet::Message>)>>,
    /// What a lie never gives back.
    kept: RefCell<Vec<Kept>>,
}

/// Something that is there to be kept, and nothing else.
#[expect(dead_code, reason = "nobody looks at it again")]
enum Kept {
    Memory(Vec<u8>),
    File(std::fs::File),
}

/// What a lie keeps of each visit, in bytes.
const KEPT_OF_VISIT_BYTES: usize = 60_000;

impl World {
    fn new(lie: Option<Lie>, stub: Option<Stub>, setup: Setup) -> World {
        World {
            lie,
            stub,
            setup,
            clock: Clock::start(),
            sessions: RefCell::default(),
            last_words: RefCell::default(),
            chat: RefCell::default(),
            tally: Cell::new(0),
            is_down: Cell::new(false),
            broker_is_down: PathBuf::new(),
            to_repeat: RefCell::default(),
            kept: RefCell::default(),
        }
    }

    /// Keeps memory for ever.
    fn keep(&self, bytes: usize) {
        // Written to, or else it would be none.
        self.kept.borrow_mut().push(Kept::Memory(vec![1; bytes]));
    }

    /// What lies keep of a visit.
    fn keep_of_visit(&self) {
        if self.lies(Lie::KeepsMemoryOfVisits) {
            self.keep(KEPT_OF_VISIT_BYTES);
        }
        if self.lies(Lie::KeepsFilesOfVisits) {
            let file = std::fs::File::open("/dev/null").expect("there is nothing");
            self.kept.borrow_mut().push(Kept::File(file));
        }
    }

    /// Whether `lie` is what it lives by.
    fn lies(&self, lie: Lie) -> bool {
        self.lie == Some(lie)
    }

    /// Whether it keeps in their rooms who is gone.
    fn lies_of_the_gone(&self) -> bool {
        self.lies(Lie::EndsWhoSpeaksToTheGone)
    }

    /// Whether this is one of those times, one in `period`, at which `lie` is told.
    fn lies_each(&self, lie: Lie, period: u32) -> bool {
        if !self.lies(lie) {
            return false;
        }
        self.tally.set(self.tally.get() + 1);
        self.tally.get().is_multiple_of(period)
    }

    /// Serves nobody for longer than an answer may take, and yet not for twice as long; once.
    fn stand_still(&self) {
        const STILL: Duration = Duration::from_millis(1_400);
        if self.lies(Lie::StandsStillBeforeItEnds) && self.tally.replace(1) == 0 {
            let until = self.clock.now() + STILL;
            while self.clock.now() < until {
                std::thread::park_timeout(until.since(self.clock.now()));
            }
        }
    }

    /// Goes down: it takes no connections any more, and ends those that stand.
    fn die(&self) {
        self.is_down.set(true);
        let sessions: Vec<Rc<Session>> = self.sessions.borrow().values().cloned().collect();
        for session in sessions {
            session.close(session::End::Server);
        }
    }

    async fn wait(&self, period: Duration) {
        self.clock.sleep_until(self.clock.now() + period).await;
    }

    fn session(&self, sid: &str) -> Option<Rc<Session>> {
        self.sessions.borrow().get(sid).cloned()
    }

    fn new_session_id(&self) -> String {
        if self.lies_each(Lie::GivesIdsTwice, 20) {
            return "7f3a9c0d5be812644e1f".into();
        }
        if self.lies_each(Lie::CountsItsIds, 1) {
            return format!("{:020}", self.tally.get());
        }
        if self.lies(Lie::GivesShortIds) {
            return format!("{:08x}", rand::random::<u32>());
        }
        if self.setup.odd_ids {
            return format!("{} +/=&#%25é", self.new_id());
        }
        self.new_id()
    }

    /// An id that nobody guesses.
    fn new_id(&self) -> String {
        format!("{:020x}", rand::random::<u128>() >> 48)
    }
}
