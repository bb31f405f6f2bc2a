//! Session: what CONNECT says of it, and how one is asked for again.

use serde_json::{Value, json};

use crate::conformance::finding::{Found, Stop, ensure};
use crate::conformance::peer::{Missing, Packet, Peer};
use crate::conformance::trial::{Trial, granted};

pub(super) async fn is_offered(trial: &Trial) -> Found {
    let peer = trial.connect(trial.via()).await?;
    Ok(match pid_of(&peer) {
        Some(_) => "it is: CONNECT is answered with a pid".into(),
        None => "it is not: CONNECT is answered without a pid".into(),
    })
}

pub(super) async fn unknown_is_new(trial: &Trial) -> Found {
    const EXPECTED: &str = "a new session, with an id of its own";
    const GONE: usize = 5;
    const UNKNOWN: &str = "chatbench-no-such-session";
    let known = trial.connect(trial.via()).await?;
    let mut own = vec![known.id().unwrap_or_default().to_owned()];
    // And those that could be asked for again, by whoever knows their pids.
    for _ in 0..GONE {
        let gone = trial.connect(trial.via()).await?;
        own.push(gone.id().unwrap_or_default().to_owned());
        gone.cut().await;
    }
    trial.pause(trial.patience().quiet).await;
    for offset in [Some(UNKNOWN), None] {
        let mut peer = trial.session(trial.via()).await?;
        let answer = ask(trial, &mut peer, UNKNOWN, offset).await?;
        let answer = answer.map_err(|missing| peer.instead(EXPECTED, &missing))?;
        let sid = answer["sid"].as_str().unwrap_or_default();
        let is_new = ![UNKNOWN, ""].contains(&sid) && !own.iter().any(|own| own == sid);
        ensure(is_new, EXPECTED, || match own.iter().any(|own| own == sid) {
            true => format!("somebody else's session: {answer}"),
            false => answer.to_string(),
        })?;
        let works = peer.round_trip().await;
        works.map_err(|missing| peer.instead("a session that works", &missing))?;
    }
    Ok(String::new())
}

/// The private id of `peer`'s session.
pub(super) fn pid_of(peer: &Peer) -> Option<String> {
    Some(peer.connected.as_ref()?.get("pid")?.as_str()?.to_owned())
}

/// Asks for the session `pid`; gives the data of CONNECT's answer.
///
/// # Errors
/// Unknown, when the connection takes nothing; the inner one says what came instead.
pub(super) async fn ask(
    trial: &Trial,
    peer: &mut Peer,
    pid: &str,
    offset: Option<&str>,
) -> Result<Result<Value, Missing>, Stop> {
    // What lets a client in, it has to say again.
    let mut auth: Value = serde_json::from_str(&trial.target().auth).unwrap_or_default();
    if !auth.is_object() {
        auth = json!({});
    }
    auth["pid"] = pid.into();
    if let Some(offset) = offset {
        auth["offset"] = offset.into();
    }
    let prefix = trial.prefix();
    peer.send(format!("40{prefix}{auth}")).await?;
    let is_granted = |packet: &Packet| granted(packet, &prefix);
    let answer = peer.wait_for(trial.patience().answer, is_granted).await;
    if let Ok(answer) = &answer {
        peer.connected = Some(answer.clone());
    }
    Ok(answer)
}
