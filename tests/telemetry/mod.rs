//! Telemetry: what a run shows of itself while it goes, to scrapers of all kinds.

mod held;
#[cfg(feature = "otlp")]
mod otlp;
mod scraper;
#[cfg(feature = "otlp")]
mod sink;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::Signal;

use crate::cli::run::SHORT;
use crate::support::binary::CommandLine;
use crate::support::left::Left;
use held::Held;
use scraper::{PATIENCE, Scraper};

const METRICS: &str = "--metrics=127.0.0.1:0";
/// As many as are served at a time.
const PLACES: usize = 16;

/// A run of so many `seconds`, told `more`.
fn short(seconds: u32, more: &[&str]) -> CommandLine {
    let rest = SHORT.iter().filter(|word| !word.starts_with("--duration"));
    let own = ["--quiet".to_owned(), format!("--duration={seconds}s")];
    let given = rest.chain(more).map(|word| (*word).to_owned());
    CommandLine::new(given.chain(own))
}

#[test]
fn values_rise_while_it_goes_and_end_where_the_report_does() {
    let left = Left::new();
    let more = [METRICS, "--seed=7", "--fault=echo=0.05", &left.out()];
    let held = Held::start(short(6, &more));
    let scraper = Scraper::of(&held.running);
    let read = |name: &str| scraper.scrape()[name];
    let sent = "chatbench_messages_sent_total";
    held.running.await_that("message", PATIENCE, || read(sent) > 0.0);
    let during = scraper.scrape();
    assert_eq!(during["chatbench_users_connected"], 60.0);
    let about = "chatbench_run_info{scenario=\"quickstart\",seed=\"7\",target=\"reference\"}";
    assert_eq!(during[about], 1.0);
    held.running.await_that("further one", PATIENCE, || read(sent) > during[sent]);
    held.running.await_that("report", PATIENCE, || left.has_report());
    let last = scraper.scrape();
    let report = left.report();
    let counts = |name: &str| ["_total", "_count", "le="].iter().any(|part| name.contains(part));
    for (name, value) in during.iter().filter(|(name, _)| counts(name)) {
        assert!(last[name] >= *value, "{name} falls from {value} to {}", last[name]);
    }
    for (name, count) in report["counters"].as_object().expect("counters") {
        // Storms are in no interval: the scenario says when they are.
        if name != "storms" {
            assert_eq!(last[&format!("chatbench_{name}_total")], count.as_f64().expect("a number"));
        }
    }
    for (name, latency) in report["latencies"].as_object().expect("latencies") {
        let count = latency["count"].as_f64().expect("a number");
        assert_eq!(last[&format!("chatbench_{name}_seconds_count")], count, "{name}");
    }
    let broken = report["violations"]["total"].as_f64().expect("a number");
    assert!(broken > 0.0);
    for (kind, count) in report["violations"]["by_kind"].as_object().expect("kinds") {
        let name = format!("chatbench_violations_total{{kind=\"{kind}\"}}");
        assert_eq!(last[&name], count.as_f64().expect("a number"), "{name}");
        assert!(during.contains_key(&name), "{name} is not there from the start");
    }
    let all = last.iter().filter(|(name, _)| name.starts_with("chatbench_violations_total"));
    assert_eq!(all.map(|(_, count)| count).sum::<f64>(), broken);
    assert_eq!(last["chatbench_stage{stage=\"over\"}"], 1.0);
    assert_eq!(held.let_go().code, Some(1));
}

#[test]
fn what_is_asked_is_answered_as_http_has_it() {
    let held = Held::start(short(1, &[METRICS]));
    let scraper = Scraper::of(&held.running);
    let plain = scraper.ask("GET /metrics", "");
    assert!(plain.head.contains("content-type: text/plain; version=0.0.4"), "{plain:?}");
    let accept = "accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n";
    let open = scraper.ask("GET /metrics", accept);
    assert!(open.head.contains("content-type: application/openmetrics-text"), "{open:?}");
    assert!(open.body.ends_with("# EOF\n"), "{open:?}");
    let head = scraper.ask("HEAD /metrics", "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(head.head.contains("content-length: "), "{head:?}");
    assert_eq!(scraper.ask("GET /", "").status, 404);
    let posted = scraper.ask("POST /metrics", "content-length: 0\r\n");
    assert_eq!(posted.status, 405);
    assert!(posted.head.contains("allow: get, head"), "{posted:?}");
    assert_eq!(held.let_go().code, Some(0));
}

#[test]
fn scrapers_that_are_slow_or_hostile_cost_other_scrapers_time_and_the_run_nothing() {
    let left = Left::new();
    let held = Held::start(short(2, &[METRICS, &left.out()]));
    let scraper = Scraper::of(&held.running);
    let long = "x".repeat(1 << 20);
    for nonsense in [format!("GET /metrics HTTP/1.1\r\nx: {long}"), "\u{0}\r\n\r\n".repeat(9)] {
        let mut stream = scraper.connect();
        // It may be cut short before all of it was said, and before its answer was read.
        let _ = stream.write_all(nonsense.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let slow = |said: &str| {
        let mut stream = scraper.connect();
        stream.write_all(said.as_bytes()).expect("it is heard");
        stream
    };
    let idle: Vec<TcpStream> = (0..PLACES).map(|_| slow("")).collect();
    let slow: Vec<TcpStream> = (0..4).map(|_| slow("GET /metrics HTTP/1.1\r\nhost: a")).collect();
    held.running.await_that("report", PATIENCE, || left.has_report());
    assert_eq!(left.report()["exit"]["code"], 0);
    // All places were taken by those that say nothing; they have to go some time.
    assert_eq!(scraper.scrape()["chatbench_stage{stage=\"over\"}"], 1.0);
    for mut stream in idle.into_iter().chain(slow) {
        let mut answer = String::new();
        let closed = stream.read_to_string(&mut answer).map_err(|error| error.kind());
        assert!(matches!(closed, Ok(_) | Err(ErrorKind::ConnectionReset)), "{closed:?}");
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert_eq!(held.let_go().code, Some(0));
}

#[test]
fn a_search_for_capacity_counts_on_over_its_steps() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scenario.yaml");
    let scenario = "
users: 10
rooms: {size: 5}
load: {phases: [{hold: {rate: 20/s, for: 1 s}}]}
limits: {send_delay_p99: 60 s}
capacity: {from: 10, to: 20, step: 8 s}
";
    std::fs::write(&path, scenario).expect("written");
    let line = CommandLine::new(["capacity", path.to_str().expect("UTF-8"), METRICS]);
    let running = line.start();
    let scraper = Scraper::of(&running);
    let step = |number: f64| scraper.scrape()["chatbench_capacity_step"] == number;
    let connects = "chatbench_connects_total";
    running.await_that("user", PATIENCE, || scraper.scrape()[connects] > 0.0);
    let first = scraper.scrape();
    assert_eq!(first["chatbench_capacity_load"], 10.0);
    running.await_that("second step", PATIENCE, || step(2.0));
    running.await_that("user", PATIENCE, || scraper.scrape()[connects] > first[connects]);
    running.signal(Signal::INT);
    running.signal(Signal::INT);
    assert_eq!(running.end(PATIENCE).code, Some(5));
}
