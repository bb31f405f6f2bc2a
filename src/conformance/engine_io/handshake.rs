//! Handshake: how a session is opened, and what is refused (Engine.IO protocol v4, *Handshake*).

use serde_json::Value;

use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Packet, packets};
use crate::conformance::trial::Trial;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-HS-01",
        title: "a handshake by polling opens a session",
        requirement: "To establish a connection, the client must send an HTTP GET request to the \
                      server […] the server must respond with an open packet: sid, upgrades, \
                      pingInterval, pingTimeout, maxPayload",
        section: Section::EngineIo("Handshake"),
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "GET ?EIO=4&transport=polling → 200, `0{\"sid\":…}`",
        why: "Without it no client connects that starts by polling, as browsers do.",
        differs: "3.x, 4.0 and netty-socketio say no maxPayload.",
        run: |trial| Box::pin(opens_by_polling(trial)),
    },
    Check {
        id: "EIO-HS-03",
        title: "a handshake of another protocol revision is refused",
        requirement: "The following query parameters must be included in the request URL: EIO, \
                      the version of the protocol […] `4`",
        section: Section::EngineIo("Query parameters"),
        level: Level::Must,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET with EIO missing, `abc`, `5`, empty, `04`, `4.0` → 4xx",
        why: "A client of another revision must learn at once that it cannot talk.",
        differs: "Servers that serve old clients as well accept a missing one.",
        run: |trial| Box::pin(refuses_other_revisions(trial)),
    },
];

async fn opens_by_polling(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 200 and an open packet with sid, upgrades, pingInterval and \
                            pingTimeout";
    let response = trial.answer(&trial.get(&trial.query("polling")), EXPECTED).await?;
    ensure(response.status == 200, EXPECTED, || response.brief())?;
    let packets = packets(&response.body).map_err(|why| Stop::failed(EXPECTED, why))?;
    let handshake = match packets.first() {
        Some(Packet::Text(text)) => text.strip_prefix('0'),
        _ => None,
    };
    let handshake: Option<Value> = handshake.and_then(|data| serde_json::from_str(data).ok());
    let handshake = handshake.ok_or_else(|| Stop::failed(EXPECTED, response.brief()))?;
    check_open_packet(&handshake, EXPECTED)?;
    match handshake["maxPayload"].as_u64() {
        Some(_) => fine(),
        None => Ok("it says no maxPayload".into()),
    }
}

/// What every open packet has to say.
fn check_open_packet(handshake: &Value, expected: &str) -> Result<(), Stop> {
    let amount = |name: &str| handshake[name].as_f64().is_some_and(|millis| millis >= 0.0);
    let sound = handshake["sid"].as_str().is_some_and(|sid| !sid.is_empty())
        && handshake["upgrades"].is_array()
        && amount("pingInterval")
        && amount("pingTimeout");
    ensure(sound, expected, || handshake.to_string())
}

async fn refuses_other_revisions(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 4xx";
    for revision in ["", "EIO=abc&", "EIO=5&", "EIO=&", "EIO=04&", "EIO=4.0&"] {
        let request = trial.get(&format!("{revision}transport=polling"));
        let response = trial.answer(&request, EXPECTED).await?;
        ensure(response.is_refusal(), EXPECTED, || format!("{revision:?}: {}", response.brief()))?;
    }
    fine()
}
