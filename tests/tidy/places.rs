//! Places: paths that exist on one machine only, and ports that another test may hold.

use crate::source::{Complaint, File};

/// The rules' own text and what they plant.
const HERE: &str = "tests/tidy";
const MACHINE_PATHS: [&str; 4] = ["/root/", "/tmp/", "/work/", "/home/"];
const LOCAL: &str = "127.0.0.1:";

pub(crate) fn check(file: &File) -> Vec<Complaint> {
    if file.is_in(&[HERE]) {
        return Vec::new();
    }
    let tests = file.is_in(&["tests", "reference-server/tests"]);
    let mut complaints = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        for path in MACHINE_PATHS.iter().filter(|path| line.contains(**path)) {
            let what = format!("`{path}` is a path of one machine");
            complaints.push(file.complaint(at + 1, what));
        }
        if tests && has_fixed_port(line) {
            let what = "a fixed port; ask for port 0 and read which it became";
            complaints.push(file.complaint(at + 1, what));
        }
    }
    complaints
}

fn has_fixed_port(line: &str) -> bool {
    let mut after = line.split(LOCAL).skip(1);
    after.any(|rest| rest.starts_with(|first: char| first.is_ascii_digit() && first != '0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::judge;

    #[test]
    fn paths_of_a_machine_and_fixed_ports_are_complained_of() {
        let cases = [
            ("src/a.rs", "let a = 1;\nlet b = \"/tmp/b\";", "src/a.rs:2: `/tmp/`"),
            ("docs/a.md", "see /root/a", "docs/a.md:1: `/root/`"),
            ("docs/a.md", "see /home/me/a", "`/home/`"),
            (".ci/run", "cd /work/a", "`/work/`"),
            ("docs/a.md", "see docs/b.md, at work or at a root", ""),
            ("tests/a.rs", "bind(\"127.0.0.1:8080\")", "tests/a.rs:1: a fixed port"),
            ("reference-server/tests/a.rs", "\"127.0.0.1:0\" \"127.0.0.1:9\"", "a fixed port"),
            ("tests/a.rs", "bind(\"127.0.0.1:0\"); format!(\"127.0.0.1:{port}\")", ""),
            ("src/a.rs", "bind(\"127.0.0.1:8080\")", ""),
        ];
        for (path, text, wanted) in cases {
            let complaints = judge(check, path, text).join("; ");
            assert!(complaints.contains(wanted), "{wanted:?} is not in {complaints:?}");
            assert_eq!(complaints.is_empty(), wanted.is_empty(), "{complaints}");
        }
    }
}
