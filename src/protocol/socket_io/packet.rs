//! Packet: the seven packet types of Socket.IO, as text.

use std::io::Write as _;

use super::{MAIN_NAMESPACE, is_namespace};

/// A packet of either side (Socket.IO v5, *Packet encoding*), without its attachments, which
/// follow in binary frames of their own.
///
/// JSON is carried as text and not looked into but for its first and last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The namespace it belongs to, `/` for the main one; without a comma.
    pub namespace: &'a str,
    /// What it says there.
    pub body: Body<'a>,
}

/// What a packet says, by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// `0`: a client asks for the namespace, or a server grants it.
    Connect {
        /// A JSON object, or empty when there is none.
        data: &'a str,
    },
    /// `1`: the sender leaves the namespace.
    Disconnect,
    /// `2`: an event.
    Event {
        /// Under which number an acknowledgement is wanted.
        id: Option<u64>,
        /// A JSON array that is not empty: the event's name, then its arguments.
        data: &'a str,
    },
    /// `3`: the acknowledgement of an event.
    Ack {
        /// The number under which it was asked for.
        id: u64,
        /// A JSON array: the arguments.
        data: &'a str,
    },
    /// `4`: the server refuses the namespace.
    ConnectError {
        /// Whatever the server says of it: an object by the specification, a string from
        /// others, or empty.
        data: &'a str,
    },
    /// `5`: an event with attachments.
    BinaryEvent {
        /// How many binary frames follow.
        attachments: usize,
        /// Under which number an acknowledgement is wanted.
        id: Option<u64>,
        /// A JSON array as of an event, with placeholders for the attachments.
        data: &'a str,
    },
    /// `6`: an acknowledgement with attachments.
    BinaryAck {
        /// How many binary frames follow.
        attachments: usize,
        /// The number under which it was asked for.
        id: u64,
        /// A JSON array, with placeholders for the attachments.
        data: &'a str,
    },
}

/// Why a message holds no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// There is not even a type.
    #[error("a Socket.IO packet is empty")]
    Empty,
    /// The type is none of `0` to `6`.
    #[error("{0:?} is no Socket.IO packet type")]
    UnknownType(char),
    /// A binary packet does not say how many attachments follow.
    #[error("a binary Socket.IO packet has no count of attachments")]
    NoAttachmentCount,
    /// A number is larger than 2^64 - 1.
    #[error("a number in the head of a Socket.IO packet is larger than 2^64 - 1")]
    Overflow,
    /// An acknowledgement does not say of what.
    #[error("a Socket.IO acknowledgement has no id")]
    NoAckId,
    /// An event or acknowledgement carries no JSON array, or an event an empty one.
    #[error("the payload of a Socket.IO event or acknowledgement is not the array it should be")]
    NotAnArray,
    /// A CONNECT carries something that is no JSON object.
    #[error("the payload of a Socket.IO CONNECT is not an object")]
    NotAnObject,
    /// A DISCONNECT carries something.
    #[error("a Socket.IO DISCONNECT has a payload")]
    UnwantedPayload,
}

impl<'a> Packet<'a> {
    /// Reads a packet from the data of an Engine.IO message.
    ///
    /// # Errors
    /// When the text does not follow the format (Socket.IO v5, *Format*).
    #[inline]
    pub fn decode(text: &'a str) -> Result<Packet<'a>, PacketError> {
        let mut chars = text.chars();
        let kind = chars.next().ok_or(PacketError::Empty)?;
        let rest = chars.as_str();
        match kind {
            '0' => Packet::with_namespace(rest, connect),
            '1' => Packet::with_namespace(rest, disconnect),
            '2' => Packet::with_namespace(rest, event),
            '3' => Packet::with_namespace(rest, ack),
            '4' => Packet::with_namespace(rest, |data| Ok(Body::ConnectError { data })),
            '5' => {
                let (attachments, rest) = take_attachments(rest)?;
                Packet::with_namespace(rest, |rest| binary_event(attachments, rest))
            }
            '6' => {
                let (attachments, rest) = take_attachments(rest)?;
                Packet::with_namespace(rest, |rest| binary_ack(attachments, rest))
            }
            unknown => Err(PacketError::UnknownType(unknown)),
        }
    }

    #[inline]
    fn with_namespace(
        text: &'a str,
        body: impl FnOnce(&'a str) -> Result<Body<'a>, PacketError>,
    ) -> Result<Packet<'a>, PacketError> {
        let (namespace, rest) = take_namespace(text);
        Ok(Packet { namespace, body: body(rest)? })
    }

    /// Appends the packet as text, without the `4` of the message that carries it.
    pub fn encode(&self, out: &mut Vec<u8>) {
        debug_assert!(is_namespace(self.namespace), "{:?} is no namespace", self.namespace);
        out.push(self.body.digit());
        if let Some(attachments) = self.body.attachments() {
            push_number(out, attachments as u64);
            out.push(b'-');
        }
        if self.namespace != MAIN_NAMESPACE {
            out.extend_from_slice(self.namespace.as_bytes());
            out.push(b',');
        }
        if let Some(id) = self.body.id() {
            push_number(out, id);
        }
        out.extend_from_slice(self.body.data().as_bytes());
    }
}

impl<'a> Body<'a> {
    fn digit(&self) -> u8 {
        match self {
            Body::Connect { .. } => b'0',
            Body::Disconnect => b'1',
            Body::Event { .. } => b'2',
            Body::Ack { .. } => b'3',
            Body::ConnectError { .. } => b'4',
            Body::BinaryEvent { .. } => b'5',
            Body::BinaryAck { .. } => b'6',
        }
    }

    /// The number of an event that wants an acknowledgement, or of the acknowledgement.
    pub fn id(&self) -> Option<u64> {
        match *self {
            Body::Event { id, .. } | Body::BinaryEvent { id, .. } => id,
            Body::Ack { id, .. } | Body::BinaryAck { id, .. } => Some(id),
            Body::Connect { .. } | Body::Disconnect | Body::ConnectError { .. } => None,
        }
    }

    /// The JSON, or an empty text.
    pub fn data(&self) -> &'a str {
        match *self {
            Body::Connect { data }
            | Body::ConnectError { data }
            | Body::Event { data, .. }
            | Body::Ack { data, .. }
            | Body::BinaryEvent { data, .. }
            | Body::BinaryAck { data, .. } => data,
            Body::Disconnect => "",
        }
    }

    /// How many binary frames follow; `None` for a type that never has any.
    pub fn attachments(&self) -> Option<usize> {
        match *self {
            Body::BinaryEvent { attachments, .. } | Body::BinaryAck { attachments, .. } => {
                Some(attachments)
            }
            _ => None,
        }
    }
}

fn connect(data: &str) -> Result<Body<'_>, PacketError> {
    if data.is_empty() || is_enclosed(data, b'{', b'}') {
        Ok(Body::Connect { data })
    } else {
        Err(PacketError::NotAnObject)
    }
}

fn disconnect(data: &str) -> Result<Body<'_>, PacketError> {
    if data.is_empty() { Ok(Body::Disconnect) } else { Err(PacketError::UnwantedPayload) }
}

#[inline]
fn event(rest: &str) -> Result<Body<'_>, PacketError> {
    let (id, data) = take_number(rest)?;
    Ok(Body::Event { id, data: arguments_of_event(data)? })
}

fn ack(rest: &str) -> Result<Body<'_>, PacketError> {
    let (id, data) = take_number(rest)?;
    Ok(Body::Ack { id: id.ok_or(PacketError::NoAckId)?, data: arguments(data)? })
}

fn binary_event(attachments: usize, rest: &str) -> Result<Body<'_>, PacketError> {
    let (id, data) = take_number(rest)?;
    Ok(Body::BinaryEvent { attachments, id, data: arguments_of_event(data)? })
}

fn binary_ack(attachments: usize, rest: &str) -> Result<Body<'_>, PacketError> {
    let (id, data) = take_number(rest)?;
    let id = id.ok_or(PacketError::NoAckId)?;
    Ok(Body::BinaryAck { attachments, id, data: arguments(data)? })
}

fn take_attachments(text: &str) -> Result<(usize, &str), PacketError> {
    let (count, rest) = take_number(text)?;
    let rest = rest.strip_prefix('-').ok_or(PacketError::NoAttachmentCount)?;
    let count = count.ok_or(PacketError::NoAttachmentCount)?;
    Ok((usize::try_from(count).map_err(|_| PacketError::Overflow)?, rest))
}

/// The namespace ends with a comma, or with the packet: `40/random` and `40/random,` are one.
#[inline]
fn take_namespace(text: &str) -> (&str, &str) {
    if text.as_bytes().first() != Some(&b'/') {
        return (MAIN_NAMESPACE, text);
    }
    text.split_once(',').unwrap_or((text, ""))
}

#[inline]
fn take_number(text: &str) -> Result<(Option<u64>, &str), PacketError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Ok((None, text));
    }
    let (number, rest) = text.split_at(digits);
    number.parse().map(|number| (Some(number), rest)).map_err(|_| PacketError::Overflow)
}

#[inline]
fn arguments_of_event(data: &str) -> Result<&str, PacketError> {
    if data == "[]" { Err(PacketError::NotAnArray) } else { arguments(data) }
}

#[inline]
fn arguments(data: &str) -> Result<&str, PacketError> {
    if is_enclosed(data, b'[', b']') { Ok(data) } else { Err(PacketError::NotAnArray) }
}

#[inline]
fn is_enclosed(data: &str, open: u8, close: u8) -> bool {
    matches!(data.as_bytes(), [first, .., last] if *first == open && *last == close)
}

fn push_number(out: &mut Vec<u8>, number: u64) {
    write!(out, "{number}").expect("a vector takes all that is written to it");
}

#[cfg(test)]
mod tests {
    use super::*;
    use PacketError::{
        Empty, NoAckId, NoAttachmentCount, NotAnArray, NotAnObject, Overflow, UnknownType,
        UnwantedPayload,
    };
    use proptest::prelude::*;

    /// Most of these are the examples of the specification.
    const PACKETS: &[(&str, &str, Body)] = &[
        ("0", "/", Body::Connect { data: "" }),
        (r#"0{"token":"123"}"#, "/", Body::Connect { data: r#"{"token":"123"}"# }),
        ("0/admin,", "/admin", Body::Connect { data: "" }),
        (r#"0/admin,{"sid":"a,b"}"#, "/admin", Body::Connect { data: r#"{"sid":"a,b"}"# }),
        ("1", "/", Body::Disconnect),
        ("1/admin,", "/admin", Body::Disconnect),
        (r#"2["foo"]"#, "/", Body::Event { id: None, data: r#"["foo"]"# }),
        (r#"2["a-1,2/x"]"#, "/", Body::Event { id: None, data: r#"["a-1,2/x"]"# }),
        (r#"2/admin,["bar"]"#, "/admin", Body::Event { id: None, data: r#"["bar"]"# }),
        (r#"212["foo"]"#, "/", Body::Event { id: Some(12), data: r#"["foo"]"# }),
        (r#"2/admin,13["foo"]"#, "/admin", Body::Event { id: Some(13), data: r#"["foo"]"# }),
        (r#"2/9-1,0["€"]"#, "/9-1", Body::Event { id: Some(0), data: r#"["€"]"# }),
        ("2[1]", "/", Body::Event { id: None, data: "[1]" }),
        ("312[]", "/", Body::Ack { id: 12, data: "[]" }),
        (r#"3/admin,13["bar"]"#, "/admin", Body::Ack { id: 13, data: r#"["bar"]"# }),
        ("318446744073709551615[]", "/", Body::Ack { id: u64::MAX, data: "[]" }),
        ("4", "/", Body::ConnectError { data: "" }),
        (r#"4"no""#, "/", Body::ConnectError { data: r#""no""# }),
        (r#"4/x,{"message":"no"}"#, "/x", Body::ConnectError { data: r#"{"message":"no"}"# }),
        ("50-[1]", "/", Body::BinaryEvent { attachments: 0, id: None, data: "[1]" }),
        (
            r#"51-["baz",{"_placeholder":true,"num":0}]"#,
            "/",
            Body::BinaryEvent {
                attachments: 1,
                id: None,
                data: r#"["baz",{"_placeholder":true,"num":0}]"#,
            },
        ),
        (
            r#"52-/admin,["baz"]"#,
            "/admin",
            Body::BinaryEvent { attachments: 2, id: None, data: r#"["baz"]"# },
        ),
        ("52-789[7]", "/", Body::BinaryEvent { attachments: 2, id: Some(789), data: "[7]" }),
        ("61-15[]", "/", Body::BinaryAck { attachments: 1, id: 15, data: "[]" }),
        ("610-/n,1[2]", "/n", Body::BinaryAck { attachments: 10, id: 1, data: "[2]" }),
    ];

    #[test]
    fn every_type_is_read_and_written() {
        for &(text, namespace, body) in PACKETS {
            let packet = Packet { namespace, body };
            assert_eq!(Packet::decode(text), Ok(packet), "{text}");
            assert_eq!(written(&packet), text, "{packet:?}");
        }
    }

    #[test]
    fn a_packet_may_be_spelled_otherwise() {
        for (spelled, usual) in [
            ("0/random", "0/random,"),
            ("1/custom", "1/custom,"),
            ("0/,", "0"),
            ("2/,[1]", "2[1]"),
            ("2007[1]", "27[1]"),
            ("501-[1]", "51-[1]"),
        ] {
            assert_eq!(Packet::decode(spelled), Packet::decode(usual), "{spelled}");
            assert!(Packet::decode(spelled).is_ok(), "{spelled}");
        }
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        let table: &[(&str, PacketError)] = &[
            ("", Empty),
            ("7", UnknownType('7')),
            ("abc", UnknownType('a')),
            ("€", UnknownType('€')),
            ("0123", NotAnObject),
            ("0[]", NotAnObject),
            ("0{", NotAnObject),
            ("1{}", UnwantedPayload),
            ("2", NotAnArray),
            ("2{}", NotAnArray),
            ("2[]", NotAnArray),
            ("2[", NotAnArray),
            ("2 [1]", NotAnArray),
            ("2[1] ", NotAnArray),
            ("2-1[1]", NotAnArray),
            ("21.5[1]", NotAnArray),
            (r#"2abc["x"]"#, NotAnArray),
            ("2/x", NotAnArray),
            (r#"2/x["y",1]"#, NotAnArray),
            ("218446744073709551616[1]", Overflow),
            ("3[1]", NoAckId),
            ("3abc", NoAckId),
            ("3999", NotAnArray),
            ("3999{}", NotAnArray),
            ("5[1]", NoAttachmentCount),
            ("5-[1]", NoAttachmentCount),
            ("51[1]", NoAttachmentCount),
            ("5x-[1]", NoAttachmentCount),
            ("5-1-[1]", NoAttachmentCount),
            ("599999999999999999999-[1]", Overflow),
            ("51-", NotAnArray),
            ("61-[1]", NoAckId),
        ];
        for &(text, error) in table {
            assert_eq!(Packet::decode(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_packet_reads_back(namespace in "/|/[a-z0-9\\[{€ -]{1,8}", body in bodies()) {
            let packet = Packet { namespace: &namespace, body: body.as_body() };
            let written = written(&packet);
            prop_assert_eq!(Packet::decode(&written), Ok(packet));
        }

        #[test]
        fn no_text_panics(text in "[0-6]?[0-9-]{0,22}(/[a-z,]{0,3})?[0-9\\[\\]{}\",x€]{0,9}") {
            if let Ok(packet) = Packet::decode(&text) {
                prop_assert!(is_namespace(packet.namespace));
                let written = written(&packet);
            prop_assert_eq!(Packet::decode(&written), Ok(packet));
            }
        }
    }

    /// The type's number, attachments, id, and what stands between the brackets.
    #[derive(Debug)]
    struct Parts(u8, usize, Option<u64>, String);

    impl Parts {
        fn as_body(&self) -> Body<'_> {
            let Parts(kind, attachments, id, ref data) = *self;
            let certain = id.unwrap_or(u64::MAX);
            match kind {
                0 => Body::Connect { data },
                1 => Body::Disconnect,
                2 => Body::Event { id, data },
                3 => Body::Ack { id: certain, data },
                4 => Body::ConnectError { data },
                5 => Body::BinaryEvent { attachments, id, data },
                _ => Body::BinaryAck { attachments, id: certain, data },
            }
        }
    }

    fn bodies() -> impl Strategy<Value = Parts> {
        (0_u8..7, any::<usize>(), any::<Option<u64>>(), "\\PC{1,12}").prop_map(
            |(kind, attachments, id, inner)| {
                let data = if kind == 0 { format!("{{{inner}}}") } else { format!("[{inner}]") };
                Parts(kind, attachments, id, data)
            },
        )
    }

    fn written(packet: &Packet) -> String {
        let mut out = Vec::new();
        packet.encode(&mut out);
        String::from_utf8(out).unwrap()
    }
}
