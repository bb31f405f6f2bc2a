//! WebSocket: packets of Engine.IO in frames (Engine.IO protocol v4, *WebSocket*).

use super::busy::insist;
use crate::conformance::check::{Check, Level, Need, Pace, Running, Section};
use crate::conformance::finding::{Failure, Found, Stop, ensure, fine};
use crate::conformance::peer::{End, Missing, Packet, Peer, Via, shortened};
use crate::conformance::round_trip::RoundTrip;
use crate::conformance::trial::Trial;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-WS-01",
        title: "a message by WebSocket is taken and answered",
        requirement: "Once the handshake is completed, the client and the server can exchange \
                      data by including it in a `message` packet.",
        section: Section::EngineIo("Message"),
        level: Level::Must,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "`42[…,\"text\"]` → `42[…,\"text\"]`",
        why: "Nothing works by WebSocket without it.",
        differs: "",
        run: |trial| Box::pin(exchanges_text(trial)),
    },
    Check {
        id: "EIO-WS-02",
        title: "a packet of no type closes the connection",
        requirement: "A WebSocket message that is no packet, such as `abc`, closes the connection.",
        section: Section::Suite,
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "`abc`, pings answered → closed",
        why: "What is not understood must not be guessed at.",
        differs: "netty-socketio 2.0.14 ignores it.",
        run: |trial| Box::pin(closes_at(trial, "abc")),
    },
    invalid("EIO-WS-03", "an empty packet closes the connection", "", |trial| {
        Box::pin(closes_at(trial, ""))
    }),
    invalid(
        "EIO-WS-03b",
        "a packet of the unknown type 7 closes the connection",
        "python-engineio 4.15.1 ignores it.",
        |trial| Box::pin(closes_at(trial, "7")),
    ),
    invalid(
        "EIO-WS-03c",
        "an open packet from the client closes the connection",
        "socket.io 4.8.4 and python-engineio 4.15.1 ignore it.",
        |trial| Box::pin(closes_at(trial, "0")),
    ),
    invalid(
        "EIO-WS-03d",
        "a packet of the unknown type 8 with data closes the connection",
        "python-engineio 4.15.1 ignores it.",
        |trial| Box::pin(closes_at(trial, "8abc")),
    ),
    invalid("EIO-WS-03e", "a packet that is a zero byte closes the connection", "", |trial| {
        Box::pin(closes_at(trial, "\0"))
    }),
    Check {
        id: "EIO-WS-09",
        title: "a message longer than maxPayload is not processed",
        requirement: "maxPayload […] The maximum number of bytes per chunk",
        section: Section::EngineIo("Handshake"),
        level: Level::Must,
        needs: &[Need::WebSocket, Need::MaxPayload],
        pace: Pace::Alone,
        wire: "message of maxPayload + 1000 bytes → not delivered",
        why: "A limit that does not hold lets one client fill the server's memory.",
        differs: "socketioxide processes it: the limit holds for polling only.",
        run: |trial| Box::pin(stops_too_long(trial)),
    },
    Check {
        id: "EIO-WS-09b",
        title: "a message longer than maxPayload closes the connection",
        requirement: "A client that sends more than `maxPayload` bytes in one frame is cut off.",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::WebSocket, Need::MaxPayload],
        pace: Pace::Alone,
        wire: "message of maxPayload + 1000 bytes, pings answered → closed (1009)",
        why: "A client whose messages are dropped without a word never learns of it.",
        differs: "socketioxide does not close it.",
        run: |trial| Box::pin(closes_at_too_long(trial)),
    },
    Check {
        id: "EIO-WS-10",
        title: "a message just shorter than maxPayload is delivered",
        requirement: "maxPayload […] The maximum number of bytes per chunk",
        section: Section::EngineIo("Handshake"),
        level: Level::Must,
        needs: &[Need::WebSocket, Need::MaxPayload],
        pace: Pace::Alone,
        wire: "message of maxPayload - 200 bytes → delivered",
        why: "Clients rely on what the server says it takes.",
        differs: "",
        run: |trial| Box::pin(takes_longest(trial)),
    },
    Check {
        id: "EIO-WS-14",
        title: "each packet from the server comes in a frame of its own",
        requirement: "Each packet (read or write) is sent its own WebSocket frame.",
        section: Section::EngineIo("WebSocket"),
        level: Level::Must,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "20 times `40/chatbench-…,` at once → 20 frames `44/chatbench-…,`",
        why: "Clients take a frame for one packet and lose what follows in it.",
        differs: "",
        run: |trial| Box::pin(packs_singly(trial)),
    },
];

/// A packet that is none, and what becomes of who sends it.
const fn invalid(
    id: &'static str,
    title: &'static str,
    differs: &'static str,
    run: for<'t> fn(&'t Trial) -> Running<'t>,
) -> Check {
    Check {
        id,
        title,
        requirement: "Here is the list of available packet types […] open: Used during the \
                      handshake; and none beyond 6 (noop).",
        section: Section::EngineIo("Protocol"),
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "the packet, pings answered → closed",
        why: "What is not understood must not be guessed at.",
        differs,
        run,
    }
}

/// Packets that are provoked in one go.
const AT_ONCE: usize = 20;
/// Where the server takes more, the limit is not tried.
const PAYLOAD_TRIED_BYTES_MAX: u64 = 8 << 20;

async fn exchanges_text(trial: &Trial) -> Found {
    let mut session = RoundTrip::by(trial, Via::WebSocket).await?;
    session.say("h\u{e9}llo by WebSocket").await?;
    session.hear("h\u{e9}llo by WebSocket", "the text comes back as it was sent").await?;
    fine()
}

async fn closes_at(trial: &Trial, packet: &str) -> Found {
    insist(trial, async || send_invalid(trial, packet).await).await
}

async fn send_invalid(trial: &Trial, packet: &str) -> Found {
    let peer = trial.connect(Via::WebSocket).await?;
    let twin = trial.connect(Via::WebSocket).await?;
    let offend = async |peer: &Peer| peer.try_send(&[Packet::Text(packet.into())]).await;
    let expected = format!("`{}` closes the connection", shortened(packet));
    let end = trial.closes(peer, twin, &expected, offend).await?;
    Ok(end.how)
}

fn payload_bytes_max(trial: &Trial) -> Result<usize, Stop> {
    let no = |why: String| Err(Stop::NotApplicable(why));
    match trial.survey().payload_bytes_max {
        None => no("the server says no `maxPayload`".into()),
        Some(max) if max > PAYLOAD_TRIED_BYTES_MAX => {
            no(format!("{max} bytes are more than is tried"))
        }
        Some(max) if max < 1000 => no(format!("no message fits in {max} bytes")),
        Some(max) => Ok(max as usize),
    }
}

/// A text that makes a packet of `bytes` bytes.
fn text_of(session: &RoundTrip<'_>, bytes: usize) -> String {
    "x".repeat(bytes.saturating_sub(session.packet("").len()))
}

async fn takes_longest(trial: &Trial) -> Found {
    let bytes = payload_bytes_max(trial)? - 200;
    let mut session = RoundTrip::by(trial, Via::WebSocket).await?;
    let text = text_of(&session, bytes);
    session.say(&text).await?;
    session.hear(&text, &format!("a message of {bytes} bytes is delivered")).await?;
    fine()
}

/// Sends a message that is too long; gives how the connection of its sender ended, and whether
/// the message was delivered.
async fn send_too_long(trial: &Trial) -> Result<(Result<End, Missing>, bool), Stop> {
    let bytes = payload_bytes_max(trial)? + 1000;
    let mut session = RoundTrip::by(trial, Via::WebSocket).await?;
    session.say("short").await?;
    let heard = session.hear("short", "a short message is delivered").await;
    heard.map_err(|stop| match stop {
        Stop::Failed(Failure { observed, .. }) => {
            Stop::unknown(format!("a short message should come back; there was {observed}"))
        }
        other => other,
    })?;
    let too_long = Packet::Text(session.packet(&text_of(&session, bytes)));
    // What cannot be sent to its end was refused already.
    if let Err(why) = session.speaker().try_send(&[too_long]).await {
        session.speaker().scribe().note(why);
    }
    let end = session.speaker().end(trial.patience().answer).await;
    let text_of = session.reader();
    let came = session.hearer().collect(trial.patience().quiet).await;
    Ok((end, came.iter().any(|packet| text_of(packet).is_some())))
}

async fn stops_too_long(trial: &Trial) -> Found {
    const EXPECTED: &str = "a message longer than maxPayload is not delivered";
    let (end, delivered) = send_too_long(trial).await?;
    ensure(!delivered, EXPECTED, || "it is delivered".into())?;
    match end {
        Ok(end) => Ok(end.how),
        Err(_) => Ok("it is dropped, and the connection stays".into()),
    }
}

async fn closes_at_too_long(trial: &Trial) -> Found {
    let (end, delivered) = send_too_long(trial).await?;
    let end = end.map_err(|_| {
        let delivered = if delivered { "the message is delivered" } else { "it is dropped" };
        Stop::failed("the connection is closed (1009)", format!("it stays, and {delivered}"))
    })?;
    Ok(end.how)
}

async fn packs_singly(trial: &Trial) -> Found {
    let mut peer = trial.connect(Via::WebSocket).await?;
    let namespaces: Vec<String> = (0..AT_ONCE).map(|_| trial.unknown_namespace()).collect();
    let asked = |namespace: &String| Packet::Text(format!("40{namespace},"));
    peer.send_all(&namespaces.iter().map(asked).collect::<Vec<_>>()).await?;
    let last = format!("44{},", namespaces[AT_ONCE - 1]);
    let is_last = |packet: &Packet| {
        matches!(packet, Packet::Text(text) if text.contains(&last)).then(|| packet.clone())
    };
    let passed = peer.wait_for(trial.patience().answer, is_last).await;
    let last = passed.map_err(|missing| Stop::unknown(format!("no refusal: {missing}")))?;
    let mut came = peer.collect(trial.patience().quiet).await;
    came.push(last);
    let texts: Vec<&str> = came
        .iter()
        .filter_map(|packet| match packet {
            Packet::Text(text) => Some(text.as_str()),
            Packet::Binary(_) => None,
        })
        .collect();
    let several = texts
        .iter()
        .find(|text| text.contains('\u{1e}') || text.matches("44/chatbench-none").count() > 1);
    const EXPECTED: &str = "each packet in a frame of its own";
    if let Some(several) = several {
        return Err(Stop::failed(EXPECTED, format!("`{}`", shortened(several))));
    }
    let alone =
        |namespace: &&String| texts.iter().any(|text| text.starts_with(&format!("44{namespace},")));
    let frames = namespaces.iter().filter(alone).count();
    ensure(frames == AT_ONCE, EXPECTED, || format!("{frames} of {AT_ONCE} refusals came so"))?;
    fine()
}
