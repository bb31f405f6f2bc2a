//! A record judged again shows what it was written for; one that was tampered with shows it, or is
//! refused; no bytes at all bring the judge down.

mod forge;
mod fuzz;
mod play;

use std::time::Duration;

use super::*;
use crate::history::EventKind;
use crate::oracle::{Verdict, ViolationKind};
use crate::run::{Doubt, Missing};
use forge::Forged;
use play::{Play, at};

/// What a record comes to, or why not.
fn judged(bytes: &[u8]) -> Result<RunOutcome, RecordError> {
    Record::open(bytes)?.judge(&mut [])
}

/// All that a report is made of, to be compared.
fn shown(outcome: &RunOutcome) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        outcome.verdict,
        outcome.doubts,
        outcome.thresholds,
        outcome.violations,
        outcome.tally,
        outcome.recorder,
        outcome.timeline,
        outcome.shards,
        outcome.took,
        outcome.load
    )
}

fn missing_of(outcome: &RunOutcome) -> Option<(f64, Missing)> {
    let ends = |doubt: &Doubt| match *doubt {
        Doubt::RecordEnds { at_s, why } => Some((at_s, why)),
        _ => None,
    };
    outcome.doubts.iter().find_map(ends)
}

#[test]
fn a_whole_record_says_what_happened() {
    let outcome = judged(&Play::whole()).expect("a record");
    assert_eq!(outcome.verdict, Verdict::Pass, "{:?}", outcome.doubts);
    assert_eq!((outcome.tally.messages, outcome.tally.must), (24, 48));
    assert_eq!(outcome.recorder.counters().connects, 6);
    assert_eq!(outcome.timeline.rows().len(), 5);
    assert_eq!(outcome.took, Duration::from_millis(4_600));
    assert_eq!(outcome.load, Some((Duration::from_secs(1), Duration::from_secs(3))));
    assert_eq!(outcome.shards.iter().map(|shard| shard.busy).collect::<Vec<_>>(), [0.25, 0.5]);
}

#[test]
fn what_the_server_did_wrong_stays_wrong() {
    let mut play = Play::begin();
    play.perform(|event| {
        !matches!(event.kind, EventKind::Received { .. }) || event.at != at(1_104)
    });
    let outcome = judged(&play.end()).expect("a record");
    assert_eq!(outcome.violations.count(ViolationKind::Lost), 2, "{:?}", outcome.violations);
    assert_eq!(outcome.verdict, Verdict::Fail);
}

#[test]
fn cut_anywhere_it_is_judged_up_to_there_and_is_in_doubt() {
    let whole = Play::whole();
    let forged = Forged::read(&whole);
    let (mut end, mut last) = (forged.header_bytes, -1.0);
    for (_, _, payload) in &forged.blocks {
        // Behind the block before, and within this one.
        for bytes in [end, end + 1, end + 20 + payload.len() / 2] {
            let outcome = judged(&whole[..bytes]);
            let outcome = outcome.unwrap_or_else(|why| panic!("cut after {bytes}: {why}"));
            let (at_s, why) = missing_of(&outcome).expect("it is cut");
            assert_eq!(why, Missing::Cut);
            assert!(at_s >= last, "more of it is known to {at_s} s, and less to {last} s");
            last = at_s;
            assert_eq!(outcome.verdict, Verdict::Unknown, "cut after {bytes}");
            let violations = &outcome.violations;
            assert_eq!(violations.total(), 0, "cut after {bytes}: {violations:?}");
        }
        end += 20 + payload.len();
    }
    assert!(last > 4.0, "{last}");
}

#[test]
fn a_marker_says_why_there_is_no_more() {
    for (byte, why) in [(1, Missing::Limit), (2, Missing::SlowDisk), (3, Missing::DiskError)] {
        let mut forged = Forged::read(&Play::whole());
        forged.blocks.truncate(4);
        forged.push(crate::run::record::MARKER, 0, vec![byte]);
        let outcome = judged(&forged.bytes()).expect("a record");
        assert_eq!(missing_of(&outcome).map(|(_, why)| why), Some(why));
        assert_eq!(outcome.verdict, Verdict::Unknown);
    }
}

#[test]
fn a_violation_counts_though_the_record_is_cut() {
    let mut play = Play::begin();
    play.perform(|event| {
        !matches!(event.kind, EventKind::Received { .. }) || event.at != at(1_104)
    });
    let mut forged = Forged::read(&play.end());
    forged.blocks.pop();
    let outcome = judged(&forged.bytes()).expect("a record");
    assert_eq!(outcome.violations.count(ViolationKind::Lost), 2);
    assert_eq!((outcome.verdict, outcome.doubts.len()), (Verdict::Fail, 1));
}

#[test]
fn without_any_one_block_it_is_refused() {
    let whole = Forged::read(&Play::whole());
    for left_out in 0..whole.blocks.len() {
        let mut forged = whole.clone();
        forged.blocks.remove(left_out);
        // The last of all is the end: without it the record is cut.
        if let Ok(outcome) = judged(&forged.bytes()) {
            assert_eq!(left_out, whole.blocks.len() - 1);
            assert!(missing_of(&outcome).is_some());
        }
    }
}

#[test]
fn without_any_one_entry_it_is_refused_or_shows_something_else() {
    let whole = Forged::read(&Play::whole());
    let wanted = shown(&judged(&whole.bytes()).expect("a record"));
    let (mut refused, mut different) = (0, 0);
    for (block, entry) in whole.entries() {
        let forged = whole.without(block, entry);
        match judged(&forged.bytes()) {
            Err(_) => refused += 1,
            Ok(outcome) => {
                assert_ne!(shown(&outcome), wanted, "without entry {entry} of block {block}");
                different += 1;
            }
        }
    }
    assert!(refused > 10 && different > 60, "{refused} refused, {different} different");
}

#[test]
fn each_complaint_says_what_where_and_what_helps() {
    let whole = Play::whole();
    let wrong = |bytes: &[u8]| judged(bytes).expect_err("it is wrong");
    let other_version: Vec<_> = [&whole[..10], &[9], &whole[11..]].concat();
    assert_eq!(
        wrong(&other_version).to_string(),
        "at byte 10: version 9 of the format, where this chatbench reads 1"
    );
    assert_eq!(wrong(b"name: a scenario\n").to_string(), "at byte 0: this is no record of a run");
    assert!(wrong(&whole[..100]).to_string().ends_with("the record ends before its header does"));
    let behind = [&whole[..], b"more"].concat();
    assert!(wrong(&behind).to_string().ends_with("something stands behind the end"));
    let header = |change: &dyn Fn(&mut RecordHeader)| {
        let mut header = Play::header();
        change(&mut header);
        wrong(&Forged { header, ..Forged::read(&whole) }.bytes()).what
    };
    assert!(header(&|it| it.tag = "no".into()).contains("is no tag"));
    assert!(header(&|it| it.shards = 1 << 20).contains("where 1024 are the most"));
    assert!(header(&|it| it.began_unix_ms = u64::MAX).contains("after 1970"));
    assert!(header(&|it| it.scenario = "load: 3".into()).contains("cannot be planned"));
    assert!(header(&|it| it.command = "\u{1b}[2J".into()).contains("control characters"));
}
