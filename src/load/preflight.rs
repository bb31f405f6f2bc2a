//! Preflight: one connection to each target before thousands, so that a target that cannot be
//! used is known at once, and why.

use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;

use super::Brief;
use crate::client::{self, Call, Endpoint, EndpointError, Heard, Listener};
use crate::scenario::TargetUrl;
use crate::time::Timestamp;

const QUOTED_BYTES_MAX: usize = 600;
/// How an alert begins (RFC 8446, section 5.1): what a server of TLS says to plain HTTP.
const TLS_ALERT: &str = "\u{15}\u{3}";
const SILENT: &str =
    "check that a Socket.IO server listens there; `timeouts.connect` gives it longer";
const SPEAKS_TLS: &str = "the server speaks TLS on that port: write its URL with `https://`";

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
/// When one of them is not to be found, or not `within` some time.
pub async fn locate(
    urls: &[TargetUrl],
    path: &str,
    within: Duration,
) -> Result<Vec<Endpoint>, EndpointError> {
    let mut endpoints = Vec::new();
    for url in urls {
        let text = url.to_string();
        let resolved = tokio::time::timeout(within, Endpoint::resolve(&text, path)).await;
        let resolved = resolved.unwrap_or_else(|_| {
            let why = format!("no answer within {}", humantime::format_duration(within));
            let source = std::io::Error::new(ErrorKind::TimedOut, why);
            Err(EndpointError::Lookup { host: url.host.clone(), source })
        });
        endpoints.push(resolved?);
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
        let connected = client::connect(&options, Call::new(endpoint, turn), Rc::new(Deaf)).await;
        let mut client = connected.map_err(|error| TargetError {
            url: endpoint.url.clone(),
            remedy: remedy(&error),
            why: quoted(&error),
        })?;
        client.close();
        tokio::task::yield_now().await;
    }
    Ok(())
}

fn remedy(error: &client::ConnectError) -> &'static str {
    use client::{ConnectError as C, LostReason};
    match error {
        C::Transport(error) => transport_remedy(error),
        C::Timeout { .. } => SILENT,
        C::Refused { .. } => "check `namespace` and `auth` in the scenario",
        C::Driver(_) | C::Lost(LostReason::Driver(_)) => {
            "run it with `client: native`, which says more of what the server does"
        }
        C::Lost(_) => "check that the server speaks Socket.IO protocol 5 there",
        C::NoDriver => "set `client: native`, or build with `--features rust_socketio`",
    }
}

fn transport_remedy(error: &client::TransportError) -> &'static str {
    use client::{OpeningStep, TransportError as T};
    match error {
        T::Dial(error) if error.kind() == ErrorKind::AddrNotAvailable => {
            "give addresses of this machine with --source-ip; `ip address` lists them"
        }
        T::Dial(_) => "check that the server runs, and that host and port are right",
        T::Untrusted(_) => "check the certificate; --insecure accepts any",
        T::Tls(_) => {
            "check that the server speaks TLS on that port; if not, write its URL with `http://`"
        }
        T::NotHttp { begins } if begins.starts_with(TLS_ALERT) => SPEAKS_TLS,
        T::Refused { status: 400, body, .. } if body.contains("HTTPS") => SPEAKS_TLS,
        T::Refused { status: 300..=399, location, .. } if !location.is_empty() => {
            "give the URL that it leads to as the target, without the path of Engine.IO"
        }
        T::Refused { status: 400, .. } => {
            "the server must speak Engine.IO 4 (Socket.IO 3 or later), by the scenario's transport"
        }
        T::Refused { status: 401 | 403, .. } => {
            "give what the server asks for with `headers` or `auth` in the scenario"
        }
        T::Refused { status: 500..=599, .. } => {
            "the server or a proxy before it has failed: look into its log"
        }
        T::Refused { .. } | T::BadUpgrade(_) | T::BadAnswer(_) => {
            "check that a Socket.IO server listens there, and that `path` is its path"
        }
        T::NotHttp { .. } | T::Hangup | T::Broken(_) => {
            "check that a Socket.IO server listens on that port, and whether it speaks TLS"
        }
        T::Timeout { step: OpeningStep::Connection, .. } => {
            "check host and port, and that no firewall is in the way; `timeouts.connect` gives it \
             longer"
        }
        T::Timeout { .. } => SILENT,
    }
}

/// What a server says may be long, and may be meant for a terminal.
fn quoted(error: &client::ConnectError) -> String {
    let mut quoted = String::new();
    for c in error.to_string().chars() {
        if quoted.len() >= QUOTED_BYTES_MAX {
            quoted.push('…');
            break;
        }
        if c.is_control() { quoted.extend(c.escape_default()) } else { quoted.push(c) }
    }
    quoted
}

/// Hears nothing.
struct Deaf;

impl Listener for Deaf {
    fn hear(&self, _heard: Heard<'_>, _at: Timestamp) {}
}
