//! Otlp: pushes the sums to a collector of OpenTelemetry, over HTTP, as protobuf.

mod headers;
mod message;

use std::error::Error;
use std::fmt;
use std::io;
use std::str::FromStr;
use std::thread::JoinHandle;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use prost::Message as _;
use reqwest::{Client, redirect};
use tokio::runtime::Builder;
use tokio::sync::watch;
use url::Url;

pub use headers::CollectorHeaders;

use super::Telemetry;
use super::live::Live;
use crate::clock::unix_millis;

/// For one push, from looking up the collector to its answer.
const PUSH_MAX: Duration = Duration::from_secs(2);

/// Where a collector takes metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorUrl(Url);

impl FromStr for CollectorUrl {
    type Err = String;

    /// The collector's own URL, below which metrics have their place (OTLP 1.5, "OTLP/HTTP
    /// Request").
    fn from_str(text: &str) -> Result<CollectorUrl, String> {
        const REMEDY: &str = "write the collector's URL, such as `http://localhost:4318`";
        let mut url = Url::parse(text).map_err(|why| format!("{why}; {REMEDY}"))?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(format!("`{}` is no scheme of collectors; {REMEDY}", url.scheme()));
        }
        let path = format!("{}/v1/metrics", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(CollectorUrl(url))
    }
}

impl fmt::Display for CollectorUrl {
    /// Without what may be a secret in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0.origin().ascii_serialization(), self.0.path())
    }
}

/// Pushes each change, on a thread of its own, until there will be no more.
#[derive(Debug)]
pub struct Otlp {
    thread: JoinHandle<()>,
}

impl Otlp {
    /// Pushes the sums of `telemetry` to `collector`, each time with `headers`. What first stands
    /// in the way is told by `tell`; it is tried again with every change.
    ///
    /// # Errors
    /// When there is no thread to be had, or what it takes to speak TLS.
    pub fn start(
        collector: CollectorUrl,
        headers: CollectorHeaders,
        telemetry: &Telemetry,
        tell: impl FnOnce(&str) + Send + 'static,
    ) -> io::Result<Otlp> {
        let client = Client::builder().use_rustls_tls().timeout(PUSH_MAX);
        let client = client.default_headers(headers.into());
        // Nobody else is to be told what stands in the headers.
        let client = client.redirect(redirect::Policy::none()).build().map_err(io::Error::other)?;
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let live = telemetry.watch();
        let thread = std::thread::Builder::new().name("otlp".into()).spawn(move || {
            runtime.block_on(push_changes(&client, &collector, live, tell));
            // A name that is still being looked up is not waited for.
            runtime.shutdown_background();
        })?;
        Ok(Otlp { thread })
    }

    /// Waits until the last sums of `telemetry` are pushed, or could not be: twice the time that
    /// one push may take, at most.
    pub fn finish(self, telemetry: Telemetry) {
        drop(telemetry);
        self.thread.join().expect("pushing does not panic");
    }
}

async fn push_changes(
    client: &Client,
    collector: &CollectorUrl,
    mut live: watch::Receiver<Live>,
    tell: impl FnOnce(&str),
) {
    let mut tell = Some(tell);
    // What changes while one push is under way is in the next.
    while live.changed().await.is_ok() {
        let sums = live.borrow_and_update().clone();
        if let Err(why) = push(client, collector, &sums).await
            && let Some(tell) = tell.take()
        {
            tell(&format!("the collector at {collector} does not take the metrics: {why}"));
        }
    }
}

async fn push(client: &Client, collector: &CollectorUrl, sums: &Live) -> Result<(), String> {
    let body = message::of(sums, unix_millis()).encode_to_vec();
    let request = client.post(collector.0.clone()).header(CONTENT_TYPE, "application/x-protobuf");
    let answer = request.body(body).send().await.map_err(|error| innermost(&error))?;
    let status = answer.status();
    if status.is_success() { Ok(()) } else { Err(format!("it answers {status}")) }
}

/// What is at the bottom of an error; what is above it says the URL once more.
fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {}", humantime::format_duration(PUSH_MAX));
    }
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_have_their_place_below_the_collector() {
        let check = |text: &str, wanted: &str| {
            let url: CollectorUrl = text.parse().expect("a URL");
            assert_eq!(url.to_string(), wanted);
        };
        check("http://localhost:4318", "http://localhost:4318/v1/metrics");
        check("http://localhost:4318/", "http://localhost:4318/v1/metrics");
        check("https://[::1]/otlp/", "https://[::1]/otlp/v1/metrics");
        check("http://me:secret@a/b?key=c", "http://a/b/v1/metrics");
        for wrong in ["", "localhost", "localhost:4318", "grpc://a:4317", "http://"] {
            let error = wrong.parse::<CollectorUrl>().expect_err("no URL of a collector");
            assert!(error.contains("such as `http://localhost:4318`"), "{wrong}: {error}");
        }
    }
}
