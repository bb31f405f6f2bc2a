//! Record: a run of the real thing, judged again from its record without a server, shows the same
//! in all that it shows; a record that lacks something does not.

mod cut;
mod planted;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::bench::{Ran, Run};
use crate::support::binary::{CommandLine, Ended};
use crate::support::cutter::{Cuts, Cutter};
use crate::support::unobserved::without_server;
use reference_server::{Background, Options};
use serde_json::Value;
use tempfile::TempDir;

/// For whatever must end, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Twenty rooms of six, in which everybody stays.
const CALM: &str = "
name: calm
users: 120
rooms: {count: 20}
timeouts: {delivery: 1 s}
load:
  connect_rate: 400/s
  phases:
    - hold: {rate: 200/s, for: 2 s}
thresholds: {delivery_latency: {p50: 60 s}, disconnects: unlimited}
";

/// In which users come and go in every way that there is.
const CHURN: &str =
    "--set=load.churn={leave: 6/s, switch: 4/s, disconnect: 6/s, drop: 6/s, away: 300 ms}";

/// The chat, of a server that can be told that somebody leaves.
const WITH_LEAVE: &str = "
dialect:
  join: {event: join-room, payload: '${room}'}
  leave: {event: leave-room, payload: '${room}'}
  send: {event: send-msg, payload: {room: '${room}', author: '${author}', message: '${text}'}}
  receive: {event: onreceive-msg}
";

/// A place for a record.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a folder"))
    }

    fn record(&self) -> PathBuf {
        self.0.path().join("run.record")
    }

    fn argument(&self) -> String {
        format!("--record={}", self.record().display())
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.record()).expect("a record")
    }

    /// Judges `record` instead of what was recorded here.
    fn judge_bytes(&self, record: &[u8]) -> (Ended, Option<Value>) {
        let path = self.0.path().join("forged.record");
        std::fs::write(&path, record).expect("written");
        let ended = judge(&path, &["--json"]);
        let report = serde_json::from_str(&ended.stdout).ok();
        (ended, report)
    }
}

fn judge(record: &Path, more: &[&str]) -> Ended {
    let record = record.to_str().expect("UTF-8");
    CommandLine::new(["judge", record].iter().chain(more)).run(PATIENCE)
}

/// What is in the report, field by field.
fn fields(report: &Value, path: &str, into: &mut Vec<(String, Value)>) {
    match report {
        Value::Object(fields_of) => {
            for (name, value) in fields_of {
                fields(value, &format!("{path}.{name}"), into);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                fields(item, &format!("{path}[{at}]"), into);
            }
        }
        value => into.push((path.into(), value.clone())),
    }
}

/// Holds what `judge` makes of the record at `place` against the run that it is of.
fn assert_same(place: &Place, report: &[u8], text: &str, code: i32) {
    let again = tempfile::tempdir().expect("a folder");
    let out = format!("--out={}", again.path().display());
    let ended = judge(&place.record(), &[&out]);
    assert_eq!(ended.code, Some(code), "{ended:#?}");
    let judged = std::fs::read(again.path().join("report.json")).expect("a report");
    let [mut of_run, mut of_judge] = [Vec::new(), Vec::new()];
    for (bytes, into) in [(report, &mut of_run), (&judged, &mut of_judge)] {
        fields(&serde_json::from_slice(bytes).expect("JSON"), "", into);
    }
    // Of that a record knows nothing.
    let count = of_run.len();
    of_run.retain(|(path, _)| !path.starts_with(".server."));
    let text = if of_run.len() < count { without_server(text) } else { text.into() };
    assert_eq!((ended.stdout, ended.stderr.as_str()), (text, ""));
    for (of_run, of_judge) in of_run.iter().zip(&of_judge) {
        assert_eq!(of_run, of_judge);
    }
    assert_eq!(of_run.len(), of_judge.len());
    assert!(of_run.len() > 200, "{} fields", of_run.len());
}

/// Runs a scenario with more flags, judges its record, and compares.
fn same_again(yaml: &str, more: &[&str]) -> (Ran, Place) {
    let place = Place::new();
    let ran = Run::of(yaml).with(&[&place.argument()]).with(more).end();
    assert_same(&place, &ran.file("report.json"), &ran.text, ran.code);
    (ran, place)
}

#[test]
fn of_a_server_that_keeps_its_promises() {
    for shards in ["1", "2"] {
        let (ran, place) = same_again(CALM, &["--shards", shards]);
        assert_eq!(ran.code, 0, "{}", ran.text);
        assert_eq!(ran.report.shards.len().to_string(), shards);
        assert!(ran.report.server.is_some(), "the server was seen: {}", ran.text);
        let deliveries = ran.report.counters.heard as f64;
        let each = place.bytes().len() as f64 / deliveries;
        assert!(each < 16.0, "{each} bytes for each delivery, all else included");
    }
}

#[test]
fn while_users_come_and_go() {
    for shards in ["1", "2"] {
        let (ran, _) = same_again(CALM, &["--shards", shards, CHURN]);
        let counters = ran.report.counters;
        assert!(counters.drops > 0 && counters.departures > 0, "{}", ran.text);
        assert!(ran.report.tally.may > 0, "{}", ran.text);
    }
}

#[test]
fn of_users_who_poll() {
    for transport in ["polling", "upgrade"] {
        let (ran, _) = same_again(CALM, &["--set", &format!("transport={transport}")]);
        assert_eq!(ran.code, 0, "{}", ran.text);
    }
}

#[test]
fn of_a_server_that_breaks_each_of_them() {
    let faults = "drop=0.02,duplicate=0.02,echo=0.02,corrupt=0.02,leak=0.02,reorder=0.02";
    for more in [&["--shards=2"][..], &["--shards=1", CHURN]] {
        let (ran, _) = same_again(CALM, &[more, &["--fault", faults]].concat());
        assert_eq!(ran.code, 1, "{}", ran.text);
        let broken = ran.report.violations.by_kind;
        assert!(broken.lost > 0 && broken.duplicated > 0 && broken.corrupted > 0, "{}", ran.text);
    }
}

#[test]
fn of_a_server_that_loses_messages_and_connections() {
    let faults = vec!["drop=0.02".parse().expect("a fault")];
    let options = Options { faults, hooks: true, ..Options::default() };
    let server = Background::start(options).expect("a server can be started");
    let cuts = Cuts { after_users: 120, every_reads: 60, count: 20 };
    let cutter = Cutter::start(server.address(), cuts);
    let yaml = format!("{CALM}{WITH_LEAVE}");
    let (ran, _) = same_again(&yaml, &["--target", &cutter.url(), CHURN]);
    let (counters, report) = (ran.report.counters, &ran.report);
    assert!(counters.disconnects > 0 && counters.leaves > 0, "{}", ran.text);
    assert!(report.violations.by_kind.lost > 0 && !report.connection_reasons.is_empty());
}
