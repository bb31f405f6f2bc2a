//! Close: how an Engine.IO session is ended by a packet (Engine.IO protocol v4, *Protocol*).

use std::time::Duration;

use super::busy::{insist, persist};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Event, Packet, Peer, Upgrading, Via, told};
use crate::conformance::trial::Trial;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-CLS-01",
        title: "a close packet by WebSocket ends the session",
        requirement: "close: Used to indicate that a transport can be closed.",
        section: Section::EngineIo("Protocol"),
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "`1`, pings answered → closed",
        why: "A client that says it leaves must not go on as a member.",
        differs: "socket.io 4.8.4, python-socketio under asgi and netty-socketio ignore it.",
        run: |trial| Box::pin(insist(trial, async || closes_websocket(trial).await)),
    },
    Check {
        id: "EIO-CLS-02",
        title: "a close packet by polling ends the poll that is pending",
        requirement: "After a POST of a close packet the pending GET is answered, with a noop.",
        section: Section::Suite,
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET pending; POST `1` → the GET is answered 200 `6`",
        why: "A poll that hangs keeps a connection open for nobody.",
        differs: "python-socketio under asgi lets it hang; netty-socketio as well.",
        run: |trial| Box::pin(persist(trial, async || ends_pending_poll(trial).await)),
    },
    Check {
        id: "EIO-CLS-02b",
        title: "a close packet by polling ends the session",
        requirement: "The server MUST return an HTTP 400 response if the session ID […] is not \
                      known.",
        section: Section::EngineIo("Receiving data"),
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET pending; POST `1`; GET → 400",
        why: "A client that says it leaves must not go on as a member.",
        differs: "netty-socketio 2.0.14 keeps it.",
        run: |trial| Box::pin(persist(trial, async || ends_polling_session(trial).await)),
    },
    Check {
        id: "EIO-CLS-03",
        title: "what the server said before it closes still arrives",
        requirement: "Events that a server emitted before it closes a connection arrive, in \
                      order, and then the end.",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::Echo, Need::Polling],
        pace: Pace::Together,
        wire: "POST of an echo; once another session has its own, POST `4abc`; GET → the echo; \
               GET → 400",
        why: "The last words of a server, such as why it closes, are those that matter.",
        differs: "Servers that do not close at `4abc` cannot be told: python, netty.",
        run: |trial| Box::pin(persist(trial, async || hear_last_words(trial).await)),
    },
];

/// Polls that a ping may end in place of what is awaited.
const POLLS_MAX: usize = 3;
/// By then, or by as long as the one before took, an event was handled that nothing tells of.
const ANSWERED_AFTER: Duration = Duration::from_millis(100);

async fn closes_websocket(trial: &Trial) -> Found {
    let peer = trial.connect(Via::WebSocket).await?;
    let twin = trial.connect(Via::WebSocket).await?;
    let offend = async |peer: &Peer| peer.try_send(&[Packet::Text("1".into())]).await;
    let end = trial.closes(peer, twin, "`1` closes the connection", offend).await?;
    Ok(end.how)
}

async fn ends_pending_poll(trial: &Trial) -> Found {
    const EXPECTED: &str = "the pending GET is answered when `1` is posted";
    let mut session = Upgrading::connect(trial).await?;
    session.round_trip().await.map_err(Stop::unknown)?;
    session.hang().await.map_err(Stop::unknown)?;
    session.post("1").await.map_err(|why| Stop::failed("HTTP 200 to `1`", why))?;
    let ping = Packet::Text("2".into());
    for _ in 0..POLLS_MAX {
        match session.polled(trial.patience().answer).await {
            Ok(Some(packets)) if packets.iter().any(|packet| *packet != ping) => {
                return Ok(format!("it brings {}", told(packets.iter())));
            }
            // A ping crossed it, and may not be answered any more.
            Ok(Some(_)) if session.answer_ping().await.is_err() => return fine(),
            Ok(Some(_)) => session.poll(),
            Ok(None) => return Err(Stop::failed(EXPECTED, "it hangs")),
            Err(why) => return Err(Stop::failed(EXPECTED, why)),
        }
    }
    Err(Stop::failed(EXPECTED, "polls go on to bring pings"))
}

async fn ends_polling_session(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 4xx to a poll after `1` was posted";
    let mut session = Upgrading::connect(trial).await?;
    let mut twin = Upgrading::connect(trial).await?;
    session.round_trip().await.map_err(Stop::unknown)?;
    // However that is answered: what is asked for is what becomes of the session.
    let _ = session.post("1").await;
    let mut poll = session.polling.get();
    poll.within = trial.patience().answer;
    // One poll may still bring what was left, the noop for instance.
    let mut response = trial.answer(&poll, EXPECTED).await?;
    if response.status == 200 {
        response = trial.answer(&poll, EXPECTED).await?;
    }
    ensure(response.is_refusal(), EXPECTED, || response.brief())?;
    let stays = twin.round_trip().await;
    stays.map_err(|why| Stop::unknown(format!("a session without `1` is over as well: {why}")))?;
    fine()
}

/// Has the server answer an event: what comes right behind CONNECT may be lost. How long the answer
/// took.
async fn wake(
    trial: &Trial,
    session: &mut Upgrading<'_>,
    (event, back): (&str, &str),
) -> Result<Duration, Stop> {
    let is_back =
        |packet: &Packet| Event::read(packet).filter(|event| event.name() == Some(back)).map(drop);
    let call = format!("42{}[\"{event}\",\"awake\"]", trial.prefix());
    let mut called_at = trial.clock().now();
    session.post(&call).await.map_err(Stop::unknown)?;
    if session.wait_for(is_back).await.is_err() {
        called_at = trial.clock().now();
        session.post(&call).await.map_err(Stop::unknown)?;
        let answered = session.wait_for(is_back).await;
        answered.map_err(|why| Stop::unknown(format!("no event is answered: {why}")))?;
    }
    Ok(trial.clock().now().since(called_at))
}

async fn hear_last_words(trial: &Trial) -> Found {
    const EXPECTED: &str = "what the server said arrives with the next poll, and then the end";
    let Some((event, back)) = &trial.hooks().echo else {
        return Err(Stop::NotApplicable("the dialect names no `hooks.echo`".into()));
    };
    let said = format!("42{}[\"{event}\",\"last words\"]", trial.prefix());
    let is_echo = |packet: &Packet| {
        let event = Event::read(packet)?;
        let is_it = event.name() == Some(back) && event.data.get(1)? == "last words";
        is_it.then_some(())
    };
    let mut session = Upgrading::connect(trial).await?;
    let mut twin = Upgrading::connect(trial).await?;
    // At once: neither is polled for longer than it need be.
    let (took, woken) = tokio::join!(
        wake(trial, &mut session, (event, back)),
        wake(trial, &mut twin, (event, back)),
    );
    let took = took.and_then(|took| Ok(took.max(woken?)))?;
    // After `4abc` a pong would be refused, which is no end of what the server has said.
    session.answer_ping().await.map_err(Stop::unknown)?;
    for session in [&session, &twin] {
        session.post(&said).await.map_err(Stop::unknown)?;
    }
    // Nothing tells that the server has answered while nobody polls: but for another that said the
    // same after it, and polls.
    let (answered, ()) =
        tokio::join!(twin.wait_for(is_echo), trial.pause(ANSWERED_AFTER.max(took)));
    answered.map_err(|why| Stop::unknown(format!("no echo comes even without `4abc`: {why}")))?;
    // However that is answered: what is asked for is what the next poll brings.
    let _ = session.post("4abc").await;
    if let Err(observed) = session.wait_for(is_echo).await {
        let stays = twin.round_trip().await;
        let ended = |why| Stop::unknown(format!("a session without `4abc` is over as well: {why}"));
        stays.map_err(ended)?;
        return Err(Stop::failed(EXPECTED, observed));
    }
    match session.round_trip().await {
        Err(_) => fine(),
        Ok(()) => Err(Stop::NotApplicable("the server does not close a session at `4abc`".into())),
    }
}
