//! Endings: how a connection that stood comes to its end, and what the user is told of it.

use std::time::Duration;

use super::trial::{Says, Trial, hold};
use crate::support::scripted::frame::{
    BINARY, CLOSE, CONNECTED, CONTINUATION, TEXT, closing, fragment, frame, text,
};
use crate::support::scripted::{Connection, Told};

#[test]
fn close_codes() {
    hold(vec![
        closed("by Node, with no code", frame(CLOSE, b""))
            .gives(&["connected", "lost: the server closed the WebSocket with code 1005"]),
        closed("by uvicorn", closing(1000, ""))
            .gives(&["connected", "lost: the server closed the WebSocket with code 1000"]),
        closed("by a server that goes away", closing(1001, "bye"))
            .gives(&["connected", "lost: the server closed the WebSocket with code 1001 (bye)"]),
        closed("by a server that is at its limits", closing(1013, "später"))
            .gives(&["connected", "lost: the server closed the WebSocket with code 1013 (später)"]),
        closed("with half a code", frame(CLOSE, b"\x03"))
            .gives(&["connected", "lost: the server closed the WebSocket with code 1005"]),
        Trial::new("without a closing handshake: 1006", async |c| {
            c.stand().await?;
            c.half_close().await?;
            c.gone().await
        })
        .gives(&["connected", "lost: the server ended the connection without a word"]),
        Trial::new("in the middle of a frame", async |c| {
            c.stand().await?;
            c.write(&text("42[1]")[..4]).await?;
            c.half_close().await?;
            c.gone().await
        })
        .gives(&["connected", "lost: the server ended the connection without a word"]),
        Trial::new("with a reset", async |c| {
            c.stand().await?;
            c.say("2").await?;
            c.expect("3").await?;
            c.reset_at_end()
        })
        .gives(&["connected", "lost: the connection broke: Connection reset by peer…"]),
    ]);
}

/// The server ends with this frame, which the client must repeat.
fn closed(name: &'static str, ending: Vec<u8>) -> Trial {
    Trial::new(name, async move |c| {
        c.stand().await?;
        c.write(&ending).await?;
        c.expect_frame(CLOSE, &ending[2..]).await?;
        c.gone().await
    })
}

#[test]
fn goodbyes() {
    hold(vec![
        Trial::new("a close packet of Engine.IO before that of the WebSocket", async |c| {
            c.stand().await?;
            c.write(&[text("42[1]"), text("1"), frame(CLOSE, b"")].concat()).await?;
            c.gone().await
        })
        .gives(&["connected", "[1]", "lost: the server closed the session"]),
        Trial::new("an event and the end in one segment", async |c| {
            c.stand().await?;
            c.write(&[text("42[1]"), closing(1000, "")].concat()).await?;
            c.gone().await
        })
        .gives(&[
            "connected",
            "[1]",
            "lost: the server closed the WebSocket with code 1000",
        ]),
        Trial::new("the beginning and the end in one segment", async |c| {
            c.open().await?;
            c.expect("40").await?;
            c.write(&[text(CONNECTED), closing(1001, "")].concat()).await?;
            c.gone().await
        })
        .gives(&["connected", "lost: the server closed the WebSocket with code 1001"]),
        Trial::new("sent out of the namespace", async |c| {
            c.stand().await?;
            c.say("41").await?;
            c.gone().await
        })
        .gives(&["connected", "lost: the server disconnected the client from the namespace"]),
        Trial::new("the namespace is refused after it was granted", async |c| {
            c.stand().await?;
            c.say(r#"44{"message":"no more"}"#).await?;
            c.gone().await
        })
        .gives(&[
            "connected",
            r#"lost: the server takes back the namespace it had granted: {"message":"no more"}"#,
        ]),
        Trial::new("the client's own goodbye, in order", async |c| {
            c.stand().await?;
            c.expect("41").await?;
            c.expect("1").await?;
            c.expect_frame(CLOSE, &1000_u16.to_be_bytes()).await?;
            c.gone().await
        })
        .saying(Says::Goodbye)
        .gives(&["connected"]),
        Trial::new("silence beyond interval and timeout", async |c| {
            c.upgrade().await?;
            c.say(r#"0{"sid":"e1","pingInterval":100,"pingTimeout":100}"#).await?;
            c.expect("40").await?;
            c.say(CONNECTED).await?;
            c.gone().await
        })
        .gives(&["connected", "lost: no ping came for …"]),
    ]);
}

#[test]
fn wrongs() {
    hold(vec![
        wrong("a binary frame nobody announced", frame(BINARY, b"surprise")).gives(&[
            "connected",
            "lost: a binary message of 8 bytes came that no packet had announced",
        ]),
        wrong("a text instead of an attachment", [text(r#"451-["a",{}]"#), text("42[1]")].concat())
            .gives(&[
                "connected",
                "lost: a text message came while 1 attachments were still missing",
            ]),
        wrong("a packet of no kind", text("9"))
            .gives(&["connected", "lost: '9' is no Engine.IO packet type"]),
        wrong("an empty packet", text(""))
            .gives(&["connected", "lost: an Engine.IO packet is empty"]),
        wrong("a message of no kind", text("4abc"))
            .gives(&["connected", "lost: 'a' is no Socket.IO packet type"]),
        wrong("an event that is no array", text("42{}")).gives(&[
            "connected",
            "lost: the payload of a Socket.IO event or acknowledgement is not the \
             array it should be",
        ]),
        wrong("a masked frame", b"\x81\x81\0\0\0\x002".to_vec()).gives(&[
            "connected",
            "lost: the server broke the WebSocket protocol: a frame from the server is masked",
        ]),
        wrong("a compressed frame", b"\xc1\x012".to_vec()).gives(&[
            "connected",
            "lost: the server broke the WebSocket protocol: \
             a frame uses an extension nobody agreed to",
        ]),
        wrong("a frame of no kind", b"\x83\x012".to_vec()).gives(&[
            "connected",
            "lost: the server broke the WebSocket protocol: a frame's header is \
             malformed",
        ]),
        wrong("a fragmented ping", b"\x09\x00".to_vec()).gives(&[
            "connected",
            "lost: the server broke the WebSocket protocol: a control frame is \
             fragmented or too long",
        ]),
        wrong("a text of no letters", frame(TEXT, b"42[\"\xff\"]")).gives(&[
            "connected",
            "lost: the server broke the WebSocket protocol: a text frame is not UTF-8",
        ]),
        wrong("the end of a message without its beginning", frame(CONTINUATION, b"1]")).gives(&[
            "connected",
            "lost: the server broke the WebSocket protocol: fragments of messages \
             are out of order",
        ]),
        wrong("a message within a message", [fragment(TEXT, b"42"), text("42[1]")].concat()).gives(
            &[
                "connected",
                "lost: the server broke the WebSocket protocol: fragments of messages \
             are out of order",
            ],
        ),
    ]);
}

/// The server sends this, upon which the client must hang up.
fn wrong(name: &'static str, bytes: Vec<u8>) -> Trial {
    Trial::new(name, async move |c| {
        c.stand().await?;
        c.write(&bytes).await?;
        c.gone().await
    })
}

/// A test of the tests: a client that hangs up too early is complained of.
#[test]
#[should_panic(expected = "the client hung up")]
fn what_a_script_expects_in_vain_fails_its_trial() {
    hold(vec![Trial::new("waits for what never comes", script_in_vain).gives(&["connected"])]);
}

async fn script_in_vain(c: &mut Connection) -> Told {
    c.stand().await?;
    c.be_silent(Duration::from_millis(10)).await;
    c.expect("never").await
}
