//! Transcript: what went over the wire in a trial, and when.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::clock::Clock;
use crate::time::Timestamp;

/// Of a long transcript its beginning is kept, where members come together, and its end, where it
/// shows what is wrong.
const FIRST_LINES_MAX: usize = 100;
const LAST_LINES_MAX: usize = 300;
const TEXT_CHARS_MAX: usize = 300;

/// What went over the wire of one trial, in the order it was seen; copies write into the same.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Transcript(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Clock,
    began: Timestamp,
    connections: Cell<u32>,
    first: RefCell<Vec<Line>>,
    last: RefCell<VecDeque<Line>>,
    /// Lines between the two that were not kept.
    left_out: Cell<usize>,
    tells_of_an_end: Cell<bool>,
}

/// One thing that was said, or happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Since the trial began.
    pub after: Duration,
    /// Which connection of the trial, from 1.
    pub connection: u32,
    /// Who said it.
    pub way: Way,
    /// What was said, cut where it is long.
    pub text: String,
}

/// Who says something on a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// chatbench.
    Sent,
    /// The server.
    Received,
    /// Nobody: it happened.
    Note,
}

/// The part of a transcript that one connection writes.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Scribe {
    transcript: Transcript,
    connection: u32,
}

impl Transcript {
    pub(in crate::conformance) fn new(clock: Clock) -> Transcript {
        Transcript(Rc::new(Inner {
            clock,
            began: clock.now(),
            connections: Cell::new(0),
            first: RefCell::default(),
            last: RefCell::default(),
            left_out: Cell::new(0),
            tells_of_an_end: Cell::new(false),
        }))
    }

    /// The scribe of the next connection.
    pub(in crate::conformance) fn scribe(&self) -> Scribe {
        let connection = self.0.connections.get() + 1;
        self.0.connections.set(connection);
        Scribe { transcript: self.clone(), connection }
    }

    /// Adds what `other` says, as of connections of its own.
    pub(in crate::conformance) fn adopt(&self, other: &Transcript) {
        let connections = self.0.connections.get();
        let later = other.0.began.since(self.0.began);
        let (lines, left_out) = other.lines();
        for line in lines {
            let (after, connection) = (line.after + later, line.connection + connections);
            self.push(Line { after, connection, ..line });
        }
        self.0.connections.set(connections + other.0.connections.get());
        self.0.left_out.set(self.0.left_out.get() + left_out);
        self.0.tells_of_an_end.set(self.tells_of_an_end() || other.tells_of_an_end());
    }

    fn push(&self, line: Line) {
        let mut first = self.0.first.borrow_mut();
        if first.len() < FIRST_LINES_MAX {
            return first.push(line);
        }
        let mut last = self.0.last.borrow_mut();
        if last.len() == LAST_LINES_MAX {
            last.pop_front();
            self.0.left_out.set(self.0.left_out.get() + 1);
        }
        last.push_back(line);
    }

    /// The first lines and the last ones, and how many were left out between them.
    pub(in crate::conformance) fn lines(&self) -> (Vec<Line>, usize) {
        let (first, last) = (self.0.first.borrow(), self.0.last.borrow());
        (first.iter().chain(&*last).cloned().collect(), self.0.left_out.get())
    }

    /// Whether a connection ended whose end nobody else looked after.
    pub(in crate::conformance) fn tells_of_an_end(&self) -> bool {
        self.0.tells_of_an_end.get()
    }

    /// Whether it is a copy of `other`.
    pub(in crate::conformance) fn is(&self, other: &Transcript) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Scribe {
    pub(in crate::conformance) fn sent(&self, text: impl fmt::Display) {
        self.write(Way::Sent, text);
    }

    pub(in crate::conformance) fn received(&self, text: impl fmt::Display) {
        self.write(Way::Received, text);
    }

    pub(in crate::conformance) fn note(&self, text: impl fmt::Display) {
        self.write(Way::Note, text);
    }

    /// Its connection is over.
    pub(in crate::conformance) fn end(&self) {
        self.transcript.0.tells_of_an_end.set(true);
    }

    fn write(&self, way: Way, text: impl fmt::Display) {
        let inner = &*self.transcript.0;
        let after = inner.clock.now().since(inner.began);
        let text = shortened(&text.to_string());
        self.transcript.push(Line { after, connection: self.connection, way, text });
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self.way {
            Way::Sent => "->",
            Way::Received => "<-",
            Way::Note => "--",
        };
        let seconds = self.after.as_secs_f64();
        write!(f, "{seconds:>8.3} s  #{} {way} {}", self.connection, self.text)
    }
}

/// `text` on one line, cut where it is long.
pub(in crate::conformance) fn shortened(text: &str) -> String {
    let mut chars = text.char_indices();
    let cut = chars.nth(TEXT_CHARS_MAX).map(|(at, _)| at);
    let head: String = text[..cut.unwrap_or(text.len())].escape_debug().collect();
    let head = head.replace("\\\"", "\"").replace("\\'", "'");
    match cut {
        None => head,
        Some(_) => format!("{head}… ({} bytes)", text.len()),
    }
}

/// Bytes as they are told: their beginning in hexadecimal.
pub(in crate::conformance) fn hex(bytes: &[u8]) -> String {
    let head: Vec<String> = bytes.iter().take(24).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > 24 { "…" } else { "" };
    format!("{} bytes: {}{more}", bytes.len(), head.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_says_when_who_and_what() {
        let transcript = Transcript::new(Clock::start());
        let scribe = transcript.scribe();
        scribe.sent("42[\"a\"]\u{1e}\n");
        scribe.received("x".repeat(1_000));
        let (lines, left_out) = transcript.lines();
        assert_eq!((lines.len(), left_out), (2, 0));
        let first = lines[0].to_string();
        assert!(first.ends_with(" s  #1 -> 42[\"a\"]\\u{1e}\\n"), "{first}");
        assert!(lines[1].text.ends_with("… (1000 bytes)"), "{}", lines[1].text);
    }

    #[test]
    fn what_another_says_is_told_of_other_connections() {
        let clock = Clock::start();
        let (transcript, other) = (Transcript::new(clock), Transcript::new(clock));
        transcript.scribe().sent("2");
        other.scribe().sent("3");
        transcript.adopt(&other);
        let said = transcript.lines().0.into_iter().map(|line| (line.connection, line.text));
        assert_eq!(said.collect::<Vec<_>>(), [(1, "2".into()), (2, "3".into())]);
        transcript.scribe().sent("4");
        assert_eq!(transcript.lines().0[2].connection, 3);
    }

    #[test]
    fn of_a_long_one_the_middle_is_left_out_and_it_says_how_much_that_is() {
        let transcript = Transcript::new(Clock::start());
        let scribe = transcript.scribe();
        let all = FIRST_LINES_MAX + 3 + LAST_LINES_MAX;
        for number in 0..all {
            scribe.note(number);
        }
        let (lines, left_out) = transcript.lines();
        assert_eq!((lines.len(), left_out), (all - 3, 3));
        let said: Vec<usize> = lines.iter().map(|line| line.text.parse().expect("one")).collect();
        assert!(said[..FIRST_LINES_MAX].iter().copied().eq(0..FIRST_LINES_MAX));
        assert!(said[FIRST_LINES_MAX..].iter().copied().eq(FIRST_LINES_MAX + 3..all));
    }
}
