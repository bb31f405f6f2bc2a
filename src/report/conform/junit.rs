//! Junit: the report as JUnit XML. A test case fails, or is in error, where and only where the gate
//! breaks; what did not pass and breaks nothing is skipped, with its reason.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::model::{CheckOutcome, CheckResult, ConformReport};
use super::phrases;
use crate::visible::plain;

/// Writes `report` as JUnit XML.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(report: &ConformReport, out: &mut impl Write) -> io::Result<()> {
    let mut suites = Report::new(format!("chatbench conform {}", report.subject.url));
    suites.set_time(seconds(report.took_s));
    for (group, checks) in report.groups() {
        let mut suite = TestSuite::new(group);
        suite.set_time(seconds(checks.iter().map(|check| check.took_s).sum()));
        suite.add_test_cases(checks.iter().map(case));
        suites.add_test_suite(suite);
    }
    let text = suites.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn case(check: &CheckResult) -> TestCase {
    let mut case = TestCase::new(format!("{} {}", check.id, check.title), status(check));
    // Where tools show a class's name, the group tells more than the program.
    case.set_classname(format!("conform.{}", check.group.replace('.', " ")));
    case.set_time(seconds(check.took_s));
    case.add_property(Property::new("level", check.level.to_string()));
    case.add_property(Property::new("section", check.section.as_str()));
    if check.outcome == CheckOutcome::Pass {
        let remark = check.remark.as_deref().map(plain);
        let told: Vec<String> = remark.into_iter().chain(phrases::better(check)).collect();
        if !told.is_empty() {
            case.set_system_out(told.join("\n"));
        }
    }
    case
}

fn status(check: &CheckResult) -> TestCaseStatus {
    let kind = match check.outcome {
        CheckOutcome::Pass => return TestCaseStatus::success(),
        CheckOutcome::Unknown if check.breaks => NonSuccessKind::Error,
        _ if check.breaks => NonSuccessKind::Failure,
        _ => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(skipped(check));
            return status;
        }
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(check.level.to_string());
    status.set_message(message(check));
    status.set_description(description(check));
    status
}

fn skipped(check: &CheckResult) -> String {
    let reason = check.deviation.as_ref().map(|known| format!(": {}", known.reason));
    match check.outcome {
        CheckOutcome::NotApplicable => message(check),
        _ => {
            format!("{}{}: {}", phrases::excuse(check), reason.unwrap_or_default(), message(check))
        }
    }
}

/// What was seen, in one line.
fn message(check: &CheckResult) -> String {
    match (&check.failure, &check.remark) {
        (Some(failure), _) => {
            let (expected, observed) = (plain(&failure.expected), plain(&failure.observed));
            format!("expected {expected}; observed {observed}")
        }
        (None, Some(remark)) => plain(remark),
        (None, None) => "no reason was given".into(),
    }
}

fn description(check: &CheckResult) -> String {
    let mut text = format!("requires {} ({})\n", check.requirement, check.section);
    if let Some(failure) = &check.failure {
        let (expected, observed) = (plain(&failure.expected), plain(&failure.observed));
        text.push_str(&format!("expected {expected}\nobserved {observed}\n"));
    }
    for line in phrases::transcript(check) {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str(&format!("again    {}\n", check.command));
    text
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
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
    fn what_breaks_the_gate_is_red_and_nothing_else() {
        expect_file!["samples/failed.xml"].assert_eq(&written(&sample::failed()));
    }

    #[test]
    fn it_reads_back_with_as_many_red_ones_as_break_the_gate() {
        for report in [sample::failed(), sample::passed(), sample::unknown()] {
            let read = Report::deserialize_from_str(&written(&report)).expect("JUnit XML");
            assert_eq!(read.tests, report.checks.len());
            assert_eq!(read.failures + read.errors, report.counts.breaking);
        }
    }
}
