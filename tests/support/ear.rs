//! Ear: all that a client comes to know, line by line.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use chatbench::client::{
    Call, Client, ClientOptions, ConnectError, Driver, Endpoint, Heard, Listener, Network,
    Recovery, SessionOptions, Tls, TransportOptions, Way, connect,
};
use chatbench::clock::Clock;
use chatbench::time::Timestamp;
use tokio::sync::Notify;
use tokio::task::LocalSet;

/// The longest message that a client takes.
pub(crate) const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// What its machine may keep for a server that does not read.
pub(crate) const UNSENT_BYTES_MAX: usize = 1 << 16;
/// The limit on what must happen: a machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// `connected`, `recovered` or `refused: …`, then what is heard, and `lost: …`, in order.
#[derive(Default)]
pub(crate) struct Ear {
    lines: RefCell<Vec<String>>,
    /// Pings, which are no lines: how many come is a matter of time.
    pings: Cell<usize>,
    more: Notify,
}

impl Ear {
    /// Connects with `options` to `url`, and notes what comes of it.
    pub(crate) async fn connect(
        self: &Rc<Self>,
        options: ClientOptions,
        url: &str,
    ) -> Option<Box<dyn Client>> {
        self.connect_again(options, url, None).await
    }

    /// The same, to take up the session that `past` names.
    pub(crate) async fn connect_again(
        self: &Rc<Self>,
        options: ClientOptions,
        url: &str,
        past: Option<Recovery>,
    ) -> Option<Box<dyn Client>> {
        let endpoint = Endpoint::resolve(url, "/socket.io/").await.expect("it is an address");
        let listener: Rc<dyn Listener> = Rc::clone(self) as _;
        let call = Call { past, ..Call::new(&endpoint, 0) };
        self.note_outcome(connect(&Rc::new(options), call, listener).await)
    }

    /// The outcome goes first: what comes right behind the grant may be heard before.
    fn note_outcome(
        &self,
        connected: Result<Box<dyn Client>, ConnectError>,
    ) -> Option<Box<dyn Client>> {
        let (line, client) = match connected {
            Ok(client) if client.recovered() => ("recovered".into(), Some(client)),
            Ok(client) => ("connected".into(), Some(client)),
            Err(err) => (format!("refused: {err}"), None),
        };
        self.lines.borrow_mut().insert(0, line);
        client
    }

    /// What has been noted once it is as many lines, or when patience is at its end.
    pub(crate) async fn lines(&self, count: usize) -> Vec<String> {
        self.lines_once(|lines| lines.len() >= count).await
    }

    /// What has been noted once it `is_enough`, or when patience is at its end.
    pub(crate) async fn lines_once(&self, is_enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        let noted = async {
            while !is_enough(&self.lines.borrow()) {
                self.more.notified().await;
            }
        };
        // Whoever asked sees how many there are.
        let _ = tokio::time::timeout(PATIENCE, noted).await;
        self.lines.borrow().clone()
    }

    /// All that has been noted by now.
    pub(crate) fn noted(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }

    /// How many pings have come by now.
    pub(crate) fn pings(&self) -> usize {
        self.pings.get()
    }

    /// Waits until `count` pings have come, or patience is at its end.
    pub(crate) async fn pings_once(&self, count: usize) {
        let pinged = async {
            while self.pings.get() < count {
                self.more.notified().await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, pinged).await;
        assert!(self.pings.get() >= count, "{} pings, not {count}", self.pings.get());
    }

    fn note(&self, line: String) {
        self.lines.borrow_mut().push(line);
        self.more.notify_one();
    }
}

impl Listener for Ear {
    fn hear(&self, heard: Heard<'_>, _at: Timestamp) {
        self.note(match heard {
            Heard::Alive => {
                self.pings.set(self.pings.get() + 1);
                return self.more.notify_one();
            }
            // A message of many kilobytes makes no readable transcript.
            Heard::Event { data, .. } if data.len() > 100 => format!("{} bytes", data.len()),
            Heard::Event { data, recoverable: false } => data.into(),
            Heard::Event { data, recoverable: true } => format!("{data}, recoverable"),
            Heard::Ack { id } => format!("ack {id}"),
            Heard::Lost(reason) => format!("lost: {reason}"),
        });
    }
}

/// A client that is set to nothing special.
pub(crate) fn options(driver: Driver, tls: Tls) -> ClientOptions {
    ClientOptions {
        driver,
        session: Rc::new(SessionOptions { open_timeout: PATIENCE, ..SessionOptions::default() }),
        way: Way::WebSocket,
        transport: Rc::new(TransportOptions {
            network: Network::System,
            tls,
            headers: Vec::new(),
            source_ips: Vec::new(),
            open_timeout: PATIENCE,
            message_bytes_max: MESSAGE_BYTES_MAX,
            unsent_bytes_max: UNSENT_BYTES_MAX,
        }),
        clock: Clock::start(),
    }
}

/// Any certificate will do.
pub(crate) fn insecure() -> Tls {
    Tls::insecure().expect("it needs nothing of the machine")
}

/// Runs `test` on one thread, as a shard's clients run.
pub(crate) fn on_one_thread<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    LocalSet::new().block_on(&runtime.expect("a runtime can be built"), test)
}
