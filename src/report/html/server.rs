//! Server: what the load cost it, as far as it was looked at.

use super::figures::count;
use super::timeline::{counts, over_time, series};
use crate::observe::{Moment, Observation, Sample, Summary};
use crate::page::{Markup, Tone, figure, html};
use crate::report::Report;
use crate::report::numbers::{bytes, cores, time};

/// Notices that are told.
const NOTICES_MAX: usize = 100;
const MEGABYTE: f64 = 1e6;

pub(super) fn section(report: &Report) -> Markup {
    let Some(server) = &report.server else { return html! {} };
    let told = server.notices.iter().take(NOTICES_MAX);
    let untold = server.notices.len().saturating_sub(NOTICES_MAX);
    html! {
        h2 { "The server itself" }
        p {
            "Looked at: "
            @for (at, node) in server.nodes.iter().enumerate() {
                @if at > 0 { ", " }
                (node.name)
            }
            "."
        }
        dl { (processor(&server.summary)) (memory(&server.summary)) (open(&server.summary)) }
        @if !server.notices.is_empty() {
            ul.doubts {
                @for notice in told { li { span.unsure { "? " } (notice.to_string()) } }
                @if untold > 0 { li { "… and " (untold) " more" } }
            }
        }
        (plots(report, server))
    }
}

fn processor(of: &Summary) -> Markup {
    let path = |field: &str| format!("server.summary.{field}");
    html! {
        @if let Some(mean) = of.cpu_mean_cores {
            dt { "Processor" }
            dd {
                (figure(&path("cpu_mean_cores"), mean, cores(mean))) " on average"
                @if let Some(most) = of.cpu_max_cores {
                    ", " (figure(&path("cpu_max_cores"), most, cores(most)))
                    " in the busiest second"
                }
            }
        }
        @if let Some(each) = of.cpu_per_delivery_us {
            dt { "Each delivery" }
            dd {
                (figure(&path("cpu_per_delivery_us"), each, time(each / 1e3)))
                " of a processor"
            }
        }
    }
}

fn memory(of: &Summary) -> Markup {
    let told = [
        ("rss_before_bytes", of.rss_before_bytes, "before the users came"),
        ("rss_at_load_bytes", of.rss_at_load_bytes, "when the load began"),
        ("rss_max_bytes", of.rss_max_bytes, "at most"),
    ];
    let told = told.into_iter().filter_map(|(field, size, when)| Some((field, size?, when)));
    let told: Vec<_> = told.collect();
    html! {
        @if !told.is_empty() {
            dt { "Memory" }
            dd {
                @for (at, (field, size, when)) in told.iter().enumerate() {
                    @if at > 0 { ", " }
                    (figure(&format!("server.summary.{field}"), size, bytes(*size))) " " (when)
                }
            }
        }
        @if let Some(each) = of.bytes_per_user {
            dt { "Each user" }
            dd { (figure("server.summary.bytes_per_user", each, bytes(each.round() as u64))) }
        }
    }
}

fn open(of: &Summary) -> Markup {
    let most = of.sockets_max.map(|most| ("Sockets", "sockets_max", most));
    let most = most.or_else(|| of.open_fds_max.map(|most| ("Open files", "open_fds_max", most)));
    html! {
        @if let Some((what, field, most)) = most {
            dt { (what) }
            dd { (count(&format!("server.summary.{field}"), most)) " at most" }
        }
    }
}

fn plots(report: &Report, server: &Observation) -> Markup {
    let busy: Vec<(f64, f64)> = server.samples.windows(2).filter_map(busy).collect();
    let resident = server.samples.iter().filter_map(|moment| {
        let all = total(moment, |node| node.rss_bytes.map(|bytes| bytes as f64))?;
        Some((moment.at_s, all / MEGABYTE))
    });
    let resident: Vec<(f64, f64)> = resident.collect();
    let plot = |(title, unit): (&str, &str), label: &str, points: Vec<(f64, f64)>| {
        if points.is_empty() {
            return html! {};
        }
        let all = vec![series(label, Tone::First, points)];
        let note = "Of all that was looked at together.";
        over_time(report, (title, note), counts(unit, &all), all).to_markup()
    };
    html! {
        div.plots {
            (plot(("Processor", "cores in use"), "cores", busy))
            (plot(("Memory", "resident, in MB"), "MB", resident))
        }
    }
}

/// How many cores were in use from one moment to the next, if that is known of all nodes.
fn busy(moments: &[Moment]) -> Option<(f64, f64)> {
    let [from, to] = moments else { return None };
    let length_s = to.at_s - from.at_s;
    let spent = from.nodes.iter().zip(&to.nodes).map(|(had, has)| {
        let (had, has) = (had.as_ref()?, has.as_ref()?);
        (had.life == has.life).then_some(has.cpu_s? - had.cpu_s?)
    });
    let spent = spent.sum::<Option<f64>>()?;
    // Shorter than that, the ticks of the clock are too coarse.
    (length_s > 0.5 && spent >= 0.0).then_some((to.at_s, spent / length_s))
}

fn total(moment: &Moment, of: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
    moment.nodes.iter().map(|node| of(node.as_ref()?)).sum()
}
