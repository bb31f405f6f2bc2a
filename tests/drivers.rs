//! Drivers: whichever client speaks for the users, the same is said and the same comes of it.
#![cfg(feature = "rust_socketio")]

use crate::support::bench::{Ran, Run};
use chatbench::oracle::{Verdict, ViolationKind};
use chatbench::scenario::ClientKind;

const SCENARIO: &str = "
rooms: {count: 10, size: 6}
message: {size: {uniform: {min: 35 B, max: 1 KiB}}, alphabet: mixed}
load:
  connect_rate: 500/s
  phases: [{hold: {rate: 300/s, for: 2 s}}]
seed: 1
";

/// Runs the scenario with each client; both must do the same.
fn both(arguments: &[&str]) -> [Ran; 2] {
    let run = |client| Run::of(SCENARIO).with(&["--set", client]).with(arguments).end();
    let [native, other] = ["client=native", "client=rust_socketio"].map(run);
    let clients = [&native, &other].map(|ran| ran.report.scenario.client);
    assert_eq!(clients, [ClientKind::Native, ClientKind::RustSocketio]);
    let texts = format!("{}\n{}", native.text, other.text);
    let outcome = |ran: &Ran| (ran.report.verdict, ran.code, kinds(ran));
    assert_eq!(outcome(&native), outcome(&other), "{texts}");
    let load = |ran: &Ran| {
        let counters = ran.report.counters;
        let sent = (counters.messages_sent, counters.messages_unsent, counters.text_sent_bytes);
        (sent, counters.deliveries, counters.connects, counters.joins)
    };
    assert_eq!(load(&native), load(&other), "{texts}");
    [native, other]
}

fn kinds(ran: &Ran) -> Vec<ViolationKind> {
    let by_kind = &ran.report.violations.by_kind;
    ViolationKind::ALL.into_iter().filter(|kind| by_kind.of(*kind) > 0).collect()
}

#[test]
fn an_honest_server_passes_with_either() {
    for ran in both(&[]) {
        assert_eq!((ran.report.verdict, ran.code), (Verdict::Pass, 0), "{}", ran.text);
        // Each message is heard by the five others of its room.
        let counters = ran.report.counters;
        assert_eq!(counters.deliveries, counters.messages_sent * 5, "{}", ran.text);
    }
}

#[test]
fn a_fault_is_seen_with_either() {
    for ran in both(&["--fault", "duplicate"]) {
        assert_eq!(ran.code, 1, "{}", ran.text);
        assert_eq!(kinds(&ran), [ViolationKind::Duplicated], "{}", ran.text);
        // Every delivery, those of probes too, happens once more.
        let (heard, broken) = (ran.report.counters.heard, ran.report.violations.by_kind);
        assert_eq!(heard, broken.duplicated * 2, "{}", ran.text);
    }
}
