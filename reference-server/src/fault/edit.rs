//! Edits: what faults change in a payload. The outcome is JSON always.

use std::borrow::Cow;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::value::{RawValue, to_raw_value};

use crate::fields::Fields;
use crate::payload::Payload;

/// Longer texts are cut to this.
const TEXT_BYTES_MAX: usize = 48;

/// What a character is changed into; none needs an escape in JSON.
const REPLACEMENTS: [char; 36] = [
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's',
    't', 'u', 'v', 'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
];

/// Changes one character of the text into another; an empty text stays as it is.
pub(super) fn corrupt(payload: &mut Payload<'_>, mut numbers: Xoshiro256PlusPlus) {
    edit_text(payload, |text| {
        let length = text.chars().count();
        let position = (length > 0).then(|| numbers.random_range(0..length))?;
        let choice = numbers.random_range(0..REPLACEMENTS.len());
        let other = |c| match REPLACEMENTS[choice] {
            replacement if replacement == c => REPLACEMENTS[(choice + 1) % REPLACEMENTS.len()],
            replacement => replacement,
        };
        let changed = text.chars().enumerate();
        Some(changed.map(|(i, c)| if i == position { other(c) } else { c }).collect())
    });
}

/// Cuts a long text short, at a whole character.
pub(super) fn truncate(payload: &mut Payload<'_>) {
    edit_text(payload, |text| {
        let end = text.floor_char_boundary(TEXT_BYTES_MAX);
        (end < text.len()).then(|| text[..end].to_owned())
    });
}

/// Removes the author.
pub(super) fn strip_key(payload: &mut Payload<'_>) {
    edit_fields(payload, |fields| {
        let before = fields.0.len();
        fields.0.retain(|(key, _)| key != "author");
        fields.0.len() < before
    });
}

/// Edits `message` if it is a string; `edit` says `None` to leave it.
fn edit_text(payload: &mut Payload<'_>, edit: impl FnOnce(&str) -> Option<String>) {
    edit_fields(payload, |fields| {
        // Of two keys of one name the last is the one that a receiver sees.
        let message = fields.0.iter_mut().rev().find(|(key, _)| key == "message");
        let edited = message.and_then(|(_, value)| Some((edited(value, edit)?, value)));
        let Some((new, value)) = edited else { return false };
        *value = Cow::Owned(new);
        true
    });
}

fn edited(value: &RawValue, edit: impl FnOnce(&str) -> Option<String>) -> Option<Box<RawValue>> {
    let text: String = serde_json::from_str(value.get()).ok()?;
    to_raw_value(&edit(&text)?).ok()
}

/// Edits the fields if the payload is an object; `edit` says whether it changed any.
fn edit_fields(payload: &mut Payload<'_>, edit: impl FnOnce(&mut Fields<'_>) -> bool) {
    let Ok(mut fields) = serde_json::from_str(payload.json.get()) else { return };
    if !edit(&mut fields) {
        return;
    }
    if let Ok(json) = to_raw_value(&fields) {
        payload.json = Cow::Owned(json);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use serde_json::Value;

    use super::*;

    fn payload(json: &str) -> Payload<'static> {
        let json = RawValue::from_string(json.to_owned()).expect("JSON");
        Payload { json: Cow::Owned(json), attachments: Default::default() }
    }

    fn text_of(payload: &Payload<'_>) -> String {
        let value: Value = serde_json::from_str(payload.json.get()).expect("JSON");
        value["message"].as_str().expect("a text").to_owned()
    }

    #[test]
    fn corrupt_changes_exactly_one_character_and_nothing_else() {
        let around = |text: &str| {
            let text = serde_json::to_string(text).expect("JSON");
            format!(r#"{{"room":"r","n":1.0,"message":{text},"author":"a","k":1e2}}"#)
        };
        for (seed, text) in (0..400).zip(["a\"b\\c\nd", "x", "日本語😀", "aaaaaaaa"].repeat(100))
        {
            let mut changed = payload(&around(text));
            corrupt(&mut changed, Xoshiro256PlusPlus::seed_from_u64(seed));
            let after = text_of(&changed);
            let differing = text.chars().zip(after.chars()).filter(|(a, b)| a != b).count();
            assert_eq!((differing, after.chars().count()), (1, text.chars().count()), "{after}");
            assert_eq!(changed.json.get(), around(&after));
        }
    }

    #[test]
    fn what_has_no_text_is_not_corrupted() {
        for json in [r#"{"message": ""}"#, r#"{"message": 7}"#, r#"{"room": "r"}"#, "[1]", "7"] {
            let mut changed = payload(json);
            corrupt(&mut changed, Xoshiro256PlusPlus::seed_from_u64(0));
            truncate(&mut changed);
            strip_key(&mut changed);
            assert_eq!(changed.json.get(), json);
        }
    }

    #[test]
    fn truncate_cuts_long_texts_at_a_whole_character() {
        for (text, left) in [
            ("x".repeat(48), 48),
            ("x".repeat(49), 48),
            ("日".repeat(17), 48),
            (format!("x{}", "日".repeat(17)), 46),
        ] {
            let mut changed = payload(&format!(r#"{{"message":"{text}"}}"#));
            truncate(&mut changed);
            assert_eq!(text_of(&changed), text[..left]);
        }
    }

    #[test]
    fn strip_key_removes_the_author_alone() {
        let mut changed = payload(r#"{"b":1e2, "author":"ann", "a":"x"}"#);
        strip_key(&mut changed);
        assert_eq!(changed.json.get(), r#"{"b":1e2,"a":"x"}"#);
    }
}
