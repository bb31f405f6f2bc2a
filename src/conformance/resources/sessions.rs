//! Sessions: those that are left without a word, and those that are ended with one.

use std::time::Duration;

use super::batches::{files_return_to, is_flat, process_of};
use crate::conformance::finding::{Found, Stop, ensure};
use crate::conformance::peer::socket::{Frame, Opening, SocketReader, SocketWriter};
use crate::conformance::peer::{Polling, Via};
use crate::conformance::trial::Trial;

const ABANDONED: usize = 500;
const UNFINISHED: usize = 100;
/// Of so many abandoned sessions it is asked whether they are still there.
const ASKED: usize = 20;
const CLOSED_PROPERLY: usize = 50;

pub(super) async fn are_freed(trial: &Trial) -> Found {
    const EXPECTED: &str = "a session that nobody polls is unknown after the heartbeat";
    let process = process_of(trial)?;
    let heartbeat = trial.survey().heartbeat().unwrap_or_default();
    let mut memory = Vec::new();
    for _ in 0..2 {
        let (mut abandoned, mut probes) = (Vec::new(), Vec::new());
        for number in 0..ABANDONED {
            let polling = trial.polling().await?;
            // At once: with a short heartbeat the first are freed before the last are opened.
            if number < UNFINISHED && trial.survey().websocket {
                probes.push(probe(trial, &polling).await?);
            }
            abandoned.push(polling);
        }
        trial.pause(heartbeat * 3 / 2 + Duration::from_secs(1)).await;
        for polling in abandoned.iter().step_by(ABANDONED / ASKED) {
            // A poll that is answered by a ping is one that a session stands behind.
            let answer = polling.make(&polling.get()).await;
            let answer = answer.map_err(|why| Stop::failed(EXPECTED, why))?;
            ensure(answer.is_refusal(), EXPECTED, || answer.brief())?;
        }
        drop(probes);
        trial.pause(trial.patience().quiet).await;
        memory.push(process.kept()?.memory_bytes);
    }
    is_flat(&memory)
}

/// Begins an upgrade of `polling`'s session.
async fn probe(trial: &Trial, polling: &Polling) -> Result<(SocketReader, SocketWriter), Stop> {
    let query = format!("{}&sid={}", trial.query("websocket"), polling.sid);
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
        let _ = peer.end(until.since(trial.clock().now().min(until))).await;
    }
    Ok(())
}
