//! Refusals: why a connection did not come to stand, in words that help.

use chatbench::protocol::SessionOptions;

use super::trial::{Trial, hold};
use crate::support::scripted::frame::{CLOSE, OPEN, agreement, closing, frame, text};

#[test]
fn by_the_namespace() {
    let chat = SessionOptions { namespace: "/chat".into(), ..SessionOptions::default() };
    hold(vec![
        refused("with an object", r#"44{"message":"Unauthorized","data":{"code":7}}"#)
            .gives(&["refused: the server refuses the connection to the namespace /: \
             {\"message\":\"Unauthorized\",\"data\":{\"code\":7}}"]),
        refused("with a string", r#"44"Unable to connect""#).gives(&[
            "refused: the server refuses the connection to the namespace /: \"Unable to connect\"",
        ]),
        refused("without a word", "44")
            .gives(&["refused: the server refuses the connection to the namespace /"]),
        Trial::new("under its name", async |c| {
            c.open().await?;
            c.expect("40/chat,").await?;
            c.say(r#"44/chat,{"message":"Invalid namespace"}"#).await?;
            c.gone().await
        })
        .with_session(chat)
        .gives(&["refused: the server refuses the connection to the namespace /chat: \
             {\"message\":\"Invalid namespace\"}"]),
        refused("by sending the client out", "41")
            .gives_no_session("the server disconnected the client from the namespace"),
    ]);
}

/// The server answers CONNECT with this.
fn refused(name: &'static str, answer: &'static str) -> Trial {
    Trial::new(name, async |c| {
        c.open().await?;
        c.expect("40").await?;
        c.say(answer).await?;
        c.gone().await
    })
}

#[test]
fn by_http() {
    hold(vec![
        answered("plain HTTP", "200 OK", "<h1>It works!</h1>")
            .gives(&["refused: HTTP 200: \"<h1>It works!</h1>\""]),
        answered("nothing there", "404 Not Found", "Cannot GET /socket.io/")
            .gives(&["refused: HTTP 404: \"Cannot GET /socket.io/\""]),
        answered("a broken server", "500 Internal Server Error", "").gives(&["refused: HTTP 500"]),
        answered(
            "a server of another Engine.IO",
            "400 Bad Request",
            r#"{"code":5,"message":"Unsupported protocol version"}"#,
        )
        .gives(&["refused: HTTP 400: \
             \"{\\\"code\\\":5,\\\"message\\\":\\\"Unsupported protocol version\\\"}\""]),
        answered("another place", "301 Moved Permanently\r\nLocation: https://h/", "")
            .gives(&["refused: HTTP 301, which leads to https://h/"]),
        Trial::new("an agreement to something else", async |c| {
            let agreed = String::from_utf8_lossy(&agreement(&c.request().await?)).into_owned();
            c.write(agreed.replace("websocket", "h2c").as_bytes()).await?;
            c.gone().await
        })
        .gives(&[
            "refused: the answer to the WebSocket's request is wrong: no `Upgrade: websocket`",
        ]),
        Trial::new("an agreement to somebody else", async |c| {
            c.request().await?;
            c.write(&agreement("")).await?;
            c.gone().await
        })
        .gives(&["refused: the answer to the WebSocket's request is wrong: \
             `Sec-WebSocket-Accept` does not fit the key"]),
    ]);
}

/// The server answers the request for a WebSocket with this.
fn answered(name: &'static str, status: &'static str, body: &'static str) -> Trial {
    Trial::new(name, async move |c| {
        c.request().await?;
        let len = body.len();
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {len}\r\n\r\n{body}");
        c.write(answer.as_bytes()).await?;
        c.gone().await
    })
}

#[test]
fn by_something_else() {
    hold(vec![
        Trial::new("a server of another protocol", async |c| {
            c.write(b"SSH-2.0-OpenSSH_9.2\r\n").await?;
            c.gone().await
        })
        .gives(&["refused: the answer is not HTTP: it begins \"SSH-2.0-OpenSSH_9.2\""]),
        Trial::new("a hang-up", async |c| {
            c.request().await?;
            c.half_close().await?;
            c.gone().await
        })
        .gives(&["refused: the server closed the connection without answering the request"]),
        Trial::new("a hang-up within the answer", async |c| {
            c.request().await?;
            c.write(b"HTTP/1.1 101 Swi").await?;
            c.half_close().await?;
            c.gone().await
        })
        .gives(&["refused: the connection broke while it was being opened: \
             unexpected end of file"]),
        Trial::new("a reset", async |c| {
            c.request().await?;
            c.reset_at_end()
        })
        .gives(&["refused: the connection broke while it was being opened: \
             Connection reset by peer…"]),
        Trial::new("silence", async |c| c.gone().await)
            .soon_without_websocket()
            .gives(&["refused: no answer to the request within 1s"]),
    ]);
}

#[test]
fn by_the_session() {
    hold(vec![
        Trial::new("no handshake", async |c| {
            c.upgrade().await?;
            c.gone().await
        })
        .soon_without_session()
        .gives(&["refused: a connection was opened, but the Engine.IO handshake did not come \
             within 1s"]),
        Trial::new("no answer to CONNECT", async |c| {
            c.open().await?;
            c.expect("40").await?;
            c.gone().await
        })
        .soon_without_session()
        .gives(&["refused: a connection was opened, but the namespace's CONNECT did not come \
             within 1s"]),
        first("a message", "42[1]").gives_no_session("a message came before the handshake"),
        first("no JSON", "0{sid}")
            .gives_no_session("the handshake is not the JSON it should be, at line 1, column 2"),
        first("no sid", r#"0{"upgrades":[]}"#)
            .gives_no_session("the handshake is not the JSON it should be, at line 1, column 15"),
        first("no packet", "hello").gives_no_session("'h' is no Engine.IO packet type"),
        Trial::new("a server that agrees and closes at once", async |c| {
            c.upgrade().await?;
            c.write(&closing(1008, "origin not allowed")).await?;
            c.expect_frame(CLOSE, &closing(1008, "origin not allowed")[2..]).await?;
            c.gone().await
        })
        .gives_no_session("the server closed the WebSocket with code 1008 (origin not allowed)"),
        Trial::new("Socket.IO 2, which grants the namespace unasked", async |c| {
            c.upgrade().await?;
            c.write(&[text(OPEN), text("40")].concat()).await?;
            c.gone().await
        })
        .gives_no_session("the answer to CONNECT has no readable sid"),
        Trial::new("an end in the segment of the handshake", async |c| {
            c.upgrade().await?;
            c.write(&[text(OPEN), frame(CLOSE, b"")].concat()).await?;
            c.gone().await
        })
        .gives_no_session("the server closed the WebSocket with code 1005"),
    ]);
}

/// The first that comes over the WebSocket is this.
fn first(name: &'static str, said: &'static str) -> Trial {
    Trial::new(name, async move |c| {
        c.upgrade().await?;
        c.say(said).await?;
        c.gone().await
    })
}
