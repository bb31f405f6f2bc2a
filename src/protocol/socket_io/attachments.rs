//! Attachments: a binary packet, put together from its head and the frames that follow.

/// How much of a binary packet is held while it is put together.
#[derive(Clone, Copy, Debug)]
pub(in crate::protocol) struct Limits {
    /// How many attachments a packet may announce.
    pub(in crate::protocol) attachments_max: usize,
    /// How many bytes they may have together.
    pub(in crate::protocol) attachment_bytes_max: usize,
}

/// Why a binary packet came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentError {
    /// More were announced than the session takes.
    #[error(
        "a packet announced {attachments} attachments, and at most {attachments_max} are taken"
    )]
    TooMany {
        /// How many were announced.
        attachments: usize,
        /// How many are taken.
        attachments_max: usize,
    },
    /// They have more bytes than the session takes.
    #[error("attachments of {bytes} bytes came, and at most {attachment_bytes_max} are held")]
    TooLarge {
        /// The bytes of those that came, the last included.
        bytes: usize,
        /// How many are held.
        attachment_bytes_max: usize,
    },
    /// A text message came before the last of them.
    #[error("a text message came while {missing} attachments were still missing")]
    Interrupted {
        /// How many were still missing.
        missing: usize,
    },
    /// An attachment came that no packet had announced.
    #[error("a binary message of {bytes} bytes came that no packet had announced")]
    Unannounced {
        /// Its length.
        bytes: usize,
    },
}

/// What the attachments are attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum Purpose {
    /// An event, which may want an acknowledgement under a number.
    Event(Option<u64>),
    /// The acknowledgement under a number.
    Ack(u64),
}

/// A binary packet before its attachments.
#[derive(Clone, Copy, Debug)]
pub(in crate::protocol) struct Head<'a> {
    pub(in crate::protocol) namespace: &'a str,
    pub(in crate::protocol) purpose: Purpose,
    pub(in crate::protocol) data: &'a str,
}

/// A binary packet with all its attachments.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::protocol) struct Assembled {
    pub(in crate::protocol) namespace: Box<str>,
    pub(in crate::protocol) purpose: Purpose,
    pub(in crate::protocol) data: Box<str>,
    pub(in crate::protocol) attachments: Vec<Vec<u8>>,
}

/// A binary packet of which attachments are still missing.
#[derive(Debug)]
pub(in crate::protocol) struct Assembly {
    packet: Assembled,
    missing: usize,
    bytes: usize,
}

impl Assembly {
    /// Begins with a packet that announces `missing` attachments, possibly none.
    ///
    /// # Errors
    /// When these are more than `limits` allow.
    pub(in crate::protocol) fn begin(
        head: Head<'_>,
        missing: usize,
        limits: Limits,
    ) -> Result<Assembly, AttachmentError> {
        let Limits { attachments_max, .. } = limits;
        if missing > attachments_max {
            return Err(AttachmentError::TooMany { attachments: missing, attachments_max });
        }
        let packet = Assembled {
            namespace: head.namespace.into(),
            purpose: head.purpose,
            data: head.data.into(),
            // Nothing is reserved: a head can announce attachments that never come.
            attachments: Vec::new(),
        };
        Ok(Assembly { packet, missing, bytes: 0 })
    }

    /// How many attachments are still missing.
    pub(in crate::protocol) fn missing(&self) -> usize {
        self.missing
    }

    /// Adds the next attachment.
    ///
    /// # Errors
    /// When it is more than `limits` allow to be held.
    pub(in crate::protocol) fn add(
        &mut self,
        attachment: &[u8],
        limits: Limits,
    ) -> Result<(), AttachmentError> {
        let Limits { attachment_bytes_max, .. } = limits;
        let bytes = self.bytes + attachment.len();
        if bytes > attachment_bytes_max {
            return Err(AttachmentError::TooLarge { bytes, attachment_bytes_max });
        }
        self.bytes = bytes;
        self.missing -= 1;
        self.packet.attachments.push(attachment.to_vec());
        Ok(())
    }

    /// The whole packet, once the last attachment was added.
    pub(in crate::protocol) fn finish(self) -> Assembled {
        assert!(self.missing == 0, "{} attachments are missing", self.missing);
        self.packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { attachments_max: 3, attachment_bytes_max: 5 };

    #[test]
    fn a_packet_is_whole_with_its_last_attachment() {
        let mut assembly = begin(2).unwrap();
        assert_eq!(assembly.missing(), 2);
        assert_eq!(assembly.add(&[1, 2], LIMITS), Ok(()));
        assert_eq!(assembly.missing(), 1);
        assert_eq!(assembly.add(&[], LIMITS), Ok(()));
        assert_eq!(assembly.missing(), 0);
        let expected = Assembled {
            namespace: "/n".into(),
            purpose: Purpose::Event(Some(7)),
            data: "[1]".into(),
            attachments: vec![vec![1, 2], vec![]],
        };
        assert_eq!(assembly.finish(), expected);
    }

    #[test]
    fn limits_hold_to_the_last_one() {
        assert!(begin(3).is_ok());
        let too_many = AttachmentError::TooMany { attachments: 4, attachments_max: 3 };
        assert_eq!(begin(4).unwrap_err(), too_many);

        let mut assembly = begin(3).unwrap();
        assert_eq!(assembly.add(&[0; 2], LIMITS), Ok(()));
        let too_large = AttachmentError::TooLarge { bytes: 6, attachment_bytes_max: 5 };
        assert_eq!(assembly.add(&[0; 4], LIMITS), Err(too_large));
        assert_eq!(assembly.add(&[0; 3], LIMITS), Ok(()));
    }

    fn begin(missing: usize) -> Result<Assembly, AttachmentError> {
        let head = Head { namespace: "/n", purpose: Purpose::Event(Some(7)), data: "[1]" };
        Assembly::begin(head, missing, LIMITS)
    }
}
