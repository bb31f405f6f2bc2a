//! Observe: the server is seen while it is loaded, as a process and by what it exposes, and a run
//! is worth as much where it is not.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::support::binary::{CommandLine, Ended};
use crate::support::left::Left;
use crate::support::served::Served;

/// For whatever must end, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A hundred and twenty users who say enough for their server to be seen at work.
const SCENARIO: &str = "
name: seen
rooms: {count: 12, size: 10}
load:
  connect_rate: 1000/s
  phases: [{hold: {rate: 400/s, for: 3 s}}]
timeouts: {connect: 60 s, join: 60 s, delivery: 60 s}
thresholds: {delivery_latency: {p50: 60 s}}
limits: {send_delay_p99: 60 s}
";

/// A run that passes, and what stands in its report of the server.
fn run(more: &[&str]) -> (Ended, Value) {
    let left = Left::new();
    let scenario = left.path().join("seen.yaml");
    std::fs::write(&scenario, SCENARIO).expect("written");
    let scenario = scenario.display().to_string();
    let line = ["run", &scenario, "--quiet", "--shards=1", &left.out()];
    let ended = CommandLine::new(line.iter().chain(more)).run(PATIENCE);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let server = left.report()["server"].clone();
    (ended, server)
}

fn kinds(server: &Value) -> Vec<&str> {
    let notices = server["notices"].as_array().expect("a list").iter();
    notices.map(|notice| notice["kind"].as_str().expect("a name")).collect()
}

#[track_caller]
fn assert_seen(server: &Value) {
    let summary = &server["summary"];
    let number = |name: &str| summary[name].as_f64().unwrap_or_else(|| panic!("{name}: {server}"));
    assert_eq!(number("users"), 120.0);
    assert!(number("cpu_mean_cores") > 0.0, "{server}");
    assert!(number("cpu_max_cores") >= number("cpu_mean_cores"), "{server}");
    assert!(number("cpu_s") > 0.0 && number("deliveries") > 9_000.0, "{server}");
    assert!(number("rss_before_bytes") > 1e6, "{server}");
    assert!(number("rss_max_bytes") >= number("rss_at_load_bytes"), "{server}");
    assert!(number("rss_at_load_bytes") > number("rss_before_bytes"), "{server}");
    assert!(number("sockets_before") < 20.0 && number("sockets_max") >= 120.0, "{server}");
    let samples = server["samples"].as_array().expect("a list");
    assert!((4..90).contains(&samples.len()), "{server}");
}

#[test]
fn the_bundled_server_is_seen_unless_that_is_turned_off() {
    let (ended, server) = run(&[]);
    assert_seen(&server);
    assert_eq!(server["nodes"][0]["kind"], "reference");
    let grew = server["summary"]["bytes_per_user"].as_f64().expect("there were enough users");
    assert!(grew > 1e3, "{server}");
    for part in ["  server       the reference server\n", " cores on average", " sockets, "] {
        assert!(ended.stdout.contains(part), "{part:?}: {ended:#?}");
    }
    let (ended, server) = run(&["--observe=off"]);
    assert!(server.is_null() && !ended.stdout.contains("  server "), "{ended:#?}");
}

#[test]
fn a_process_of_somebody_elses_is_seen_by_its_number() {
    let served = Served::start(&[]);
    let target = format!("--target={}", served.url());
    let observe = format!("--observe={}", served.process());
    let (ended, server) = run(&[&target, &observe]);
    assert_seen(&server);
    assert_eq!(server["nodes"][0]["pid"], served.process());
    let name = format!("process {} (chatbench)", served.process());
    assert!(ended.stdout.contains(&name), "{ended:#?}");
}

/// A process that waits for nothing.
struct Cat(Child);

impl Cat {
    fn start() -> Cat {
        Cat(Command::new("cat").stdin(Stdio::piped()).spawn().expect("cat"))
    }
}

impl Drop for Cat {
    fn drop(&mut self) {
        // One that has ended needs no end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_process_that_ends_meanwhile_is_no_failure() {
    let (left, cat) = (Left::new(), Cat::start());
    let scenario = left.path().join("seen.yaml");
    std::fs::write(&scenario, SCENARIO).expect("written");
    let (scenario, observe) = (scenario.display().to_string(), format!("--observe={}", cat.0.id()));
    let running = CommandLine::new(["run", &scenario, &left.out(), &observe]).start();
    running.hear("load: ", PATIENCE);
    drop(cat);
    let ended = running.end(PATIENCE);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let server = left.report()["server"].clone();
    assert!(kinds(&server).contains(&"gone"), "{server}");
    assert!(server["summary"]["cpu_s"].is_null(), "{server}");
    assert!(ended.stdout.contains(" was gone at "), "{ended:#?}");
}

/// Exposes the same metrics of a process again and again, until it has a mind not to.
fn expose(good: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/metrics", listener.local_addr().expect("it is bound"));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let times = count.fetch_add(1, Ordering::Relaxed);
            answer(stream.expect("a connection"), times, good);
        }
    });
    (url, asked)
}

fn answer(mut stream: TcpStream, times: usize, good: usize) {
    let mut request = [0; 1_024];
    let length = stream.read(&mut request).expect("a request");
    assert!(request[..length].starts_with(b"GET /metrics HTTP/1.1\r\n"));
    let body = format!(
        "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total {}\n\
         process_resident_memory_bytes 5e7\nprocess_open_fds {times}\n",
        0.5 * times as f64
    );
    let status = if times < good { "200 OK" } else { "500 Tired" };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
    // Whoever has heard enough goes.
    let _ = stream.write_all((head + &body).as_bytes());
}

#[test]
fn an_exposition_is_asked_once_a_second_as_long_as_it_answers() {
    let (url, asked) = expose(usize::MAX);
    let (ended, server) = run(&[&format!("--observe={url}")]);
    let summary = &server["summary"];
    assert_eq!(summary["rss_max_bytes"], 50_000_000, "{server}");
    assert!(summary["cpu_mean_cores"].as_f64() > Some(0.1), "{server}");
    assert!(summary["open_fds_max"].as_u64() >= Some(4), "{server}");
    assert!(summary["sockets_max"].is_null(), "{server}");
    assert!(asked.load(Ordering::Relaxed) >= 6, "{server}");
    assert!(ended.stdout.contains(&format!("  server       {url}\n")), "{ended:#?}");
    let (url, _) = expose(3);
    let (ended, server) = run(&[&format!("--observe={url}")]);
    assert!(kinds(&server).contains(&"missing"), "{server}");
    assert!(
        server["samples"].as_array().expect("a list").iter().any(|it| it["nodes"][0].is_null())
    );
    assert!(ended.stdout.contains("could not be taken, from"), "{ended:#?}");
    assert!(ended.stdout.contains("HTTP 500"), "{ended:#?}");
}
