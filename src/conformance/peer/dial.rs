//! Dial: makes connections to the target, and requests on them.

use std::rc::Rc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::http::{self, Request, Response};
use super::purse::{Metered, Purse, Share, read_bytes};
use super::transcript::Scribe;
use crate::clock::Clock;
use crate::transport::{Endpoint, Stream, TransportOptions};

/// Where connections go, and how long an answer may take; copies share it, and what comes by them
/// is taken out of one share.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Dial {
    options: Rc<DialOptions>,
    share: Share,
}

#[derive(Debug)]
pub(in crate::conformance) struct DialOptions {
    pub(in crate::conformance) endpoint: Endpoint,
    pub(in crate::conformance) transport: TransportOptions,
    pub(in crate::conformance) clock: Clock,
    /// How long any answer may take that is not bound to come later.
    pub(in crate::conformance) patience: Duration,
    /// How long a poll may hang: the heartbeat ends it.
    pub(in crate::conformance) poll_patience: Duration,
}

impl Dial {
    pub(in crate::conformance) fn new(options: DialOptions, purse: &Purse) -> Dial {
        Dial { options: Rc::new(options), share: purse.share() }
    }

    /// The same for another trial.
    pub(in crate::conformance) fn anew(&self) -> Dial {
        Dial { options: Rc::clone(&self.options), share: self.share.anew() }
    }

    /// Whether more came than its share allows for.
    pub(super) fn is_spent(&self) -> bool {
        self.share.is_spent()
    }

    pub(in crate::conformance) fn endpoint(&self) -> &Endpoint {
        &self.options.endpoint
    }

    pub(in crate::conformance) fn clock(&self) -> Clock {
        self.options.clock
    }

    /// What the target's URL adds to every query.
    pub(in crate::conformance) fn query(&self) -> &str {
        &self.options.endpoint.query
    }

    pub(in crate::conformance) fn patience(&self) -> Duration {
        self.options.patience
    }

    pub(in crate::conformance) fn poll_patience(&self) -> Duration {
        self.options.poll_patience
    }

    /// `request` with the headers that the target is always given.
    pub(in crate::conformance) fn with_headers(&self, request: Request) -> Request {
        let headers = &self.options.transport.headers;
        headers.iter().fold(request, |request, (name, value)| request.with_header(name, value))
    }

    /// A TCP connection, with TLS where the target speaks it.
    ///
    /// # Errors
    /// Says why there is none.
    pub(in crate::conformance) async fn connect(&self) -> Result<Metered, String> {
        let connected = Stream::connect(&self.options.endpoint, &self.options.transport, 0).await;
        let stream = connected.map_err(|err| err.to_string())?;
        Ok(Metered::new(stream, self.share.clone()))
    }

    /// Makes `request` on a connection of its own.
    ///
    /// # Errors
    /// Says why there was no answer.
    pub(in crate::conformance) async fn exchange(
        &self,
        request: &Request,
        scribe: &Scribe,
    ) -> Result<Response, String> {
        let body = request.body.as_deref().unwrap_or_default();
        let said = String::from_utf8_lossy(body);
        scribe.sent(format_args!("{} ?{} {said}", request.method, request.query));
        let exchange = async {
            let mut stream = self.connect().await?;
            let head = request.head(&self.endpoint().path, &self.endpoint().authority);
            let mut bytes = head.into_bytes();
            bytes.extend_from_slice(body);
            // A server may answer before it has read it all, and then reads no more.
            let written = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            let answer = http::read_response(&mut stream, request.method == "HEAD").await;
            match (answer, written) {
                (Ok((response, _)), _) => {
                    let text = std::str::from_utf8(&response.body).unwrap_or_default();
                    self.share.take(read_bytes(text)).map(|()| response)
                }
                (Err(_), Err(error)) => Err(format!("the connection broke: {error}")),
                (Err(error), Ok(())) => Err(error),
            }
        };
        let answer = tokio::time::timeout(request.within, exchange).await;
        let answer = answer.unwrap_or_else(|_| {
            Err(format!("no answer within {}", humantime::format_duration(request.within)))
        });
        match &answer {
            Ok(response) => scribe.received(response.told()),
            Err(error) => scribe.note(error),
        }
        answer
    }
}
