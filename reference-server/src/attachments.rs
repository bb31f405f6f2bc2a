//! Attachments: a payload put together again from its JSON and the binaries beside it.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::fields::Fields;

/// Deeper than any real payload; each level costs stack and a pass over the text below it.
const DEPTH_MAX: usize = 32;

/// A payload whose placeholders are bytes again, so that socketioxide numbers and attaches them
/// anew ([BINARY_EVENT]). Everything but the placeholders keeps its text; white space is lost.
/// Below [`DEPTH_MAX`] levels placeholders are left as they are.
///
/// [BINARY_EVENT]: https://github.com/socketio/socket.io-protocol#packet-encoding
pub(crate) struct Restored<'a> {
    json: &'a RawValue,
    attachments: &'a VecDeque<Bytes>,
    depth: usize,
}

/// Where an attachment belongs: `{"_placeholder":true,"num":0}`.
#[derive(Deserialize)]
struct Placeholder {
    #[serde(rename = "_placeholder")]
    is_placeholder: bool,
    num: usize,
}

impl<'a> Restored<'a> {
    pub(crate) fn new(json: &'a RawValue, attachments: &'a VecDeque<Bytes>) -> Self {
        Self { json, attachments, depth: 0 }
    }

    fn child(&self, json: &'a RawValue) -> Self {
        Self { json, attachments: self.attachments, depth: self.depth + 1 }
    }

    fn attachment(&self) -> Option<&'a Bytes> {
        let placeholder: Placeholder = serde_json::from_str(self.json.get()).ok()?;
        placeholder.is_placeholder.then(|| self.attachments.get(placeholder.num))?
    }

    fn object<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(bytes) = self.attachment() {
            return serializer.serialize_bytes(bytes);
        }
        let fields: Fields<'_> = parse(self.json)?;
        let mut map = serializer.serialize_map(Some(fields.0.len()))?;
        for (key, value) in &fields.0 {
            map.serialize_entry(key, &self.child(value))?;
        }
        map.end()
    }

    fn array<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let elements: Vec<&RawValue> = parse(self.json)?;
        let mut seq = serializer.serialize_seq(Some(elements.len()))?;
        for element in elements {
            seq.serialize_element(&self.child(element))?;
        }
        seq.end()
    }
}

impl Serialize for Restored<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.json.get().as_bytes().first() {
            Some(b'{') if self.depth < DEPTH_MAX => self.object(serializer),
            Some(b'[') if self.depth < DEPTH_MAX => self.array(serializer),
            _ => self.json.serialize(serializer),
        }
    }
}

fn parse<'a, T: Deserialize<'a>, E: serde::ser::Error>(json: &'a RawValue) -> Result<T, E> {
    serde_json::from_str(json.get()).map_err(E::custom)
}
