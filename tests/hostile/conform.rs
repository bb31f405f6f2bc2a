//! Conform: a server that keeps the contract with sound connections, and floods all others, while
//! the catalogue of checks is tried on it.

use std::time::Duration;

use serde_json::Value;

use crate::support::binary::CommandLine;
use crate::support::scripted::frame::{agreement, text};
use crate::support::scripted::{Connection, Scripted, Told};

/// For all of it, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(120);
/// Sound clients say something by then.
const SPEAKS_WITHIN: Duration = Duration::from_millis(500);
/// What docs/conformance.md says under Limits, as it is in memory: read, parsed, and on its way.
const MEMORY_MAX: u64 = 768 << 20;
/// They gather members, answer pings by hand, wait for what is not said, open many connections.
const ONLY: &str = "EIO-HTTP-02,EIO-UPG-01,SIO-CON-01,CHAT-DLV-01,CHAT-DLV-02,CHAT-MEM-01,\
                    ROB-02,ROB-03,ROB-12";
const OPEN: &str = r#"0{"sid":"e","upgrades":["websocket"],"pingInterval":500,"pingTimeout":2500}"#;

async fn serve(connection: &mut Connection) -> Told {
    let Ok(request) = tokio::time::timeout(SPEAKS_WITHIN, connection.request()).await else {
        return flood(connection, &[b'x'; 1 << 16]).await;
    };
    let request = request?;
    if request.contains("transport=websocket") {
        connection.write(&agreement(&request)).await?;
        return stand(connection).await;
    }
    match (request.starts_with("POST"), request.contains("&sid=")) {
        (true, _) => connection.answer("200 OK", b"ok").await,
        (false, false) => connection.answer("200 OK", OPEN.as_bytes()).await,
        // As many packets as there are bytes, nearly.
        (false, true) => connection.answer("200 OK", "1\u{1e}".repeat(3 << 20).as_bytes()).await,
    }
}

/// Answers CONNECT, and asks nothing more of whoever goes then; all others are flooded.
async fn stand(connection: &mut Connection) -> Told {
    connection.say(OPEN).await?;
    while let Ok(said) = tokio::time::timeout(SPEAKS_WITHIN, connection.text()).await {
        let said = said?;
        match said.strip_prefix("40") {
            Some("") => connection.say(r#"40{"sid":"s"}"#).await?,
            Some(namespace) => connection.say(&format!("44{namespace}{{}}")).await?,
            None => break,
        }
    }
    let ones = text(&format!(r#"42["onreceive-msg",[{}1]]"#, "1,".repeat(1 << 19)));
    flood(connection, &[ones, text("42[1]").repeat(100_000)].concat()).await
}

async fn flood(connection: &mut Connection, what: &[u8]) -> Told {
    loop {
        connection.write(what).await?;
    }
}

#[test]
fn what_checks_are_sent_has_a_limit_in_all() {
    let server = Scripted::start(async |connection| serve(connection).await);
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report");
    let json = format!("--json={}", report.display());
    let only = format!("--only={ONLY}");
    let arguments = ["conform", &server.url(), &only, "--patience=1s", "--max-wait=3s", &json];
    let ended = CommandLine::new(arguments).run(PATIENCE);
    assert!(matches!(ended.code, Some(1 | 5)), "{ended:#?}");
    let used = ended.memory_bytes_max;
    assert!(used < MEMORY_MAX, "{used} bytes of memory: {ended:#?}");
    let report = std::fs::read_to_string(&report).expect("it was written");
    assert!(
        report.contains("the server sends more than is kept"),
        "no limit was reached: {report}"
    );
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let checks = report["checks"].as_array().expect("checks");
    // That they are not read any more does not mean that the server has closed them.
    let reaped = checks.iter().find(|check| check["id"] == "ROB-12").expect("it was tried");
    assert_ne!(reaped["outcome"], "pass", "{reaped:#}");
}
