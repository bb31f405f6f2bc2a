//! Upgrade: from HTTP long-polling to a WebSocket, with nothing lost on the way (Engine.IO
//! protocol v4, *Upgrade*).

use std::time::Duration;

use super::busy::{insist, persist};
use super::passage;
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{
    Missing, Packet, Peer, Polling, Probe, Upgrading, Via, Way, answers, told,
};
use crate::conformance::round_trip::RoundTrip;
use crate::conformance::trial::Trial;
use crate::transport::http::query_value;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-UPG-01",
        title: "a session upgrades to a WebSocket and goes on there",
        requirement: "The server MUST: […] respond with a `pong` packet with the string `probe` \
                      in the payload. Finally, the client MUST send a `upgrade` packet",
        section: Section::EngineIo("Upgrade"),
        level: Level::Must,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "WebSocket with the sid: `2probe` → `3probe`; `5`; `42[…]` → `42[…]`",
        why: "Browsers begin by polling and upgrade; without it they poll for ever.",
        differs: "",
        run: |trial| Box::pin(persist(trial, async || upgrades(trial).await)),
    },
    Check {
        id: "EIO-UPG-01b",
        title: "the poll that is pending at the probe is ended",
        requirement: "The server MUST: send a `noop` packet to any pending `GET` request (if \
                      applicable) to cleanly close HTTP long-polling transport",
        section: Section::EngineIo("Upgrade"),
        level: Level::Must,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "GET pending; WebSocket: `2probe` → `3probe`; the GET is answered `6`",
        why: "The client upgrades only when its last poll is back: it waits for a ping else.",
        differs: "",
        run: |trial| Box::pin(persist(trial, async || ends_pending_poll(trial).await)),
    },
    Check {
        id: "EIO-UPG-02",
        title: "a poll made after the probe is ended soon",
        requirement: "send a `noop` packet to any pending `GET` request",
        section: Section::EngineIo("Upgrade"),
        level: Level::Should,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "`2probe` → `3probe`; GET → `6` within 1.2 s",
        why: "A poll may be on its way when the probe is answered.",
        differs: "",
        run: |trial| Box::pin(persist(trial, async || ends_later_poll(trial).await)),
    },
    Check {
        id: "EIO-UPG-03",
        title: "a poll after the upgrade is refused, and the WebSocket stays",
        requirement: "HTTP requests of a session that has been upgraded are answered with 400.",
        section: Section::Suite,
        level: Level::Must,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "upgrade; GET → 400; the WebSocket works",
        why: "Two transports of one session tear its packets apart.",
        differs: "netty-socketio 2.0.14 lets it hang.",
        run: |trial| Box::pin(persist(trial, async || refuses_poll(trial).await)),
    },
    Check {
        id: "EIO-UPG-03b",
        title: "a post after the upgrade is refused and not processed",
        requirement: "HTTP requests of a session that has been upgraded are answered with 400.",
        section: Section::Suite,
        level: Level::Must,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "upgrade; POST `40/chatbench-…,` → 400, no `44…`; the WebSocket works",
        why: "Packets by two ways have no order any more.",
        differs: "netty-socketio 2.0.14 processes it.",
        run: |trial| Box::pin(persist(trial, async || refuses_post(trial).await)),
    },
    Check {
        id: "EIO-UPG-04",
        title: "a second WebSocket for a session is closed, and the first stays",
        requirement: "A client MUST NOT open more than one WebSocket connection per session. \
                      Should it happen, the server MUST close the WebSocket connection.",
        section: Section::EngineIo("WebSocket"),
        level: Level::Must,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "upgrade; another WebSocket with the sid → refused or closed; the first works",
        why: "Whoever learns a session's id could take it over, or end it.",
        differs: "netty-socketio 2.0.14 closes the first.",
        run: |trial| Box::pin(persist(trial, async || closes_second(trial).await)),
    },
    Check {
        id: "EIO-UPG-05",
        title: "no message is lost or comes twice while its receiver upgrades",
        requirement: "pause the HTTP long-polling transport […] to ensure that no packet gets lost",
        section: Section::EngineIo("Upgrade"),
        level: Level::Must,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade, Need::Chat],
        pace: Pace::Together,
        wire: "30 messages between `3probe` and `5`, 30 after → each comes once",
        why: "Every browser upgrades in the first seconds, when history is loaded.",
        differs: "",
        run: |trial| Box::pin(insist(trial, async || passage::keeps_all(trial).await)),
    },
    Check {
        id: "EIO-UPG-05b",
        title: "messages come in order while their receiver upgrades",
        requirement: "Socket.IO does guarantee message ordering",
        section: Section::Docs("Delivery guarantees"),
        level: Level::Must,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade, Need::Chat, Need::Order],
        pace: Pace::Together,
        wire: "30 messages between `3probe` and `5`, 30 after → in the order they were sent",
        why: "What was buffered must not be overtaken by what comes by the WebSocket.",
        differs: "socketioxide on several threads reorders even without an upgrade.",
        run: |trial| Box::pin(insist(trial, async || passage::keeps_order(trial).await)),
    },
    Check {
        id: "EIO-UPG-12",
        title: "after the upgrade everything goes by the WebSocket",
        requirement: "pause the HTTP long-polling transport (no more HTTP request gets sent)",
        section: Section::EngineIo("Upgrade"),
        level: Level::Must,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade],
        pace: Pace::Together,
        wire: "upgrade; 20 texts there and back by the WebSocket, and no request of HTTP",
        why: "A session that goes on polling costs a request for each message.",
        differs: "",
        run: |trial| Box::pin(persist(trial, async || leaves_http(trial).await)),
    },
];

/// A poll after the probe is back by then.
const NOOP_WITHIN: Duration = Duration::from_millis(1200);
/// A ping may end the poll in place of the noop; then it is polled again.
const POLLS_MAX: usize = 4;

async fn upgrades(trial: &Trial) -> Found {
    const EXPECTED: &str = "`3probe` to `2probe` on a WebSocket of the session";
    let mut session = Upgrading::connect(trial).await?;
    session.poll();
    let opened = session.open_socket().await;
    let mut probe = opened.map_err(|why| Stop::failed("a WebSocket with the session's id", why))?;
    let probed = probe.probe(trial.patience().answer).await;
    probed.map_err(|why| Stop::failed(EXPECTED, why))?;
    session.last_poll().await?;
    let mut peer = session.finish(probe).await?;
    goes_on(&mut peer).await?;
    // Where neither an echo nor a chat is, the namespaces have shown it.
    let mut session = match RoundTrip::of(trial, peer, Via::WebSocket).await {
        Ok(session) => session,
        Err(Stop::NotApplicable(_)) => return fine(),
        Err(stop) => return Err(stop),
    };
    session.say("upgraded").await?;
    session.hear("upgraded", "a text comes back after the upgrade").await?;
    fine()
}

/// Wants the session to work by its WebSocket.
async fn goes_on(peer: &mut Peer) -> Result<(), Stop> {
    let stands = peer.round_trip().await;
    stands.map_err(|missing: Missing| {
        Stop::failed("the session works by its WebSocket", missing.to_string())
    })
}

fn is_noop(packets: &[Packet]) -> bool {
    packets.contains(&Packet::Text("6".into()))
}

fn is_only_ping(packets: &[Packet]) -> bool {
    packets.iter().all(|packet| *packet == Packet::Text("2".into()))
}

async fn ends_pending_poll(trial: &Trial) -> Found {
    const EXPECTED: &str = "a noop to the poll that was pending at the probe";
    let mut session = Upgrading::connect(trial).await?;
    session.hang().await.map_err(Stop::unknown)?;
    let _probe = session.probed().await?;
    hear_noop(&mut session, trial.patience().answer, EXPECTED).await
}

async fn ends_later_poll(trial: &Trial) -> Found {
    const EXPECTED: &str = "a noop within 1.2 s to a poll made after the probe";
    let mut session = Upgrading::connect(trial).await?;
    let _probe = session.probed().await?;
    hear_noop(&mut session, NOOP_WITHIN, EXPECTED).await
}

/// Polls until there is a noop, with pings before it at most.
async fn hear_noop(session: &mut Upgrading<'_>, within: Duration, expected: &str) -> Found {
    for _ in 0..POLLS_MAX {
        session.poll();
        match session.polled(within).await {
            Ok(Some(packets)) if is_noop(&packets) => return fine(),
            Ok(Some(packets)) if is_only_ping(&packets) => {
                session.answer_ping().await.map_err(Stop::unknown)?;
            }
            Ok(Some(packets)) => return Ok(format!("it brings {}", told(packets.iter()))),
            Ok(None) => return Err(Stop::failed(expected, "it hangs")),
            Err(why) => return Err(Stop::failed(expected, why)),
        }
    }
    Err(Stop::failed(expected, format!("{POLLS_MAX} polls bring pings only")))
}

/// A session that was upgraded, shown to work by its WebSocket, and as it polled before.
async fn upgraded(trial: &Trial) -> Result<(Peer, Polling), Stop> {
    let mut session = Upgrading::connect(trial).await?;
    session.poll();
    let probe = session.probed().await?;
    session.last_poll().await?;
    let polling = session.polling.clone();
    let mut peer = session.finish(probe).await?;
    let stands = peer.round_trip().await;
    stands.map_err(|missing| Stop::unknown(format!("after the upgrade {missing}")))?;
    Ok((peer, polling))
}

async fn refuses_poll(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 4xx to a poll after the upgrade";
    let (mut peer, polling) = upgraded(trial).await?;
    let mut poll = polling.get();
    poll.within = trial.patience().answer;
    let response = trial.answer(&poll, EXPECTED).await?;
    ensure(response.is_refusal(), EXPECTED, || response.brief())?;
    goes_on(&mut peer).await?;
    fine()
}

async fn refuses_post(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 4xx to a post after the upgrade";
    let (mut peer, polling) = upgraded(trial).await?;
    let namespace = trial.unknown_namespace();
    let post = polling.post(format!("40{namespace},"));
    let response = trial.answer(&post, EXPECTED).await?;
    ensure(response.is_refusal(), EXPECTED, || response.brief())?;
    goes_on(&mut peer).await?;
    let came = peer.collect(trial.patience().quiet).await;
    let processed = came.iter().any(|packet| answers(packet, &namespace));
    ensure(!processed, "what was posted is not processed", || told(came.iter()))?;
    fine()
}

async fn closes_second(trial: &Trial) -> Found {
    const EXPECTED: &str = "a second WebSocket of the session is refused or closed";
    let (mut peer, polling) = upgraded(trial).await?;
    let asked = trial.clock().now();
    let observed = match Probe::open(trial, &polling.sid).await {
        Err(why) => {
            let is_answered = trial.clock().now().since(asked) < trial.patience().answer;
            ensure(is_answered, EXPECTED, || why.clone())?;
            why
        }
        Ok(mut second) => match second.end(trial.patience().answer).await {
            Ok(how) => how,
            Err(()) => return Err(Stop::failed(EXPECTED, "it stays open")),
        },
    };
    goes_on(&mut peer).await?;
    Ok(observed)
}

async fn leaves_http(trial: &Trial) -> Found {
    const TEXTS: usize = 20;
    const EXPECTED: &str = "everything comes by the WebSocket, with no request of HTTP";
    let (peer, polling) = upgraded(trial).await?;
    let began = trial.transcript().lines().0.len();
    let mut peer = peer;
    for _ in 0..TEXTS {
        goes_on(&mut peer).await?;
    }
    let (lines, left_out) = trial.transcript().lines();
    if left_out > 0 {
        return Err(Stop::unknown("the transcript is too short to tell"));
    }
    let sid = query_value(&polling.sid);
    let of_session = |text: &str| text.contains(&*sid);
    let request = lines[began..].iter().find(|line| {
        let is_request = line.text.starts_with("GET ?") || line.text.starts_with("POST ?");
        line.way == Way::Sent && is_request && of_session(&line.text)
    });
    match request {
        None => fine(),
        Some(line) => Err(Stop::failed(EXPECTED, line.text.clone())),
    }
}
