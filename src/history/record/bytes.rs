//! Bytes: numbers and texts as they stand in a record, and how they are read back.

/// The longest text that is kept whole, in bytes; of a longer one, the beginning is.
pub(super) const TEXT_BYTES_MAX: usize = 16 << 10;

/// Seven bits of a number to a byte; the highest bit says that there are more.
const MORE: u8 = 0x80;

/// What is wrong with bytes that should be an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// They end within it.
    #[error("a block ends within an event")]
    Short,
    /// It is of no known kind.
    #[error("{0} is no kind of event")]
    Kind(u8),
    /// A number is larger than what it stands for can be.
    #[error("a number is out of range")]
    Range,
    /// A text is longer than any that is written.
    #[error("a text of {0} bytes, where {TEXT_BYTES_MAX} are the most")]
    Long(u64),
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
}

/// Appends `value`: small numbers take few bytes (LEB128).
pub fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= u64::from(MORE) {
        out.push(value as u8 | MORE);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends `value`: numbers near zero take few bytes, whichever side of it they are on.
pub(super) fn put_signed(value: i64, out: &mut Vec<u8>) {
    put_varint((value << 1 ^ value >> 63) as u64, out);
}

/// Appends `text`, or as much of its beginning as is kept.
pub(super) fn put_text(text: &str, out: &mut Vec<u8>) {
    let kept = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    put_varint(kept.len() as u64, out);
    out.extend_from_slice(kept.as_bytes());
}

/// Bytes of a block that are yet to be read.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'b> {
    left: &'b [u8],
}

impl<'b> Bytes<'b> {
    /// All of `block`.
    pub fn new(block: &'b [u8]) -> Bytes<'b> {
        Bytes { left: block }
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.left.len()
    }

    /// The next byte, which stays the next.
    pub fn peek(&self) -> Option<u8> {
        self.left.first().copied()
    }

    /// The next byte.
    ///
    /// # Errors
    /// When there is none.
    pub fn byte(&mut self) -> Result<u8, CodeError> {
        let (&first, rest) = self.left.split_first().ok_or(CodeError::Short)?;
        self.left = rest;
        Ok(first)
    }

    /// The next eight bytes as a number, lowest first.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn word(&mut self) -> Result<u64, CodeError> {
        let (word, rest) = self.left.split_first_chunk().ok_or(CodeError::Short)?;
        self.left = rest;
        Ok(u64::from_le_bytes(*word))
    }

    /// What [`put_varint`] appended.
    ///
    /// # Errors
    /// When the bytes end within it, or it is larger than 64 bits are.
    pub fn varint(&mut self) -> Result<u64, CodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & !MORE);
            if bits << shift >> shift != bits {
                return Err(CodeError::Range);
            }
            value |= bits << shift;
            if byte & MORE == 0 {
                return Ok(value);
            }
        }
        Err(CodeError::Range)
    }

    /// A [`Bytes::varint`] that fits 32 bits.
    ///
    /// # Errors
    /// As there, or when it does not.
    pub fn narrow(&mut self) -> Result<u32, CodeError> {
        self.varint()?.try_into().map_err(|_| CodeError::Range)
    }

    /// What [`put_signed`] appended.
    ///
    /// # Errors
    /// As [`Bytes::varint`].
    pub fn signed(&mut self) -> Result<i64, CodeError> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// What [`put_text`] appended.
    ///
    /// # Errors
    /// When the bytes end within it, it is longer than [`TEXT_BYTES_MAX`], or no UTF-8.
    pub fn text(&mut self) -> Result<&'b str, CodeError> {
        let len = self.varint()?;
        if len > TEXT_BYTES_MAX as u64 {
            return Err(CodeError::Long(len));
        }
        let (text, rest) = self.left.split_at_checked(len as usize).ok_or(CodeError::Short)?;
        self.left = rest;
        std::str::from_utf8(text).map_err(|_| CodeError::Text)
    }
}
