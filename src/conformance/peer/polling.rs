//! Polling: an Engine.IO session over HTTP long-polling, one request at a time and by hand.

use data_encoding::BASE64;

use super::dial::Dial;
use super::http::{Request, Response};
use super::socket::Frame;
use super::transcript::Scribe;
use crate::protocol::engine_io::payload::{self, Part};
use crate::transport::http::query_value;

/// A payload of more packets is none that anybody asked for.
const PACKETS_MAX: usize = 100_000;
const SEPARATOR: char = '\u{1e}';

/// A session that polls: where it is, and its id.
#[derive(Clone)]
pub(in crate::conformance) struct Polling {
    pub(in crate::conformance) dial: Dial,
    pub(in crate::conformance) sid: String,
    /// The handshake as the server gave it.
    pub(in crate::conformance) handshake: serde_json::Value,
    /// What came in the same body after the handshake.
    pub(in crate::conformance) early: Vec<Packet>,
    pub(in crate::conformance) scribe: Scribe,
}

/// A packet of Engine.IO as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::conformance) enum Packet {
    Text(String),
    Binary(Vec<u8>),
}

impl Packet {
    /// As a frame of a WebSocket.
    pub(in crate::conformance) fn as_frame(&self) -> Frame<'_> {
        match self {
            Packet::Text(text) => Frame::text(text),
            Packet::Binary(bytes) => Frame::binary(bytes),
        }
    }

    /// The memory that it takes, about.
    pub(in crate::conformance) fn bytes_held(&self) -> usize {
        let bytes = match self {
            Packet::Text(text) => text.len(),
            Packet::Binary(bytes) => bytes.len(),
        };
        size_of::<Packet>() + bytes
    }

    /// As it stands in a payload.
    pub(in crate::conformance) fn in_payload(&self) -> String {
        match self {
            Packet::Text(text) => text.clone(),
            Packet::Binary(bytes) => format!("b{}", BASE64.encode(bytes)),
        }
    }
}

impl Polling {
    /// The query that names this session.
    pub(in crate::conformance) fn query(&self) -> String {
        let sid = query_value(&self.sid);
        format!("EIO=4&transport=polling&sid={sid}{}", self.dial.query())
    }

    /// A request to poll, to be changed or sent.
    pub(in crate::conformance) fn get(&self) -> Request {
        self.dial.with_headers(Request::new("GET", self.query(), self.dial.poll_patience()))
    }

    /// A request to post `body`, to be changed or sent.
    pub(in crate::conformance) fn post(&self, body: impl Into<Vec<u8>>) -> Request {
        let post = Request::new("POST", self.query(), self.dial.patience());
        self.dial.with_headers(post).with_body(body)
    }

    /// Makes a request on a connection of its own.
    ///
    /// # Errors
    /// Says why there was no answer.
    pub(in crate::conformance) async fn make(&self, request: &Request) -> Result<Response, String> {
        self.dial.exchange(request, &self.scribe).await
    }

    /// Polls once.
    ///
    /// # Errors
    /// Says why there was no answer, or no payload in it.
    pub(in crate::conformance) async fn poll(&self) -> Result<Vec<Packet>, String> {
        let response = self.make(&self.get()).await?;
        if response.status != 200 {
            return Err(response.brief());
        }
        packets(&response.body)
    }
}

/// The packets of an HTTP body.
///
/// # Errors
/// When it is no payload, or one of too many packets.
pub(in crate::conformance) fn packets(body: &[u8]) -> Result<Vec<Packet>, String> {
    let text = std::str::from_utf8(body).map_err(|_| "a payload that is not UTF-8".to_owned())?;
    if text.matches(SEPARATOR).count() >= PACKETS_MAX {
        return Err(format!("a payload of more than {PACKETS_MAX} packets"));
    }
    let part = |part: Result<Part<'_>, payload::PayloadError>| match part {
        Ok(Part::Text(text)) => Ok(Packet::Text(text.to_owned())),
        Ok(Part::Binary(bytes)) => Ok(Packet::Binary(bytes)),
        Err(error) => Err(error.to_string()),
    };
    payload::decode(text).map(part).collect()
}

/// `packets` as one HTTP body.
pub(in crate::conformance) fn body_of(packets: &[Packet]) -> String {
    let packets: Vec<String> = packets.iter().map(Packet::in_payload).collect();
    packets.join("\u{1e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_of_too_many_packets_is_none() {
        assert_eq!(packets("1\u{1e}".repeat(3).as_bytes()).map(|them| them.len()), Ok(4));
        assert!(packets("1\u{1e}".repeat(PACKETS_MAX).as_bytes()).is_err());
    }
}
