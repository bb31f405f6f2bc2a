//! Stranger: whether what is heard was said by somebody who is not of this run.

use std::collections::HashSet;

use memchr::memmem;

use crate::chat::{RunTag, Stamp, Texts};

/// What the texts of a run are made of, to know a piece of one by.
pub(super) struct Parts {
    tag: RunTag,
    pieces: HashSet<Box<[u8]>>,
    piece_bytes: usize,
}

impl Parts {
    /// What the texts of this run are made of.
    pub(super) fn of(texts: &Texts) -> Parts {
        let pieces: HashSet<Box<[u8]>> = texts.pieces().map(Into::into).collect();
        let piece_bytes = pieces.iter().next().map_or(1, |piece| piece.len());
        Parts { tag: texts.tag(), pieces, piece_bytes }
    }

    /// Whether `text` has a part of a text of this run: the tag, a piece of the filling, or
    /// what is left of a stamp whose sender is one of the first `users`.
    pub(super) fn are_in(&self, text: &str, users: usize) -> bool {
        if memmem::find(text.as_bytes(), self.tag.as_bytes()).is_some() {
            return true;
        }
        if Stamp::is_damaged(text.as_bytes(), users) {
            return true;
        }
        let json = serde_json::Value::from(text).to_string();
        json.as_bytes().windows(self.piece_bytes).any(|piece| self.pieces.contains(piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Alphabet, Message, MessageId, RoomId, UserId};
    use crate::time::Timestamp;

    const USERS: usize = 5_000;

    fn texts(entropy: u64, alphabet: Alphabet) -> Texts {
        Texts::new(RunTag::new(entropy), alphabet, entropy)
    }

    fn text(texts: &Texts, number: u32, text_bytes: u32) -> String {
        let (room, sender) = (RoomId(number % 7), UserId(number % USERS as u32));
        let id = MessageId { room, sender, sequence: number };
        let intended = Timestamp::from_nanos(1_000_000_007 * u64::from(number));
        let mut json = vec![b'"'];
        texts.write_json(&Message { id, intended, text_bytes }, &mut json);
        json.push(b'"');
        serde_json::from_slice(&json).expect("a JSON string")
    }

    fn is_ours(texts: &Texts, text: &str) -> bool {
        Parts::of(texts).are_in(text, USERS)
    }

    #[test]
    fn what_people_say_is_strange() {
        for alphabet in [Alphabet::Ascii, Alphabet::Unicode, Alphabet::Mixed] {
            assert_strange(&texts(0x0123_4567, alphabet));
        }
    }

    fn assert_strange(ours: &Texts) {
        for text in [
            "",
            "hi",
            "A",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA, all of us",
            "hello from a person, who says more than a stamp is long",
            "https://example.com/a/path/that-is-longer-than-any-stamp",
            "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "Donaudampfschifffahrtsgesellschaftskapitaen",
            "🎉🎉🎉🎉🎉🎉 🎉🎉",
            "שלום עולם 😀 <img src=x onerror=alert(1)>",
        ] {
            let wanted = text.starts_with("AAAA");
            assert_eq!(is_ours(ours, text), wanted, "{text}");
        }
    }

    #[test]
    fn what_another_run_says_is_strange() {
        for alphabet in [Alphabet::Ascii, Alphabet::Unicode, Alphabet::Mixed] {
            let (ours, others) = (texts(0x2345_6789, alphabet), texts(0x3456_789a, alphabet));
            for number in 0..100 {
                let text = text(&others, number, 35 + number);
                assert!(!is_ours(&ours, &text), "{text}");
            }
        }
    }

    #[test]
    fn a_text_of_this_run_is_ours_whatever_one_damage_does_to_it() {
        for alphabet in [Alphabet::Ascii, Alphabet::Unicode, Alphabet::Mixed] {
            let ours = texts(3, alphabet);
            for (number, bytes) in [(0, 35), (11, 40), (4_999, 128), (77, 300)] {
                let text = text(&ours, number, bytes);
                for (at, character) in text.char_indices() {
                    let rest = &text[at + character.len_utf8()..];
                    for other in ["!", "z", "é", "", "!!"] {
                        let damaged = format!("{}{other}{rest}", &text[..at]);
                        // A bare stamp of which nothing stands where it stood is lost on us.
                        if other.len() == 1 || bytes >= 128 {
                            assert!(is_ours(&ours, &damaged), "{damaged} of {text}");
                        }
                    }
                }
                for cut in (13..text.len()).filter(|&cut| text.is_char_boundary(cut)) {
                    assert!(is_ours(&ours, &text[..cut]), "{} of {text}", &text[..cut]);
                }
            }
        }
    }
}
