//! Template: one Socket.IO data array, `["event", argument…]`, with places to be filled.

use serde_json::Value;

/// A place in a template that each message fills for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// `${room}`: the room's name.
    Room,
    /// `${author}`: the sender's (or joiner's) name.
    Author,
    /// `${text}`: the message's text.
    Text,
    /// `${any}`: whatever the server makes itself; only where it is received.
    Any,
}

/// What fills the places of a template, but for the text.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// The room's name.
    pub room: &'a str,
    /// The room's name as it stands between the quotes of a JSON string.
    pub room_json: &'a str,
    /// The author's name; it needs no escape in JSON.
    pub author: &'a str,
}

/// Whether a server with connection state recovery may have appended its offset, a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// One more argument, a string, is nobody's fault.
    Allowed,
    /// The arguments are exactly the template's.
    Refused,
}

/// One Socket.IO data array, compiled: written without allocation, compared by value.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    event: Box<str>,
    pieces: Box<[Piece]>,
    arguments: Box<[Pattern]>,
    /// The way from the arguments to the string that holds the text.
    text_path: Option<Box<[Step]>>,
}

/// A part of the JSON text.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Literal(Box<[u8]>),
    Filled(Placeholder),
}

/// A value with places in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pattern {
    Any,
    /// Null, a boolean or a number.
    Plain(Value),
    Text(Box<[Part]>),
    Array(Box<[Pattern]>),
    Object(Box<[(Box<str>, Pattern)]>),
}

/// A part of a string.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Literal(Box<str>),
    Filled(Placeholder),
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Element(usize),
    Key(Box<str>),
}

impl Template {
    /// The template of `event` with `arguments`.
    pub(super) fn new(event: &str, arguments: Vec<Pattern>) -> Template {
        let mut writer = PieceWriter::default();
        writer.literal("[");
        writer.string(event);
        for argument in &arguments {
            writer.literal(",");
            writer.pattern(argument);
        }
        writer.literal("]");
        let mut steps = Vec::new();
        let found = arguments.iter().enumerate().any(|(at, argument)| {
            // The event stands before the arguments in the data array.
            find_text(argument, Step::Element(at + 1), &mut steps)
        });
        Template {
            event: event.into(),
            pieces: writer.finish(),
            arguments: arguments.into(),
            text_path: found.then(|| steps.into()),
        }
    }

    /// The event's name.
    pub fn event(&self) -> &str {
        &self.event
    }

    /// Whether all of it is known beforehand: no `${any}` in it.
    pub fn is_exact(&self) -> bool {
        !self.pieces.contains(&Piece::Filled(Placeholder::Any))
    }

    /// How often `placeholder` stands in it.
    pub fn count_of(&self, placeholder: Placeholder) -> usize {
        self.pieces.iter().filter(|piece| **piece == Piece::Filled(placeholder)).count()
    }

    /// Whether it carries one argument, and that an object.
    pub fn carries_object(&self) -> bool {
        matches!(&*self.arguments, [Pattern::Object(_)])
    }

    /// The data array as JSON text, for whoever sends little; `author` needs no escape in JSON.
    pub fn filled(&self, room: &str, author: &str, text: &str) -> String {
        let (room_json, text_json) = (escaped(room), escaped(text));
        let fields = Fields { room, room_json: &room_json, author };
        let mut data = Vec::new();
        let mut write_text = |out: &mut Vec<u8>| out.extend_from_slice(text_json.as_bytes());
        self.write(&fields, &mut write_text, &mut data);
        String::from_utf8(data).expect("templates and texts are UTF-8")
    }

    /// Appends the data array as JSON text; `write_text` appends the text, escaped. Allocates
    /// nothing but what `out` may need. An `${any}` is written as `null`.
    pub fn write(
        &self,
        fields: &Fields<'_>,
        write_text: &mut dyn FnMut(&mut Vec<u8>),
        out: &mut Vec<u8>,
    ) {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(bytes) => out.extend_from_slice(bytes),
                Piece::Filled(Placeholder::Room) => {
                    out.extend_from_slice(fields.room_json.as_bytes());
                }
                Piece::Filled(Placeholder::Author) => {
                    out.extend_from_slice(fields.author.as_bytes());
                }
                Piece::Filled(Placeholder::Text) => write_text(out),
                Piece::Filled(Placeholder::Any) => out.extend_from_slice(b"null"),
            }
        }
    }

    /// Takes this template, filled with `fields`, off the beginning of `data`, byte for byte, up
    /// to the closing bracket of the array; nothing if `data` does not begin so. `strip_text`
    /// takes the text off. Never matches where there is an `${any}`.
    pub fn strip<'d>(
        &self,
        fields: &Fields<'_>,
        strip_text: &mut dyn FnMut(&'d [u8]) -> Option<&'d [u8]>,
        data: &'d [u8],
    ) -> Option<&'d [u8]> {
        let (last, pieces) = self.pieces.split_last()?;
        let mut left = data;
        for piece in pieces {
            left = match piece {
                Piece::Literal(bytes) => left.strip_prefix(&**bytes),
                Piece::Filled(Placeholder::Room) => left.strip_prefix(fields.room_json.as_bytes()),
                Piece::Filled(Placeholder::Author) => left.strip_prefix(fields.author.as_bytes()),
                Piece::Filled(Placeholder::Text) => strip_text(left),
                Piece::Filled(Placeholder::Any) => None,
            }?;
        }
        match last {
            Piece::Literal(bytes) => left.strip_prefix(bytes.strip_suffix(b"]")?),
            Piece::Filled(_) => None,
        }
    }

    /// Whether `value`, a whole data array, says what this template says once it is filled with
    /// `fields` and `text`. Numbers are compared as `f64`; key order and escapes do not matter.
    pub fn matches(&self, fields: &Fields<'_>, text: &str, value: &Value, offset: Offset) -> bool {
        let Some([event, arguments @ ..]) = value.as_array().map(Vec::as_slice) else {
            return false;
        };
        let arguments = match (arguments, offset) {
            ([wanted @ .., Value::String(_)], Offset::Allowed)
                if wanted.len() == self.arguments.len() =>
            {
                wanted
            }
            _ => arguments,
        };
        let filling = Filling { fields, text };
        event.as_str() == Some(&self.event)
            && self.arguments.len() == arguments.len()
            && self.arguments.iter().zip(arguments).all(|(want, have)| filling.equals(want, have))
    }

    /// The string that stands in `value`, a whole data array, where the text should stand.
    pub fn text_of<'v>(&self, value: &'v Value) -> Option<&'v str> {
        let mut at = value;
        for step in self.text_path.as_ref()? {
            at = match step {
                Step::Element(index) => at.get(index)?,
                Step::Key(key) => at.get(&**key)?,
            };
        }
        at.as_str()
    }
}

struct Filling<'a> {
    fields: &'a Fields<'a>,
    text: &'a str,
}

impl Filling<'_> {
    fn equals(&self, want: &Pattern, have: &Value) -> bool {
        match (want, have) {
            (Pattern::Any, _) => true,
            (Pattern::Plain(Value::Number(want)), Value::Number(have)) => {
                want.as_f64() == have.as_f64()
            }
            (Pattern::Plain(want), have) => want == have,
            (Pattern::Text(parts), Value::String(have)) => self.spells(parts, have),
            (Pattern::Array(want), Value::Array(have)) => {
                want.len() == have.len() && want.iter().zip(have).all(|(w, h)| self.equals(w, h))
            }
            (Pattern::Object(want), Value::Object(have)) => {
                want.len() == have.len()
                    && want.iter().all(|(key, want)| {
                        have.get(&**key).is_some_and(|have| self.equals(want, have))
                    })
            }
            _ => false,
        }
    }

    fn spells(&self, parts: &[Part], have: &str) -> bool {
        let mut rest = have;
        for part in parts {
            let want = match part {
                Part::Literal(literal) => literal,
                Part::Filled(Placeholder::Room) => self.fields.room,
                Part::Filled(Placeholder::Author) => self.fields.author,
                Part::Filled(Placeholder::Text) => self.text,
                Part::Filled(Placeholder::Any) => return false,
            };
            match rest.strip_prefix(want) {
                Some(tail) => rest = tail,
                None => return false,
            }
        }
        rest.is_empty()
    }
}

/// Leaves in `steps` the way to the text, if it stands in `pattern`.
fn find_text(pattern: &Pattern, step: Step, steps: &mut Vec<Step>) -> bool {
    steps.push(step);
    let found = match pattern {
        Pattern::Any | Pattern::Plain(_) => false,
        Pattern::Text(parts) => parts.contains(&Part::Filled(Placeholder::Text)),
        Pattern::Array(elements) => elements
            .iter()
            .enumerate()
            .any(|(at, element)| find_text(element, Step::Element(at), steps)),
        Pattern::Object(entries) => {
            entries.iter().any(|(key, value)| find_text(value, Step::Key(key.clone()), steps))
        }
    };
    if !found {
        steps.pop();
    }
    found
}

/// Turns patterns into pieces, neighbouring literals joined.
#[derive(Default)]
struct PieceWriter {
    pieces: Vec<Piece>,
    literal: Vec<u8>,
}

impl PieceWriter {
    fn literal(&mut self, text: &str) {
        self.literal.extend_from_slice(text.as_bytes());
    }

    fn string(&mut self, text: &str) {
        self.literal("\"");
        self.literal(&escaped(text));
        self.literal("\"");
    }

    fn filled(&mut self, placeholder: Placeholder) {
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Literal(std::mem::take(&mut self.literal).into()));
        }
        self.pieces.push(Piece::Filled(placeholder));
    }

    fn pattern(&mut self, pattern: &Pattern) {
        match pattern {
            Pattern::Any => self.filled(Placeholder::Any),
            Pattern::Plain(value) => self.literal(&value.to_string()),
            Pattern::Text(parts) => self.parts(parts),
            Pattern::Array(elements) => {
                self.literal("[");
                for (at, element) in elements.iter().enumerate() {
                    self.literal(if at == 0 { "" } else { "," });
                    self.pattern(element);
                }
                self.literal("]");
            }
            Pattern::Object(entries) => {
                self.literal("{");
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.literal(if at == 0 { "" } else { "," });
                    self.string(key);
                    self.literal(":");
                    self.pattern(value);
                }
                self.literal("}");
            }
        }
    }

    fn parts(&mut self, parts: &[Part]) {
        self.literal("\"");
        for part in parts {
            match part {
                Part::Literal(text) => self.literal(&escaped(text)),
                Part::Filled(placeholder) => self.filled(*placeholder),
            }
        }
        self.literal("\"");
    }

    fn finish(mut self) -> Box<[Piece]> {
        self.pieces.push(Piece::Literal(self.literal.into()));
        self.pieces.into()
    }
}

/// `text` as it stands between the quotes of a JSON string.
pub(super) fn escaped(text: &str) -> String {
    let json = Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}
