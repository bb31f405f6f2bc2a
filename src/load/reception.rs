//! Reception: what a client heard, compared to the letter with what should have been said.

use std::borrow::Cow;

use memchr::memmem::Finder;
use serde_json::Value;

use crate::chat::{Message, Stamp, Texts};
use crate::scenario::{Confirm, Dialect, Fields, Offset, Plan, Template};

/// The most of an unrecognisable text that is kept, in bytes.
const KEPT_BYTES_MAX: usize = 512;

/// What an event turned out to be.
#[derive(Debug, PartialEq)]
pub(super) enum Reception {
    /// A message of this run.
    Message {
        message: Message,
        /// Whether it says what its sender said.
        intact: bool,
    },
    /// The event that confirms a join, if it speaks of the right room.
    Confirmation,
    /// The chat's event, but no readable message of this run.
    Unrecognised(Box<str>),
    /// Some other event; a server may have many.
    Other,
}

/// Reads what clients hear. The fast path compares bytes, parses nothing and allocates nothing.
pub(super) struct Reader {
    texts: Texts,
    /// Finds where a stamp of this run begins.
    tag: Finder<'static>,
    /// How the chat's event begins in compact JSON.
    opening: Box<str>,
    /// Where the last stamp was found.
    tag_at: usize,
}

/// A stamp that was read, and where it stands.
struct Stamped {
    message: Message,
    at: usize,
}

impl Reader {
    pub(super) fn new(texts: Texts, dialect: &Dialect) -> Reader {
        let tag = Finder::new(texts.tag().as_bytes()).into_owned();
        let opening = format!("[{}", Value::from(dialect.receive.event())).into();
        Reader { texts, tag, opening, tag_at: 0 }
    }

    /// What the data array `data` is; `recoverable` allows one more argument at its end.
    pub(super) fn read(
        &mut self,
        data: &str,
        recoverable: bool,
        plan: &Plan,
        dialect: &Dialect,
    ) -> Reception {
        if !self.begins_as_chat(data) {
            return self.read_other(data, recoverable, plan, dialect);
        }
        let Some(stamped) = self.stamp(data.as_bytes()) else {
            return self.unrecognised(data, &dialect.receive);
        };
        let message = stamped.message;
        let Some(fields) = fields(plan, &message) else {
            return self.unrecognised(data, &dialect.receive);
        };
        let intact =
            self.is_to_the_letter(data.as_bytes(), recoverable, &stamped, &fields, dialect)
                || self.is_to_the_value(data, recoverable, &message, &fields, dialect);
        Reception::Message { message, intact }
    }

    /// Finds the first stamp of this run; most stand where the last one stood.
    fn stamp(&mut self, data: &[u8]) -> Option<Stamped> {
        let tag = self.texts.tag();
        let here = data.get(self.tag_at..).is_some_and(|data| data.starts_with(tag.as_bytes()));
        if !here {
            self.tag_at = self.tag.find(data)?;
        }
        let message = Stamp::decode(&data[self.tag_at..]).ok()?;
        Some(Stamped { message, at: self.tag_at })
    }

    fn begins_as_chat(&self, data: &str) -> bool {
        let rest = data.strip_prefix(&*self.opening);
        rest.is_some_and(|rest| rest.starts_with([',', ']']))
    }

    /// Compares the whole event with what follows from its stamp, byte for byte.
    fn is_to_the_letter(
        &self,
        data: &[u8],
        recoverable: bool,
        stamped: &Stamped,
        fields: &Fields<'_>,
        dialect: &Dialect,
    ) -> bool {
        let mut strip_text = |left| {
            let begins_at = data.len() - <[u8]>::len(left);
            (begins_at == stamped.at).then_some(())?;
            self.texts.strip_json(&stamped.message, left)
        };
        match dialect.receive.strip(fields, &mut strip_text, data) {
            Some(b"]") => true,
            Some(rest) => recoverable && is_offset(rest),
            None => false,
        }
    }

    /// Compares what the JSON means: servers differ in key order, escapes and how numbers look.
    #[cold]
    fn is_to_the_value(
        &self,
        data: &str,
        recoverable: bool,
        message: &Message,
        fields: &Fields<'_>,
        dialect: &Dialect,
    ) -> bool {
        let Ok(value) = serde_json::from_str::<Value>(data) else { return false };
        let mut text = vec![b'"'];
        self.texts.write_json(message, &mut text);
        text.push(b'"');
        let text: String = serde_json::from_slice(&text).expect("texts are written as JSON");
        let offset = if recoverable { Offset::Allowed } else { Offset::Refused };
        dialect.receive.matches(fields, &text, &value, offset)
    }

    /// An event that does not begin as the chat's: another one, or the same with white space.
    #[cold]
    fn read_other(
        &mut self,
        data: &str,
        recoverable: bool,
        plan: &Plan,
        dialect: &Dialect,
    ) -> Reception {
        let Some(name) = name_of(data) else { return Reception::Other };
        if name == dialect.receive.event() {
            let Ok(value) = serde_json::from_str::<Value>(data) else { return Reception::Other };
            // Compact, it takes the way of all others; only its numbers may look different.
            let compact = value.to_string();
            assert!(self.begins_as_chat(&compact), "{compact} does not begin as the chat's event");
            return self.read(&compact, recoverable, plan, dialect);
        }
        match &dialect.join.confirm {
            Confirm::Event { name: confirming, .. } if *name == **confirming => {
                Reception::Confirmation
            }
            _ => Reception::Other,
        }
    }

    #[cold]
    fn unrecognised(&self, data: &str, receive: &Template) -> Reception {
        let value: Option<Value> = serde_json::from_str(data).ok();
        let text = value.as_ref().and_then(|value| receive.text_of(value)).unwrap_or(data);
        let kept = begin_of(text);
        // What has our tag must show it, or it would pass for a stranger's.
        let tag_at = match self.tag.find(kept.as_bytes()) {
            Some(_) => None,
            None => self.tag.find(data.as_bytes()),
        };
        Reception::Unrecognised(tag_at.map_or(kept, |at| begin_of(&data[at..])).into())
    }
}

/// As much of a text as is kept.
fn begin_of(text: &str) -> &str {
    &text[..text.floor_char_boundary(KEPT_BYTES_MAX)]
}

/// The name of an event. What follows it is not looked at: a server may have many events that are
/// no chat, and large ones.
fn name_of(data: &str) -> Option<Cow<'_, str>> {
    let rest = data.trim_start().strip_prefix('[')?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Name<'_>>();
    values.next()?.ok().map(|Name(name)| name)
}

/// A string that lends from its JSON where nothing in it is escaped.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Whether the array ends with one more string.
fn is_offset(rest: &[u8]) -> bool {
    let inner = rest.strip_prefix(b",\"").and_then(|rest| rest.strip_suffix(b"\"]"));
    inner.is_some_and(|inner| !inner.contains(&b'"'))
}

/// What a message's sender put beside its text, if the plan knows of such a message.
fn fields<'p>(plan: &'p Plan, message: &Message) -> Option<Fields<'p>> {
    let room = plan.rooms.get(message.id.room.index())?;
    let user = plan.users.get(message.id.sender.index())?;
    Some(Fields { room: &room.name, room_json: &room.name_json, author: &user.author })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_event_is_read_and_nothing_else() {
        for (data, name) in [
            (r#"["a"]"#, Some("a")),
            (r#" [ "a" , {}]"#, Some("a")),
            (r#"["\u0061\"b",1]"#, Some("a\"b")),
            (r#"["a",{"never": parsed"#, Some("a")),
            ("[1,2]", None),
            ("[]", None),
            (r#"{"a":1}"#, None),
            (r#"["a"#, None),
        ] {
            assert_eq!(name_of(data).as_deref(), name, "{data}");
        }
    }
}
