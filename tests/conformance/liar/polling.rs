//! Polling: a session over HTTP, one GET and one POST at a time (*HTTP long-polling*).

use std::rc::Rc;
use std::time::Duration;

use super::http::{Answer, Bad, Head, Line};
use super::packet::Message;
use super::session::{End, Packet, Session, Way};
use super::{Lie, PAYLOAD_BYTES_MAX};

const SEPARATOR: &str = "\u{1e}";
/// How long a poll waits while a WebSocket probes.
const PROBED_POLL: Duration = Duration::from_millis(50);

/// Answers a GET once there is something to say; nothing when the client has gone meanwhile.
pub(super) async fn get(session: &Rc<Session>, line: &mut Line) -> Option<Answer> {
    let is_polled = std::mem::replace(&mut session.wire.borrow_mut().is_polled, true);
    if is_polled && !session.lies(Lie::ServesTwoPolls) {
        if !session.lies(Lie::RefusesASecondPollOnly) {
            session.close(End::Server);
        }
        return Some(Answer::refusal(400, "another poll is pending"));
    }
    let is_probed = session.wire.borrow().is_probed;
    let is_released = is_probed
        && !session.lies(Lie::HoldsPollsWhileProbed)
        && !session.lies(Lie::LeavesThePollPending);
    let patience = if is_released { PROBED_POLL } else { Duration::from_secs(3600) };
    let gone = async { while line.read().await.is_ok() {} };
    let packets = tokio::select! {
        packets = tokio::time::timeout(patience, something(session)) => packets,
        () = gone => {
            if session.lies(Lie::ForgivesAbortedPolls) {
                session.wire.borrow_mut().is_polled = false;
                return None;
            }
            session.close(End::Client);
            return None;
        }
    };
    session.wire.borrow_mut().is_polled = false;
    let mut packets = packets.unwrap_or_else(|_| vec![Packet::Noop]);
    if packets.len() > 50 && session.lies(Lie::LosesSomeOfABacklog) {
        packets.remove(50);
    }
    let is_event =
        |it: &Packet| matches!(it, Packet::Message(Message::Text(text)) if text.starts_with('2'));
    let wakes_late = packets.iter().any(is_event);
    if wakes_late && session.lies(Lie::WakesPollsLate) {
        session.world.wait(Duration::from_millis(700)).await;
    }
    let payload = match session.lies(Lie::MaimsBeyondAscii) {
        true => payload(&packets).replace(|it: char| !it.is_ascii(), "?"),
        false => payload(&packets),
    };
    Some(Answer::text(payload))
}

/// Packets in one body.
pub(super) fn payload(packets: &[Packet]) -> String {
    let payload: Vec<String> = packets.iter().map(Packet::text).collect();
    payload.join(SEPARATOR)
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
        Some(End::Client) if session.lies(Lie::LeavesThePollPendingAtTheClose) => return None,
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
    let is_posted = std::mem::replace(&mut session.wire.borrow_mut().is_posted, true);
    if is_posted && !session.lies(Lie::ServesTwoPosts) {
        if !session.lies(Lie::RefusesASecondPostOnly) {
            session.close(End::Server);
        }
        return Some(Answer::refusal(400, "another post is under way"));
    }
    let body = line.body(head, body_bytes_max(session, head)).await;
    session.wire.borrow_mut().is_posted = false;
    let body = match body {
        Ok(body) => body,
        Err(bad) => {
            session.close(End::Server);
            return match bad {
                Bad::Gone if session.world.lies_each(Lie::DiesOfCutPosts, 5) => {
                    session.world.die();
                    None
                }
                Bad::Gone => None,
                Bad::Refused(413) if session.lies(Lie::RefusesLongPostsAsBad) => {
                    Some(Answer::refusal(400, "too long"))
                }
                Bad::Refused(status) => Some(Answer::refusal(status, "no body to be taken")),
            };
        }
    };
    if head.header("content-length").is_none() && session.lies(Lie::TakesChunkedPostsForEmpty) {
        return Some(Answer::text("ok"));
    }
    if session.is_over() {
        return Some(Answer::refusal(400, "the session is over"));
    }
    let Some(mut packets) = packets(session, &body) else {
        if session.lies(Lie::DiesOfOddPackets) {
            session.world.die();
        }
        if session.lies(Lie::KeepsSessionsOfMalformedPosts) {
            return Some(Answer::refusal(400, "not a payload"));
        }
        session.close(End::Server);
        if session.lies(Lie::AgreesToMalformedPosts) {
            return Some(Answer::text("ok"));
        }
        return Some(Answer::refusal(400, "not a payload"));
    };
    if packets.contains(&Packet::Pong) && session.lies(Lie::RefusesPostedPongs) {
        return Some(Answer::refusal(400, "no pongs"));
    }
    if packets.len() > 2 && session.lies(Lie::TakesTheFirstPacketTwice) {
        packets.insert(0, packets[0].clone());
    }
    if packets.len() > 2 && session.lies(Lie::LosesTheLastOfSeveralPackets) {
        packets.pop();
    }
    if session.lies(Lie::TakesSixteenPackets) {
        packets.truncate(16);
    }
    let is_text = |it: &Packet| matches!(it, Packet::Message(Message::Text(_)));
    if session.lies(Lie::TakesPostsBackwards) && packets.iter().all(is_text) {
        packets.reverse();
    }
    for packet in packets {
        session.receive(packet);
    }
    Some(Answer::text(if session.lies(Lie::SaysOkAloud) { "OK" } else { "ok" }))
}

fn body_bytes_max(session: &Session, head: &Head) -> usize {
    let is_chunked = head.header("content-length").is_none();
    let longer = if is_chunked { Lie::TakesLongChunkedPosts } else { Lie::TakesLongPosts };
    if session.lies(longer) {
        return PAYLOAD_BYTES_MAX * 10;
    }
    let shorter = session.lies(Lie::RefusesLargePosts);
    if shorter { PAYLOAD_BYTES_MAX - 1_000 } else { PAYLOAD_BYTES_MAX }
}

/// The packets of a payload; nothing when one of them is none.
fn packets(session: &Session, body: &[u8]) -> Option<Vec<Packet>> {
    let text = std::str::from_utf8(body).ok()?;
    let mut packets: Vec<Packet> =
        text.split(SEPARATOR).map(Packet::read_in_payload).collect::<Option<_>>()?;
    for packet in &mut packets {
        if let Packet::Message(Message::Binary(bytes)) = packet
            && session.lies(Lie::MaimsBinaryInPosts)
        {
            *bytes = bytes.iter().rev().copied().collect();
        }
    }
    Some(packets)
}
