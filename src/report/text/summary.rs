//! Summary: what was done, and how much of it.

use std::io;

use super::churn;
use super::page::{Page, Tone};
use crate::metrics::Row;
use crate::report::Report;
use crate::report::model::Subject;
use crate::report::numbers::{bytes, count, counted, rate, share, time};

/// Reasons shown for connections that failed or were lost.
const REASONS_MAX: usize = 3;
/// Targets named in full.
const TARGETS_MAX: usize = 3;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let tool = format!("{} {}", report.tool.name, report.tool.version);
    let name = page.paint(Tone::Label, &report.scenario.name.escape_debug().to_string());
    let seed = format!("seed {}", report.seed);
    page.line(&format!("{tool} · {name} · {seed} · {}", report.started))?;
    page.item(0, (Tone::Plain, " "), &what_was_done(report))?;
    page.blank()?;
    connects(report, page)?;
    joins(report, page)?;
    churn::write(report, page)?;
    messages(report, page)?;
    strangers(report, page)?;
    checked(report, page)
}

/// What was done to whom, in a sentence.
pub(in crate::report) fn what_was_done(report: &Report) -> String {
    let Subject { users, rooms, .. } = report.scenario;
    let users = counted(users, "user", "users");
    let rooms = counted(rooms, "room", "rooms");
    let target = target(&report.scenario);
    let took = time(report.durations.run_s * 1e3);
    if report.durations.load_from_s.is_none() {
        return format!("{users} for {rooms} of {target}: the load never began; {took} in all.");
    }
    let messages = counted(report.counters.messages_sent, "message", "messages");
    let load = time(report.durations.load_s * 1e3);
    format!("{users} in {rooms} of {target} sent {messages} in {load}; {took} in all.")
}

fn target(subject: &Subject) -> String {
    let urls = &subject.targets;
    let mut named = urls[..urls.len().min(TARGETS_MAX)].join(", ");
    if urls.len() > TARGETS_MAX {
        named.push_str(&format!(" and {} more", urls.len() - TARGETS_MAX));
    }
    if subject.reference { format!("the reference server at {named}") } else { named }
}

fn connects(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let counters = &report.counters;
    let latency = &report.latencies.connect_latency;
    let mut text = counted(counters.connects, "connection", "connections");
    if let Some(most) = busiest(&report.timeline) {
        text.push_str(&format!(" (up to {most})"));
    }
    text.push_str(&format!(
        ", {} failed, {} lost",
        count(counters.connect_failures),
        count(counters.disconnects)
    ));
    if latency.count > 0 {
        text.push_str(&format!("; p50 {}, p99 {}", time(latency.p50_ms), time(latency.p99_ms)));
    }
    page.fact("connects", &text)?;
    for reason in report.connection_reasons.iter().take(REASONS_MAX) {
        let why = reason.why.escape_debug();
        page.item(15, (Tone::Unsure, &format!("{} ×", count(reason.count))), &why.to_string())?;
    }
    match report.connection_reasons.len().saturating_sub(REASONS_MAX) {
        0 => Ok(()),
        more => {
            let more = counted(more as u64, "other reason", "other reasons");
            page.item(15, (Tone::Aside, "…"), &more)
        }
    }
}

/// The most connections in a second of the run.
fn busiest(timeline: &[Row]) -> Option<String> {
    let began = std::iter::once(0.0).chain(timeline.iter().map(|row| row.at_s));
    let rates = timeline.iter().zip(began).filter(|(row, _)| row.connects > 0);
    // Intervals that were cut short would make a few connections look like many.
    let full = rates.filter(|(row, began)| row.at_s - began > 0.5);
    let most = full.max_by(|(a, from_a), (b, from_b)| {
        let each = |row: &Row, from| row.connects as f64 / (row.at_s - from);
        each(a, from_a).total_cmp(&each(b, from_b))
    });
    most.map(|(row, began)| rate(row.connects, row.at_s - began))
}

fn joins(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let latency = &report.latencies.join_latency;
    let mut text = format!("{} confirmed", count(report.counters.joins));
    if report.counters.probes > 0 {
        let probes = counted(report.counters.probes, "probe", "probes");
        text.push_str(&format!(" by evidence, with {probes}"));
    }
    if latency.count > 0 {
        text.push_str(&format!("; p50 {}, p99 {}", time(latency.p50_ms), time(latency.p99_ms)));
    }
    page.fact("joins", &text)
}

fn messages(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let (counters, load_s) = (&report.counters, report.durations.load_s);
    let mut sent = counted(counters.messages_sent, "message", "messages");
    sent.push_str(&format!(
        " sent ({}), {} of text",
        rate(counters.messages_sent, load_s),
        bytes(counters.text_sent_bytes)
    ));
    if counters.messages_unsent > 0 {
        let unsent = counted(counters.messages_unsent, "more was due", "more were due");
        sent.push_str(&format!("; {unsent} and could not be sent"));
    }
    if counters.messages_away > 0 {
        let away = count(counters.messages_away);
        sent.push_str(&format!("; {away} more fell to whoever was away"));
    }
    page.fact("messages", &sent)?;
    let each = rate(counters.deliveries, load_s);
    let deliveries = counted(counters.deliveries, "delivery", "deliveries");
    page.fact("deliveries", &format!("{deliveries} ({each})"))?;
    left_out(report).into_iter().try_for_each(|it| page.item(4, (Tone::Aside, "…"), &it))
}

/// What was too much to be kept, and so is told nowhere else.
pub(in crate::report) fn left_out(report: &Report) -> Option<String> {
    let seconds = counted(report.timeline_rows_dropped, "second", "seconds");
    let is_any = report.timeline_rows_dropped > 0;
    is_any.then(|| format!("the last {seconds} were too many to be kept one by one"))
}

/// What others said in the run's rooms, where they were welcome and did.
fn strangers(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    match report.tally.strangers {
        0 => Ok(()),
        some => {
            let some = counted(some, "message", "messages");
            page.fact("strangers", &format!("{some} of others heard, and not judged"))
        }
    }
}

fn checked(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let tally = &report.tally;
    if tally.must == 0 {
        return page.fact("checked", "nothing: no delivery had to happen");
    }
    let musts = match tally.must {
        1 => "the one delivery".into(),
        many => format!("every one of {} deliveries", count(many)),
    };
    let missing = tally.must - tally.must_heard.min(tally.must);
    let came = match missing {
        0 => "all came".into(),
        _ => format!("{} came, {} did not", count(tally.must_heard), count(missing)),
    };
    let probes = if report.counters.probes > 0 { ", of probes too" } else { "" };
    let mut text = format!("{musts} that had to happen{probes}: {came}");
    if tally.may > 0 {
        let share = share(1.0 - tally.must_share);
        let mays = count(tally.may);
        let were = if tally.may == 1 { "was" } else { "were" };
        text.push_str(&format!("; {mays} more ({share}) {were} free to come or not"));
    }
    page.fact("checked", &text)
}
