//! Targets: places where nobody listens, and servers that are no chat servers.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};

use super::row::{GOOD, Row, hold};
use crate::support::scripted::frame::{CLOSE, agreement, closing, frame};
use crate::support::scripted::{Connection, Scripted, Told};

const THERE: &str = "check that a Socket.IO server listens there";

#[test]
fn where_nobody_is_to_be_observed() {
    // Bound and given back: whoever takes it within a moment exposes nothing either.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let url = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let row = |what, observed: &str| Row::impossible(what, &["run", GOOD, "--observe", observed]);
    hold(vec![
        // The system gives no number as high as this one.
        row("no such process", "4194305")
            .says("there is no process 4194305 to be observed", "`--observe off`"),
        row("nobody exposes anything", &url)
            .says(&format!("{url}/metrics cannot be observed: "), "give the URL of an exposition"),
        row("nobody has that name", "http://nohost.invalid")
            .says("the name \"nohost.invalid\" cannot be looked up", "check its name"),
    ]);
}

#[test]
fn where_nobody_is() {
    // Bound and given back: whoever takes it within a moment is no chat server either.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let url = format!("http://127.0.0.1:{port}");
    let deaf = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let deaf = format!("http://{}", deaf.local_addr().expect("an address"));
    let full = Full::new();
    let good = Scripted::start(async |c| {
        c.stand().await?;
        c.gone().await
    });
    hold(vec![
        target("nobody listens", &url).says(
            &format!("no client can connect to {url}: Connection refused"),
            "check that the server runs, and that host and port are right",
        ),
        target("nobody has that name", "http://nohost.invalid:3000").says(
            "the name \"nohost.invalid\" cannot be looked up",
            "check the target's name, and that this machine can look it up",
        ),
        target("one of two is not there", &good.url())
            .with(&["--target", &url])
            .says(&format!("no client can connect to {url}"), "check that the server runs"),
        target("nobody answers", &full.url()).impatient().says(
            &format!("no client can connect to {}: no TCP connection within 500ms", full.url()),
            "check host and port, and that no firewall is in the way",
        ),
        target("nobody accepts", &deaf).impatient().says(
            &format!("no client can connect to {deaf}: no answer to the request"),
            "`timeouts.connect` gives it longer",
        ),
        target("an address of another machine", &url)
            .with(&["--source-ip", "192.0.2.1"])
            .says("Cannot assign requested address", "addresses of this machine with --source-ip"),
    ]);
}

/// A port whose packets go unanswered, as behind a firewall: its queue is full.
struct Full {
    listener: OwnedFd,
    queue: Vec<TcpStream>,
}

impl Full {
    fn new() -> Full {
        let listener = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        bind(&listener, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        listen(&listener, 0).expect("it is bound");
        let mut full = Full { listener, queue: Vec::new() };
        let soon = Duration::from_millis(200);
        while let Ok(waiting) = TcpStream::connect_timeout(&full.address(), soon) {
            full.queue.push(waiting);
        }
        full
    }

    fn address(&self) -> SocketAddr {
        getsockname(&self.listener).expect("it is bound").try_into().expect("an address")
    }

    fn url(&self) -> String {
        format!("http://{}", self.address())
    }
}

fn target(what: &'static str, url: &str) -> Row {
    Row::impossible(what, &["run", GOOD, "--target", url])
}

#[test]
fn that_speak_http() {
    hold(vec![
        answers("plain HTTP", "200 OK", "<h1>It works!</h1>")
            .says("HTTP 200: \"<h1>It works!", THERE),
        answers("nothing there", "404 Not Found", "Cannot GET /socket.io/")
            .says("HTTP 404: \"Cannot GET /socket.io/\"", "`path`"),
        answers("a broken server", "500 Internal Server Error", "")
            .says("HTTP 500", "look into its log"),
        answers("nobody behind a proxy", "502 Bad Gateway", "no upstream")
            .says("HTTP 502: \"no upstream\"", "look into its log"),
        answers("nobody may enter", "401 Unauthorized", "token missing")
            .says("HTTP 401: \"token missing\"", "`headers` or `auth` in the scenario"),
        answers("another place", "301 Moved Permanently\r\nLocation: https://chat.example/", "")
            .says(
                "HTTP 301, which leads to https://chat.example/",
                "give the URL that it leads to",
            ),
        answers(
            "another Engine.IO",
            "400 Bad Request",
            r#"{"code":5,"message":"Unsupported protocol version"}"#,
        )
        .says("Unsupported protocol version", "must speak Engine.IO 4 (Socket.IO 3 or later)"),
        Row::useless("an answer in two parts", async |c| {
            c.request().await?;
            c.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 14\r\n\r\n").await?;
            c.trickle(b"no such origin").await?;
            c.gone().await
        })
        .says("HTTP 403: \"no such origin\"", "`headers` or `auth` in the scenario"),
        Row::useless("an answer that never comes to its end", async |c| {
            c.request().await?;
            c.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nloading").await?;
            c.gone().await
        })
        .impatient()
        .says("HTTP 200: \"loading\"", THERE),
        Row::useless("an agreement to something else", async |c| {
            let agreed = String::from_utf8_lossy(&agreement(&c.request().await?)).into_owned();
            c.write(agreed.replace("websocket", "h2c").as_bytes()).await?;
            c.gone().await
        })
        .says("the answer to the WebSocket's request is wrong: no `Upgrade: websocket`", THERE),
        Row::useless("an agreement to somebody else", async |c| {
            c.request().await?;
            c.write(&agreement("")).await?;
            c.gone().await
        })
        .says("`Sec-WebSocket-Accept` does not fit the key", THERE),
    ]);
}

/// The server answers the request for a WebSocket with this.
fn answers(what: &'static str, status: &'static str, body: &'static str) -> Row {
    Row::useless(what, async move |c| {
        c.request().await?;
        let len = body.len();
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {len}\r\n\r\n{body}");
        c.write(answer.as_bytes()).await?;
        c.gone().await
    })
}

#[test]
fn that_speak_something_else() {
    let port = "check that a Socket.IO server listens on that port";
    hold(vec![
        Row::useless("silence", async |c| c.gone().await)
            .impatient()
            .says("no answer to the request within 500ms", "gives it longer"),
        Row::useless("a greeting", async |c| {
            c.write(b"SSH-2.0-OpenSSH_9.2\r\n").await?;
            c.gone().await
        })
        .says("the answer is not HTTP: it begins \"SSH-2.0-OpenSSH_9.2\"", port),
        Row::useless("garbage", async |c| {
            c.request().await?;
            c.write(&[0x1b, 0x07, 0xff, 0, 0x0d].repeat(1000)).await?;
            c.gone().await
        })
        .says("the answer is not HTTP: it begins \"\\u{1b}\\u{7}", port),
        Row::useless("a hang-up", async |_| Ok(()))
            .says("no client can connect to http://127.0.0.1:", port),
        Row::useless("a hang-up after the request", async |c| {
            c.request().await?;
            c.half_close().await?;
            c.gone().await
        })
        .says("the server closed the connection without answering", port),
        Row::useless("a reset", async |c| {
            c.request().await?;
            c.reset_at_end()
        })
        .says("the connection broke while it was being opened", port),
    ]);
}

#[test]
fn that_speak_websocket_alone() {
    let five = "check that the server speaks Socket.IO protocol 5 there";
    let no = "a connection was opened, but no Socket.IO connection came of it: ";
    let says = |row: Row, what: &str| row.says(&format!("{no}{what}"), five);
    hold(vec![
        Row::useless("no handshake", async |c| {
            c.upgrade().await?;
            c.gone().await
        })
        .impatient()
        .says("the Engine.IO handshake did not come within 500ms", "gives it longer"),
        Row::useless("no answer to CONNECT", async |c| {
            c.open().await?;
            c.expect("40").await?;
            c.gone().await
        })
        .impatient()
        .says("the namespace's CONNECT did not come within 500ms", "gives it longer"),
        Row::useless("a slow server that then says nothing", async |c| {
            c.be_silent(Duration::from_millis(2500)).await;
            c.open().await?;
            c.gone().await
        })
        .with(&["--set", "timeouts.connect=3s"])
        .within(Duration::from_secs(5))
        .says("the namespace's CONNECT did not come within 3s", "gives it longer"),
        says(first("a handshake that is no JSON", "0{sid}"), "the handshake is not the JSON"),
        says(first("a greeting", "hello"), "'h' is no Engine.IO packet type"),
        says(first("an older protocol", "42[\"welcome\"]"), "a message came before the handshake"),
        Row::useless("a server that leaves at once", async |c| {
            c.upgrade().await?;
            c.write(&closing(1008, "origin \u{1b}[31mnot allowed")).await?;
            c.gone().await
        })
        .says("the server closed the WebSocket with code 1008 (origin \\u{1b}[31mnot", five),
        Row::useless("a server that leaves without a word", async |c| {
            c.upgrade().await?;
            c.half_close().await?;
            c.gone().await
        })
        .says("the server ended the connection without a word", five),
        Row::useless("a close frame that says nothing", async |c| {
            c.open().await?;
            c.write(&frame(CLOSE, b"")).await?;
            c.gone().await
        })
        .says("the server closed the WebSocket with code 1005", five),
    ]);
}

/// The server says this, and nothing else, once a WebSocket stands.
fn first(what: &'static str, said: &'static str) -> Row {
    Row::useless(what, async move |c| {
        c.upgrade().await?;
        c.say(said).await?;
        c.gone().await
    })
}

#[test]
fn that_refuse_the_namespace() {
    let remedy = "check `namespace` and `auth` in the scenario";
    let namespace = "the server refuses the connection to the namespace /: ";
    let says = |row: Row, what: &str| row.says(&format!("{namespace}{what}"), remedy);
    hold(vec![
        says(
            Row::useless("with an object", async |c| {
                refuse(c, r#"44{"message":"Unauthorized","data":{"code":7}}"#).await
            }),
            "{\"message\":\"Unauthorized\",\"data\":{\"code\":7}}",
        ),
        says(
            Row::useless("with a string", async |c| refuse(c, r#"44"No room""#).await),
            "\"No room\"",
        ),
        says(
            Row::useless("with a novel", async |c| {
                let novel = "It was the best of times. ".repeat(20_000);
                refuse(c, &format!(r#"44{{"message":"{novel}"}}"#)).await
            }),
            "{\"message\":\"It was the best of times. ",
        ),
        Row::useless("without a word", async |c| refuse(c, "41").await).says(
            "the server disconnected the client from the namespace",
            "check that the server speaks Socket.IO protocol 5 there",
        ),
    ]);
}

async fn refuse(c: &mut Connection, answer: &str) -> Told {
    c.open().await?;
    c.expect("40").await?;
    c.say(answer).await?;
    c.gone().await
}

#[test]
fn that_the_second_driver_meets() {
    let second = |row: Row| row.with(&["--set", "client=rust_socketio"]);
    hold(vec![
        second(answers("nothing there", "404 Not Found", "Cannot GET /socket.io/"))
            .says("rust_socketio: ", "client: native"),
        second(Row::useless("silence", async |c| c.gone().await))
            .impatient()
            .says("within 500ms", "gives it longer"),
        second(first("a greeting", "hello")).says("rust_socketio: ", "client: native"),
        second(Row::useless("a refusal", async |c| {
            c.open().await?;
            c.say(r#"44{"message":"Unauthorized"}"#).await?;
            c.gone().await
        }))
        .says("Unauthorized", "check `namespace` and `auth` in the scenario"),
    ]);
}
