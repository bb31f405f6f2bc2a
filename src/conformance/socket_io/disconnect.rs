//! Disconnect: how a namespace is left (Socket.IO protocol v5, *Disconnection from a namespace*).

use serde_json::json;

use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Failure, Found, Stop, ensure, fine};
use crate::conformance::peer::{Event, Packet, Peer, told};
use crate::conformance::round_trip::RoundTrip;
use crate::conformance::trial::Trial;

const DISCONNECTION: Section = Section::SocketIo("Disconnection from a namespace");

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "SIO-DIS-01",
        title: "an event after DISCONNECT has no effect",
        requirement: "At any time, one side can end the connection to a namespace by sending a \
                      DISCONNECT packet […] No response is expected from the other side",
        section: DISCONNECTION,
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "`42[…]` comes back; `41`; `42[…]` does not",
        why: "Whoever has left must not act any more.",
        differs: "",
        run: |trial| Box::pin(ignores_who_has_left(trial)),
    },
    Check {
        id: "SIO-DIS-02",
        title: "leaving one namespace leaves that one, and the other stays usable",
        requirement: "The low-level connection MAY be kept alive if the client is connected to \
                      another namespace",
        section: DISCONNECTION,
        level: Level::Must,
        needs: &[Need::Namespace],
        pace: Pace::Together,
        wire: "`40`, `40/custom,`, `41/custom,`; `42[…]` comes back, `42/custom,[…]` does not",
        why: "A part of a page that closes must not take the rest with it.",
        differs: "",
        run: |trial| Box::pin(leaves_one_of_two(trial, ",")),
    },
    Check {
        id: "SIO-DIS-03",
        title: "a namespace can be left without the comma",
        requirement: "The comma ends the namespace; where nothing follows it, it may be missing, \
                      as older clients leave it out",
        section: Section::Suite,
        level: Level::Should,
        needs: &[Need::Namespace],
        pace: Pace::Together,
        wire: "as SIO-DIS-02, with `41/custom`",
        why: "Clients of earlier revisions write it so.",
        differs: "",
        run: |trial| Box::pin(leaves_one_of_two(trial, "")),
    },
    Check {
        id: "SIO-DIS-04",
        title: "an event to a namespace that was not entered is not processed",
        requirement: "Once the connection to a namespace is established, the client and the \
                      server can begin exchanging data",
        section: Section::SocketIo("Sending and receiving data"),
        level: Level::Should,
        needs: &[Need::Namespace, Need::Echo],
        pace: Pace::Together,
        wire: "`40`; `42/custom,[…]` → nothing, or the end",
        why: "Rights are checked when a namespace is entered: this would evade that.",
        differs: "The official server and socketioxide close, python-socketio ignores it.",
        run: |trial| Box::pin(ignores_who_has_not_entered(trial)),
    },
    Check {
        id: "SIO-DIS-05",
        title: "who comes back after DISCONNECT gets a new id, or the connection is closed",
        requirement: "The id is that of a connection to a namespace, which DISCONNECT ends",
        section: Section::Practice,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`40` → one sid; `41`; `40` → another sid, or the end",
        why: "What was kept for the old id must not fall to whoever comes after.",
        differs: "",
        run: |trial| Box::pin(gives_a_new_id(trial)),
    },
];

/// Enters `namespace` beside the target's.
///
/// # Errors
/// Unknown, when the server does not let it in.
pub(super) async fn enter_too(trial: &Trial, peer: &mut Peer, namespace: &str) -> Result<(), Stop> {
    peer.send(format!("40{namespace},{}", trial.target().auth)).await?;
    let granted = format!("40{namespace},{{");
    let is_granted = |packet: &Packet| {
        matches!(packet, Packet::Text(text) if text.starts_with(&granted)).then_some(())
    };
    let entered = peer.wait_for(trial.patience().answer, is_granted).await;
    entered.map_err(|missing| Stop::unknown(format!("no CONNECT to {namespace}: {missing}")))
}

/// What must work beforehand, and does not, says nothing of what is asked.
pub(super) fn beforehand<T>(found: Result<T, Stop>) -> Result<T, Stop> {
    found.map_err(|stop| match stop {
        Stop::Failed(Failure { expected, observed }) => {
            Stop::unknown(format!("beforehand, {expected}: {observed}"))
        }
        stop => stop,
    })
}

async fn ignores_who_has_left(trial: &Trial) -> Found {
    const EXPECTED: &str = "what is said after DISCONNECT does not come back";
    let mut trip = RoundTrip::by(trial, trial.via()).await?;
    trip.say("before").await?;
    beforehand(trip.hear("before", "it comes back").await)?;
    let after = trip.packet("after");
    trip.speaker().send(format!("41{}", trial.prefix())).await?;
    // A connection that is closed already takes nothing more, as it may.
    let sent = trip.speaker().try_send(&[Packet::Text(after)]).await;
    let stays = sent.is_ok() && trip.speaker().round_trip().await.is_ok();
    let text_of = trip.reader();
    let heard = trip.hearer().collect(trial.patience().quiet).await;
    ensure(
        !heard.iter().any(|packet| text_of(packet).as_deref() == Some("after")),
        EXPECTED,
        || format!("heard was {}", told(heard.iter())),
    )?;
    Ok(if stays { "the connection stays" } else { "the connection is closed" }.into())
}

async fn leaves_one_of_two(trial: &Trial, comma: &str) -> Found {
    const EXPECTED: &str = "what is said in the namespace that was not left comes back";
    let other = trial.other_namespace()?;
    let mut peer = trial.connect(trial.via()).await?;
    enter_too(trial, &mut peer, other).await?;
    let mut trip = RoundTrip::of(trial, peer, trial.via()).await?;
    trip.say("before").await?;
    beforehand(trip.hear("before", "it comes back").await)?;
    trip.speaker().send(format!("41{other}{comma}")).await?;
    let kept = trip.say("after").await;
    kept.map_err(|_| Stop::failed(EXPECTED, "the connection takes nothing more"))?;
    trip.hear("after", EXPECTED).await?;
    if let Some((event, back)) = &trial.hooks().echo {
        let gone = format!("42{other},{}", json!([event, "gone"]));
        is_not_processed(trial, trip.speaker(), gone, back).await?;
    }
    fine()
}

async fn ignores_who_has_not_entered(trial: &Trial) -> Found {
    let other = trial.other_namespace()?;
    let Some((event, back)) = &trial.hooks().echo else {
        return Err(Stop::NotApplicable("the dialect names no `hooks.echo`".into()));
    };
    let mut peer = trial.connect_awake(trial.via()).await?;
    let stray = format!("42{other},{}", json!([event, "gone"]));
    is_not_processed(trial, &mut peer, stray, back).await
}

/// Wants an event that says `gone` not to come back as `back`; the connection may end by it.
async fn is_not_processed(trial: &Trial, peer: &mut Peer, event: String, back: &str) -> Found {
    const EXPECTED: &str = "the event is not processed";
    let _ = peer.try_send(&[Packet::Text(event)]).await;
    let stays = peer.round_trip().await.is_ok();
    let heard = peer.collect(trial.patience().quiet).await;
    let is_back = |event: &Event| {
        event.name() == Some(back) && event.data.get(1).is_some_and(|it| it == "gone")
    };
    ensure(!heard.iter().filter_map(Event::read).any(|event| is_back(&event)), EXPECTED, || {
        format!("heard was {}", told(heard.iter()))
    })?;
    Ok(if stays { "it is ignored" } else { "the connection is closed" }.into())
}

async fn gives_a_new_id(trial: &Trial) -> Found {
    const EXPECTED: &str = "CONNECT with another id, or the end of the connection";
    let mut peer = trial.connect(trial.via()).await?;
    let id = peer.id().map(str::to_owned);
    peer.send(format!("41{}", trial.prefix())).await?;
    match trial.enter(&mut peer).await {
        Ok(()) => {
            ensure(peer.id() != id.as_deref(), EXPECTED, || format!("the same id, {id:?}"))?;
            Ok("it is let in again".into())
        }
        Err(_) if peer.end(trial.patience().quiet).await.is_ok() => Ok("it is closed".into()),
        Err(_) => Err(Stop::failed(EXPECTED, "no answer to CONNECT")),
    }
}
