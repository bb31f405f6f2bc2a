//! Text: what the checks showed, for a person; its last line names the exit.

mod sections;

use std::io::{self, Write};

use super::model::{CheckOutcome, CheckResult, ConformReport, Counts};
use super::phrases;
use crate::oracle::Verdict;
use crate::report::numbers::{counted, time};
use crate::report::text::Style;
use crate::report::text::page::{Page, Tone};
use crate::visible::plain;

/// Writes what `report` says; all of its checks, if that is to be `verbose`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(
    report: &ConformReport,
    style: &Style,
    verbose: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut page = Page::new(style, out);
    head(report, &mut page)?;
    groups(report, verbose, &mut page)?;
    sections::failures(report, verbose, &mut page)?;
    sections::deviations(report, &mut page)?;
    sections::unknown(report, &mut page)?;
    sections::not_applicable(report, &mut page)?;
    sections::better(report, &mut page)?;
    verdict(report, &mut page)
}

fn head(report: &ConformReport, page: &mut Page<'_>) -> io::Result<()> {
    let tool = format!("{} {}", report.tool.name, report.tool.version);
    let url = page.paint(Tone::Label, &plain(&report.subject.url));
    page.line(&format!("{tool} · conform · {url} · {}", report.started))?;
    let counts = &report.counts;
    let checks = counted(counts.checks as u64, "check", "checks");
    let took = time(report.took_s * 1e3);
    let reference = if report.subject.reference { "the reference server: " } else { "" };
    let subject = phrases::subject(&report.subject);
    page.item(0, (Tone::Plain, " "), &format!("{reference}{subject}."))?;
    let applied = match counts.not_applicable {
        0 => String::new(),
        1 => ", of which one does not apply".into(),
        not => format!(", of which {not} do not apply"),
    };
    let left_out = match report.scope.left_out {
        0 => String::new(),
        out => format!("; {out} of the catalogue were not asked for"),
    };
    page.item(0, (Tone::Plain, " "), &format!("{checks} in {took}{applied}{left_out}."))?;
    page.blank()
}

/// One line for each group, and one for each of its checks where every check is wanted.
fn groups(report: &ConformReport, verbose: bool, page: &mut Page<'_>) -> io::Result<()> {
    let columns = report.groups().map(|(group, _)| group.chars().count()).max().unwrap_or(0) + 2;
    for (group, checks) in report.groups() {
        let counts = Counts::of(checks);
        let tone = match () {
            () if checks.iter().any(|check| check.breaks) => Tone::Bad,
            () if counts.failed + counts.known_deviations + counts.unknown > 0 => Tone::Unsure,
            () if counts.passed > 0 => Tone::Good,
            () => Tone::Aside,
        };
        let group = page.paint(tone, &format!("{:<columns$}", plain(group)));
        page.line(&format!("  {group}{}", phrases::counts(&counts)))?;
        for check in checks.iter().filter(|_| verbose) {
            one(check, page)?;
        }
    }
    Ok(())
}

fn one(check: &CheckResult, page: &mut Page<'_>) -> io::Result<()> {
    let mark = match check.outcome {
        CheckOutcome::Pass => (Tone::Good, "✓"),
        CheckOutcome::Fail if check.breaks => (Tone::Bad, "✗"),
        CheckOutcome::Fail => (Tone::Unsure, "✗"),
        CheckOutcome::KnownDeviation => (Tone::Unsure, "~"),
        CheckOutcome::Unknown => (Tone::Unsure, "?"),
        CheckOutcome::NotApplicable => (Tone::Aside, "-"),
    };
    let mut text = format!("{} {} {}", plain(&check.id), check.level, plain(&check.title));
    if let Some(remark) = &check.remark {
        text.push_str(&format!(": {}", plain(remark)));
    }
    page.item(4, mark, &text)
}

fn verdict(report: &ConformReport, page: &mut Page<'_>) -> io::Result<()> {
    let tone = match report.verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Fail => Tone::Bad,
        Verdict::Unknown => Tone::Unsure,
    };
    page.blank()?;
    let word = page.paint(tone, phrases::verdict_word(report.verdict));
    page.fact("verdict", &format!("{word}: {}", phrases::why(report)))?;
    // Not wrapped: it is there to be copied.
    let label = page.paint(Tone::Label, "reproduce    ");
    page.line(&format!("  {label}{}", plain(&report.command)))?;
    page.line(&report.exit.name.to_string())
}

#[cfg(test)]
mod tests {
    use expect_test::{ExpectFile, expect_file};

    use super::*;
    use crate::conformance::Level;
    use crate::report::conform::sample;

    fn written(report: &ConformReport, verbose: bool) -> String {
        let mut text = Vec::new();
        let style = Style { color: false, width: 100 };
        write(report, &style, verbose, &mut text).expect("a vector takes everything");
        String::from_utf8(text).expect("UTF-8")
    }

    fn check(report: &ConformReport, verbose: bool, wanted: &ExpectFile) {
        wanted.assert_eq(&written(report, verbose));
    }

    #[test]
    fn what_passed_takes_few_lines() {
        check(&sample::passed(), false, &expect_file!["samples/passed.txt"]);
    }

    #[test]
    fn what_failed_is_told_in_full() {
        check(&sample::failed(), false, &expect_file!["samples/failed.txt"]);
    }

    #[test]
    fn every_check_is_told_where_that_is_wanted() {
        check(&sample::failed(), true, &expect_file!["samples/verbose.txt"]);
    }

    #[test]
    fn what_cannot_be_said_is_not_called_a_failure() {
        check(&sample::unknown(), false, &expect_file!["samples/unknown.txt"]);
    }
    #[test]
    fn of_many_failures_that_cost_nothing_the_wire_is_told_only_where_it_is_wanted() {
        let mut report = sample::of(&[(Level::Should, CheckOutcome::Fail); 4]);
        for check in &mut report.checks {
            check.transcript = sample::transcript(1);
        }
        assert!(!written(&report, false).contains("#1 -> "));
        assert!(written(&report, true).contains("#1 -> "));
        report.checks.pop();
        assert!(written(&report, false).contains("#1 -> "));
    }
}
