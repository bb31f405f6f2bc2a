//! Finding: what trying a check shows.

use super::deviation::Deviation;

/// What trying a check shows: a remark on what passed (often empty), or why it did not.
pub type Found = Result<String, Stop>;

/// Why a check did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The server did something else.
    Failed(Failure),
    /// It cannot be said: what had to work beforehand did not.
    Unknown(String),
    /// There is nothing to be tried.
    NotApplicable(String),
}

/// What was expected of the server, and what it did.
#[derive(
    Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Failure {
    /// What the requirement asks for.
    pub expected: String,
    /// What was seen.
    pub observed: String,
}

impl Stop {
    /// The server did `observed` where `expected` is asked for.
    pub(super) fn failed(expected: impl Into<String>, observed: impl Into<String>) -> Stop {
        Stop::Failed(Failure { expected: expected.into(), observed: cut(observed.into()) })
    }

    /// The reason, in words.
    pub(super) fn why(&self) -> &str {
        match self {
            Stop::Unknown(why) | Stop::NotApplicable(why) => why,
            Stop::Failed(failure) => &failure.observed,
        }
    }

    /// It cannot be said, because of `why`.
    pub(super) fn unknown(why: impl Into<String>) -> Stop {
        Stop::Unknown(cut(why.into()))
    }
}

/// What is told of a server is not as long as the server likes.
fn cut(mut text: String) -> String {
    const BYTES_MAX: usize = 4_000;
    let bytes = text.len();
    if bytes > BYTES_MAX {
        text.truncate(text.floor_char_boundary(BYTES_MAX));
        text.shrink_to_fit();
        text.push_str(&format!("… ({bytes} bytes)"));
    }
    text
}

/// Passes when `holds`; says what was `observed` when not.
pub(super) fn ensure(
    holds: bool,
    expected: &str,
    observed: impl FnOnce() -> String,
) -> Result<(), Stop> {
    if holds { Ok(()) } else { Err(Stop::failed(expected, observed())) }
}

/// Nothing to remark: it passed.
pub(super) fn fine() -> Found {
    Ok(String::new())
}

/// What became of a check, once it was judged.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The server does what is required; there may be a remark.
    Pass(String),
    /// The server does not.
    Fail(Failure),
    /// The server does not, and is known not to.
    KnownDeviation(Failure, &'static Deviation),
    /// It cannot be said, and why.
    Unknown(String),
    /// There was nothing to be tried, and why.
    NotApplicable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_makes_long_is_not_kept_whole() {
        let long = "\u{e9}".repeat(1 << 20);
        for stop in [Stop::failed("this", format!("a{long}")), Stop::unknown(format!("a{long}"))] {
            let why = stop.why();
            assert!(why.len() < 5_000 && why.ends_with("(2097153 bytes)"), "{} bytes", why.len());
        }
        assert_eq!(Stop::unknown("short").why(), "short");
    }
}
