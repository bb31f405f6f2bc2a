//! Junit: the report as JUnit XML: a test case for each promise, each threshold and each doubt. One
//! is red where, and only where, the run does not pass.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::numbers::counted;
use super::text::{doubts, story, thresholds};
use super::{ExitKind, Report};
use crate::oracle::ViolationKind;
use crate::run::{Doubt, ThresholdOutcome, ThresholdResult};
use crate::visible::plain;

/// Stories told of each kind.
const STORIES_MAX: usize = 3;

/// Writes `report` as JUnit XML.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let name = plain(&report.scenario.name);
    let mut all = quick_junit::Report::new(format!("chatbench run {name}"));
    let took = Duration::try_from_secs_f64(report.durations.run_s).unwrap_or_default();
    all.set_time(took);
    let promises = ViolationKind::ALL.iter().map(|kind| promise(report, *kind));
    let thresholds = report.thresholds.iter().map(threshold);
    let suites: [(&str, Vec<TestCase>); 3] = [
        ("promises", promises.collect()),
        ("thresholds", thresholds.collect()),
        ("doubts", doubted(report)),
    ];
    for (name, cases) in suites {
        let mut suite = TestSuite::new(name);
        suite.add_test_cases(cases.into_iter().map(|mut case| {
            case.set_classname(format!("run.{name}"));
            case
        }));
        all.add_test_suite(suite);
    }
    let text = all.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn promise(report: &Report, kind: ViolationKind) -> TestCase {
    let number = report.violations.by_kind.of(kind);
    let message = format!("{} of kind {}", counted(number, "violation", "violations"), kind.name());
    let status = match number {
        0 if report.tally.must == 0 => skipped("no delivery had to happen, so none was shown to"),
        0 => TestCaseStatus::success(),
        _ if report.violations.tolerated.contains(&kind) => {
            skipped(&format!("{message}, which the scenario tolerates"))
        }
        _ => red(NonSuccessKind::Failure, &message, &stories(report, kind, number)),
    };
    TestCase::new(kind.name(), status)
}

fn stories(report: &Report, kind: ViolationKind, number: u64) -> String {
    let mut lines = Vec::new();
    for one in report.violations.stories(kind).take(STORIES_MAX) {
        lines.push(story::sentence(one));
        lines.extend(story::course(one).map(|course| format!("  {course}")));
    }
    let told = report.violations.stories(kind).count().min(STORIES_MAX) as u64;
    if number > told {
        lines.push(format!("and {} more", number - told));
    }
    lines.push(format!("again: {}", report.command));
    lines.iter().map(|line| plain(line)).collect::<Vec<_>>().join("\n")
}

fn threshold(threshold: &ThresholdResult) -> TestCase {
    let told = thresholds::compared(threshold);
    let status = match threshold.outcome {
        ThresholdOutcome::Held => TestCaseStatus::success(),
        ThresholdOutcome::Missed => red(NonSuccessKind::Failure, &told, ""),
        ThresholdOutcome::Unknown => red(NonSuccessKind::Error, &told, ""),
    };
    let mut case = TestCase::new(plain(&threshold.name), status);
    if threshold.outcome == ThresholdOutcome::Held {
        case.set_system_out(told);
    }
    case
}

/// A case for each doubt; one that is green if there is none, and the process did its job.
fn doubted(report: &Report) -> Vec<TestCase> {
    let mut cases: Vec<TestCase> = report.doubts.iter().map(doubt).collect();
    if let ExitKind::Usage | ExitKind::Impossible = report.exit.name {
        let message = format!("the process ended with {}", report.exit.name);
        let status = red(NonSuccessKind::Error, &message, "");
        cases.push(TestCase::new("the job was done", status));
    }
    if cases.is_empty() {
        cases.push(TestCase::new("nothing is in doubt", TestCaseStatus::success()));
    }
    cases
}

fn doubt(doubt: &Doubt) -> TestCase {
    let kind = serde_json::to_value(doubt).ok();
    let kind = kind.as_ref().and_then(|doubt| doubt["kind"].as_str()).unwrap_or("doubt").to_owned();
    TestCase::new(kind, red(NonSuccessKind::Error, &plain(&doubts::sentence(doubt)), ""))
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why.to_owned());
    status
}

fn red(kind: NonSuccessKind, message: &str, description: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(plain(message));
    if !description.is_empty() {
        status.set_description(description.to_owned());
    }
    status
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::report::sample;

    fn written(report: &Report) -> String {
        let mut text = Vec::new();
        write(report, &mut text).expect("a vector takes everything");
        String::from_utf8(text).expect("UTF-8")
    }

    #[test]
    fn a_run_that_failed_in_every_way() {
        let report = sample::report(&sample::failed());
        expect_file!["samples/failed.xml"].assert_eq(&written(&report));
    }

    #[test]
    fn something_is_red_where_and_only_where_the_run_does_not_pass() {
        let mut unwritten = sample::report(&sample::passed());
        unwritten.end_with(ExitKind::Impossible);
        let mut all: Vec<Report> = [sample::passed(), sample::failed(), sample::nothing()]
            .map(|outcome| sample::report(&outcome))
            .into();
        all.extend([sample::troubled_report(), unwritten]);
        for report in all {
            let read = quick_junit::Report::deserialize_from_str(&written(&report));
            let read = read.expect("JUnit XML");
            let passes = report.exit.name == ExitKind::Pass;
            assert_eq!(read.failures + read.errors == 0, passes, "{:?}", report.exit);
            assert_eq!(read.tests, 9 + report.thresholds.len() + doubted(&report).len());
        }
    }

    #[test]
    fn what_a_server_says_ends_nothing() {
        let mut report = sample::report(&sample::failed());
        let hostile = "]]></failure><script>\0\u{1b}\"onload=";
        for story in &mut report.violations.kept {
            story.room = Some(hostile.into());
            story.receiver = hostile.into();
        }
        report.scenario.name = hostile.into();
        report.command = hostile.into();
        let text = written(&report);
        let read = quick_junit::Report::deserialize_from_str(&text).expect("JUnit XML");
        assert_eq!(read.test_suites.len(), 3);
        assert!(!text.contains(['\0', '\u{1b}']) && !text.contains("<script"), "{text}");
    }
}
