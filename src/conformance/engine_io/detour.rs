//! Detour: upgrades that go wrong on the way, and what becomes of the session.

use std::time::Duration;

use super::busy::persist;
use super::heartbeat::{announced, end_max, interval_max};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Missing, Probe, Response, Upgrading, Via};
use crate::conformance::trial::Trial;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-UPG-06",
        title: "what a probe with another text does",
        requirement: "send a `ping` packet with the string `probe` in the payload",
        section: Section::EngineIo("Upgrade"),
        level: Level::Info,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "WebSocket with the sid: `2wrong` → closed, or an answer",
        why: "A server that takes any text for a probe upgrades by accident.",
        differs: "socket.io 4.8.4 closes; netty-socketio answers `3wrong` and upgrades.",
        run: |trial| Box::pin(tells_wrong_probe(trial)),
    },
    Check {
        id: "EIO-UPG-07",
        title: "what an upgrade without a probe does",
        requirement: "Finally, the client MUST send a `upgrade` packet to complete the upgrade",
        section: Section::EngineIo("Upgrade"),
        level: Level::Info,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "WebSocket with the sid: `5` → upgraded, or closed",
        why: "Whether the WebSocket carries packets is not known without a probe.",
        differs: "socket.io 4.8.4 and bun upgrade; others close.",
        run: |trial| Box::pin(tells_missing_probe(trial)),
    },
    Check {
        id: "EIO-UPG-08",
        title: "what a message by WebSocket before the upgrade is done does",
        requirement: "the client MUST send a `upgrade` packet to complete the upgrade",
        section: Section::EngineIo("Upgrade"),
        level: Level::Info,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "`2probe` → `3probe`; `40/chatbench-…,` without `5` → closed, or an answer",
        why: "A message that is taken too early overtakes what is still polled.",
        differs: "The servers measured close the WebSocket.",
        run: |trial| Box::pin(tells_early_message(trial)),
    },
    Check {
        id: "EIO-UPG-09",
        title: "a session goes on polling when its probe is broken off",
        requirement: "By default, the client SHOULD create an HTTP long-polling connection, and \
                      then upgrade to better transports if available.",
        section: Section::EngineIo("Upgrade"),
        level: Level::Should,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "`2probe` → `3probe`; end of TCP; POST and GET of the session still work",
        why: "A proxy that cuts WebSockets must not cut off those who poll because of it.",
        differs: "socketioxide and netty-socketio end the session.",
        run: |trial| Box::pin(persist(trial, async || survives_broken_probe(trial).await)),
    },
    Check {
        id: "EIO-UPG-10",
        title: "what a second probe beside the first does",
        requirement: "A client MUST NOT open more than one WebSocket connection per session.",
        section: Section::EngineIo("WebSocket"),
        level: Level::Info,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "two WebSockets with one sid: `2probe` each; `5` on the first",
        why: "Clients that retry an upgrade may have two under way.",
        differs: "socket.io 4.8.4 closes the second; python answers both.",
        run: |trial| Box::pin(persist(trial, async || tells_second_probe(trial).await)),
    },
    Check {
        id: "EIO-UPG-11",
        title: "a session whose upgrade is never completed is over after its heartbeat",
        requirement: "If the server does not receive a `pong` packet back, then it SHOULD \
                      consider that the connection is closed.",
        section: Section::EngineIo("Heartbeat"),
        level: Level::Should,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade, Need::Heartbeat],
        pace: Pace::Together,
        wire: "`2probe` → `3probe`, then silence for a heartbeat and more; GET → 400",
        why: "Half-done upgrades that stay are memory that anyone can take.",
        differs: "",
        run: |trial| Box::pin(persist(trial, async || ends_idle_session(trial).await)),
    },
    Check {
        id: "EIO-UPG-11b",
        title: "the WebSocket of an upgrade that is never completed is closed",
        requirement: "A WebSocket whose session is over is closed.",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade, Need::Heartbeat],
        pace: Pace::Together,
        wire: "`2probe` → `3probe`, then silence for a heartbeat and more → closed",
        why: "A connection that belongs to no session keeps its file descriptor.",
        differs: "",
        run: |trial| Box::pin(persist(trial, async || ends_idle_socket(trial).await)),
    },
];

/// Whether the session still polls, in a few words.
async fn said_of(session: &mut Upgrading<'_>) -> &'static str {
    match session.round_trip().await {
        Ok(()) => "the session goes on polling",
        Err(_) => "the session does not poll any more",
    }
}

/// What saying that the upgrade is done leads to, in a few words.
async fn said_after_upgrade(session: Upgrading<'_>, probe: Probe) -> String {
    let ended = match session.finish(probe).await {
        Ok(mut peer) => peer.round_trip().await,
        Err(Stop::Unknown(why) | Stop::NotApplicable(why)) => return why,
        Err(Stop::Failed(failure)) => return failure.observed,
    };
    match ended {
        Ok(()) => "it upgrades".into(),
        Err(Missing::Ended(end)) => end.how,
        Err(Missing::Silence) => "the WebSocket stays, and nothing is answered".into(),
    }
}

/// A session and a WebSocket of it that has said nothing yet.
async fn with_socket(trial: &Trial) -> Result<(Upgrading<'_>, Probe), Stop> {
    let session = Upgrading::connect(trial).await?;
    let probe = session.open_socket().await;
    let probe = probe.map_err(|why| Stop::unknown(format!("no WebSocket of it: {why}")))?;
    Ok((session, probe))
}

async fn tells_wrong_probe(trial: &Trial) -> Found {
    let (mut session, mut probe) = with_socket(trial).await?;
    let said = probe.say("2wrong").await;
    let heard = match said {
        Ok(()) => probe.hear(trial.patience().answer, |_| true).await,
        Err(why) => Err(why),
    };
    let answer = match heard {
        Ok(Some(text)) => format!("it is answered `{text}`"),
        Ok(None) => "it is not answered".into(),
        Err(how) => how,
    };
    Ok(format!("{answer}; {}", said_of(&mut session).await))
}

async fn tells_missing_probe(trial: &Trial) -> Found {
    let (session, probe) = with_socket(trial).await?;
    Ok(said_after_upgrade(session, probe).await)
}

async fn tells_early_message(trial: &Trial) -> Found {
    let mut session = Upgrading::connect(trial).await?;
    let mut probe = session.probed().await?;
    let namespace = trial.unknown_namespace();
    let refusal = format!("44{namespace},");
    let heard = match probe.say(&format!("40{namespace},")).await {
        Ok(()) => probe.hear(trial.patience().answer, |text| text.starts_with(&refusal)).await,
        Err(why) => Err(why),
    };
    let answer = match heard {
        Ok(Some(_)) => "it is answered by the WebSocket".into(),
        Ok(None) => "it is not answered by the WebSocket, which stays".into(),
        Err(how) => how,
    };
    Ok(format!("{answer}; {}", said_of(&mut session).await))
}

async fn survives_broken_probe(trial: &Trial) -> Found {
    let mut session = Upgrading::connect(trial).await?;
    session.round_trip().await.map_err(Stop::unknown)?;
    let probe = session.probed().await?;
    probe.cut().await;
    // Nothing tells that the server has seen the end of it.
    trial.pause(trial.patience().quiet / 3).await;
    let goes_on = session.round_trip().await;
    goes_on.map_err(|why| Stop::failed("the session goes on polling", why))?;
    fine()
}

async fn tells_second_probe(trial: &Trial) -> Found {
    let (session, mut first) = with_socket(trial).await?;
    let opened = session.open_socket().await;
    let within = trial.patience().quiet;
    let probed = first.probe(trial.patience().answer).await;
    probed.map_err(|why| Stop::unknown(format!("no answer to the first probe: {why}")))?;
    let second = match opened {
        Err(why) => format!("the second is refused: {why}"),
        Ok(mut second) => match second.probe(within).await {
            Ok(()) => "the second is answered as well".into(),
            Err(why) => format!("the second: {why}"),
        },
    };
    let first = said_after_upgrade(session, first).await;
    Ok(format!("{second}; the first: {first}"))
}

/// A session whose upgrade was begun and left so for longer than it may live, beside one that
/// goes on.
async fn idle(trial: &Trial) -> Result<(Upgrading<'_>, Probe), Stop> {
    let (interval, timeout) = announced(trial)?;
    let mut twin = trial.connect(Via::Polling).await?;
    let session = Upgrading::connect(trial).await?;
    let probe = session.probed().await?;
    trial.pause(interval_max(interval) + end_max(timeout)).await;
    let stays = twin.round_trip().await;
    stays.map_err(|missing| {
        Stop::unknown(format!("a session that answers is over as well: {missing}"))
    })?;
    Ok((session, probe))
}

/// What a poll of the session is answered in the end: what was left comes first, and a server that
/// is busy may end a session late.
async fn last_answer(trial: &Trial, session: &Upgrading<'_>) -> Result<Response, String> {
    const BETWEEN_POLLS: Duration = Duration::from_millis(100);
    let mut poll = session.polling.get();
    poll.within = trial.patience().answer;
    let until = trial.clock().now() + poll.within;
    loop {
        let response = trial.make(&poll).await?;
        if response.status != 200 || trial.clock().now() >= until {
            return Ok(response);
        }
        trial.pause(BETWEEN_POLLS).await;
    }
}

async fn ends_idle_session(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 4xx to a poll of the session";
    let (session, _probe) = idle(trial).await?;
    let answer = last_answer(trial, &session).await;
    let answer = answer.map_err(|why| Stop::failed(EXPECTED, why))?;
    ensure(answer.is_refusal(), EXPECTED, || answer.brief())?;
    fine()
}

async fn ends_idle_socket(trial: &Trial) -> Found {
    let (session, mut probe) = idle(trial).await?;
    if !last_answer(trial, &session).await.is_ok_and(|answer| answer.is_refusal()) {
        return Err(Stop::unknown("the session itself is not over"));
    }
    match probe.end(trial.patience().answer).await {
        Ok(how) => Ok(how),
        Err(()) => Err(Stop::failed("the WebSocket is closed", "it stays open")),
    }
}
