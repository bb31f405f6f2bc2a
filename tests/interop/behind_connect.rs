//! Behind CONNECT: why a join is lost that comes right behind CONNECT's answer on socketioxide.
//!
//! The answer leaves before the handler of the connection is begun, as a task of its own, and
//! events that no handler is registered for are dropped. One thread runs that task first; several
//! may read a join before it. `CHAT-MEM-02b` looks for it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use socketioxide::extract::SocketRef;

use super::socketioxide::{Socketioxide, Threads, chat};

const PATH: &str = "/socket.io/?EIO=4&transport=polling";
/// One that polls is not to be pinged in between.
const PING: Duration = Duration::from_secs(60);
const ASKED_MAX: usize = 200;

#[test]
fn an_event_is_dropped_that_comes_before_the_handlers_are_there() {
    let (begin, may_begin) = mpsc::channel();
    let may_begin = Arc::new(Mutex::new(may_begin));
    let (give, given) = mpsc::channel();
    let server = Socketioxide::start_with(Threads::Many, PING, move |io| {
        // Held where it begins, as by a kernel that has something else for its thread to do.
        io.ns("/", async move |socket: SocketRef| {
            may_begin.lock().expect("not poisoned").recv().expect("it may begin");
            chat(socket).await;
        });
        give.send(io.clone()).expect("somebody waits for it");
    });
    let io = given.recv().expect("it is filled");
    let rooms = || -> Vec<String> {
        io.sockets().iter().flat_map(|it| it.rooms()).map(|room| room.to_string()).collect()
    };
    let host = server.url().trim_start_matches("http://").to_owned();
    let opened = request(&host, "GET", PATH, "");
    let sid = opened.split("\"sid\":\"").nth(1).and_then(|rest| rest.split('"').next());
    let session = format!("{PATH}&sid={}", sid.expect("a handshake"));
    let post = |packet: &str| assert!(request(&host, "POST", &session, packet).ends_with("ok"));
    post("40");
    // A ping comes first, perhaps.
    let granted = (0..3).any(|_| request(&host, "GET", &session, "").contains("40{\"sid\""));
    assert!(granted, "CONNECT is answered only once its handler was begun");

    // What was answered has been taken in.
    post(r#"42["join-room","early"]"#);
    begin.send(()).expect("it waits");
    for _ in 0..ASKED_MAX {
        post(r#"42["join-room","late"]"#);
        if rooms().contains(&"late".to_owned()) {
            break;
        }
    }
    assert_eq!(rooms(), ["late"], "an early join is not dropped any more: tell CHAT-MEM-02b");
}

/// What is answered to a request of its own connection.
fn request(host: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(host).expect("it listens");
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    let sent = write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}");
    sent.expect("it can be written to");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}
