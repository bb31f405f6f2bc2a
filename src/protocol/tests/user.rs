//! A session as its user writes it: what must compile, and what it must not cost.

use std::rc::Rc;

use super::super::{Emit, EmitAck, Event, Frame, Input, Output, Session, SessionOptions};
use super::{HANDSHAKE, at, connected, drain, options};
use crate::time::Timestamp;

/// Keeps its turn in scope while it goes on to use the session, as a driver would.
#[test]
fn a_loop_over_a_turn_can_be_written_plainly() {
    let mut session = Session::new(Rc::new(SessionOptions::default()), at(0));
    let mut buffer = Vec::new();
    let mut rooms = Vec::new();
    let frames = [HANDSHAKE, r#"40{"sid":"s"}"#, r#"42["room","a"]"#].map(str::to_owned);
    let mut deadline = Timestamp::ZERO;
    for frame in &frames {
        let mut turn = session.handle_input(Input::Frame(Frame::Text(frame)), at(1));
        deadline = loop {
            match turn.poll_output() {
                Output::WaitUntil(until) => break until,
                Output::Transmit(packet) => packet.encode(&mut buffer),
                Output::Event(Event::Event { data, .. }) => rooms.push(data.to_owned()),
                Output::Event(_) => {}
            }
        };
        assert!(!session.is_closed());
    }
    let emit = Emit { ack: EmitAck::Wanted, ..Emit::event(r#"["x"]"#) };
    let mut turn = session.handle_input(Input::Emit(emit), at(2));
    assert_eq!(turn.ack_id(), Some(0));
    while let Output::Transmit(packet) = turn.poll_output() {
        packet.encode(&mut buffer);
    }
    assert_eq!(turn.ack_id(), None);
    assert_eq!(buffer, br#"40420["x"]"#);
    assert_eq!(rooms, [r#"["room","a"]"#]);
    assert_eq!(deadline, at(15_001));
}

#[test]
fn an_event_is_lent_from_its_frame() {
    let mut session = connected(options());
    let frame = r#"42/n,7["onreceive-msg",{"room":"a"}]"#.to_owned();
    let mut turn = session.handle_input(Input::Frame(Frame::Text(&frame)), at(1));
    let Output::Event(Event::Event { namespace, data, .. }) = turn.poll_output() else {
        panic!("no event");
    };
    assert_eq!((namespace, data), ("/n", &frame[6..]));
    for lent in [namespace, data] {
        assert!(frame.as_bytes().as_ptr_range().contains(&lent.as_ptr()), "{lent} was copied");
    }
}

#[test]
fn a_dropped_turn_leaves_the_session_sound() {
    let mut session = Session::new(Rc::new(options()), at(0));
    drop(session.handle_input(Input::Frame(Frame::Text(HANDSHAKE)), at(0)));
    assert_eq!(drain(&mut session, Input::Frame(Frame::Text(r#"40{"sid":"s"}"#)), at(1)), None);
    let mut turn = session.handle_input(Input::Emit(Emit::event(r#"["x"]"#)), at(2));
    assert!(matches!(turn.poll_output(), Output::Transmit(_)));
}

#[test]
fn packets_are_put_into_a_payload_one_by_one() {
    let mut session = connected(options());
    let mut payload = Vec::new();
    let attachments: [&[u8]; 1] = [&[1, 2, 3, 4]];
    let emit = Emit { attachments: &attachments, ..Emit::event("[1]") };
    let mut turn = session.handle_input(Input::Emit(emit), at(1));
    while let Output::Transmit(packet) = turn.poll_output() {
        packet.encode_in_payload(&mut payload);
    }
    assert_eq!(payload, b"451-[1]\x1ebAQIDBA==");
}

#[test]
fn a_session_is_small() {
    let size = size_of::<Session>();
    assert!(size < 200, "a session takes {size} bytes");
}

#[test]
#[should_panic(expected = "\"x\" is no JSON array")]
fn what_is_no_array_is_not_sent() {
    drain(&mut connected(options()), Input::Emit(Emit::event("x")), at(1));
}

#[test]
#[should_panic(expected = "\"/a,b\" is no namespace")]
fn what_is_no_namespace_is_not_joined() {
    let input = Input::Connect { namespace: "/a,b", auth: None };
    drain(&mut connected(options()), input, at(1));
}

#[test]
#[should_panic(expected = "\"admin\" is no namespace")]
fn what_is_no_namespace_makes_no_session() {
    connected(SessionOptions { namespace: "admin".into(), ..options() });
}
