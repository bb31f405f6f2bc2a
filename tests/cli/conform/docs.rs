//! Docs: the catalogue in `docs/conformance.md` is the one there is, and so are the names above it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::shown;

/// The last words that are written by hand.
const BEGINS_BEHIND: &str = "the_catalogue_in_the_docs -->\n\n";
const RENEW: &str = "UPDATE_EXPECT=1 cargo test --test live the_catalogue_in_the_docs";

fn page() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conformance.md")
}

fn by_hand() -> String {
    let text = std::fs::read_to_string(page()).expect("the page is there");
    let end = text.find(BEGINS_BEHIND).expect("the catalogue has a beginning");
    text[..end + BEGINS_BEHIND.len()].to_owned()
}

#[test]
fn the_catalogue_in_the_docs_is_the_one_there_is() {
    let wanted = by_hand() + &shown(&["--list", "--format=markdown"]);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(page(), wanted).expect("the page can be written");
        return;
    }
    let text = std::fs::read_to_string(page()).expect("the page is there");
    assert!(text == wanted, "docs/conformance.md is not what there is; renew it: {RENEW}");
}

#[test]
fn every_check_that_the_docs_name_is_there() {
    let listed: Value = serde_json::from_str(&shown(&["--list", "--format=json"])).expect("JSON");
    let ids: BTreeSet<&str> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|check| check["id"].as_str().expect("an id"))
        .collect();
    let text = by_hand();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_id = |word: &&str| {
        let last = word.rsplit('-').next().unwrap_or_default();
        word.contains('-') && last.starts_with(|c: char| c.is_ascii_digit())
    };
    let is_ours = |word: &&str| ["EIO-", "SIO-", "CHAT-"].iter().any(|it| word.starts_with(it));
    let missing: BTreeSet<_> =
        words.filter(is_ours).filter(is_id).filter(|word| !ids.contains(word)).collect();
    assert!(missing.is_empty(), "no check is called {missing:?}");
}
