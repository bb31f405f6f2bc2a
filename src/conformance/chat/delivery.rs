//! Delivery: a member hears what is said in its room, once and whole (the chat contract).

use super::member::assemble;
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, ensure, fine};
use crate::conformance::peer::Via;
use crate::conformance::trial::Trial;

pub(in crate::conformance) const CHECKS: &[Check] = &[Check {
    id: "CHAT-DLV-01",
    title: "a member hears a message once, and as it was sent",
    requirement: "Everyone in the room but the sender receives the message, its payload unchanged",
    section: Section::Contract,
    level: Level::Must,
    needs: &[Need::Chat],
    pace: Pace::Together,
    wire: "a and b join; a sends; b hears it once",
    why: "It is what a chat is for.",
    differs: "",
    run: |trial| Box::pin(is_heard_once(trial)),
}];

async fn is_heard_once(trial: &Trial) -> Found {
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[Via::WebSocket, Via::WebSocket]).await?;
    members[0].say(&room, "hello").await?;
    members[1].hear(&room, "a", "hello").await?;
    let again = members[1].count(&["hello"]).await[0];
    ensure(again == 0, "b hears it once", || format!("b heard it {} times", again + 1))?;
    fine()
}
