//! Tap: the report in version 14 of the Test Anything Protocol. A test point is not `ok` where a
//! check did not pass; where that does not break the gate, it is marked `TODO`.

use std::io::{self, Write};

use serde_json::Value;

use super::model::{CheckOutcome, CheckResult, ConformReport};
use super::phrases;
use crate::visible::plain;

/// Writes `report` as TAP.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(report: &ConformReport, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "TAP version 14")?;
    writeln!(out, "1..{}", report.checks.len())?;
    let mut number = 0;
    for (group, checks) in report.groups() {
        writeln!(out, "# {}", plain(group))?;
        for check in checks {
            number += 1;
            point(number, check, out)?;
        }
    }
    writeln!(out, "# {}: {}", phrases::verdict_word(report.verdict), phrases::why(report))
}

fn point(number: usize, check: &CheckResult, out: &mut impl Write) -> io::Result<()> {
    let ok = match check.outcome {
        CheckOutcome::Pass | CheckOutcome::NotApplicable => "ok",
        CheckOutcome::Fail | CheckOutcome::KnownDeviation | CheckOutcome::Unknown => "not ok",
    };
    let description = escaped(&format!("{} {} {}", check.id, check.level, check.title));
    let remark = check.remark.as_deref().unwrap_or_default();
    let directive = match check.outcome {
        CheckOutcome::Pass => String::new(),
        CheckOutcome::NotApplicable => format!(" # SKIP {}", escaped(remark)),
        _ if check.breaks => String::new(),
        _ => format!(" # TODO {}", escaped(&phrases::excuse(check))),
    };
    writeln!(out, "{ok} {number} - {description}{directive}")?;
    for how in phrases::better(check) {
        writeln!(out, "# {} {how}", plain(&check.id))?;
    }
    if ok == "not ok" { diagnosis(check, out) } else { Ok(()) }
}

/// A block of YAML, every text in it written as JSON, which YAML holds as well.
fn diagnosis(check: &CheckResult, out: &mut impl Write) -> io::Result<()> {
    // Nor does YAML hold all that JSON does.
    let json = |text: &str| Value::from(plain(text)).to_string();
    writeln!(out, "  ---")?;
    writeln!(out, "  level: {}", check.level)?;
    writeln!(out, "  requires: {}", json(&check.requirement))?;
    writeln!(out, "  section: {}", json(&check.section))?;
    if let Some(failure) = &check.failure {
        writeln!(out, "  expected: {}", json(&failure.expected))?;
        writeln!(out, "  observed: {}", json(&failure.observed))?;
    }
    if let Some(remark) = &check.remark {
        writeln!(out, "  reason: {}", json(remark))?;
    }
    if let Some(known) = &check.deviation {
        writeln!(out, "  known: {}", json(&format!("{}: {}", known.family, known.reason)))?;
        writeln!(out, "  link: {}", json(&known.link))?;
    }
    let wire = phrases::transcript(check);
    if !wire.is_empty() {
        writeln!(out, "  wire:")?;
    }
    for line in wire {
        writeln!(out, "    - {}", json(line.trim_start()))?;
    }
    writeln!(out, "  again: {}", json(&check.command))?;
    writeln!(out, "  ...")
}

/// A `#` would begin a directive.
fn escaped(text: &str) -> String {
    plain(text).replace('\\', "\\\\").replace('#', "\\#")
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::report::conform::sample;

    fn written(report: &ConformReport) -> String {
        let mut text = Vec::new();
        write(report, &mut text).expect("a vector takes everything");
        String::from_utf8(text).expect("UTF-8")
    }

    #[test]
    fn what_failed_is_not_ok_and_what_costs_nothing_is_yet_to_be_done() {
        expect_file!["samples/failed.tap"].assert_eq(&written(&sample::failed()));
    }

    #[test]
    fn a_number_sign_in_a_title_begins_no_directive() {
        let mut report = sample::passed();
        report.checks[0].title = "a # SKIP b \\ c\nok 2".replace("\\n", "\n");
        let text = written(&report);
        assert!(text.contains("a \\# SKIP b \\\\ c\\\\nok 2\n"), "{text}");
    }
}
