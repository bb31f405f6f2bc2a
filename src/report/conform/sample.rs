//! Sample: constructed reports for the tests of this room and of those who show it.

use super::baseline::Baseline;
use super::judge;
use super::model::{
    CheckOutcome, CheckResult, ConformReport, Counts, DeviationNote, Scope, Subject, WireLine,
};
use crate::conformance::{Failure, Level};
use crate::oracle::Verdict;
use crate::report::ExitKind;
use crate::report::model::{Exit, Tool};
use crate::scenario::OrderPolicy;

use CheckOutcome as C;
use Level as L;

/// A server that passes all that applies.
pub(crate) fn passed() -> ConformReport {
    report(vec![
        check("EIO-HS-01", (L::Must, C::Pass)),
        CheckResult { remark: Some("404".into()), ..check("EIO-HS-13", (L::Info, C::Pass)) },
        CheckResult {
            remark: Some("the dialect names no `hooks.echo`".into()),
            ..check("SIO-EVT-05", (L::Must, C::NotApplicable))
        },
    ])
}

/// A server that shows every outcome there is, and speaks in signs that mean something somewhere.
pub(crate) fn failed() -> ConformReport {
    let mut report = report(vec![
        check("EIO-HS-01", (L::Must, C::Pass)),
        CheckResult {
            failure: failure("HTTP 4xx", "\"EIO=abc&\": HTTP 200 `0{\"sid\":\"a|b\"}` <x> @y"),
            transcript: transcript(3),
            ..check("EIO-HS-03", (L::Must, C::Fail))
        },
        CheckResult {
            failure: failure("HTTP 413", "HTTP 200 \u{1b}[31m]]>\u{0}\u{7f} & \\ # `ok`\n\u{2028}"),
            transcript: transcript(60),
            transcript_lines_left_out: 7,
            ..check("EIO-HTTP-08", (L::Should, C::Fail))
        },
        CheckResult {
            failure: failure("the session is closed", "both POSTs are answered with 200"),
            deviation: deviation(),
            transcript: transcript(1),
            ..check("EIO-HTTP-06", (L::Must, C::KnownDeviation))
        },
        CheckResult { deviation: deviation(), ..check("EIO-WS-12", (L::Should, C::Pass)) },
        CheckResult {
            remark: Some("a sound connection heard nothing".into()),
            transcript: transcript(1),
            ..check("SIO-CON-01", (L::Must, C::Unknown))
        },
        CheckResult {
            remark: Some("no answer came".into()),
            ..check("SIO-EVT-02", (L::Info, C::Unknown))
        },
        CheckResult {
            remark: Some("the dialect names no `hooks.ack`".into()),
            ..check("SIO-ACK-01", (L::Must, C::NotApplicable))
        },
        CheckResult {
            remark: Some("the dialect names no `hooks.ack`".into()),
            ..check("SIO-ACK-02", (L::Info, C::NotApplicable))
        },
        CheckResult {
            remark: Some("no process to look at: `--pid`".into()),
            ..check("RES-01", (L::Should, C::NotApplicable))
        },
        CheckResult {
            failure: failure("b hears nothing", "b heard \"hello\""),
            transcript: transcript(2),
            ..check("CHAT-ISO-01", (L::Must, C::Fail))
        },
        check("CHAT-DLV-01", (L::Must, C::Pass)),
    ]);
    report.scope.baseline = Some("conform.baseline".into());
    report.scope.left_out = 4;
    let baseline =
        Baseline::of_text("b", "CHAT-ISO-01 fail\nCHAT-DLV-01 fail", |id| Some(id.into()));
    judge::judge(&mut report, baseline.as_ref().ok());
    report
}

/// A server of which it cannot be said.
pub(crate) fn unknown() -> ConformReport {
    report(vec![
        check("EIO-HS-01", (L::Must, C::Pass)),
        CheckResult {
            remark: Some("interrupted before it was done".into()),
            ..check("SIO-CON-01", (L::Must, C::Unknown))
        },
    ])
}

/// A report on checks of these levels and outcomes.
pub(super) fn of(outcomes: &[(Level, CheckOutcome)]) -> ConformReport {
    let checks = outcomes.iter().enumerate();
    report(checks.map(|(at, outcome)| check(&format!("EIO-HS-{at:02}"), *outcome)).collect())
}

fn report(checks: Vec<CheckResult>) -> ConformReport {
    let mut report = ConformReport {
        version: ConformReport::VERSION,
        tool: Tool { name: "chatbench".into(), version: "0.1.0".into() },
        started: "2026-01-02T03:04:05.678Z".into(),
        command: "chatbench conform http://127.0.0.1:8080".into(),
        subject: Subject {
            url: "http://127.0.0.1:8080".into(),
            reference: false,
            peer_url: None,
            path: "/socket.io/".into(),
            namespace: "/".into(),
            family: "socket.io (Node)".into(),
            polling: true,
            websocket: true,
            ping_interval_s: Some(25.0),
            ping_timeout_s: Some(20.0),
            payload_bytes_max: Some(1_000_000),
            recovery: false,
        },
        scope: Scope {
            level: L::Info,
            left_out: 0,
            strict: false,
            hostile: false,
            order: OrderPolicy::Fail,
            baseline: None,
        },
        verdict: Verdict::Unknown,
        exit: Exit::of(ExitKind::Unknown),
        interrupted: false,
        took_s: 12.345,
        counts: Counts::default(),
        checks,
    };
    judge::judge(&mut report, None);
    report
}

fn check(id: &str, (level, outcome): (Level, CheckOutcome)) -> CheckResult {
    let group = match id.split('-').take(2).collect::<Vec<_>>().join("-").as_str() {
        "EIO-HS" => "Engine.IO handshake",
        "EIO-HTTP" => "HTTP long-polling",
        "CHAT-ISO" | "CHAT-DLV" => "Chat",
        _ => "Others",
    };
    CheckResult {
        id: id.into(),
        group: group.into(),
        title: format!("the server does what {id} is about"),
        level,
        requirement: "the server must do [\u{2026}] as it is told".into(),
        section: "Engine.IO protocol v4, Handshake".into(),
        outcome,
        breaks: false,
        change: None,
        remark: None,
        failure: None,
        deviation: None,
        took_s: 0.012,
        transcript: Vec::new(),
        transcript_lines_left_out: 0,
        command: format!("chatbench conform http://127.0.0.1:8080 --only {id}"),
    }
}

fn failure(expected: &str, observed: &str) -> Option<Failure> {
    Some(Failure { expected: expected.into(), observed: observed.into() })
}

fn deviation() -> Option<DeviationNote> {
    Some(DeviationNote {
        family: "socketioxide".into(),
        reason: "it answers both requests; nobody has asked for more".into(),
        link: "https://example.org/issues/1".into(),
        since: "0.18".into(),
        until: String::new(),
    })
}

pub(super) fn transcript(lines: u32) -> Vec<WireLine> {
    let line = |number: u32| WireLine {
        after_s: f64::from(number) / 1e3,
        connection: 1 + number / 10,
        way: ["sent", "received", "note"][number as usize % 3].into(),
        text: format!("42[\"line {number}\",\"```|\"]"),
    };
    (0..lines).map(line).collect()
}
