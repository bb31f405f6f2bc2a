//! JSON: whether a text is, and what stands in an array, as it was written.

use serde::de::IgnoredAny;

/// Whether `text` is one value of JSON, however deep, with numbers of any size.
pub(super) fn is_valid(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// The elements of an array as they were written; nothing when `text` is no array.
pub(super) fn elements(text: &str) -> Option<Vec<&str>> {
    if is_valid(text) { parts(text) } else { None }
}

/// What stands between the commas of something like an array.
pub(super) fn parts(text: &str) -> Option<Vec<&str>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let mut elements = Vec::new();
    let (mut begin, mut depth, mut quoted, mut escaped) = (0, 0_usize, false, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                elements.push(inner[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    let last = inner[begin..].trim();
    if !last.is_empty() {
        elements.push(last);
    }
    Some(elements)
}
