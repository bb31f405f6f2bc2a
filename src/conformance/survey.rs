//! Survey: what a server says of itself before anything is tried.

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use super::awake::Hook;
use super::fingerprint::{self, Family};
use super::peer::{Dial, Via};
use super::target::Target;
use super::trial::Trial;

/// What a server says of itself.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Whether it opens a session by HTTP long-polling.
    pub polling: bool,
    /// Whether it opens a session by WebSocket.
    pub websocket: bool,
    /// Whether it offers one that polls to upgrade to a WebSocket.
    pub offers_websocket: bool,
    /// How often it means to ping.
    pub ping_interval: Option<Duration>,
    /// How long a ping may go unanswered.
    pub ping_timeout: Option<Duration>,
    /// The longest payload it takes, in bytes.
    pub payload_bytes_max: Option<u64>,
    /// Whether it offers connection state recovery.
    pub recovery: bool,
    /// Hooks that the dialect names, and that were not answered.
    pub silent_hooks: Vec<Hook>,
    /// What it is, as far as it shows.
    pub family: Family,
}

/// Why nothing can be tried.
#[derive(Debug, thiserror::Error)]
#[error("no check can be tried on {url}: {why}")]
pub struct SurveyError {
    url: String,
    why: String,
}

impl SurveyError {
    pub(super) fn interrupted(target: &Target) -> SurveyError {
        let url = target.endpoint.url.clone();
        SurveyError { url, why: "interrupted before it had said what it is".into() }
    }
}

impl Survey {
    /// Opens one session by each transport and reads what the server says of itself.
    ///
    /// # Errors
    /// When there is no server, or it opens no session by either transport.
    pub(super) async fn take(target: &Rc<Target>, dial: &Dial) -> Result<Survey, SurveyError> {
        let trial = Trial::new(target, &Rc::default(), (dial.clone(), None), String::new());
        let refused = |why| SurveyError { url: target.endpoint.url.clone(), why };
        drop(dial.connect().await.map_err(refused)?);
        let polling = trial.polling().await;
        let websocket = trial.session(Via::WebSocket).await;
        let handshake = match (&polling, &websocket) {
            (_, Ok(peer)) => &peer.handshake,
            (Ok(polling), Err(_)) => &polling.handshake,
            (Err(polling), Err(websocket)) => {
                return Err(refused(format!("{}; {}", polling.why(), websocket.why())));
            }
        };
        let millis = |name: &str| {
            let millis = handshake[name].as_f64().filter(|millis| (0.0..1e9).contains(millis));
            millis.map(|millis| Duration::from_micros((millis * 1e3) as u64))
        };
        let mut survey = Survey {
            polling: polling.is_ok(),
            websocket: websocket.is_ok(),
            offers_websocket: polling.as_ref().is_ok_and(|it| offers_websocket(&it.handshake)),
            ping_interval: millis("pingInterval"),
            ping_timeout: millis("pingTimeout"),
            payload_bytes_max: handshake["maxPayload"].as_u64(),
            recovery: false,
            silent_hooks: Vec::new(),
            family: fingerprint::recognise(&trial).await,
        };
        let via = if survey.websocket { Via::WebSocket } else { Via::Polling };
        if let Ok(mut peer) = trial.connect(via).await {
            let connected = peer.connected.as_ref();
            survey.recovery = connected.is_some_and(|data| data["pid"].is_string());
            for hook in Hook::ALL.into_iter().filter(|hook| trial.has(*hook)) {
                let answers = trial.answers(&mut peer, &target.namespace, hook).await;
                if !answers.unwrap_or(false) {
                    survey.silent_hooks.push(hook);
                }
            }
        }
        Ok(survey)
    }

    /// One whole heartbeat: from a ping to the moment at which a server gives up.
    pub(super) fn heartbeat(&self) -> Option<Duration> {
        Some(self.ping_interval? + self.ping_timeout?)
    }
}

/// Whether a handshake says that the session may upgrade to a WebSocket.
fn offers_websocket(handshake: &Value) -> bool {
    let upgrades = handshake["upgrades"].as_array();
    upgrades.is_some_and(|upgrades| upgrades.iter().any(|upgrade| upgrade == "websocket"))
}
