//! Hooks: the events beside the chat that the dialect names are there, for others lean on them.

use crate::conformance::awake::Hook;
use crate::conformance::check::{Check, Level, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::trial::Trial;

/// What both have in common.
const ANSWERED: Check = Check {
    id: "",
    title: "",
    requirement: "What the dialect says of the server holds",
    section: Section::Contract,
    level: Level::Must,
    needs: &[],
    pace: Pace::Together,
    wire: "",
    why: "",
    differs: "",
    run: |trial| Box::pin(is_answered(trial, Hook::Echo)),
};

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "SIO-HOOK-01",
        title: "the event that `hooks.echo` names comes back",
        wire: "`42[…,\"text\"]`, for as long as an answer may take → `42[…,\"text\"]`",
        why: "Where it does not, nothing can be said of all that is tried by it.",
        run: |trial| Box::pin(is_answered(trial, Hook::Echo)),
        ..ANSWERED
    },
    Check {
        id: "SIO-HOOK-02",
        title: "the event that `hooks.ack` names is acknowledged",
        wire: "`421[…,\"text\"]`, for as long as an answer may take → `431[\"text\"]`",
        why: "Where it is not, nothing can be said of all that is tried by it.",
        run: |trial| Box::pin(is_answered(trial, Hook::Ack)),
        ..ANSWERED
    },
];

async fn is_answered(trial: &Trial, hook: Hook) -> Found {
    let field = hook.field();
    if !trial.names(hook) {
        return Err(Stop::NotApplicable(format!("the dialect names no `{field}`")));
    }
    let expected = format!("an answer to the event that `{field}` names");
    let mut peer = trial.connect(trial.via()).await?;
    let answered = trial.answers(&mut peer, &trial.target().namespace, hook).await;
    let answered = answered.map_err(|stop| Stop::failed(&*expected, stop.why()))?;
    ensure(answered, &expected, || match peer.ended() {
        Some(end) => end.to_string(),
        None => "none, however often it is sent".into(),
    })?;
    fine()
}
