//! Arguments: all that an event carries, to be sent again as it came.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::ser::{Error as _, SerializeTuple};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use socketioxide::handler::Value;

use crate::attachments::Restored;

/// An event's arguments, each as the text it came in, and the binary attachments beside them.
pub(crate) struct Arguments<'a> {
    each: Vec<&'a RawValue>,
    attachments: VecDeque<Bytes>,
}

impl<'a> Arguments<'a> {
    /// Takes all arguments of an event: what follows its name ([EVENT]).
    ///
    /// [EVENT]: https://github.com/socketio/socket.io-protocol#sending-and-receiving-data
    pub(crate) fn of_event(event: &'a mut Value) -> serde_json::Result<Self> {
        let Value::Str(text, attachments) = event else {
            return Err(serde_json::Error::custom("a binary packet without text"));
        };
        let mut each: Vec<&RawValue> = serde_json::from_str(text)?;
        if each.is_empty() {
            return Err(serde_json::Error::custom("an event without a name"));
        }
        each.remove(0);
        Ok(Self { each, attachments: attachments.take().unwrap_or_default() })
    }
}

impl Serialize for Arguments<'_> {
    /// As a tuple, which socketioxide sends as arguments rather than as one array.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.each.len())?;
        for argument in &self.each {
            if self.attachments.is_empty() {
                tuple.serialize_element(argument)?;
            } else {
                tuple.serialize_element(&Restored::new(argument, &self.attachments))?;
            }
        }
        tuple.end()
    }
}
