//! Document: a whole page, which asks for nothing from anywhere.

use std::fmt::Write as _;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::visible::steers;

const STYLE: &str = include_str!("page.css");
/// Whatever a text on the page says, nothing is fetched, run or sent.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// A page in English that stands alone.
#[derive(Clone, Debug)]
pub struct Document {
    /// What a browser's tab says.
    pub title: String,
    /// What made it: a line at its end.
    pub maker: String,
    /// All of it, its only `h1` included.
    pub body: Markup,
}

impl Document {
    /// The page as HTML.
    pub fn into_html(self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    meta name="generator" content=(self.maker);
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main { (self.body) }
                    footer { (self.maker) }
                }
            }
        };
        made_visible(&page.into_string())
    }
}

/// `text` with a picture or a number for each character that nobody sees and that does something.
fn made_visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => visible.push(c),
            '\0'..='\u{1f}' => visible.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => visible.push('\u{2421}'),
            _ if steers(c) => {
                // A string takes everything.
                let _ = write!(visible, "\\u{{{:x}}}", u32::from(c));
            }
            _ => visible.push(c),
        }
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a hostile server may say.
    const HOSTILE: [&str; 5] = [
        "<script>alert(1)</script>",
        "]]><img src=x onerror=alert(1)>",
        "\"onload=alert(1) x=\"",
        "</style></title><script>alert(1)</script>",
        "nul \0, escape \u{1b}[2J, turned \u{202e}",
    ];

    fn page_of(text: &str) -> String {
        let body = html! { h1 title=(text) { (text) } };
        Document { title: text.into(), maker: text.into(), body }.into_html()
    }

    #[test]
    fn no_text_becomes_an_element_or_an_attribute() {
        let harmless = page_of("x").matches('<').count();
        for text in HOSTILE {
            let page = page_of(text);
            assert_eq!(page.matches('<').count(), harmless, "{page}");
            assert!(!page.contains("\"onload"), "{page}");
            assert!(page.contains("</style></head>"), "{page}");
        }
    }

    #[test]
    fn what_nobody_sees_is_made_visible() {
        let page = page_of(HOSTILE[4]);
        assert!(page.contains("nul \u{2400}, escape \u{241b}[2J, turned \\u{202e}"), "{page}");
        assert!(!page.contains(['\0', '\u{1b}', '\u{202e}']), "{page}");
        assert_eq!(made_visible("a\r\nb\tcé😀"), "a\u{240d}\nb\tcé😀");
    }

    #[test]
    fn a_page_says_what_it_may_do_before_anything_else() {
        let page = page_of("x");
        let (policy, style) = (page.find("default-src 'none'"), page.find("<style>"));
        assert!(policy.is_some_and(|at| Some(at) < style), "{page}");
        for wanted in ["<html lang=\"en\">", "name=\"viewport\"", "<title>x</title>"] {
            assert!(page.contains(wanted), "{wanted} is not in {page}");
        }
        for asks in ["http:", "https:", "url(", "@import", "<script", "<link"] {
            assert!(!page.contains(asks), "{asks}");
        }
    }
}
