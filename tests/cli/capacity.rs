//! Capacity: a search on the bundled server, kept, interrupted, gone on with, and refused.

use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::schema::schema;
use super::{PATIENCE, chatbench};
use crate::support::binary::{CommandLine, Ended};

/// Ten users, of whom any server holds a few more; nothing is asked that a busy machine misses.
const SCENARIO: &str = "
name: a few
users: 10
rooms: {size: 5}
load:
  connect_rate: 2000/s
  phases: [{hold: {rate: 20/s, for: 5 s}}]
thresholds: {delivery_latency: {p50: 60 s}}
limits: {send_delay_p99: 60 s}
capacity: {from: 10, to: 20, step: 8 s, precision: 50%, repeats: 1}
";

struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("scenario.yaml"), SCENARIO).expect("written");
        Place(folder)
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let path = |name: &str| self.0.path().join(name).display().to_string();
        let own = ["capacity".into(), path("scenario.yaml")];
        let out = ["--out".into(), path("out")];
        own.into_iter().chain(out).chain(more.iter().map(|it| (*it).into())).collect()
    }

    fn search(&self, more: &[&str]) -> Ended {
        CommandLine::new(self.arguments(more)).run(PATIENCE)
    }

    fn kept(&self) -> Value {
        read(&self.0.path().join("out/capacity.json"))
    }
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("it is kept");
    serde_json::from_str(&text).expect("JSON")
}

/// The load of each step; one that was not steady, for all that this machine had to do meanwhile,
/// was tried again.
fn loads(study: &Value) -> Vec<u64> {
    let steps = study["steps"].as_array().expect("a list");
    let results = steps.iter().map(|step| &step["result"]);
    let steady = results.filter(|it| it["verdict"]["why"]["kind"] != "not_steady");
    steady.map(|it| it["load"].as_u64().expect("a load")).collect()
}

#[test]
fn a_server_that_holds_all_that_is_tried_holds_at_least_that() {
    let place = Place::new();
    let ended = place.search(&[]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let study = place.kept();
    assert_eq!(loads(&study), [10, 20]);
    assert_eq!(study["answer"]["conclusion"]["kind"], "at_least");
    assert_eq!(study["answer"]["holds"]["load"], 20);
    assert!(study["answer"]["fails"].is_null());
    let server = &study["steps"][1]["measured"]["server"];
    assert!(server["sockets_max"].as_u64() >= Some(20), "{server}");
    assert_eq!(server["notices"][0]["kind"], "not_fresh", "{server}");
    let sizing = &study["sizing"];
    assert_eq!(sizing["headroom"], 0.3);
    assert_eq!(sizing["rows"][0]["users"], 20);
    assert_eq!(sizing["rows"][1]["nodes"], 65, "1,000 · 1.3 / 20: {sizing}");
    assert!(ended.stdout.contains("beware       Several nodes need an adapter"), "{ended:#?}");
    assert!(ended.stdout.contains("at least 20 users"), "{ended:#?}");
    assert_eq!(ended.stdout.lines().last(), Some("exit 0 pass"));
    let schema = jsonschema::validator_for(&schema("capacity")).expect("a schema");
    let wrong: Vec<_> = schema.iter_errors(&study).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let again = place.search(&[]);
    assert_eq!(again.code, Some(3), "{again:#?}");
    assert!(again.stderr.contains("is another search"), "{again:#?}");
}

#[test]
fn a_server_that_breaks_promises_at_any_load_holds_nothing() {
    let place = Place::new();
    let from_four = ["--set", "capacity={from: 4, to: 20, step: 8 s, repeats: 1}"];
    let ended = place.search(&[&["--fault", "echo=1"], &from_four[..]].concat());
    assert_eq!(ended.code, Some(4), "{ended:#?}");
    let study = place.kept();
    // One user has nobody to talk to, which is no load at all.
    assert_eq!(loads(&study), [4, 2, 2]);
    assert_eq!(study["answer"]["conclusion"]["kind"], "nothing");
    let why = &study["steps"][0]["result"]["verdict"]["why"][0];
    assert_eq!(why["kind"], "violations");
    assert!(why["count"].as_u64() > Some(10), "{why}");
    assert!(ended.stdout.contains("promises were broken"), "{ended:#?}");
}

#[test]
fn an_interrupted_search_goes_on_where_it_was() {
    let place = Place::new();
    let running = CommandLine::new(place.arguments(&[])).start();
    running
        .await_that("a first step", PATIENCE, || place.0.path().join("out/capacity.json").exists());
    running.signal_all(Signal::INT);
    let ended = running.end(PATIENCE);
    assert_eq!(ended.code, Some(5), "{ended:#?}");
    assert!(ended.stdout.contains("interrupted"), "{ended:#?}");
    let first = place.kept();
    assert_eq!(loads(&first), [10, 20]);
    assert_eq!(first["answer"]["conclusion"]["why"]["why"]["kind"], "interrupted");
    let ended = place.search(&["--resume"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let study = place.kept();
    assert_eq!(loads(&study), [10, 20]);
    assert_eq!(study["steps"][0], first["steps"][0], "what was shown is not tried again");
    let told = place.search(&["--resume"]);
    assert_eq!((told.code, place.kept()), (Some(0), study), "what has ended is told again");
    // Other sizes may be asked for.
    let sized = place.search(&["--resume", "--set", "capacity.size_for=[26]"]);
    assert_eq!(sized.code, Some(0), "{sized:#?}");
    assert_eq!(place.kept()["sizing"]["rows"][1]["users"], 26);
    // More may be asked of it: what was shown still counts.
    let more = place.search(&["--resume", "--set", "capacity.repeats=2"]);
    assert_eq!((more.code, loads(&place.kept())), (Some(0), vec![10, 20, 20]), "{more:#?}");
    // How it is offered may change, and that is told.
    let told = place.search(&["--resume", "--set", "capacity.repeats=2", "--shards", "1"]);
    assert_eq!(told.code, Some(0), "{told:#?}");
    let mut study = place.kept();
    assert_eq!(study["threads"], 1);
    study["chatbench"] = "0.0.0-other".into();
    std::fs::write(place.0.path().join("out/capacity.json"), study.to_string()).expect("written");
    let flags = ["--shards", "2", "--source-ip", "127.0.0.1"];
    let told = place.search(&[&["--resume", "--set", "capacity.repeats=2"], &flags[..]].concat());
    assert_eq!(told.code, Some(0), "{told:#?}");
    for change in [
        "by chatbench 0.0.0-other, further ones are by chatbench ",
        "on 1 threads, further ones are on 2 threads",
        "from no address in particular, further ones are from 127.0.0.1",
    ] {
        assert!(told.stdout.contains(change), "{told:#?}");
    }
    let faulty = place.search(&["--resume", "--fault", "echo=1"]);
    assert_eq!(faulty.code, Some(2), "{faulty:#?}");
    assert!(faulty.stderr.contains("other faults: none, and not --fault echo=1"), "{faulty:#?}");
    let other = place.search(&["--resume", "--set", "message.size=99 B"]);
    assert_eq!(other.code, Some(2), "{other:#?}");
    assert!(other.stderr.contains("of another scenario"), "{other:#?}");
}

#[test]
fn steps_that_cannot_be_enough_are_told_before_the_first() {
    let place = Place::new();
    // From ten to two users takes the first step and three, halving two, and repeats 49 and 26.
    let ended = place.search(&["--set", "capacity.repeats=50"]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.stderr.contains("--set capacity.repeats"), "{ended:#?}");
    assert!(ended.stderr.contains("may need 81 steps"), "{ended:#?}");
    assert!(ended.stderr.contains("let `capacity.steps_max` be 81 or more"), "{ended:#?}");
    assert_eq!(ended.stdout, "");
    let few = SCENARIO.replace("repeats: 1}", "repeats: 1, steps_max: 5}");
    std::fs::write(place.0.path().join("scenario.yaml"), few).expect("written");
    let ended = place.search(&[]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.stderr.contains("scenario.yaml:10:"), "{ended:#?}");
    assert!(ended.stderr.contains("`steps_max` is 5"), "{ended:#?}");
}

#[test]
fn there_must_be_something_to_go_on_with() {
    let place = Place::new();
    let ended = place.search(&["--resume"]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.stderr.contains("there is no search to go on with"), "{ended:#?}");
    std::fs::create_dir_all(place.0.path().join("out")).expect("a folder");
    std::fs::write(place.0.path().join("out/capacity.json"), "{}").expect("written");
    let ended = place.search(&["--resume"]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.stderr.contains("cannot be gone on with"), "{ended:#?}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let nobody = format!("http://{}", listener.local_addr().expect("it is bound"));
    drop(listener);
    let ended = place.search(&["--overwrite", "--target", &nobody]);
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    assert!(ended.stderr.contains("refused"), "{ended:#?}");
    assert_eq!(ended.stdout, "", "there is nothing to head");
    let ended = chatbench(["capacity", "scenarios/quickstart.yaml", "--resume"]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
}
