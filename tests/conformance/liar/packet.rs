//! Packet: Socket.IO's packets, read and written (Socket.IO protocol v5, *Packet encoding*).

use std::rc::Rc;

use serde_json::Value;

use super::json;

/// What travels in an Engine.IO message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Text(Rc<str>),
    Binary(Rc<[u8]>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Connect = 0,
    Disconnect,
    Event,
    Ack,
    ConnectError,
}

/// A packet as it stands in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) kind: Kind,
    pub(super) namespace: String,
    /// Whether a comma ends the namespace.
    pub(super) has_comma: bool,
    /// How many attachments follow; nothing for a packet that has none by its kind.
    pub(super) attachments: Option<usize>,
    /// The acknowledgement's number, in the digits it was written with.
    pub(super) id: String,
    pub(super) data: String,
}

impl Packet {
    /// Reads a packet; nothing when it is none.
    pub(super) fn read(text: &str) -> Option<Packet> {
        let (kind, binary) = match text.as_bytes().first()? {
            b'0' => (Kind::Connect, false),
            b'1' => (Kind::Disconnect, false),
            b'2' => (Kind::Event, false),
            b'3' => (Kind::Ack, false),
            b'4' => (Kind::ConnectError, false),
            b'5' => (Kind::Event, true),
            b'6' => (Kind::Ack, true),
            _ => return None,
        };
        let mut rest = &text[1..];
        let mut attachments = None;
        if binary {
            let (count, after) = rest.split_once('-')?;
            if !count.bytes().all(|byte| byte.is_ascii_digit()) || count.starts_with('0') {
                return None;
            }
            attachments = Some(count.parse().ok()?);
            rest = after;
        }
        let (mut namespace, mut has_comma) = ("/", false);
        if rest.starts_with('/') {
            has_comma = rest.contains(',');
            (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
        }
        let namespace = namespace.split('?').next().unwrap_or(namespace).to_owned();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (id, data) = rest.split_at(digits);
        let (id, data) = (id.into(), data.into());
        Some(Packet { kind, namespace, has_comma, attachments, id, data })
    }

    /// The elements of its array, as they were written.
    pub(super) fn elements(&self) -> Option<Vec<&str>> {
        json::elements(&self.data)
    }
}

/// What stands before the data of a packet in `namespace`.
pub(super) fn prefix(namespace: &str) -> String {
    if namespace == "/" { String::new() } else { format!("{namespace},") }
}

/// Arguments as they are sent on: as they were written, and the attachments they refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct Args {
    pub(super) elements: Vec<String>,
    pub(super) attachments: Vec<Rc<[u8]>>,
}

impl Args {
    /// The messages of an event or an acknowledgement with these arguments.
    pub(super) fn messages(&self, kind: Kind, namespace: &str, id: &str) -> Vec<Message> {
        let (plain, binary) = if kind == Kind::Ack { ('3', '6') } else { ('2', '5') };
        let (prefix, data) = (prefix(namespace), self.elements.join(","));
        let count = self.attachments.len();
        let text = match count {
            0 => format!("{plain}{prefix}{id}[{data}]"),
            _ => format!("{binary}{count}-{prefix}{id}[{data}]"),
        };
        let attachments = self.attachments.iter().map(|bytes| Message::Binary(Rc::clone(bytes)));
        std::iter::once(Message::Text(text.into())).chain(attachments).collect()
    }

    /// Only the arguments at `range`, with the attachments that those refer to.
    pub(super) fn only(&self, range: std::ops::Range<usize>) -> Option<Args> {
        let elements = self.elements.get(range)?;
        if self.attachments.is_empty() {
            return Some(Args { elements: elements.to_vec(), attachments: Vec::new() });
        }
        let mut only = Args::default();
        for element in elements {
            let mut value: Value = serde_json::from_str(element).ok()?;
            each_placeholder(&mut value, &mut |number| {
                // Only a lie lets a number pass that is none of an attachment.
                let at = usize::try_from(number.as_u64().unwrap_or_default()).ok()?;
                let bytes = self.attachments.get(at).or(self.attachments.first())?;
                *number = only.attachments.len().into();
                only.attachments.push(Rc::clone(bytes));
                Some(())
            })?;
            only.elements.push(value.to_string());
        }
        Some(only)
    }
}

/// The numbers of the placeholders in `data`; nothing when one of them is no such number.
pub(super) fn placeholders(data: &str) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    let mut value: Value = serde_json::from_str(data).ok()?;
    each_placeholder(&mut value, &mut |number| {
        numbers.push(number.as_u64()?);
        Some(())
    })?;
    Some(numbers)
}

/// Has `visit` see the number of each placeholder; stops when it gives nothing.
fn each_placeholder(
    value: &mut Value,
    visit: &mut dyn FnMut(&mut Value) -> Option<()>,
) -> Option<()> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|it| each_placeholder(it, visit)),
        Value::Object(fields) => {
            if fields.get("_placeholder") == Some(&Value::Bool(true)) {
                return visit(fields.entry("num").or_insert(Value::Null));
            }
            fields.values_mut().try_for_each(|it| each_placeholder(it, visit))
        }
        _ => Some(()),
    }
}
