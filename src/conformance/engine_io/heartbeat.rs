//! Heartbeat: pings come as announced, and who does not answer is let go (Engine.IO protocol v4,
//! *Heartbeat*).

use std::time::Duration;

use super::busy::{persist, persist_on_time};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Heartbeats, Peer, Upgrading, Via};
use crate::conformance::trial::Trial;
use crate::time::Timestamp;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-HB-01",
        title: "pings come as often as the handshake says",
        requirement: "At a given interval (the `pingInterval` value sent in the handshake) the \
                      server sends a `ping` packet",
        section: Section::EngineIo("Heartbeat"),
        level: Level::Must,
        needs: &[Need::WebSocket, Need::Heartbeat],
        pace: Pace::Together,
        wire: "`2` after each pingInterval, give or take 30 % and 150 ms; answered with `3`",
        why: "A client that hears no ping within pingInterval + pingTimeout gives up.",
        differs: "socketioxide pings at once, and then as announced.",
        run: |trial| Box::pin(pings_as_announced(trial)),
    },
    Check {
        id: "EIO-HB-02",
        title: "who does not answer a ping is let go after pingTimeout",
        requirement: "the client has a few seconds (the `pingTimeout` value) to send a `pong` \
                      packet back. If the server does not receive a `pong` packet back, then it \
                      SHOULD consider that the connection is closed.",
        section: Section::EngineIo("Heartbeat"),
        level: Level::Must,
        needs: &[Need::WebSocket, Need::Heartbeat],
        pace: Pace::Together,
        wire: "`2` stays unanswered → closed 0.8 to 2 pingTimeout (+ 700 ms) later",
        why: "Too early cuts off slow clients; too late keeps the dead in their rooms.",
        differs: "",
        run: |trial| Box::pin(lets_go_in_time(trial)),
    },
    Check {
        id: "EIO-HB-06",
        title: "pings come by polling as well, and their answers are taken",
        requirement: "At a given interval […] the server sends a `ping` packet and the client \
                      has a few seconds […] to send a `pong` packet back.",
        section: Section::EngineIo("Heartbeat"),
        level: Level::Must,
        needs: &[Need::Polling, Need::Heartbeat],
        pace: Pace::Together,
        wire: "GET → `2`, POST `3` → 200; three times",
        why: "A client behind a proxy that lets no WebSocket pass lives by it.",
        differs: "",
        run: |trial| Box::pin(persist(trial, async || pings_by_polling(trial).await)),
    },
    Check {
        id: "EIO-HB-07",
        title: "a session by polling that answers no ping is over after pingTimeout",
        requirement: "If the server does not receive a `pong` packet back, then it SHOULD \
                      consider that the connection is closed.",
        section: Section::EngineIo("Heartbeat"),
        level: Level::Should,
        needs: &[Need::Polling, Need::Heartbeat],
        pace: Pace::Together,
        wire: "silence for a heartbeat and more; GET → 400, or what was left and then 400",
        why: "Nothing else tells the server that a client which polls is gone.",
        differs: "netty-socketio 2.0.14 answers 500.",
        run: |trial| Box::pin(persist(trial, async || lets_go_by_polling(trial).await)),
    },
    Check {
        id: "EIO-HB-09",
        title: "the heartbeat goes on after an upgrade",
        requirement: "At a given interval […] the server sends a `ping` packet",
        section: Section::EngineIo("Heartbeat"),
        level: Level::Must,
        needs: &[Need::Polling, Need::WebSocket, Need::Upgrade, Need::Heartbeat],
        pace: Pace::Together,
        wire: "upgrade; `2` by WebSocket, answered with `3`, for three intervals; still open",
        why: "Browsers upgrade: a heartbeat that stops then cuts all of them off.",
        differs: "",
        run: |trial| Box::pin(persist_on_time(trial, async || goes_on_after_upgrade(trial).await)),
    },
];

/// What an interval may be off by, beside 30 %.
const LEEWAY: Duration = Duration::from_millis(150);
/// What a close may be late by, beside half of the timeout.
const LATE_MAX: Duration = Duration::from_millis(700);
/// Pings in a row that are awaited.
const PINGS: u32 = 3;

/// How often the server means to ping, and how long it waits for the answer.
pub(super) fn announced(trial: &Trial) -> Result<(Duration, Duration), Stop> {
    let survey = trial.survey();
    match (survey.ping_interval, survey.ping_timeout) {
        (Some(interval), Some(timeout)) if !interval.is_zero() && !timeout.is_zero() => {
            Ok((interval, timeout))
        }
        _ => Err(Stop::NotApplicable("the server says that it does not ping".into())),
    }
}

/// The longest that a ping may be away from the one before.
pub(super) fn interval_max(interval: Duration) -> Duration {
    interval.mul_f64(1.3) + LEEWAY
}

/// The longest from a ping that stays unanswered to the end: a server may look at each session once
/// in a timeout, as python-engineio does (`_service_task`).
pub(super) fn end_max(timeout: Duration) -> Duration {
    timeout * 2 + LATE_MAX
}

async fn pings_as_announced(trial: &Trial) -> Found {
    let (interval, _) = announced(trial)?;
    persist_on_time(trial, async || count_pings(trial, interval).await).await
}

async fn count_pings(trial: &Trial, interval: Duration) -> Found {
    let opened_at = trial.clock().now();
    let mut peer = trial.connect(Via::WebSocket).await?;
    // The first may come at once; then there is one more.
    let ended = peer.end(interval * PINGS + interval_max(interval)).await;
    let pings = peer.heartbeats().pings();
    let expected = format!("a ping each {}", humantime::format_duration(interval));
    if let Ok(end) = ended {
        let observed = format!("after {} answered pings {end}", pings.len());
        return Err(Stop::failed(expected, observed));
    }
    let enough = pings.len() >= PINGS as usize;
    ensure(enough, &expected, || format!("{} in all", said_of(opened_at, &pings)))?;
    let first = pings[0].since(opened_at);
    ensure(first <= interval_max(interval), &expected, || said_of(opened_at, &pings))?;
    let least = interval.mul_f64(0.7).saturating_sub(LEEWAY);
    // An immediate ping need not be in step with those that follow.
    let skipped = usize::from(first < least);
    for pair in pings[skipped..].windows(2) {
        let gap = pair[1].since(pair[0]);
        let in_time = (least..=interval_max(interval)).contains(&gap);
        ensure(in_time, &expected, || said_of(opened_at, &pings))?;
    }
    fine()
}

/// When pings came, in a few words.
fn said_of(opened_at: Timestamp, pings: &[Timestamp]) -> String {
    let at: Vec<String> =
        pings.iter().map(|ping| ping.since(opened_at).as_millis().to_string()).collect();
    format!(
        "pings {} ms after the opening",
        if at.is_empty() { "never".into() } else { at.join(", ") }
    )
}

/// The pings of a session that are left unanswered.
pub(super) struct Unanswered {
    heartbeats: Heartbeats,
    answered: usize,
}

impl Unanswered {
    /// From now on no ping of `peer` is answered.
    pub(super) fn of(peer: &Peer) -> Unanswered {
        let heartbeats = peer.heartbeats().clone();
        heartbeats.answer(false);
        let answered = heartbeats.pings().len();
        Unanswered { heartbeats, answered }
    }

    /// When the first of them came, if one did.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.heartbeats.pings().get(self.answered).copied()
    }
}

async fn lets_go_in_time(trial: &Trial) -> Found {
    let (interval, timeout) = announced(trial)?;
    persist(trial, async || leave_unanswered(trial, interval, timeout).await).await
}

async fn leave_unanswered(trial: &Trial, interval: Duration, timeout: Duration) -> Found {
    let expected = format!(
        "closed {} after a ping that stays unanswered",
        humantime::format_duration(timeout)
    );
    let mut peer = trial.connect(Via::WebSocket).await?;
    let unanswered = Unanswered::of(&peer);
    let ended = peer.end(interval_max(interval) + end_max(timeout)).await;
    let Some(pinged_at) = unanswered.since() else {
        return match ended {
            Ok(end) => Err(Stop::failed(expected, format!("before any such ping: {end}"))),
            Err(_) => Err(Stop::unknown("no ping comes")),
        };
    };
    let Ok(end) = ended else { return Err(Stop::failed(expected, "the connection stays")) };
    let after = end.at.since(pinged_at);
    let in_time = (timeout.mul_f64(0.8)..=end_max(timeout)).contains(&after);
    ensure(in_time, &expected, || format!("closed {} ms after it", after.as_millis()))?;
    Ok(format!("closed {} ms after the ping", after.as_millis()))
}

async fn pings_by_polling(trial: &Trial) -> Found {
    let (interval, _) = announced(trial)?;
    let mut session = Upgrading::connect(trial).await?;
    let expected = format!("a ping by polling each {}", humantime::format_duration(interval));
    for number in 1..=PINGS {
        let within = interval_max(interval) + LATE_MAX;
        let pinged = session.wait_for_ping(within).await;
        let wrong = |why: String| Stop::failed(&expected, format!("at ping {number}: {why}"));
        pinged.map_err(wrong)?;
        session.answer_ping().await.map_err(wrong)?;
    }
    let stands = session.round_trip().await;
    stands.map_err(|why| Stop::failed("the session stands after three answered pings", why))?;
    fine()
}

async fn lets_go_by_polling(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 400 to a poll after a ping stayed unanswered";
    /// Polls that may still bring what was left.
    const POLLS_MAX: usize = 3;
    let (interval, timeout) = announced(trial)?;
    let mut twin = trial.connect(Via::Polling).await?;
    let session = Upgrading::connect(trial).await?;
    trial.pause(interval_max(interval) + end_max(timeout)).await;
    let mut brought = Vec::new();
    for _ in 0..POLLS_MAX {
        let mut poll = session.polling.get();
        poll.within = trial.patience().answer;
        let response = trial.answer(&poll, EXPECTED).await?;
        if response.is_refusal() {
            let stays = twin.round_trip().await;
            stays.map_err(|missing| {
                Stop::unknown(format!("a session that answers is over as well: {missing}"))
            })?;
            return Ok(if brought.is_empty() {
                String::new()
            } else {
                format!("before that, {}", brought.join(", "))
            });
        }
        ensure(response.status == 200, EXPECTED, || response.brief())?;
        brought.push(response.brief());
    }
    Err(Stop::failed(EXPECTED, brought.join(", ")))
}

async fn goes_on_after_upgrade(trial: &Trial) -> Found {
    const EXPECTED: &str = "pings by the WebSocket, and a session that stands";
    let (interval, _) = announced(trial)?;
    let mut peer = Upgrading::done(trial).await?;
    let ended = peer.end(interval * PINGS + interval_max(interval)).await;
    let pings = peer.heartbeats().pings().len();
    if let Ok(end) = ended {
        return Err(Stop::failed(EXPECTED, format!("after {pings} answered pings {end}")));
    }
    ensure(pings >= 2, EXPECTED, || format!("{pings} pings in {PINGS} intervals"))?;
    let stands = peer.round_trip().await;
    stands.map_err(|missing| Stop::failed(EXPECTED, format!("after {pings} pings {missing}")))?;
    fine()
}
