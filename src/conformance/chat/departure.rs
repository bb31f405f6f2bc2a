//! Departure: whoever has left, in whatever way, hears nothing more, and the others go on.

use super::member::{Member, assemble, prove};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, fine};
use crate::conformance::trial::Trial;

const REQUIREMENT: &str = "Whoever has left receives nothing more; everyone else still does";

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "CHAT-MEM-06",
        title: "whoever sent DISCONNECT hears nothing more, and the others go on",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a, b and c join; b sends `41`; a sends; c hears it, b does not",
        why: "Whoever logs out must not be sent what is said afterwards.",
        differs: "",
        run: |trial| Box::pin(goes(trial, Way::Disconnect)),
    },
    Check {
        id: "CHAT-MEM-06b",
        title: "after a WebSocket was closed the others in the room go on",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a, b and c join; b closes its WebSocket; a sends; c hears it",
        why: "It is how every browser tab ends.",
        differs: "",
        run: |trial| Box::pin(goes(trial, Way::Close)),
    },
    Check {
        id: "CHAT-MEM-06c",
        title: "after a TCP connection was cut the others in the room go on",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a, b and c join; b ends its TCP connection without a word; a sends; c hears it",
        why: "It is how every phone that loses its network ends.",
        differs: "",
        run: |trial| Box::pin(goes(trial, Way::Cut)),
    },
    Check {
        id: "CHAT-MEM-06d",
        title: "whoever sent an Engine.IO close hears nothing more",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Should,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a, b and c join; b sends `1`; a sends; c hears it, b does not",
        why: "A client that was told to close, and is sent messages, has not been closed.",
        differs: "socket.io 4.8.4 ignores `1` on a WebSocket.",
        run: |trial| Box::pin(goes(trial, Way::EngineClose)),
    },
    Check {
        id: "CHAT-MEM-07",
        title: "DISCONNECT and CONNECT on one transport give a membership of nothing",
        requirement: "A new connection to a namespace is in no room",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "b joins; b sends `41`, `40`; a sends; b hears nothing; b joins; b hears",
        why: "Logging out and in again, as somebody else, must not keep the old rooms.",
        differs: "",
        run: |trial| Box::pin(reconnects_on_its_transport(trial)),
    },
    Check {
        id: "CHAT-MEM-08",
        title: "a new connection is in none of the rooms of an old one",
        requirement: "A new connection to a namespace is in no room",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "b joins and is cut; b connects anew; a sends; b hears nothing; b joins; b hears",
        why: "Rooms that come by themselves are those of somebody else.",
        differs: "Connection state recovery gives rooms back to those who ask for it; this one \
                  does not.",
        run: |trial| Box::pin(reconnects(trial)),
    },
    Check {
        id: "CHAT-MEM-09",
        title: "whoever left a room hears nothing more of it",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat, Need::Leave],
        pace: Pace::Together,
        wire: "a, b and c join; b leaves; a sends; c hears it, b does not; b joins; b hears",
        why: "Whoever leaves a conversation must not be sent it.",
        differs: "",
        run: |trial| Box::pin(leaves(trial)),
    },
];

/// How a member goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By a packet of Socket.IO.
    Disconnect,
    /// By a packet of Engine.IO.
    EngineClose,
    /// By the closing handshake of its transport.
    Close,
    /// Without a word.
    Cut,
}

async fn goes(trial: &Trial, way: Way) -> Found {
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 3]).await?;
    let mut going = members.remove(1);
    match way {
        Way::Disconnect => going.peer.send(format!("41{}", trial.prefix())).await?,
        Way::EngineClose => going.peer.send("1").await?,
        Way::Close => {
            going.peer.close().await;
            // Whether the server ends it as well is not the question here.
            let _ = going.peer.end(trial.patience().quiet).await;
        }
        Way::Cut => {
            going.peer.cut().await;
            return hears_alone(trial, &room, &mut members, None).await;
        }
    }
    // One that is gone cannot tell that it has settled.
    let _ = going.peer.round_trip().await;
    hears_alone(trial, &room, &mut members, Some(&mut going)).await
}

/// Wants the first of `members` to be heard by the second, and not by who is gone. A while later
/// will do: what was under way when it went may still arrive.
async fn hears_alone(
    trial: &Trial,
    room: &str,
    members: &mut [Member<'_>],
    mut gone: Option<&mut Member<'_>>,
) -> Found {
    const EXPECTED: &str = "whoever stays hears what is said, and whoever spoke may go on";
    let may_go_on = |stop: Stop| Stop::failed(EXPECTED, stop.why());
    let mut reached = [false; 2];
    for (said, reached) in ["right after", "a while after"].iter().zip(&mut reached) {
        let text = trial.text(said);
        members[0].say(room, &text).await.map_err(may_go_on)?;
        let until = trial.clock().now() + trial.patience().answer;
        if let Err(missing) = members[1].hears_text(&text, until).await {
            return Err(Stop::failed(EXPECTED, format!("who stayed heard {missing}")));
        }
        members[0].settle().await.map_err(may_go_on)?;
        let quiet = trial.patience().quiet;
        match gone.as_deref_mut() {
            Some(gone) if gone.peer.ended().is_none() => {
                let until = trial.clock().now() + quiet;
                *reached = gone.hears_text(&text, until).await.is_ok();
                if *reached {
                    trial.pause(quiet).await;
                }
            }
            // The server may take a while to see that it is gone.
            _ => trial.pause(quiet).await,
        }
    }
    match reached {
        [false, false] => fine(),
        [true, false] => Ok("what is said right after still reaches it, later nothing".into()),
        [_, true] => {
            let observed = "it still hears what is said a while later";
            Err(Stop::failed("whoever is gone hears nothing more", observed))
        }
    }
}

async fn reconnects_on_its_transport(trial: &Trial) -> Found {
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 3]).await?;
    let mut again = members.remove(1);
    again.peer.send(format!("41{}", trial.prefix())).await?;
    // Taken in first: there are servers to which a CONNECT right behind it is a second one.
    let _ = again.peer.round_trip().await;
    if let Err(stop) = trial.enter(&mut again.peer).await {
        return match again.peer.ended() {
            Some(_) => Ok("the transport is closed after DISCONNECT".into()),
            None => Err(stop),
        };
    }
    let found = hears_alone(trial, &room, &mut members, Some(&mut again)).await?;
    again.join(&room).await?;
    members.push(again);
    prove(trial, &room, &mut members).await?;
    Ok(found)
}

async fn reconnects(trial: &Trial) -> Found {
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 3]).await?;
    members.remove(1).peer.cut().await;
    let mut again = Member::connect(trial, trial.via(), "b").await?;
    let found = hears_alone(trial, &room, &mut members, Some(&mut again)).await?;
    again.join(&room).await?;
    members.push(again);
    prove(trial, &room, &mut members).await?;
    Ok(found)
}

async fn leaves(trial: &Trial) -> Found {
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 3]).await?;
    let mut leaving = members.remove(1);
    leaving.leave(&room).await?;
    let found = hears_alone(trial, &room, &mut members, Some(&mut leaving)).await?;
    leaving.join(&room).await?;
    members.push(leaving);
    prove(trial, &room, &mut members).await?;
    Ok(found)
}
