//! Markdown: the report for a pull request or a job's summary.

use std::io::{self, Write};

use super::model::{Change, CheckOutcome, CheckResult, ConformReport, Counts};
use super::phrases;
use crate::visible::plain;

/// Writes `report` as Markdown.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(report: &ConformReport, out: &mut impl Write) -> io::Result<()> {
    let verdict = phrases::verdict_word(report.verdict);
    writeln!(out, "## chatbench conform: {verdict}\n")?;
    let url = code(&report.subject.url);
    writeln!(out, "{url}: {}.\n", inline(&phrases::subject(&report.subject)))?;
    writeln!(out, "**{}**\n", inline(&phrases::why(report)))?;
    table(report, out)?;
    details(report, CheckOutcome::Fail, "Failures", out)?;
    details(report, CheckOutcome::KnownDeviation, "Known deviations", out)?;
    details(report, CheckOutcome::Unknown, "Unknown", out)?;
    not_tried(report, out)?;
    better(report, out)?;
    writeln!(out, "\nThe same again:\n")?;
    fenced("sh", std::slice::from_ref(&report.command), out)?;
    writeln!(out, "\n{} · `{}`", inline(&report.started), report.exit.name)
}

fn table(report: &ConformReport, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "| group | passed | failed | known | unknown | not applicable |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: |")?;
    let mut row = |group: &str, it: &Counts| {
        let numbers = [it.passed, it.failed, it.known_deviations, it.unknown, it.not_applicable];
        let numbers = numbers.map(|number| match number {
            0 => String::new(),
            some => some.to_string(),
        });
        writeln!(out, "| {} | {} |", inline(group), numbers.join(" | "))
    };
    for (group, checks) in report.groups() {
        row(group, &Counts::of(checks))?;
    }
    row("all", &report.counts)
}

fn details(
    report: &ConformReport,
    outcome: CheckOutcome,
    title: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut checks: Vec<_> = report.with(outcome).collect();
    if checks.is_empty() {
        return Ok(());
    }
    // Those that break the gate are read first.
    checks.sort_by_key(|check| !check.breaks);
    writeln!(out, "\n### {title}")?;
    checks.into_iter().try_for_each(|check| one(check, phrases::tells_wire(report, check), out))
}

fn one(check: &CheckResult, wire: bool, out: &mut impl Write) -> io::Result<()> {
    let (id, title) = (html(&check.id), html(&check.title));
    let note = match (check.breaks, check.change) {
        (true, Some(Change::Worse)) => " · <b>not in the baseline</b>".to_owned(),
        (true, _) => String::new(),
        (false, _) => format!(" · {}", html(&phrases::excuse(check))),
    };
    writeln!(out, "\n<details><summary><b>{id}</b> {} {title}{note}</summary>\n", check.level)?;
    let mut item = |label: &str, text: &str| writeln!(out, "- **{label}** {}", inline(text));
    item("requires", &format!("{} ({})", check.requirement, check.section))?;
    if let Some(failure) = &check.failure {
        item("expected", &failure.expected)?;
        item("observed", &failure.observed)?;
    }
    if let Some(remark) = &check.remark {
        item("because", remark)?;
    }
    if let Some(known) = &check.deviation {
        item(&known.family, &known.reason)?;
        writeln!(out, "- <{}>", plain(&known.link).replace(['<', '>', ' '], ""))?;
    }
    let lines = phrases::transcript(check);
    if wire && !lines.is_empty() {
        writeln!(out)?;
        fenced("text", &lines, out)?;
    }
    writeln!(out)?;
    fenced("sh", std::slice::from_ref(&check.command), out)?;
    writeln!(out, "\n</details>")
}

fn not_tried(report: &ConformReport, out: &mut impl Write) -> io::Result<()> {
    let reasons = phrases::reasons(report);
    if reasons.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Not applicable\n")?;
    let mut row = |(count, why): &(usize, String)| writeln!(out, "- {count} × {}", inline(why));
    reasons.iter().try_for_each(&mut row)
}

fn better(report: &ConformReport, out: &mut impl Write) -> io::Result<()> {
    let told = report.checks.iter().map(|check| (check, phrases::better(check)));
    let mut told = told.filter(|(_, better)| !better.is_empty()).peekable();
    if told.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n### Better\n")?;
    for (check, better) in told {
        let (id, title) = (code(&check.id), inline(&check.title));
        writeln!(out, "- {id} {title}: {}", inline(&better.join("; ")))?;
    }
    Ok(())
}

/// A block that no line of it ends.
pub(in crate::report) fn fenced(
    language: &str,
    lines: &[String],
    out: &mut impl Write,
) -> io::Result<()> {
    let longest = lines.iter().map(|line| run_of_ticks(line)).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    writeln!(out, "{fence}{language}")?;
    for line in lines {
        writeln!(out, "{}", plain(line).trim_end())?;
    }
    writeln!(out, "{fence}")
}

/// `text` as code within a line.
pub(in crate::report) fn code(text: &str) -> String {
    let text = plain(text).replace('|', "\\|");
    let ticks = "`".repeat(run_of_ticks(&text) + 1);
    match text.starts_with('`') || text.ends_with('`') {
        true => format!("{ticks} {text} {ticks}"),
        false => format!("{ticks}{text}{ticks}"),
    }
}

fn run_of_ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// What nobody sees and no link goes across.
const APART: &str = "<!-- -->";

/// `text` within a line or a table, as it is.
pub(in crate::report) fn inline(text: &str) -> String {
    escaped(text, &['\\', '|', '`', '*', '_', '[', ']', '~'])
}

/// `text` within an element that stands in Markdown, where marks are no marks.
pub(in crate::report) fn html(text: &str) -> String {
    escaped(text, &[])
}

fn escaped(text: &str, marks: &[char]) -> String {
    let text = plain(text);
    let mut escaped = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // What GitHub and GitLab make live, they find in the text as it is shown: who is
            // mentioned is called, and `owner/name#1` linked from there. A comment is between.
            '@' | '#' => escaped.extend([&*c.to_string(), APART]),
            // Between two of them would be a formula.
            '$' => escaped.push_str("<span>$</span>"),
            ':' if rest.starts_with("//") => escaped.extend([":", APART]),
            '.' if ends_with_www(&escaped) => escaped.extend([APART, "."]),
            c if marks.contains(&c) => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

fn ends_with_www(text: &str) -> bool {
    text.len() >= 3 && text.as_bytes()[text.len() - 3..].eq_ignore_ascii_case(b"www")
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::report::conform::sample;

    #[test]
    fn what_failed_can_be_unfolded() {
        let mut text = Vec::new();
        write(&sample::failed(), &mut text).expect("a vector takes everything");
        let text = String::from_utf8(text).expect("UTF-8");
        expect_file!["samples/failed.md"].assert_eq(&text);
    }

    #[test]
    fn nothing_that_a_server_says_is_markup() {
        assert_eq!(inline("a|b *c* <d> `e` @f \u{1b}["), {
            "a\\|b \\*c\\* &lt;d&gt; \\`e\\` @<!-- -->f \\\\u{1b}\\["
        });
        for (text, wanted) in [
            ("@all", "@<!-- -->all"),
            ("owner/name#1", "owner/name#<!-- -->1"),
            ("# head", "#<!-- --> head"),
            ("$a$", "<span>$</span>a<span>$</span>"),
            ("http://a.b/c", "http:<!-- -->//a.b/c"),
            ("ftp://a", "ftp:<!-- -->//a"),
            ("WWW.a.b", "WWW<!-- -->.a.b"),
            ("a@b.c", "a@<!-- -->b.c"),
            ("at 10:30, 5.0 s", "at 10:30, 5.0 s"),
        ] {
            assert_eq!((inline(text), html(text)), (wanted.into(), wanted.into()));
        }
        assert_eq!(code("a|`b`"), "`` a\\|`b` ``");
        let mut block = Vec::new();
        fenced("text", &["```".into(), "a".into()], &mut block).expect("room");
        assert_eq!(String::from_utf8(block).expect("UTF-8"), "````text\n```\na\n````\n");
    }
}
