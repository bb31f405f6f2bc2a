//! Check: one requirement, where it stands, and how it is tried.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::finding::Found;
use super::trial::Trial;

/// One requirement and how it is tried: a constant.
#[derive(Clone, Copy)]
pub struct Check {
    /// A name that never changes its meaning, such as `EIO-HS-01`.
    pub id: &'static str,
    /// What a server does that passes, in a few words.
    pub title: &'static str,
    /// What is required, in the words of whoever requires it.
    pub requirement: &'static str,
    /// Where that stands.
    pub section: Section,
    /// What failing it means.
    pub level: Level,
    /// What must be there for it to be tried.
    pub needs: &'static [Need],
    /// Beside what it may run.
    pub pace: Pace,
    /// What goes over the wire.
    pub wire: &'static str,
    /// Why it matters to whoever runs a server.
    pub why: &'static str,
    /// What real servers do that differs; empty if all measured ones pass.
    pub differs: &'static str,
    /// Tries it.
    pub run: for<'t> fn(&'t Trial) -> Running<'t>,
}

/// A check under way.
pub type Running<'t> = Pin<Box<dyn Future<Output = Found> + 't>>;

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// Where a requirement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// A heading of the Engine.IO protocol, 4th revision.
    EngineIo(&'static str),
    /// A heading of the Socket.IO protocol, 5th revision.
    SocketIo(&'static str),
    /// A page of the Socket.IO documentation.
    Docs(&'static str),
    /// A section of RFC 6455, The WebSocket Protocol.
    WebSocket(&'static str),
    /// A section of another RFC: its number, and the section.
    Rfc(u16, &'static str),
    /// The official test suite asks for it; the specification does not say it.
    Suite,
    /// The chat contract.
    Contract,
    /// Nobody wrote it down: it is what operators expect.
    Practice,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Section::EngineIo(heading) => write!(f, "Engine.IO protocol v4, {heading}"),
            Section::SocketIo(heading) => write!(f, "Socket.IO protocol v5, {heading}"),
            Section::Docs(page) => write!(f, "Socket.IO documentation, {page}"),
            Section::WebSocket(section) => write!(f, "RFC 6455, section {section}"),
            Section::Rfc(number, section) => write!(f, "RFC {number}, section {section}"),
            Section::Suite => f.write_str("the official test suite"),
            Section::Contract => f.write_str("the chat contract"),
            Section::Practice => f.write_str("good practice"),
        }
    }
}

/// What failing a check means (RFC 2119), from what breaks the gate to what is only told.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The server is wrong.
    Must,
    /// The server had better do otherwise; it breaks the gate only when that is strict.
    Should,
    /// What the server does is told; neither way is wrong.
    Info,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
            Level::Info => "INFO",
        })
    }
}

/// What must be there for a check to be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// HTTP long-polling.
    Polling,
    /// Sessions by WebSocket.
    WebSocket,
    /// That the server offers to move a session that polls to a WebSocket.
    Upgrade,
    /// The chat's events: join, send, receive.
    Chat,
    /// The chat, and payloads that are JSON objects, which fields can be added to.
    ObjectPayload,
    /// An event that comes back as it was sent.
    Echo,
    /// An event that is acknowledged with its arguments.
    Ack,
    /// A second namespace with the same events.
    Namespace,
    /// An event that leaves a room.
    Leave,
    /// That the server relays binary attachments.
    Binary,
    /// That the order of messages matters.
    Order,
    /// The URL of another node of the same cluster.
    Cluster,
    /// Commands that take the broker of the cluster down and bring it back.
    Broker,
    /// A process to look at.
    Process,
    /// A heartbeat short enough to be waited for.
    Heartbeat,
    /// A limit for sending CONNECT that is short enough to be waited for.
    ConnectTimeout,
    /// That the server says how long a payload may be.
    MaxPayload,
    /// Connection state recovery.
    Recovery,
    /// That packets are MessagePack.
    MessagePack,
    /// Leave to do what may take the server down.
    Hostile,
}

/// Beside what a check may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Beside others.
    Together,
    /// By itself, after the others: it loads the server, or measures time.
    Alone,
}
