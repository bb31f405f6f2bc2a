//! Polling: what a client that polls, or moves to a WebSocket, takes in its stride, and what ends
//! it.

use chatbench::client::Way;

use super::trial::{Says, Trial, hold};
use crate::support::scripted::frame::{TEXT, agreement, frame};
use crate::support::scripted::{Connection, Told};

/// A server may give its sessions any ids, and a query has to spell them out.
const NAMED: &str = "&sid=s%2B%2F%3D%26%25";
const OPEN: &str = r#"0{"sid":"s+/=&%","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
const MOVABLE: &str =
    r#"0{"sid":"s+/=&%","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}"#;
const CONNECTED: &str = r#"40{"sid":"t"}"#;
const EVENT: &str = r#"42["heard"]"#;
const HEARD: &str = r#"["heard"]"#;

/// What a poll is answered with.
#[derive(Clone, Copy)]
enum Answer {
    Body(&'static str),
    Bytes(&'static [u8]),
    Status(&'static str),
    /// By chunks, as servers behind some proxies answer.
    Chunked(&'static str),
    /// By the end of the connection, after which the next poll needs another.
    ToTheEnd(&'static str),
}

/// What becomes of the request for a WebSocket.
#[derive(Clone, Copy)]
enum Move {
    Refused,
    /// It stands, and answers the probe with this.
    Answered(&'static str),
}

/// A server of one session: answers its polls one by one, takes every post.
async fn serve(c: &mut Connection, open: &str, answers: &[Answer], moved: Move) -> Told {
    // Connections are kept for the next request, until the client needs none.
    while let Ok(head) = c.request().await {
        if head.contains("sid=") && !head.contains(NAMED) {
            return c.answer("400 Bad Request", b"another session").await;
        }
        if head.starts_with("POST") {
            c.body(&head).await?;
            c.answer("200 OK", b"ok").await?;
        } else if head.contains("transport=websocket") {
            return become_websocket(c, &head, moved).await;
        } else if !head.contains("sid=") {
            c.answer("200 OK", open.as_bytes()).await?;
            for answer in answers {
                let head = c.request().await?;
                if !head.contains(NAMED) {
                    return c.answer("400 Bad Request", b"another session").await;
                }
                give(c, *answer).await?;
            }
            // The last poll waits for ever, or until the client gives up.
            return c.gone().await;
        }
    }
    Ok(())
}

async fn give(c: &mut Connection, answer: Answer) -> Told {
    match answer {
        Answer::Body(body) => c.answer("200 OK", body.as_bytes()).await,
        Answer::Bytes(body) => c.answer("200 OK", body).await,
        Answer::Status(status) => c.answer(status, b"no").await,
        Answer::Chunked(body) => {
            let (head, tail) = body.split_at(1);
            let chunks = format!("1\r\n{head}\r\n{:x}\r\n{tail}\r\n0\r\n\r\n", tail.len());
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            c.write(format!("{head}{chunks}").as_bytes()).await
        }
        Answer::ToTheEnd(body) => {
            c.write(format!("HTTP/1.1 200 OK\r\n\r\n{body}").as_bytes()).await?;
            c.half_close().await
        }
    }
}

async fn become_websocket(c: &mut Connection, head: &str, moved: Move) -> Told {
    let Move::Answered(answer) = moved else { return c.answer("400 Bad Request", b"no").await };
    c.write(&agreement(head)).await?;
    c.expect("2probe").await?;
    c.write(&frame(TEXT, answer.as_bytes())).await?;
    c.gone().await
}

/// A session that polls, whose polls are answered so.
fn polls(name: &'static str, answers: &'static [Answer]) -> Trial {
    Trial::new(name, async move |c| serve(c, OPEN, answers, Move::Refused).await).by(Way::Polling)
}

/// A session that would move, and hears by polling when it cannot.
fn moves(name: &'static str, moved: Move) -> Trial {
    const ANSWERS: &[Answer] = &[Answer::Body(CONNECTED), Answer::Body(EVENT)];
    Trial::new(name, async move |c| serve(c, MOVABLE, ANSWERS, moved).await).by(Way::Upgrade)
}

#[test]
fn bodies() {
    use Answer::{Body, Bytes, Chunked, Status, ToTheEnd};
    let lost = "lost: HTTP long-polling: ";
    hold(vec![
        polls("one packet each", &[Body(CONNECTED), Body(EVENT)]).gives(&["connected", HEARD]),
        polls(
            "noops, a ping and nothing between",
            &[Body("6"), Body("2"), Body(""), Body(CONNECTED), Body("6\u{1e}42[\"heard\"]\u{1e}2")],
        )
        .gives(&["connected", HEARD]),
        polls(
            "several packets at once",
            &[Body("40{\"sid\":\"t\"}\u{1e}42[\"heard\"]\u{1e}42[\"heard\"]")],
        )
        .gives(&["connected", HEARD, HEARD]),
        polls("chunks", &[Chunked(CONNECTED), Chunked(EVENT)]).gives(&["connected", HEARD]),
        polls("a refusal", &[Body(CONNECTED), Status("400 Bad Request")])
            .gives(&["connected", &format!("{lost}HTTP 400: \"no\"")]),
        polls("an error of the server's", &[Body(CONNECTED), Status("500 Oh")])
            .gives(&["connected", &format!("{lost}HTTP 500: \"no\"")]),
        polls("bytes that are no text", &[Body(CONNECTED), Bytes(b"4\xff")])
            .gives(&["connected", &format!("{lost}a payload is not UTF-8")]),
        polls("base64 that is none", &[Body(CONNECTED), Body("b=")])
            .gives(&["connected", &format!("{lost}a binary packet of a payload is no base64…")]),
        polls("a body to the end of the connection", &[ToTheEnd(CONNECTED)])
            .saying(Says::Goodbye)
            .gives(&["connected"]),
    ]);
}

#[test]
fn openings() {
    let refused = |name, status: &'static str| {
        Trial::new(name, async move |c| {
            c.request().await?;
            c.answer(status, b"no").await
        })
        .by(Way::Polling)
    };
    hold(vec![
        refused("a path that is not there", "404 Not Found").gives(&["refused: HTTP 404: \"no\""]),
        refused("a body that is no handshake", "200 OK").gives_no_session("'n' is no…"),
    ]);
}

#[test]
fn moves_that_come_to_nothing_leave_the_session_polling() {
    hold(vec![
        moves("a WebSocket that is refused", Move::Refused).gives(&["connected", HEARD]),
        moves("a probe answered wrongly", Move::Answered("3prob")).gives(&["connected", HEARD]),
        moves("a probe answered with a close", Move::Answered("1")).gives(&["connected", HEARD]),
        moves("a probe that is not answered", Move::Answered("6")).gives(&["connected", HEARD]),
    ]);
}
