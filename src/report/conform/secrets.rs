//! Secrets: what a report, which is shown to many, must not say, however it is spelled there.

const HIDDEN: &str = "…";
/// Of a secret this much is hidden even where the rest of it was cut off.
const BEGINNING_CHARS: usize = 16;
/// And this much, where it is seen that something was cut off behind it.
const CUT_BEGINNING_CHARS_MIN: usize = 4;

/// Texts that are hidden.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn new(secrets: &[String]) -> Secrets {
        let mut spellings = Vec::new();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            let json = serde_json::Value::from(secret.as_str()).to_string();
            for text in [secret.as_str(), &json[1..json.len() - 1]] {
                // As it is, as a transcript has it, and as a shell is told it.
                let told: String = text.escape_debug().collect();
                let told = told.replace("\\\"", "\"").replace("\\'", "'");
                spellings.extend([text.to_owned(), told, text.replace('\'', "'\\''")]);
            }
        }
        spellings.sort_by_key(|text| std::cmp::Reverse(text.len()));
        spellings.dedup();
        Secrets(spellings)
    }

    /// Hides them in `text`.
    pub(super) fn conceal(&self, text: &mut String) {
        for secret in &self.0 {
            let mut from = 0;
            while let Some((start, end)) = found(text, secret, from) {
                text.replace_range(start..end, HIDDEN);
                from = start + HIDDEN.len();
            }
            let mut from = 0;
            while let Some(at) = text[from..].find(HIDDEN).map(|at| from + at) {
                let start = at - cut(&text[..at], secret);
                text.replace_range(start..at, "");
                from = start + HIDDEN.len();
            }
        }
    }
}

/// Where `secret`, or its beginning, stands in `text` behind `from`.
fn found(text: &str, secret: &str, from: usize) -> Option<(usize, usize)> {
    let beginning = secret.char_indices().nth(BEGINNING_CHARS).map_or(secret.len(), |(at, _)| at);
    let start = from + text[from..].find(&secret[..beginning])?;
    let alike = text[start..].chars().zip(secret.chars()).take_while(|(one, other)| one == other);
    Some((start, start + alike.map(|(c, _)| c.len_utf8()).sum::<usize>()))
}

/// How many bytes of the beginning of `secret` stand at the end of `text`.
fn cut(text: &str, secret: &str) -> usize {
    let ends = secret.char_indices().map(|(at, _)| at).skip(CUT_BEGINNING_CHARS_MIN);
    let ends = ends.take(BEGINNING_CHARS).filter(|end| text.ends_with(&secret[..*end]));
    ends.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concealed(secret: &str, text: &str) -> String {
        let mut text = text.to_owned();
        Secrets::new(&[secret.to_owned()]).conceal(&mut text);
        text
    }

    #[test]
    fn secrets_are_hidden_whole_cut_and_escaped() {
        let long: String = (0..400).map(|at| char::from(b'a' + (at * 7 % 26) as u8)).collect();
        let sent = |chars: usize| format!("40{{\"t\":\"{}… (412 bytes)", &long[..chars]);
        let cases = [
            ("secret7", "a secret7, a secret7", "a …, a …"),
            ("secret7", "a secret8", "a secret8"),
            // Cut where it is long.
            (&long, &sent(290), "40{\"t\":\"…… (412 bytes)"),
            (&long, &sent(5), "40{\"t\":\"… (412 bytes)"),
            (&long, &format!("by {} no mark", &long[..20]), "by … no mark"),
            // As JSON, as a transcript of that, and for a shell.
            ("se\"cr\\et", r#"{"t":"se\"cr\\et"}"#, r#"{"t":"…"}"#),
            ("se\"cr\\et", r#"{"t":"se\\"cr\\\\et"}"#, r#"{"t":"…"}"#),
            ("se'cret", r"--auth='se'\''cret'", "--auth='…'"),
        ];
        for (secret, text, wanted) in cases {
            assert_eq!(concealed(secret, text), wanted, "{text}");
        }
    }
}
