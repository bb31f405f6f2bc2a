//! Baseline: the checks that a server does not pass yet, in a file that a team keeps and shrinks.
//!
//! One line for each: its id, `fail` or `unknown`, and behind a `#` whatever people like.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::model::{CheckOutcome, ConformReport};

/// The most bytes that a baseline may have.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What need not pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<String, Listed>);

/// How a check is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    Fail,
    Unknown,
}

/// What is wrong with a baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is not there, or cannot be read.
    #[error("{file}: cannot read the baseline: {why}")]
    Unread {
        /// The file.
        file: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// A line of it says nothing that is understood.
    #[error("{file}:{line}: {what}")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}

impl BaselineError {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            BaselineError::Unread { .. } => {
                "give the path of a baseline; `--write-baseline FILE` writes one"
            }
            BaselineError::Line { .. } => {
                "write `ID fail` or `ID unknown`; `chatbench conform --list` has the ids"
            }
        }
    }
}

impl Baseline {
    /// The baseline in `file`.
    ///
    /// # Errors
    /// When it cannot be read, or a line of it is not understood.
    pub fn read(file: &std::path::Path) -> Result<Baseline, BaselineError> {
        use std::io::Read as _;
        let name = file.display().to_string();
        let mut text = String::new();
        std::fs::File::open(file)
            .and_then(|open| open.take(FILE_BYTES_MAX).read_to_string(&mut text))
            .map_err(|why| BaselineError::Unread { file: name.clone(), why })?;
        Baseline::of_text(&name, &text, |id| Some(crate::conformance::find(id)?.id.into()))
    }

    /// The baseline in `text`, which errors call `file`; `name` gives an id as it is spelled.
    pub(super) fn of_text(
        file: &str,
        text: &str,
        name: impl Fn(&str) -> Option<String>,
    ) -> Result<Baseline, BaselineError> {
        let mut listed = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            let wrong = |what| BaselineError::Line { file: file.into(), line: at + 1, what };
            let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
            let Some(id) = words.next() else { continue };
            let how = match (words.next(), words.next()) {
                (Some("fail"), None) => Listed::Fail,
                (Some("unknown"), None) => Listed::Unknown,
                _ => return Err(wrong(format!("`{}` is no line of a baseline", line.trim()))),
            };
            let id = name(id).ok_or_else(|| wrong(format!("there is no check `{id}`")))?;
            listed.insert(id, how);
        }
        Ok(Baseline(listed))
    }

    pub(super) fn of(&self, id: &str) -> Option<Listed> {
        self.0.get(id).copied()
    }

    /// The baseline that `report` comes to, as text. What `old` has of checks that were not tried
    /// now stays.
    pub fn written(report: &ConformReport, old: Option<&Baseline>) -> String {
        let mut text = String::from(
            "# What this server does not pass yet: `chatbench conform --baseline` with this file\n\
             # breaks on nothing else. Remove a line once its check passes.\n",
        );
        let tried = |id: &str| {
            let mut checks = report.checks.iter();
            checks.any(|check| check.id == id && check.outcome != CheckOutcome::NotApplicable)
        };
        for (id, how) in old.iter().flat_map(|old| &old.0).filter(|(id, _)| !tried(id)) {
            let how = if *how == Listed::Fail { "fail" } else { "unknown" };
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{id} {how}  # not tried this time");
        }
        for check in &report.checks {
            let how = match check.outcome {
                CheckOutcome::Fail | CheckOutcome::KnownDeviation => "fail",
                CheckOutcome::Unknown => "unknown",
                CheckOutcome::Pass | CheckOutcome::NotApplicable => continue,
            };
            let _ = writeln!(text, "{} {how}  # {} {}", check.id, check.level, check.title);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::conform::sample;

    #[test]
    fn lines_are_read_and_what_is_none_is_told_with_its_place() {
        let read = |text: &str| {
            Baseline::of_text("b", text, |id| {
                let id = id.to_uppercase();
                id.starts_with("EIO").then_some(id)
            })
        };
        let baseline = read("# head\n\n EIO-1 fail # why\neio-2 unknown\n").expect("a baseline");
        assert_eq!(baseline.of("EIO-1"), Some(Listed::Fail));
        assert_eq!(baseline.of("EIO-2"), Some(Listed::Unknown));
        assert_eq!(baseline.of("EIO-3"), None);
        let wrong = |text: &str| read(text).expect_err("no baseline").to_string();
        assert_eq!(wrong("\nEIO-1"), "b:2: `EIO-1` is no line of a baseline");
        assert_eq!(wrong("EIO-1 fails"), "b:1: `EIO-1 fails` is no line of a baseline");
        assert_eq!(wrong("EIO-1 fail now"), "b:1: `EIO-1 fail now` is no line of a baseline");
        assert_eq!(wrong("SIO-1 fail"), "b:1: there is no check `SIO-1`");
    }

    #[test]
    fn what_is_written_is_read_and_keeps_what_was_not_tried() {
        let old = Baseline::of_text("b", "OLD-1 unknown\nEIO-HS-01 fail", |id| Some(id.into()));
        let text = Baseline::written(&sample::failed(), old.as_ref().ok());
        let read = Baseline::of_text("b", &text, |id| Some(id.into())).expect("a baseline");
        assert_eq!(read.of("OLD-1"), Some(Listed::Unknown));
        // It passes in the sample.
        assert_eq!(read.of("EIO-HS-01"), None);
        assert_eq!(read.of("EIO-HS-03"), Some(Listed::Fail));
    }
}
