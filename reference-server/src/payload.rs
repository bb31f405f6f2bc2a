//! Payload: what a message carries, as the text it came in.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use socketioxide::handler::Value;

use crate::attachments::Restored;

/// What a message carries: its JSON as the text it came in, and its binary attachments.
///
/// The text is checked to be JSON, never rewritten, so numbers, key order, escapes and white space
/// reach the receivers byte for byte. Only a payload with attachments is rebuilt around them.
#[derive(Debug, Clone)]
pub(crate) struct Payload<'a> {
    pub(crate) json: Cow<'a, RawValue>,
    pub(crate) attachments: VecDeque<Bytes>,
}

/// The one field of a message that the server looks at.
#[derive(Deserialize)]
struct Address {
    room: String,
}

impl<'a> Payload<'a> {
    /// Takes the first argument of an event, whatever it is.
    pub(crate) fn of_event(event: &'a mut Value) -> serde_json::Result<Self> {
        let Value::Str(text, attachments) = event else {
            return Err(serde::de::Error::custom("a binary packet without text"));
        };
        let Argument(json) = serde_json::from_str(text)?;
        let attachments = attachments.take().unwrap_or_default();
        Ok(Self { json: Cow::Borrowed(json), attachments })
    }

    /// The room a message is for, if it is an object that names one.
    pub(crate) fn room(&self) -> serde_json::Result<String> {
        if !self.json.get().starts_with('{') {
            // serde would take an array for the fields in order.
            return Err(serde::de::Error::custom("not an object"));
        }
        Ok(serde_json::from_str::<Address>(self.json.get())?.room)
    }

    /// The payload itself, if it is a string: a room's name.
    pub(crate) fn text(&self) -> serde_json::Result<String> {
        serde_json::from_str(self.json.get())
    }

    /// The same, for keeping.
    pub(crate) fn into_owned(self) -> Payload<'static> {
        Payload { json: Cow::Owned(self.json.into_owned()), attachments: self.attachments }
    }
}

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.attachments.is_empty() {
            return self.json.serialize(serializer);
        }
        Restored::new(&self.json, &self.attachments).serialize(serializer)
    }
}

/// An event's first argument. An event is a JSON array of its name and its arguments ([EVENT]);
/// those after the first are ignored, as a JavaScript handler with one parameter does.
///
/// [EVENT]: https://github.com/socketio/socket.io-protocol#sending-and-receiving-data
struct Argument<'a>(&'a RawValue);

impl<'de: 'a, 'a> Deserialize<'de> for Argument<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FirstArgument)
    }
}

struct FirstArgument;

impl<'de> Visitor<'de> for FirstArgument {
    type Value = Argument<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event with an argument")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut event: A) -> Result<Argument<'de>, A::Error> {
        let missing = || serde::de::Error::invalid_length(1, &FirstArgument);
        event.next_element::<IgnoredAny>()?.ok_or_else(missing)?;
        let argument = event.next_element()?.ok_or_else(missing)?;
        while event.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Argument(argument))
    }
}
