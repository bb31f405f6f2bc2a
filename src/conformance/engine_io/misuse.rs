//! Misuse: posts that no client makes (Engine.IO protocol v4, *Sending data*).

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::polling::let_it_be_read;
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Metered, Packet, Peer, Polling, Request, Via};
use crate::conformance::trial::Trial;

/// How long the first half of a post is left alone, for the server to begin with it.
const HALF_WAY: Duration = Duration::from_millis(100);

const MALFORMED: &str = "A session whose client posts what is no payload is closed";

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-HTTP-04",
        title: "a post of packets of no known type closes the session",
        requirement: MALFORMED,
        section: Section::Suite,
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST `abc`, `9`, `7` → the next GET 4xx",
        why: "A client that speaks otherwise had better find out than be half understood.",
        differs: "python-socketio and netty-socketio keep the session.",
        run: |trial| Box::pin(closes_upon(trial, &["abc", "9", "7"])),
    },
    Check {
        id: "EIO-HTTP-04b",
        title: "a post of broken base64 closes the session",
        requirement: MALFORMED,
        section: Section::Suite,
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST `b!!!!` → the next GET 4xx",
        why: "Bytes guessed from what is no base64 are not what was sent.",
        differs: "python-socketio and netty-socketio keep the session.",
        run: |trial| Box::pin(closes_upon(trial, &["b!!!!"])),
    },
    Check {
        id: "EIO-HTTP-04c",
        title: "a post of nothing, or with an empty packet, closes the session",
        requirement: MALFORMED,
        section: Section::Suite,
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST with no body, a separator at the end, at the beginning → the next GET 4xx",
        why: "A packet has a type: where there is none, something was cut off on the way.",
        differs: "socketioxide tolerates the first two; python-socketio and netty-socketio all.",
        run: |trial| Box::pin(closes_upon_emptiness(trial)),
    },
    Check {
        id: "EIO-HTTP-04d",
        title: "a post of packets that only others may send closes the session",
        requirement: "open […] Used during the handshake. […] upgrade […] Used during the upgrade \
                      process.",
        section: Section::EngineIo("Protocol"),
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST `0`, `5` → the next GET 4xx",
        why: "An upgrade that nobody began could leave the session without a transport.",
        differs: "The official server ignores both, socketioxide the second.",
        run: |trial| Box::pin(closes_upon(trial, &["0", "5"])),
    },
    Check {
        id: "EIO-HTTP-04e",
        title: "a post of a packet of no known type is refused",
        requirement: "A post of what is no payload is answered with an error",
        section: Section::Suite,
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST `abc` → 4xx",
        why: "What is told to be taken and is not, nobody looks for.",
        differs: "The official server says `ok` and then closes the session; python-socketio says \
                  `OK`.",
        run: |trial| Box::pin(refuses_malformed(trial)),
    },
    Check {
        id: "EIO-HTTP-06",
        title: "a second post at once is refused, and the session closed",
        requirement: "a client MUST NOT have more than one active `POST` request. Should it \
                      happen, the server MUST return an HTTP 400 error status and close the \
                      session.",
        section: Section::EngineIo("Sending data"),
        level: Level::Must,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST, half of its body; POST → 400 (or 500); GET → 4xx",
        why: "With two posts packets are processed in whatever order their bodies end.",
        differs: "Of all measured only the official server does it, early ones (4.0) with 500.",
        run: |trial| Box::pin(refuses_second_post(trial)),
    },
    Check {
        id: "EIO-HTTP-10",
        title: "what a post of application/octet-stream gets",
        requirement: "When sending binary data, the sender (client or server) MUST include a \
                      `Content-Type: application/octet-stream` header.",
        section: Section::EngineIo("Headers"),
        level: Level::Info,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST a packet of text as application/octet-stream",
        why: "Since the 4th revision all bodies are text: it tells how a server reads the header.",
        differs: "The official server says 400 and closes the session, early ones (4.0) say \
                  nothing; others take it.",
        run: |trial| Box::pin(tells_octet_stream(trial)),
    },
];

async fn closes_upon_emptiness(trial: &Trial) -> Found {
    let sound = format!("40{},", trial.unknown_namespace());
    let (trailing, leading) = (format!("{sound}\u{1e}"), format!("\u{1e}{sound}"));
    closes_upon(trial, &["", &trailing, &leading]).await
}

/// Wants each of `bodies` to close the session that posts it.
async fn closes_upon(trial: &Trial, bodies: &[&str]) -> Found {
    for body in bodies {
        // In the namespace, for the server closes those that stay out of any after a while.
        let peer = trial.connect(Via::Polling).await?;
        let twin = trial.connect(Via::Polling).await?;
        let expected = format!("the session is closed upon {body:?}");
        // What the post itself is answered is another check's.
        let post = async |peer: &Peer| peer.make(|polling| polling.post(*body)).await.map(drop);
        trial.closes(peer, twin, &expected, post).await?;
    }
    fine()
}

async fn refuses_malformed(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 4xx";
    let mut peer = trial.session(Via::Polling).await?;
    let stands = peer.round_trip().await;
    stands.map_err(|missing| Stop::unknown(format!("a sound post brought {missing}")))?;
    let response = peer.make(|polling| polling.post("abc")).await;
    let response = response.map_err(|why| Stop::failed(EXPECTED, why))?;
    ensure(response.is_refusal(), EXPECTED, || response.brief())?;
    fine()
}

async fn refuses_second_post(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 400 to the second post, and no session any more";
    let polling = trial.polling().await?;
    let alone = polling.make(&sound_post(trial, &polling)).await.map_err(Stop::unknown)?;
    if alone.status != 200 {
        return Err(Stop::unknown(format!("a post by itself: {}", alone.brief())));
    }
    let half = half_a_post(trial, &polling).await.map_err(Stop::unknown)?;
    let_it_be_read(trial).await?;
    trial.pause(HALF_WAY).await;
    let second = polling.make(&sound_post(trial, &polling)).await;
    let second = second.map_err(|why| Stop::failed(EXPECTED, why))?;
    // Frameworks that report an error of the application say 500.
    let refused = second.is_refusal() || second.status == 500;
    ensure(refused, EXPECTED, || format!("the second post: {}", second.brief()))?;
    let mut poll = polling.get();
    poll.within = trial.patience().answer;
    let poll = polling.make(&poll).await;
    drop(half);
    let closed = poll.as_ref().is_ok_and(|response| response.is_refusal());
    ensure(closed, EXPECTED, || {
        let poll = poll.map_or_else(|why| why, |response| response.brief());
        format!("the second post is refused; a poll afterwards: {poll}")
    })?;
    fine()
}

fn sound_post(trial: &Trial, polling: &Polling) -> Request {
    polling.post(format!("40{},", trial.unknown_namespace()))
}

/// A post of which the second half of the body is still to come.
async fn half_a_post(trial: &Trial, polling: &Polling) -> Result<Metered, String> {
    let endpoint = trial.dial().endpoint();
    let post = sound_post(trial, polling);
    let mut bytes = post.head(&endpoint.path, &endpoint.authority).into_bytes();
    let body = post.body.unwrap_or_default();
    bytes.extend_from_slice(&body[..body.len() / 2]);
    let mut stream = trial.dial().connect().await?;
    polling.scribe.sent("POST, and half of its body");
    stream.write_all(&bytes).await.map_err(|error| error.to_string())?;
    stream.flush().await.map_err(|error| error.to_string())?;
    Ok(stream)
}

async fn tells_octet_stream(trial: &Trial) -> Found {
    let mut peer = trial.session(Via::Polling).await?;
    let namespace = trial.unknown_namespace();
    let posted = peer.make(|polling| {
        let mut post = polling.post(format!("40{namespace},"));
        post.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        post.with_header("Content-Type", "application/octet-stream")
    });
    let posted = posted.await.map_or_else(|why| why, |response| response.brief());
    let refusal = format!("44{namespace},");
    let is_refusal = |packet: &Packet| {
        matches!(packet, Packet::Text(text) if text.starts_with(&refusal)).then_some(())
    };
    let taken = match peer.wait_for(trial.patience().answer, is_refusal).await {
        Ok(()) => "the packet is processed".to_owned(),
        Err(missing) => format!("then there is {missing}"),
    };
    Ok(format!("{posted}; {taken}"))
}
