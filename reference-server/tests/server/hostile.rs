//! What is too large or no protocol at all: it closes its own connection, and nothing else.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use reference_server::{Background, Options};

use crate::support::{Client, Poller, payload, start, threaded};

const PAYLOAD_BYTES_MAX: usize = 10_000;

/// A server with two users on its only thread, whose talk nobody else is to disturb.
struct Talk {
    server: Background,
    ann: Client,
    bob: Client,
    said: usize,
}

impl Talk {
    fn start() -> Self {
        let payload_bytes_max = PAYLOAD_BYTES_MAX as u64;
        let server = start(Options { payload_bytes_max, ..threaded(1) });
        let (ann, bob) = (Client::connect(server.address()), Client::connect(server.address()));
        let mut talk = Self { server, ann, bob, said: 0 };
        talk.bob.join("tea");
        talk
    }

    fn goes_on_after(&mut self, what: &str) {
        self.said += 1;
        let text = self.said.to_string();
        self.ann.say("tea", &text);
        assert_eq!(self.bob.hear(), payload("tea", &text), "{what}");
        assert_eq!(self.bob.drain(), [""; 0], "{what}");
    }
}

#[test]
fn packets_that_are_none() {
    let mut talk = Talk::start();
    let deep = format!(r#"42["send-msg",{}1{}]"#, "[".repeat(4_000), "]".repeat(4_000));
    let placeholder = r#"451-["send-msg",{"room":"tea","a":{"_placeholder":true,"num":7}}]"#;
    for packet in ["4abc", "42{}", "9", "42[", "4", "47", "", "42[\"send-msg\",{\"room\":NaN}]"] {
        let mut eve = Client::connect(talk.server.address());
        eve.write(packet);
        assert!(eve.is_closed_by_server(), "{packet}");
        talk.goes_on_after(packet);
    }
    // What is legal and means nothing, or is nothing yet, may stay.
    for packet in [&*deep, placeholder, "451-[\"send-msg\"]", "43[]", "44", "42/nowhere,[\"a\"]"] {
        let mut eve = Client::connect(talk.server.address());
        eve.write(packet);
        talk.goes_on_after(packet);
    }
}

#[test]
fn frames_that_are_too_long_or_none() {
    let masked = |head: &[u8]| [head, &[0; 4]].concat();
    let fragment = |opcode: u8| {
        let length = (PAYLOAD_BYTES_MAX as u16 / 2).to_be_bytes();
        let head = masked(&[&[opcode, 0xfe][..], &length].concat());
        [head, vec![b'4'; PAYLOAD_BYTES_MAX / 2]].concat()
    };
    let rows: [(&str, Vec<u8>); 9] = [
        ("a length of 2^63 - 1", masked(&[&[0x81, 0xff, 0x7f][..], &[0xff; 7]].concat())),
        ("a length of 2^64 - 1", masked(&[&[0x81, 0xff][..], &[0xff; 8]].concat())),
        ("a length of a mebibyte", masked(&[0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0])),
        ("fragments that add up", [fragment(1), fragment(0), fragment(0)].concat()),
        ("a frame without a mask", vec![0x81, 1, b'3']),
        ("an opcode of the future", masked(&[0x83, 0x80])),
        ("reserved bits", masked(&[0xf1, 0x80])),
        ("text that is no UTF-8", [masked(&[0x81, 0x82]), vec![0xc3, 0x28]].concat()),
        ("a ping that is too long", [masked(&[0x89, 0xfe, 1, 0]), vec![0; 256]].concat()),
    ];
    let mut talk = Talk::start();
    for (what, bytes) in rows {
        let mut eve = Client::member(talk.server.address(), "tea");
        eve.write_raw(&bytes).expect("sent");
        assert!(eve.is_closed_by_server(), "{what}");
        talk.goes_on_after(what);
    }
}

#[test]
fn messages_that_are_too_long() {
    let mut talk = Talk::start();
    let long = format!(r#"42["send-msg",{}]"#, payload("tea", &"x".repeat(PAYLOAD_BYTES_MAX)));
    let mut eve = Client::connect(talk.server.address());
    eve.write(&long);
    assert!(eve.is_closed_by_server(), "a long message");
    talk.goes_on_after("a long message");
    let mut eve = Poller::member(talk.server.address(), "cake");
    let answer = eve.try_post(&long);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    talk.goes_on_after("a long post");
    for nonsense in ["4abc", "9"] {
        let mut eve = Poller::member(talk.server.address(), "cake");
        eve.try_post(nonsense);
        assert!(eve.is_closed_by_server(), "a post of {nonsense:?}");
        talk.goes_on_after("a post of nonsense");
    }
}

#[test]
fn requests_that_are_none() {
    let mut talk = Talk::start();
    let polling = "POST /socket.io/?EIO=4&transport=polling";
    let rows = [
        ("nonsense", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n".to_owned()),
        ("a head that is too long", format!("GET /{} HTTP/1.1\r\n", "x".repeat(1_000_000))),
        ("too many headers", format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200))),
        ("a session that is none", format!("{polling}&sid=nobody HTTP/1.1\r\nHost: a\r\n\r\n")),
        ("another protocol", "GET /socket.io/?EIO=9&transport=polling HTTP/1.1\r\n\r\n".into()),
        ("no transport", "GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: a\r\n\r\n".into()),
    ];
    for (what, request) in rows {
        let answer = answered(talk.server.address(), &request).expect(what);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{what}: {answer}");
        talk.goes_on_after(what);
    }
}

/// What is answered to a request as it is, if the server answers or closes at all.
fn answered(server: SocketAddr, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a read timeout");
    // It may be refused before it is whole.
    let _refused = stream.write_all(request.as_bytes());
    let mut answer = [0; 1024];
    let length = match stream.read(&mut answer) {
        Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
        read => read?,
    };
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}
