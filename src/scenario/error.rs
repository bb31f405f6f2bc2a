//! ScenarioError: what is wrong with a scenario, where, and what to do about it.

use std::ops::Range;
use std::sync::Arc;

use miette::{NamedSource, SourceSpan};

use super::path::Path;

/// Why a scenario cannot be run. It prints as `place: what`, where the place is
/// `file:line:column`, a flag, or the file alone; as a [`miette::Diagnostic`] it also shows the
/// offending line and what to write instead.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{place}: {what}")]
pub struct ScenarioError {
    place: String,
    what: String,
    #[help]
    remedy: String,
    #[source_code]
    source_code: Option<Arc<NamedSource<String>>>,
    #[label("here")]
    label: Option<SourceSpan>,
}

/// A line longer than this helps nobody to see what is wrong with it.
const LINE_BYTES_MAX: usize = 1000;

impl ScenarioError {
    /// What is wrong with `bytes` of the file `name`, whose whole text is `text`.
    pub(super) fn in_text(
        (name, text): (&str, &str),
        bytes: Range<usize>,
        what: String,
        remedy: String,
    ) -> ScenarioError {
        let before = &text[..bytes.start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let error = ScenarioError {
            place: format!("{name}:{line}:{column}"),
            what: visible(&what),
            remedy,
            source_code: Some(Arc::new(NamedSource::new(name, visible(text)))),
            label: Some(SourceSpan::from(bytes)),
        };
        if error.line().is_some_and(|line| line.len() > LINE_BYTES_MAX) {
            return ScenarioError { source_code: None, label: None, ..error };
        }
        error
    }

    /// What is wrong at a `place` that has no lines: a flag, or a file as a whole.
    pub(super) fn at(place: &str, what: String, remedy: String) -> ScenarioError {
        let what = visible(&what);
        ScenarioError { place: place.into(), what, remedy, source_code: None, label: None }
    }

    /// Where it is wrong: `file:line:column`, a flag, or the file alone.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The line of the file that is wrong, if there is one and it is fit to be shown.
    pub fn line(&self) -> Option<&str> {
        let (source, label) = (self.source_code.as_ref()?, self.label?);
        let (before, after) = source.inner().split_at(label.offset());
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let end = before.len() + after.find('\n').unwrap_or(after.len());
        Some(&source.inner()[start..end])
    }

    /// What is wrong, in one line.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do about it, in one line.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

/// `text` with a question mark for each byte that would steer a terminal, and as long.
fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && !matches!(c, '\n' | '\r' | '\t') {
            visible.extend(std::iter::repeat_n('?', c.len_utf8()));
        } else {
            visible.push(c);
        }
    }
    visible
}

/// What is wrong with the field at a path, before it is known where that field stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) path: Path,
    pub(super) what: String,
    pub(super) remedy: String,
}

impl Mistake {
    pub(super) fn new(path: Path, what: impl Into<String>, remedy: impl Into<String>) -> Mistake {
        Mistake { path, what: what.into(), remedy: remedy.into() }
    }

    /// A mistake in the field that is written `dotted`, such as `rooms.size`.
    pub(super) fn at(dotted: &str, what: impl Into<String>, remedy: impl Into<String>) -> Mistake {
        Mistake::new(Path::parse(dotted), what, remedy)
    }
}
