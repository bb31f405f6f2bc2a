//! Size: how long a post may be (Engine.IO protocol v4, *Handshake*, `maxPayload`).

use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Polling, Request, Response, Via};
use crate::conformance::round_trip::RoundTrip;
use crate::conformance::trial::Trial;

/// More than that is not sent to try a limit.
const TRIED_BYTES_MAX: usize = 8 << 20;
/// By how much a body is too long.
const BYTES_BEYOND: usize = 1_000;
/// By how much a body is shorter than the limit.
const BYTES_BELOW: usize = 200;
const CHUNK_BYTES: usize = 16 * 1024;

const MAX_PAYLOAD: &str = "`maxPayload` […] The maximum number of bytes per chunk, used by the \
                           client to aggregate packets into payloads.";
const TOO_LARGE: &str = "The 413 (Content Too Large) status code indicates that the server is \
                         refusing to process a request because the request content is larger \
                         than the server is willing or able to process.";

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-HTTP-08",
        title: "a post longer than maxPayload is not processed",
        requirement: MAX_PAYLOAD,
        section: Section::EngineIo("Handshake"),
        level: Level::Must,
        needs: &[Need::Polling, Need::MaxPayload],
        pace: Pace::Together,
        wire: "POST an event of maxPayload + 1000 bytes → it does not come back",
        why: "A limit that is not kept bounds nobody's memory.",
        differs: "The session stays on the official server; others close it.",
        run: |trial| Box::pin(drops_too_long(trial, Framing::Length)),
    },
    Check {
        id: "EIO-HTTP-08b",
        title: "a chunked post longer than maxPayload is not processed",
        requirement: MAX_PAYLOAD,
        section: Section::EngineIo("Handshake"),
        level: Level::Must,
        needs: &[Need::Polling, Need::MaxPayload],
        pace: Pace::Together,
        wire: "POST in chunks an event of maxPayload + 1000 bytes → it does not come back",
        why: "Who looks only at Content-Length is not safe from those who leave it out.",
        differs: "",
        run: |trial| Box::pin(drops_too_long(trial, Framing::Chunked)),
    },
    Check {
        id: "EIO-HTTP-08c",
        title: "a post longer than maxPayload gets HTTP 413",
        requirement: TOO_LARGE,
        section: Section::Rfc(9110, "15.5.14"),
        level: Level::Should,
        needs: &[Need::Polling, Need::MaxPayload],
        pace: Pace::Together,
        wire: "POST maxPayload + 1000 bytes → 413",
        why: "It is the one answer that tells the sender what was wrong.",
        differs: "python-socketio closes the session without an answer.",
        run: |trial| Box::pin(says_too_large(trial, Framing::Length)),
    },
    Check {
        id: "EIO-HTTP-08d",
        title: "a chunked post longer than maxPayload gets HTTP 413",
        requirement: TOO_LARGE,
        section: Section::Rfc(9110, "15.5.14"),
        level: Level::Should,
        needs: &[Need::Polling, Need::MaxPayload],
        pace: Pace::Together,
        wire: "POST maxPayload + 1000 bytes in chunks → 413",
        why: "It is the one answer that tells the sender what was wrong.",
        differs: "python-socketio takes it for empty and says `OK`.",
        run: |trial| Box::pin(says_too_large(trial, Framing::Chunked)),
    },
    Check {
        id: "EIO-HTTP-09",
        title: "a post just shorter than maxPayload is processed",
        requirement: MAX_PAYLOAD,
        section: Section::EngineIo("Handshake"),
        level: Level::Must,
        needs: &[Need::Polling, Need::MaxPayload],
        pace: Pace::Together,
        wire: "POST an event of maxPayload - 200 bytes → 200, and it comes back",
        why: "Clients fill their posts up to the limit that they are told.",
        differs: "",
        run: |trial| Box::pin(takes_almost_too_long(trial)),
    },
    Check {
        id: "EIO-HTTP-09b",
        title: "a chunked post is processed",
        requirement: "A recipient MUST be able to parse and decode the chunked transfer coding.",
        section: Section::Rfc(9112, "7.1"),
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST an event in chunks → 200, and it comes back",
        why: "Some clients and proxies send bodies so, whose length they do not know beforehand.",
        differs: "python-socketio takes the body for empty and says `OK`.",
        run: |trial| Box::pin(takes_chunks(trial)),
    },
];

/// How a request says where its body ends.
#[derive(Clone, Copy)]
enum Framing {
    Length,
    Chunked,
}

/// A request to post `body`.
fn post(polling: &Polling, body: &str, framing: Framing) -> Request {
    match framing {
        Framing::Length => polling.post(body),
        Framing::Chunked => {
            let request = polling.post(in_chunks(body.as_bytes()));
            request.with_header("Transfer-Encoding", "chunked")
        }
    }
}

/// A body as the chunked coding has it (RFC 9112, section 7.1).
fn in_chunks(body: &[u8]) -> Vec<u8> {
    let mut coded = Vec::with_capacity(body.len() + 64);
    for chunk in body.chunks(CHUNK_BYTES) {
        coded.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        coded.extend_from_slice(chunk);
        coded.extend_from_slice(b"\r\n");
    }
    coded.extend_from_slice(b"0\r\n\r\n");
    coded
}

/// The limit that the server says, in bytes.
///
/// # Errors
/// Not applicable, where it is too high to be tried.
fn limit(trial: &Trial) -> Result<usize, Stop> {
    let limit = trial.survey().payload_bytes_max.unwrap_or(u64::MAX);
    let tried = usize::try_from(limit).ok().filter(|limit| *limit <= TRIED_BYTES_MAX);
    tried.ok_or_else(|| {
        Stop::NotApplicable(format!("a maxPayload of {limit} bytes is too high to be tried"))
    })
}

/// A text that makes its packet so many bytes long.
///
/// # Errors
/// Not applicable, where no packet is as short.
fn text_for(trip: &RoundTrip<'_>, packet_bytes: usize) -> Result<String, Stop> {
    let text_bytes = packet_bytes.checked_sub(trip.packet("").len());
    let text = text_bytes.filter(|bytes| *bytes > 0).map(|bytes| "x".repeat(bytes));
    text.ok_or_else(|| Stop::NotApplicable("maxPayload is too low to be tried".into()))
}

async fn drops_too_long(trial: &Trial, framing: Framing) -> Found {
    let limit = limit(trial)?;
    let mut trip = RoundTrip::by(trial, Via::Polling).await?;
    trip.works().await?;
    let text = text_for(&trip, limit + BYTES_BEYOND)?;
    let packet = trip.packet(&text);
    let answer = trip.speaker().make(|polling| post(polling, &packet, framing)).await;
    // Where the session stands, what is said next shows that the server is done with it.
    let stands = trip.say("after").await.is_ok();
    let heard = trip.hear_all(usize::from(stands)).await;
    let processed = heard.iter().find(|heard| heard.len() > "after".len());
    let expected = format!("a packet of {} bytes does not come back", packet.len());
    ensure(processed.is_none(), &expected, || {
        format!("a text of {} bytes comes back", processed.map_or(0, String::len))
    })?;
    let answer = answer.map_or_else(|why| why, |response| response.brief());
    Ok(format!("{answer}; the session {}", if stands { "stays" } else { "is closed" }))
}

async fn says_too_large(trial: &Trial, framing: Framing) -> Found {
    const EXPECTED: &str = "HTTP 413";
    let limit = limit(trial)?;
    let peer = trial.session(Via::Polling).await?;
    // An event that nobody listens to, and the rest of it.
    let body = format!("42[\"chatbench-none\",\"{}\"]", "x".repeat(limit + BYTES_BEYOND));
    let response = peer.make(|polling| post(polling, &body, framing)).await;
    let response = response.map_err(|why| Stop::failed(EXPECTED, why))?;
    ensure(response.status == 413, EXPECTED, || response.brief())?;
    fine()
}

async fn takes_almost_too_long(trial: &Trial) -> Found {
    let limit = limit(trial)?;
    let mut trip = RoundTrip::by(trial, Via::Polling).await?;
    let text = text_for(&trip, limit.saturating_sub(BYTES_BELOW))?;
    wants_back(&mut trip, &text, Framing::Length).await
}

async fn takes_chunks(trial: &Trial) -> Found {
    let mut trip = RoundTrip::by(trial, Via::Polling).await?;
    wants_back(&mut trip, "in chunks", Framing::Chunked).await
}

/// Wants a text to be taken and to come back.
async fn wants_back(trip: &mut RoundTrip<'_>, text: &str, framing: Framing) -> Found {
    let packet = trip.packet(text);
    let expected = format!("HTTP 200, and an event of {} bytes comes back", packet.len());
    let response = trip.speaker().make(|polling| post(polling, &packet, framing)).await;
    let response: Response = response.map_err(|why| Stop::failed(&*expected, why))?;
    ensure(response.status == 200, &expected, || response.brief())?;
    trip.hear(text, &expected).await?;
    fine()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_coded_in_chunks_and_an_end() {
        assert_eq!(in_chunks(b"hello"), b"5\r\nhello\r\n0\r\n\r\n");
        let long = in_chunks(&vec![b'x'; CHUNK_BYTES + 1]);
        assert!(long.starts_with(b"4000\r\nx") && long.ends_with(b"\r\n1\r\nx\r\n0\r\n\r\n"));
    }
}
