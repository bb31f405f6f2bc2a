//! Documented: the page has every check, in order, and says of it what the catalogue says.

use super::*;

const DOCUMENT: &str = include_str!("../../../docs/doctor.md");

#[test]
fn every_check_has_its_row_and_every_row_its_check() {
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<Vec<&str>> =
        rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
    let ids: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    let wanted: Vec<&str> = CATALOGUE.iter().map(|check| check.id).collect();
    assert_eq!(ids, wanted);
    for (row, check) in rows.iter().zip(CATALOGUE) {
        assert_eq!(row.len(), 4, "{row:?}");
        assert_eq!((row[1], row[2]), (check.looks_at, check.why), "{}", check.id);
        assert!(row[3].len() > 10, "{} has no remedy on the page", check.id);
    }
}

#[test]
fn checks_are_told_apart() {
    let mut ids: Vec<&str> = CATALOGUE.iter().map(|check| check.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CATALOGUE.len());
    for check in CATALOGUE {
        assert!(check.why.ends_with('.') && !check.title.ends_with('.'), "{}", check.id);
    }
}
