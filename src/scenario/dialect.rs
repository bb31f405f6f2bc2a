//! Dialect: how a server spells joining, sending and receiving, compiled from its data.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::Mistake;
use super::file::SenderPolicy;
use super::file::{
    AckFile, ConfirmEventFile, ConfirmFile, DialectFile, DialectMap, EchoFile, EventFile,
    HooksFile, JoinFile, ParserFile,
};
use super::path::Path;
use super::template::{Part, Pattern, Placeholder, Template};

/// How a server spells what every chat has.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialect {
    /// How a user joins a room.
    pub join: Join,
    /// How a user leaves a room without disconnecting, if there is a way.
    pub leave: Option<Template>,
    /// How a user sends a message.
    pub send: Template,
    /// How members receive it.
    pub receive: Template,
    /// Whether a message comes back to its sender.
    pub sender: SenderPolicy,
    /// Events beside the chat that `conform` may use.
    pub hooks: Hooks,
}

/// Events beside the chat that a server has for the sake of being checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hooks {
    /// An event that comes back, and the name it comes back by.
    pub echo: Option<(String, String)>,
    /// An event that is acknowledged with its arguments.
    pub ack: Option<String>,
    /// A second namespace with the same events.
    pub namespace: Option<String>,
    /// Whether binary attachments in messages are relayed.
    pub binary: bool,
    /// What packets are on the wire.
    pub parser: Parser,
}

/// What packets are on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parser {
    /// Text, with attachments beside it: the parser that every server begins with.
    #[default]
    Text,
    /// One MessagePack value each.
    MessagePack,
}

impl From<&HooksFile> for Hooks {
    fn from(file: &HooksFile) -> Hooks {
        Hooks {
            echo: file.echo.as_ref().map(|echo| (echo.event.clone(), echo.back.clone())),
            ack: file.ack.clone(),
            namespace: file.namespace.clone(),
            binary: file.binary,
            parser: match file.parser {
                ParserFile::Text => Parser::Text,
                ParserFile::Msgpack => Parser::MessagePack,
            },
        }
    }
}

/// How a user joins a room.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// What the user emits.
    pub template: Template,
    /// What shows that the server has the user in the room.
    pub confirm: Confirm,
}

/// What shows that a join is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Confirm {
    /// The first message that the joiner hears in the room.
    Probe,
    /// The acknowledgement of the join event.
    Ack,
    /// An event that the server sends to the joiner.
    Event {
        /// The event's name.
        name: Box<str>,
        /// What it must say; without it, the event alone will do.
        template: Option<Template>,
    },
    /// This much time.
    Settle(Duration),
}

impl Dialect {
    /// The dialect `chat`, the default.
    pub fn chat() -> Dialect {
        Dialect::compile(&chat(), &Path::default()).expect("the dialect `chat` is well formed")
    }

    /// The dialect `chat` with the events beside it that the bundled server has: to leave a room,
    /// and what `--hooks` adds.
    pub fn chat_with_hooks() -> Dialect {
        let map = chat_with_hooks();
        Dialect::compile(&map, &Path::default()).expect("the dialect with hooks is well formed")
    }

    /// The dialect that `file`, which stands at `path`, means.
    pub(super) fn new(file: &DialectFile, path: &Path) -> Result<Dialect, Mistake> {
        match file {
            DialectFile::Named(_) => Ok(Dialect::chat()),
            DialectFile::Custom(map) => Dialect::compile(map, path),
        }
    }

    fn compile(map: &DialectMap, path: &Path) -> Result<Dialect, Mistake> {
        let leave = map.leave.as_ref().map(|leave| (leave, path.name("leave")));
        Ok(Dialect {
            join: join(&map.join, &path.name("join"))?,
            leave: leave
                .map(|(leave, path)| Emitted::from(leave).compile(&path, Place::NamesARoom))
                .transpose()?,
            send: Emitted::from(&map.send).compile(&path.name("send"), Place::Sent)?,
            receive: receive(map, &path.name("receive"))?,
            sender: map.sender,
            hooks: Hooks::from(&map.hooks),
        })
    }
}

/// The dialect `chat`, written as any other would be.
fn chat() -> DialectMap {
    let event = |event: &str, payload| EventFile {
        event: event.into(),
        payload: Some(payload),
        arguments: None,
    };
    let message = json!({ "room": "${room}", "author": "${author}", "message": "${text}" });
    DialectMap {
        join: JoinFile {
            event: "join-room".into(),
            payload: Some("${room}".into()),
            arguments: None,
            confirm: ConfirmFile::Probe,
        },
        leave: None,
        send: event("send-msg", message.clone()),
        receive: event("onreceive-msg", message),
        sender: SenderPolicy::Excluded,
        hooks: HooksFile::default(),
    }
}

fn chat_with_hooks() -> DialectMap {
    let echo = EchoFile { event: "message".into(), back: "message-back".into() };
    let leave =
        EventFile { event: "leave-room".into(), payload: Some("${room}".into()), arguments: None };
    let hooks = HooksFile {
        echo: Some(echo),
        ack: Some("message-with-ack".into()),
        namespace: Some("/custom".into()),
        binary: true,
        parser: ParserFile::default(),
    };
    DialectMap { leave: Some(leave), hooks, ..chat() }
}

fn join(file: &JoinFile, path: &Path) -> Result<Join, Mistake> {
    let emitted = Emitted {
        event: &file.event,
        payload: file.payload.as_ref(),
        arguments: file.arguments.as_deref(),
        name_key: "event",
    };
    let template = emitted.compile(path, Place::NamesARoom)?;
    let confirm = match &file.confirm {
        ConfirmFile::Probe => Confirm::Probe,
        ConfirmFile::Ack(AckFile {}) => Confirm::Ack,
        ConfirmFile::Settle(period) => Confirm::Settle(period.duration()),
        ConfirmFile::Event(event) => confirm_event(event, &path.name("confirm").name("event"))?,
    };
    Ok(Join { template, confirm })
}

fn confirm_event(file: &ConfirmEventFile, path: &Path) -> Result<Confirm, Mistake> {
    let emitted = Emitted {
        event: &file.name,
        payload: file.payload.as_ref(),
        arguments: file.arguments.as_deref(),
        name_key: "name",
    };
    let template = emitted.compile(path, Place::Confirms)?;
    let any_will_do = file.payload.is_none() && file.arguments.is_none();
    let name = file.name.as_str().into();
    Ok(Confirm::Event { name, template: (!any_will_do).then_some(template) })
}

fn receive(map: &DialectMap, path: &Path) -> Result<Template, Mistake> {
    let mut emitted = Emitted::from(&map.receive);
    if emitted.payload.is_none() && emitted.arguments.is_none() {
        emitted.payload = map.send.payload.as_ref();
        emitted.arguments = map.send.arguments.as_deref();
    }
    emitted.compile(path, Place::Received)
}

/// Where a template stands, which decides what may stand in it.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    NamesARoom,
    Sent,
    Received,
    Confirms,
}

/// An event as typed, wherever it stands.
struct Emitted<'a> {
    event: &'a str,
    payload: Option<&'a Value>,
    arguments: Option<&'a [Value]>,
    /// The key that the event's name stands under.
    name_key: &'static str,
}

impl<'a> From<&'a EventFile> for Emitted<'a> {
    fn from(file: &'a EventFile) -> Emitted<'a> {
        Emitted {
            event: &file.event,
            payload: file.payload.as_ref(),
            arguments: file.arguments.as_deref(),
            name_key: "event",
        }
    }
}

/// Names that Socket.IO keeps for itself: a client that emits one is disconnected.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

impl Emitted<'_> {
    fn compile(&self, path: &Path, place: Place) -> Result<Template, Mistake> {
        self.check_name(&path.name(self.name_key))?;
        let arguments = match (self.payload, self.arguments) {
            (Some(_), Some(_)) => {
                return Err(Mistake::new(
                    path.name("arguments"),
                    "both `payload` and `arguments` are given",
                    "keep `payload` for one argument, `arguments` for a list of them",
                ));
            }
            (Some(payload), None) => vec![pattern(payload, &path.name("payload"), place)?],
            (None, Some(arguments)) => {
                let path = path.name("arguments");
                let pattern = |(at, value)| pattern(value, &path.index(at), place);
                arguments.iter().enumerate().map(pattern).collect::<Result<_, _>>()?
            }
            (None, None) => Vec::new(),
        };
        let template = Template::new(self.event, arguments);
        self.check_text(&template, path, place)?;
        Ok(template)
    }

    fn check_name(&self, path: &Path) -> Result<(), Mistake> {
        let (event, path) = (self.event, path.clone());
        if RESERVED.contains(&event) {
            let what = format!("Socket.IO keeps the event `{event}` for itself");
            return Err(Mistake::new(path, what, "write the event that the server listens to"));
        }
        if event.contains("${") {
            let what = format!("the event's name `{event}` has a placeholder in it");
            return Err(Mistake::new(path, what, "put placeholders into the payload"));
        }
        Ok(())
    }

    fn check_text(&self, template: &Template, path: &Path, place: Place) -> Result<(), Mistake> {
        let texts = template.count_of(Placeholder::Text);
        let wanted = usize::from(matches!(place, Place::Sent | Place::Received));
        if texts == wanted {
            return Ok(());
        }
        let key = if self.arguments.is_some() { "arguments" } else { "payload" };
        let what = match texts {
            0 => "`${text}`, the message's text, does not stand in it".to_owned(),
            _ => format!("`${{text}}` stands in it {texts} times"),
        };
        let remedy = "write `\"${text}\"` in exactly one place";
        Err(Mistake::new(path.name(key), what, remedy))
    }
}

fn pattern(value: &Value, path: &Path, place: Place) -> Result<Pattern, Mistake> {
    Ok(match value {
        Value::String(text) if text == "${any}" => {
            if matches!(place, Place::Sent | Place::NamesARoom) {
                let what = "`${any}` cannot be sent";
                let remedy = "write a value, or `${room}`, `${author}` or `${text}`";
                return Err(Mistake::new(path.clone(), what, remedy));
            }
            Pattern::Any
        }
        Value::String(text) => Pattern::Text(parts(text, path, place)?.into()),
        Value::Array(values) => {
            let pattern = |(at, value)| pattern(value, &path.index(at), place);
            Pattern::Array(values.iter().enumerate().map(pattern).collect::<Result<_, _>>()?)
        }
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| {
                if key.contains("${") {
                    let what = format!("the key `{key}` has a placeholder in it");
                    let remedy = "put placeholders into values only";
                    return Err(Mistake::new(path.name(key), what, remedy));
                }
                let pattern = pattern(value, &path.name(key), place)?;
                Ok((key.as_str().into(), pattern))
            };
            Pattern::Object(entries.iter().map(entry).collect::<Result<_, _>>()?)
        }
        plain => Pattern::Plain(plain.clone()),
    })
}

/// A string cut at its placeholders.
fn parts(text: &str, path: &Path, place: Place) -> Result<Vec<Part>, Mistake> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (head, tail) = rest.split_at(at);
        if let Some(head) = head.strip_suffix('$') {
            literal.push_str(head);
            literal.push_str("${");
            rest = &tail[2..];
            continue;
        }
        literal.push_str(head);
        let position = text[..text.len() - tail.len()].chars().count() + 1;
        let (placeholder, length) = placeholder(tail, position, path, place)?;
        if !literal.is_empty() {
            parts.push(Part::Literal(std::mem::take(&mut literal).into()));
        }
        parts.push(Part::Filled(placeholder));
        rest = &tail[length..];
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(Part::Literal(literal.into()));
    }
    Ok(parts)
}

/// The placeholder that `tail` begins with, and the length of it; `position` counts from 1.
fn placeholder(
    tail: &str,
    position: usize,
    path: &Path,
    place: Place,
) -> Result<(Placeholder, usize), Mistake> {
    let wrong = |what: String, remedy: &str| Err(Mistake::new(path.clone(), what, remedy));
    let Some(end) = tail.find('}') else {
        let what = format!("the placeholder at character {position} is not closed");
        return wrong(what, "write `${room}`, `${author}` or `${text}`, or `$${` for a plain `${`");
    };
    let placeholder = match &tail[2..end] {
        "room" => Placeholder::Room,
        "author" => Placeholder::Author,
        "text" if matches!(place, Place::Sent | Place::Received) => Placeholder::Text,
        "text" => {
            let what = format!("`${{text}}` at character {position}: there is no message here");
            return wrong(what, "write `${room}` or `${author}`");
        }
        "any" => {
            let what = format!("`${{any}}` at character {position} stands inside a longer string");
            return wrong(what, "let `\"${any}\"` be the whole value");
        }
        name => {
            let what = format!("unknown placeholder `${{{name}}}` at character {position}");
            let known = "there are `${room}`, `${author}`, `${text}` and, where something is \
                         received, `${any}`; `$${` is a plain `${`";
            return wrong(what, known);
        }
    };
    Ok((placeholder, end + 1))
}
