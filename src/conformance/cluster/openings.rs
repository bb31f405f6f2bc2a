//! Openings: how many new connections fail, of many.

use std::time::Duration;

use crate::conformance::finding::Found;
use crate::conformance::lanes::side_by_side;
use crate::conformance::peer::Via;
use crate::conformance::trial::Trial;

const OPENINGS: usize = 600;
/// Far servers are given fewer.
const PERIOD_MAX: Duration = Duration::from_secs(8);
/// Of 1000.
const FAILURES_MAX: usize = 1;

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
        let opened = open_many(trial, via).await;
        let failed: Vec<&String> = opened.iter().filter_map(|it| it.as_ref().err()).collect();
        is_much |= failed.len() * 1_000 > opened.len() * FAILURES_MAX;
        let why = failed.first().map(|why| format!(" ({why})")).unwrap_or_default();
        remarks.push(format!("{} of {} by {name}{why}", failed.len(), opened.len()));
    }
    let verdict = if is_much { ", more than 0.1 %" } else { "" };
    Ok(format!("failed: {}{verdict}", remarks.join(", ")))
}

/// Each connection that was made, or why it was not.
async fn open_many(trial: &Trial, via: Via) -> Vec<Result<(), String>> {
    let until = trial.clock().now() + PERIOD_MAX;
    let open = async |_| {
        if trial.clock().now() >= until {
            return None;
        }
        Some(match trial.connect(via).await {
            Ok(mut peer) => {
                peer.close().await;
                Ok(())
            }
            Err(stop) => Err(stop.why().to_owned()),
        })
    };
    side_by_side(OPENINGS, open).await.into_iter().flatten().collect()
}
