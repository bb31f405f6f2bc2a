//! MessagePack: packets as the msgpack parser has them, by hand (msgpack.org, *Specification*).

use serde_json::{Map, Value, json};

use crate::conformance::peer::hex;

/// Deeper than any packet that is asked for; what a server sends must not exhaust the stack.
const DEPTH_MAX: usize = 32;
/// More values than in any packet that is asked for.
const VALUES_MAX: usize = 100_000;

/// `value` in MessagePack; an object `{"attachment": [1, 2, 3]}` as those bytes.
pub(super) fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

/// What an attachment is written as in a value that is encoded.
pub(super) fn attachment(bytes: &[u8]) -> Value {
    json!({ "attachment": bytes })
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xc0),
        Value::Bool(value) => out.push(0xc2 + u8::from(*value)),
        Value::Number(number) => match number.as_i64() {
            Some(number @ 0..=127) => out.push(number as u8),
            Some(number) => append(out, 0xd3, &number.to_be_bytes()),
            None => append(out, 0xcb, &number.as_f64().unwrap_or(f64::NAN).to_be_bytes()),
        },
        Value::String(text) => {
            append(out, 0xdb, &(text.len() as u32).to_be_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(values) => {
            append(out, 0xdd, &(values.len() as u32).to_be_bytes());
            values.iter().for_each(|value| write(value, out));
        }
        Value::Object(entries) => {
            if let Some(bytes) = bytes_of(entries) {
                append(out, 0xc6, &(bytes.len() as u32).to_be_bytes());
                return out.extend(bytes);
            }
            append(out, 0xdf, &(entries.len() as u32).to_be_bytes());
            for (key, value) in entries {
                write(&Value::from(key.as_str()), out);
                write(value, out);
            }
        }
    }
}

fn append(out: &mut Vec<u8>, first: u8, rest: &[u8]) {
    out.push(first);
    out.extend_from_slice(rest);
}

fn bytes_of(entries: &Map<String, Value>) -> Option<Vec<u8>> {
    let bytes = entries.get("attachment")?.as_array()?;
    bytes.iter().map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect()
}

/// The value that `bytes` are, if they are one and nothing more. Binaries are told as
/// [`told_attachment`] tells them; extensions, by which some write `undefined`, are null.
pub(super) fn decode(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { bytes, values_left: VALUES_MAX };
    let value = reader.value(0)?;
    reader.bytes.is_empty().then_some(value)
}

/// An attachment in a value that was decoded.
pub(super) fn told_attachment(bytes: &[u8]) -> Value {
    json!({ "attachment": hex(bytes) })
}

struct Reader<'a> {
    bytes: &'a [u8],
    values_left: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.values_left = self.values_left.checked_sub(1)?;
        Some(match self.unsigned(1)? as u8 {
            first @ 0x00..=0x7f => json!(first),
            first @ 0x80..=0x8f => self.map(u64::from(first & 0x0f), depth)?,
            first @ 0x90..=0x9f => self.array(u64::from(first & 0x0f), depth)?,
            first @ 0xa0..=0xbf => self.text(u64::from(first & 0x1f))?,
            0xc0 => Value::Null,
            0xc1 => return None,
            first @ (0xc2 | 0xc3) => json!(first == 0xc3),
            first @ 0xc4..=0xc6 => {
                let length = self.unsigned(1 << (first - 0xc4))?;
                told_attachment(self.take(length)?)
            }
            first @ 0xc7..=0xc9 => {
                let length = self.unsigned(1 << (first - 0xc7))?;
                self.extension(length)?
            }
            0xca => json!(f32::from_be_bytes(self.take(4)?.try_into().ok()?)),
            0xcb => json!(f64::from_be_bytes(self.take(8)?.try_into().ok()?)),
            first @ 0xcc..=0xcf => json!(self.unsigned(1 << (first - 0xcc))?),
            first @ 0xd0..=0xd3 => json!(self.signed(1 << (first - 0xd0))?),
            first @ 0xd4..=0xd8 => self.extension(1 << (first - 0xd4))?,
            first @ 0xd9..=0xdb => {
                let length = self.unsigned(1 << (first - 0xd9))?;
                self.text(length)?
            }
            first @ (0xdc | 0xdd) => {
                let length = self.unsigned(2 << (first - 0xdc))?;
                self.array(length, depth)?
            }
            first @ (0xde | 0xdf) => {
                let length = self.unsigned(2 << (first - 0xde))?;
                self.map(length, depth)?
            }
            first @ 0xe0..=0xff => json!(first as i8),
        })
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(usize::try_from(length).ok()?)?;
        self.bytes = rest;
        Some(taken)
    }

    fn unsigned(&mut self, length: u64) -> Option<u64> {
        let bytes = self.take(length)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn signed(&mut self, length: u64) -> Option<i64> {
        let unused = 64 - 8 * length as u32;
        Some((self.unsigned(length)? << unused) as i64 >> unused)
    }

    fn extension(&mut self, length: u64) -> Option<Value> {
        self.take(length + 1).map(|_| Value::Null)
    }

    fn text(&mut self, length: u64) -> Option<Value> {
        std::str::from_utf8(self.take(length)?).ok().map(Value::from)
    }

    fn array(&mut self, length: u64, depth: usize) -> Option<Value> {
        (0..length).map(|_| self.value(depth + 1)).collect::<Option<Vec<_>>>().map(Value::Array)
    }

    fn map(&mut self, length: u64, depth: usize) -> Option<Value> {
        let mut entries = Map::new();
        for _ in 0..length {
            let Value::String(key) = self.value(depth + 1)? else { return None };
            entries.insert(key, self.value(depth + 1)?);
        }
        Some(Value::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let value = json!({
            "type": 2, "nsp": "/", "data": ["é", -1, 127, 128, 70_000, -70_000, 1.5, null, true],
        });
        assert_eq!(decode(&encode(&value)), Some(value));
        let bytes = encode(&json!([attachment(&[1, 2])]));
        assert_eq!(decode(&bytes), Some(json!([told_attachment(&[1, 2])])));
    }

    #[test]
    fn a_packet_of_too_many_values_is_not_read() {
        let of = |values| decode(&encode(&json!(vec![1; values])));
        assert!(of(VALUES_MAX - 1).is_some() && of(VALUES_MAX).is_none());
    }

    #[test]
    fn every_format_of_the_specification_is_read() {
        for (bytes, value) in [
            (&[0xcc, 0xff][..], json!(255)),
            (&[0xcd, 0x01, 0x00], json!(256)),
            (&[0xd0, 0x80], json!(-128)),
            (&[0xd1, 0xff, 0xfe], json!(-2)),
            (&[0xe0], json!(-32)),
            (&[0xca, 0x3f, 0x80, 0, 0], json!(1.0)),
            (&[0xa1, b'a'], json!("a")),
            (&[0xd9, 1, b'a'], json!("a")),
            (&[0xda, 0, 1, b'a'], json!("a")),
            (&[0x92, 1, 0xc2], json!([1, false])),
            (&[0xdc, 0, 1, 1], json!([1])),
            (&[0x81, 0xa1, b'a', 0x90], json!({ "a": [] })),
            (&[0xde, 0, 1, 0xa1, b'a', 0x80], json!({ "a": {} })),
            (&[0xc4, 1, 7], told_attachment(&[7])),
            (&[0xd4, 0, 0], json!(null)),
            (&[0xc7, 2, 0, 1, 2], json!(null)),
        ] {
            assert_eq!(decode(bytes), Some(value), "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_none_is_not_read_and_nothing_panics() {
        let deep = vec![0x91; 5_000];
        for bytes in [&[][..], &[0xc1], &[0xa2, b'a'], &[1, 2], &[0xdd, 255, 255, 255, 255], &deep]
        {
            assert_eq!(decode(bytes), None, "{:x?}", &bytes[..bytes.len().min(8)]);
        }
    }
}
