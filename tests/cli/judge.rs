//! Judge: a record is judged where it lies, or refused with what is wrong where, and what helps.

use std::net::TcpListener;
use std::path::Path;

use super::run::SHORT;
use super::{PATIENCE, chatbench};
use crate::support::binary::{CommandLine, Ended};
use crate::support::left::Left;
use crate::support::unobserved::without_server;

/// A short run whose record is at the end of `place`.
fn record(place: &Path) -> Ended {
    let record = format!("--record={}", place.display());
    chatbench(SHORT.iter().copied().chain(["--quiet", &record]))
}

#[test]
fn as_text_as_json_and_as_files_it_is_one_report() {
    let left = Left::new();
    let file = left.path().join("run.record");
    let ran = record(&file);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:#?}");
    let path = file.to_str().expect("UTF-8");
    let judged = chatbench(["judge", path, &left.out()]);
    assert_eq!((judged.code, judged.stdout.as_str()), (Some(0), &*without_server(&ran.stdout)));
    // What repeats the run does not write over its record.
    assert!(!judged.stdout.contains("--record"), "{}", judged.stdout);
    let json = CommandLine::new(["judge", "--json"]).env("CHATBENCH_RECORD", path).run(PATIENCE);
    let report: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(report, left.report());
    let deliveries = report["counters"]["deliveries"].as_u64();
    assert_eq!(Some(left.logged("delivery_latency").len()), deliveries);
    let yaml = std::fs::read_to_string(left.scenario()).expect("a scenario");
    assert_eq!(report["scenario"]["yaml"], yaml);
}

#[test]
fn what_is_no_record_is_refused_and_nothing_is_written_over() {
    let left = Left::new();
    let file = left.path().join("notes.txt");
    std::fs::write(&file, "notes").expect("written");
    let refused = record(&file);
    assert_eq!(refused.code, Some(3), "{refused:#?}");
    assert!(refused.stderr.contains("add `--overwrite` to take its place"), "{refused:#?}");
    assert_eq!(std::fs::read(&file).expect("still there"), b"notes");
    let judged = chatbench(["judge", file.to_str().expect("UTF-8")]);
    assert_eq!(judged.code, Some(2), "{judged:#?}");
    let said = format!("the record {}, at byte 0: this is no record of a run", file.display());
    assert!(judged.stderr.contains(&said), "{judged:#?}");
    assert!(judged.stderr.contains("give a file that `chatbench run … --record FILE`"));
    assert_eq!(judged.last_line(), "exit 2 usage");
    let missing = chatbench(["judge", "no/such.record"]);
    assert_eq!(missing.code, Some(2), "{missing:#?}");
    assert!(missing.stderr.contains("cannot read the record no/such.record"), "{missing:#?}");
}

#[test]
fn a_run_that_cannot_begin_leaves_no_record() {
    let left = Left::new();
    let file = left.path().join("run.record");
    let argument = format!("--record={}", file.display());
    let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    let nobody = format!("--target=http://{}", address.expect("a free port"));
    let ended = chatbench(SHORT.iter().copied().chain(["--quiet", &argument, &nobody]));
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    assert!(!file.exists());
    let small = chatbench(SHORT.iter().copied().chain([argument.as_str(), "--record-limit=99 B"]));
    assert_eq!(small.code, Some(2), "{small:#?}");
    assert!(small.stderr.contains("raise `--record-limit`"), "{small:#?}");
    assert!(!file.exists());
}
