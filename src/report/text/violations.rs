//! Violations: broken promises by kind, and the first few of each kind in words.

use std::io;

use super::page::{Page, Tone};
use super::story;
use crate::oracle::ViolationKind;
use crate::report::Report;
use crate::report::numbers::count;

/// Stories told of each kind.
const STORIES_MAX: usize = 3;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    let violations = &report.violations;
    if violations.total == 0 {
        let none = page.paint(Tone::Good, "none");
        return page.fact("violations", &none);
    }
    page.fact("violations", &count(violations.total))?;
    for kind in ViolationKind::ALL {
        let number = violations.by_kind.of(kind);
        if number > 0 {
            write_kind(report, kind, number, page)?;
        }
    }
    Ok(())
}

fn write_kind(
    report: &Report,
    kind: ViolationKind,
    number: u64,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let tolerated = report.violations.tolerated.contains(&kind);
    let (tone, note) = match tolerated {
        true => (Tone::Unsure, " · a warning only: the scenario says `order: warn`"),
        false => (Tone::Bad, ""),
    };
    let head = page.paint(tone, &format!("{} {}", count(number), kind.name()));
    page.line(&format!("    {head}{note}"))?;
    let mut told = 0;
    for story in report.violations.stories(kind).take(STORIES_MAX) {
        page.item(6, (Tone::Aside, "·"), &story::sentence(story))?;
        if let Some(course) = story::course(story) {
            page.item(6, (Tone::Plain, " "), &course)?;
        }
        told += 1;
    }
    match number.saturating_sub(told) {
        0 => Ok(()),
        more => page.item(6, (Tone::Aside, "…"), &format!("and {} more", count(more))),
    }
}
