//! Close: how an Engine.IO session is ended by a packet (Engine.IO protocol v4, *Protocol*).

use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Packet, Peer, Upgrading, Via, told};
use crate::conformance::round_trip::RoundTrip;
use crate::conformance::trial::Trial;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-CLS-01",
        title: "a close packet by WebSocket ends the session",
        requirement: "close: Used to indicate that a transport can be closed.",
        section: Section::EngineIo("Protocol"),
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`1`, pings answered → closed",
        why: "A client that says it leaves must not go on as a member.",
        differs: "socket.io 4.8.4, python-socketio under asgi and netty-socketio ignore it.",
        run: |trial| Box::pin(closes_websocket(trial)),
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
        run: |trial| Box::pin(ends_pending_poll(trial)),
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
        run: |trial| Box::pin(ends_polling_session(trial)),
    },
    Check {
        id: "EIO-CLS-03",
        title: "what the server said before it closes still arrives",
        requirement: "Events that a server emitted before it closes a connection arrive, in \
                      order, and then the end.",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::Echo],
        pace: Pace::Together,
        wire: "10 echoes of 20 kB; when the first is back `4abc` → all 10 echoes, then closed",
        why: "The last words of a server, such as why it closes, are those that matter.",
        differs: "Servers that do not close at `4abc` cannot be told: python, netty.",
        run: |trial| Box::pin(flushes_before_closing(trial)),
    },
];

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
    match session.polled(trial.patience().answer).await {
        Ok(Some(packets)) => Ok(format!("it brings {}", told(packets.iter()))),
        Ok(None) => Err(Stop::failed(EXPECTED, "it hangs")),
        Err(why) => Err(Stop::failed(EXPECTED, why)),
    }
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

async fn flushes_before_closing(trial: &Trial) -> Found {
    const ECHOES: usize = 10;
    const TEXT_BYTES: usize = 20_000;
    const EXPECTED: &str = "all that was said before arrives, in order";
    let mut session = RoundTrip::by(trial, Via::WebSocket).await?;
    let texts: Vec<String> =
        (0..ECHOES).map(|number| format!("{number} {}", "x".repeat(TEXT_BYTES))).collect();
    session.say_all(&texts.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let first = session.hear(&texts[0], "an echo").await;
    first.map_err(|_| Stop::unknown("nothing comes back"))?;
    session.speaker().send("4abc").await?;
    let ended = session.speaker().end(trial.patience().answer).await;
    ended.map_err(|_| Stop::unknown("the server does not close a connection at `4abc`"))?;
    let heard = session.hear_all(ECHOES - 1).await;
    ensure(heard == texts[1..], EXPECTED, || {
        let numbers: Vec<&str> = heard.iter().filter_map(|text| text.split(' ').next()).collect();
        format!("of 0 to {} there came 0, {}", ECHOES - 1, numbers.join(", "))
    })?;
    fine()
}
