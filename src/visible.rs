//! Visible: texts of others, in which nothing is left that does something and cannot be seen.
//!
//! The only list of such characters: what reads a server's words on a terminal, on a page or in a
//! pull request is protected from the same ones.

/// Whether `c` is a control, or steers how others are shown, and is not seen itself: it turns the
/// direction of writing, has no width, ends a line, or is a character to nobody (Unicode Technical
/// Report 36, sections 2.5 and 3.5; its names are those of `DerivedCoreProperties.txt`,
/// `Default_Ignorable_Code_Point`).
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // The soft hyphen, the joiner of graphemes, and what turns Arabic.
            '\u{ad}' | '\u{34f}' | '\u{61c}'
            // Fillers, and separators of vowels.
            | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{3164}' | '\u{ffa0}'
            // Without width, of either direction, ends of lines and paragraphs.
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            // Between the lines, and what is no character to everybody.
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}'
            // Tags, which spell out what nobody reads.
            | '\u{e0000}'..='\u{e0fff}')
}

/// `text` in one line, with the number of each character that [`steers`] in its place.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => plain.extend(c.escape_debug()),
            c if steers(c) => plain.extend(c.escape_unicode()),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_shown_and_what_is_read_is_left() {
        let steering = [
            "\0",
            "\u{7f}",
            "\u{9b}",
            "\u{ad}",
            "\u{61c}",
            "\u{200b}",
            "\u{200d}",
            "\u{200f}",
            "\u{2028}",
            "\u{202e}",
            "\u{2060}",
            "\u{2064}",
            "\u{2066}",
            "\u{2069}",
            "\u{feff}",
            "\u{ffff}",
            "\u{e0001}",
            "\u{e0041}",
            "\u{e007f}",
            "\n",
            "\t",
        ];
        for text in steering {
            assert!(text.chars().all(steers), "{text:?}");
            assert!(plain(text).starts_with('\\'), "{text:?}");
            assert!(!plain(text).chars().any(steers), "{text:?}");
        }
        for text in ["a b", "né\u{301}", "日本", "עברית", "😀", "<b>&\"'\\", "\u{a0}"] {
            assert_eq!(plain(text), text);
        }
        assert_eq!(plain("a\u{1b}[2J\u{202e}b\n"), "a\\u{1b}[2J\\u{202e}b\\n");
    }
}
