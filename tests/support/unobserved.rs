//! Unobserved: what a run shows but for what was seen of the server itself, of which a record
//! knows nothing.

/// The text of a run without its section on the server.
///
/// # Panics
/// When it has none.
pub(crate) fn without_server(text: &str) -> String {
    let from = text.find("\n  server ").unwrap_or_else(|| panic!("nothing of the server: {text}"));
    let length = text[from + 1..].find("\n\n").expect("other sections follow");
    text[..from].to_owned() + &text[from + 1 + length + 1..]
}
