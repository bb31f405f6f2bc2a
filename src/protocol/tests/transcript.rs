//! Transcript: a session as a text, what happens to it and what it says to that.
//!
//! Each line of a script is an input, behind the millisecond at which it happens:
//!
//! ```text
//! 5 < 42["x"]              a text frame; `0 <b 0aff` is a binary one
//! 6 timeout
//! 7 emit ["x"]             `ask` wants an ack, `answer 9` is one; attachments follow as `+0aff`
//! 8 connect /x {"a":1}     `leave /x`, `forget 7`, `close`
//! 9 recovery               what it takes to take the session up later
//! ```
//!
//! In the transcript, what the session sends is behind `>`, what it reports behind `*`, and how
//! long it waits, where that has changed, behind `until`.

use std::rc::Rc;

use expect_test::Expect;

use super::super::{
    Emit, EmitAck, Event, Frame, Input, Output, Packet, Recovery, Session, SessionOptions, Turn,
};
use super::{at, options};
use crate::time::Timestamp;

/// Plays `script` to a session of the usual options.
pub(super) fn check(script: &str, expected: Expect) {
    check_with(options(), script, expected);
}

/// Plays `script` to a session of these options.
pub(super) fn check_with(options: SessionOptions, script: &str, expected: Expect) {
    check_session(Session::new(Rc::new(options), at(0)), script, expected);
}

/// Plays `script` to this session.
pub(super) fn check_session(session: Session, script: &str, expected: Expect) {
    let mut transcript = String::new();
    perform(session, script, |line| {
        transcript += line;
        transcript.push('\n');
    });
    expected.assert_eq(&transcript);
}

/// Plays `script` and returns only what the session says.
pub(super) fn outputs(options: SessionOptions, script: &str) -> Vec<String> {
    let mut outputs = Vec::new();
    perform(Session::new(Rc::new(options), at(0)), script, |line| {
        outputs.extend(line.strip_prefix(INDENT).map(str::to_owned));
    });
    outputs
}

const INDENT: &str = "    ";

fn perform(mut session: Session, script: &str, mut write: impl FnMut(&str)) {
    let mut waits = Timestamp::ZERO;
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        write(line);
        if line.ends_with(" recovery") {
            let (recovered, recovery) = (session.recovered(), session.recovery());
            let recovery = recovery.map(|Recovery { pid, offset }| format!("{pid} {offset}"));
            write(&format!("{INDENT}= recovered {recovered}, {recovery:?}"));
            continue;
        }
        play(&mut session, line, &mut |output| match output {
            Output::WaitUntil(until) if until == waits => {}
            Output::WaitUntil(until) => {
                waits = until;
                write(&format!("{INDENT}until {}", moment(until)));
            }
            Output::Transmit(packet) => write(&format!("{INDENT}> {}", wire(packet))),
            Output::Event(event) => write(&format!("{INDENT}* {}", report(event))),
        });
    }
}

fn play(session: &mut Session, line: &str, hear: &mut dyn FnMut(Output<'_>)) {
    let (millis, rest) = line.split_once(' ').expect("a line begins with its time");
    let now = at(millis.parse().expect("the time is a number"));
    let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut words = rest.split(" +");
    let data = words.next().unwrap_or_default();
    let attachments: Vec<Vec<u8>> = words.map(bytes).collect();
    let attachments: Vec<&[u8]> = attachments.iter().map(Vec::as_slice).collect();
    let (first, second) = data.split_once(' ').unwrap_or((data, ""));
    let binary = if verb == "<b" { bytes(rest) } else { Vec::new() };
    let emit = |data, ack| {
        // `/x:["y"]` goes elsewhere than to the session's own namespace.
        let elsewhere = str::split_once(data, ":[").filter(|_| data.starts_with('/'));
        let (namespace, data) =
            elsewhere.map_or((None, data), |(name, _)| (Some(name), &data[name.len() + 1..]));
        Input::Emit(Emit { namespace, data, ack, attachments: &attachments })
    };
    let input = match verb {
        "<" => Input::Frame(Frame::Text(rest)),
        "<b" => Input::Frame(Frame::Binary(&binary)),
        "timeout" => Input::Timeout,
        "emit" => emit(data, EmitAck::No),
        "ask" => emit(data, EmitAck::Wanted),
        "answer" => emit(second, EmitAck::Answers(first.parse().expect("an id"))),
        "connect" => {
            Input::Connect { namespace: first, auth: Some(second).filter(|auth| !auth.is_empty()) }
        }
        "leave" => Input::Leave { namespace: data },
        "forget" => Input::ForgetAck { namespace: None, id: data.parse().expect("an id") },
        "close" => Input::Close,
        other => panic!("{other:?} is no verb of a script"),
    };
    hear_all(session.handle_input(input, now), hear);
}

fn hear_all(mut turn: Turn<'_>, hear: &mut dyn FnMut(Output<'_>)) {
    loop {
        let output = turn.poll_output();
        hear(output);
        if let Output::WaitUntil(until) = output {
            assert_eq!(turn.poll_output(), Output::WaitUntil(until), "the end of a turn repeats");
            return;
        }
    }
}

fn wire(packet: Packet<'_>) -> String {
    let mut frame = Vec::new();
    packet.encode(&mut frame);
    if packet.is_binary() { hex(&frame) } else { String::from_utf8(frame).expect("text") }
}

fn report(event: Event<'_>) -> String {
    match event {
        Event::Opened(handshake) => format!("opened {:?}", handshake.sid),
        Event::Connected { namespace, sid, pid } => format!("connected {namespace} {sid} {pid:?}"),
        Event::Refused { namespace, data } => format!("refused {namespace} {data}"),
        Event::Event { namespace, data, ack, attachments } => {
            let ack = ack.map_or(String::new(), |id| format!(" wants ack {id}"));
            format!("event {namespace} {data}{ack}{}", list(attachments))
        }
        Event::Ack { namespace, id, data, attachments, expected } => {
            let expected = if expected { "" } else { " UNEXPECTED" };
            format!("ack {id} {namespace} {data}{}{expected}", list(attachments))
        }
        Event::Pinged => "pinged".to_owned(),
        Event::Left { namespace } => format!("left {namespace}"),
        Event::NotSent(why) => format!("not sent: {why}"),
        Event::Closed(reason) => format!("closed: {reason}"),
    }
}

fn list(attachments: &[Vec<u8>]) -> String {
    attachments.iter().map(|bytes| format!(" {}", hex(bytes))).collect()
}

fn moment(moment: Timestamp) -> String {
    match moment {
        Timestamp::NEVER => "the end of time".to_owned(),
        moment => (moment.as_nanos() / 1_000_000).to_string(),
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.trim().as_bytes()).expect("hexadecimal")
}

fn hex(bytes: &[u8]) -> String {
    format!("<{}>", data_encoding::HEXLOWER.encode(bytes))
}
