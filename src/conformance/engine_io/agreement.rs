//! Agreement: how a WebSocket is asked for and granted (RFC 6455, section 4).

use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::Request;
use crate::conformance::trial::Trial;
use tungstenite::handshake::derive_accept_key;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-WS-11",
        title: "whether the server agrees to compress messages",
        requirement: "A server may accept the extension permessage-deflate that a client offers.",
        section: Section::Rfc(7692, "7"),
        level: Level::Info,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "GET with `Sec-WebSocket-Extensions: permessage-deflate` → 101",
        why: "Compression costs the server memory for every connection.",
        differs: "uvicorn, aiohttp and netty-socketio accept it.",
        run: |trial| Box::pin(tells_compression(trial)),
    },
    Check {
        id: "EIO-WS-12",
        title: "an unknown version of the WebSocket protocol is refused",
        requirement: "If this version does not match a version understood by the server, the \
                      server MUST abort the WebSocket handshake […] and instead send an \
                      appropriate HTTP error code (such as 426 Upgrade Required)",
        section: Section::WebSocket("4.2.2"),
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "GET with `Sec-WebSocket-Version: 7` → 4xx",
        why: "A client of another version would take the frames for something else.",
        differs: "socketioxide, aiohttp, netty-socketio and gevent accept it.",
        run: |trial| Box::pin(refuses_version(trial)),
    },
    Check {
        id: "EIO-WS-12b",
        title: "the agreement to a WebSocket shows that its request was read",
        requirement: "If the response lacks a |Sec-WebSocket-Accept| header field or the \
                      |Sec-WebSocket-Accept| contains a value other than the base64-encoded \
                      SHA-1 of the concatenation of the |Sec-WebSocket-Key| […], the client MUST \
                      _Fail the WebSocket Connection_.",
        section: Section::WebSocket("4.1"),
        level: Level::Must,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "GET with a key → 101 with `Upgrade`, `Connection` and the accept of that key",
        why: "Browsers refuse a WebSocket whose agreement is another's, such as a cache's.",
        differs: "",
        run: |trial| Box::pin(agrees_to_the_key(trial)),
    },
    Check {
        id: "EIO-WS-13",
        title: "a request for a WebSocket without a key is refused",
        requirement: "If the server […] finds that the client did not send a handshake that \
                      matches the description […] the server MUST stop processing the client's \
                      handshake and return an HTTP response with an appropriate error code",
        section: Section::WebSocket("4.2.1"),
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "GET without `Sec-WebSocket-Key` → 4xx, or closed",
        why: "A malformed request must not be taken, nor do harm.",
        differs: "bun answers 500.",
        run: |trial| Box::pin(refuses_missing_key(trial)),
    },
];

/// The request for a WebSocket without the header `name`.
fn without(trial: &Trial, name: &str) -> Request {
    let mut request = trial.websocket_request(&trial.query("websocket"));
    request.headers.retain(|(said, _)| !said.eq_ignore_ascii_case(name));
    request
}

async fn tells_compression(trial: &Trial) -> Found {
    let request = trial.websocket_request(&trial.query("websocket"));
    let request = request.with_header("Sec-WebSocket-Extensions", "permessage-deflate");
    let response = trial.make(&request).await.map_err(Stop::unknown)?;
    if response.status != 101 {
        return Ok(format!("a request that offers it is refused: {}", response.brief()));
    }
    match response.header("sec-websocket-extensions") {
        Some(extensions) => Ok(format!("it agrees to {extensions}")),
        None => Ok("it does not".into()),
    }
}

async fn refuses_version(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 4xx to version 7";
    let request = without(trial, "Sec-WebSocket-Version").with_header("Sec-WebSocket-Version", "7");
    let response = trial.answer(&request, EXPECTED).await?;
    ensure(response.is_refusal(), EXPECTED, || response.brief())?;
    match response.header("sec-websocket-version") {
        Some(_) => fine(),
        None => Ok("it does not say which version it understands".into()),
    }
}

async fn agrees_to_the_key(trial: &Trial) -> Found {
    const EXPECTED: &str = "`Upgrade: websocket`, `Connection: Upgrade`, and the key's accept";
    let request = trial.websocket_request(&trial.query("websocket"));
    let key = request.header("Sec-WebSocket-Key").unwrap_or_default();
    let accept = derive_accept_key(key.as_bytes());
    let response = trial.make(&request).await.map_err(Stop::unknown)?;
    if response.status != 101 {
        return Err(Stop::unknown(format!("no WebSocket: {}", response.brief())));
    }
    let said = |name| response.header(name).unwrap_or_default();
    let is_said = |name, wanted: &str| {
        said(name).split(',').any(|token| token.trim().eq_ignore_ascii_case(wanted))
    };
    let agrees = is_said("upgrade", "websocket")
        && is_said("connection", "upgrade")
        && said("sec-websocket-accept") == accept;
    ensure(agrees, EXPECTED, || {
        let names = ["upgrade", "connection", "sec-websocket-accept"];
        let told = names.map(|name| format!("{name}: {}", said(name))).join(", ");
        format!("{told}; the accept of {key} is {accept}")
    })?;
    fine()
}

async fn refuses_missing_key(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 4xx, or the end of the connection";
    let request = without(trial, "Sec-WebSocket-Key");
    let asked_at = trial.clock().now();
    match trial.make(&request).await {
        Ok(response) => {
            ensure(response.is_refusal(), EXPECTED, || response.brief())?;
            fine()
        }
        Err(why) if trial.clock().now().since(asked_at) < request.within => Ok(why),
        Err(why) => Err(Stop::failed(EXPECTED, why)),
    }
}
