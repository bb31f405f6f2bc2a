//! Text: the comparison for a person; its last line names the exit.

use std::io::{self, Write};

use super::model::{Comparison, Finding};
use super::words;
use crate::report::text::Style;
use crate::report::text::page::{Page, Tone};
use crate::visible::plain;

const NAME_COLUMNS: usize = 26;
const VALUE_COLUMNS: usize = 11;
const CHANGE_COLUMNS: usize = 10;
const INTERVAL_COLUMNS: usize = 22;

/// Writes `comparison`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(comparison: &Comparison, style: &Style, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    page.fact("A", &plain(&words::side(&comparison.a)))?;
    page.fact("B", &plain(&words::side(&comparison.b)))?;
    numbers(comparison, &mut page)?;
    promises(comparison, &mut page)?;
    doubts(comparison, &mut page)?;
    page.blank()?;
    let word = words::verdict_word(comparison.verdict);
    let word = page.paint(tone(comparison.verdict), word);
    page.fact("verdict", &format!("B is {word}: {}", words::verdict(comparison)))?;
    let exit = comparison.exit.name;
    page.line(&exit.to_string())
}

fn numbers(comparison: &Comparison, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    let confidence = format!("{:.0} %, of all", comparison.confidence * 100.0);
    let head = line(["", "A", "B", "change", &confidence], "");
    let head = page.paint(Tone::Label, &head);
    page.line(&format!("  {head}"))?;
    for number in &comparison.numbers {
        let [name, a, b, change, interval, amounts] = words::row(number);
        let tone = number.finding.map_or(Tone::Aside, tone);
        let amounts = page.paint(tone, &amounts);
        page.line(&format!("  {}", line([&name, &a, &b, &change, &interval], &amounts)))?;
    }
    Ok(())
}

fn line([name, a, b, change, interval]: [&str; 5], amounts: &str) -> String {
    format!(
        "{name:<NAME_COLUMNS$}{a:>VALUE_COLUMNS$}{b:>VALUE_COLUMNS$}{change:>CHANGE_COLUMNS$}\
         {interval:>INTERVAL_COLUMNS$}  {amounts}"
    )
}

fn promises(comparison: &Comparison, page: &mut Page<'_>) -> io::Result<()> {
    let (a, b) = (comparison.a.runs.len(), comparison.b.runs.len());
    let missed = comparison.thresholds.iter().filter(|it| it.a_missed + it.b_missed > 0);
    let missed: Vec<_> = missed.collect();
    if comparison.promises.is_empty() && missed.is_empty() {
        return Ok(());
    }
    page.blank()?;
    for it in &comparison.promises {
        page.item(2, (tone(it.finding), "•"), &words::promise(it, a, b))?;
    }
    for it in missed {
        let (name, a_missed, b_missed) = (plain(&it.name), it.a_missed, it.b_missed);
        let text = format!("{name}: missed in {a_missed} of {a} runs of A, {b_missed} of {b} of B");
        page.item(2, (tone(it.finding), "•"), &text)?;
    }
    Ok(())
}

fn doubts(comparison: &Comparison, page: &mut Page<'_>) -> io::Result<()> {
    if comparison.doubts.is_empty() {
        return Ok(());
    }
    page.blank()?;
    for doubt in &comparison.doubts {
        page.item(2, (Tone::Unsure, "?"), &plain(&words::doubt(doubt)))?;
    }
    Ok(())
}

fn tone(finding: Finding) -> Tone {
    match finding {
        Finding::Worse => Tone::Bad,
        Finding::Better => Tone::Good,
        Finding::Negligible | Finding::NotShown => Tone::Plain,
        Finding::Unknown => Tone::Unsure,
    }
}
