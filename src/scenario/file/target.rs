//! The target as typed: which server, by which transport, through which client.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::shorthand::{Shorthand, deserialize_by_shorthand};
use crate::scenario::units::UnitError;

/// `reference`, a URL, or a list of URLs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TargetFile {
    /// `reference` or a URL such as `http://localhost:3000`.
    One(String),
    /// URLs; the users are spread over them in turn.
    Many(Vec<String>),
}

impl Default for TargetFile {
    fn default() -> TargetFile {
        TargetFile::One("reference".into())
    }
}

impl TargetFile {
    /// Whether it is the bundled server.
    pub(in crate::scenario) fn is_reference(&self) -> bool {
        *self == TargetFile::default()
    }
}

impl<'de> Shorthand<'de> for TargetFile {
    const EXPECTED: &'static str = "`reference`, a URL, or a list of URLs";

    fn from_text(text: &str) -> Result<TargetFile, UnitError> {
        Ok(TargetFile::One(text.into()))
    }

    fn from_list<D: Deserializer<'de>>(list: D) -> Result<TargetFile, D::Error> {
        Vec::deserialize(list).map(TargetFile::Many)
    }
}

deserialize_by_shorthand!(TargetFile);

/// The Engine.IO transport that users connect by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// WebSocket from the first request on, without polling before it.
    #[default]
    Websocket,
    /// HTTP long-polling, and nothing else.
    Polling,
    /// HTTP long-polling first, then an upgrade to WebSocket, as browsers do.
    Upgrade,
}

impl Shorthand<'_> for Transport {
    const EXPECTED: &'static str = "`websocket`, `polling` or `upgrade`";

    fn from_text(text: &str) -> Result<Transport, UnitError> {
        match text {
            "websocket" => Ok(Transport::Websocket),
            "polling" => Ok(Transport::Polling),
            "upgrade" => Ok(Transport::Upgrade),
            _ => Err(UnitError {
                what: format!("`{text}` is not a transport"),
                remedy: "write `websocket`, `polling` or `upgrade`".into(),
            }),
        }
    }
}

deserialize_by_shorthand!(Transport);

/// Who speaks Socket.IO for the users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// chatbench's own client.
    #[default]
    Native,
    /// The `rust_socketio` crate: slower, and a second opinion.
    RustSocketio,
}
