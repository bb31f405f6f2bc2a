//! HTTP/1.1 by hand: requests within limits, and answers (RFC 9112).

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HEADERS_MAX: usize = 64;
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// How long what a client still sends is read, so that it can read the last answer.
const LINGER: Duration = Duration::from_millis(500);

/// A client's connection.
pub(super) struct Line {
    pub(super) tcp: TcpStream,
    pub(super) inbox: Vec<u8>,
}

/// Why there is no request, or no body.
pub(super) enum Bad {
    /// The client is gone.
    Gone,
    /// What came is refused with this status.
    Refused(u16),
}

/// A request without its body.
pub(super) struct Head {
    pub(super) method: String,
    pub(super) path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
}

impl Head {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(said, _)| said.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the header `name` lists `token`.
    pub(super) fn lists(&self, name: &str, token: &str) -> bool {
        let tokens = self.header(name).unwrap_or_default().split(',');
        tokens.map(str::trim).any(|said| said.eq_ignore_ascii_case(token))
    }

    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(said, _)| said == name).map(|(_, value)| value.as_str())
    }
}

impl Line {
    /// Reads the head of the next request.
    pub(super) async fn head(&mut self) -> Result<Head, Bad> {
        let head = tokio::time::timeout(HEAD_TIME_MAX, self.whole_head()).await;
        head.unwrap_or(Err(Bad::Refused(408)))
    }

    async fn whole_head(&mut self) -> Result<Head, Bad> {
        loop {
            if let Some((head, len)) = parse(&self.inbox)? {
                self.inbox.drain(..len);
                return Ok(head);
            }
            if self.inbox.len() > HEAD_BYTES_MAX {
                return Err(Bad::Refused(431));
            }
            self.read().await?;
        }
    }

    /// Reads the body that `head` announces, of at most `bytes_max`.
    pub(super) async fn body(&mut self, head: &Head, bytes_max: usize) -> Result<Vec<u8>, Bad> {
        if head.lists("transfer-encoding", "chunked") {
            return self.chunks(bytes_max).await;
        }
        let len = match head.header("content-length").map(str::parse::<usize>) {
            None => 0,
            Some(Ok(len)) if len <= bytes_max => len,
            Some(Ok(_)) => return Err(Bad::Refused(413)),
            Some(Err(_)) => return Err(Bad::Refused(400)),
        };
        self.fill(len).await?;
        Ok(self.inbox.drain(..len).collect())
    }

    async fn chunks(&mut self, bytes_max: usize) -> Result<Vec<u8>, Bad> {
        let mut body = Vec::new();
        loop {
            match httparse::parse_chunk_size(&self.inbox) {
                Err(_) => return Err(Bad::Refused(400)),
                Ok(httparse::Status::Partial) => self.read().await?,
                Ok(httparse::Status::Complete((begin, len))) => {
                    let len = usize::try_from(len).unwrap_or(usize::MAX);
                    if len.saturating_add(body.len()) > bytes_max {
                        return Err(Bad::Refused(413));
                    }
                    self.fill(begin + len + 2).await?;
                    body.extend_from_slice(&self.inbox[begin..begin + len]);
                    self.inbox.drain(..begin + len + 2);
                    if len == 0 {
                        return Ok(body);
                    }
                }
            }
        }
    }

    async fn fill(&mut self, len: usize) -> Result<(), Bad> {
        while self.inbox.len() < len {
            self.read().await?;
        }
        Ok(())
    }

    /// Reads on; ends when the client is gone.
    pub(super) async fn read(&mut self) -> Result<(), Bad> {
        match self.tcp.read_buf(&mut self.inbox).await {
            Ok(0) | Err(_) => Err(Bad::Gone),
            Ok(_) => Ok(()),
        }
    }

    pub(super) async fn answer(&mut self, head: Option<&Head>, answer: &Answer) -> bool {
        let bodiless = head.is_some_and(|head| head.method == "HEAD");
        self.tcp.write_all(&answer.bytes(bodiless)).await.is_ok()
    }

    /// Ends the connection so that the last answer arrives.
    pub(super) async fn end(mut self) {
        let _ = self.tcp.shutdown().await;
        let gone = async {
            while self.read().await.is_ok() {
                self.inbox.clear();
            }
        };
        let _ = tokio::time::timeout(LINGER, gone).await;
    }
}

fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, Bad> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let len = match request.parse(bytes) {
        Ok(httparse::Status::Partial) => return Ok(None),
        Ok(httparse::Status::Complete(len)) => len,
        Err(httparse::Error::TooManyHeaders) => return Err(Bad::Refused(431)),
        Err(_) => return Err(Bad::Refused(400)),
    };
    let target = request.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), decoded(value))
    };
    let header = |header: &httparse::Header<'_>| {
        (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned())
    };
    let head = Head {
        method: request.method.unwrap_or_default().into(),
        path: path.into(),
        query: query.split('&').map(pair).collect(),
        headers: request.headers.iter().map(header).collect(),
    };
    Ok(Some((head, len)))
}

/// A value of a query without its percent signs.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let [first, others @ ..] = rest {
        let hex = others.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &others[2..];
            }
            _ => {
                // As forms and most servers have it.
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a request is answered with.
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn text(body: impl Into<Vec<u8>>) -> Answer {
        let answer = Answer { body: body.into(), ..Answer::new(200) };
        answer.with("Content-Type", "text/plain; charset=UTF-8").with("Cache-Control", "no-store")
    }

    pub(super) fn refusal(status: u16, why: &str) -> Answer {
        let body = serde_json::json!({ "error": why }).to_string();
        let answer = Answer { body: body.into_bytes(), ..Answer::new(status) };
        answer.with("Content-Type", "application/json")
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    fn bytes(&self, bodiless: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.status != 101 && self.status != 204 {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        if !bodiless {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        204 => "No Content",
        404 => "Not Found",
        408 => "Request Timeout",
        413 => "Content Too Large",
        426 => "Upgrade Required",
        431 => "Request Header Fields Too Large",
        _ => "Bad Request",
    }
}
