//! HTTP/1.1 by hand: a request of any shape, and whatever comes back (RFC 9112).

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};

const HEADERS_MAX: usize = 64;
const HEAD_BYTES_MAX: usize = 64 * 1024;
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

    /// The head of the request, up to its body.
    pub(in crate::conformance) fn head(&self, path: &str, authority: &str) -> String {
        let path = self.path.as_deref().unwrap_or(path);
        let mark = if self.query.is_empty() { "" } else { "?" };
        let query = &self.query;
        let mut head =
            format!("{} {path}{mark}{query} HTTP/1.1\r\nHost: {authority}\r\n", self.method);
        let says =
            |name: &str| self.headers.iter().any(|(said, _)| said.eq_ignore_ascii_case(name));
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
        format!("HTTP {} {}", self.status, super::transcript::shortened(&self.text()))
    }
}

/// Reads one response off `stream`; gives what came after it as well.
///
/// # Errors
/// Says what is wrong with it, or that it did not come whole.
pub(in crate::conformance) async fn read_response(
    stream: &mut (impl AsyncRead + Unpin),
    to_head_request: bool,
) -> Result<(Response, Vec<u8>), String> {
    let mut bytes = Vec::with_capacity(1024);
    let (status, headers, head_bytes) = loop {
        if let Some(head) = head_of(&bytes)? {
            break head;
        }
        if bytes.len() > HEAD_BYTES_MAX {
            return Err("an answer whose headers do not end".into());
        }
        read_some(stream, &mut bytes).await?;
    };
    let mut rest = bytes.split_off(head_bytes);
    let mut response = Response { status, headers, body: Vec::new() };
    let bodiless = to_head_request || status < 200 || status == 204 || status == 304;
    if bodiless {
        return Ok((response, rest));
    }
    if response.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
        response.body = chunked(stream, &mut rest).await?;
    } else if let Some(length) = response.header("content-length") {
        let length: usize =
            length.trim().parse().map_err(|_| format!("Content-Length: {length:?}"))?;
        fill(stream, &mut rest, length).await?;
        response.body = rest.drain(..length).collect();
    } else {
        // Without either, the connection's end is the body's (RFC 9112, section 6.3).
        while rest.len() <= BODY_BYTES_MAX && read_some(stream, &mut rest).await.is_ok() {}
        response.body = std::mem::take(&mut rest);
    }
    Ok((response, rest))
}

type Head = (u16, Vec<(String, String)>, usize);

fn head_of(bytes: &[u8]) -> Result<Option<Head>, String> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(bytes) {
        Ok(httparse::Status::Partial) => Ok(None),
        Ok(httparse::Status::Complete(len)) => {
            let headers = response.headers.iter().map(|header| {
                (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned())
            });
            Ok(Some((response.code.unwrap_or_default(), headers.collect(), len)))
        }
        Err(error) => {
            let begins = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
            Err(format!("an answer that is not HTTP ({error}): {begins:?}"))
        }
    }
}

async fn chunked(
    stream: &mut (impl AsyncRead + Unpin),
    rest: &mut Vec<u8>,
) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    loop {
        match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Partial) => read_some(stream, rest).await?,
            Ok(httparse::Status::Complete((start, length))) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                if length.saturating_add(body.len()) > BODY_BYTES_MAX {
                    return Err("an answer that is longer than the limit".into());
                }
                fill(stream, rest, start + length + 2).await?;
                body.extend_from_slice(&rest[start..start + length]);
                rest.drain(..start + length + 2);
                if length == 0 {
                    return Ok(body);
                }
            }
            Err(_) => return Err("an answer whose chunks have no length".into()),
        }
    }
}

async fn fill(
    stream: &mut (impl AsyncRead + Unpin),
    bytes: &mut Vec<u8>,
    length: usize,
) -> Result<(), String> {
    if length > BODY_BYTES_MAX {
        return Err("an answer that is longer than the limit".into());
    }
    while bytes.len() < length {
        read_some(stream, bytes).await?;
    }
    Ok(())
}

async fn read_some(
    stream: &mut (impl AsyncRead + Unpin),
    bytes: &mut Vec<u8>,
) -> Result<(), String> {
    match stream.read_buf(bytes).await {
        Ok(0) if bytes.is_empty() => Err("the connection closed without an answer".into()),
        Ok(0) => Err("the connection closed in the middle of an answer".into()),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("the connection broke: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &str) -> Result<(Response, Vec<u8>), String> {
        read_response(&mut bytes.as_bytes(), false).await
    }

    #[tokio::test]
    async fn a_body_ends_by_its_length_its_chunks_or_the_connection() {
        let cases = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokrest", "ok", "rest"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
                "ok",
                "",
            ),
            ("HTTP/1.1 200 OK\r\n\r\nok", "ok", ""),
            ("HTTP/1.1 204 No Content\r\n\r\nrest", "", "rest"),
        ];
        for (bytes, body, rest) in cases {
            let (response, left) = read(bytes).await.expect(bytes);
            assert_eq!((&*response.text(), left.as_slice()), (body, rest.as_bytes()), "{bytes}");
        }
    }

    #[tokio::test]
    async fn what_is_no_answer_is_said() {
        for (bytes, wanted) in [
            ("", "without an answer"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "in the middle"),
            ("SSH-2.0\r\n", "not HTTP"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "longer than the limit"),
        ] {
            let error = read(bytes).await.expect_err(bytes);
            assert!(error.contains(wanted), "{error}");
        }
    }
}
