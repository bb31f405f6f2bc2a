//! Run: a whole run's text, what it leaves behind, and whether it can be had again.

use std::os::unix::ffi::OsStringExt as _;

use expect_test::expect;

use super::redacted::redacted;
use super::schema::schema;
use super::{PATIENCE, chatbench};
use crate::support::binary::{CommandLine, Ended};
use crate::support::left::Left;

/// A run of a second that passes on any machine, however busy.
pub(crate) const SHORT: &[&str] = &[
    "run",
    "scenarios/quickstart.yaml",
    "--clients=60",
    "--set=rooms.count=12",
    "--rate=150/s",
    "--duration=1s",
    "--shards=2",
    "--set=timeouts={connect: 60 s, join: 60 s, delivery: 60 s}",
    "--set=limits.send_delay_p99=60s",
    "--set=thresholds={delivery_latency: {p50: 60 s}, disconnects: 0}",
];

fn passed(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(ended.stdout.lines().last(), Some("exit 0 pass"));
}

fn short(more: &[&str]) -> Ended {
    let ended = chatbench(SHORT.iter().chain(more));
    passed(&ended);
    ended
}

/// How many messages were sent, and how many bytes of text in them.
fn messages(left: &Left) -> (u64, u64) {
    let counters = left.report()["counters"].clone();
    let count = |name: &str| counters[name].as_u64().expect("a number");
    (count("messages_sent"), count("text_sent_bytes"))
}

#[test]
fn a_passing_run_in_words() {
    let ended = short(&["--seed=7", "--observe=off"]);
    let is_bar = |line: &&str| line.ends_with(" %");
    let text: Vec<_> = ended.stdout.lines().filter(|line| !is_bar(line)).collect();
    expect![[r#"
        chatbench # · quickstart · seed # · #-#-#T#:#:#Z # users in # rooms of the reference server at http://#:# sent # messages in #; # in all.

        connects # connections (up to #/s), # failed, # lost; p50 #, p99 #
        joins # confirmed by evidence, with # probes; p50 #, p99 #
        messages # messages sent (#/s), # kB of text
        deliveries # deliveries (#/s)
        checked every one of # deliveries that had to happen, of probes too: all came; # more (# %) were free to come or not

        latency p50 p90 p99 p99.9 max
        send_delay # # # # # sent − intended: our own
        delivery_latency # # # # # received − intended
        service_latency # # # # # received − sent
        first_receiver # # # # # of each message
        last_receiver # # # # # of each message
        join_to_heard # # # # # first heard − asked

        delivery_latency up to

        violations none

        thresholds # of # held
        ✓ delivery_latency p50 # (limit #)
        ✓ disconnects # (limit #)
        ✓ connect_failures # (limit #)

        verdict PASS: all # deliveries that had to happen did, once each and unchanged; all # thresholds held
        seed #
        reproduce chatbench run scenarios/quickstart.yaml --clients=# --set=rooms.count=# --rate=#/s --duration=#s --shards=# '--set=timeouts={connect: #, join: #, delivery: #}' --set=limits.send_delay_p99=#s '--set=thresholds={delivery_latency: {p50: #}, disconnects: #}' --seed #
        exit # pass"#]].assert_eq(&redacted(&text.join("\n")));
    let lines: Vec<_> = ended.stderr.lines().map(redacted).collect();
    assert!(lines[0].ends_with("connect: # users, # joins"), "{lines:?}");
    assert!(lines.iter().any(|line| line.ends_with("load: # in # phase")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("drain: hearing what")), "{lines:?}");
}

#[test]
fn what_is_left_behind_fits_together() {
    let left = Left::new();
    let ended = short(&["--quiet", "--seed=7", &left.out()]);
    assert_eq!(ended.stderr, "");
    let report = left.report();
    let schema = jsonschema::validator_for(&schema("report")).expect("a schema");
    let wrong: Vec<_> = schema.iter_errors(&report).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    for metric in ["delivery_latency", "connect_latency", "send_delay", "last_receiver"] {
        let reported = report["latencies"][metric]["count"].as_u64();
        assert_eq!(Some(left.logged(metric).len()), reported, "{metric}");
    }
    assert_eq!(report["counters"]["deliveries"], report["latencies"]["delivery_latency"]["count"]);
    assert_eq!(report["seed"], 7);
}

#[test]
fn the_same_seed_does_the_same_again() {
    let first = Left::new();
    short(&["--quiet", "--seed=7", &first.out()]);
    let again = Left::new();
    let scenario = first.scenario();
    passed(&chatbench(["run", scenario.to_str().expect("UTF-8"), "--quiet", &again.out()]));
    assert_eq!(again.report()["seed"], 7);
    assert_eq!(messages(&again), messages(&first));
    let other = Left::new();
    short(&["--quiet", "--seed=8", &other.out()]);
    assert_ne!(messages(&other), messages(&first));
    // A folder that may be written over has the new run in it, and nothing of the old.
    let out = first.out();
    let over = ["--quiet", "--seed=8", "--overwrite", out.as_str()];
    short(&over);
    assert_eq!(messages(&first), messages(&other));
}

#[test]
fn the_command_that_reproduces_a_run_does() {
    let left = Left::new();
    let more = ["--quiet".to_owned(), left.out()];
    let rest = SHORT.iter().filter(|word| !word.starts_with("--rate"));
    let arguments = rest.map(|word| (*word).to_owned()).chain(more);
    let line = CommandLine::new(arguments).env("CHATBENCH_RATE", "90/s");
    passed(&line.run(PATIENCE));
    let command = left.report()["command"].as_str().expect("a text").to_owned();
    let again = Left::new();
    let ended = CommandLine::of_shell(&format!("{command} {}", again.out())).run(PATIENCE);
    passed(&ended);
    assert_eq!(messages(&again), messages(&left), "{command}");
    assert!((60..120).contains(&messages(&left).0), "{command}");
}

#[test]
fn a_scenario_may_be_called_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = std::ffi::OsString::from_vec(b"\xff it's.yaml".to_vec());
    let path = folder.path().join(name);
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/", "scenarios/quickstart.yaml"), &path)
        .expect("copied");
    let short = SHORT.iter().skip(2).map(std::ffi::OsString::from);
    let arguments = ["run".into(), path.into_os_string()].into_iter().chain(short);
    passed(&chatbench(arguments));
}
