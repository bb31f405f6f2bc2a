//! Preflight: one connection to each target before thousands, so that a target that cannot be
//! used is known at once, and why.

use std::rc::Rc;

use super::Brief;
use crate::client::{self, Endpoint, EndpointError, Heard, Listener};
use crate::scenario::TargetUrl;
use crate::time::Timestamp;

/// Why a target cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("no client can connect to {url}: {why}")]
pub struct TargetError {
    url: String,
    why: String,
    remedy: &'static str,
}

impl TargetError {
    /// What may help.
    pub fn remedy(&self) -> &str {
        self.remedy
    }
}

/// Looks up where each of `urls` is, below which Engine.IO answers at `path`.
///
/// # Errors
/// When one of them is not to be found.
pub async fn locate(urls: &[TargetUrl], path: &str) -> Result<Vec<Endpoint>, EndpointError> {
    let mut endpoints = Vec::new();
    for url in urls {
        endpoints.push(Endpoint::resolve(&url.to_string(), path).await?);
    }
    Ok(endpoints)
}

/// Connects once to each target of `brief` and goes away again.
///
/// Must run on a [`tokio::runtime::LocalRuntime`].
///
/// # Errors
/// When one of them cannot be connected to.
pub async fn preflight(brief: &Brief) -> Result<(), TargetError> {
    let options = brief.client_options();
    for (turn, endpoint) in brief.endpoints.iter().enumerate() {
        let connected = client::connect(&options, endpoint, turn, Rc::new(Deaf)).await;
        let mut client = connected.map_err(|error| TargetError {
            url: endpoint.url.clone(),
            remedy: remedy(&error),
            why: error.to_string(),
        })?;
        client.close();
        tokio::task::yield_now().await;
    }
    Ok(())
}

fn remedy(error: &client::ConnectError) -> &'static str {
    use client::{ConnectError as C, TransportError as T};
    match error {
        C::Transport(T::Dial(_)) => "check that the server runs, and that host and port are right",
        C::Transport(T::Tls(_)) => {
            "check the certificate; --insecure accepts any, and http:// speaks no TLS"
        }
        C::Transport(T::Refused { status: 400, .. }) => {
            "the server must speak Engine.IO 4 (Socket.IO 3 or later) over WebSocket"
        }
        C::Transport(T::Refused { status: 401 | 403, .. }) => {
            "give what the server asks for with `headers` or `auth` in the scenario"
        }
        C::Transport(T::Refused { .. } | T::BadUpgrade(_)) => {
            "check that a Socket.IO server listens there, and that `path` is its path"
        }
        C::Transport(T::NotHttp { .. } | T::Hangup | T::Broken(_)) => {
            "check that a Socket.IO server listens on that port, and whether it speaks TLS"
        }
        C::Transport(T::Timeout(_)) | C::Timeout { .. } => {
            "check that a Socket.IO server listens there; `timeouts.connect` gives it longer"
        }
        C::Refused { .. } => "check `namespace` and `auth` in the scenario",
        C::Lost(_) | C::Driver(_) => "check that the server speaks Socket.IO protocol 5 there",
        C::NoDriver => "set `client: native`, or build with `--features rust_socketio`",
    }
}

/// Hears nothing.
struct Deaf;

impl Listener for Deaf {
    fn hear(&self, _heard: Heard<'_>, _at: Timestamp) {}
}
