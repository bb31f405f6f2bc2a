//! Block: what stands before each run of bytes in a record, so that damage is seen as such.

/// What is said of a block before its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many bytes the block has.
    pub payload_bytes: u32,
    /// Whose it is: a shard by its number, or one of those that are none.
    pub stream: u32,
    /// Which of that stream's blocks it is, counted from 0.
    pub number: u32,
    /// The CRC-32 of its bytes.
    payload_crc: u32,
}

impl Head {
    /// The length of every head, in bytes.
    pub const BYTES: usize = 20;
    /// What comes before the head's own check.
    const CHECKED_BYTES: usize = Head::BYTES - 4;

    /// The head of a block with this `payload`.
    ///
    /// # Panics
    /// When the payload has 4 GiB or more.
    pub fn of(stream: u32, number: u32, payload: &[u8]) -> Head {
        let payload_bytes = u32::try_from(payload.len());
        let payload_bytes = payload_bytes.expect("a block is shorter than 4 GiB");
        Head { payload_bytes, stream, number, payload_crc: crc32fast::hash(payload) }
    }

    /// The head as it stands in a record: four numbers and the CRC-32 of these, each of four
    /// bytes, lowest first.
    pub fn to_bytes(self) -> [u8; Head::BYTES] {
        let mut bytes = [0; Head::BYTES];
        let numbers = [self.payload_bytes, self.stream, self.number, self.payload_crc];
        for (field, number) in bytes.chunks_exact_mut(4).zip(numbers) {
            field.copy_from_slice(&number.to_le_bytes());
        }
        let crc = crc32fast::hash(&bytes[..Head::CHECKED_BYTES]);
        bytes[Head::CHECKED_BYTES..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// What `bytes` say, unless their check does not agree.
    pub fn from_bytes(bytes: &[u8; Head::BYTES]) -> Option<Head> {
        let number = |at: usize| {
            let field = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
            u32::from_le_bytes(field)
        };
        let crc = crc32fast::hash(&bytes[..Head::CHECKED_BYTES]);
        (crc == number(Head::CHECKED_BYTES)).then(|| Head {
            payload_bytes: number(0),
            stream: number(4),
            number: number(8),
            payload_crc: number(12),
        })
    }

    /// Whether `payload` is what was written.
    pub fn fits(&self, payload: &[u8]) -> bool {
        payload.len() == self.payload_bytes as usize && crc32fast::hash(payload) == self.payload_crc
    }
}
