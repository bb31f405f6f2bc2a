//! Remedy: what serde says of a file, in words that help whoever wrote it.

/// The longest list of names that is worth reading in an error.
const NAMES_MAX: usize = 24;

/// What is wrong and what to do about it, from serde's message.
pub(super) fn explain(message: &str) -> (String, String) {
    if let Some((what, remedy)) = message.split_once('\n') {
        return (what.into(), remedy.into());
    }
    if let Some(rest) = message.strip_prefix("unknown field ") {
        return unknown("key", rest);
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        return unknown("word", rest);
    }
    if let Some(field) = message.strip_prefix("missing field ") {
        let name = field.trim_matches('`');
        return (format!("{field} is missing"), format!("add `{name}: …` here"));
    }
    if let Some((found, expected)) = message.split_once(", expected ") {
        let found =
            found.trim_start_matches("invalid type: ").trim_start_matches("invalid value: ");
        if expected == "map with a single key" {
            let what = "this is to have one key, the name of its kind".into();
            return (what, "begin a new entry for each, or remove all but one".into());
        }
        let what = match found {
            "null" | "unit value" => "nothing is given here".into(),
            found => format!("{} does not belong here", plain_found(found)),
        };
        return (what, wanted(expected));
    }
    (message.into(), "see `docs/scenario.md`, or run `chatbench schema scenario`".into())
}

/// Of `` `x`, expected one of `a`, `b` ``.
fn unknown(kind: &str, rest: &str) -> (String, String) {
    let mut names = rest.split('`').skip(1).step_by(2);
    let name = names.next().unwrap_or_default();
    let known: Vec<&str> = names.collect();
    let what = format!("unknown {kind} `{name}`");
    match nearest(name, &known) {
        Some(near) => (what, format!("did you mean `{near}`?")),
        None if known.is_empty() => (what, "leave it out: nothing belongs here".into()),
        None => {
            let shown: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            let more = if known.len() > NAMES_MAX { ", …" } else { "" };
            let list = shown[..shown.len().min(NAMES_MAX)].join(", ");
            (what, format!("write one of {list}{more}"))
        }
    }
}

/// The name that `name` was probably meant to be.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |known: &&str| strsim::damerau_levenshtein(&name.to_lowercase(), known);
    let near = known.iter().min_by_key(|known| distance(known))?;
    let parts = || name.len() > 2 && near.contains(name);
    (distance(near) <= near.len().div_ceil(3) || parts()).then_some(near)
}

fn plain_found(found: &str) -> &str {
    match found {
        "map" => "a mapping",
        "sequence" => "a list",
        "unit variant" => "a bare word",
        "newtype variant" => "a mapping",
        other => other,
    }
}

fn wanted(expected: &str) -> String {
    match expected {
        "u32" | "u64" => "write a whole number, such as `10`".into(),
        "f64" => "write a number, such as `0.5`".into(),
        "a string" => "write a text; quote it if it looks like something else".into(),
        "a sequence" => "write a list: `[a, b]`, or lines that begin with `- `".into(),
        "a map" => "write a mapping: `{key: value}`, or indented `key: value` lines".into(),
        "unit variant" => "write the bare word".into(),
        other if other.starts_with("struct ") || other.contains("variant") => {
            "write a mapping: `{key: value}`, or indented `key: value` lines".into()
        }
        other => format!("write {other}"),
    }
}
