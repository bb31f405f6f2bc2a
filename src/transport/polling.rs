//! Polling: a session's HTTP requests (Engine.IO v4, *HTTP long-polling*): one poll and one post
//! under way at a time, each on a connection that is kept for the next.
//!
//! Bodies are carried as they are: what packets they hold is for others to say.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::http::{self, Reading, Response};
use super::stream::Stream;
use super::{ConnectError, Endpoint, Lost, TransportOptions};
use crate::clock::Clock;
use crate::time::Timestamp;

/// A kept connection that idled longer is not used again: the server may be closing it.
const KEPT_IDLE_MAX: Duration = Duration::from_secs(1);

/// Where the requests of one session go.
#[derive(Clone, Debug)]
struct Route {
    endpoint: Rc<Endpoint>,
    options: Rc<TransportOptions>,
    turn: usize,
    clock: Clock,
    /// Whether connections end with a reset, wherever they are held.
    cut: Rc<Cell<bool>>,
}

/// The requests of one session.
pub struct Polling {
    route: Route,
    /// The session's id, once it is known.
    sid: Option<String>,
    poll: Line,
    post: Line,
    /// What is to be posted next.
    outbox: Option<Vec<u8>>,
    paused: bool,
    driver: Option<Waker>,
}

/// One request after another.
#[derive(Default)]
struct Line {
    under_way: Option<Exchange>,
    kept: Option<Kept>,
}

struct Kept {
    wire: Wire,
    since: Timestamp,
}

/// A connection that a request under way or the next one holds.
struct Wire {
    stream: Stream,
    cut: Rc<Cell<bool>>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.cut.get() {
            self.stream.cut();
        }
    }
}

type Exchange = Pin<Box<dyn Future<Output = Result<Answered, ConnectError>>>>;

struct Answered {
    response: Response,
    at: Timestamp,
    kept: Option<Kept>,
}

impl Polling {
    /// Opens a session; gives the body that the server opened it with, and when that came.
    ///
    /// # Errors
    /// When there is no answer in time, or one that opens no session.
    pub async fn open(
        endpoint: Rc<Endpoint>,
        options: Rc<TransportOptions>,
        turn: usize,
        clock: Clock,
    ) -> Result<(Polling, Vec<u8>, Timestamp), ConnectError> {
        let within = options.open_timeout;
        let cut = Rc::default();
        let route = Route { endpoint, options, turn, clock, cut };
        let exchange = exchange(route.clone(), None, request(&route, "GET", None, None));
        let late = |_| ConnectError::Timeout { step: super::OpeningStep::Answer, within };
        let answered = tokio::time::timeout(within, exchange).await.map_err(late)??;
        let Answered { response, at, kept } = answered;
        if response.status != 200 {
            return Err(response.into_refusal());
        }
        let mut polling = Polling {
            route,
            sid: None,
            poll: Line::default(),
            post: Line::default(),
            outbox: None,
            paused: false,
            driver: None,
        };
        polling.poll.kept = kept;
        Ok((polling, response.body, at))
    }

    /// From now on asks for the session called `sid`; before that, nothing is asked for.
    pub fn name(&mut self, sid: &str) {
        self.sid = Some(sid.to_owned());
    }

    /// Posts `body`.
    ///
    /// # Panics
    /// When the one before it was not taken yet: see [`Polling::is_flushed`].
    pub fn post(&mut self, body: Vec<u8>) {
        assert!(self.is_flushed(), "two posts at once are against the protocol");
        self.outbox = Some(body);
    }

    /// Says when more than the limit waits for a server that does not take it.
    ///
    /// # Errors
    /// When `waiting_bytes` are more.
    pub fn check_backlog(&self, waiting_bytes: usize) -> Result<(), Lost> {
        let unsent_bytes_max = self.route.options.unsent_bytes_max;
        if waiting_bytes <= unsent_bytes_max {
            Ok(())
        } else {
            Err(Lost::Backlog(unsent_bytes_max))
        }
    }

    /// From now on begins no further request, or does so again.
    pub fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Whether it begins no further request.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Whether no request is under way, nor will be.
    pub fn is_paused_and_idle(&self) -> bool {
        self.paused && self.poll.under_way.is_none() && self.is_flushed()
    }

    /// Ends both connections without a word, and with a reset; nothing more is asked for.
    pub fn cut(&mut self) {
        self.route.cut.set(true);
        self.sid = None;
        self.outbox = None;
        (self.poll, self.post) = (Line::default(), Line::default());
    }

    /// Whether everything was posted, and taken.
    pub fn is_flushed(&self) -> bool {
        self.outbox.is_none() && self.post.under_way.is_none()
    }

    /// Lets whoever polls the session look at it again.
    pub fn wake(&self) {
        if let Some(driver) = &self.driver {
            driver.wake_by_ref();
        }
    }

    /// Carries the requests on; ready with the next body and the time of its arrival.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Vec<u8>, Timestamp), Lost>> {
        if !self.driver.as_ref().is_some_and(|driver| driver.will_wake(cx.waker())) {
            self.driver = Some(cx.waker().clone());
        }
        loop {
            self.begin();
            match self.post.poll(cx) {
                Poll::Ready(Ok(_)) => continue,
                Poll::Ready(Err(lost)) => return Poll::Ready(Err(lost)),
                Poll::Pending => {}
            }
            return match self.poll.poll(cx) {
                Poll::Ready(Ok((response, at))) => Poll::Ready(Ok((response.body, at))),
                Poll::Ready(Err(lost)) => Poll::Ready(Err(lost)),
                Poll::Pending => Poll::Pending,
            };
        }
    }

    /// Begins the requests that may be.
    fn begin(&mut self) {
        let Some(sid) = self.sid.as_deref() else { return };
        if self.poll.under_way.is_none() && !self.paused {
            let request = request(&self.route, "GET", Some(sid), None);
            self.poll.begin(&self.route, request);
        }
        if self.post.under_way.is_none()
            && let Some(body) = self.outbox.take()
        {
            let request = request(&self.route, "POST", Some(sid), Some(&body));
            self.post.begin(&self.route, request);
        }
    }
}

impl Line {
    fn begin(&mut self, route: &Route, request: Vec<u8>) {
        let now = route.clock.now();
        let kept = self.kept.take().filter(|kept| now.since(kept.since) < KEPT_IDLE_MAX);
        let exchange = exchange(route.clone(), kept.map(|kept| kept.wire), request);
        self.under_way = Some(Box::pin(exchange));
    }

    /// Ready once the request under way is answered with what Engine.IO calls success.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Response, Timestamp), Lost>> {
        let Some(under_way) = &mut self.under_way else { return Poll::Pending };
        let Poll::Ready(answered) = under_way.as_mut().poll(cx) else { return Poll::Pending };
        self.under_way = None;
        Poll::Ready(match answered {
            Ok(Answered { response, at, kept }) if response.status == 200 => {
                self.kept = kept;
                Ok((response, at))
            }
            Ok(Answered { response, .. }) => Err(Lost::Polled(response.into_refusal().to_string())),
            Err(error) => Err(Lost::Polled(error.to_string())),
        })
    }
}

/// The bytes of a request for the session `sid`.
fn request(route: &Route, method: &str, sid: Option<&str>, body: Option<&[u8]>) -> Vec<u8> {
    let Route { endpoint, options, .. } = route;
    let sid = sid.map(|sid| format!("&sid={}", http::query_value(sid))).unwrap_or_default();
    let (path, query, authority) = (&endpoint.path, &endpoint.query, &endpoint.authority);
    let mut request = format!(
        "{method} {path}?EIO=4&transport=polling{sid}{query} HTTP/1.1\r\nHost: {authority}\r\n"
    );
    for (name, value) in &options.headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        let kind = "Content-Type: text/plain;charset=UTF-8\r\n";
        request.push_str(&format!("{kind}Content-Length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    let mut request = request.into_bytes();
    request.extend_from_slice(body.unwrap_or_default());
    request
}

async fn exchange(
    route: Route,
    kept: Option<Wire>,
    request: Vec<u8>,
) -> Result<Answered, ConnectError> {
    let Route { endpoint, options, turn, clock, cut } = &route;
    let mut wire = match kept {
        Some(wire) => wire,
        None => {
            let stream = Stream::connect(endpoint, options, *turn).await?;
            Wire { stream, cut: Rc::clone(cut) }
        }
    };
    let stream = &mut wire.stream;
    stream.write_all(&request).await.map_err(ConnectError::Broken)?;
    stream.flush().await.map_err(ConnectError::Broken)?;
    let reading = Reading { body_bytes_max: options.message_bytes_max, to_head: false };
    let (response, _) = http::read_response(stream, reading).await?;
    let at = clock.now();
    let kept = (!response.closes).then_some(Kept { wire, since: at });
    Ok(Answered { response, at, kept })
}
