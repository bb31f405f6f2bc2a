//! Heads: what must stand at the top of a file.

use crate::source::{Complaint, File};

const SCHEMA_LINE: &str = "# yaml-language-server: $schema=";

pub(crate) fn check(file: &File) -> Vec<Complaint> {
    let first = file.text.lines().next().unwrap_or_default();
    let says = |prefix| first.strip_prefix(prefix).is_some_and(|rest| !rest.trim().is_empty());
    if file.is_rust() && !says("//! ") {
        return vec![file.complaint(1, "its first line must be a `//!` that says what it is")];
    }
    if file.is_in(&["scenarios"]) && file.path.ends_with(".yaml") && !says(SCHEMA_LINE) {
        let what = format!("its first line must be `{SCHEMA_LINE}…`, for the reader's editor");
        return vec![file.complaint(1, what)];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::judge;

    #[test]
    fn a_file_without_its_first_line_is_complained_of() {
        let cases = [
            ("src/a.rs", "//! A: what it is.\n", ""),
            ("src/a.rs", "", "src/a.rs:1: its first line must be a `//!`"),
            ("tests/a.rs", "\n//! Too late.", "must be a `//!`"),
            ("benches/a.rs", "//! ", "must be a `//!`"),
            ("reference-server/src/a.rs", "use a::b;", "must be a `//!`"),
            ("scenarios/a.yaml", "# yaml-language-server: $schema=x.json\nrooms: 1", ""),
            ("scenarios/a.yaml", "rooms: 1", "scenarios/a.yaml:1: its first line must be `# yaml"),
            ("docs/a.yaml", "rooms: 1", ""),
        ];
        for (path, text, wanted) in cases {
            let complaints = judge(check, path, text).join("; ");
            assert!(complaints.contains(wanted), "{wanted:?} is not in {complaints:?}");
            assert_eq!(complaints.is_empty(), wanted.is_empty(), "{complaints}");
        }
    }
}
