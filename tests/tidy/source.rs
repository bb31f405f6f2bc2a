//! Source: the files of the tree, and their code as tokens, without comments.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

/// What is looked at; everything else in the root is made by tools or is not text.
const LOOKED_AT: [&str; 7] =
    ["src", "tests", "benches", "reference-server", "scenarios", "docs", ".ci"];
const EXTENSIONS: [&str; 9] = ["rs", "toml", "yaml", "md", "js", "json", "html", "css", ""];
const SKIPPED: [&str; 3] = ["node_modules", ".venv", "target"];

/// A text file of the tree.
pub(crate) struct File {
    /// From the root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Something that is against a rule.
pub(crate) struct Complaint {
    pub(crate) path: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

impl File {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it lies below one of `folders`.
    pub(crate) fn is_in(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| Path::new(&self.path).starts_with(folder))
    }

    /// Whether it holds tests and nothing else, here or beside the code they are about.
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| ["tests", "tests.rs"].contains(&part))
    }

    pub(crate) fn complaint(&self, line: usize, what: impl Into<String>) -> Complaint {
        Complaint { path: self.path.clone(), line, what: what.into() }
    }

    /// Its code: no comments; documentation has become attributes.
    pub(crate) fn tokens(&self) -> TokenStream {
        self.text.parse().unwrap_or_else(|err| panic!("{} is no Rust: {err}", self.path))
    }

    /// Its code as one row of tokens, delimiters included, string literals as they are written.
    pub(crate) fn flat_tokens(&self) -> Vec<Token> {
        let mut flat = Vec::new();
        flatten(self.tokens(), &mut flat);
        flat
    }
}

/// The lines that lie within a text of several lines, save the first of each.
pub(crate) fn lines_of_texts(tokens: TokenStream, lines: &mut BTreeSet<usize>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => lines_of_texts(group.stream(), lines),
            TokenTree::Literal(text) => {
                lines.extend(text.span().start().line + 1..=text.span().end().line);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// One token and the line it stands on.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

fn flatten(tokens: TokenStream, flat: &mut Vec<Token>) {
    for tree in tokens {
        let line = tree.span().start().line;
        let mut push = |text: String, line| flat.push(Token { text, line });
        let TokenTree::Group(group) = tree else {
            push(tree.to_string(), line);
            continue;
        };
        let (open, close) = match group.delimiter() {
            proc_macro2::Delimiter::Brace => ("{", "}"),
            proc_macro2::Delimiter::Parenthesis => ("(", ")"),
            proc_macro2::Delimiter::Bracket => ("[", "]"),
            proc_macro2::Delimiter::None => ("", ""),
        };
        push(open.into(), line);
        flatten(group.stream(), flat);
        flat.push(Token { text: close.into(), line: group.span_close().start().line });
    }
}

/// Every text file there is.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

impl Tree {
    pub(crate) fn read() -> Tree {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut tree = Tree { files: Vec::new() };
        for path in entries(root) {
            let text = path.is_file() && !path.ends_with(".git");
            if text || LOOKED_AT.iter().any(|name| path.ends_with(name)) {
                tree.add(root, &path);
            }
        }
        tree
    }

    fn add(&mut self, root: &Path, path: &Path) {
        if path.is_dir() {
            let wanted = !SKIPPED.iter().any(|name| path.ends_with(name));
            entries(path).iter().filter(|_| wanted).for_each(|entry| self.add(root, entry));
            return;
        }
        let extension = path.extension().unwrap_or_default();
        if !EXTENSIONS.iter().any(|wanted| extension == *wanted) {
            return;
        }
        let bytes = std::fs::read(path).unwrap_or_else(|err| panic!("{path:?}: {err}"));
        let Ok(text) = String::from_utf8(bytes) else { return };
        let path = path.strip_prefix(root).expect("it lies below the root");
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        self.files.push(File { path: parts.join("/"), text });
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|err| panic!("{folder:?}: {err}"));
    let paths = entries.map(|entry| entry.unwrap_or_else(|err| panic!("{folder:?}: {err}")).path());
    let mut paths: Vec<PathBuf> = paths.collect();
    paths.sort();
    paths
}

/// What `rule` says of a file with `text` at `path`: for the tests of the rules.
pub(crate) fn judge(rule: fn(&File) -> Vec<Complaint>, path: &str, text: &str) -> Vec<String> {
    let file = File { path: path.into(), text: text.into() };
    rule(&file).iter().map(Complaint::to_string).collect()
}
