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

/// The cores with these numbers, which ascend, as `taskset` takes them.
pub(super) fn core_list(numbers: &[u64]) -> String {
    let ranges = numbers.chunk_by(|one, next| one + 1 == *next).map(|range| match range {
        [first, .., last] => format!("{first}-{last}"),
        one => one.iter().map(u64::to_string).collect(),
    });
    ranges.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_listed_by_their_numbers() {
        for (numbers, list) in [
            (&[][..], ""),
            (&[5], "5"),
            (&[0, 1], "0-1"),
            (&[4, 5, 6, 7], "4-7"),
            (&[0, 2, 3, 9, 11, 12, 13], "0,2-3,9,11-13"),
        ] {
            assert_eq!(core_list(numbers), list);
        }
    }
}
