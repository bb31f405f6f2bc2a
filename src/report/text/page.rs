//! Page: lines of a given width, with a column of labels, and colour where it is wanted.

use std::io::{self, Write};

use textwrap::{Options, WordSeparator, WordSplitter};

/// How a summary looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI escapes colour it.
    pub color: bool,
    /// The width of the lines, in columns; long words may pass it.
    pub width: usize,
}

impl Default for Style {
    /// No colour, 100 columns.
    fn default() -> Style {
        Style { color: false, width: 100 }
    }
}

/// What a word is coloured for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Tone {
    Plain,
    Label,
    Good,
    Bad,
    Unsure,
    Aside,
}

impl Tone {
    fn escape(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Label => "\x1b[1m",
            Tone::Good => "\x1b[32m",
            Tone::Bad => "\x1b[31m",
            Tone::Unsure => "\x1b[33m",
            Tone::Aside => "\x1b[2m",
        }
    }
}

const LABEL_COLUMNS: usize = 13;
/// Narrower than this, wrapping would leave a word a line.
const WIDTH_MIN: usize = 50;

pub(in crate::report) struct Page<'a> {
    style: Style,
    out: &'a mut dyn Write,
}

impl<'a> Page<'a> {
    pub(in crate::report) fn new(style: &Style, out: &'a mut dyn Write) -> Page<'a> {
        let width = style.width.max(WIDTH_MIN);
        Page { style: Style { width, ..*style }, out }
    }

    pub(in crate::report) fn width(&self) -> usize {
        self.style.width
    }

    /// `text` in the colour of `tone`.
    pub(in crate::report) fn paint(&self, tone: Tone, text: &str) -> String {
        if self.style.color && tone != Tone::Plain {
            format!("{}{text}\x1b[0m", tone.escape())
        } else {
            text.into()
        }
    }

    pub(in crate::report) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", text.trim_end())
    }

    pub(in crate::report) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// A label and what belongs to it, in the column beside it.
    pub(in crate::report) fn fact(&mut self, label: &str, text: &str) -> io::Result<()> {
        let label = format!("{label:<LABEL_COLUMNS$}");
        let first = format!("  {}", self.paint(Tone::Label, &label));
        self.hanging(&first, 2 + LABEL_COLUMNS, text)
    }

    /// A paragraph behind `mark`, all of it `indent` columns from the left.
    pub(in crate::report) fn item(
        &mut self,
        indent: usize,
        (tone, mark): (Tone, &str),
        text: &str,
    ) -> io::Result<()> {
        let columns = mark.chars().count();
        let first = format!("{:indent$}{} ", "", self.paint(tone, mark));
        self.hanging(&first, indent + columns + 1, text)
    }

    /// A paragraph whose first line follows `first`, which has `columns` columns.
    fn hanging(&mut self, first: &str, columns: usize, text: &str) -> io::Result<()> {
        let room = self.style.width.saturating_sub(columns).max(1);
        let text = glued(text);
        for (at, line) in textwrap::wrap(&text, options(room)).iter().enumerate() {
            let line = line.replace(GLUE, " ");
            if at == 0 {
                self.line(&format!("{first}{line}"))?;
            } else {
                self.line(&format!("{:columns$}{line}", ""))?;
            }
        }
        Ok(())
    }
}

/// Lines are broken at spaces only: a name such as `user-17` stays whole, and so does a URL.
fn options(columns: usize) -> Options<'static> {
    Options::new(columns)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false)
}

/// A space that no line is broken at, for the time of wrapping.
pub(in crate::report) const GLUE: &str = "\u{a0}";

/// `text` with each number glued to what follows it, so that none stands apart from its unit.
fn glued(text: &str) -> String {
    let mut glued = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            ' ' if glued.ends_with(|last: char| last.is_ascii_digit()) => glued.push_str(GLUE),
            other => glued.push(other),
        }
    }
    glued
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_units() {
        let mut out = Vec::new();
        let mut page = Page::new(&Style { color: false, width: 50 }, &mut out);
        page.item(0, (Tone::Plain, "·"), "a line that is as long as this one is lasts 5.00 s")
            .expect("room");
        let text = String::from_utf8(out).expect("UTF-8");
        assert_eq!(text, "· a line that is as long as this one is lasts\n  5.00 s\n");
    }

    #[test]
    fn facts_wrap_beside_their_label_and_colour_takes_no_columns() {
        for color in [false, true] {
            let mut out = Vec::new();
            let mut page = Page::new(&Style { color, width: 50 }, &mut out);
            page.fact("label", "one two three four five six seven eight nine ten").expect("room");
            let text = String::from_utf8(out).expect("UTF-8");
            let plain = text.replace("\x1b[1m", "").replace("\x1b[0m", "");
            let indent = " ".repeat(15);
            let wanted = format!(
                "  label        one two three four five six seven\n{indent}eight nine ten\n"
            );
            assert_eq!(plain, wanted);
            assert_eq!(text != plain, color);
        }
    }
}
