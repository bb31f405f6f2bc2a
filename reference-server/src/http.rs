//! Http: what is answered beside Socket.IO: the chat's page, and how the server is doing.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::process::Usage;
use crate::stats::{Stats, Status};

/// The page, in one file; how it is built is said in `web/vite.config.ts`.
const PAGE: &str = include_str!("../web/dist/index.html");
/// What a browser may let the page do; built with it, since it names the script by its hash.
const POLICY: &str = include_str!("../web/dist/policy.txt");
/// Whose work the page holds beside ours.
const LICENCES: &str = include_str!("../web/dist/licences.md");

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
/// The text format of Prometheus ([EXPOSITION]).
///
/// [EXPOSITION]: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers GET and HEAD.
pub(crate) fn routes(stats: Arc<Stats>) -> Router {
    Router::new()
        .route("/", get(async || answer(HTML, PAGE)))
        .route("/licences.md", get(async || answer(TEXT, LICENCES)))
        .route("/healthz", get(async || answer(TEXT, "ok\n")))
        .route(
            "/metrics",
            get(async move || answer(METRICS, metrics(&stats.status(), Usage::now()))),
        )
}

fn answer(content_type: &'static str, body: impl IntoResponse) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, content_type),
        // Another version may be served from here tomorrow.
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, body)
}

/// What goes on, for Prometheus; of the process, what the system tells.
fn metrics(status: &Status, usage: Option<Usage>) -> String {
    let mut text = String::new();
    let mut write = |name: &str, kind: &str, help: &str, value: f64| {
        writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}")
            .expect("a string takes everything");
    };
    let counted = [
        ("chat_connections", "gauge", "Users connected to a namespace.", status.connections),
        ("chat_rooms", "gauge", "Rooms that somebody is in.", status.rooms),
        ("chat_messages_total", "counter", "Messages taken to be relayed.", status.messages),
        (
            "chat_deliveries_total",
            "counter",
            "Messages handed over for a member each.",
            status.deliveries,
        ),
        (
            "chat_deliveries_refused_total",
            "counter",
            "Messages lost to a member who does not read: too many waited already.",
            status.refused,
        ),
    ];
    for (name, kind, help, value) in counted {
        write(name, kind, help, value as f64);
    }
    if let Some(usage) = usage {
        let bytes = "Resident memory size in bytes.";
        write("process_resident_memory_bytes", "gauge", bytes, usage.resident_bytes as f64);
        let seconds = "Total user and system CPU time spent in seconds.";
        write("process_cpu_seconds_total", "counter", seconds, usage.cpu_s);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let status = Status { connections: 3, rooms: 2, messages: 10, deliveries: 20, refused: 1 };
        let usage = Usage { resident_bytes: 4096, cpu_s: 0.25 };
        let wanted = "\
# HELP chat_connections Users connected to a namespace.
# TYPE chat_connections gauge
chat_connections 3
# HELP chat_rooms Rooms that somebody is in.
# TYPE chat_rooms gauge
chat_rooms 2
# HELP chat_messages_total Messages taken to be relayed.
# TYPE chat_messages_total counter
chat_messages_total 10
# HELP chat_deliveries_total Messages handed over for a member each.
# TYPE chat_deliveries_total counter
chat_deliveries_total 20
# HELP chat_deliveries_refused_total Messages lost to a member who does not read: too many waited already.
# TYPE chat_deliveries_refused_total counter
chat_deliveries_refused_total 1
# HELP process_resident_memory_bytes Resident memory size in bytes.
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 4096
# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 0.25
";
        assert_eq!(metrics(&status, Some(usage)), wanted);
        assert!(!metrics(&status, None).contains("process_"));
    }
}
