//! Phrases: what several formats say in the same words.

use super::model::{
    Change, CheckOutcome, CheckResult, ConformReport, Counts, DeviationNote, Subject, WireLine,
};
use crate::oracle::Verdict;
use crate::report::numbers::{bytes, counted, time};
use crate::visible::plain;

pub(super) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Unknown => "UNKNOWN",
    }
}

/// What the server says of itself.
pub(super) fn subject(subject: &Subject) -> String {
    let mut parts = vec![match subject.family.as_str() {
        "not recognised" => "a server that is not recognised".to_owned(),
        family => plain(family),
    }];
    parts.push(match (subject.polling, subject.websocket) {
        (true, true) => "polling and WebSocket".into(),
        (true, false) => "polling, no WebSocket".into(),
        (false, true) => "WebSocket, no polling".into(),
        (false, false) => "no transport".into(),
    });
    if let (Some(interval), Some(timeout)) = (subject.ping_interval_s, subject.ping_timeout_s) {
        let (interval, timeout) = (time(interval * 1e3), time(timeout * 1e3));
        parts.push(format!("a ping every {interval}, to be answered within {timeout}"));
    }
    if let Some(most) = subject.payload_bytes_max {
        parts.push(format!("payloads of up to {}", bytes(most)));
    }
    if subject.recovery {
        parts.push("connection state recovery".into());
    }
    parts.join("; ")
}

/// How many checks showed what, as far as there are any: `12 passed, 1 failed`.
pub(super) fn counts(counts: &Counts) -> String {
    let part = |count, word: &str| (count > 0).then(|| format!("{count} {word}"));
    let deviations = match counts.known_deviations {
        0 => None,
        count => Some(counted(count as u64, "known deviation", "known deviations")),
    };
    let parts = [
        part(counts.passed, "passed"),
        part(counts.failed, "failed"),
        deviations,
        part(counts.unknown, "unknown"),
        part(counts.not_applicable, "not applicable"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The verdict's reason, in one line.
pub(super) fn why(report: &ConformReport) -> String {
    let counts = &report.counts;
    let tried = counts.checks - counts.not_applicable;
    let of = format!("of {}", counted(tried as u64, "check that applies", "checks that apply"));
    let without = |text: String| match counts.failed + counts.known_deviations + counts.unknown {
        0 => text,
        more if more == counts.breaking => text,
        more => format!("{text}; {} more did not pass and cost nothing", more - counts.breaking),
    };
    match report.verdict {
        Verdict::Pass if counts.passed == tried => format!("all {} passed", of.replace("of ", "")),
        Verdict::Pass => without(format!("{} passed {of}", counts.passed)),
        Verdict::Fail => {
            let word = if counts.breaking == 1 { "breaks" } else { "break" };
            without(format!("{} {of} {word} the gate", counts.breaking))
        }
        Verdict::Unknown if tried == 0 => "no check applies, so nothing was shown".into(),
        Verdict::Unknown if report.interrupted => "it was interrupted before it was over".into(),
        Verdict::Unknown => {
            format!("none failed that must pass, but {} {of} cannot be judged", counts.breaking)
        }
    }
}

/// Why a check that did not pass does not break the gate.
pub(super) fn excuse(check: &CheckResult) -> String {
    match (check.change, check.outcome) {
        (Some(Change::Same), _) => "the baseline has it".into(),
        (_, CheckOutcome::KnownDeviation) => "a known deviation".into(),
        _ => format!("{} only", check.level),
    }
}

/// How a check that passes is better than what is written down about the server.
pub(super) fn better(check: &CheckResult) -> Vec<String> {
    let in_baseline = check.change == Some(Change::Better);
    let in_baseline = in_baseline.then(|| "passes now; remove it from the baseline".into());
    let known = check.deviation.as_ref().filter(|_| check.no_longer_deviates());
    let known = known.map(|it| format!("no longer deviates, as {} is known to", versions(it)));
    in_baseline.into_iter().chain(known).collect()
}

/// `socketioxide since 0.18`.
pub(super) fn versions(deviation: &DeviationNote) -> String {
    let mut text = plain(&deviation.family);
    for (word, version) in [("since", &deviation.since), ("until", &deviation.until)] {
        if !version.is_empty() {
            text.push_str(&format!(" {word} {}", plain(version)));
        }
    }
    text
}

/// A line of a transcript, in columns.
pub(super) fn wire(line: &WireLine) -> String {
    let way = match line.way.as_str() {
        "sent" => "->",
        "received" => "<-",
        _ => "--",
    };
    format!("{:>8.3} s  #{} {way} {}", line.after_s, line.connection, plain(&line.text))
}

/// Whether a summary tells what went over the wire of a failed check: not of all those that cost
/// nothing, where they are many.
pub(super) fn tells_wire(report: &ConformReport, check: &CheckResult) -> bool {
    const COSTLESS_MAX: usize = 3;
    let failed = report.with(CheckOutcome::Fail);
    check.breaks || failed.filter(|check| !check.breaks).count() <= COSTLESS_MAX
}

/// A transcript that is no longer than a person reads: its beginning and its end.
pub(super) fn transcript(check: &CheckResult) -> Vec<String> {
    const FIRST: usize = 12;
    const LAST: usize = 28;
    let (lines, left_out) = (&check.transcript, check.transcript_lines_left_out);
    let hidden = lines.len().saturating_sub(FIRST + LAST);
    let gap = match (hidden, left_out) {
        (0, 0) => return lines.iter().map(wire).collect(),
        (0, left_out) => format!("… {left_out} lines, which were not kept"),
        (hidden, 0) => format!("… {hidden} lines, which the report as JSON has"),
        (hidden, left_out) => {
            format!("… {hidden} lines, which the report as JSON has, and {left_out} not kept")
        }
    };
    // What was not kept was said between what is.
    let first = FIRST.min(lines.len());
    let last = first.max(lines.len().saturating_sub(LAST));
    let (first, last) = (&lines[..first], &lines[last..]);
    first.iter().map(wire).chain([gap]).chain(last.iter().map(wire)).collect()
}

/// Why there was nothing to be tried, with how often: most frequent first.
pub(super) fn reasons(report: &ConformReport) -> Vec<(usize, String)> {
    let mut reasons: Vec<(usize, String)> = Vec::new();
    for check in report.with(CheckOutcome::NotApplicable) {
        let why = plain(check.remark.as_deref().unwrap_or("no reason was given"));
        match reasons.iter_mut().find(|(_, known)| *known == why) {
            Some((count, _)) => *count += 1,
            None => reasons.push((1, why)),
        }
    }
    reasons.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    reasons
}
