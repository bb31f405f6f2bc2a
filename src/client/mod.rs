//! One Socket.IO connection, whoever implements it.

mod native;
#[cfg(feature = "rust_socketio")]
mod rust_socketio;

use std::rc::Rc;
use std::time::Duration;

use crate::clock::Clock;
use crate::time::Timestamp;
use crate::transport::Lost;
use crate::visible::plain;

pub use crate::protocol::{Recovery, SessionOptions};
pub use crate::transport::{
    ConnectError as TransportError, Endpoint, EndpointError, Network, OpeningStep, Tls, TlsError,
    TransportOptions,
};

/// The most of a server's own words that an error repeats, in bytes.
const QUOTED_BYTES_MAX: usize = 200;

/// What a server said, cut short and made harmless for whoever reads it on a terminal.
fn quoted(said: &str) -> String {
    let end = said.floor_char_boundary(QUOTED_BYTES_MAX);
    let dots = if end < said.len() { "…" } else { "" };
    // JSON is to stay readable: its quotes are no danger.
    plain(&said[..end]) + dots
}

/// Which implementation speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// chatbench's own session on its own transport.
    Native,
    /// The `rust_socketio` crate: a second opinion.
    RustSocketio,
}

/// The transports that a connection uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// A WebSocket from the first request on.
    #[default]
    WebSocket,
    /// HTTP long-polling, to the end.
    Polling,
    /// HTTP long-polling until a WebSocket stands, as browsers do.
    Upgrade,
}

impl Way {
    fn begins_by_polling(self) -> bool {
        self != Way::WebSocket
    }
}

/// What every connection of a run has in common.
#[derive(Debug)]
pub struct ClientOptions {
    /// Which implementation speaks.
    pub driver: Driver,
    /// How the protocol is spoken: namespace, auth, limits, time to open.
    pub session: Rc<SessionOptions>,
    /// Which transports are used.
    pub way: Way,
    /// How sockets are opened.
    pub transport: Rc<TransportOptions>,
    /// The run's clock.
    pub clock: Clock,
}

/// What a connection hears.
#[derive(Debug)]
pub enum Heard<'a> {
    /// An event.
    Event {
        /// The JSON text of its array: `["name",argument…]`.
        data: &'a str,
        /// Whether the server offers connection state recovery, and so may have appended one
        /// more argument, the offset.
        recoverable: bool,
    },
    /// An acknowledgement.
    Ack {
        /// The id that [`Client::emit_with_ack`] gave out.
        id: u64,
    },
    /// The connection is over, and was not closed here.
    Lost(LostReason),
    /// A sign of life that is no event: the server's ping.
    Alive,
}

/// Hears what one connection hears, as it arrives.
///
/// It is called from within the connection, so it must not emit on it then and there.
pub trait Listener {
    /// Something was heard; `at` is when it arrived on this machine.
    fn hear(&self, heard: Heard<'_>, at: Timestamp);
}

/// A connection that stands in its namespace. Dropping it ends it without a word.
pub trait Client {
    /// Emits an event given as the JSON text of its array.
    ///
    /// # Errors
    /// When the connection is over.
    fn emit(&mut self, data: &str) -> Result<(), Gone>;

    /// Emits an event and asks for its acknowledgement; gives the id that will carry.
    ///
    /// # Errors
    /// When the connection is over.
    fn emit_with_ack(&mut self, data: &str) -> Result<u64, Gone>;

    /// Leaves the namespace and says goodbye; nothing is heard after that.
    fn close(&mut self);

    /// Leaves the namespace and stays on the transport, where pings are answered: whatever is
    /// still heard is told.
    ///
    /// # Errors
    /// When the connection is over, or the namespace left already.
    fn leave(&mut self) -> Result<(), Gone>;

    /// Cuts the connection without a word, as a network does that fails: no packet and no frame
    /// says so, and every TCP connection that stands is reset. Nothing is heard after that.
    fn cut(&mut self);

    /// Whether the server took up the session that [`Call::past`] named: "`recovered = pid &&
    /// this._pid === pid`", the official client says of the private id in the server's answer.
    fn recovered(&self) -> bool;

    /// What it takes to take this session up later, be it over or not: nothing where the server
    /// offers no recovery, or no offset was heard yet.
    fn recovery(&self) -> Option<Recovery>;
}

/// The connection is over, of which its listener was told why, or its namespace was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// Why a connection that stood is over.
#[derive(Debug, thiserror::Error)]
pub enum LostReason {
    /// The transport is.
    #[error("{0}")]
    Transport(#[from] Lost),
    /// The Engine.IO or Socket.IO session is.
    #[error("{0}")]
    Session(crate::protocol::CloseReason),
    /// The server sent the user out of the namespace.
    #[error("the server disconnected the client from the namespace")]
    Left,
    /// The server refuses the namespace that it had granted.
    #[error("the server takes back the namespace it had granted{}", after(data))]
    Revoked {
        /// What the server says, as it came.
        data: String,
    },
    /// The second driver says so.
    #[error("{0}")]
    Driver(String),
}

/// Why a connection did not come to stand.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No WebSocket, or no session by polling.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The namespace refuses.
    #[error("the server refuses the connection to the namespace {namespace}{}", after(data))]
    Refused {
        /// The namespace asked for.
        namespace: String,
        /// What the server says, as it came.
        data: String,
    },
    /// The transport stood, but what came over it led to no connection.
    #[error("a connection was opened, but no Socket.IO connection came of it: {0}")]
    Lost(LostReason),
    /// No connection within the time allowed.
    #[error("a connection was opened, but {stage} did not come within {}",
        humantime::format_duration(*.within))]
    Timeout {
        /// What was waited for.
        stage: &'static str,
        /// The time allowed.
        within: Duration,
    },
    /// This build does not have the driver asked for.
    #[error("this build has no client `rust_socketio`: build it with the feature of that name")]
    NoDriver,
    /// The second driver says so.
    #[error("{0}")]
    Driver(String),
}

fn after(data: &str) -> String {
    if data.is_empty() { String::new() } else { format!(": {data}") }
}

/// Whom to connect to, and as who.
#[derive(Clone, Debug)]
pub struct Call<'e> {
    /// Where the server is.
    pub endpoint: &'e Endpoint,
    /// Chooses among its addresses and those to connect from.
    pub turn: usize,
    /// The session to take up again. The server may take no notice, and then this is a new one:
    /// see [`Client::recovered`].
    pub past: Option<Recovery>,
}

impl<'e> Call<'e> {
    /// A call that asks for a new session.
    pub fn new(endpoint: &'e Endpoint, turn: usize) -> Call<'e> {
        Call { endpoint, turn, past: None }
    }
}

/// Connects as `call` says. `listener` hears everything from the first event on, even before this
/// returns: what a session has missed that is taken up again comes before the server's answer.
///
/// # Errors
/// When no connection comes to stand within the time allowed.
pub async fn connect(
    options: &Rc<ClientOptions>,
    call: Call<'_>,
    listener: Rc<dyn Listener>,
) -> Result<Box<dyn Client>, ConnectError> {
    match options.driver {
        Driver::Native => native::connect(options, call, listener).await,
        #[cfg(feature = "rust_socketio")]
        // Boxed, lest every native connection be given the room that this driver takes.
        Driver::RustSocketio => {
            Box::pin(rust_socketio::connect(options, call.endpoint, listener)).await
        }
        #[cfg(not(feature = "rust_socketio"))]
        Driver::RustSocketio => Err(ConnectError::NoDriver),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, SocketAddr};

    struct Deaf;

    impl Listener for Deaf {
        fn hear(&self, _heard: Heard<'_>, _at: Timestamp) {}
    }

    /// A thousand users may be connecting at once, and what that took is never given back.
    #[test]
    fn connecting_takes_little_room() {
        let options = Rc::new(ClientOptions {
            driver: Driver::Native,
            session: Rc::new(SessionOptions::default()),
            way: Way::WebSocket,
            transport: Rc::new(TransportOptions {
                network: Network::System,
                tls: Tls::insecure().expect("TLS"),
                headers: Vec::new(),
                source_ips: Vec::new(),
                open_timeout: Duration::from_secs(1),
                message_bytes_max: 1,
                unsent_bytes_max: 1,
            }),
            clock: Clock::start(),
        });
        let endpoint = Endpoint {
            host: "localhost".into(),
            tls: false,
            authority: "localhost".into(),
            path: "/".into(),
            query: String::new(),
            addresses: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 1))],
            url: "http://localhost".into(),
        };
        let connecting = connect(&options, Call::new(&endpoint, 0), Rc::new(Deaf));
        assert!(size_of_val(&connecting) <= 1024, "{} bytes", size_of_val(&connecting));
    }
}
