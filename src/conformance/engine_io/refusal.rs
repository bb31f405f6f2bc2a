//! Refusal: handshakes and sessions that there are not (Engine.IO protocol v4, *Query parameters*).

use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::socket::{Heard, Opening, SocketReader};
use crate::conformance::peer::{Request, Response, shortened};
use crate::conformance::trial::Trial;

const MISSING_POLLING: &str = "If a mandatory query parameter is missing, then the server MUST \
                               respond with an HTTP 400 error status.";
const MISSING_WEBSOCKET: &str = "If a mandatory query parameter is missing, then the server MUST \
                                 close the WebSocket connection.";
const UNKNOWN_SESSION: &str = "The server MUST return an HTTP 400 response if the session ID (from \
                               the `sid` query parameter) is not known.";

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "EIO-HS-03",
        title: "a handshake of no or an unknown protocol revision is refused",
        requirement: MISSING_POLLING,
        section: Section::EngineIo("Query parameters"),
        level: Level::Must,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET without EIO → 400; with EIO `abc`, `5`, empty, `04`, `4.0` → 4xx",
        why: "A client of another revision must learn at once that it cannot talk.",
        differs: "netty-socketio accepts any; servers that serve old clients, too, a missing one.",
        run: |trial| Box::pin(refuses_revisions(trial)),
    },
    Check {
        id: "EIO-HS-03b",
        title: "a handshake of revision 3 or 2 is refused by polling",
        requirement: "A server of revision 4 answers clients of earlier ones with an error, unless \
                      it means to serve them",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET with EIO `3`, `2` → 4xx",
        why: "Clients of revision 3 never answer a ping of revision 4: each connects, is dropped \
              after a heartbeat and connects again.",
        differs: "Served on purpose with `allowEIO3`, by 3.x, by socketioxide with its feature \
                  `v4`, and by netty-socketio.",
        run: |trial| Box::pin(refuses_old_revisions(trial)),
    },
    Check {
        id: "EIO-HS-04",
        title: "no WebSocket is opened for no or an unknown protocol revision",
        requirement: MISSING_WEBSOCKET,
        section: Section::EngineIo("WebSocket"),
        level: Level::Must,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "WebSocket without EIO, with EIO `abc`, `5`, empty → 4xx or closed, no `0{…}`",
        why: "A connection left open without a session is held by both sides for nothing.",
        differs: "4.0.2 and python-socketio on tornado leave it open; netty-socketio opens a \
                  session.",
        run: |trial| Box::pin(refuses_sockets_of_revisions(trial)),
    },
    Check {
        id: "EIO-HS-04b",
        title: "no WebSocket is opened for revision 3 or 2",
        requirement: "A server of revision 4 answers clients of earlier ones with an error, unless \
                      it means to serve them",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "WebSocket with EIO `3`, `2` → 4xx or closed, no `0{…}`",
        why: "Clients of revision 3 never answer a ping of revision 4: each connects, is dropped \
              after a heartbeat and connects again.",
        differs: "Served on purpose with `allowEIO3`, by 3.x, by socketioxide with its feature \
                  `v4`, and by netty-socketio.",
        run: |trial| Box::pin(refuses_sockets_of_old_revisions(trial)),
    },
    Check {
        id: "EIO-HS-05",
        title: "a handshake by no or an unknown transport is refused",
        requirement: MISSING_POLLING,
        section: Section::EngineIo("Query parameters"),
        level: Level::Must,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET without transport → 400; with transport `abc`, empty, `__proto__`, \
               `constructor`, `POLLING` → 4xx",
        why: "Names such as `__proto__` must not reach into the server's own tables.",
        differs: "python-socketio takes a missing or empty one for polling; netty-socketio drops \
                  the connection.",
        run: |trial| Box::pin(refuses_transports(trial)),
    },
    Check {
        id: "EIO-HS-06",
        title: "no WebSocket is opened for no or an unknown transport",
        requirement: MISSING_WEBSOCKET,
        section: Section::EngineIo("WebSocket"),
        level: Level::Must,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "WebSocket without transport, with transport `abc`, empty → 4xx or closed, no \
               `0{…}`",
        why: "A connection left open without a session is held by both sides for nothing.",
        differs: "python-socketio on tornado leaves it open.",
        run: |trial| Box::pin(refuses_sockets_of_transports(trial)),
    },
    Check {
        id: "EIO-HS-06b",
        title: "a request to poll that asks for a WebSocket does not get one",
        requirement: "`transport` […] `websocket` […] Mandatory, the name of the transport.",
        section: Section::EngineIo("WebSocket"),
        level: Level::Should,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "WebSocket with `transport=polling` → 4xx, closed, or an answer as to any poll",
        why: "A session that is both leaves server and proxies in doubt where packets go.",
        differs: "The server on Bun opens a WebSocket.",
        run: |trial| Box::pin(refuses_socket_for_polling(trial)),
    },
    Check {
        id: "EIO-HS-07",
        title: "only GET opens a session",
        requirement: "To establish a connection, the client MUST send an HTTP `GET` request to the \
                      server",
        section: Section::EngineIo("Handshake"),
        level: Level::Should,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST, PUT, DELETE, PATCH, HEAD without sid → 4xx",
        why: "A session for every stray request is memory that strangers fill.",
        differs: "python-socketio says 405, others 400; netty-socketio 200 or 500.",
        run: |trial| Box::pin(refuses_methods(trial)),
    },
    Check {
        id: "EIO-HS-08",
        title: "a poll in a session that there is not gets HTTP 400",
        requirement: UNKNOWN_SESSION,
        section: Section::EngineIo("Receiving data"),
        level: Level::Must,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET with a sid that was never given → 400",
        why: "It is how a client learns, after a restart or behind the wrong node, that it must \
              connect anew.",
        differs: "netty-socketio drops the connection.",
        run: |trial| Box::pin(refuses_poll(trial)),
    },
    Check {
        id: "EIO-HS-08b",
        title: "a poll with a malformed sid opens no session",
        requirement: UNKNOWN_SESSION,
        section: Section::EngineIo("Receiving data"),
        level: Level::Must,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET with sid `__proto__`, `constructor`, 5000 characters → 4xx",
        why: "Names such as `__proto__` must not reach into the server's own tables.",
        differs: "netty-socketio drops the connection.",
        run: |trial| Box::pin(refuses_odd_sids(trial)),
    },
    Check {
        id: "EIO-HS-08c",
        title: "what a poll with an empty sid gets",
        requirement: "Nothing is said of a `sid` that is there and empty",
        section: Section::Practice,
        level: Level::Info,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "GET with `sid=` → 4xx, or a new session",
        why: "It tells two readings of the query apart.",
        differs: "A new session from the official server and python-socketio, 400 from \
                  socketioxide.",
        run: |trial| Box::pin(tells_empty_sid(trial)),
    },
    Check {
        id: "EIO-HS-09",
        title: "a post to a session that there is not gets HTTP 400",
        requirement: UNKNOWN_SESSION,
        section: Section::EngineIo("Sending data"),
        level: Level::Must,
        needs: &[Need::Polling],
        pace: Pace::Together,
        wire: "POST `40` with a sid that was never given → 400",
        why: "A client that is told `ok` believes that what it sent was taken.",
        differs: "netty-socketio drops the connection.",
        run: |trial| Box::pin(refuses_post(trial)),
    },
    Check {
        id: "EIO-HS-10",
        title: "no WebSocket is opened for a session that there is not",
        requirement: "`sid` […] Optional, depending on whether it's an upgrade from HTTP \
                      long-polling or not.",
        section: Section::EngineIo("WebSocket"),
        level: Level::Must,
        needs: &[Need::WebSocket],
        pace: Pace::Together,
        wire: "WebSocket with a sid that was never given → 4xx or closed, no `0{…}`",
        why: "A client whose session went with a restart would wait for its upgrade for ever.",
        differs: "netty-socketio and python-socketio on tornado leave it open.",
        run: |trial| Box::pin(refuses_socket(trial)),
    },
    Check {
        id: "EIO-HS-14",
        title: "a request for a WebSocket that asks for no upgrade is refused",
        requirement: "WebSocket-only session […] GET /engine.io/?EIO=4&transport=websocket […] \
                      HTTP 101",
        section: Section::EngineIo("Handshake"),
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "GET with `transport=websocket` and no `Upgrade` → 4xx",
        why: "Behind a proxy that drops `Upgrade` the client must learn it and go on polling.",
        differs: "The server on Bun opens a session that polls.",
        run: |trial| Box::pin(refuses_without_upgrade(trial)),
    },
];

async fn refuses_revisions(trial: &Trial) -> Found {
    wants_status_400(trial, "transport=polling").await?;
    let revisions = ["abc", "5", "", "04", "4.0"];
    wants_refusals(trial, revisions.map(|it| format!("EIO={it}&transport=polling"))).await
}

async fn refuses_old_revisions(trial: &Trial) -> Found {
    wants_refusals(trial, ["3", "2"].map(|it| format!("EIO={it}&transport=polling"))).await
}

async fn refuses_transports(trial: &Trial) -> Found {
    wants_status_400(trial, "EIO=4").await?;
    let transports = ["abc", "", "__proto__", "constructor", "POLLING"];
    wants_refusals(trial, transports.map(|it| format!("EIO=4&transport={it}"))).await
}

async fn refuses_sockets_of_revisions(trial: &Trial) -> Found {
    wants_no_socket(trial, "transport=websocket").await?;
    for revision in ["abc", "5", ""] {
        wants_no_socket(trial, &format!("EIO={revision}&transport=websocket")).await?;
    }
    fine()
}

async fn refuses_sockets_of_old_revisions(trial: &Trial) -> Found {
    for revision in ["3", "2"] {
        wants_no_socket(trial, &format!("EIO={revision}&transport=websocket")).await?;
    }
    fine()
}

async fn refuses_sockets_of_transports(trial: &Trial) -> Found {
    for query in ["EIO=4", "EIO=4&transport=abc", "EIO=4&transport="] {
        wants_no_socket(trial, query).await?;
    }
    fine()
}

async fn refuses_socket_for_polling(trial: &Trial) -> Found {
    const EXPECTED: &str = "no session on a WebSocket";
    let query = trial.query("polling");
    let request = trial.websocket_request(&query);
    let asked = trial.clock().now();
    let (opening, _) = trial.open(&request).await;
    match opening {
        Opening::Open(reader, _) => wants_end(trial, reader, &query, EXPECTED).await?,
        Opening::Refused(response) if response.status == 200 => {
            return Ok("it is answered as any poll".into());
        }
        Opening::Broken(why) if trial.clock().now().since(asked) >= request.within => {
            return Err(Stop::failed(EXPECTED, why));
        }
        // There is no WebSocket, then.
        Opening::Refused(_) | Opening::Broken(_) => {}
    }
    fine()
}

async fn refuses_methods(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 4xx";
    for method in ["POST", "PUT", "DELETE", "PATCH", "HEAD"] {
        let mut request = trial.request(method, &trial.query("polling"));
        if method != "HEAD" {
            request = request.with_body("40");
        }
        let response = trial.answer(&request, EXPECTED).await?;
        ensure(response.is_refusal(), EXPECTED, || format!("{method}: {}", response.brief()))?;
    }
    fine()
}

async fn refuses_poll(trial: &Trial) -> Found {
    wants_status_400(trial, &format!("EIO=4&transport=polling&sid={}", unknown_sid())).await?;
    fine()
}

async fn refuses_odd_sids(trial: &Trial) -> Found {
    let long = "A".repeat(5_000);
    let sids = ["__proto__", "constructor", &long];
    wants_refusals(trial, sids.map(|it| format!("EIO=4&transport=polling&sid={it}"))).await
}

async fn tells_empty_sid(trial: &Trial) -> Found {
    let request = trial.get(&whole(trial, "EIO=4&transport=polling&sid="));
    let response = trial.make(&request).await.map_err(Stop::unknown)?;
    if opens_session(&response) {
        return Ok("it gets a new session".into());
    }
    Ok(format!("it gets {}", response.brief()))
}

async fn refuses_post(trial: &Trial) -> Found {
    const EXPECTED: &str = "HTTP 400";
    let query = whole(trial, &format!("EIO=4&transport=polling&sid={}", unknown_sid()));
    let response = trial.answer(&trial.request("POST", &query).with_body("40"), EXPECTED).await?;
    ensure(response.status == 400, EXPECTED, || response.brief())?;
    fine()
}

async fn refuses_socket(trial: &Trial) -> Found {
    wants_no_socket(trial, &format!("EIO=4&transport=websocket&sid={}", unknown_sid())).await?;
    fine()
}

async fn refuses_without_upgrade(trial: &Trial) -> Found {
    wants_refusals(trial, ["EIO=4&transport=websocket".into()]).await
}

/// `query`, and what the target's URL adds to every one.
fn whole(trial: &Trial, query: &str) -> String {
    format!("{query}{}", trial.dial().query())
}

/// A session id as servers give them, which none has given.
fn unknown_sid() -> String {
    format!("unknown-{:012x}", rand::random::<u64>() & 0xffff_ffff_ffff)
}

fn opens_session(response: &Response) -> bool {
    response.status == 200 && response.text().contains("\"sid\"")
}

async fn wants_status_400(trial: &Trial, query: &str) -> Result<(), Stop> {
    const EXPECTED: &str = "HTTP 400";
    let response = trial.answer(&trial.get(&whole(trial, query)), EXPECTED).await?;
    ensure(response.status == 400, EXPECTED, || told(query, &response))
}

async fn wants_refusals<const N: usize>(trial: &Trial, queries: [String; N]) -> Found {
    const EXPECTED: &str = "HTTP 4xx";
    for query in queries {
        let response = trial.answer(&trial.get(&whole(trial, &query)), EXPECTED).await?;
        ensure(response.is_refusal(), EXPECTED, || told(&query, &response))?;
    }
    fine()
}

fn told(query: &str, response: &Response) -> String {
    format!("?{}: {}", shortened(query), response.brief())
}

/// Wants a request for a WebSocket to be refused, or the WebSocket to be closed, and no session.
async fn wants_no_socket(trial: &Trial, query: &str) -> Result<(), Stop> {
    const EXPECTED: &str = "an HTTP error, or the connection closed, and no session";
    let request: Request = trial.websocket_request(&whole(trial, query));
    let asked = trial.clock().now();
    let (opening, _) = trial.open(&request).await;
    match opening {
        Opening::Open(reader, _) => wants_end(trial, reader, query, EXPECTED).await,
        Opening::Refused(response) => {
            ensure(response.status >= 400, EXPECTED, || told(query, &response))
        }
        Opening::Broken(why) => {
            let closed = trial.clock().now().since(asked) < request.within;
            ensure(closed, EXPECTED, || format!("?{query}: {why}"))
        }
    }
}

/// Wants a WebSocket to be closed without a handshake on it.
async fn wants_end(
    trial: &Trial,
    mut reader: SocketReader,
    query: &str,
    expected: &str,
) -> Result<(), Stop> {
    let until_end = async {
        loop {
            match reader.next().await {
                Ok(Heard::Text(text)) if text.starts_with('0') => return Err(text),
                Ok(Heard::Close(..)) | Err(_) => return Ok(()),
                Ok(_) => {}
            }
        }
    };
    match tokio::time::timeout(trial.patience().answer, until_end).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(handshake)) => {
            let observed = format!("?{query}: a session, `{}`", shortened(&handshake));
            Err(Stop::failed(expected, observed))
        }
        Err(_) => Err(Stop::failed(expected, format!("?{query}: a WebSocket that stays open"))),
    }
}
