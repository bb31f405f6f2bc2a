//! Upgrade: sessions on a WebSocket, from the start or from polling (*Upgrade*).

use std::rc::Rc;
use std::time::Duration;

use super::packet::Message;
use super::session::{End, Packet, Session, Way};
use super::websocket::{Heard, Reader, Stop, Writer};
use super::{Lie, PAYLOAD_BYTES_MAX, World, bend, polling};

/// How long the last words may take, and then the client's.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A new session on a WebSocket.
pub(super) async fn open(world: &Rc<World>, node: usize, reader: Reader, writer: Writer) {
    let session = Session::open(world, node, Way::WebSocket);
    if writer.text(&session.handshake()).await {
        carry(&session, reader, writer).await;
    } else {
        session.close(End::Client);
    }
}

/// A WebSocket that wants to take over a session that polls.
pub(super) async fn probe(session: &Rc<Session>, mut reader: Reader, writer: Writer) {
    session.wire.borrow_mut().is_probed = true;
    let keeps = session.lies(Lie::KeepsIdleProbes);
    let patient = [Lie::KeepsUnfinishedUpgrades, Lie::LetsASecondWebSocketTakeOver];
    let time_max = match session.world.lie.is_some_and(|lie| patient.contains(&lie)) || keeps {
        true => Duration::from_secs(3600),
        false => session.world.setup.upgrade_timeout,
    };
    let upgraded = tokio::select! {
        upgraded = is_upgraded(session, &mut reader, &writer) => upgraded,
        () = session.ended(), if !keeps => false,
        () = session.world.wait(time_max) => false,
    };
    {
        let mut wire = session.wire.borrow_mut();
        wire.is_probed = false;
        if upgraded {
            wire.way = Way::WebSocket;
            wire.is_upgraded = true;
        }
    }
    if upgraded && session.lies(Lie::LosesWhatWaitsAtTheUpgrade) {
        session.take_outbox();
    }
    if upgraded && session.lies(Lie::TurnsRoundWhatWaitsAtTheUpgrade) {
        session.wire.borrow_mut().outbox.make_contiguous().reverse();
    }
    if !upgraded && session.lies(Lie::EndsWithItsProbe) {
        session.close(End::Server);
    }
    session.changed.notify_waiters();
    if upgraded {
        carry(session, reader, writer).await;
    } else {
        part(reader, writer, Some(1000)).await;
    }
}

/// `2probe`, `3probe`, `5`.
async fn is_upgraded(session: &Session, reader: &mut Reader, writer: &Writer) -> bool {
    let mut probed = false;
    loop {
        match reader.next().await {
            Ok(Heard::Text(text)) if text == "2probe" && !probed => {
                probed = true;
                let answer = if session.lies(Lie::MisspellsTheProbe) { "3" } else { "3probe" };
                if !writer.text(answer).await {
                    return false;
                }
                {
                    let mut wire = session.wire.borrow_mut();
                    wire.owes_noop = wire.is_polled && !session.lies(Lie::LeavesThePollPending);
                }
                session.changed.notify_waiters();
            }
            Ok(Heard::Text(text)) => return probed && text == "5",
            Ok(Heard::Ping(payload)) => {
                if !writer.pong(&payload).await {
                    return false;
                }
            }
            Ok(Heard::Pong) => {}
            Ok(Heard::Binary(_) | Heard::Close(_)) | Err(_) => return false,
        }
    }
}

/// Carries the session until its end.
async fn carry(session: &Rc<Session>, mut reader: Reader, writer: Writer) {
    let saying = tokio::task::spawn_local(say(Rc::clone(session), writer.clone()));
    let code = loop {
        let heard = tokio::select! {
            heard = reader.next() => heard,
            () = session.ended() => break Some(1000),
        };
        match heard {
            Ok(Heard::Text(text)) if text.len() > PAYLOAD_BYTES_MAX => {
                Packet::read(&text).into_iter().for_each(|packet| session.receive(packet));
                // Only a lie reads so much.
                if session.lies(Lie::TakesLongMessagesAndCloses) {
                    break Some(1009);
                }
            }
            Ok(Heard::Text(text)) => match Packet::read(&text) {
                Some(packet) => session.receive(packet),
                None if ignores(session, &text) => {}
                None => break Some(1002),
            },
            Ok(Heard::Binary(bytes)) => {
                session.receive(Packet::Message(Message::Binary(bytes.into())));
            }
            Ok(Heard::Ping(_)) if session.lies(Lie::SendsEmptyPongs) => {
                writer.pong(&[]).await;
            }
            Ok(Heard::Ping(_)) if session.lies(Lie::LeavesPingsUnanswered) => {}
            Ok(Heard::Ping(payload)) => {
                writer.pong(&payload).await;
            }
            Ok(Heard::Pong) => {}
            Ok(Heard::Close(_)) if session.lies(Lie::LeavesClosingFramesUnanswered) => {
                session.world.wait(Duration::from_secs(2)).await;
                return session.close(End::Client);
            }
            Ok(Heard::Close(code)) if session.lies(Lie::KeepsTheTcpConnection) => {
                writer.close(code).await;
                session.world.wait(Duration::from_secs(2)).await;
                return session.close(End::Client);
            }
            Ok(Heard::Close(code)) => break code,
            Err(Stop::Wrong(code)) => break Some(code),
            Err(Stop::Gone) => {
                session.close(End::Client);
                return saying.abort();
            }
        }
    };
    session.close(End::Server);
    let abort = saying.abort_handle();
    if tokio::time::timeout(LAST_WORDS, saying).await.is_err() {
        abort.abort();
        return;
    }
    part(reader, writer, code).await;
}

/// What is no packet, and yet does not end the session.
fn ignores(session: &Session, text: &str) -> bool {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic());
    session.lies(if is_word { Lie::IgnoresWords } else { Lie::IgnoresUnknownPackets })
}

/// Sends what the session has to say until its end.
async fn say(session: Rc<Session>, writer: Writer) {
    loop {
        let changed = session.changed.notified();
        let mut packets = session.take_outbox();
        if session.lies(Lie::LosesSomeAfterTheUpgrade) && session.wire.borrow().is_upgraded {
            packets.retain(|_| {
                let mut wire = session.wire.borrow_mut();
                wire.said_since += 1;
                !wire.said_since.is_multiple_of(15)
            });
        }
        if !packets.is_empty() {
            let sent = match packets.as_slice() {
                [joined @ .., last]
                    if joined.len() > 1 && session.lies(Lie::JoinsPacketsInAFrame) =>
                {
                    writer.text(&polling::payload(joined)).await
                        && writer.packets(std::slice::from_ref(last)).await
                }
                packets if session.lies(Lie::MaimsBeyondAsciiOnWebSockets) => {
                    writer.packets(&bend::in_ascii(packets)).await
                }
                packets => writer.packets(packets).await,
            };
            if !sent {
                return session.close(End::Client);
            }
            continue;
        }
        if session.is_over() {
            return;
        }
        changed.await;
    }
}

/// The closing handshake (RFC 6455, section 7.1.1).
async fn part(mut reader: Reader, writer: Writer, code: Option<u16>) {
    let parting = async {
        writer.close(code).await;
        writer.shut_down().await;
        reader.drain().await;
    };
    // A client that does not go is left.
    let _ = tokio::time::timeout(LAST_WORDS, parting).await;
}
