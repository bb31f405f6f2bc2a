//! Reception: what a client heard, compared to the letter with what should have been said.

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
    expected: Vec<u8>,
}

impl Reader {
    pub(super) fn new(texts: Texts, dialect: &Dialect) -> Reader {
        let tag = Finder::new(texts.tag().as_bytes()).into_owned();
        let opening = format!("[{}", Value::from(dialect.receive.event())).into();
        Reader { texts, tag, opening, expected: Vec::new() }
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
        let stamp = self.tag.find(data.as_bytes()).map(|at| Stamp::decode(&data.as_bytes()[at..]));
        let Some(Ok(message)) = stamp else { return unrecognised(data, &dialect.receive) };
        let Some(fields) = fields(plan, &message) else {
            return unrecognised(data, &dialect.receive);
        };
        let intact = self.is_to_the_letter(data, recoverable, &message, &fields, dialect)
            || self.is_to_the_value(data, recoverable, &message, &fields, dialect);
        Reception::Message { message, intact }
    }

    fn begins_as_chat(&self, data: &str) -> bool {
        let rest = data.strip_prefix(&*self.opening);
        rest.is_some_and(|rest| rest.starts_with([',', ']']))
    }

    /// Rebuilds the whole event from its stamp and compares bytes.
    fn is_to_the_letter(
        &mut self,
        data: &str,
        recoverable: bool,
        message: &Message,
        fields: &Fields<'_>,
        dialect: &Dialect,
    ) -> bool {
        self.expected.clear();
        let texts = &self.texts;
        dialect.receive.write(fields, &mut |out| texts.write_json(message, out), &mut self.expected);
        let (data, expected) = (data.as_bytes(), &self.expected[..]);
        if data == expected {
            return true;
        }
        // With an offset, the array goes on with one more string.
        let Some(rest) = data.strip_prefix(&expected[..expected.len() - 1]) else { return false };
        recoverable
            && rest.starts_with(b",\"")
            && rest.ends_with(b"\"]")
            && !rest[2..rest.len() - 2].contains(&b'"')
    }

    /// Compares what the JSON means: servers differ in key order, escapes and how numbers look.
    #[cold]
    fn is_to_the_value(
        &mut self,
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
        let Ok(value) = serde_json::from_str::<Value>(data) else { return Reception::Other };
        let name = value.get(0).and_then(Value::as_str).unwrap_or_default();
        if name == dialect.receive.event() {
            // Compact, it takes the way of all others; only its numbers may look different.
            let compact = value.to_string();
            assert!(self.begins_as_chat(&compact), "{compact} does not begin as the chat's event");
            return self.read(&compact, recoverable, plan, dialect);
        }
        match &dialect.join.confirm {
            Confirm::Event { name: confirming, .. } if name == &**confirming => {
                Reception::Confirmation
            }
            _ => Reception::Other,
        }
    }
}

/// What a message's sender put beside its text, if the plan knows of such a message.
fn fields<'p>(plan: &'p Plan, message: &Message) -> Option<Fields<'p>> {
    let room = plan.rooms.get(message.id.room.index())?;
    let user = plan.users.get(message.id.sender.index())?;
    Some(Fields { room: &room.name, room_json: &room.name_json, author: &user.author })
}

#[cold]
fn unrecognised(data: &str, receive: &Template) -> Reception {
    let value: Option<Value> = serde_json::from_str(data).ok();
    let text = value.as_ref().and_then(|value| receive.text_of(value)).unwrap_or(data);
    let end = text.floor_char_boundary(KEPT_BYTES_MAX);
    Reception::Unrecognised(text[..end].into())
}
