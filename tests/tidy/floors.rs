//! Floors: which room may import from which.

use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::source::{Complaint, File, Tree};

/// The rooms from the ground up, each with what it may import: rooms, or single items of one.
const FLOORS: [(&str, &str); 22] = [
    ("time", ""),
    ("visible", ""),
    ("page", "visible"),
    ("clock", "time"),
    ("chat", "time"),
    ("protocol", "time"),
    ("doctor", "time clock"),
    ("scenario", "chat time"),
    ("history", "chat time"),
    ("transport", "protocol::Frame time clock"),
    ("observe", "transport scenario time clock"),
    ("metrics", "history chat time"),
    ("oracle", "history chat time"),
    ("client", "transport protocol time clock visible"),
    ("conformance", "transport protocol scenario time clock"),
    ("load", "client scenario history chat time clock"),
    ("run", "load scenario history metrics oracle chat time clock"),
    (
        "report",
        "page run load client conformance metrics oracle observe transport scenario history \
         protocol chat clock time visible",
    ),
    ("capacity", RUN_AND_BELOW),
    ("agent", RUN_AND_BELOW),
    ("telemetry", RUN_AND_BELOW),
    (
        "cli",
        "report capacity agent telemetry page run load client conformance metrics oracle observe \
         transport scenario history doctor protocol chat clock time visible",
    ),
];

const RUN_AND_BELOW: &str = "run load client conformance metrics oracle observe transport scenario \
    history protocol chat clock time";

pub(crate) fn check(file: &File) -> Vec<Complaint> {
    let Some(room) = room_of(&file.path) else { return Vec::new() };
    let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == room) else {
        return vec![file.complaint(1, format!("`{room}` stands on no floor"))];
    };
    let mut imports = Vec::new();
    collect(file.tokens(), depth_of(&file.path), &mut imports);
    let forbidden = imports.iter().filter(|import| !import.is_allowed(room, allowed));
    forbidden.map(|import| file.complaint(import.line, import.complaint(room, allowed))).collect()
}

/// Every room is declared by the crate's root, and everything declared there is a room.
pub(crate) fn check_map(tree: &Tree) -> Vec<Complaint> {
    let map = tree.files.iter().find(|file| file.path == "src/lib.rs").expect("there is a lib.rs");
    let mut rooms: Vec<&str> = tree.files.iter().filter_map(|file| room_of(&file.path)).collect();
    rooms.dedup();
    let declares = |room: &&str| map.text.lines().any(|line| line == format!("pub mod {room};"));
    let missing = rooms.iter().filter(|room| !declares(room));
    missing.map(|room| map.complaint(1, format!("it has no line `pub mod {room};`"))).collect()
}

/// The top-level module a file belongs to; the crate's roots belong to none.
fn room_of(path: &str) -> Option<&str> {
    let below = path.strip_prefix("src/").filter(|_| path.ends_with(".rs"))?;
    let room = below.split('/').next()?.trim_end_matches(".rs");
    (!["lib", "main"].contains(&room)).then_some(room)
}

/// How many `super` lead from the file's module to the crate's root.
fn depth_of(path: &str) -> usize {
    path.trim_start_matches("src/")
        .trim_end_matches(".rs")
        .trim_end_matches("/mod")
        .split('/')
        .count()
}

/// A path within the crate, from its root.
#[derive(Debug, PartialEq)]
struct Import {
    path: String,
    line: usize,
}

impl Import {
    fn is_allowed(&self, room: &str, allowed: &str) -> bool {
        let is_within = |what: &str| {
            self.path
                .strip_prefix(what)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        is_within(room) || allowed.split_whitespace().any(is_within)
    }

    fn complaint(&self, room: &str, allowed: &str) -> String {
        let allowed = if allowed.is_empty() { "nothing" } else { allowed };
        format!("`{room}` imports `{}`; it may import {allowed}", self.path)
    }
}

/// Finds every path that begins with `crate`, or with as many `super` as lead to the root.
fn collect(tokens: TokenStream, depth: usize, imports: &mut Vec<Import>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut module = false;
    while let Some(tree) = tokens.next() {
        let line = tree.span().start().line;
        match &tree {
            TokenTree::Ident(ident) if ident == "mod" => module = true,
            TokenTree::Ident(ident) if ident == "crate" => follow(&mut tokens, "", line, imports),
            TokenTree::Ident(ident) if ident == "super" => climb(&mut tokens, depth, line, imports),
            TokenTree::Ident(_) | TokenTree::Literal(_) => {}
            TokenTree::Punct(_) => module = false,
            TokenTree::Group(group) => {
                let inline = module && group.delimiter() == Delimiter::Brace;
                collect(group.stream(), depth + usize::from(inline), imports);
                module = false;
            }
        }
    }
}

type Tokens = Peekable<IntoIter>;

/// Follows `::super::super…`, one `super` having been read.
fn climb(tokens: &mut Tokens, depth: usize, line: usize, imports: &mut Vec<Import>) {
    let mut climbed = 1;
    while climbed < depth {
        if !skip_colons(tokens) || !is_ident(tokens.peek(), "super") {
            return;
        }
        tokens.next();
        climbed += 1;
    }
    follow(tokens, "", line, imports);
}

/// Follows `::a::{b, c::d}`, which stands behind `path`, to its ends.
fn follow(tokens: &mut Tokens, path: &str, line: usize, imports: &mut Vec<Import>) {
    let join = |name: &str| if path.is_empty() { name.into() } else { format!("{path}::{name}") };
    if !skip_colons(tokens) {
        if !path.is_empty() {
            imports.push(Import { path: path.into(), line });
        }
        return;
    }
    match tokens.next() {
        Some(TokenTree::Group(group)) => follow_each(group.stream(), path, imports),
        Some(name) => follow(tokens, &join(&name.to_string()), line, imports),
        None => {}
    }
}

fn follow_each(group: TokenStream, path: &str, imports: &mut Vec<Import>) {
    let mut tokens = group.into_iter().peekable();
    while let Some(name) = tokens.next() {
        let line = name.span().start().line;
        let inner = format!("{path}::{name}");
        follow(
            &mut tokens,
            inner.trim_start_matches(':').trim_end_matches("::self"),
            line,
            imports,
        );
        while tokens.peek().is_some_and(|tree| tree.to_string() != ",") {
            tokens.next();
        }
        tokens.next();
    }
}

fn skip_colons(tokens: &mut Tokens) -> bool {
    let is_colon = |tree: &TokenTree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ':');
    tokens.next_if(is_colon).is_some() && tokens.next_if(is_colon).is_some()
}

fn is_ident(tree: Option<&TokenTree>, name: &str) -> bool {
    matches!(tree, Some(TokenTree::Ident(ident)) if ident == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::judge;

    #[test]
    fn only_what_is_below_may_be_imported() {
        let cases = [
            ("src/time.rs", "use crate::clock::Clock;", "src/time.rs:1: `time` imports `clock"),
            ("src/time.rs", "use std::time::Duration;", ""),
            ("src/clock/a.rs", "use crate::time::Timestamp;\nuse crate::clock::B;", ""),
            ("src/load/a.rs", "use crate::{\n  time,\n  oracle::Verdict};", "src/load/a.rs:3:"),
            ("src/load/a.rs", "use crate::{time::{self, Timestamp}, client};", ""),
            ("src/load/a.rs", "fn f() { crate::transport::open() }", "`transport::open`"),
            ("src/load/a.rs", "use crate::client::{Client, transport::X};", ""),
            ("src/transport/a.rs", "use crate::protocol::{Frame};", ""),
            ("src/transport/a.rs", "use crate::protocol::{Frame, Session};", "protocol::Session"),
            ("src/transport/a.rs", "use crate::protocol;", "`transport` imports `protocol`"),
            ("src/oracle/mod.rs", "use super::metrics::X;", "`oracle` imports `metrics::X`"),
            ("src/oracle/a.rs", "use super::metrics::X;", ""),
            ("src/oracle/a.rs", "use super::super::metrics::X;", "imports `metrics::X`"),
            ("src/chat.rs", "mod tests { use super::*; use super::super::run; }", "`run`"),
            ("src/chat.rs", "#[cfg(test)] mod tests { use crate::run::Run; }", "`run::Run`"),
            ("src/oracle/a.rs", "pub(in crate::oracle) fn f() {} pub(crate) fn g() {}", ""),
            ("src/attic.rs", "", "src/attic.rs:1: `attic` stands on no floor"),
            ("src/main.rs", "use crate::anything;", ""),
            ("src/cli/serve.rs", "use crate::report::R; use crate::time;", ""),
            ("src/report/a.rs", "use crate::capacity::X;", "imports `capacity::X`"),
            ("tests/a.rs", "use crate::support;", ""),
        ];
        for (path, text, wanted) in cases {
            let complaints = judge(check, path, text).join("; ");
            assert!(complaints.contains(wanted), "{wanted:?} is not in {complaints:?}");
            assert_eq!(complaints.is_empty(), wanted.is_empty(), "{path}: {complaints}");
        }
    }

    #[test]
    fn no_room_imports_one_on_its_own_floor_or_above() {
        for (at, (room, allowed)) in FLOORS.iter().enumerate() {
            for what in allowed.split_whitespace() {
                let name = what.split("::").next().unwrap_or_default();
                let below = FLOORS[..at].iter().any(|(below, _)| *below == name);
                assert!(below, "`{room}` is allowed `{what}`, which is not below it");
            }
        }
    }

    #[test]
    fn a_room_that_is_not_declared_is_missed() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let files = vec![
            file("src/lib.rs", "//! Map.\npub mod time;\n"),
            file("src/main.rs", ""),
            file("src/time.rs", ""),
            file("src/load/mod.rs", ""),
            file("src/load/user.rs", ""),
        ];
        let complaints = check_map(&Tree { files });
        let lines: Vec<String> = complaints.iter().map(Complaint::to_string).collect();
        assert_eq!(lines, ["src/lib.rs:1: it has no line `pub mod load;`"]);
    }
}
