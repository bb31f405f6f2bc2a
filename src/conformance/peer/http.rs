//! HTTP/1.1 by hand: a request of any shape, and whatever comes back (RFC 9112).

use std::time::Duration;

use tokio::io::AsyncRead;

use super::transcript::shortened;
use crate::transport::http::{self as transport, Reading};

const BODY_BYTES_MAX: usize = 8 << 20;

/// A request, as it will stand on the wire.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Request {
    pub(in crate::conformance) method: &'static str,
    /// The query, without `?`. The path is the target's.
    pub(in crate::conformance) query: String,
    /// Instead of the target's path, if there is one.
    pub(in crate::conformance) path: Option<String>,
    /// Beside `Host`, `Connection` and, where there is a body, `Content-Length`.
    pub(in crate::conformance) headers: Vec<(String, String)>,
    pub(in crate::conformance) body: Option<Vec<u8>>,
    /// How long the answer may take.
    pub(in crate::conformance) within: Duration,
}

impl Request {
    pub(in crate::conformance) fn new(
        method: &'static str,
        query: impl Into<String>,
        within: Duration,
    ) -> Request {
        let query = query.into();
        Request { method, query, path: None, headers: Vec::new(), body: None, within }
    }

    pub(in crate::conformance) fn with_header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a body of text, as the reference client sends it.
    pub(in crate::conformance) fn with_body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = Some(body.into());
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            self.headers.push(("Content-Type".into(), "text/plain;charset=UTF-8".into()));
        }
        self
    }

    /// The value of the header `name`, if it is said.
    pub(in crate::conformance) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(said, _)| said.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The head of the request, up to its body.
    pub(in crate::conformance) fn head(&self, path: &str, authority: &str) -> String {
        let path = self.path.as_deref().unwrap_or(path);
        let mark = if self.query.is_empty() { "" } else { "?" };
        let query = &self.query;
        let mut head =
            format!("{} {path}{mark}{query} HTTP/1.1\r\nHost: {authority}\r\n", self.method);
        let says = |name: &str| self.header(name).is_some();
        if !says("connection") {
            head.push_str("Connection: close\r\n");
        }
        if let Some(body) = &self.body
            && !says("content-length")
            && !says("transfer-encoding")
        {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::conformance) struct Response {
    pub(in crate::conformance) status: u16,
    pub(in crate::conformance) headers: Vec<(String, String)>,
    pub(in crate::conformance) body: Vec<u8>,
}

impl Response {
    /// The value of the header `name`, if there is one.
    pub(in crate::conformance) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(said, _)| said.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(in crate::conformance) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Whether the request was refused for what it is: a status of 4xx.
    pub(in crate::conformance) fn is_refusal(&self) -> bool {
        (400..500).contains(&self.status)
    }

    /// The answer in a few words.
    pub(in crate::conformance) fn brief(&self) -> String {
        shortened(&self.told())
    }

    /// The answer in as many words as it has.
    pub(super) fn told(&self) -> String {
        format!("HTTP {} {}", self.status, self.text())
    }
}

/// Reads one response off `stream`; gives what came after it as well.
///
/// # Errors
/// Says what is wrong with it, or that it did not come whole.
pub(in crate::conformance) async fn read_response(
    stream: &mut (impl AsyncRead + Unpin),
    to_head: bool,
) -> Result<(Response, Vec<u8>), String> {
    let reading = Reading { body_bytes_max: BODY_BYTES_MAX, to_head };
    let (response, rest) =
        transport::read_response(stream, reading).await.map_err(|error| error.to_string())?;
    let transport::Response { status, headers, body, .. } = response;
    Ok((Response { status, headers, body }, rest))
}
