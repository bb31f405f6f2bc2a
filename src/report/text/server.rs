//! Server: what was seen of it while it was loaded.

use std::io;

use super::page::{Page, Tone};
use crate::observe::{Node, Observation, Summary};
use crate::report::Report;
use crate::report::numbers::{bytes, cores, count, counted, time};
use crate::visible::plain;

/// Nodes named in full.
const NODES_MAX: usize = 3;
/// Notices with a line of their own.
const NOTICES_MAX: usize = 10;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let Some(server) = &report.server else { return Ok(()) };
    page.blank()?;
    page.fact("server", &nodes(&server.nodes))?;
    let Observation { summary, notices, .. } = server;
    let facts =
        [("  processor", cpu(summary)), ("  memory", memory(summary)), ("  open", open(summary))];
    for (label, text) in facts {
        if let Some(text) = text {
            page.fact(label, &text)?;
        }
    }
    for notice in notices.iter().take(NOTICES_MAX) {
        page.item(4, (Tone::Unsure, "?"), &plain(&notice.to_string()))?;
    }
    let more = notices.len().saturating_sub(NOTICES_MAX);
    if more > 0 {
        let more = counted(more as u64, "other notice", "other notices");
        page.item(4, (Tone::Aside, "…"), &more)?;
    }
    match server.samples_dropped {
        0 => Ok(()),
        dropped => {
            let dropped = counted(dropped, "sample", "samples");
            page.item(4, (Tone::Aside, "…"), &format!("{dropped} more were too many to be kept"))
        }
    }
}

fn nodes(nodes: &[Node]) -> String {
    let named: Vec<_> = nodes.iter().take(NODES_MAX).map(|node| node.name.as_str()).collect();
    let named = plain(&named.join(", "));
    match nodes.len().saturating_sub(NODES_MAX) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn cpu(summary: &Summary) -> Option<String> {
    let mut text = format!("{} on average", cores(summary.cpu_mean_cores?));
    if let Some(most) = summary.cpu_max_cores {
        text.push_str(&format!(", {} in the busiest second", cores(most)));
    }
    if let Some(each) = summary.cpu_per_delivery_us {
        text.push_str(&format!("; {} for each delivery", time(each / 1e3)));
    }
    Some(text)
}

fn memory(summary: &Summary) -> Option<String> {
    let told = [
        (summary.rss_before_bytes, "before the users came"),
        (summary.rss_at_load_bytes, "when the load began"),
        (summary.rss_max_bytes, "at most"),
    ];
    let told = told.into_iter().filter_map(|(size, when)| Some(format!("{} {when}", bytes(size?))));
    let mut text = told.collect::<Vec<_>>().join(", ");
    if let Some(each) = summary.bytes_per_user {
        text.push_str(&format!("; {} for each user", bytes(each as u64)));
    }
    Some(text).filter(|text| !text.is_empty())
}

fn open(summary: &Summary) -> Option<String> {
    let text = match (summary.sockets_max, summary.open_fds_max) {
        (Some(sockets), _) => counted(sockets, "socket", "sockets"),
        (None, fds) => counted(fds?, "file descriptor", "file descriptors"),
    };
    let before = summary.sockets_before.map(|before| format!(", {} before", count(before)));
    let threads =
        summary.threads_max.map(|threads| format!("; {}", counted(threads, "thread", "threads")));
    Some(format!("{text}{}{}", before.unwrap_or_default(), threads.unwrap_or_default()))
}
