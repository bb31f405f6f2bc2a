//! Liveness: what a server takes for a sign of life, and what becomes of a dead member.

use std::time::Duration;

use super::busy::persist;
use super::heartbeat::{Unanswered, announced, end_max, interval_max};
use crate::conformance::chat::member::assemble;
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, fine};
use crate::conformance::peer::{Missing, Packet, Via};
use crate::conformance::trial::Trial;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-HB-03",
        title: "when a client is let go that sends packets, but no pong",
        requirement: "Packets other than a pong may or may not count as a sign of life.",
        section: Section::Practice,
        level: Level::Info,
        needs: &[Need::WebSocket, Need::Heartbeat],
        pace: Pace::Together,
        wire: "a packet each 200 ms, `2` unanswered → closed, or not",
        why: "Where they count, a client that is half broken stays.",
        differs: "python-engineio closes an interval later, netty-socketio never.",
        run: |trial| Box::pin(tells_what_traffic_does(trial)),
    },
    Check {
        id: "EIO-HB-04",
        title: "what a ping from the client does",
        requirement: "reverse ping/pong mechanism: The ping packets are now sent by the server",
        section: Section::EngineIo("From v3 to v4"),
        level: Level::Info,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "`2` → closed, `3` or nothing",
        why: "Clients of older revisions ping: it tells what they meet with.",
        differs: "socket.io 4.8.4 and bun close; netty-socketio answers `3`; others ignore it.",
        run: |trial| Box::pin(tells_what_ping_does(trial)),
    },
    Check {
        id: "EIO-HB-05",
        title: "a pong that nobody asked for is tolerated",
        requirement: "A pong that answers no ping does no harm: it may have crossed the ping.",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "`3` twice → still open",
        why: "A pong may come late, after the upgrade of its session or a stall.",
        differs: "Old versions of engineioxide close.",
        run: |trial| Box::pin(persist(trial, async || tolerates_pong(trial).await)),
    },
    Check {
        id: "EIO-HB-08",
        title: "a member that answers no ping is let go; the others hear on",
        requirement: "Who does not answer the heartbeat is no member any more, and nobody else \
                      is disturbed by it.",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::WebSocket, Need::Chat, Need::Heartbeat],
        pace: Pace::Together,
        wire: "a, b and c join; c answers no ping → closed; a sends, b hears it",
        why: "Dead members that stay cost memory and bandwidth with every message.",
        differs: "",
        run: |trial| Box::pin(persist(trial, async || lets_member_go(trial).await)),
    },
];

const BETWEEN_PACKETS: Duration = Duration::from_millis(200);

async fn tells_what_traffic_does(trial: &Trial) -> Found {
    let (interval, timeout) = announced(trial)?;
    let mut peer = trial.connect(Via::WebSocket).await?;
    let unanswered = Unanswered::of(&peer);
    let clock = trial.clock();
    let until = clock.now() + interval_max(interval) * 2 + end_max(timeout);
    let end = loop {
        if clock.now() >= until {
            break None;
        }
        let _ = peer.try_send(&[Packet::Text("42[\"chatbench-nothing\"]".into())]).await;
        match peer.end(BETWEEN_PACKETS).await {
            Ok(end) => break Some(end),
            Err(Missing::Silence | Missing::Ended(_)) => {}
        }
    };
    match (end, unanswered.since()) {
        (Some(end), Some(pinged_at)) => {
            let after = end.at.since(pinged_at).as_millis();
            Ok(format!("closed {after} ms after the first ping that stayed unanswered"))
        }
        (Some(end), None) => Ok(format!("closed before any ping: {end}")),
        (None, _) => Ok("it is not closed: packets count as a sign of life".into()),
    }
}

async fn tells_what_ping_does(trial: &Trial) -> Found {
    let mut peer = trial.connect(Via::WebSocket).await?;
    peer.send("2").await?;
    match peer.round_trip().await {
        Err(Missing::Ended(end)) => Ok(format!("closed: {end}")),
        Err(Missing::Silence) => Ok("nothing is answered any more".into()),
        Ok(()) => {
            let answered = |packet: &Packet| {
                matches!(packet, Packet::Text(text) if text.starts_with('3')).then_some(())
            };
            match peer.wait_for(trial.patience().quiet, answered).await {
                Ok(()) => Ok("answered with a pong".into()),
                Err(Missing::Ended(end)) => Ok(format!("closed: {end}")),
                Err(Missing::Silence) => Ok("ignored".into()),
            }
        }
    }
}

async fn tolerates_pong(trial: &Trial) -> Found {
    let mut peer = trial.connect(Via::WebSocket).await?;
    for _ in 0..2 {
        peer.send("3").await?;
    }
    let stands = peer.round_trip().await;
    stands.map_err(|missing| Stop::failed("the session stands", missing.to_string()))?;
    fine()
}

async fn lets_member_go(trial: &Trial) -> Found {
    const EXPECTED: &str = "the member that answers no ping is closed";
    let (interval, timeout) = announced(trial)?;
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[Via::WebSocket; 3]).await?;
    let dead = &mut members[2].peer;
    let _unanswered = Unanswered::of(dead);
    let ended = dead.end(interval_max(interval) + end_max(timeout)).await;
    ended.map_err(|_| Stop::failed(EXPECTED, "the connection stays"))?;
    members[0].say(&room, "still here").await?;
    members[1].hear(&room, "a", "still here").await?;
    members[1].say(&room, "so am I").await?;
    members[0].hear(&room, "b", "so am I").await?;
    fine()
}
