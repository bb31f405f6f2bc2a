//! Markdown: the report for a pull request or a job's summary, short.

use std::io::{self, Write};

use super::Report;
use super::conform::markdown::{code, fenced, inline};
use super::numbers::{count, time};
use super::text::{doubts, outages, story, summary, thresholds, verdict};
use crate::metrics::Metric;
use crate::oracle::{Verdict, ViolationKind};
use crate::run::ThresholdOutcome;

/// Stories told of each kind.
const STORIES_MAX: usize = 3;
/// The latencies that a change is judged by.
const LATENCIES: [Metric; 4] =
    [Metric::DeliveryLatency, Metric::ServiceLatency, Metric::LastReceiver, Metric::SendDelay];

/// Writes `report` as Markdown, as GitHub and GitLab show it.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let (mark, word) = (mark(report.verdict), verdict::word(report.verdict));
    writeln!(out, "## {mark} {}: {word}\n", inline(&report.scenario.name))?;
    writeln!(out, "**{}**\n", inline(&verdict::why(report)))?;
    writeln!(out, "{}", inline(&summary::what_was_done(report)))?;
    violations(report, out)?;
    if report.deafness.times.max(report.deafness.dropped) > 0 {
        writeln!(out, "\nOutages: {}.", inline(&outages::how_deaf(report)))?;
    }
    thresholds_table(report, out)?;
    latencies(report, out)?;
    if !report.doubts.is_empty() {
        writeln!(out, "\n### Doubts\n")?;
    }
    for doubt in &report.doubts {
        writeln!(out, "- {}", inline(&doubts::sentence(doubt)))?;
    }
    if let Some(left_out) = summary::left_out(report) {
        writeln!(out, "\n{}.", inline(&left_out))?;
    }
    writeln!(out, "\nThe same again:\n")?;
    fenced("sh", std::slice::from_ref(&report.command), out)?;
    let started = inline(&report.started);
    writeln!(out, "\n{started} · seed {} · `{}`", report.seed, report.exit.name)
}

fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Unknown => "❔",
    }
}

fn violations(report: &Report, out: &mut impl Write) -> io::Result<()> {
    if report.violations.total > 0 {
        writeln!(out, "\n### Broken promises")?;
    }
    for kind in ViolationKind::ALL {
        let number = report.violations.by_kind.of(kind);
        if number == 0 {
            continue;
        }
        let tolerated = report.violations.tolerated.contains(&kind);
        let note = if tolerated { " · tolerated by the scenario" } else { "" };
        let head = format!("<b>{} {}</b>{note}", count(number), kind.name());
        writeln!(out, "\n<details><summary>{head}</summary>\n")?;
        let mut told = 0;
        for one in report.violations.stories(kind).take(STORIES_MAX) {
            writeln!(out, "- {}", inline(&story::sentence(one)))?;
            if let Some(course) = story::course(one) {
                writeln!(out, "  <br><sub>{}</sub>", inline(&course))?;
            }
            told += 1;
        }
        if number > told {
            writeln!(out, "- … and {} more", count(number - told))?;
        }
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

fn thresholds_table(report: &Report, out: &mut impl Write) -> io::Result<()> {
    if report.thresholds.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| threshold | | measured |\n| --- | --- | --- |")?;
    for threshold in &report.thresholds {
        let word = match threshold.outcome {
            ThresholdOutcome::Held => "✅ held",
            ThresholdOutcome::Missed => "❌ missed",
            ThresholdOutcome::Unknown => "❔ unknown",
        };
        let told = inline(&thresholds::compared(threshold));
        writeln!(out, "| {} | {word} | {told} |", code(&threshold.name))?;
    }
    Ok(())
}

fn latencies(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let measured = |metric: &&Metric| report.latencies.of(**metric).count > 0;
    let mut measured = LATENCIES.iter().filter(measured).peekable();
    if measured.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n| latency | p50 | p99 | p99.9 | longest |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: |")?;
    for metric in measured {
        let of = report.latencies.of(*metric);
        let numbers = [of.p50_ms, of.p99_ms, of.p99_9_ms, of.max_ms].map(time);
        writeln!(out, "| {} | {} |", code(metric.name()), numbers.join(" | "))?;
    }
    Ok(())
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
    fn runs_that_passed_and_failed() {
        let [passed, failed] =
            [sample::passed(), sample::failed()].map(|outcome| written(&sample::report(&outcome)));
        expect_file!["samples/passed.md"].assert_eq(&passed);
        expect_file!["samples/failed.md"].assert_eq(&failed);
    }

    #[test]
    fn what_a_server_says_is_no_markup() {
        let mut report = sample::report(&sample::failed());
        let hostile = "<script>|`*_@all\0```\n# x ![](http://a.b/c) o/r#1 www.a.b $x$";
        report.started = hostile.into();
        report
            .connection_reasons
            .push(crate::report::model::Reason { why: hostile.into(), count: 1 });
        for story in &mut report.violations.kept {
            story.room = Some(hostile.into());
            story.receiver = hostile.into();
        }
        report.scenario.name = hostile.into();
        report.scenario.targets = vec![hostile.into()];
        let text = written(&report);
        let shown = text.replace("/r#1 www.a.b $x$`", "");
        for live in ["@all", "r#1", "http://a.b", "www.a.b", "$x$", "![]"] {
            let outside_code = shown.lines().filter(|line| !line.contains("chatbench run"));
            assert!(outside_code.into_iter().all(|line| !line.contains(live)), "{live}: {text}");
        }
        assert!(!text.contains("<script") && !text.contains("@all\u{0}"), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("# x")), "{text}");
    }
}
