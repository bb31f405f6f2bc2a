//! Gate: how it ends on a server with a fault, with a baseline and without.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use expect_test::expect;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::conform;
use crate::cli::PATIENCE;
use crate::cli::redacted::redacted;
use crate::cli::schema::schema;
use crate::support::binary::{CommandLine, Ended};
use crate::support::served::Served;

const ONLY: &str = "--only=EIO-HS-01,CHAT-DLV-01";

/// Where a file is in `folder`, behind a flag.
fn flag(name: &str, folder: &TempDir) -> String {
    format!("--{name}={}", folder.path().join(name).display())
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("it was written")
}

fn ends(ended: &Ended, code: i32, line: &str) {
    assert_eq!(ended.code, Some(code), "{ended:#?}");
    assert_eq!(ended.stdout.lines().last(), Some(line), "{ended:#?}");
}

#[test]
fn a_faulty_server_fails_and_the_report_says_how() {
    let served = Served::start(&["--fault", "duplicate"]);
    let folder = tempfile::tempdir().expect("a folder");
    let json = flag("json", &folder);
    let ended =
        conform(&[served.url(), "--only=CHAT-DLV-01", "--auth={\"token\":\"secret7\"}", &json]);
    ends(&ended, 1, "exit 1 violations");
    assert_eq!(ended.stderr, "");
    let is_wire = |line: &&str| {
        [" -> ", " <- ", " -- ", "the report as JSON has"].iter().any(|way| line.contains(way))
    };
    let text: Vec<_> = ended.stdout.lines().filter(|line| !is_wire(line)).collect();
    expect![[r#"
        chatbench # · conform · http://#:# · #-#-#T#:#:#Z socketioxide; polling and WebSocket; a ping every #, to be answered within #; payloads of up to # MB. # check in #; # of the catalogue were not asked for.

        Chat delivery # failed

        failures # check

        ✗ CHAT-DLV-# MUST a member hears a message once, and as it was sent
        requires Everyone in the room but the sender receives the message, its payload unchanged (the chat contract)
        expected b hears it once
        observed b heard it again
        again chatbench conform http://#:# '--auth={"token":"…"}' --only CHAT-DLV-#

        verdict FAIL: # of # check that applies breaks the gate
        reproduce chatbench conform http://#:# --only=CHAT-DLV-# '--auth={"token":"…"}'
        exit # violations"#]].assert_eq(&redacted(&text.join("\n")));
    assert!(ended.stdout.lines().any(|line| line.contains("#2 <- 42[\"onreceive-msg\"")));
    let report: Value = serde_json::from_str(&read(folder.path(), "json")).expect("JSON");
    let schema = jsonschema::validator_for(&schema("conform")).expect("a schema");
    let wrong: Vec<_> = schema.iter_errors(&report).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    // Neither in what was sent nor in how it was started.
    let said = format!("{report}{}", ended.stdout);
    assert!(said.contains("token") && !said.contains("secret7"), "{said}");
}

/// Longer than a line of a transcript is, so that it is cut there.
#[test]
fn a_long_secret_is_in_no_report() {
    let served = Served::start(&["--fault", "duplicate"]);
    let folder = tempfile::tempdir().expect("a folder");
    let token: String = (0..400).map(|at| char::from(b'a' + (at * 7 % 26) as u8)).collect();
    let reports = ["json", "junit", "tap", "markdown", "text"].map(|name| flag(name, &folder));
    let auth = format!("{{\"token\":\"{token}\"}}");
    let mut line = vec!["conform", served.url(), "--only=CHAT-DLV-01", "--auth", &auth];
    line.extend(reports.iter().map(String::as_str));
    let ended = CommandLine::new(line).run(PATIENCE);
    ends(&ended, 1, "exit 1 violations");
    let written = ["json", "junit", "tap", "markdown", "text"].map(|it| read(folder.path(), it));
    for said in written.iter().chain([&ended.stdout]) {
        assert!(said.contains("token") && !said.contains(&token[..20]), "{said}");
    }
}

#[test]
fn the_command_that_tries_one_check_again_does() {
    let served = Served::start(&["--fault", "duplicate"]);
    let folder = tempfile::tempdir().expect("a folder");
    let line = CommandLine::new(["conform", served.url(), &flag("json", &folder)]);
    let ended = line.env("CHATBENCH_ONLY", "EIO-HS-01,CHAT-DLV-01").run(PATIENCE);
    ends(&ended, 1, "exit 1 violations");
    let report: Value = serde_json::from_str(&read(folder.path(), "json")).expect("JSON");
    let checks = report["checks"].as_array().expect("checks");
    let failed = checks.iter().find(|check| check["outcome"] == "fail").expect("one that failed");
    let again = CommandLine::of_shell(failed["command"].as_str().expect("a command")).run(PATIENCE);
    ends(&again, 1, "exit 1 violations");
    assert!(again.stdout.contains("  1 check in "), "{again:#?}");
}

#[test]
fn a_baseline_excuses_what_is_in_it_and_tells_what_got_better() {
    let folder = tempfile::tempdir().expect("a folder");
    let baseline = folder.path().join("baseline");
    let (write, held_to) = (
        format!("--write-baseline={}", baseline.display()),
        format!("--baseline={}", baseline.display()),
    );
    let faulty = Served::start(&["--fault", "duplicate"]);
    ends(&conform(&[faulty.url(), ONLY, &write]), 0, "exit 0 pass");
    let written = std::fs::read_to_string(&baseline).expect("it was written");
    assert!(written.contains("\nCHAT-DLV-01 fail  # MUST "), "{written}");
    ends(&conform(&[faulty.url(), ONLY, &held_to]), 0, "exit 0 pass");
    let sound = Served::start(&[]);
    let ended = conform(&[sound.url(), ONLY, &held_to]);
    ends(&ended, 0, "exit 0 pass");
    assert!(ended.stdout.contains("CHAT-DLV-01 passes now; remove it from the baseline"));
    std::fs::write(&baseline, "EIO-HS-01 fail\n").expect("a file");
    let ended = conform(&[faulty.url(), ONLY, &held_to]);
    ends(&ended, 1, "exit 1 violations");
    assert!(ended.stdout.contains("· not in the baseline"), "{ended:#?}");
    std::fs::write(&baseline, "EIO-HS-1 fail\n").expect("a file");
    let ended = conform(&[sound.url(), ONLY, &held_to]);
    assert_eq!((ended.code, ended.last_line()), (Some(2), "exit 2 usage"));
    assert!(ended.stderr.contains("baseline:1: there is no check `EIO-HS-1`"), "{ended:#?}");
}

#[test]
fn nothing_that_applies_is_nothing_shown() {
    let ended = conform(&["--dialect=none", "--only=CHAT-DLV-01"]);
    ends(&ended, 5, "exit 5 unknown");
    assert!(ended.stdout.contains("1 × the target has no chat"), "{ended:#?}");
    assert!(ended.stdout.contains("UNKNOWN: no check applies"), "{ended:#?}");
}

#[test]
fn the_bundled_server_is_started_and_its_scenario_is_used() {
    let ended = conform(&[ONLY, "--dialect=scenarios/quickstart.yaml", "--verbose"]);
    ends(&ended, 0, "exit 0 pass");
    assert!(ended.stdout.contains("the reference server: socketioxide"), "{ended:#?}");
    let ended = conform(&["reference", ONLY, "--quiet"]);
    ends(&ended, 0, "exit 0 pass");
}

#[test]
fn interrupted_before_the_server_has_answered_it_ends_at_once() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let running = CommandLine::new(["conform", &url, "--patience=10 min"]).start();
    let connection = silent.accept().expect("a connection");
    running.signal(Signal::INT);
    let ended = running.end(PATIENCE);
    drop(connection);
    assert_eq!((ended.code, ended.last_line()), (Some(5), "exit 5 unknown"), "{ended:#?}");
}

/// Whether the server at `url` says anything within some seconds.
fn answers(url: &str) -> bool {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE / 20)).expect("it is not zero");
    let request = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("the system takes it");
    stream.read(&mut [0; 64]).is_ok()
}

fn outcome(report: &Value, id: &str) -> String {
    let checks = report["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["id"] == id).expect("it was asked for");
    check["outcome"].as_str().expect("a word").to_owned()
}

#[test]
fn interrupted_while_it_tries_it_says_what_it_has_seen() {
    // The first message stalls the server for longer than anybody waits here.
    let served = Served::start(&["--fault", "stall=10m@0s"]);
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["conform", served.url(), ONLY, "--patience=10 min", &flag("json", &folder)];
    let running = CommandLine::new(arguments).start();
    running.await_that("stall of the server", PATIENCE, || !answers(served.url()));
    running.signal(Signal::INT);
    let ended = running.end(PATIENCE);
    ends(&ended, 5, "exit 5 unknown");
    let report: Value = serde_json::from_str(&read(folder.path(), "json")).expect("JSON");
    assert_eq!(report["interrupted"], true);
    let outcomes: Vec<_> = ["EIO-HS-01", "CHAT-DLV-01"].map(|id| outcome(&report, id)).into();
    assert_eq!(outcomes, ["pass", "unknown"], "{ended:#?}");
}
