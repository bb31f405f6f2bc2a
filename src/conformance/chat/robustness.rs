//! Robustness of the chat's own handlers: arguments that no client of it would send.

use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, fine};
use crate::conformance::peer::shortened;
use crate::conformance::trial::Trial;
use crate::conformance::witness::Witness;

/// What both checks have in common.
const HANDLER: Check = Check {
    id: "CHAT-ROB-01",
    title: "the handler of messages outlives arguments of every type, and none",
    requirement: "What one client sends must not end the service for all others",
    section: Section::Practice,
    level: Level::Must,
    needs: &[Need::Chat, Need::Hostile],
    // It may take the server down, which other checks must not be blamed for.
    pace: Pace::Alone,
    wire: "the send event with no argument, null, a string, a number, an array, an empty object",
    why: "Anyone who can connect could stop the server with one packet of 20 bytes.",
    differs: "On Node a handler that reads `data.room` of nothing ends the process.",
    run: |trial| Box::pin(of_messages(trial)),
};

pub(in crate::conformance) const CHECKS: &[Check] = &[
    HANDLER,
    Check {
        id: "CHAT-ROB-01b",
        title: "the handler of joins outlives arguments of every type, and none",
        wire: "the join event with no argument, null, an object, an array, a number, two arguments",
        differs: "",
        run: |trial| Box::pin(of_joins(trial)),
        ..HANDLER
    },
];

/// What follows the event's name.
const ARGUMENTS: [&str; 10] = [
    "",
    ",null",
    r#","text""#,
    ",42",
    ",[]",
    ",{}",
    ",true",
    ",null,null",
    r#",{"room":{"toString":null},"message":[]}"#,
    r#",{"__proto__":null,"constructor":null}"#,
];

async fn of_messages(trial: &Trial) -> Found {
    outlives(trial, trial.dialect()?.send.event()).await
}

async fn of_joins(trial: &Trial) -> Found {
    outlives(trial, trial.dialect()?.join.template.event()).await
}

async fn outlives(trial: &Trial, event: &str) -> Found {
    let event = serde_json::Value::from(event);
    let mut witness = Witness::call(trial).await?;
    for arguments in ARGUMENTS {
        let packet = format!("42{}[{event}{arguments}]", trial.prefix());
        let mut peer = trial.connect_awake(trial.via()).await?;
        peer.send(&*packet).await?;
        // The server may close whoever sends it; once it has answered, it has taken it in.
        let _ = peer.round_trip().await;
        witness.stands(&format!("after `{}`", shortened(&packet))).await?;
    }
    fine()
}
