//! Text: a checkup as people read it: what is amiss in full, and all else in a line each.

use std::io::{self, Write};

use textwrap::{Options, WordSeparator, WordSplitter};

use crate::doctor::{Checkup, Finding, Needs, Verdict};
use crate::report::numbers::{count, counted};

/// Before what is told of a check.
const INDENT: &str = "             ";

/// Writes all of `checkup` but how it ends, in lines of `width` columns; lines for a shell are
/// left whole.
///
/// # Errors
/// When `out` takes no more.
pub(super) fn write(checkup: &Checkup, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let Checkup { chatbench, scenario, started, .. } = checkup;
    writeln!(out, "chatbench {chatbench} · doctor · {scenario} · {started}")?;
    paragraph(("  ", "  "), &asked(&checkup.needs), width, out)?;
    let mut section = None;
    for finding in &checkup.findings {
        if section.replace(finding.section) != Some(finding.section) {
            writeln!(out, "\n  {}", finding.section.name())?;
        }
        one(finding, width, out)?;
    }
    writeln!(out)?;
    paragraph(("  ", "  "), &summary(checkup), width, out)
}

fn asked(needs: &Needs) -> String {
    let server = match needs.targets.as_slice() {
        [] => "the bundled server on this machine".to_owned(),
        [one] => one.url.clone(),
        [first, rest @ ..] => {
            format!("{} and {}", first.url, counted(rest.len() as u64, "other", "others"))
        }
    };
    let users = counted(needs.users, "user", "users");
    let threads = counted(needs.threads, "thread", "threads");
    format!("{users} on {threads} against {server}.")
}

fn one(finding: &Finding, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let Finding { title, found, verdict, .. } = finding;
    let first = format!("    {:<9}", verdict.name());
    if *verdict < Verdict::Warn {
        return paragraph((&first, INDENT), &format!("{title}: {found}"), width, out);
    }
    paragraph((&first, INDENT), &format!("{title} ({})", finding.id), width, out)?;
    for (label, text) in [("needed", &finding.need), ("found", found), ("why", &finding.why)] {
        let first = format!("{INDENT}{label:<9}");
        paragraph((&first, &format!("{INDENT}{:9}", "")), text, width, out)?;
    }
    for (label, lines) in [("remedy", &finding.remedy), ("to keep", &finding.permanent)] {
        for (at, line) in lines.iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            writeln!(out, "{INDENT}{label:<9}{line}")?;
        }
    }
    Ok(())
}

fn summary(checkup: &Checkup) -> String {
    let verdicts = [Verdict::Ok, Verdict::Warn, Verdict::Fail, Verdict::Unknown];
    let told = verdicts.map(|verdict| {
        format!("{} {}", count(checkup.count(verdict)), verdict.name().to_lowercase())
    });
    let told = told.join(", ");
    let failed = checkup.findings.iter().filter(|it| it.verdict == Verdict::Fail);
    let failed: Vec<&str> = failed.map(|it| it.id.as_str()).collect();
    match (failed.as_slice(), checkup.verdict) {
        ([], Verdict::Warn) => format!(
            "{told}. The scenario can be performed; what is warned of may show in what it measures."
        ),
        ([], _) => format!("{told}. Nothing stands in the scenario's way."),
        (failed, _) => format!(
            "{told}. The scenario cannot be performed on this machine: {}.",
            failed.join(", ")
        ),
    }
}

fn paragraph(
    (first, rest): (&str, &str),
    text: &str,
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    // A URL or a file is not broken.
    let options = Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    for line in textwrap::wrap(text, options) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::{ExpectFile, expect_file};

    use super::*;
    use crate::doctor::{Machine, Part, Quota, examine, sample};

    fn page(machine: &Machine, width: usize) -> String {
        let needs = sample::needs();
        let findings = examine(machine, &needs);
        let checkup = Checkup {
            version: Checkup::VERSION,
            chatbench: "0.0.0".into(),
            started: "2026-01-02T03:04:05.678Z".into(),
            scenario: "a sample".into(),
            verdict: findings.iter().map(|it| it.verdict).max().expect("there are checks"),
            needs,
            findings,
        };
        let mut text = Vec::new();
        write(&checkup, width, &mut text).expect("a vector takes everything");
        String::from_utf8(text).expect("UTF-8")
    }

    fn check(machine: &Machine, wanted: &ExpectFile) {
        wanted.assert_eq(&page(machine, 100));
    }

    fn bad() -> Machine {
        let mut machine = sample::machine();
        machine.files.hard = Some(1_024);
        machine.network.reuse = None;
        machine.network.ports =
            Some(crate::doctor::Ports { first: 40_000, last: 40_499, reserved: 0 });
        machine.cpu.governors = Part::There(vec!["powersave".into(); 4]);
        let file = "sys/fs/cgroup/cpu.max".into();
        machine.cpu.quota = Part::There(Quota { cores: 1.5, file });
        machine.memory.available = Some(75_000_000);
        machine.timing.source = Some("hpet".into());
        machine.targets[0].reached = Err("Connection refused (os error 111)".into());
        machine
    }

    #[test]
    fn a_good_machine() {
        check(&sample::machine(), &expect_file!["samples/good.txt"]);
    }

    #[test]
    fn a_bad_machine() {
        check(&bad(), &expect_file!["samples/bad.txt"]);
    }

    #[test]
    fn a_machine_to_be_warned_of() {
        let mut machine = sample::machine();
        machine.timing.source = Some("hpet".into());
        assert!(page(&machine, 100).contains("23 ok, 1 warn, 0 fail, 0 unknown. The scenario can"));
    }

    #[test]
    fn only_lines_for_a_shell_pass_the_page() {
        let machine = bad();
        let commands = examine(&machine, &sample::needs());
        let commands: Vec<_> =
            commands.iter().flat_map(|it| it.remedy.iter().chain(&it.permanent)).collect();
        for width in [60, 80] {
            for line in page(&machine, width).lines().skip(1) {
                let is_command = commands.iter().any(|command| line.ends_with(*command));
                assert!(is_command || line.chars().count() <= width, "{line:?} on {width} columns");
            }
        }
    }
}
