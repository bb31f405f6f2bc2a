//! HTTP/1.1 answers, read off a stream with a limit on everything (RFC 9112).

use std::borrow::Cow;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::ConnectError;

const HEADERS_MAX: usize = 64;
const HEAD_BYTES_MAX: usize = 64 * 1024;
const QUOTED_BYTES_MAX: usize = 200;

/// `value` as it stands in a query, where all but unreserved characters are encoded (RFC 3986,
/// sections 2.1 and 2.3).
pub fn query_value(value: &str) -> Cow<'_, str> {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if value.bytes().all(is_unreserved) {
        return Cow::Borrowed(value);
    }
    let mut encoded = String::with_capacity(value.len() * 3);
    for byte in value.bytes() {
        match is_unreserved(byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    Cow::Owned(encoded)
}

/// An answer, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers, as name and value.
    pub headers: Vec<(String, String)>,
    /// The body, freed of its transfer coding.
    pub body: Vec<u8>,
    /// Whether the connection cannot be used again.
    pub closes: bool,
}

impl Response {
    /// The value of the header `name`, if there is one.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(said, _)| said.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The answer as the refusal that it is.
    pub(super) fn into_refusal(self) -> ConnectError {
        let location = self.header("location").unwrap_or_default().to_owned();
        let body = quote(&self.body);
        ConnectError::Refused { status: self.status, location, body }
    }
}

/// What an answer is read by.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The longest body, in bytes.
    pub body_bytes_max: usize,
    /// Whether the request was a HEAD, whose answer has no body whatever it says.
    pub to_head: bool,
}

/// Reads one answer; gives what came after it as well.
///
/// # Errors
/// When it is no HTTP, does not come whole, or is longer than the limit.
pub async fn read_response(
    stream: &mut (impl AsyncRead + Unpin),
    reading: Reading,
) -> Result<(Response, Vec<u8>), ConnectError> {
    let mut bytes = Vec::with_capacity(1024);
    let (mut response, head_bytes) = loop {
        if let Some(head) = head_of(&bytes)? {
            break head;
        }
        if bytes.len() > HEAD_BYTES_MAX {
            return Err(ConnectError::BadAnswer("its headers do not end"));
        }
        if read_some(stream, &mut bytes).await? == 0 {
            return Err(ended_early(&bytes));
        }
    };
    let bytes = bytes.split_off(head_bytes);
    let mut body = Body { stream, bytes, body_bytes_max: reading.body_bytes_max };
    let bodiless = response.status < 200 || response.status == 204 || response.status == 304;
    if bodiless || reading.to_head {
        return Ok((response, body.bytes));
    }
    if response.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
        response.body = body.chunked().await?;
    } else if let Some(length) = response.header("content-length") {
        let length = length.trim().parse();
        let length = length.map_err(|_| ConnectError::BadAnswer("its length is no number"))?;
        response.body = body.fixed(length).await?;
    } else {
        // Without either, the connection's end is the body's (RFC 9112, section 6.3).
        response.closes = true;
        response.body = body.until_the_end().await?;
    }
    Ok((response, body.bytes))
}

fn head_of(bytes: &[u8]) -> Result<Option<(Response, usize)>, ConnectError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut headers);
    match parsed.parse(bytes) {
        Ok(httparse::Status::Partial) => Ok(None),
        Ok(httparse::Status::Complete(len)) => {
            let said = |header: &httparse::Header<'_>| {
                (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned())
            };
            let mut response = Response {
                status: parsed.code.unwrap_or_default(),
                headers: parsed.headers.iter().map(said).collect(),
                body: Vec::new(),
                closes: false,
            };
            let asked = response.header("connection").map(str::to_ascii_lowercase);
            response.closes = match asked.as_deref() {
                Some(asked) => asked.contains("close"),
                None => parsed.version == Some(0),
            };
            Ok(Some((response, len)))
        }
        Err(httparse::Error::TooManyHeaders) => {
            Err(ConnectError::BadAnswer("it has too many headers"))
        }
        Err(_) => Err(ConnectError::NotHttp { begins: quote(bytes) }),
    }
}

/// A body that is being read.
struct Body<'s, S> {
    stream: &'s mut S,
    /// What has come and was not taken.
    bytes: Vec<u8>,
    body_bytes_max: usize,
}

impl<S: AsyncRead + Unpin> Body<'_, S> {
    async fn fixed(&mut self, length: usize) -> Result<Vec<u8>, ConnectError> {
        self.fill(length).await?;
        Ok(self.bytes.drain(..length).collect())
    }

    async fn chunked(&mut self) -> Result<Vec<u8>, ConnectError> {
        let mut body = Vec::new();
        loop {
            match httparse::parse_chunk_size(&self.bytes) {
                Ok(httparse::Status::Partial) => self.fill(self.bytes.len() + 1).await?,
                Ok(httparse::Status::Complete((start, length))) => {
                    let length = usize::try_from(length).unwrap_or(usize::MAX);
                    self.check(length.saturating_add(body.len()))?;
                    let end = start + length;
                    self.fill(end + 2).await?;
                    body.extend_from_slice(&self.bytes[start..end]);
                    self.bytes.drain(..end + 2);
                    if length == 0 {
                        return Ok(body);
                    }
                }
                Err(_) => return Err(ConnectError::BadAnswer("its chunks have no length")),
            }
        }
    }

    async fn until_the_end(&mut self) -> Result<Vec<u8>, ConnectError> {
        self.check(self.bytes.len())?;
        while read_some(self.stream, &mut self.bytes).await? > 0 {
            self.check(self.bytes.len())?;
        }
        Ok(std::mem::take(&mut self.bytes))
    }

    /// Reads until there are `length` bytes.
    async fn fill(&mut self, length: usize) -> Result<(), ConnectError> {
        self.check(length.min(self.body_bytes_max.saturating_add(1)))?;
        while self.bytes.len() < length {
            if read_some(self.stream, &mut self.bytes).await? == 0 {
                return Err(ConnectError::Broken(std::io::ErrorKind::UnexpectedEof.into()));
            }
        }
        Ok(())
    }

    fn check(&self, length: usize) -> Result<(), ConnectError> {
        if length <= self.body_bytes_max {
            return Ok(());
        }
        Err(ConnectError::BadAnswer("it is longer than the limit"))
    }
}

async fn read_some(
    stream: &mut (impl AsyncRead + Unpin),
    bytes: &mut Vec<u8>,
) -> Result<usize, ConnectError> {
    stream.read_buf(bytes).await.map_err(ConnectError::Broken)
}

fn ended_early(bytes: &[u8]) -> ConnectError {
    if bytes.is_empty() {
        return ConnectError::Hangup;
    }
    ConnectError::Broken(std::io::ErrorKind::UnexpectedEof.into())
}

fn quote(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(QUOTED_BYTES_MAX)]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        1\r\no\r\n1\r\nk\r\n0\r\n\r\n";

    async fn read(bytes: &str) -> Result<Response, ConnectError> {
        let reading = Reading { body_bytes_max: 1_000, to_head: false };
        read_response(&mut bytes.as_bytes(), reading).await.map(|(response, _)| response)
    }

    #[test]
    fn what_a_query_would_be_read_otherwise_for_is_encoded() {
        assert_eq!(query_value("lv_VI97HAXpY6yYWAAAC-.~"), "lv_VI97HAXpY6yYWAAAC-.~");
        assert_eq!(query_value("a+b/c=&#% é"), "a%2Bb%2Fc%3D%26%23%25%20%C3%A9");
    }

    #[tokio::test]
    async fn what_comes_after_an_answer_is_kept() {
        let table = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokrest", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nrest", true),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\nrest", false),
        ];
        for (bytes, to_head) in table {
            let reading = Reading { body_bytes_max: 1_000, to_head };
            let read = read_response(&mut bytes.as_bytes(), reading).await;
            assert_eq!(read.expect(bytes).1, b"rest", "{bytes}");
        }
    }

    #[tokio::test]
    async fn a_body_ends_by_its_length_its_chunks_or_the_connection() {
        let cases = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", false),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "ok", true),
            ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", true),
            (CHUNKED, "ok", false),
            ("HTTP/1.1 200 OK\r\n\r\nok", "ok", true),
            ("HTTP/1.1 204 No Content\r\n\r\n", "", false),
        ];
        for (bytes, body, closes) in cases {
            let response = read(bytes).await.expect(bytes);
            assert_eq!((&*response.body, response.closes), (body.as_bytes(), closes), "{bytes}");
        }
    }

    #[tokio::test]
    async fn what_is_no_answer_or_too_long_is_said() {
        let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1_001));
        for (bytes, wanted) in [
            ("", "without answering"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "broke"),
            ("SSH-2.0\r\n", "not HTTP"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", "longer than the limit"),
            ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "no number"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3ea\r\n", "longer than"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", "no length"),
            (&long, "longer than the limit"),
        ] {
            let error = read(bytes).await.expect_err(bytes).to_string();
            assert!(error.contains(wanted), "{bytes:.60}: {error}");
        }
    }
}
