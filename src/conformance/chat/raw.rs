//! Raw: what a dialect spells, with something else standing in one of its places.
//!
//! The arrays are edited as text, for what goes there need not be JSON.

use serde_json::Value;

use super::member::Member;
use crate::conformance::finding::Stop;
use crate::conformance::peer::{Event, Packet, hex};
use crate::conformance::trial::Trial;
use crate::scenario::Dialect;

/// Stands where something else is to go; it needs no escape in JSON.
const MARK: &str = "chatbench-mark-7d2f";
/// What stands in an array instead of its attachment.
const PLACEHOLDER: &str = r#"{"_placeholder":true,"num":0}"#;

/// A dialect whose places may be filled with anything.
pub(in crate::conformance) struct Raw<'t> {
    trial: &'t Trial,
    dialect: &'t Dialect,
}

impl<'t> Raw<'t> {
    /// The dialect of `trial`'s target.
    ///
    /// # Errors
    /// Not applicable, where there is no chat.
    pub(in crate::conformance) fn of(trial: &'t Trial) -> Result<Raw<'t>, Stop> {
        Ok(Raw { trial, dialect: trial.dialect()? })
    }

    /// The array that asks for `room`, which is written as it stands.
    ///
    /// # Errors
    /// Not applicable, where the room is no value of its own.
    pub(in crate::conformance) fn joining(&self, author: &str, room: &str) -> Result<String, Stop> {
        put(self.dialect.join.template.filled(MARK, author, ""), room, "the room of a join")
    }

    /// The array that says `text` in `room`, which is written as it stands.
    ///
    /// # Errors
    /// Not applicable, where the room is no value of its own.
    pub(in crate::conformance) fn addressing(
        &self,
        author: &str,
        room: &str,
        text: &str,
    ) -> Result<String, Stop> {
        put(self.dialect.send.filled(MARK, author, text), room, "the room of a message")
    }

    /// The array that says `value`, written as it stands, in `room`.
    ///
    /// # Errors
    /// Not applicable, where the text is no value of its own.
    pub(in crate::conformance) fn carrying(
        &self,
        room: &str,
        author: &str,
        value: &str,
    ) -> Result<String, Stop> {
        put(self.dialect.send.filled(room, author, MARK), value, "the text of a message")
    }

    /// The array that says `text` and names no room at all.
    ///
    /// # Errors
    /// Not applicable, where the room is no field of its own.
    pub(in crate::conformance) fn without_room(
        &self,
        author: &str,
        text: &str,
    ) -> Result<String, Stop> {
        let filled = self.dialect.send.filled(MARK, author, text);
        let mut data: Value = serde_json::from_str(&filled).unwrap_or_default();
        strip(&mut data);
        let data = data.to_string();
        let stripped = data.len() < filled.len() && !data.contains(MARK);
        let why = "in this dialect the room of a message is no field of its own";
        stripped.then_some(data).ok_or_else(|| Stop::NotApplicable(why.into()))
    }

    /// The message in `packet`, if it is one that a check had said and not one of its controls.
    pub(in crate::conformance) fn message(&self, packet: &Packet) -> Option<Event> {
        let event = Event::read(packet)?;
        let is_message = event.name() == Some(self.dialect.receive.event())
            && event.namespace == self.trial.target().namespace;
        let text = self.value_in(&event.data);
        let is_control = text.and_then(Value::as_str).is_some_and(is_control);
        (is_message && !is_control).then_some(event)
    }

    /// Whether `data` says that it belongs into another room than `room`.
    pub(in crate::conformance) fn is_elsewhere(&self, data: &[Value], room: &str) -> bool {
        let said = at_mark(&self.dialect.receive.filled(MARK, "", ""), data);
        said.is_some_and(|said| said.as_str() != Some(room))
    }

    /// What stands in `data` where the text should.
    pub(in crate::conformance) fn value_in<'v>(&self, data: &'v [Value]) -> Option<&'v Value> {
        at_mark(&self.dialect.receive.filled("", "", MARK), data)
    }

    /// What stands in `packet` where the text should, as it is written there; nothing when the
    /// rest of it is not written as the dialect has it.
    pub(in crate::conformance) fn written<'p>(
        &self,
        packet: &'p str,
        room: &str,
        author: &str,
    ) -> Option<&'p str> {
        let filled = self.dialect.receive.filled(room, author, MARK);
        let (head, tail) = filled.split_once(&format!("\"{MARK}\""))?;
        let rest = packet.strip_prefix("42")?.strip_prefix(&*self.trial.prefix())?;
        let rest = rest.strip_prefix(head)?;
        // An offset may stand before the last bracket.
        let end = rest.rfind(tail.strip_suffix(']')?)?;
        Some(&rest[..end])
    }

    /// Has `member` say an attachment in `room`.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(in crate::conformance) async fn say_binary(
        &self,
        member: &Member<'_>,
        room: &str,
        bytes: &[u8],
    ) -> Result<(), Stop> {
        let data = self.carrying(room, &member.author, PLACEHOLDER)?;
        let header = Packet::Text(format!("451-{}{data}", self.trial.prefix()));
        member.peer.send_all(&[header, Packet::Binary(bytes.to_vec())]).await
    }

    /// Wants `member` to hear that attachment.
    ///
    /// # Errors
    /// Failed, when it does not come, or not as it was sent.
    pub(in crate::conformance) async fn hear_binary(
        &self,
        member: &mut Member<'_>,
        bytes: &[u8],
    ) -> Result<(), Stop> {
        let expected = format!("{} hears a message with {}", member.author, hex(bytes));
        let within = self.trial.patience().answer;
        let header = |packet: &Packet| self.message(packet).filter(|it| it.attachments == 1);
        let header = member.peer.wait_for(within, header).await;
        let header = header.map_err(|it| member.peer.instead(&*expected, &it))?;
        let placeholder: Value = serde_json::from_str(PLACEHOLDER).unwrap_or_default();
        if self.value_in(&header.data) != Some(&placeholder) {
            let header = Value::Array(header.data).to_string();
            return Err(Stop::failed(expected, format!("`{header}` before the attachment")));
        }
        let attachment = |packet: &Packet| match packet {
            Packet::Binary(bytes) => Some(bytes.clone()),
            Packet::Text(_) => None,
        };
        let heard = member.peer.wait_for(within, attachment).await;
        let heard = heard.map_err(|it| member.peer.instead(&*expected, &it))?;
        if heard == bytes { Ok(()) } else { Err(Stop::failed(expected, hex(&heard))) }
    }
}

/// The text of the `number`-th message that only shows that messages come through.
pub(in crate::conformance) fn control(number: usize) -> String {
    format!("control {number}")
}

fn is_control(text: &str) -> bool {
    text.starts_with("control ") || text.starts_with("probe ")
}

/// `object`, the last thing in the array `data`, with more `fields` at its end.
pub(in crate::conformance) fn with_fields(data: &str, fields: &str) -> String {
    match data.strip_suffix("}]") {
        Some(head) => format!("{head},{fields}}}]"),
        None => data.to_owned(),
    }
}

fn put(filled: String, json: &str, what: &str) -> Result<String, Stop> {
    let mark = format!("\"{MARK}\"");
    let data = filled.replace(&mark, json);
    if filled.contains(&mark) && !data.contains(MARK) {
        return Ok(data);
    }
    Err(Stop::NotApplicable(format!("in this dialect {what} is no value of its own")))
}

/// Takes out of `value` every field that is the mark.
fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| field.as_str() != Some(MARK));
            fields.values_mut().for_each(strip);
        }
        Value::Array(elements) => elements.iter_mut().for_each(strip),
        _ => {}
    }
}

/// What stands in `data` where the mark stands in `filled`, an array like it.
fn at_mark<'v>(filled: &str, data: &'v [Value]) -> Option<&'v Value> {
    let filled: Value = serde_json::from_str(filled).ok()?;
    let way = way_to_mark(&filled)?;
    let (first, rest) = way.split_first()?;
    let argument = data.get(first.parse::<usize>().ok()?)?;
    rest.iter().try_fold(argument, |at, step| match at {
        Value::Array(elements) => elements.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

fn way_to_mark(value: &Value) -> Option<Vec<String>> {
    let below = |(step, value): (String, &Value)| {
        let mut way = way_to_mark(value)?;
        way.insert(0, step);
        Some(way)
    };
    match value {
        Value::String(text) => (text == MARK).then(Vec::new),
        Value::Array(elements) => {
            elements.iter().enumerate().map(|(at, it)| (at.to_string(), it)).find_map(below)
        }
        Value::Object(fields) => fields.iter().map(|(key, it)| (key.clone(), it)).find_map(below),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_takes_the_place_of_the_mark_where_that_is_a_value_of_its_own() {
        let put = |filled: &str| put(filled.into(), "[1]", "it");
        assert_eq!(put(&format!(r#"["e",{{"a":"{MARK}"}}]"#)), Ok(r#"["e",{"a":[1]}]"#.into()));
        assert!(put(&format!(r#"["e","room:{MARK}"]"#)).is_err());
        assert!(put(r#"["e"]"#).is_err());
    }

    #[test]
    fn the_mark_is_found_wherever_it_stands() {
        let data = serde_json::json!(["e", { "a": ["b", { "c": MARK }] }]);
        assert_eq!(way_to_mark(&data).expect("it is there"), ["1", "a", "1", "c"]);
    }
}
