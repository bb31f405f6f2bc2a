//! Stamp: the fixed-width beginning of every text, which says whose message it is.

use super::{Message, MessageId, RoomId, UserId};
use crate::time::Timestamp;

/// The 64 characters of base64url (RFC 4648, section 5): no JSON encoder escapes any of them.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const NOT_A_DIGIT: u8 = 0xff;
const VALUES: [u8; 256] = values();

const TAG_DIGITS: usize = 5;
const ROOM_DIGITS: usize = 4;
const USER_DIGITS: usize = 4;
const SEQUENCE_DIGITS: usize = 5;
const INTENDED_DIGITS: usize = 9;
const LENGTH_DIGITS: usize = 4;
const CHECK_DIGITS: usize = 4;

/// Says which run a message belongs to: two runs against one server never share it but by
/// chance (1 in 2^30), so a message left over from an earlier run is not taken for ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunTag([u8; TAG_DIGITS]);

impl RunTag {
    /// The tag made of the lowest 30 bits of `entropy`.
    pub fn new(entropy: u64) -> RunTag {
        let mut tag = [0; TAG_DIGITS];
        write_digits(entropy & ((1 << (6 * TAG_DIGITS)) - 1), &mut tag);
        RunTag(tag)
    }

    /// The tag that is written `text`, if that is one.
    pub fn read(text: &str) -> Option<RunTag> {
        let tag: [u8; TAG_DIGITS] = text.as_bytes().try_into().ok()?;
        read_digits(&tag).ok().map(RunTag::new)
    }

    /// The characters every stamp of the run begins with.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What is wrong with something that begins like a stamp of this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampError {
    /// It ends before the stamp does.
    Short,
    /// Its characters or its check do not agree: it was changed on the way.
    Damaged,
}

/// The stamp of a message: `run tag · room · sender · sequence · intended · length · check`.
///
/// Every field is base64url, big-endian, of fixed width; the check is 24 bits over the rest.
pub struct Stamp;

impl Stamp {
    /// The length of every stamp: 35 characters, and as many bytes.
    pub const LEN: usize = TAG_DIGITS
        + ROOM_DIGITS
        + USER_DIGITS
        + SEQUENCE_DIGITS
        + INTENDED_DIGITS
        + LENGTH_DIGITS
        + CHECK_DIGITS;
    /// One more than the largest room or user number a stamp can carry.
    pub const USERS_MAX: u32 = 1 << (6 * USER_DIGITS);
    /// One more than the largest number of a message that a stamp can carry.
    pub const MESSAGES_MAX: u32 = 1 << (6 * SEQUENCE_DIGITS);
    /// The latest due time a stamp can carry: 208 days after the run began.
    pub const INTENDED_MAX: Timestamp = Timestamp::from_nanos((1 << (6 * INTENDED_DIGITS)) - 1);
    /// The longest text a stamp can describe, in bytes.
    pub const TEXT_BYTES_MAX: u32 = (1 << (6 * LENGTH_DIGITS)) - 1;

    /// The stamp of `message` in the run `tag`.
    pub fn encode(tag: RunTag, message: &Message) -> [u8; Stamp::LEN] {
        let mut stamp = [0; Stamp::LEN];
        let mut rest = &mut stamp[..];
        take(&mut rest, TAG_DIGITS).copy_from_slice(tag.as_bytes());
        write_digits(message.id.room.0.into(), take(&mut rest, ROOM_DIGITS));
        write_digits(message.id.sender.0.into(), take(&mut rest, USER_DIGITS));
        write_digits(message.id.sequence.into(), take(&mut rest, SEQUENCE_DIGITS));
        write_digits(message.intended.as_nanos(), take(&mut rest, INTENDED_DIGITS));
        write_digits(message.text_bytes.into(), take(&mut rest, LENGTH_DIGITS));
        let check = check(&stamp[..Stamp::LEN - CHECK_DIGITS]);
        write_digits(check, &mut stamp[Stamp::LEN - CHECK_DIGITS..]);
        stamp
    }

    /// Reads the stamp that `text` begins with. The run tag is the caller's to have checked.
    ///
    /// # Errors
    /// When the text is shorter than a stamp, or its check does not fit.
    pub fn decode(text: &[u8]) -> Result<Message, StampError> {
        let stamp = text.get(..Stamp::LEN).ok_or(StampError::Short)?;
        let (body, claimed) = stamp.split_at(Stamp::LEN - CHECK_DIGITS);
        if read_digits(claimed)? != check(body) {
            return Err(StampError::Damaged);
        }
        let mut rest = &body[TAG_DIGITS..];
        let mut field = |digits: usize| {
            let (head, tail) = rest.split_at(digits);
            rest = tail;
            read_digits(head)
        };
        Ok(Message {
            id: MessageId {
                room: RoomId(field(ROOM_DIGITS)? as u32),
                sender: UserId(field(USER_DIGITS)? as u32),
                sequence: field(SEQUENCE_DIGITS)? as u32,
            },
            intended: Timestamp::from_nanos(field(INTENDED_DIGITS)?),
            text_bytes: field(LENGTH_DIGITS)? as u32,
        })
    }

    /// Whether `text` begins with what is left of a stamp, of a sender who is one of the first
    /// `users`, that was damaged: the stamp of another run, which is whole, is none.
    pub fn is_damaged(text: &[u8], users: usize) -> bool {
        const SENDER_AT: usize = TAG_DIGITS + ROOM_DIGITS;
        let head = &text[..text.len().min(Stamp::LEN)];
        let odd = head.iter().filter(|digit| VALUES[**digit as usize] == NOT_A_DIGIT).count();
        let sender = head.get(SENDER_AT..SENDER_AT + USER_DIGITS);
        let sender = sender.and_then(|digits| read_digits(digits).ok());
        // A character of two bytes in place of one makes two that are odd.
        let is_stamp = odd <= 4 && sender.is_some_and(|sender| sender < users as u64);
        is_stamp && Stamp::decode(text).is_err()
    }
}

/// Mixes `bytes` into 64 bits; both the check and the place of the filling come from it.
pub(super) fn mix(bytes: &[u8]) -> u64 {
    let mut hash = 0x9e37_79b9_7f4a_7c15_u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash ^= hash >> 32;
    }
    hash
}

fn check(body: &[u8]) -> u64 {
    mix(body) >> (64 - 6 * CHECK_DIGITS)
}

fn take<'a>(rest: &mut &'a mut [u8], len: usize) -> &'a mut [u8] {
    let (head, tail) = std::mem::take(rest).split_at_mut(len);
    *rest = tail;
    head
}

fn write_digits(mut value: u64, out: &mut [u8]) {
    for digit in out.iter_mut().rev() {
        *digit = DIGITS[(value & 63) as usize];
        value >>= 6;
    }
    assert!(value == 0, "a stamp field of {} digits overflows by {value}", out.len());
}

fn read_digits(digits: &[u8]) -> Result<u64, StampError> {
    let mut seen = 0;
    let value = digits.iter().fold(0, |value, &digit| {
        let bits = VALUES[digit as usize];
        seen |= bits;
        value << 6 | u64::from(bits)
    });
    if seen > 63 { Err(StampError::Damaged) } else { Ok(value) }
}

const fn values() -> [u8; 256] {
    let mut values = [NOT_A_DIGIT; 256];
    let mut bits = 0;
    while bits < 64 {
        values[DIGITS[bits] as usize] = bits as u8;
        bits += 1;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn messages() -> impl Strategy<Value = Message> {
        (0..1_u32 << 24, 0..1_u32 << 24, 0..1_u32 << 30, 0..1_u64 << 54, 35..1_u32 << 24).prop_map(
            |(room, sender, sequence, intended, text_bytes)| Message {
                id: MessageId { room: RoomId(room), sender: UserId(sender), sequence },
                intended: Timestamp::from_nanos(intended),
                text_bytes,
            },
        )
    }

    proptest! {
        #[test]
        fn a_stamp_reads_back(message in messages(), entropy: u64) {
            let stamp = Stamp::encode(RunTag::new(entropy), &message);
            prop_assert_eq!(Stamp::decode(&stamp), Ok(message));
        }

        #[test]
        fn one_changed_character_is_noticed(
            message in messages(), at in 0..Stamp::LEN, by in 1..=255_u8,
        ) {
            let mut stamp = Stamp::encode(RunTag::new(7), &message);
            stamp[at] = stamp[at].wrapping_add(by);
            prop_assert_eq!(Stamp::decode(&stamp), Err(StampError::Damaged));
        }
    }

    #[test]
    fn a_tag_reads_back_and_nothing_else_is_one() {
        let tag = RunTag::new(0x1234_5678);
        let text = std::str::from_utf8(tag.as_bytes()).expect("base64url");
        assert_eq!(RunTag::read(text), Some(tag));
        for wrong in ["", "AAAA", "AAAAAA", "AAA A", "AAAé"] {
            assert_eq!(RunTag::read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_text_shorter_than_a_stamp_is_short() {
        assert_eq!(Stamp::decode(b"AAAA"), Err(StampError::Short));
    }
}
