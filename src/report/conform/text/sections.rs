//! Sections: what did not pass, told so that it can be understood and tried again.

use std::io;

use crate::report::conform::model::{Change, CheckOutcome, CheckResult, ConformReport};
use crate::report::conform::phrases;
use crate::report::numbers::counted;
use crate::report::text::page::{Page, Tone};
use crate::visible::plain;

pub(super) fn failures(
    report: &ConformReport,
    verbose: bool,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let failed: Vec<_> = report.with(CheckOutcome::Fail).collect();
    if failed.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.fact("failures", &counted(failed.len() as u64, "check", "checks"))?;
    // Those that break the gate stand last, where they are read first.
    let (breaking, rest): (Vec<_>, Vec<_>) = failed.into_iter().partition(|check| check.breaks);
    for check in rest.into_iter().chain(breaking) {
        page.blank()?;
        failure(check, verbose || phrases::tells_wire(report, check), page)?;
    }
    Ok(())
}

fn failure(check: &CheckResult, wire: bool, page: &mut Page<'_>) -> io::Result<()> {
    let (tone, note) = match check.breaks {
        true => (Tone::Bad, worse(check).to_owned()),
        false => (Tone::Unsure, format!(" · {}", phrases::excuse(check))),
    };
    page.item(4, (tone, "✗"), &format!("{}{note}", name(check)))?;
    story(check, wire, page)
}

fn worse(check: &CheckResult) -> &'static str {
    if check.change == Some(Change::Worse) { " · not in the baseline" } else { "" }
}

fn name(check: &CheckResult) -> String {
    format!("{} {} {}", plain(&check.id), check.level, plain(&check.title))
}

/// Requirement, expected, observed, the wire and the command.
fn story(check: &CheckResult, wire: bool, page: &mut Page<'_>) -> io::Result<()> {
    let requirement = format!("{} ({})", plain(&check.requirement), plain(&check.section));
    detail("requires", &requirement, page)?;
    if let Some(failure) = &check.failure {
        detail("expected", &plain(&failure.expected), page)?;
        detail("observed", &plain(&failure.observed), page)?;
    }
    for line in phrases::transcript(check).iter().filter(|_| wire) {
        page.line(&format!("      {line}"))?;
    }
    again(check, page)
}

fn detail(label: &str, text: &str, page: &mut Page<'_>) -> io::Result<()> {
    page.item(6, (Tone::Aside, &format!("{label:<9}")), text)
}

/// Not wrapped: it is there to be copied.
fn again(check: &CheckResult, page: &mut Page<'_>) -> io::Result<()> {
    let label = page.paint(Tone::Aside, "again    ");
    page.line(&format!("      {label} {}", plain(&check.command)))
}

pub(super) fn deviations(report: &ConformReport, page: &mut Page<'_>) -> io::Result<()> {
    let known: Vec<_> = report.with(CheckOutcome::KnownDeviation).collect();
    if known.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.fact("known", &counted(known.len() as u64, "deviation", "deviations"))?;
    for check in known {
        let tone = if check.breaks { Tone::Bad } else { Tone::Unsure };
        let note = if check.breaks { worse(check) } else { "" };
        page.item(4, (tone, "~"), &format!("{}{note}", name(check)))?;
        if let Some(deviation) = &check.deviation {
            let (who, reason) = (phrases::versions(deviation), plain(&deviation.reason));
            page.item(6, (Tone::Aside, "·"), &format!("{who}: {reason}"))?;
            page.item(6, (Tone::Aside, "·"), &plain(&deviation.link))?;
        }
        if check.breaks {
            story(check, true, page)?;
        }
    }
    Ok(())
}

pub(super) fn unknown(report: &ConformReport, page: &mut Page<'_>) -> io::Result<()> {
    let unknown: Vec<_> = report.with(CheckOutcome::Unknown).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.fact("unknown", &counted(unknown.len() as u64, "check", "checks"))?;
    for check in unknown {
        let why = plain(check.remark.as_deref().unwrap_or("no reason was given"));
        let tone = if check.breaks { Tone::Unsure } else { Tone::Aside };
        page.item(4, (tone, "?"), &format!("{}: {why}", name(check)))?;
        again(check, page)?;
    }
    Ok(())
}

pub(super) fn not_applicable(report: &ConformReport, page: &mut Page<'_>) -> io::Result<()> {
    let reasons = phrases::reasons(report);
    if reasons.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let checks = counted(report.counts.not_applicable as u64, "check does", "checks do");
    page.fact("not tried", &format!("{checks} not apply"))?;
    for (count, why) in reasons {
        page.item(4, (Tone::Aside, &format!("{count:>4} ×")), &why)?;
    }
    Ok(())
}

/// What got better than what is written down about the server.
pub(super) fn better(report: &ConformReport, page: &mut Page<'_>) -> io::Result<()> {
    let better = |check: &CheckResult| {
        let id = plain(&check.id);
        phrases::better(check).into_iter().map(move |how| format!("{id} {how}"))
    };
    let items: Vec<String> = report.checks.iter().flat_map(better).collect();
    if items.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.fact("better", &counted(items.len() as u64, "check", "checks"))?;
    items.iter().try_for_each(|text| page.item(4, (Tone::Good, "+"), text))
}
