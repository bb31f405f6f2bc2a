//! Sizes: how long a file, a function and a line may be.
//!
//! A text of several lines is data: it makes a file long, but no function, and it has the columns
//! it has.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::source::{Complaint, File, lines_of_texts};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;

pub(crate) fn check(file: &File) -> Vec<Complaint> {
    if !file.is_rust() {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    let lines = file.text.lines().count();
    if lines > FILE_LINES_MAX {
        let what = format!("a file of {lines} lines; split it before {FILE_LINES_MAX}");
        complaints.push(file.complaint(1, what));
    }
    let mut texts = BTreeSet::new();
    lines_of_texts(file.tokens(), &mut texts);
    for (at, line) in file.text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > LINE_COLUMNS_MAX && !texts.contains(&(at + 1)) {
            let what = format!("a line of {columns} columns; {LINE_COLUMNS_MAX} is the most");
            complaints.push(file.complaint(at + 1, what));
        }
    }
    check_functions(file, &texts, file.tokens(), &mut complaints);
    complaints
}

/// From the `fn` to the brace that closes its body, without the lines of texts.
fn check_functions(
    file: &File,
    texts: &BTreeSet<usize>,
    tokens: TokenStream,
    complaints: &mut Vec<Complaint>,
) {
    let mut open: Option<(usize, String)> = None;
    let mut after_fn = None;
    for tree in tokens {
        let line = tree.span().start().line;
        match &tree {
            TokenTree::Ident(ident) if ident == "fn" => after_fn = Some(line),
            TokenTree::Ident(ident) => {
                let begun = after_fn.take().map(|line| (line, ident.to_string()));
                open = begun.or(open);
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => open = None,
            TokenTree::Group(group) => {
                after_fn = None;
                if group.delimiter() == Delimiter::Brace
                    && let Some((begin, name)) = open.take()
                {
                    let end = group.span_close().start().line;
                    let lines = end - begin + 1 - texts.range(begin..=end).count();
                    if lines > FUNCTION_LINES_MAX {
                        let what =
                            format!("`{name}` has {lines} lines; {FUNCTION_LINES_MAX} is the most");
                        complaints.push(file.complaint(begin, what));
                    }
                }
                check_functions(file, texts, group.stream(), complaints);
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::judge;

    #[test]
    fn a_file_a_function_and_a_line_at_their_limits_pass_and_beyond_do_not() {
        let function =
            |lines| format!("impl X {{\nfn f<T>(g: fn(T)) {{\n{}}}\n}}", "\n".repeat(lines));
        let cases = [
            ("\n".repeat(500), ""),
            ("\n".repeat(501), "x.rs:1: a file of 501 lines"),
            (function(68), ""),
            (function(70), "x.rs:2: `f` has 72 lines"),
            (format!("fn f() {{ r\"\n{}{}\" }}", "\n".repeat(99), "a".repeat(150)), ""),
            (format!("//{}", "ä".repeat(98)), ""),
            (format!("\n//{}", "ä".repeat(99)), "x.rs:2: a line of 101 columns"),
            (format!("trait T {{ fn f();\n}} static X: () = {{ {} }};", "\n".repeat(99)), ""),
        ];
        for (text, wanted) in cases {
            let complaints = judge(check, "src/x.rs", &text).join("; ");
            assert!(complaints.contains(wanted), "{wanted:?} is not in {complaints:?}");
            assert_eq!(complaints.is_empty(), wanted.is_empty(), "{complaints}");
        }
    }
}
