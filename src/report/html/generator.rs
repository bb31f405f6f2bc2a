//! Generator: how the load generator itself fared, and the machine it ran on.

use super::figures::{count, share, time};
use crate::page::{Markup, folded, html, table};
use crate::report::Report;
use crate::report::numbers::bytes;

pub(super) fn section(report: &Report) -> Markup {
    let rows: Vec<Vec<Markup>> = report
        .shards
        .iter()
        .enumerate()
        .map(|(at, shard)| {
            vec![
                html! { (at) },
                share(&format!("shards.{at}.busy"), shard.busy),
                time(&format!("shards.{at}.send_delay_p99_ms"), shard.send_delay_p99_ms),
            ]
        })
        .collect();
    html! {
        h2 { "The generator itself" }
        @if !rows.is_empty() {
            p.aside {
                "Each shard is a thread with users of its own. One that is nearly always busy, or \
                 sends late, is the bottleneck: then its latencies say nothing of the server."
            }
            (table(&["shard", "of its core used", "send delay p99"], &rows))
        }
        (folded(&html! { "The machine" }, &machine(report)))
    }
}

fn machine(report: &Report) -> Markup {
    let machine = &report.environment;
    html! {
        dl {
            dt { "System" }
            dd {
                (machine.os) " " (machine.kernel.as_deref().unwrap_or_default()) " on "
                (machine.arch)
            }
            @if let Some(model) = &machine.cpu_model { dt { "Processor" } dd { (model) } }
            @if let Some(cores) = machine.cores {
                dt { "Cores" }
                dd { (count("environment.cores", cores as u64)) }
            }
            @if let Some(memory) = machine.memory_bytes { dt { "Memory" } dd { (bytes(memory)) } }
            dt { "Made by" }
            dd { (report.tool.name) " " (report.tool.version) }
        }
    }
}
