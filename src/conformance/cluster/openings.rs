//! Openings: how many new connections fail, of many.

use std::cell::Cell;
use std::time::Duration;

use crate::conformance::finding::{Found, Stop};
use crate::conformance::peer::Via;
use crate::conformance::trial::Trial;

const OPENINGS: u32 = 600;
const AT_A_TIME: usize = 16;
/// Far servers are given fewer.
const PERIOD_MAX: Duration = Duration::from_secs(8);
/// Of 1000.
const FAILURES_MAX: f64 = 1.0;

/// What became of the connections of one kind.
#[derive(Default)]
struct Tally {
    opened: Cell<u32>,
    failed: Cell<u32>,
    why: Cell<Option<String>>,
}

pub(super) async fn fail_rarely(trial: &Trial) -> Found {
    let mut remarks = Vec::new();
    let mut is_much = false;
    for (via, name, has) in [
        (Via::WebSocket, "WebSocket", trial.survey().websocket),
        (Via::Polling, "polling", trial.survey().polling),
    ] {
        if !has {
            continue;
        }
        let tally = open_many(trial, via).await;
        let (opened, failed) = (tally.opened.get(), tally.failed.get());
        is_much |= f64::from(failed) * 1_000.0 > f64::from(opened) * FAILURES_MAX;
        let why = tally.why.take().map(|why| format!(" ({why})")).unwrap_or_default();
        remarks.push(format!("{failed} of {opened} by {name}{why}"));
    }
    let verdict = if is_much { ", more than 0.1 %" } else { "" };
    Ok(format!("failed: {}{verdict}", remarks.join(", ")))
}

async fn open_many(trial: &Trial, via: Via) -> Tally {
    let tally = Tally::default();
    let until = trial.clock().now() + PERIOD_MAX;
    let one_after_another = || async {
        while tally.opened.get() < OPENINGS && trial.clock().now() < until {
            tally.opened.set(tally.opened.get() + 1);
            match trial.connect(via).await {
                Ok(mut peer) => peer.close().await,
                Err(stop) => {
                    tally.failed.set(tally.failed.get() + 1);
                    tally.why.set(Some(words(stop)));
                }
            }
        }
    };
    let mut lanes: Vec<_> = (0..AT_A_TIME).map(|_| Box::pin(one_after_another())).collect();
    std::future::poll_fn(|cx| {
        lanes.retain_mut(|lane| lane.as_mut().poll(cx).is_pending());
        if lanes.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    drop(lanes);
    tally
}

fn words(stop: Stop) -> String {
    match stop {
        Stop::Unknown(why) | Stop::NotApplicable(why) => why,
        Stop::Failed(failure) => failure.observed,
    }
}
