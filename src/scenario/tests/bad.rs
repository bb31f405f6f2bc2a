//! Bad files: how they are made, and what is said of them.

use expect_test::Expect;

use super::*;

/// Compares what is said of each of `texts` with what is expected, one after another.
pub(super) fn check(texts: &[&str], expected: &Expect) {
    let told: Vec<_> = texts.iter().map(|text| told(text, &Overrides::default())).collect();
    expected.assert_eq(&told.concat());
}

/// What is said of `text` changed by `overrides`: the error, the line, the remedy.
pub(super) fn told(text: &str, overrides: &Overrides) -> String {
    let error = Scenario::parse("bad.yaml", text, overrides)
        .and_then(|scenario| Plan::new(&scenario, 1).map(|_| ()))
        .expect_err("an error");
    let line = error.line().map(|line| format!("    {line}\n")).unwrap_or_default();
    format!("{error}\n{line}  → {}\n", error.remedy())
}

/// A good scenario with one more line at its end.
pub(super) fn with(extra: &str) -> String {
    let good =
        "users: 300\nrooms: {count: 30}\nload:\n  phases:\n    - hold: {rate: 2/s, for: 1 s}";
    format!("{good}\n{extra}")
}

/// A good scenario with other rooms.
pub(super) fn rooms(rooms: &str) -> String {
    with("").replace("rooms: {count: 30}", rooms)
}

/// A good scenario with another phase.
pub(super) fn phase(phase: &str) -> String {
    with("").replace("hold: {rate: 2/s, for: 1 s}", phase)
}
