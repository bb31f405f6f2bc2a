//! Servers that speak against the protocol, and callers that do whatever they like.

use proptest::prelude::*;

use super::super::Frame::{self, Binary, Text};
use super::super::{CloseReason, Emit, EmitAck, Event, Input, Output, Session};
use super::super::{ProtocolError, engine_io, socket_io};
use super::{at, connected, drain, options};
use crate::time::Timestamp;

/// What a server sends to a connected session, and how the last of it is an error.
fn wrongs() -> Vec<(Vec<Frame<'static>>, ProtocolError)> {
    use engine_io::PacketError::{Empty, UnknownType};
    use socket_io::AttachmentError::{Interrupted, TooLarge, TooMany, Unannounced};
    use socket_io::PacketError as Socket;
    vec![
        (vec![Text("")], Empty.into()),
        (vec![Text("abc")], UnknownType('a').into()),
        (vec![Text("\u{1e}")], UnknownType('\u{1e}').into()),
        (vec![Text("4")], Socket::Empty.into()),
        (vec![Text("4abc")], Socket::UnknownType('a').into()),
        (vec![Text("42")], Socket::NotAnArray.into()),
        (vec![Text("42{}")], Socket::NotAnArray.into()),
        (vec![Text("42[]")], Socket::NotAnArray.into()),
        (vec![Text("42[\"cut short")], Socket::NotAnArray.into()),
        (vec![Text("43[]")], Socket::NoAckId.into()),
        (vec![Text("41{}")], Socket::UnwantedPayload.into()),
        (vec![Text("45[1]")], Socket::NoAttachmentCount.into()),
        (vec![Text("451-")], Socket::NotAnArray.into()),
        (vec![Text("4599999999999999999999-[1]")], Socket::Overflow.into()),
        (vec![Text("454-[1]")], TooMany { attachments: 4, attachments_max: 3 }.into()),
        (
            vec![Text("4618446744073709551615-1[]")],
            TooMany { attachments: usize::MAX, attachments_max: 3 }.into(),
        ),
        (vec![Binary(&[1, 2])], Unannounced { bytes: 2 }.into()),
        (vec![Text("450-[1]"), Binary(&[1])], Unannounced { bytes: 1 }.into()),
        (vec![Text("451-[1]"), Binary(&[1]), Binary(&[])], Unannounced { bytes: 0 }.into()),
        (vec![Text("452-[1]"), Binary(&[1]), Text("42[1]")], Interrupted { missing: 1 }.into()),
        (vec![Text("453-[1]"), Text("451-[1]")], Interrupted { missing: 3 }.into()),
        (vec![Text("453-[1]"), Text("4")], Interrupted { missing: 3 }.into()),
        (
            vec![Text("453-[1]"), Binary(&[0; 3]), Binary(&[0; 3])],
            TooLarge { bytes: 6, attachment_bytes_max: 5 }.into(),
        ),
    ]
}

#[test]
fn a_wrong_packet_ends_the_session_and_frees_what_it_held() {
    for (frames, error) in wrongs() {
        let mut session = connected(options());
        let (last, before) = frames.split_last().unwrap();
        for frame in before {
            assert_eq!(drain(&mut session, Input::Frame(*frame), at(1)), None, "{frames:?}");
        }
        let closed = drain(&mut session, Input::Frame(*last), at(1));
        assert_eq!(closed, Some(CloseReason::Protocol(error)), "{frames:?}");
        assert!(session.is_closed());
        assert!(session.assembly.is_none(), "{frames:?}");
        assert_eq!(session.namespaces.len(), 0, "{frames:?}");
    }
}

#[test]
fn an_answer_to_connect_without_a_readable_sid_ends_the_session() {
    for data in ["", "{}", r#"{"sid":7}"#, r#"{"sid":null}"#, r#"{"sid":"s" "x"}"#] {
        let mut session = connected(options());
        drain(&mut session, Input::Connect { namespace: "/x", auth: None }, at(1));
        let frame = format!("40/x,{data}");
        let closed = drain(&mut session, Input::Frame(Frame::Text(&frame)), at(1));
        assert_eq!(closed, Some(CloseReason::Protocol(ProtocolError::ConnectReply)), "{data}");
    }
}

#[test]
fn the_limits_themselves_are_kept() {
    let mut session = connected(options());
    for frame in [Text("453-[1]"), Binary(&[0; 5]), Binary(&[]), Binary(&[]), Text("42[1]")] {
        assert_eq!(drain(&mut session, Input::Frame(frame), at(1)), None);
    }
}

proptest! {
    #[test]
    fn no_sequence_of_inputs_panics_or_piles_up(
        steps in prop::collection::vec((0_u64..4_000, steps()), 0..60),
    ) {
        let mut session = connected(options());
        let mut now = 0;
        for (millis, step) in &steps {
            now += millis;
            let was_closed = session.is_closed();
            let outputs = step.take(&mut session, at(now));
            prop_assert!(outputs <= OUTPUTS_MAX, "{outputs} outputs to {step:?}");
            prop_assert!(!was_closed || outputs == 0, "{outputs} outputs after the end");
            // What the session holds shows in its text, five characters a byte at most.
            let held = format!("{session:?}").len();
            prop_assert!(held <= 2_000, "{held} characters after {step:?}");
        }
    }
}

/// A packet and two attachments, or the end: leave, close, closed.
const OUTPUTS_MAX: usize = 3;

/// An [`Input`] that owns what it is made of.
#[derive(Clone, Debug)]
enum Owned {
    Text(String),
    Binary(Vec<u8>),
    Timeout,
    Emit(Option<String>, EmitAck, Vec<Vec<u8>>),
    Connect(String),
    Leave(String),
    Forget(u64),
    Close,
}

impl Owned {
    /// Gives it to `session` and counts what comes of it, all of which must be sound.
    fn take(&self, session: &mut Session, now: Timestamp) -> usize {
        let attachments: Vec<&[u8]> = match self {
            Owned::Emit(_, _, attachments) => attachments.iter().map(Vec::as_slice).collect(),
            _ => Vec::new(),
        };
        let input = match self {
            Owned::Text(text) => Input::Frame(Frame::Text(text)),
            Owned::Binary(bytes) => Input::Frame(Frame::Binary(bytes)),
            Owned::Timeout => Input::Timeout,
            Owned::Emit(namespace, ack, _) => Input::Emit(Emit {
                namespace: namespace.as_deref(),
                ack: *ack,
                attachments: &attachments,
                ..Emit::event("[1]")
            }),
            Owned::Connect(namespace) => Input::Connect { namespace, auth: None },
            Owned::Leave(namespace) => Input::Leave { namespace },
            Owned::Forget(id) => Input::ForgetAck { namespace: None, id: *id },
            Owned::Close => Input::Close,
        };
        let mut turn = session.handle_input(input, now);
        for outputs in 0.. {
            match turn.poll_output() {
                Output::WaitUntil(_) => return outputs,
                Output::Event(Event::Event { data, .. } | Event::Ack { data, .. }) => {
                    assert!(data.starts_with('[') && data.ends_with(']'), "{data:?}");
                }
                Output::Transmit(packet) => {
                    let mut frame = Vec::new();
                    packet.encode(&mut frame);
                    assert!(packet.is_binary() || str::from_utf8(&frame).is_ok());
                }
                Output::Event(_) => {}
            }
        }
        unreachable!("a turn ends");
    }
}

/// Mostly what keeps a session alive, so that a sequence gets somewhere.
fn steps() -> impl Strategy<Value = Owned> {
    let known = prop::sample::select(vec![
        "2",
        "3",
        "6",
        "42[1]",
        "42/x,7[1]",
        "430[]",
        "431[]",
        "40{\"sid\":\"s\"}",
        "40/x,{\"sid\":\"t\"}",
        "44/x,\"no\"",
        "41/x,",
        "41",
        "451-[1]",
        "453-3[1]",
        "461-0[]",
    ]);
    let namespace = prop::sample::select(vec!["/", "/x", "/y", "/z"]).prop_map(str::to_owned);
    let attachment = prop::collection::vec(any::<u8>(), 0..4);
    let ack = prop_oneof![
        Just(EmitAck::No),
        Just(EmitAck::Wanted),
        any::<u64>().prop_map(EmitAck::Answers)
    ];
    prop_oneof![
        20 => known.prop_map(|text| Owned::Text(text.to_owned())),
        8 => attachment.clone().prop_map(Owned::Binary),
        1 => "[0-7]{0,3}(/[xy],?)?[0-9-]{0,3}[\\[\\]{}\",1€]{0,9}".prop_map(Owned::Text),
        1 => "\\PC{0,20}".prop_map(Owned::Text),
        2 => Just(Owned::Timeout),
        8 => (prop::option::of(namespace.clone()), ack, prop::collection::vec(attachment, 0..3))
            .prop_map(|(namespace, ack, bytes)| Owned::Emit(namespace, ack, bytes)),
        3 => namespace.clone().prop_map(Owned::Connect),
        2 => namespace.prop_map(Owned::Leave),
        2 => (0_u64..8).prop_map(Owned::Forget),
        1 => Just(Owned::Close),
    ]
}
