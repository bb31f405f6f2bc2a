//! Catalogue: what checks there are, for people, for programs and for the documentation.

use std::io::{self, Write};

use serde::Serialize;

use super::markdown::{code, inline};
use crate::conformance::{CATALOGUE, Check, Deviation, Group, Level, Need, Pace, deviations};
use crate::report::numbers::counted;
use crate::report::text::Style;
use crate::report::text::page::{Page, Tone};

/// A check as other programs read it.
#[derive(Debug, Serialize)]
struct Entry {
    id: &'static str,
    group: &'static str,
    title: &'static str,
    level: Level,
    requirement: &'static str,
    section: String,
    needs: Vec<&'static str>,
    alone: bool,
    wire: &'static str,
    why: &'static str,
    differs: &'static str,
    deviations: Vec<Known>,
}

/// A known deviation as other programs read it.
#[derive(Debug, Serialize)]
struct Known {
    family: &'static str,
    when: &'static str,
    reason: &'static str,
    link: &'static str,
    since: &'static str,
    until: &'static str,
}

/// Writes a line for each of `checks`, by groups.
///
/// # Errors
/// When `out` cannot be written to.
pub fn list(checks: &[&'static Check], style: &Style, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let columns = checks.iter().map(|check| check.id.len()).max().unwrap_or(0);
    for (group, checks) in by_group(checks) {
        page.line(&page.paint(Tone::Label, group.title))?;
        for check in checks {
            let id = format!("{:<columns$} {:<6}", check.id, check.level);
            page.item(2, (Tone::Plain, &id), check.title)?;
        }
        page.blank()?;
    }
    page.line(&counted(checks.len() as u64, "check", "checks"))
}

/// Writes `checks` as JSON.
///
/// # Errors
/// When `out` cannot be written to.
pub fn json(checks: &[&'static Check], out: &mut impl Write) -> io::Result<()> {
    let mut entries = Vec::new();
    for (group, checks) in by_group(checks) {
        entries.extend(checks.into_iter().map(|check| entry(group, check)));
    }
    crate::report::json::write(&entries, out)
}

/// Writes `checks`, and what is known to deviate from them, as the catalogue of the documentation.
///
/// # Errors
/// When `out` cannot be written to.
pub fn markdown(checks: &[&'static Check], out: &mut impl Write) -> io::Result<()> {
    let level = |level| checks.iter().filter(|check| check.level == level).count();
    writeln!(
        out,
        "## The checks\n\n{}: {} MUST, {} SHOULD, {} INFO.",
        counted(checks.len() as u64, "check", "checks"),
        level(Level::Must),
        level(Level::Should),
        level(Level::Info)
    )?;
    for (group, checks) in by_group(checks) {
        writeln!(out, "\n### {}\n", group.title)?;
        writeln!(
            out,
            "| id | level | a server that passes | by | needs | on the wire | differs |"
        )?;
        writeln!(out, "| --- | --- | --- | --- | --- | --- | --- |")?;
        checks.into_iter().try_for_each(|check| row(check, out))?;
    }
    let known: Vec<_> = deviations().filter(|known| is_of(known, checks)).collect();
    writeln!(out, "\n## Known deviations\n")?;
    if known.is_empty() {
        return writeln!(out, "None is written down.");
    }
    writeln!(out, "| server | check | since | until | what it does instead |")?;
    writeln!(out, "| --- | --- | --- | --- | --- |")?;
    for known in known {
        let Deviation { check, link, since, until, .. } = known;
        let (family, reason) = (inline(&who(known)), inline(known.reason));
        writeln!(out, "| {family} | {check} | {since} | {until} | {reason} ([link]({link})) |")?;
    }
    Ok(())
}

/// `socketioxide on a multi-thread runtime`.
fn who(known: &Deviation) -> String {
    [known.family.name(), known.when].join(" ").trim_end().into()
}

fn is_of(known: &Deviation, checks: &[&'static Check]) -> bool {
    checks.iter().any(|check| check.id == known.check)
}

fn row(check: &Check, out: &mut impl Write) -> io::Result<()> {
    let needs: Vec<_> = check.needs.iter().map(|need| name(*need)).collect();
    writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} |",
        check.id,
        check.level,
        inline(check.title),
        inline(&check.section.to_string()),
        needs.join(", "),
        inline_code(check.wire),
        inline_code(check.differs),
    )
}

/// Writes all that there is to say of `check`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn explain(check: &'static Check, style: &Style, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let id = page.paint(Tone::Label, check.id);
    page.line(&format!("{id} {} {}", check.level, check.title))?;
    page.blank()?;
    page.fact("requires", &format!("{} ({})", check.requirement, check.section))?;
    page.fact("level", means(check.level))?;
    page.fact("on the wire", check.wire)?;
    page.fact("why", check.why)?;
    let differs =
        if check.differs.is_empty() { "no server that was measured" } else { check.differs };
    page.fact("differs", differs)?;
    let needs: Vec<_> = check.needs.iter().map(|need| long_name(*need)).collect();
    page.fact("needs", &if needs.is_empty() { "nothing".into() } else { needs.join("; ") })?;
    if check.pace == Pace::Alone {
        page.fact("pace", "tried by itself, after the others")?;
    }
    for known in deviations().filter(|known| known.check == check.id) {
        let text = format!("{}: {} ({})", who(known), known.reason, known.link);
        page.fact("known", &text)?;
    }
    page.fact("try it", &format!("chatbench conform URL --only {}", check.id))
}

fn means(level: Level) -> &'static str {
    match level {
        Level::Must => "MUST: failing it breaks the gate",
        Level::Should => "SHOULD: failing it breaks the gate under `--strict`",
        Level::Info => "INFO: what the server does is told; neither way is wrong",
    }
}

/// The groups of `checks`, each with those of them that it has.
fn by_group(checks: &[&'static Check]) -> Vec<(&'static Group, Vec<&'static Check>)> {
    let of = |group: &'static Group| {
        let is_wanted = |check: &&Check| checks.iter().any(|wanted| wanted.id == check.id);
        (group, group.checks.iter().filter(is_wanted).collect::<Vec<_>>())
    };
    CATALOGUE.iter().map(of).filter(|(_, checks)| !checks.is_empty()).collect()
}

fn entry(group: &'static Group, check: &'static Check) -> Entry {
    let known = deviations().filter(|known| known.check == check.id);
    Entry {
        id: check.id,
        group: group.title,
        title: check.title,
        level: check.level,
        requirement: check.requirement,
        section: check.section.to_string(),
        needs: check.needs.iter().map(|need| name(*need)).collect(),
        alone: check.pace == Pace::Alone,
        wire: check.wire,
        why: check.why,
        differs: check.differs,
        deviations: known
            .map(|known| Known {
                family: known.family.name(),
                when: known.when,
                reason: known.reason,
                link: known.link,
                since: known.since,
                until: known.until,
            })
            .collect(),
    }
}

/// A need in one word.
fn name(need: Need) -> &'static str {
    match need {
        Need::Polling => "polling",
        Need::WebSocket => "WebSocket",
        Need::Upgrade => "upgrade",
        Need::Chat => "chat",
        Need::ObjectPayload => "objects",
        Need::Echo => "echo",
        Need::Ack => "ack",
        Need::Namespace => "namespace",
        Need::Order => "order",
        Need::Leave => "leave",
        Need::Binary => "binary",
        Need::Cluster => "cluster",
        Need::Broker => "broker",
        Need::Process => "process",
        Need::Heartbeat => "heartbeat",
        Need::ConnectTimeout => "connect timeout",
        Need::MaxPayload => "maxPayload",
        Need::MessagePack => "MessagePack",
        Need::Recovery => "recovery",
        Need::Hostile => "hostile",
    }
}

fn long_name(need: Need) -> &'static str {
    match need {
        Need::Polling => "HTTP long-polling",
        Need::WebSocket => "sessions by WebSocket",
        Need::Upgrade => "that upgrades to a WebSocket are offered",
        Need::Chat => "the chat's events",
        Need::ObjectPayload => "messages that are JSON objects",
        Need::Echo => "an event that comes back (`hooks.echo` of the dialect)",
        Need::Ack => "an event that is acknowledged (`hooks.ack`)",
        Need::Namespace => "a second namespace (`hooks.namespace`)",
        Need::Order => "that order matters (`order` of the scenario is not `off`)",
        Need::Leave => "an event that leaves a room (`leave` of the dialect)",
        Need::Binary => "that binary attachments are relayed (`hooks.binary`)",
        Need::Cluster => "another node of the cluster (`--peer-url`)",
        Need::Broker => "commands for the cluster's broker (`--broker-down`, `--broker-up`)",
        Need::Process => "the server's process on this machine (`--pid`)",
        Need::Heartbeat => "a heartbeat no longer than `--max-wait`",
        Need::ConnectTimeout => "a `--connect-timeout` no longer than `--max-wait`",
        Need::MaxPayload => "that the server says a `maxPayload`",
        Need::MessagePack => "that packets are MessagePack (`hooks.parser`)",
        Need::Recovery => "connection state recovery",
        Need::Hostile => "leave to take the server down (`--hostile`)",
    }
}

/// `text`, in which what stands between backquotes stays code.
fn inline_code(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let part = |(at, part): (usize, &str)| if at % 2 == 1 { code(part) } else { inline(part) };
    if text.matches('`').count() % 2 == 1 { inline(text) } else { parts.map(part).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stays_code_and_the_rest_no_markup() {
        assert_eq!(inline_code("a `b|*` <c>"), "a `b\\|*` &lt;c&gt;");
        assert_eq!(inline_code("a ` b"), "a \\` b");
    }

    #[test]
    fn every_group_and_every_check_is_listed_once() {
        let all: Vec<_> = crate::conformance::checks().collect();
        let listed: usize = by_group(&all).iter().map(|(_, checks)| checks.len()).sum();
        assert_eq!(listed, all.len());
    }
}
