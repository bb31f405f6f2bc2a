//! Endpoint: shows the sums at `/metrics` to whoever scrapes them.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot, watch};

use super::exposition::{self, Format};
use super::live::Live;
use super::{Telemetry, accept};
use crate::clock::Clock;

const PATH: &str = "/metrics";
/// Connections at a time; more of them wait until there is room.
const CONNECTIONS_MAX: usize = 16;
/// For a request to come and its answer to be taken. One connection serves one request.
const EXCHANGE_MAX: Duration = Duration::from_secs(5);
/// A request that is longer is refused.
const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// Before the next try where a connection could not be taken.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens for scrapers until it is dropped, on a thread of its own.
#[derive(Debug)]
pub struct Endpoint {
    address: SocketAddr,
    /// Its thread ends with it.
    _stop: oneshot::Sender<()>,
}

/// Why metrics cannot be shown.
#[derive(Debug, thiserror::Error)]
#[error("cannot show metrics at {place}: {source}")]
pub struct EndpointError {
    place: String,
    source: std::io::Error,
}

impl EndpointError {
    /// What may help.
    pub fn remedy(&self) -> &'static str {
        "name an address of this machine and a port that is free, or port 0 for any"
    }
}

impl Endpoint {
    /// Shows the sums of `telemetry` at `host` and `port`; port 0 is any that is free.
    ///
    /// # Errors
    /// When that address cannot be listened at, or no thread can be started.
    pub fn start(host: &str, port: u16, telemetry: &Telemetry) -> Result<Endpoint, EndpointError> {
        let started = (|| {
            let listener = TcpListener::bind((host, port))?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            let live = telemetry.watch();
            let (stop, stopped) = oneshot::channel();
            let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
            let listener = {
                let _within = runtime.enter();
                tokio::net::TcpListener::from_std(listener)?
            };
            let thread = std::thread::Builder::new().name("metrics".into());
            thread.spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = listen(listener, live) => {}
                        _ = stopped => {}
                    }
                });
            })?;
            Ok(Endpoint { address, _stop: stop })
        })();
        started.map_err(|source| EndpointError { place: format!("{host}:{port}"), source })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }
}

async fn listen(listener: tokio::net::TcpListener, live: watch::Receiver<Live>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let clock = Clock::start();
    loop {
        let place = Arc::clone(&places).acquire_owned().await.expect("nobody closes it");
        let Ok((stream, _)) = listener.accept().await else {
            // There are too many files open: some will be closed.
            clock.sleep_until(clock.now() + PAUSE).await;
            continue;
        };
        let live = live.clone();
        tokio::spawn(async move {
            // Whoever is too slow, or breaks off, has not been served; nobody else minds.
            let _ = tokio::time::timeout(EXCHANGE_MAX, exchange(stream, live)).await;
            drop(place);
        });
    }
}

async fn exchange(stream: TcpStream, live: watch::Receiver<Live>) -> hyper::Result<()> {
    let service = service_fn(|request: Request<Incoming>| {
        let answer = answer(&request, || live.borrow().clone());
        std::future::ready(Ok::<_, Infallible>(answer))
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false).max_buf_size(REQUEST_BYTES_MAX);
    http.serve_connection(TokioIo::new(stream), service).await
}

fn answer<B>(request: &Request<B>, live: impl FnOnce() -> Live) -> Response<Full<Bytes>> {
    if request.uri().path() != PATH {
        return say(StatusCode::NOT_FOUND, "the metrics are at /metrics\n");
    }
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut refused = say(StatusCode::METHOD_NOT_ALLOWED, "metrics can only be read\n");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    let accepted = request.headers().get_all(ACCEPT).iter();
    let format = accept::choose(accepted.filter_map(|value| value.to_str().ok()));
    text(StatusCode::OK, format, exposition::write(live(), format))
}

fn say(status: StatusCode, what: &'static str) -> Response<Full<Bytes>> {
    text(status, Format::Prometheus, what)
}

fn text(status: StatusCode, format: Format, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(format.content_type());
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::telemetry::sample;

    /// What is answered, in short.
    async fn ask(method: Method, uri: &str, accepted: &str) -> (u16, String, String) {
        let request = Request::builder().method(method).uri(uri).header(ACCEPT, accepted);
        let answer = answer(&request.body(()).expect("a request"), sample::live);
        let kind = answer.headers()[CONTENT_TYPE].to_str().expect("ASCII").to_owned();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.expect("it is there").to_bytes();
        (status, kind, String::from_utf8(body.into()).expect("UTF-8"))
    }

    #[tokio::test]
    async fn metrics_are_read_at_one_place() {
        let (status, kind, body) = ask(Method::GET, "/metrics?name[]=x", "").await;
        assert_eq!((status, kind.as_str()), (200, "text/plain; version=0.0.4; charset=utf-8"));
        assert!(body.contains("\nchatbench_deliveries_total 4\n"), "{body}");
        let (status, kind, body) =
            ask(Method::GET, "/metrics", "application/openmetrics-text").await;
        assert_eq!(status, 200);
        assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
        assert!(body.ends_with("# EOF\n"), "{body}");
        assert_eq!(ask(Method::HEAD, "/metrics", "").await.0, 200);
        for uri in ["/", "/metrics/", "/metric", "*"] {
            assert_eq!(ask(Method::GET, uri, "").await.0, 404, "{uri}");
        }
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            assert_eq!(ask(method, "/metrics", "").await.0, 405);
        }
    }
}
