//! Tests of whole sessions: as transcripts, against garbage, and joined with a server.

mod exchange;
mod hostile;
mod opening;
mod recovery;
mod server;
mod simulation;
mod transcript;
mod traps;
mod user;

use std::rc::Rc;
use std::time::Duration;

use self::transcript::check;
use super::{CloseReason, Event, Frame, Input, Output, Session, SessionOptions};
use crate::time::Timestamp;

/// Pings are due every 10 s, and given up after 5 s more.
const HANDSHAKE: &str = r#"0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}"#;

const fn at(millis: u64) -> Timestamp {
    Timestamp::from_nanos(millis * 1_000_000)
}

/// A session in the main namespace, with limits that a test can reach.
fn options() -> SessionOptions {
    SessionOptions {
        attachments_max: 3,
        attachment_bytes_max: 5,
        acks_pending_max: 2,
        namespaces_max: 2,
        open_timeout: Duration::from_secs(20),
        ..SessionOptions::default()
    }
}

/// A session that stands in its namespace since the beginning of time.
fn connected(options: SessionOptions) -> Session {
    let mut session = Session::new(Rc::new(options), at(0));
    for frame in [HANDSHAKE, r#"40{"sid":"s"}"#] {
        drain(&mut session, Input::Frame(Frame::Text(frame)), at(0));
    }
    session
}

/// Gives `input` to `session` and returns what closed it, if that did.
fn drain(session: &mut Session, input: Input<'_>, now: Timestamp) -> Option<CloseReason> {
    let mut closed = None;
    let mut turn = session.handle_input(input, now);
    loop {
        match turn.poll_output() {
            Output::WaitUntil(_) => return closed,
            Output::Event(Event::Closed(reason)) => closed = Some(reason),
            Output::Event(_) | Output::Transmit(_) => {}
        }
    }
}
