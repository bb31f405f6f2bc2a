//! Handshake: how a session is opened, and what names it (Engine.IO protocol v4, *Handshake*).

use std::cell::RefCell;
use std::collections::HashSet;

use serde_json::Value;

use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::socket::{Heard, Opening};
use crate::conformance::peer::{Packet, Response, Via, packets};
use crate::conformance::trial::Trial;
use crate::transport::http::query_value;

/// Sessions opened to see that no two have one id.
const SIDS: usize = 300;
/// Sessions opened one after another to see how their ids differ.
const SIDS_IN_ROW: usize = 30;
/// An id has to have this many characters that cannot be guessed from another.
const SID_CHARS_MIN: usize = 16;
/// That many characters at least differ between any two of that length drawn at random: fewer are
/// expected once in 10^9 pairs, even of hexadecimal digits.
const SID_CHARS_CHANGED_MIN: usize = 8;

const OPENS: &str = "If the server accepts the connection, then it MUST respond with an `open` \
                     packet with the following JSON-encoded payload: `sid` […], `upgrades` […], \
                     `pingInterval` […], `pingTimeout` […], `maxPayload`";

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-HS-01",
        title: "a handshake by polling opens a session",
        requirement: OPENS,
        section: Section::EngineIo("Handshake"),
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "GET ?EIO=4&transport=polling → 200, `0{\"sid\":…}`",
        why: "Without it no client connects that starts by polling, as browsers do.",
        differs: "python-socketio can say a pingInterval of 0 when it is set to a fraction.",
        run: |trial| Box::pin(opens_by_polling(trial)),
    },
    Check {
        id: "EIO-HS-01b",
        title: "the handshake says how long a payload may be",
        requirement: "`maxPayload` […] The maximum number of bytes per chunk, used by the client \
                      to aggregate packets into payloads.",
        section: Section::EngineIo("Handshake"),
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET ?EIO=4&transport=polling → `0{…,\"maxPayload\":…}`",
        why: "A client that is not told posts more than the server takes, and loses its session.",
        differs: "3.x, 4.0 and netty-socketio do not say it.",
        run: |trial| Box::pin(says_max_payload(trial)),
    },
    Check {
        id: "EIO-HS-02",
        title: "a handshake by WebSocket opens a session",
        requirement: OPENS,
        section: Section::EngineIo("Handshake"),
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "WebSocket ?EIO=4&transport=websocket → 101, `0{\"sid\":…}` first",
        why: "Without it no client connects that does not poll, as most outside browsers do not.",
        differs: "",
        run: |trial| Box::pin(opens_by_websocket(trial)),
    },
    Check {
        id: "EIO-HS-02b",
        title: "a session on a WebSocket is offered no upgrades",
        requirement: "`upgrades` […] The list of available transport upgrades.",
        section: Section::Suite,
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "WebSocket → `0{…,\"upgrades\":[]}`",
        why: "A client that believes it opens a second WebSocket for nothing.",
        differs: "netty-socketio offers them.",
        run: |trial| Box::pin(offers_no_upgrades(trial)),
    },
    Check {
        id: "EIO-HS-11",
        title: "a session on a WebSocket cannot be polled",
        requirement: "A session that is on a WebSocket takes no requests of HTTP long-polling",
        section: Section::Suite,
        level: Level::Must,
        needs: &[Need::Polling, Need::WebSocket],
        pace: Pace::Together,
        wire: "GET with the sid of a WebSocket → 4xx; the WebSocket works on",
        why: "Whoever learns an id could otherwise take the session's packets away.",
        differs: "netty-socketio lets the poll hang.",
        run: |trial| Box::pin(keeps_transports_apart(trial)),
    },
    Check {
        id: "EIO-HS-12",
        title: "no two sessions have one id",
        requirement: "`sid` […] The session ID.",
        section: Section::EngineIo("Handshake"),
        level: Level::Must,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "300 handshakes → 300 sids",
        why: "Two users of one id share their packets.",
        differs: "",
        run: |trial| Box::pin(gives_unique_ids(trial)),
    },
    Check {
        id: "EIO-HS-13",
        title: "what a path without its last slash gets",
        requirement: "The path of the HTTP requests is `/engine.io/` by default.",
        section: Section::EngineIo("Request path"),
        level: Level::Info,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET /socket.io?… → 200 or 404",
        why: "Clients that leave the slash out, or proxies that do, work with some servers only.",
        differs: "200 from socketioxide and python-socketio; 404, or nothing, where the official \
                  server runs.",
        run: |trial| Box::pin(tells_of_slash(trial)),
    },
    Check {
        id: "EIO-HS-15",
        title: "a socket's id is not that of its Engine.IO session",
        requirement: "the ID of the Socket.IO connection will now be different from the ID of the \
                      underlying Engine.IO connection",
        section: Section::SocketIo("Difference between v5 and v4"),
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`0{\"sid\":A}`, `40` → `40{\"sid\":B}`",
        why: "Applications tell others the socket's id; the session's would let them speak for it.",
        differs: "The same in socketioxide and netty-socketio.",
        run: |trial| Box::pin(gives_two_ids(trial)),
    },
    Check {
        id: "EIO-HS-16",
        title: "a session's id cannot be guessed from another's",
        requirement: "Whoever knows a session's id can post to it: it has to be long and random",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "30 handshakes → sids of 16 or more characters that change throughout",
        why: "Whoever guesses one reads and writes for its user.",
        differs: "",
        run: |trial| Box::pin(gives_random_ids(trial)),
    },
];

async fn opens_by_polling(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 200 and an open packet with sid, upgrades, pingInterval and \
                            pingTimeout";
    let response = trial.answer(&trial.get(&trial.query("polling")), EXPECTED).await;
    let refusal = match &response {
        Ok(response) => response.is_refusal().then(|| response.brief()),
        // Nor need it answer what it does not speak.
        Err(stop) => (!trial.survey().polling).then(|| stop.why().to_owned()),
    };
    if let (Some(refusal), true) = (refusal, trial.survey().websocket) {
        return Err(Stop::NotApplicable(format!("the server does not poll: {refusal}")));
    }
    let response = response?;
    let handshake = handshake_of(&response, EXPECTED)?;
    check_open_packet(&handshake, EXPECTED)?;
    was_seen_before(trial.survey().polling)
}

async fn says_max_payload(trial: &Trial) -> Found {
    let handshake = trial.polling().await?.handshake;
    let said = &handshake["maxPayload"];
    let sound = said.as_f64().is_some_and(|bytes| bytes > 0.0);
    ensure(sound, "a number as maxPayload", || handshake.to_string())?;
    Ok(format!("it says {said}"))
}

async fn opens_by_websocket(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 101, and first an open packet with sid, upgrades, pingInterval \
                            and pingTimeout";
    let (opening, scribe) = trial.open(&trial.websocket_request(&trial.query("websocket"))).await;
    let mut reader = match opening {
        Opening::Open(reader, _) => reader,
        Opening::Refused(response) => return Err(refused(trial, EXPECTED, response.brief())),
        Opening::Broken(why) => return Err(refused(trial, EXPECTED, why)),
    };
    let first = tokio::time::timeout(trial.patience().answer, reader.next()).await;
    let text = match first {
        Ok(Ok(Heard::Text(text))) => text,
        Ok(Ok(other)) => return Err(Stop::failed(EXPECTED, format!("{other:?}"))),
        Ok(Err(why)) => return Err(Stop::failed(EXPECTED, why)),
        Err(_) => return Err(Stop::failed(EXPECTED, "a WebSocket, and nothing on it")),
    };
    scribe.received(&text);
    let handshake = text.strip_prefix('0').and_then(|data| serde_json::from_str(data).ok());
    let handshake = handshake.ok_or_else(|| Stop::failed(EXPECTED, format!("`{text}`")))?;
    check_open_packet(&handshake, EXPECTED)?;
    was_seen_before(trial.survey().websocket)
}

/// What it means that there is no WebSocket: a server need not have any, but then it offers none.
fn refused(trial: &Trial, expected: &str, how: String) -> Stop {
    let survey = trial.survey();
    if survey.websocket {
        return Stop::failed(expected, how);
    }
    if survey.offers_websocket {
        let why = format!("an upgrade to it is offered, and a session on it refused: {how}");
        return Stop::failed(expected, why);
    }
    Stop::NotApplicable("the server opens no session by WebSocket".into())
}

/// A transport that was not there beforehand has had the checks of it left out.
fn was_seen_before(was_seen: bool) -> Found {
    if was_seen {
        return fine();
    }
    Err(Stop::unknown("beforehand it did not, and so the checks that need it are left out"))
}

async fn offers_no_upgrades(trial: &Trial) -> Found {
    let peer = trial.session(Via::WebSocket).await?;
    let upgrades = &peer.handshake["upgrades"];
    // That they have to be there at all is another check's.
    let none = upgrades.as_array().is_none_or(Vec::is_empty);
    ensure(none, "`\"upgrades\":[]`", || format!("`\"upgrades\":{upgrades}`"))?;
    fine()
}

/// The handshake in an answer by HTTP.
fn handshake_of(response: &Response, expected: &str) -> Result<Value, Stop> {
    ensure(response.status == 200, expected, || response.brief())?;
    let packets = packets(&response.body).map_err(|why| Stop::failed(expected, why))?;
    let data = match packets.first() {
        Some(Packet::Text(text)) => text.strip_prefix('0'),
        _ => None,
    };
    let handshake = data.and_then(|data| serde_json::from_str(data).ok());
    handshake.ok_or_else(|| Stop::failed(expected, response.brief()))
}

/// What every open packet has to say.
fn check_open_packet(handshake: &Value, expected: &str) -> Result<(), Stop> {
    let period = |name: &str| handshake[name].as_f64().is_some_and(|millis| millis > 0.0);
    let names = |upgrades: &Value| {
        upgrades.as_array().is_some_and(|them| them.iter().all(Value::is_string))
    };
    let sound = handshake["sid"].as_str().is_some_and(|sid| !sid.is_empty())
        && names(&handshake["upgrades"])
        && period("pingInterval")
        && period("pingTimeout");
    ensure(sound, expected, || handshake.to_string())
}

async fn keeps_transports_apart(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 4xx to the poll, and a WebSocket that works on";
    let mut peer = trial.session(Via::WebSocket).await?;
    let sid = query_value(&peer.sid);
    let query = format!("EIO=4&transport=polling&sid={sid}{}", trial.dial().query());
    let response = trial.answer(&trial.get(&query), EXPECTED).await?;
    ensure(response.is_refusal(), EXPECTED, || response.brief())?;
    let works = peer.round_trip().await;
    works.map_err(|missing| Stop::failed(EXPECTED, format!("on the WebSocket {missing}")))?;
    fine()
}

async fn gives_unique_ids(trial: &Trial) -> Found {
    let sids = RefCell::new(Vec::with_capacity(SIDS));
    let some = || async {
        while sids.borrow().len() < SIDS {
            let sid = opened_and_closed(trial).await?;
            sids.borrow_mut().push(sid);
        }
        Ok::<(), Stop>(())
    };
    // Four at a time, for one at a time takes long over a long way.
    tokio::try_join!(some(), some(), some(), some())?;
    let sids = sids.into_inner();
    let mut seen = HashSet::new();
    let twice = sids.iter().find(|sid| !seen.insert(*sid));
    ensure(twice.is_none(), "an id of its own for each session", || {
        format!("of {} sessions two have the id {twice:?}", sids.len())
    })?;
    fine()
}

/// The id of a session that was opened, and is closed again so as not to pile them up.
async fn opened_and_closed(trial: &Trial) -> Result<String, Stop> {
    let polling = trial.polling().await?;
    // A server that does not take it forgets the session by itself.
    let _ = polling.make(&polling.post("1")).await;
    Ok(polling.sid)
}

async fn tells_of_slash(trial: &Trial) -> Found {
    let path = &trial.dial().endpoint().path;
    let Some(path) = path.strip_suffix('/').filter(|path| !path.is_empty()) else {
        return Err(Stop::NotApplicable("the target's path has no last slash".into()));
    };
    let mut request = trial.get(&trial.query("polling"));
    request.path = Some(path.into());
    // Where only the path with the slash is served, some answer and some do not.
    let answer = trial.make(&request).await.map_or_else(|why| why, |response| response.brief());
    Ok(format!("{path} gets {answer}"))
}

async fn gives_two_ids(trial: &Trial) -> Found {
    let via = if trial.survey().websocket { Via::WebSocket } else { Via::Polling };
    let peer = trial.connect(via).await?;
    let same = peer.id() == Some(&peer.sid);
    ensure(!same, "two ids", || format!("both are {:?}", peer.sid))?;
    fine()
}

async fn gives_random_ids(trial: &Trial) -> Found {
    let mut sids = Vec::new();
    for _ in 0..SIDS_IN_ROW {
        sids.push(opened_and_closed(trial).await?);
    }
    if let Some(guessable) = guessable(&sids) {
        let expected = "ids of 16 characters or more that change throughout";
        return Err(Stop::failed(expected, guessable));
    }
    fine()
}

/// Why the next of `sids` could be guessed; nothing, if it could not.
fn guessable(sids: &[String]) -> Option<String> {
    let common = sids.windows(2).map(|pair| common_prefix(&pair[0], &pair[1])).min()?;
    let shortest = sids.iter().map(|sid| sid.len() - common).min()?;
    if shortest < SID_CHARS_MIN {
        return Some(format!("{:?}, the first {common} characters the same in all", sids[0]));
    }
    let changed =
        |pair: &&[String]| pair[0].bytes().zip(pair[1].bytes()).filter(|(a, b)| a != b).count();
    let alike = sids.windows(2).find(|pair| changed(pair) < SID_CHARS_CHANGED_MIN)?;
    Some(format!("{:?} and then {:?}", alike[0], alike[1]))
}

/// How many bytes two ids begin with alike.
fn common_prefix(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_short_counted_or_mostly_alike_can_be_guessed() {
        let cases = [
            (["f2Kd8sLq0aZx", "Qm4yT7vB1nWc"], true),
            (["node-one-000000000017", "node-one-000000000018"], true),
            (["aaaaaaaaaaaaaaaaaaaa", "baaaaaaaaaaaaaaaaaab"], true),
            (["Y7hZPp3vK2mQxT9sAAAB", "d0LwEr5uJ8cNfG1yAAAC"], false),
            (["node-one-Y7hZPp3vK2mQxT9s", "node-one-d0LwEr5uJ8cNfG1y"], false),
        ];
        for (sids, wanted) in cases {
            let found = guessable(&sids.map(str::to_owned));
            assert_eq!(found.is_some(), wanted, "{sids:?}: {found:?}");
        }
    }
}
