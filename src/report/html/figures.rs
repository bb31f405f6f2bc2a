//! Figures: numbers of the report, each with its path in `report.json`.

use crate::page::{Markup, figure};
use crate::report::numbers;

/// A count.
pub(super) fn count(path: &str, number: u64) -> Markup {
    figure(path, number, numbers::count(number))
}

/// A count and what it counts.
pub(super) fn counted(path: &str, number: u64, words: (&str, &str)) -> Markup {
    figure(path, number, numbers::counted(number, words.0, words.1))
}

/// A length of time, in milliseconds.
pub(super) fn time(path: &str, ms: f64) -> Markup {
    figure(path, ms, numbers::time(ms))
}

/// A length of time or a moment, in seconds.
pub(super) fn seconds(path: &str, seconds: f64) -> Markup {
    figure(path, seconds, numbers::time(seconds * 1e3))
}

/// A share from 0 to 1.
pub(super) fn share(path: &str, share: f64) -> Markup {
    figure(path, share, numbers::share(share))
}
