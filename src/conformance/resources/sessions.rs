//! Sessions: those that are left without a word, and those that are ended with one.

use std::time::Duration;

use super::batches::{files_return_to, process_of, stay_flat};
use crate::conformance::finding::{Found, Stop, ensure};
use crate::conformance::lanes::side_by_side;
use crate::conformance::peer::socket::{Frame, Heard, Opening, SocketReader, SocketWriter};
use crate::conformance::peer::{Polling, Via};
use crate::conformance::trial::Trial;
use crate::transport::http::query_value;

const ABANDONED: usize = 500;
/// A server that looks after its sessions now and then does so in that time.
const AFTER_HEARTBEAT: Duration = Duration::from_secs(2);
const UNFINISHED: usize = 100;
/// Of so many it is asked whether they are still there.
const ASKED: usize = 20;
const CLOSED_PROPERLY: usize = 50;
/// What common servers give an upgrade (`upgradeTimeout`).
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
const EXPECTED: &str = "the session is unknown afterwards";

pub(super) async fn are_freed(trial: &Trial) -> Found {
    let heartbeat = trial.survey().heartbeat().unwrap_or_default();
    // Two batches, for each waits for a heartbeat.
    stay_flat(trial, 2, async |_| {
        let opened = side_by_side(ABANDONED, async |_| trial.polling().await).await;
        let abandoned = opened.into_iter().collect::<Result<Vec<Polling>, Stop>>()?;
        trial.pause(heartbeat + AFTER_HEARTBEAT).await;
        are_unknown(&abandoned).await
    })
    .await
}

pub(super) async fn that_never_upgrade_are_freed(trial: &Trial) -> Found {
    let heartbeat = trial.survey().heartbeat().unwrap_or_default();
    let (mut sessions, mut probes) = (Vec::new(), Vec::new());
    for _ in 0..UNFINISHED {
        let polling = trial.polling().await?;
        // At once: with a short heartbeat the first are freed before the last are opened.
        probes.push(probe(trial, &polling).await?);
        sessions.push(polling);
    }
    let until =
        trial.clock().now() + UPGRADE_TIMEOUT.max(heartbeat * 3 / 2) + trial.patience().answer;
    let mut standing = 0;
    for (reader, _writer) in &mut probes {
        let left = until.since(trial.clock().now());
        let ended =
            async { while !matches!(reader.next().await, Ok(Heard::Close(..)) | Err(_)) {} };
        standing += usize::from(tokio::time::timeout(left, ended).await.is_err());
    }
    ensure(standing == 0, "the server closes each", || format!("{standing} stand"))?;
    // One that ends an idle probe need not end its session, which is then freed as any other.
    trial.pause(heartbeat * 3 / 2).await;
    are_unknown(&sessions).await?;
    Ok(String::new())
}

/// Wants polls of some of `sessions` to be refused.
async fn are_unknown(sessions: &[Polling]) -> Result<(), Stop> {
    for polling in sessions.iter().step_by((sessions.len() / ASKED).max(1)) {
        let ask = async || {
            let answer = polling.make(&polling.get()).await;
            answer.map_err(|why| Stop::failed(EXPECTED, why))
        };
        let mut answer = ask().await?;
        if !answer.is_refusal() {
            // What was meant for the session may be handed out once more.
            answer = ask().await?;
        }
        ensure(answer.is_refusal(), EXPECTED, || answer.brief())?;
    }
    Ok(())
}

/// Begins an upgrade of `polling`'s session.
async fn probe(trial: &Trial, polling: &Polling) -> Result<(SocketReader, SocketWriter), Stop> {
    let query = format!("{}&sid={}", trial.query("websocket"), query_value(&polling.sid));
    match trial.open(&trial.websocket_request(&query)).await.0 {
        Opening::Open(reader, writer) => {
            writer.send(&[Frame::text("2probe")]).await.map_err(Stop::unknown)?;
            Ok((reader, writer))
        }
        Opening::Refused(response) => Err(Stop::unknown(response.brief())),
        Opening::Broken(why) => Err(Stop::unknown(why)),
    }
}

pub(super) async fn say_goodbye(trial: &Trial) -> Found {
    let process = process_of(trial)?;
    // What the first of each kind opens for good is not counted.
    meet(trial, 1).await?;
    trial.pause(trial.patience().quiet).await;
    let before = process.kept()?.files;
    meet(trial, CLOSED_PROPERLY).await?;
    files_return_to(trial, process, before).await
}

/// So many sessions by each transport, all open at once, then closed.
async fn meet(trial: &Trial, count: usize) -> Result<(), Stop> {
    let mut peers = Vec::new();
    let survey = trial.survey();
    for (via, has) in [(Via::WebSocket, survey.websocket), (Via::Polling, survey.polling)] {
        for _ in 0..if has { count } else { 0 } {
            peers.push(trial.connect(via).await?);
        }
    }
    for peer in &mut peers {
        peer.close().await;
    }
    // Who closes a WebSocket waits for the other side to do so, too (RFC 6455, section 7.1.1).
    let until = trial.clock().now() + trial.patience().answer;
    for peer in &mut peers {
        let _ = peer.end(until.since(trial.clock().now())).await;
    }
    Ok(())
}
