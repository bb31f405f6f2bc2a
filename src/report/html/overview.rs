//! Overview: what was run against whom, and how much of it.

use super::figures::{count, counted, seconds, time};
use crate::page::{Markup, html};
use crate::report::Report;
use crate::report::model::Reason;
use crate::report::numbers::{bytes, rate};
use crate::report::text::summary::what_was_done;

/// Reasons shown for connections that failed or were lost.
const REASONS_MAX: usize = 20;
const TARGETS_MAX: usize = 20;

pub(super) fn section(report: &Report) -> Markup {
    html! {
        p { (what_was_done(report)) }
        @if !report.scenario.description.is_empty() { p.aside { (report.scenario.description) } }
        (cards(report))
        (facts(report))
        (reasons(&report.connection_reasons))
    }
}

fn cards(report: &Report) -> Markup {
    let (counters, load_s) = (&report.counters, report.durations.load_s);
    let latency = &report.latencies.delivery_latency;
    let path = "latencies.delivery_latency";
    html! {
        ul.cards {
            li { b { (count("counters.deliveries", counters.deliveries)) }
                span.of { "deliveries, " (rate(counters.deliveries, load_s)) } }
            li { b { (count("violations.total", report.violations.total)) }
                span.of { "promises broken" } }
            @if latency.count > 0 {
                li { b { (time(&format!("{path}.p50_ms"), latency.p50_ms)) }
                    span.of { "median delivery latency" } }
                li { b { (time(&format!("{path}.p99_ms"), latency.p99_ms)) }
                    span.of { "p99 delivery latency" } }
                li { b { (time(&format!("{path}.max_ms"), latency.max_ms)) }
                    span.of { "longest delivery latency" } }
            }
            li { b { (count("scenario.users", report.scenario.users)) }
                span.of { "users in "
                    (counted("scenario.rooms", report.scenario.rooms, ("room", "rooms"))) } }
        }
    }
}

fn facts(report: &Report) -> Markup {
    let (counters, tally) = (&report.counters, &report.tally);
    let missing = tally.must - tally.must_heard.min(tally.must);
    html! {
        dl {
            dt { "Server" }
            dd {
                @for target in report.scenario.targets.iter().take(TARGETS_MAX) {
                    code { (target) } " "
                }
                @if report.scenario.targets.len() > TARGETS_MAX {
                    "and " (report.scenario.targets.len() - TARGETS_MAX) " more "
                }
                @if report.scenario.reference { span.aside { "(the bundled reference server)" } }
            }
            dt { "Load" }
            dd {
                (counted("counters.messages_sent", counters.messages_sent, ("message", "messages")))
                " sent in " (seconds("durations.load_s", report.durations.load_s)) " ("
                (rate(counters.messages_sent, report.durations.load_s)) "), "
                (bytes(counters.text_sent_bytes)) " of text; "
                (seconds("durations.run_s", report.durations.run_s)) " in all"
                @if counters.messages_unsent > 0 {
                    "; " (count("counters.messages_unsent", counters.messages_unsent))
                    " more were due and could not be sent"
                }
                @if counters.messages_away > 0 {
                    "; " (count("counters.messages_away", counters.messages_away))
                    " more fell to whoever was away"
                }
            }
            dt { "Checked" }
            dd {
                (count("tally.must", tally.must)) " deliveries had to happen"
                @if counters.probes > 0 { ", of probes too" } ": "
                (count("tally.must_heard", tally.must_heard)) " did, "
                (crate::report::numbers::count(missing)) " did not; "
                (count("tally.may", tally.may)) " more were free to come or not"
            }
            dt { "Connects" }
            dd {
                (count("counters.connects", counters.connects)) " stood, "
                (count("counters.connect_failures", counters.connect_failures)) " failed, "
                (count("counters.disconnects", counters.disconnects)) " were lost"
                (percentiles(report, "connect_latency"))
            }
            dt { "Joins" }
            dd {
                (count("counters.joins", counters.joins)) " confirmed"
                (percentiles(report, "join_latency"))
            }
            (churn(report))
        }
    }
}

fn percentiles(report: &Report, name: &str) -> Markup {
    let of = match name {
        "connect_latency" => &report.latencies.connect_latency,
        _ => &report.latencies.join_latency,
    };
    html! {
        @if of.count > 0 {
            "; p50 " (time(&format!("latencies.{name}.p50_ms"), of.p50_ms))
            ", p99 " (time(&format!("latencies.{name}.p99_ms"), of.p99_ms))
        }
    }
}

fn churn(report: &Report) -> Markup {
    let counters = &report.counters;
    let moves = [
        ("leaves", counters.leaves, ("room was left", "rooms were left")),
        ("departures", counters.departures, ("user disconnected", "users disconnected")),
        ("drops", counters.drops, ("connection was cut", "connections were cut")),
        ("storms", counters.storms, ("storm", "storms")),
        ("recoveries", counters.recoveries, ("session taken up again", "sessions taken up again")),
        (
            "recoveries_declined",
            counters.recoveries_declined,
            ("session not taken up again", "sessions not taken up again"),
        ),
    ];
    let moves: Vec<_> = moves.into_iter().filter(|(_, number, _)| *number > 0).collect();
    html! {
        @if !moves.is_empty() {
            dt { "Churn" }
            dd {
                @for (at, (name, number, words)) in moves.iter().enumerate() {
                    @if at > 0 { ", " }
                    (counted(&format!("counters.{name}"), *number, *words))
                }
            }
        }
    }
}

fn reasons(reasons: &[Reason]) -> Markup {
    html! {
        @if !reasons.is_empty() {
            h3 { "Why connections failed or were lost" }
            ul {
                @for (at, reason) in reasons.iter().take(REASONS_MAX).enumerate() {
                    li {
                        (count(&format!("connection_reasons.{at}.count"), reason.count)) " × "
                        (reason.why)
                    }
                }
                @if reasons.len() > REASONS_MAX {
                    li { "and " (reasons.len() - REASONS_MAX) " other reasons" }
                }
            }
        }
    }
}
