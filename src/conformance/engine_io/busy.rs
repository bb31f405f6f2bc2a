//! Busy: a machine that is may keep one pong waiting for too long, and so end a sound session.

use std::time::Duration;

use crate::conformance::finding::{Found, Stop};
use crate::conformance::trial::Trial;

/// No machine is as busy as to keep a pong waiting for longer.
const SHORT: Duration = Duration::from_secs(2);
/// Where the server waits for less, what goes wrong must do so as often as this.
const TRIES: u32 = 3;

/// Tries what rests on sessions that live on; where a ping may go unanswered only for a short
/// time, until it goes right or has gone wrong every time.
pub(super) async fn persist(trial: &Trial, run: impl AsyncFn() -> Found) -> Found {
    again_while(trial, run, |found| matches!(found, Err(Stop::Failed(_) | Stop::Unknown(_)))).await
}

/// As [`persist`], but what has failed once has failed: it need not do so every time.
pub(super) async fn insist(trial: &Trial, run: impl AsyncFn() -> Found) -> Found {
    again_while(trial, run, |found| matches!(found, Err(Stop::Unknown(_)))).await
}

async fn again_while(
    trial: &Trial,
    run: impl AsyncFn() -> Found,
    is_open: impl Fn(&Found) -> bool,
) -> Found {
    let is_short = trial.survey().ping_timeout.is_some_and(|timeout| timeout < SHORT);
    let tries = if is_short { TRIES } else { 1 };
    let mut found = run().await;
    for _ in 1..tries {
        if !is_open(&found) {
            break;
        }
        found = run().await;
    }
    found
}
