//! Markdown: the comparison for a pull request.

use std::io::{self, Write};

use super::model::Comparison;
use super::words;
use crate::report::conform::markdown::inline;

/// Writes `comparison` as Markdown.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "## chatbench compare: {}\n", words::verdict_word(comparison.verdict))?;
    writeln!(out, "**{}**\n", inline(&words::verdict(comparison)))?;
    for (name, side) in [("A", &comparison.a), ("B", &comparison.b)] {
        writeln!(out, "- **{name}** {}", inline(&words::side(side)))?;
    }
    let confidence = comparison.confidence * 100.0;
    writeln!(out, "\n| | A | B | change | {confidence:.0} %, of all | |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | --- |")?;
    for number in &comparison.numbers {
        let cells = words::row(number).map(|cell| inline(&cell));
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    facts(comparison, out)?;
    if !comparison.doubts.is_empty() {
        writeln!(out, "\n### Doubts\n")?;
    }
    for doubt in &comparison.doubts {
        writeln!(out, "- {}", inline(&words::doubt(doubt)))?;
    }
    writeln!(out, "\n`{}`", comparison.exit.name)
}

fn facts(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let (a, b) = (comparison.a.runs.len(), comparison.b.runs.len());
    if !comparison.promises.is_empty() {
        writeln!(out, "\n### Broken promises\n")?;
    }
    for it in &comparison.promises {
        writeln!(out, "- {}", inline(&words::promise(it, a, b)))?;
    }
    let missed = comparison.thresholds.iter().filter(|it| it.a_missed + it.b_missed > 0);
    let missed: Vec<_> = missed.collect();
    if !missed.is_empty() {
        writeln!(out, "\n### Missed thresholds\n")?;
    }
    for it in missed {
        let (name, a_missed, b_missed) = (inline(&it.name), it.a_missed, it.b_missed);
        writeln!(out, "- {name}: A in {a_missed} of {a}, B in {b_missed} of {b}")?;
    }
    Ok(())
}
