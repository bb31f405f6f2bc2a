//! Attribution: which message a damaged text once was.

use super::room::Room;
use super::roster::{Roster, Seat};
use super::stranger::Parts;
use crate::chat::{Message, MessageId, Stamp, Texts};
use crate::time::Timestamp;

/// Messages that a damaged text is compared with at most.
const CANDIDATES_MAX: usize = 4096;
/// Damaged texts that are looked into at most: a server that floods must not cost us the run.
const ATTRIBUTIONS_MAX: usize = 10_000;
/// What must be left of a text that was cut: run, room, sender and sequence.
const KEPT_BYTES_MIN: usize = Stamp::LEN / 2 + 1;

/// Finds the message that a text whose stamp cannot be read most likely was.
pub(super) struct Attribution {
    texts: Texts,
    left: usize,
    /// Made of the texts when they are first looked for.
    parts: Option<Parts>,
}

/// The message a damaged text most likely was.
pub(super) struct Likely {
    pub(super) id: MessageId,
    pub(super) intended: Timestamp,
}

impl Attribution {
    pub(super) fn new(texts: Texts) -> Attribution {
        Attribution { texts, left: ATTRIBUTIONS_MAX, parts: None }
    }

    /// The message that `seats` wait for which resembles `text` most, if any does: three
    /// quarters of it must stand unchanged at its beginning and its end. A text that was cut short
    /// is compared with as much of the message.
    pub(super) fn find(
        &mut self,
        text: &str,
        seats: &[Seat],
        roster: &Roster,
        rooms: &[Room],
    ) -> Option<Likely> {
        self.left = self.left.checked_sub(1)?;
        let json = serde_json::Value::from(text).to_string();
        let heard = &json.as_bytes()[1..json.len() - 1];
        let candidates = seats.iter().flat_map(|seat| {
            let awaited = rooms[seat.room()].awaited_by(seat.slot());
            awaited.map(|(mouth, sequence, expected)| {
                let room = roster.rooms()[seat.room()].id;
                let id = MessageId { room, sender: roster.member(seat.room(), mouth), sequence };
                (id, expected)
            })
        });
        let mut said = Vec::new();
        let mut best: Option<(usize, Likely)> = None;
        for (id, expected) in candidates.take(CANDIDATES_MAX) {
            let (intended, text_bytes) = (expected.intended, expected.text_bytes);
            said.clear();
            self.texts.write_json(&Message { id, intended, text_bytes }, &mut said);
            let Some(common) = resemblance(&said, heard) else { continue };
            if best.as_ref().is_none_or(|(most, _)| common > *most) {
                best = Some((common, Likely { id, intended }));
            }
        }
        best.map(|(_, likely)| likely)
    }

    /// Whether nothing in `text` shows that it is of this run, so that it is a stranger's.
    pub(super) fn is_strange(&mut self, text: &str, roster: &Roster) -> bool {
        let parts = self.parts.get_or_insert_with(|| Parts::of(&self.texts));
        !parts.are_in(text, roster.users())
    }
}

/// Bytes that what was `heard` shares with what was `said`, if they are enough to tell.
fn resemblance(said: &[u8], heard: &[u8]) -> Option<usize> {
    let enough = |common: usize, of: usize| common * 4 >= of * 3;
    let whole = unchanged(said, heard);
    if enough(whole, said.len().max(heard.len())) {
        return Some(whole);
    }
    // Both the server and our own reader may have cut it.
    let cut = unchanged(&said[..said.len().min(heard.len())], heard);
    (enough(cut, heard.len()) && cut >= KEPT_BYTES_MIN).then_some(cut)
}

/// Bytes that two texts share at their beginning and their end.
fn unchanged(one: &[u8], other: &[u8]) -> usize {
    let same = |(a, b): &(&u8, &u8)| a == b;
    let head = one.iter().zip(other).take_while(same).count();
    let (one, other) = (&one[head..], &other[head..]);
    head + one.iter().rev().zip(other.iter().rev()).take_while(same).count()
}

#[cfg(test)]
mod tests {
    use super::unchanged;

    #[test]
    fn one_changed_character_leaves_the_rest() {
        assert_eq!(unchanged(b"abcdef", b"abXdef"), 5);
        assert_eq!(unchanged(b"abcdef", b"abdef"), 5);
        assert_eq!(unchanged(b"abc", b"xyz"), 0);
        assert_eq!(unchanged(b"aaa", b"aaa"), 3);
    }
}
