//! Polling: a session over HTTP, one GET and one POST at a time (*HTTP long-polling*).

use std::rc::Rc;
use std::time::Duration;

use super::PAYLOAD_BYTES_MAX;
use super::http::{Answer, Bad, Head, Line};
use super::session::{End, Packet, Session, Way};

const SEPARATOR: &str = "\u{1e}";
/// How long a poll waits while a WebSocket probes.
const PROBED_POLL: Duration = Duration::from_millis(50);

/// Answers a GET once there is something to say; nothing when the client has gone meanwhile.
pub(super) async fn get(session: &Rc<Session>, line: &mut Line) -> Option<Answer> {
    if std::mem::replace(&mut session.wire.borrow_mut().is_polled, true) {
        session.close(End::Server);
        return Some(Answer::refusal(400, "another poll is pending"));
    }
    let is_probed = session.wire.borrow().is_probed;
    let patience = if is_probed { PROBED_POLL } else { Duration::from_secs(3600) };
    let gone = async { while line.read().await.is_ok() {} };
    let packets = tokio::select! {
        packets = tokio::time::timeout(patience, something(session)) => packets,
        () = gone => {
            session.close(End::Client);
            return None;
        }
    };
    session.wire.borrow_mut().is_polled = false;
    let packets = packets.unwrap_or_else(|_| vec![Packet::Noop]);
    let payload: Vec<String> = packets.iter().map(Packet::text).collect();
    Some(Answer::text(payload.join(SEPARATOR)))
}

/// Waits for what a poll is answered with.
async fn something(session: &Session) -> Vec<Packet> {
    loop {
        let changed = session.changed.notified();
        if let Some(packets) = something_now(session) {
            return packets;
        }
        changed.await;
    }
}

fn something_now(session: &Session) -> Option<Vec<Packet>> {
    let (way, end, is_empty, owes_noop) = {
        let mut wire = session.wire.borrow_mut();
        let owes_noop = std::mem::take(&mut wire.owes_noop);
        (wire.way, wire.end, wire.outbox.is_empty(), owes_noop)
    };
    if way == Way::WebSocket {
        return Some(vec![Packet::Noop]);
    }
    let mut packets = session.take_outbox();
    match end {
        Some(End::Client) => packets.push(Packet::Noop),
        Some(End::Server) => packets.push(Packet::Close),
        None if is_empty && owes_noop => packets.push(Packet::Noop),
        None if is_empty => return None,
        None => {}
    }
    Some(packets)
}

/// Reads a POST and takes the packets in it.
pub(super) async fn post(session: &Rc<Session>, head: &Head, line: &mut Line) -> Option<Answer> {
    if std::mem::replace(&mut session.wire.borrow_mut().is_posted, true) {
        session.close(End::Server);
        return Some(Answer::refusal(400, "another post is under way"));
    }
    let body = line.body(head, PAYLOAD_BYTES_MAX).await;
    session.wire.borrow_mut().is_posted = false;
    let body = match body {
        Ok(body) => body,
        Err(bad) => {
            session.close(End::Server);
            return match bad {
                Bad::Gone => None,
                Bad::Refused(status) => Some(Answer::refusal(status, "no body to be taken")),
            };
        }
    };
    if session.is_over() {
        return Some(Answer::refusal(400, "the session is over"));
    }
    let Some(packets) = packets(&body) else {
        session.close(End::Server);
        return Some(Answer::refusal(400, "not a payload"));
    };
    for packet in packets {
        session.receive(packet);
    }
    Some(Answer::text("ok"))
}

/// The packets of a payload; nothing when one of them is none.
fn packets(body: &[u8]) -> Option<Vec<Packet>> {
    let text = std::str::from_utf8(body).ok()?;
    text.split(SEPARATOR).map(Packet::read_in_payload).collect()
}
