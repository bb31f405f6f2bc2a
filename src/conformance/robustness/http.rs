//! HTTP: requests that are dropped, cut short, or for what there is not.

use tokio::io::AsyncWriteExt;

use super::bytes::speak;
use crate::conformance::finding::{Found, Stop};
use crate::conformance::peer::Request;
use crate::conformance::peer::socket::Opening;
use crate::conformance::trial::Trial;
use crate::conformance::witness::Witness;

const DROPPED: usize = 50;
const BROKEN_POSTS: usize = 5;

pub(super) async fn dropped_openings(trial: &Trial) -> Found {
    let mut witness = Witness::call(trial).await?;
    for number in 0..DROPPED {
        let request = trial.websocket_request(&trial.query("websocket"));
        let head = head_of(trial, &request);
        // Every other one is dropped in the middle of its headers.
        let len = if number % 2 == 0 { head.len() } else { head.len() / 2 };
        say_and_go(trial, &head.as_bytes()[..len]).await?;
    }
    witness.stands("after 50 dropped requests").await?;
    Ok(String::new())
}

pub(super) async fn broken_posts(trial: &Trial) -> Found {
    let mut witness = Witness::call(trial).await?;
    for _ in 0..BROKEN_POSTS {
        let polling = trial.polling().await?;
        let mut request = polling.post("40");
        request = request.with_header("Content-Length", "1000");
        let mut bytes = head_of(trial, &request).into_bytes();
        bytes.extend_from_slice(b"40");
        say_and_go(trial, &bytes).await?;
    }
    witness.stands("after 5 broken posts").await?;
    Ok(String::new())
}

pub(super) async fn odd_upgrades(trial: &Trial) -> Found {
    let mut witness = Witness::call(trial).await?;
    let mut answers = Vec::new();
    let preface = speak(trial, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
    answers.push(format!("HTTP/2 preface: {preface}"));
    witness.stands("after the preface of HTTP/2").await?;
    for (name, request) in odd_requests(trial) {
        let answer = match trial.open(&request).await.0 {
            Opening::Open(..) => "HTTP 101".into(),
            Opening::Refused(response) => format!("HTTP {}", response.status),
            Opening::Broken(why) => why,
        };
        witness.stands(&format!("after a request with {name}")).await?;
        answers.push(format!("{name}: {answer}"));
    }
    Ok(answers.join("; "))
}

fn odd_requests(trial: &Trial) -> Vec<(&'static str, Request)> {
    let query = trial.query("websocket");
    let without = |gone: &str| {
        let mut request = trial.websocket_request(&query);
        request.headers.retain(|(name, _)| name != gone);
        request
    };
    vec![
        ("Upgrade: h2c", without("Upgrade").with_header("Upgrade", "h2c")),
        ("two Upgrades", trial.websocket_request(&query).with_header("Upgrade", "h2c")),
        ("Connection: close", without("Connection").with_header("Connection", "close")),
        ("no key", without("Sec-WebSocket-Key")),
        (
            "CR LF in the sid",
            trial.websocket_request(&format!("{query}&sid=%0d%0aX-Chatbench:%20in")),
        ),
        ("NUL in the sid", trial.websocket_request(&format!("{query}&sid=%00"))),
        ("broken escapes", trial.websocket_request(&format!("{query}&sid=%zz%"))),
        ("a query of 64 kB", trial.websocket_request(&format!("{query}&x={}", "x".repeat(65_536)))),
    ]
}

fn head_of(trial: &Trial, request: &Request) -> String {
    let endpoint = trial.dial().endpoint();
    request.head(&endpoint.path, &endpoint.authority)
}

/// Says `bytes` on a connection of its own, and ends that without reading.
async fn say_and_go(trial: &Trial, bytes: &[u8]) -> Result<(), Stop> {
    let mut stream = trial.dial().connect().await.map_err(Stop::unknown)?;
    trial.scribe().sent(String::from_utf8_lossy(bytes));
    // What cannot be said any more need not be.
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
    Ok(())
}
