//! Plain HTTP, one request per connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The whole answer to one request, head and body.
pub(crate) fn request(server: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a read timeout");
    let length = body.len();
    write!(
        stream,
        "{head}\r\nHost: {server}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// The value of a header of an answer.
pub(crate) fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = answer.split_once("\r\n\r\n")?;
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub(crate) fn get(server: SocketAddr, path: &str) -> String {
    request(server, &format!("GET {path} HTTP/1.1"), "")
}

/// The value of one of the server's metrics.
pub(crate) fn metric(server: SocketAddr, name: &str) -> u64 {
    let answer = get(server, "/metrics");
    let line = answer.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    let value = line.unwrap_or_else(|| panic!("there is no {name}: {answer}"));
    value.parse().expect("a number")
}
