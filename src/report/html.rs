//! Html: the report as a page that people act on: the verdict first, then what it rests on.
//!
//! Each number that comes from the report says which one it is (`data-figure`), exactly
//! (`data-value`).

mod curves;
mod figures;
mod generator;
mod latencies;
mod overview;
mod server;
mod thresholds;
mod timeline;
mod violations;

use std::io::{self, Write};

use super::Report;
use super::text::{doubts, verdict};
use crate::oracle::Verdict;
use crate::page::{Document, Markup, folded, html};

/// Writes `report` as a page.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let page = Document {
        title: format!("{} · {}", verdict::word(report.verdict), report.scenario.name),
        maker: format!("{} {} · {}", report.tool.name, report.tool.version, report.started),
        body: body(report),
    };
    out.write_all(page.into_html().as_bytes())
}

fn body(report: &Report) -> Markup {
    html! {
        (verdict_first(report))
        (overview::section(report))
        (violations::section(report))
        (thresholds::section(report))
        (doubts_section(report))
        (latencies::section(report))
        (timeline::section(report))
        (server::section(report))
        (generator::section(report))
        (scenario(report))
    }
}

fn verdict_first(report: &Report) -> Markup {
    let (class, mark) = match report.verdict {
        Verdict::Pass => ("good", "✓"),
        Verdict::Fail => ("bad", "✗"),
        Verdict::Unknown => ("unsure", "?"),
    };
    html! {
        div class={ "verdict " (class) } {
            h1 { (mark) " " (verdict::word(report.verdict)) ": " (report.scenario.name) }
            p { (capitalised(&verdict::why(report))) "." }
        }
        p.aside { (report.exit.name.to_string()) " · seed " (report.seed) " · " (report.started) }
    }
}

/// A sentence begins with a capital.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn doubts_section(report: &Report) -> Markup {
    html! {
        @if !report.doubts.is_empty() {
            h2 { "Doubts" }
            ul.doubts {
                @for doubt in &report.doubts {
                    li { span.unsure { "? " } (capitalised(&doubts::sentence(doubt))) "." }
                }
            }
        }
    }
}

fn scenario(report: &Report) -> Markup {
    html! {
        h2 { "The same again" }
        pre { code { (report.command) } }
        (folded(&html! { "The scenario as it was run" }, &html! {
            pre { code { (report.scenario.yaml) } }
        }))
    }
}

#[cfg(test)]
mod tests;
