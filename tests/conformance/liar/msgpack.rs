//! Msgpack: packets as values of MessagePack, for servers that are configured so.

use std::rc::Rc;

use serde_json::{Map, Number, Value, json};

use super::packet::{Kind, Message, Packet};

const DEPTH_MAX: usize = 64;

/// Reads a packet, and its binaries as attachments; nothing when it is none.
pub(super) fn read(bytes: &[u8]) -> Option<(Packet, Vec<Rc<[u8]>>)> {
    let mut source = Source { bytes, attachments: Vec::new() };
    let value = source.value(0)?;
    let kind = match value["type"].as_u64()? {
        0 => Kind::Connect,
        1 => Kind::Disconnect,
        2 => Kind::Event,
        3 => Kind::Ack,
        4 => Kind::ConnectError,
        _ => return None,
    };
    let text = |name: &str| value.get(name).map(Value::to_string).unwrap_or_default();
    let packet = Packet {
        kind,
        namespace: value["nsp"].as_str()?.into(),
        has_comma: true,
        attachments: None,
        id: text("id"),
        data: text("data"),
    };
    source.bytes.is_empty().then_some((packet, source.attachments))
}

/// The packets in `messages`, each of which is a text and its attachments.
pub(super) fn packed(messages: impl IntoIterator<Item = Message>) -> Vec<Message> {
    let mut packed = Vec::new();
    let mut messages = messages.into_iter().peekable();
    while let Some(message) = messages.next() {
        let Message::Text(text) = message else { continue };
        let mut attachments = Vec::new();
        while let Some(Message::Binary(bytes)) =
            messages.next_if(|it| matches!(it, Message::Binary(_)))
        {
            attachments.push(bytes);
        }
        let Some(packet) = Packet::read(&text) else { continue };
        let mut value = json!({ "type": packet.kind as u8, "nsp": packet.namespace });
        if let Ok(data) = serde_json::from_str::<Value>(&packet.data) {
            value["data"] = data;
        }
        if let Ok(id) = packet.id.parse::<u64>() {
            value["id"] = id.into();
        }
        let mut bytes = Vec::new();
        write(&value, &attachments, &mut bytes);
        packed.push(Message::Binary(bytes.into()));
    }
    packed
}

struct Source<'b> {
    bytes: &'b [u8],
    attachments: Vec<Rc<[u8]>>,
}

impl<'b> Source<'b> {
    fn take(&mut self, len: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        Some(taken)
    }

    /// A number of so many bytes, the most significant first.
    fn number(&mut self, len: usize) -> Option<u64> {
        Some(self.take(len)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        let head = self.number(1).filter(|_| depth < DEPTH_MAX)? as u8;
        Some(match head {
            0x00..=0x7f => head.into(),
            0x80..=0x8f => self.map(usize::from(head & 0x0f), depth)?,
            0x90..=0x9f => self.array(usize::from(head & 0x0f), depth)?,
            0xa0..=0xbf => self.text(usize::from(head & 0x1f))?,
            0xc0 => Value::Null,
            0xc2 | 0xc3 => (head == 0xc3).into(),
            0xc4..=0xc6 => {
                let len = self.number(1 << (head - 0xc4))? as usize;
                let bytes = self.take(len)?.into();
                self.attachments.push(bytes);
                json!({ "_placeholder": true, "num": self.attachments.len() - 1 })
            }
            0xca => f64::from(f32::from_bits(self.number(4)? as u32)).into(),
            0xcb => f64::from_bits(self.number(8)?).into(),
            0xcc..=0xcf => self.number(1 << (head - 0xcc))?.into(),
            0xd0 => (self.number(1)? as i8).into(),
            0xd1 => (self.number(2)? as i16).into(),
            0xd2 => (self.number(4)? as i32).into(),
            0xd3 => (self.number(8)? as i64).into(),
            0xd9..=0xdb => {
                let len = self.number(1 << (head - 0xd9))? as usize;
                self.text(len)?
            }
            0xdc | 0xdd => {
                let len = self.number(2 << (head - 0xdc))? as usize;
                self.array(len, depth)?
            }
            0xde | 0xdf => {
                let len = self.number(2 << (head - 0xde))? as usize;
                self.map(len, depth)?
            }
            0xe0..=0xff => (head as i8).into(),
            _ => return None,
        })
    }

    fn text(&mut self, len: usize) -> Option<Value> {
        Some(std::str::from_utf8(self.take(len)?).ok()?.into())
    }

    fn array(&mut self, len: usize, depth: usize) -> Option<Value> {
        (0..len).map(|_| self.value(depth + 1)).collect::<Option<Vec<_>>>().map(Value::Array)
    }

    fn map(&mut self, len: usize, depth: usize) -> Option<Value> {
        let mut map = Map::new();
        for _ in 0..len {
            let Value::String(key) = self.value(depth + 1)? else { return None };
            map.insert(key, self.value(depth + 1)?);
        }
        Some(map.into())
    }
}

fn write(value: &Value, attachments: &[Rc<[u8]>], out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xc0),
        Value::Bool(value) => out.push(if *value { 0xc3 } else { 0xc2 }),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => {
            write_len(0xdb, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) => {
            write_len(0xdd, items.len(), out);
            items.iter().for_each(|item| write(item, attachments, out));
        }
        Value::Object(fields) => {
            if fields.get("_placeholder") == Some(&Value::Bool(true)) {
                let at = fields.get("num").and_then(Value::as_u64).unwrap_or_default() as usize;
                let bytes = attachments.get(at).cloned().unwrap_or_default();
                write_len(0xc6, bytes.len(), out);
                return out.extend_from_slice(&bytes);
            }
            write_len(0xdf, fields.len(), out);
            for (name, value) in fields {
                write_len(0xdb, name.len(), out);
                out.extend_from_slice(name.as_bytes());
                write(value, attachments, out);
            }
        }
    }
}

fn write_number(number: &Number, out: &mut Vec<u8>) {
    if let Some(number) = number.as_u64() {
        out.push(0xcf);
        out.extend_from_slice(&number.to_be_bytes());
    } else if let Some(number) = number.as_i64() {
        out.push(0xd3);
        out.extend_from_slice(&number.to_be_bytes());
    } else {
        out.push(0xcb);
        out.extend_from_slice(&number.as_f64().unwrap_or_default().to_be_bytes());
    }
}

fn write_len(head: u8, len: usize, out: &mut Vec<u8>) {
    out.push(head);
    out.extend_from_slice(&(len as u32).to_be_bytes());
}
