//! Attachments: binary, in rooms whose members are connected in different ways.

use crate::conformance::chat::member::assemble;
use crate::conformance::chat::raw::Raw;
use crate::conformance::finding::{Found, fine};
use crate::conformance::peer::Via;
use crate::conformance::trial::Trial;

/// No text in any encoding.
const BYTES: [u8; 4] = [0x01, 0x02, 0x03, 0xff];

pub(super) async fn reach_websocket_then_poller(trial: &Trial) -> Found {
    reach(trial, &[Via::WebSocket, Via::WebSocket, Via::Polling]).await
}

pub(super) async fn reach_poller_then_websocket(trial: &Trial) -> Found {
    reach(trial, &[Via::WebSocket, Via::Polling, Via::WebSocket]).await
}

async fn reach(trial: &Trial, ways: &[Via]) -> Found {
    let raw = Raw::of(trial)?;
    let room = trial.room("binary");
    let mut members = assemble(trial, &room, ways).await?;
    raw.say_binary(&members[0], &room, &BYTES).await?;
    for member in &mut members[1..] {
        raw.hear_binary(member, &BYTES).await?;
    }
    fine()
}
