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
    let shortest = trial.survey().ping_timeout;
    again_while(shortest, run, may_come_right).await
}

/// As [`persist`], of what rests on pings that come in time as well: those of a short interval are
/// as easily late.
pub(super) async fn persist_on_time(trial: &Trial, run: impl AsyncFn() -> Found) -> Found {
    let survey = trial.survey();
    let shortest = survey.ping_timeout.into_iter().chain(survey.ping_interval).min();
    again_while(shortest, run, may_come_right).await
}

fn may_come_right(found: &Found) -> bool {
    matches!(found, Err(Stop::Failed(_) | Stop::Unknown(_)))
}

/// As [`persist`], but what has failed once has failed: it need not do so every time.
pub(super) async fn insist(trial: &Trial, run: impl AsyncFn() -> Found) -> Found {
    let shortest = trial.survey().ping_timeout;
    again_while(shortest, run, |found| matches!(found, Err(Stop::Unknown(_)))).await
}

async fn again_while(
    shortest: Option<Duration>,
    run: impl AsyncFn() -> Found,
    is_open: impl Fn(&Found) -> bool,
) -> Found {
    let tries = if shortest.is_some_and(|shortest| shortest < SHORT) { TRIES } else { 1 };
    let mut found = run().await;
    for _ in 1..tries {
        if !is_open(&found) {
            break;
        }
        found = run().await;
    }
    found
}
