//! Moves frames between a socket and whoever understands them; understands none itself.

mod endpoint;
mod frame;
pub mod http;
mod network;
mod opening;
mod polling;
mod stream;
mod tls;
mod websocket;

pub use endpoint::{Endpoint, EndpointError};
pub use network::{ByteStream, Dialer, Dialling, Network};
pub use polling::Polling;
pub use stream::Stream;
pub use tls::{Tls, TlsError};
pub use websocket::{Lost, OnFrame, Sender, WebSocket};

use std::net::IpAddr;
use std::time::Duration;

/// How sockets are opened, and what they may cost.
#[derive(Debug)]
pub struct TransportOptions {
    /// Where connections come from.
    pub network: Network,
    /// How TLS is spoken where the target's scheme asks for it.
    pub tls: Tls,
    /// Lines of the opening request beside its own, as name and value.
    pub headers: Vec<(String, String)>,
    /// Addresses to connect from, in turn; the system chooses when there are none.
    pub source_ips: Vec<IpAddr>,
    /// From the first packet to the answer that opens a WebSocket, or a session that polls.
    pub open_timeout: Duration,
    /// The longest message taken from the server, in bytes, however many frames it comes in.
    pub message_bytes_max: usize,
    /// What may wait for a server that does not read, in bytes, before it counts as lost.
    pub unsent_bytes_max: usize,
}

/// Why a connection could not be opened; the target is named by whoever asked for it.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No connection: refused, unreachable, no free port, no free file descriptor.
    #[error("{0}")]
    Dial(std::io::Error),
    /// The TLS handshake failed.
    #[error("TLS: {0}")]
    Tls(std::io::Error),
    /// The TLS handshake came to the server's certificate, which is not trusted.
    #[error("TLS: {0}")]
    Untrusted(std::io::Error),
    /// The connection broke before it stood.
    #[error("the connection broke while it was being opened: {0}")]
    Broken(std::io::Error),
    /// The server closed the connection before it had answered.
    #[error("the server closed the connection without answering the request")]
    Hangup,
    /// The server answers with something that is not HTTP/1.1.
    #[error("the answer is not HTTP: it begins {begins:?}")]
    NotHttp {
        /// The answer's first bytes.
        begins: String,
    },
    /// The server answers HTTP, but does not switch to the WebSocket protocol.
    #[error("HTTP {status}{}{}", leading_to(location), after(body))]
    Refused {
        /// The HTTP status code.
        status: u16,
        /// Where the server says to go instead; empty if it does not.
        location: String,
        /// The first bytes of what came with it.
        body: String,
    },
    /// The server answers with HTTP that cannot be used.
    #[error("the answer cannot be used: {0}")]
    BadAnswer(&'static str),
    /// The server agreed, but not as RFC 6455 section 4.2.2 wants it.
    #[error("the answer to the WebSocket's request is wrong: {0}")]
    BadUpgrade(&'static str),
    /// The time allowed was over at this step.
    #[error("{step} within {}", humantime::format_duration(*.within))]
    Timeout {
        /// What was waited for.
        step: OpeningStep,
        /// The time allowed.
        within: Duration,
    },
}

/// What opening a WebSocket waits for, one after another; printed as what did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpeningStep {
    /// A TCP connection.
    Connection,
    /// The server's part in the TLS handshake.
    Tls,
    /// The answer to the request for a WebSocket, or for a session that polls.
    Answer,
}

impl std::fmt::Display for OpeningStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            OpeningStep::Connection => "no TCP connection",
            OpeningStep::Tls => "no answer to the TLS handshake",
            OpeningStep::Answer => "no answer to the request",
        })
    }
}

fn leading_to(location: &str) -> String {
    if location.is_empty() { String::new() } else { format!(", which leads to {location}") }
}

fn after(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!(": {body:?}") }
}
