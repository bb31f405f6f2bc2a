//! Recovery: what a session remembers so that another can take it up again after a break.
//!
//! Connection state recovery is an offer of the official server, told on a page of its manual and
//! in no specification: the answer to CONNECT carries a private id, and every event that is
//! broadcast one more argument at its end, a string, its offset. Whoever connects again with
//! both is given its rooms back, and what was said there since.

/// The longest offset that is remembered, in bytes. Those of real servers have some twenty: what
/// is longer is an argument of the event's own.
const OFFSET_BYTES_MAX: usize = 256;

/// The longest private id that is remembered, in bytes. Those of real servers have some twenty:
/// tens of thousands of sessions are not to keep what the limit on frames allows each.
const PID_BYTES_MAX: usize = 256;

/// What a server that offers connection state recovery needs to take up a session again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The private id of the session.
    pub pid: Box<str>,
    /// The offset of the last event that it heard.
    pub offset: Box<str>,
}

impl Recovery {
    /// What CONNECT says to ask for it: `pid` and `offset`, then what is in `auth`, which has the
    /// last word on keys of these names, as it has with the official client.
    fn asking(&self, auth: Option<&str>) -> Box<str> {
        let auth = auth.unwrap_or("{}").trim();
        let members = auth.strip_prefix('{').and_then(|auth| auth.strip_suffix('}'));
        let members = members.unwrap_or_else(|| panic!("{auth:?} is no JSON object")).trim();
        let comma = if members.is_empty() { "" } else { "," };
        let (pid, offset) = (escaped(&self.pid), escaped(&self.offset));
        format!(r#"{{"pid":"{pid}","offset":"{offset}"{comma}{members}}}"#).into()
    }
}

/// The memory of a session whose server offers recovery, or is asked for it.
#[derive(Debug)]
pub(in crate::protocol) struct Memory {
    pid: Box<str>,
    /// The last offset, as it stands between its quotes; empty until there is one.
    offset: String,
    /// What CONNECT says, until it is answered.
    asking: Option<Box<str>>,
    recovered: bool,
}

impl Memory {
    /// That of a session which is to take up `past`.
    pub(in crate::protocol) fn of(past: &Recovery, auth: Option<&str>) -> Memory {
        Memory {
            pid: past.pid.clone(),
            offset: escaped(&past.offset),
            asking: Some(past.asking(auth)),
            recovered: false,
        }
    }

    /// What becomes of it with an answer to CONNECT that carries `pid`.
    ///
    /// The session is taken up where that is the private id which was asked for: "`recovered = pid
    /// && this._pid === pid`" (`onconnect` in `socket.ts` of socket.io-client). Otherwise it is a
    /// new one, and what was heard before says nothing of it.
    pub(in crate::protocol) fn answered(
        memory: Option<Box<Memory>>,
        pid: Option<&str>,
    ) -> Option<Box<Memory>> {
        let pid = pid.filter(|pid| (1..=PID_BYTES_MAX).contains(&pid.len()))?;
        if let Some(mut memory) = memory.filter(|memory| *memory.pid == *pid) {
            memory.recovered = memory.asking.take().is_some();
            return Some(memory);
        }
        let (offset, asking) = (String::new(), None);
        Some(Box::new(Memory { pid: pid.into(), offset, asking, recovered: false }))
    }

    /// Notes the offset of an event, if it has one.
    #[inline]
    pub(in crate::protocol) fn note(&mut self, data: &str) {
        if let Some(offset) = offset_of(data) {
            self.offset.clear();
            self.offset.push_str(offset);
        }
    }

    /// What CONNECT says, as long as it is not answered.
    pub(in crate::protocol) fn asks(&self) -> Option<&str> {
        self.asking.as_deref()
    }

    /// Whether the server took up the session that it was asked for.
    pub(in crate::protocol) fn recovered(&self) -> bool {
        self.recovered
    }

    /// What is needed to take the session up, once an offset was heard.
    pub(in crate::protocol) fn recovery(&self) -> Option<Recovery> {
        let offset: String = serde_json::from_str(&format!("\"{}\"", self.offset)).ok()?;
        let offset = Some(offset).filter(|offset| !offset.is_empty())?.into();
        Some(Recovery { pid: self.pid.clone(), offset })
    }
}

/// The last argument of an event where that is a string, as it stands between its quotes.
///
/// The official client takes the event's name for an offset, too, where it has no argument; a
/// server knows no such offset, and would give nothing back.
fn offset_of(data: &str) -> Option<&str> {
    let text = data.strip_suffix(']')?.trim_end().strip_suffix('"')?;
    let opening = opening_quote(text.as_bytes())?;
    let is_argument = text[..opening].trim_end().ends_with(',');
    is_argument.then(|| &text[opening + 1..])
}

/// Where the string begins that `text` ends in, unless it is too long.
fn opening_quote(text: &[u8]) -> Option<usize> {
    let nearest = text.len().saturating_sub(OFFSET_BYTES_MAX + 1);
    let mut end = text.len();
    loop {
        let quote = nearest + memchr::memrchr(b'"', &text[nearest..end])?;
        let backslashes = text[..quote].iter().rev().take_while(|byte| **byte == b'\\');
        // An odd number of them makes the quote a character of the string.
        if backslashes.count() % 2 == 0 {
            return Some(quote);
        }
        end = quote;
    }
}

/// `text` as it stands between the quotes of JSON.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_a_string_behind_the_event_s_own_arguments() {
        let table = [
            (r#"["a",{"b":1},"gXrPVUF"]"#, Some("gXrPVUF")),
            (r#"["a","1684-0"]"#, Some("1684-0")),
            (r#"[ "a" , "x" ]"#, Some("x")),
            (r#"["a","[,\"]"]"#, Some(r#"[,\"]"#)),
            (r#"["a","\\"]"#, Some(r"\\")),
            (r#"["a","€\\\"€"]"#, Some(r#"€\\\"€"#)),
            (r#"["a",""]"#, Some("")),
            (r#"["a"]"#, None),
            (r#"["a",1]"#, None),
            (r#"["a",{"b":"c"}]"#, None),
            (r#"["a",["b"]]"#, None),
            (r#"[1]"#, None),
            // No JSON, but nothing else keeps it away.
            (r#"["]"#, None),
            (r#"[\"]"#, None),
            (r#"[,""]"#, Some("")),
        ];
        for (data, offset) in table {
            assert_eq!(offset_of(data), offset, "{data}");
        }
    }

    #[test]
    fn what_is_too_long_for_an_offset_is_none() {
        let of_length = |length: usize| format!(r#"["a","{}"]"#, "x".repeat(length));
        let longest = of_length(OFFSET_BYTES_MAX);
        assert_eq!(offset_of(&longest).map(str::len), Some(OFFSET_BYTES_MAX));
        assert_eq!(offset_of(&of_length(OFFSET_BYTES_MAX + 1)), None);
        assert_eq!(offset_of(&of_length(1 << 20)), None);
    }

    #[test]
    fn asking_says_what_auth_says_too() {
        let recovery = Recovery { pid: "p\"".into(), offset: "o".into() };
        let table = [
            (None, r#"{"pid":"p\"","offset":"o"}"#),
            (Some("{}"), r#"{"pid":"p\"","offset":"o"}"#),
            (Some(" { } "), r#"{"pid":"p\"","offset":"o"}"#),
            (Some(r#"{"token":{}}"#), r#"{"pid":"p\"","offset":"o","token":{}}"#),
        ];
        for (auth, asking) in table {
            assert_eq!(&*recovery.asking(auth), asking, "{auth:?}");
        }
    }

    #[test]
    fn an_offset_comes_back_as_it_was_meant() {
        let mut memory = Memory::answered(None, Some("p")).expect("a pid makes a memory");
        assert_eq!(memory.recovery(), None);
        memory.note(r#"["a","\u20ac\n"]"#);
        let recovery = memory.recovery().expect("an offset was heard");
        assert_eq!(recovery, Recovery { pid: "p".into(), offset: "€\n".into() });
        assert_eq!(Memory::of(&recovery, None).recovery(), Some(recovery));
        memory.note(r#"["a","no \json"]"#);
        assert_eq!(memory.recovery(), None);
    }

    #[test]
    fn a_warm_memory_allocates_nothing() {
        let mut memory = Memory::answered(None, Some("p")).expect("a pid makes a memory");
        memory.note(r#"["a","0123456789"]"#);
        let buffer = memory.offset.as_ptr();
        for _ in 0..1_000 {
            memory.note(r#"["a","abcdefghij"]"#);
            memory.note(r#"["a",1]"#);
        }
        assert_eq!((memory.offset.as_str(), memory.offset.as_ptr()), ("abcdefghij", buffer));
    }
}
