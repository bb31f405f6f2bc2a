//! Words: how numbers stand in what was found: thousands apart, a unit, few digits.

use indicatif::{DecimalBytes, HumanCount};

/// A limit that stands for none, as systems write it.
const NO_LIMIT: u64 = i64::MAX as u64;

/// A count, its thousands apart.
pub(super) fn count(number: u64) -> String {
    match number {
        NO_LIMIT.. => "unlimited".into(),
        number => HumanCount(number).to_string(),
    }
}

/// A number of bytes, in powers of a thousand.
pub(super) fn bytes(number: u64) -> String {
    DecimalBytes(number).to_string()
}

/// A share from 0 to 1, in whole percent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// `word` as a POSIX shell takes it for one word.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A path below the root, as a shell takes it.
pub(super) fn at_root(path: &str) -> String {
    quoted(&format!("/{path}"))
}

/// The cores from `first` on, as `taskset` takes them.
pub(super) fn core_list(first: u64, many: u64) -> String {
    match many {
        0 | 1 => first.to_string(),
        many => format!("{first}-{}", first + many - 1),
    }
}
