//! Frames: what a WebSocket has to do beneath Engine.IO (RFC 6455, sections 5, 7 and 8).

use std::time::Duration;

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::busy::{insist, persist};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::socket::{Frame, Heard, SocketReader, SocketWriter};
use crate::conformance::peer::{Peer, Via, hex, is_answer};
use crate::conformance::round_trip::RoundTrip;
use crate::conformance::trial::Trial;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-WS-04",
        title: "a message in two fragments is put together",
        requirement: "clients and servers MUST support receiving both fragmented and \
                      unfragmented messages",
        section: Section::WebSocket("5.4"),
        level: Level::Must,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "the head of `42[…]`, 20 ms later its tail → `42[…]`",
        why: "Proxies may fragment messages, and clients do so with long ones.",
        differs: "",
        run: |trial| Box::pin(persist(trial, async || puts_fragments_together(trial).await)),
    },
    Check {
        id: "EIO-WS-05",
        title: "a WebSocket ping is answered with a WebSocket pong",
        requirement: "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response",
        section: Section::WebSocket("5.5.2"),
        level: Level::Must,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "ping frame → pong frame",
        why: "Proxies and clients tell by it whether the server is alive.",
        differs: "netty-socketio 2.0.14 sends no pong.",
        run: |trial| Box::pin(answers_ping(trial, false)),
    },
    Check {
        id: "EIO-WS-05b",
        title: "a WebSocket pong carries what the ping carried",
        requirement: "A Pong frame sent in response to a Ping frame must have identical \
                      \"Application data\"",
        section: Section::WebSocket("5.5.3"),
        level: Level::Must,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "ping frame with `chatbench` → pong frame with `chatbench`",
        why: "A client that has several pings under way matches pongs with them by it.",
        differs: "netty-socketio 2.0.14 sends no pong.",
        run: |trial| Box::pin(answers_ping(trial, true)),
    },
    Check {
        id: "EIO-WS-06",
        title: "a closing frame is answered with a closing frame",
        requirement: "If an endpoint receives a Close frame and did not previously send a Close \
                      frame, the endpoint MUST send a Close frame in response.",
        section: Section::WebSocket("5.5.1"),
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "closing frame with 1000 → closing frame",
        why: "A client that hears no answer waits for its own timeout before it lets go.",
        differs: "",
        run: |trial| Box::pin(answers_closing_frame(trial)),
    },
    Check {
        id: "EIO-WS-06b",
        title: "after the closing frames the server ends the TCP connection",
        requirement: "The server MUST close the underlying TCP connection immediately",
        section: Section::WebSocket("5.5.1"),
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "closing frame with 1000 → closing frame, end of TCP",
        why: "A connection that nobody ends keeps its file descriptor.",
        differs: "",
        run: |trial| Box::pin(ends_tcp(trial)),
    },
    Check {
        id: "EIO-WS-07",
        title: "text that is not UTF-8 closes the connection",
        requirement: "When an endpoint […] finds that the byte stream is not, in fact, a valid \
                      UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_.",
        section: Section::WebSocket("8.1"),
        level: Level::Must,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "an event whose name holds `c3 28`, pings answered → closed (1007)",
        why: "What is relayed of it makes other clients drop their connections.",
        differs: "netty-socketio 2.0.14 takes it; socketioxide closes without a code.",
        run: |trial| Box::pin(closes_at_broken_text(trial)),
    },
    Check {
        id: "EIO-WS-08",
        title: "a frame that is not masked closes the connection",
        requirement: "The server MUST close the connection upon receiving a frame that is not \
                      masked.",
        section: Section::WebSocket("5.1"),
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "text frame without a mask, pings answered → closed (1002)",
        why: "Masks keep a page from writing bytes of its choice to servers behind a proxy.",
        differs: "gevent-websocket, tornado and aiohttp take it.",
        run: |trial| Box::pin(closes_at(trial, NOT_MASKED, "the connection is closed (1002)")),
    },
    Check {
        id: "EIO-WS-08b",
        title: "frames of the server are not masked",
        requirement: "A server MUST NOT mask any frames that it sends to the client.",
        section: Section::WebSocket("5.1"),
        level: Level::Must,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "the handshake, `40/chatbench-…,` → `44/chatbench-…,…`; no frame has a mask",
        why: "Browsers close the connection at once.",
        differs: "",
        run: |trial| Box::pin(masks_nothing(trial)),
    },
];

/// How long the fragments are apart.
const BETWEEN_FRAGMENTS: Duration = Duration::from_millis(20);

const NOT_MASKED: Frame<'_> = Frame {
    opcode: OpCode::Data(Data::Text),
    is_final: true,
    masked: false,
    // A packet that servers ignore when it is masked.
    payload: b"3",
};

async fn puts_fragments_together(trial: &Trial) -> Found {
    const TEXT: &str = "a text in two fragments";
    let mut session = RoundTrip::by(trial, Via::WebSocket).await?;
    let whole = session.packet(TEXT);
    let (head, tail) = whole.split_at(whole.floor_char_boundary(whole.len().saturating_sub(12)));
    let fragments = [
        Frame { is_final: false, ..Frame::text(head) },
        Frame { opcode: OpCode::Data(Data::Continue), ..Frame::text(tail) },
    ];
    let speaker = session.speaker();
    let socket = speaker.socket().ok_or_else(|| Stop::unknown("there is no WebSocket"))?;
    let sent = socket.send_slowly(&fragments, async || trial.pause(BETWEEN_FRAGMENTS).await).await;
    sent.map_err(Stop::unknown)?;
    session.hear(TEXT, "the text comes back whole").await?;
    fine()
}

/// A WebSocket that nobody listens on but the check, with the handshake read.
async fn bare(trial: &Trial) -> Result<(SocketReader, SocketWriter), Stop> {
    let request = trial.websocket_request(&trial.query("websocket"));
    let (mut reader, writer, _) = trial.halves(&request).await?;
    let is_handshake = |heard: &Heard| match heard {
        Heard::Text(text) if text.starts_with('0') => Some(()),
        _ => None,
    };
    let opened = read_until(trial, &mut reader, is_handshake).await;
    opened.map_err(|why| Stop::unknown(format!("no handshake: {why}")))?;
    Ok((reader, writer))
}

/// Reads until something comes that is wanted; the error says how that ended.
async fn read_until<T>(
    trial: &Trial,
    reader: &mut SocketReader,
    is_wanted: impl Fn(&Heard) -> Option<T>,
) -> Result<T, String> {
    let until = trial.clock().now() + trial.patience().answer;
    loop {
        let left = until.since(trial.clock().now());
        let heard = tokio::time::timeout(left, reader.next()).await;
        let heard = heard.map_err(|_| "nothing of the kind came, and the connection stands")??;
        if let Some(found) = is_wanted(&heard) {
            return Ok(found);
        }
    }
}

async fn answers_ping(trial: &Trial, alike: bool) -> Found {
    const PAYLOAD: &[u8] = b"chatbench";
    let expected = if alike { "a pong that carries `chatbench`" } else { "a pong" };
    let (mut reader, writer) = bare(trial).await?;
    writer.send(&[Frame::control(Control::Ping, PAYLOAD)]).await.map_err(Stop::unknown)?;
    let is_pong = |heard: &Heard| match heard {
        Heard::Pong(payload) => Some(payload.clone()),
        _ => None,
    };
    let pong = read_until(trial, &mut reader, is_pong).await;
    let carried = pong.map_err(|why| Stop::failed(expected, why))?;
    ensure(!alike || carried == PAYLOAD, expected, || format!("a pong of {}", hex(&carried)))?;
    fine()
}

/// Sends a closing frame and reads the one that comes back: its code.
async fn close_by_frame(trial: &Trial) -> Result<(SocketReader, u16), Stop> {
    const EXPECTED: &str = "a closing frame in answer to one";
    let (mut reader, writer) = bare(trial).await?;
    let code = 1000_u16.to_be_bytes();
    writer.send(&[Frame::control(Control::Close, &code)]).await.map_err(Stop::unknown)?;
    let is_close = |heard: &Heard| match heard {
        Heard::Close(code, _) => Some(*code),
        _ => None,
    };
    let closed = read_until(trial, &mut reader, is_close).await;
    let code = closed.map_err(|why| Stop::failed(EXPECTED, why))?;
    Ok((reader, code))
}

async fn answers_closing_frame(trial: &Trial) -> Found {
    let (_, code) = close_by_frame(trial).await?;
    if code == 1000 { fine() } else { Ok(format!("its code is {code}, not 1000")) }
}

async fn ends_tcp(trial: &Trial) -> Found {
    const EXPECTED: &str = "the TCP connection is ended after the closing frames";
    let closed = close_by_frame(trial).await;
    let (mut reader, _) = closed.map_err(|stop| match stop {
        Stop::Failed(failure) => Stop::unknown(failure.observed),
        other => other,
    })?;
    let ended = tokio::time::timeout(trial.patience().answer, reader.next()).await;
    match ended {
        Ok(Err(_)) => fine(),
        Ok(Ok(heard)) => Err(Stop::failed(EXPECTED, format!("{heard:?} comes after them"))),
        Err(_) => Err(Stop::failed(EXPECTED, "the TCP connection stands")),
    }
}

async fn masks_nothing(trial: &Trial) -> Found {
    let (mut reader, writer) = bare(trial).await?;
    let namespace = trial.unknown_namespace();
    let asked = format!("40{namespace},");
    writer.send(&[Frame::text(&asked)]).await.map_err(Stop::unknown)?;
    let answers = |heard: &Heard| matches!(heard, Heard::Text(text) if is_answer(text, &namespace));
    let heard = read_until(trial, &mut reader, |it| answers(it).then_some(())).await;
    // A frame that was masked is one, whatever came after it.
    ensure(!reader.has_masked(), "frames without a mask", || "one is masked".into())?;
    heard.map_err(|why| Stop::unknown(format!("no answer to {namespace}: {why}")))?;
    fine()
}

async fn closes_at_broken_text(trial: &Trial) -> Found {
    // But for two bytes, an event that nobody listens for.
    let mut payload = format!("42{}[\"chatbench-", trial.prefix()).into_bytes();
    payload.extend_from_slice(b"\xc3\x28\"]");
    let opcode = OpCode::Data(Data::Text);
    let broken = Frame { opcode, is_final: true, masked: true, payload: &payload };
    closes_at(trial, broken, "the connection is closed (1007)").await
}

async fn closes_at(trial: &Trial, wrong: Frame<'_>, expected: &str) -> Found {
    insist(trial, async || send_wrong(trial, wrong, expected).await).await
}

async fn send_wrong(trial: &Trial, wrong: Frame<'_>, expected: &str) -> Found {
    let peer = trial.connect(Via::WebSocket).await?;
    let twin = trial.connect(Via::WebSocket).await?;
    let offend = async |peer: &Peer| match peer.socket() {
        Some(socket) => socket.send(&[wrong]).await,
        None => Ok(()),
    };
    let end = trial.closes(peer, twin, expected, offend).await?;
    Ok(end.how)
}
