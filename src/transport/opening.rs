//! The WebSocket's opening handshake, client side (RFC 6455, section 4.1).

use std::borrow::Cow;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tungstenite::handshake::{client::generate_key, derive_accept_key};

use super::stream::Stream;
use super::{ConnectError, Endpoint, TransportOptions};

const ANSWER_BYTES_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;
const QUOTED_BYTES_MAX: usize = 200;
/// What comes with a refusal says why, and may come a moment later.
const HEAR_OUT: Duration = Duration::from_millis(200);

/// Asks for a WebSocket on `stream`; gives back what the server said after its agreement.
pub(super) async fn open(
    stream: &mut Stream,
    endpoint: &Endpoint,
    options: &TransportOptions,
) -> Result<Vec<u8>, ConnectError> {
    let key = generate_key();
    let request = request(endpoint, options, &key);
    stream.write_all(request.as_bytes()).await.map_err(ConnectError::Broken)?;
    stream.flush().await.map_err(ConnectError::Broken)?;
    let mut answer = Vec::with_capacity(1024);
    loop {
        let read = stream.read_buf(&mut answer).await.map_err(ConnectError::Broken)?;
        match judge(&answer, &key) {
            Ok(Some(len)) => return Ok(answer.split_off(len)),
            Ok(None) => {}
            Err(ConnectError::Refused { .. }) => {
                // Boxed, lest every connection be given the room that a refusal takes.
                Box::pin(hear_out(stream, &mut answer)).await;
                return Err(judge(&answer, &key).expect_err("more of it is no agreement either"));
            }
            Err(error) => return Err(error),
        }
        if read == 0 {
            return Err(hangup(&answer));
        }
        if answer.len() > ANSWER_BYTES_MAX {
            return Err(ConnectError::BadUpgrade("its headers do not end"));
        }
    }
}

/// Reads of the body of an answer what is worth quoting, if it comes soon.
async fn hear_out(stream: &mut Stream, answer: &mut Vec<u8>) {
    let mut rest = stream.take(quotable_bytes_missing(answer));
    // Whatever ends it, what has come by then is quoted.
    let _ = tokio::time::timeout(HEAR_OUT, rest.read_to_end(answer)).await;
}

fn quotable_bytes_missing(answer: &[u8]) -> u64 {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(len)) = response.parse(answer) else { return 0 };
    let length = header(&response, "content-length").and_then(|value| value.trim().parse().ok());
    let quotable = length.unwrap_or(QUOTED_BYTES_MAX).min(QUOTED_BYTES_MAX);
    quotable.saturating_sub(answer.len() - len) as u64
}

fn header<'a>(response: &httparse::Response<'_, 'a>, name: &str) -> Option<Cow<'a, str>> {
    let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    found.map(|header| String::from_utf8_lossy(header.value))
}

fn request(endpoint: &Endpoint, options: &TransportOptions, key: &str) -> String {
    let mut request = format!(
        "GET {}?EIO=4&transport=websocket{} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n",
        endpoint.path, endpoint.query, endpoint.authority,
    );
    for (name, value) in &options.headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    request
}

/// The length of the answer once it is whole and agrees to the WebSocket.
fn judge(answer: &[u8], key: &str) -> Result<Option<usize>, ConnectError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let len = match response.parse(answer) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(ConnectError::BadUpgrade("it has too many headers"));
        }
        Err(_) => return Err(ConnectError::NotHttp { begins: quote(answer) }),
    };
    let status = response.code.unwrap_or_default();
    if status != 101 {
        let location = header(&response, "location").unwrap_or_default();
        let location = quote(location.as_bytes());
        return Err(ConnectError::Refused { status, location, body: quote(&answer[len..]) });
    }
    let header = |name: &str| header(&response, name);
    if !header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
        return Err(ConnectError::BadUpgrade("no `Upgrade: websocket`"));
    }
    if header("sec-websocket-accept").as_deref() != Some(&derive_accept_key(key.as_bytes())) {
        return Err(ConnectError::BadUpgrade("`Sec-WebSocket-Accept` does not fit the key"));
    }
    if header("sec-websocket-extensions").is_some() {
        return Err(ConnectError::BadUpgrade("it uses an extension nobody asked for"));
    }
    Ok(Some(len))
}

fn hangup(answer: &[u8]) -> ConnectError {
    if answer.is_empty() {
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

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    #[test]
    fn the_example_of_the_rfc_is_agreed_to_and_its_rest_is_kept() {
        let answer = format!("{AGREED}rest");
        assert_eq!(judge(answer.as_bytes(), KEY).expect("agreed"), Some(AGREED.len()));
        assert_eq!(judge(&AGREED.as_bytes()[..40], KEY).expect("partial"), None);
    }

    #[test]
    fn every_other_answer_says_what_is_wrong_with_it() {
        let cases = [
            (AGREED.replace("s3p", "x3p"), "does not fit the key"),
            (AGREED.replace("Upgrade: WebSocket\r\n", ""), "no `Upgrade"),
            (AGREED.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n"), "extension"),
            ("HTTP/1.1 404 Not Found\r\n\r\nnobody here".into(), "HTTP 404: \"nobody here\""),
            ("SSH-2.0-OpenSSH_9.2\r\n".into(), "not HTTP: it begins \"SSH-2.0"),
        ];
        for (answer, wanted) in cases {
            let error = judge(answer.as_bytes(), KEY).expect_err(&answer).to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
