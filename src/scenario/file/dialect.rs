//! The dialect as typed: how a server spells joining, sending and receiving.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::shorthand::{Shorthand, deserialize_by_shorthand};
use crate::scenario::units::{Period, UnitError};

/// `chat`, or a dialect spelled out.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum DialectFile {
    /// A dialect by its name; there is `chat`.
    Named(DialectName),
    /// A dialect of one's own.
    Custom(Box<DialectMap>),
}

/// The dialects that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DialectName {
    /// `join-room` with the room's name; `send-msg` and `onreceive-msg` with an object of
    /// `room`, `author` and `message`; no acknowledgements; the sender hears nothing.
    Chat,
}

impl Default for DialectFile {
    fn default() -> DialectFile {
        DialectFile::Named(DialectName::Chat)
    }
}

impl<'de> Shorthand<'de> for DialectFile {
    const EXPECTED: &'static str = "`chat`, or a mapping with `join`, `send` and `receive`";

    fn from_text(text: &str) -> Result<DialectFile, UnitError> {
        match text {
            "chat" => Ok(DialectFile::default()),
            _ => Err(UnitError {
                what: format!("there is no dialect called `{text}`"),
                remedy: "write `chat`, or a mapping with `join`, `send` and `receive`".into(),
            }),
        }
    }

    fn from_map<D: Deserializer<'de>>(map: D) -> Result<DialectFile, D::Error> {
        DialectMap::deserialize(map).map(|dialect| DialectFile::Custom(Box::new(dialect)))
    }
}

deserialize_by_shorthand!(DialectFile);

/// How a server spells what every chat has.
///
/// In payloads `${room}` stands for the room's name, `${author}` for the user's, `${text}` for
/// the message's text and, in what is received, `${any}` for a whole value that the server makes
/// itself. All but `${any}` may stand inside longer strings. `$${` is a plain `${`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DialectMap {
    /// How a user joins a room.
    pub join: JoinFile,
    /// How a user leaves a room without disconnecting. Default: there is no such event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave: Option<EventFile>,
    /// How a user sends a message; `${text}` stands in it once.
    pub send: EventFile,
    /// How members receive it; `${text}` stands in it once. Without `payload` and `arguments`
    /// it carries what was sent.
    pub receive: EventFile,
    /// Whether the server sends a message back to its sender: `excluded` (it does not) or
    /// `echoed`. Default: `excluded`.
    #[serde(default)]
    pub sender: SenderPolicy,
    /// Events beside the chat that `conform` may use. Default: there are none.
    #[serde(default, skip_serializing_if = "HooksFile::is_empty")]
    pub hooks: HooksFile,
}

/// Events beside the chat that a server has for the sake of being checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HooksFile {
    /// An event that comes back to its sender with the arguments it was sent with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub echo: Option<EchoFile>,
    /// The name of an event that is acknowledged with the arguments it was sent with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack: Option<String>,
    /// A second namespace, with the same events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Whether the server relays binary attachments in messages. Default: `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub binary: bool,
    /// What packets are: `text`, or `msgpack`, which only `conform` speaks. Default: `text`.
    #[serde(default, skip_serializing_if = "ParserFile::is_text")]
    pub parser: ParserFile,
}

/// What packets are on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParserFile {
    /// Text, with binary attachments beside it.
    #[default]
    Text,
    /// MessagePack, as with `socket.io-msgpack-parser`.
    Msgpack,
}

impl ParserFile {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
    fn is_text(&self) -> bool {
        *self == ParserFile::Text
    }
}

impl HooksFile {
    fn is_empty(&self) -> bool {
        *self == HooksFile::default()
    }
}

/// An event that comes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EchoFile {
    /// The event's name.
    pub event: String,
    /// The name it comes back by.
    pub back: String,
}

/// An event with its arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventFile {
    /// The event's name.
    pub event: String,
    /// Its only argument: any value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// Its arguments, where there are several; instead of `payload`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<Value>>,
}

/// How a user joins a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinFile {
    /// The event's name.
    pub event: String,
    /// Its only argument: any value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// Its arguments, where there are several; instead of `payload`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<Value>>,
    /// What shows that the server has the user in the room. Default: `probe`.
    #[serde(default)]
    pub confirm: ConfirmFile,
}

/// What shows that a join is done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmFile {
    /// The first message that the joiner hears in the room; others send some until it does.
    #[default]
    Probe,
    /// The acknowledgement of the join event.
    Ack(AckFile),
    /// An event that the server sends to the joiner.
    Event(ConfirmEventFile),
    /// Nothing: it is taken for done after this long.
    Settle(Period),
}

/// An acknowledgement; what it says does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AckFile {}

/// The event that confirms a join.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEventFile {
    /// The event's name.
    pub name: String,
    /// Its only argument. Without it and `arguments`, any will do, and the event confirms all
    /// joins of the user that are under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// Its arguments, where there are several; instead of `payload`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<Value>>,
}

/// The spellings of [`ConfirmFile`] that are mappings.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ConfirmMap {
    Ack(AckFile),
    Event(ConfirmEventFile),
    Settle(Period),
}

impl<'de> Shorthand<'de> for ConfirmFile {
    const EXPECTED: &'static str = "`probe`, or a mapping `ack`, `event` or `settle`";

    fn from_text(text: &str) -> Result<ConfirmFile, UnitError> {
        match text {
            "probe" => Ok(ConfirmFile::Probe),
            "ack" => Ok(ConfirmFile::Ack(AckFile {})),
            _ => Err(UnitError {
                what: format!("`{text}` is no way to confirm a join"),
                remedy: "write `probe`, `{ack: {}}`, `{event: {name: joined}}` or \
                         `{settle: 200 ms}`"
                    .into(),
            }),
        }
    }

    fn from_map<D: Deserializer<'de>>(map: D) -> Result<ConfirmFile, D::Error> {
        Ok(match ConfirmMap::deserialize(map)? {
            ConfirmMap::Ack(ack) => ConfirmFile::Ack(ack),
            ConfirmMap::Event(event) => ConfirmFile::Event(event),
            ConfirmMap::Settle(period) => ConfirmFile::Settle(period),
        })
    }
}

deserialize_by_shorthand!(ConfirmFile);

/// Whether a message comes back to its sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SenderPolicy {
    /// The server sends it to everyone in the room but its sender.
    #[default]
    Excluded,
    /// The server sends it to everyone in the room, its sender included.
    Echoed,
}
