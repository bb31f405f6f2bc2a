//! Texts: what each message says, all of it following from its stamp.

use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::stamp::mix;
use super::{Message, RunTag, Stamp};

/// The characters that texts are filled with.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// Letters, digits and inner spaces: one byte each, and no JSON encoder escapes any.
    #[default]
    Ascii,
    /// Characters of two, three and four bytes in UTF-8.
    Unicode,
    /// Both, with quotes, backslashes, line breaks and HTML among them.
    Mixed,
}

/// Bytes of UTF-8 in a cell, the unit that texts are filled with.
const CELL_BYTES: usize = 8;
const CELL_COUNT: usize = 2048;

/// Writes the text of any message of a run, without having stored it.
///
/// A text is its stamp, then whole cells of a noise made once from the seed, beginning at a place
/// that follows from the stamp, then digits up to its length. Texts are written as they stand
/// between the quotes of a JSON string, as `JSON.stringify` and most encoders escape them.
#[derive(Debug)]
pub struct Texts {
    tag: RunTag,
    noise: Box<[u8]>,
    /// Bytes of a cell once escaped: the same for every cell of an alphabet.
    cell_json_bytes: usize,
    /// How many cells in a row nobody else writes by chance.
    piece_cells: usize,
}

impl Texts {
    /// The texts of the run `tag`, filled from `alphabet`.
    pub fn new(tag: RunTag, alphabet: Alphabet, seed: u64) -> Texts {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut noise = Vec::new();
        for _ in 0..CELL_COUNT {
            let cell = cell(alphabet, &mut rng);
            assert!(cell.len() == CELL_BYTES, "cell {cell:?} has {} bytes", cell.len());
            let json = serde_json::Value::from(cell).to_string();
            noise.extend_from_slice(&json.as_bytes()[1..json.len() - 1]);
        }
        let cell_json_bytes = noise.len() / CELL_COUNT;
        assert!(noise.len() == cell_json_bytes * CELL_COUNT, "cells of unequal length");
        let piece_cells = match alphabet {
            Alphabet::Ascii => 1,
            // Of a cell there are some millions, or but some hundreds.
            Alphabet::Mixed => 2,
            Alphabet::Unicode => 4,
        };
        Texts { tag, noise: noise.into(), cell_json_bytes, piece_cells }
    }

    /// The tag that every text begins with.
    pub fn tag(&self) -> RunTag {
        self.tag
    }

    /// Pieces of the filling, as they stand in a JSON string and all of one length, of which no
    /// text has one that is not of this run: so long that nobody else says the same by chance.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let (cells, bytes) = (self.piece_cells, self.cell_json_bytes);
        let count = CELL_COUNT + 1 - cells;
        (0..count).map(move |at| &self.noise[at * bytes..(at + cells) * bytes])
    }

    /// Appends the text of `message`, escaped for the inside of a JSON string.
    pub fn write_json(&self, message: &Message, out: &mut Vec<u8>) {
        let stamp = Stamp::encode(self.tag, message);
        out.extend_from_slice(&stamp);
        let (cells, rest) = self.filling(&stamp, message.text_bytes);
        cells.for_each(|cells| out.extend_from_slice(cells));
        out.extend_from_slice(rest);
    }

    /// Takes the text of `message` off the beginning of `json`, where its stamp was read; nothing
    /// if the text goes on otherwise than it must.
    pub fn strip_json<'d>(&self, message: &Message, json: &'d [u8]) -> Option<&'d [u8]> {
        let (stamp, mut left) = json.split_at_checked(Stamp::LEN)?;
        let (cells, rest) = self.filling(stamp, message.text_bytes);
        for cells in cells {
            left = left.strip_prefix(cells)?;
        }
        left.strip_prefix(rest)
    }

    /// What fills a text of `text_bytes` behind its stamp: runs of cells, and the rest.
    fn filling(&self, stamp: &[u8], text_bytes: u32) -> (impl Iterator<Item = &[u8]>, &[u8]) {
        let filling = (text_bytes as usize).saturating_sub(Stamp::LEN);
        let mut cells = filling / CELL_BYTES;
        let mut start = (mix(stamp) % CELL_COUNT as u64) as usize;
        let runs = std::iter::from_fn(move || {
            if cells == 0 {
                return None;
            }
            let run = cells.min(CELL_COUNT - start);
            let noise = &self.noise[start * self.cell_json_bytes..];
            (cells, start) = (cells - run, 0);
            Some(&noise[..run * self.cell_json_bytes])
        });
        (runs, &b"01234567"[..filling % CELL_BYTES])
    }
}

/// One cell: [`CELL_BYTES`] bytes of UTF-8 that neither begin nor end with a space, since some
/// servers trim.
fn cell(alphabet: Alphabet, rng: &mut impl Rng) -> String {
    match alphabet {
        Alphabet::Ascii => ascii_cell(rng),
        Alphabet::Unicode => unicode_cell(rng),
        Alphabet::Mixed => mixed_cell(rng),
    }
}

fn pick(from: &[char], rng: &mut impl Rng) -> char {
    from[rng.random_range(0..from.len())]
}

fn ascii(rng: &mut impl Rng) -> char {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    char::from(LETTERS[rng.random_range(0..LETTERS.len())])
}

fn ascii_cell(rng: &mut impl Rng) -> String {
    let inner = rng.random_range(1..CELL_BYTES - 1);
    (0..CELL_BYTES).map(|at| if at == inner { ' ' } else { ascii(rng) }).collect()
}

const TWO_BYTES: &[char] = &['é', 'ß', 'ø', 'ж', 'я', 'λ', 'א', 'س'];
const THREE_BYTES: &[char] = &['€', '中', '文', 'ん', '한', 'ไ', '\u{2028}', '\u{feff}'];
const FOUR_BYTES: &[char] = &['😀', '🚀', '👍', '𝄞', '𠜎', '🎉'];

fn unicode_cell(rng: &mut impl Rng) -> String {
    let widths: &[&[char]] = match rng.random_range(0..3) {
        0 => &[FOUR_BYTES, FOUR_BYTES],
        1 => &[THREE_BYTES, TWO_BYTES, THREE_BYTES],
        _ => &[TWO_BYTES, FOUR_BYTES, TWO_BYTES],
    };
    widths.iter().map(|width| pick(width, rng)).collect()
}

/// Exactly one character that JSON escapes with two, so that all cells stay of one length.
fn mixed_cell(rng: &mut impl Rng) -> String {
    const ESCAPED: &[char] = &['"', '\\', '\n', '\t'];
    const MARKUP: &[char] = &['<', '>', '&', '\'', '/', '%', '{', ','];
    let wide = pick(FOUR_BYTES, rng);
    let (escaped, markup) = (pick(ESCAPED, rng), pick(MARKUP, rng));
    [ascii(rng), escaped, wide, markup, ascii(rng)].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::{MessageId, RoomId, UserId};
    use super::*;
    use crate::time::Timestamp;

    fn message(sequence: u32, text_bytes: u32) -> Message {
        let id = MessageId { room: RoomId(3), sender: UserId(9), sequence };
        Message { id, intended: Timestamp::from_nanos(1), text_bytes }
    }

    fn text(texts: &Texts, message: &Message) -> String {
        let mut json = vec![b'"'];
        texts.write_json(message, &mut json);
        json.push(b'"');
        serde_json::from_slice(&json).expect("a JSON string")
    }

    #[test]
    fn a_text_has_its_length_in_bytes_and_survives_json() {
        for alphabet in [Alphabet::Ascii, Alphabet::Unicode, Alphabet::Mixed] {
            let texts = Texts::new(RunTag::new(1), alphabet, 1);
            for text_bytes in [35, 36, 64, 1000, 100_000] {
                let message = message(1, text_bytes);
                let text = text(&texts, &message);
                assert_eq!(text.len(), text_bytes as usize, "{alphabet:?}");
                assert_eq!(Stamp::decode(text.as_bytes()), Ok(message));
                assert_eq!(text.trim(), text, "{alphabet:?}");
            }
        }
    }

    #[test]
    fn what_was_written_is_stripped_and_nothing_else() {
        for alphabet in [Alphabet::Ascii, Alphabet::Unicode, Alphabet::Mixed] {
            let texts = Texts::new(RunTag::new(1), alphabet, 1);
            for text_bytes in [35, 36, 64, 100_000] {
                let message = message(1, text_bytes);
                let mut json = Vec::new();
                texts.write_json(&message, &mut json);
                json.extend_from_slice(b"\"}]");
                assert_eq!(texts.strip_json(&message, &json), Some(&b"\"}]"[..]));
                let longer = Message { text_bytes: text_bytes + 1, ..message };
                assert_eq!(texts.strip_json(&longer, &json), None);
                if text_bytes > 35 {
                    json[Stamp::LEN] ^= 1;
                    assert_eq!(texts.strip_json(&message, &json), None);
                }
            }
        }
    }

    #[test]
    fn neighbours_say_different_things() {
        let texts = Texts::new(RunTag::new(1), Alphabet::Ascii, 1);
        let (one, two) = (text(&texts, &message(1, 200)), text(&texts, &message(2, 200)));
        assert_ne!(one[Stamp::LEN..], two[Stamp::LEN..]);
    }
}
