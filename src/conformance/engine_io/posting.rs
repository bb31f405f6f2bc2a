//! Posting: how packets are sent over HTTP (Engine.IO protocol v4, *Sending data* and *Packet
//! encoding*).

use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Packet, Via, body_of, told};
use crate::conformance::round_trip::RoundTrip;
use crate::conformance::trial::Trial;

const CONCATENATED: &str = "multiple packets might be concatenated in a single payload […] The \
                            packets are separated by the record separator character: `\\x1e`";
/// How many packets a post is tried with: one server takes 16 and no more.
const PACKETS: [usize; 4] = [1, 16, 17, 25];

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-HTTP-01",
        title: "a post is answered with 200 and `ok`",
        requirement: "To indicate success, the server MUST return an HTTP 200 response, with the \
                      string `ok` in the response body.",
        section: Section::EngineIo("Sending data"),
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST `40` → 200 `ok`",
        why: "Clients look at the status only; test suites and proxies' health checks at both.",
        differs: "`OK` from python-socketio.",
        run: |trial| Box::pin(says_ok(trial)),
    },
    Check {
        id: "EIO-HTTP-02",
        title: "several packets in one post are all processed, each once",
        requirement: CONCATENATED,
        section: Section::EngineIo("Packet encoding"),
        level: Level::Must,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST three events separated by `\\x1e` → three come back",
        why: "Clients post together all that was said while the last post was under way.",
        differs: "",
        run: |trial| Box::pin(takes_several(trial)),
    },
    Check {
        id: "EIO-HTTP-02b",
        title: "several packets in one post are processed in their order",
        requirement: CONCATENATED,
        section: Section::EngineIo("Packet encoding"),
        level: Level::Must,
        needs: &[Need::Polling, Need::Order],
        pace: Pace::Together,
        wire: "POST ten events separated by `\\x1e` → they come back in this order",
        why: "Answers before questions: a chat out of order is not readable.",
        differs: "socketioxide reorders them on several threads.",
        run: |trial| Box::pin(keeps_their_order(trial)),
    },
    Check {
        id: "EIO-HTTP-03",
        title: "binary goes over polling and back unchanged",
        requirement: "Binary payloads MUST be base64-encoded and prefixed with a `b` character",
        section: Section::EngineIo("Packet encoding"),
        level: Level::Must,
        needs: &[Need::Polling, Need::Binary],
        pace: Pace::Together,
        wire: "POST `451-[…]\\x1ebAQIDBA==` → `451-[…]` and `bAQIDBA==`",
        why: "Pictures sent by those who cannot have a WebSocket arrive broken, or not at all.",
        differs: "netty-socketio loses them.",
        run: |trial| Box::pin(carries_binary(trial)),
    },
    Check {
        id: "EIO-HTTP-12",
        title: "text beyond ASCII goes over polling and back unchanged",
        requirement: "The character encoding is UTF-8 for plain text and for base64-encoded binary \
                      payloads.",
        section: Section::EngineIo("Packet encoding"),
        level: Level::Must,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST an event with `é€😀` and U+2028 → it comes back",
        why: "Whoever counts characters for bytes, or escapes by halves, garbles names.",
        differs: "",
        run: |trial| Box::pin(carries_unicode(trial)),
    },
    Check {
        id: "EIO-HTTP-14",
        title: "how many packets one post may have",
        requirement: "The client SHOULD use the `maxPayload` value […] to decide how many packets \
                      should be concatenated.",
        section: Section::EngineIo("Packet encoding"),
        level: Level::Info,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST 1, 16, 17, 25 events → how many come back",
        why: "It bounds what clients may say at a time.",
        differs: "python-socketio takes 16.",
        run: |trial| Box::pin(tells_packets_per_post(trial)),
    },
    Check {
        id: "EIO-HTTP-14b",
        title: "a post that is answered with 200 loses no packet",
        requirement: "To indicate success, the server MUST return an HTTP 200 response",
        section: Section::EngineIo("Sending data"),
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST 1, 16, 17, 25 events → an error, or as many come back",
        why: "What is told to be taken and is not, nobody sends again.",
        differs: "python-socketio drops all of a post with more than 16 packets.",
        run: |trial| Box::pin(loses_none_that_it_takes(trial)),
    },
];

async fn says_ok(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 200 `ok`";
    let peer = trial.session(Via::Polling).await?;
    let connect = format!("40{}{}", trial.prefix(), trial.target().auth);
    let response = peer.make(|polling| polling.post(connect)).await;
    let response = response.map_err(|why| Stop::failed(EXPECTED, why))?;
    let is_ok = response.status == 200 && response.body == b"ok";
    ensure(is_ok, EXPECTED, || response.brief())?;
    fine()
}

async fn takes_several(trial: &Trial) -> Found {
    let texts = numbered(3);
    let mut heard = said_together(trial, &texts).await?;
    heard.sort();
    ensure(heard == texts, &format!("{texts:?}, each once"), || format!("{heard:?}"))?;
    fine()
}

async fn keeps_their_order(trial: &Trial) -> Found {
    let texts = numbered(10);
    let heard = said_together(trial, &texts).await?;
    if heard.len() != texts.len() {
        return Err(Stop::unknown(format!("of {} texts {} came back", texts.len(), heard.len())));
    }
    ensure(heard == texts, &format!("{texts:?}, in this order"), || format!("{heard:?}"))?;
    fine()
}

fn numbered(texts: usize) -> Vec<String> {
    (0..texts).map(|number| format!("text {number}")).collect()
}

/// What comes back when `texts` are said in one post.
async fn said_together(trial: &Trial, texts: &[String]) -> Result<Vec<String>, Stop> {
    let mut trip = RoundTrip::by(trial, Via::Polling).await?;
    let all: Vec<&str> = texts.iter().map(String::as_str).collect();
    trip.say_all(&all).await?;
    Ok(trip.hear_all(all.len()).await)
}

async fn carries_binary(trial: &Trial) -> Found {
    const BYTES: [u8; 4] = [1, 2, 3, 4];
    const EXPECTED: &str = "an event with one attachment, and the attachment `bAQIDBA==`";
    let mut trip = RoundTrip::by(trial, Via::Polling).await?;
    let event = trip.packet_with("451-", "{\"_placeholder\":true,\"num\":0}");
    let event = event.ok_or_else(|| {
        Stop::NotApplicable("the dialect's text is part of a string, and cannot be binary".into())
    })?;
    let sent = [Packet::Text(event), Packet::Binary(BYTES.into())];
    trip.speaker().send_all(&sent).await?;
    let hearer = trip.hearer();
    hearer.expect_data(EXPECTED, |event| event.attachments == 1).await?;
    let attachment = |packet: &Packet| match packet {
        Packet::Binary(bytes) => Some(bytes.clone()),
        Packet::Text(_) => None,
    };
    let heard = hearer.wait_for(trial.patience().answer, attachment).await;
    let heard = heard.map_err(|missing| hearer.instead(EXPECTED, &missing))?;
    ensure(heard == BYTES, EXPECTED, || told([Packet::Binary(heard)].iter()))?;
    fine()
}

async fn carries_unicode(trial: &Trial) -> Found {
    const TEXT: &str = "é€😀\u{2028}";
    let mut trip = RoundTrip::by(trial, Via::Polling).await?;
    trip.say(TEXT).await?;
    trip.hear(TEXT, "the text as it was sent").await?;
    fine()
}

/// What became of a post of some packets.
struct Posted {
    packets: usize,
    /// The status; nothing where there was no answer.
    status: Option<u16>,
    came_back: usize,
}

async fn posts_of_many(trial: &Trial) -> Result<Vec<Posted>, Stop> {
    let mut posts = Vec::new();
    for packets in PACKETS {
        // Each in a session of its own, for one that is refused may end it.
        let mut trip = RoundTrip::by(trial, Via::Polling).await?;
        trip.works().await?;
        let texts = numbered(packets);
        let all: Vec<Packet> = texts.iter().map(|it| Packet::Text(trip.packet(it))).collect();
        let answer = trip.speaker().make(|polling| polling.post(body_of(&all))).await;
        let heard = trip.hear_all(packets).await;
        let came_back = texts.iter().filter(|text| heard.contains(text)).count();
        posts.push(Posted { packets, status: answer.ok().map(|it| it.status), came_back });
    }
    Ok(posts)
}

impl Posted {
    fn brief(&self) -> String {
        let status = self.status.map_or("no answer".into(), |status| format!("HTTP {status}"));
        format!("{} packets: {status}, {} came back", self.packets, self.came_back)
    }
}

async fn tells_packets_per_post(trial: &Trial) -> Found {
    let posts = posts_of_many(trial).await?;
    Ok(posts.iter().map(Posted::brief).collect::<Vec<_>>().join("; "))
}

async fn loses_none_that_it_takes(trial: &Trial) -> Found {
    for posted in posts_of_many(trial).await? {
        let lost = posted.status == Some(200) && posted.came_back < posted.packets;
        ensure(!lost, "all packets, or an error", || posted.brief())?;
    }
    fine()
}
