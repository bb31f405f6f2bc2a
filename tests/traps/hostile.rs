//! Hostile: servers that would never let go of a client, or fill its memory.

use super::trial::{Trial, hold};
use crate::support::ear::MESSAGE_BYTES_MAX;
use crate::support::scripted::frame::{CONTINUATION, PING, TEXT, fragment, frame, text};

/// What may lie in the buffers of two sockets, whatever the client does.
const SOCKETS_BYTES_MAX: u64 = 16 << 20;
const CHUNK_BYTES: usize = 1 << 16;

#[test]
fn without_end() {
    hold(vec![
        Trial::new("a frame of an exabyte", async |c| {
            c.stand().await?;
            let mut header = vec![0x81, 127];
            header.extend((1_u64 << 60).to_be_bytes());
            c.write(&header).await?;
            c.gone().await
        })
        .gives(&[
            "connected",
            "lost: the server broke the WebSocket protocol: a frame is longer than the limit",
        ]),
        Trial::new("a frame one byte beyond the limit", async |c| {
            c.stand().await?;
            let mut header = vec![0x81, 127];
            header.extend((MESSAGE_BYTES_MAX as u64 + 1).to_be_bytes());
            c.write(&header).await?;
            c.gone().await
        })
        .gives(&[
            "connected",
            "lost: the server broke the WebSocket protocol: a frame is longer than the limit",
        ]),
        Trial::new("fragments without end", async |c| {
            c.stand().await?;
            c.write(&fragment(TEXT, b"42[\"")).await?;
            let more = fragment(CONTINUATION, &[b'x'; CHUNK_BYTES]);
            loop {
                c.write(&more).await?;
            }
        })
        .written_bytes_max(MESSAGE_BYTES_MAX as u64 + SOCKETS_BYTES_MAX)
        .gives(&[
            "connected",
            "lost: the server broke the WebSocket protocol: \
             a message in fragments is longer than the limit",
        ]),
        Trial::new("headers without end", async |c| {
            c.request().await?;
            c.write(b"HTTP/1.1 101 Switching Protocols\r\nX-Filler: ").await?;
            loop {
                c.write(&[b'x'; CHUNK_BYTES]).await?;
            }
        })
        .written_bytes_max(SOCKETS_BYTES_MAX)
        .gives(&[
            "refused: the answer to the WebSocket's request is wrong: its headers do not end",
        ]),
        Trial::new("headers without number", async |c| {
            c.request().await?;
            c.write(b"HTTP/1.1 101 Switching Protocols\r\n").await?;
            loop {
                c.write("X-Filler: x\r\n".repeat(1000).as_bytes()).await?;
            }
        })
        .written_bytes_max(SOCKETS_BYTES_MAX)
        .gives(&[
            "refused: the answer to the WebSocket's request is wrong: it has too many headers",
        ]),
        Trial::new("an answer that drips", async |c| {
            c.request().await?;
            c.write(b"HTTP/1.1 101 Switching Protocols\r\nX-Filler: ").await?;
            loop {
                c.trickle(b"x").await?;
            }
        })
        .soon_without_websocket()
        .gives(&["refused: no answer to the request within 1s"]),
    ]);
}

#[test]
fn without_pause() {
    hold(vec![
        Trial::new("pings, and nobody reads the pongs", async |c| {
            c.stand().await?;
            let pings = frame(PING, &[b'x'; 125]).repeat(1000);
            loop {
                c.write(&pings).await?;
            }
        })
        .gives(&["connected", "lost: the server does not read: more than 65536 bytes wait for it"]),
        Trial::new("noops, and never an answer to CONNECT", async |c| {
            c.open().await?;
            let noops = text("6").repeat(10_000);
            loop {
                c.write(&noops).await?;
            }
        })
        .soon_without_session()
        .gives(&["refused: a connection was opened, but the namespace's CONNECT did not come \
             within 1s"]),
        Trial::new("noops before the handshake", async |c| {
            c.upgrade().await?;
            let noops = text("6").repeat(10_000);
            loop {
                c.write(&noops).await?;
            }
        })
        .soon_without_session()
        .gives(&["refused: a connection was opened, but the Engine.IO handshake did not come \
             within 1s"]),
        Trial::new("a frame that drips", async |c| {
            c.open().await?;
            c.write(&text(&format!("42[\"{}\"]", "x".repeat(10_000)))[..8]).await?;
            loop {
                c.trickle(b"x").await?;
            }
        })
        .soon_without_session()
        .gives(&["refused: a connection was opened, but the namespace's CONNECT did not come \
             within 1s"]),
    ]);
}

#[test]
fn with_garbage() {
    hold(vec![
        garbage("zeros", &[0; 64]).gives_no_session(
            "the server broke the WebSocket protocol: fragments of messages are out of order",
        ),
        garbage("ones", &[0xff; 64]).gives_no_session(
            "the server broke the WebSocket protocol: a frame's header is malformed",
        ),
        garbage("a handshake without a frame", b"0{\"sid\":\"e1\"}").gives_no_session(
            "the server broke the WebSocket protocol: a frame uses an extension nobody agreed to",
        ),
        garbage("an answer of HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n").gives_no_session(
            "the server broke the WebSocket protocol: a frame uses an extension nobody agreed to",
        ),
    ]);
}

/// The server agrees to a WebSocket, and sends this instead of frames.
fn garbage(name: &'static str, bytes: &'static [u8]) -> Trial {
    Trial::new(name, async move |c| {
        c.upgrade().await?;
        c.write(bytes).await?;
        c.gone().await
    })
}
