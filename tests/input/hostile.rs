//! Hostile: servers that never come to an end; they may waste time, but no memory.

use super::row::{Row, hold};
use crate::support::scripted::frame::{CONTINUATION, TEXT, fragment, text};

const CHUNK_BYTES: usize = 1 << 16;

#[test]
fn that_never_end() {
    let five = "check that the server speaks Socket.IO protocol 5 there";
    hold(vec![
        Row::useless("a frame of an exabyte", async |c| {
            c.open().await?;
            let mut header = vec![0x81, 127];
            header.extend((1_u64 << 60).to_be_bytes());
            c.write(&header).await?;
            loop {
                c.write(&[b'x'; CHUNK_BYTES]).await?;
            }
        })
        .says("the server broke the WebSocket protocol: a frame is longer than the limit", five),
        Row::useless("fragments without end", async |c| {
            c.open().await?;
            c.write(&fragment(TEXT, b"42[\"")).await?;
            let more = fragment(CONTINUATION, &[b'x'; CHUNK_BYTES]);
            loop {
                c.write(&more).await?;
            }
        })
        .says("a message in fragments is longer than the limit", five),
        Row::useless("one header without end", async |c| {
            c.request().await?;
            c.write(b"HTTP/1.1 101 Switching Protocols\r\nX-Filler: ").await?;
            loop {
                c.write(&[b'x'; CHUNK_BYTES]).await?;
            }
        })
        .says("its headers do not end", "check that a Socket.IO server listens there"),
        Row::useless("headers without number", async |c| {
            c.request().await?;
            c.write(b"HTTP/1.1 101 Switching Protocols\r\n").await?;
            loop {
                c.write("X-Filler: x\r\n".repeat(1000).as_bytes()).await?;
            }
        })
        .says("it has too many headers", "check that a Socket.IO server listens there"),
        Row::useless("a page without end", async |c| {
            c.request().await?;
            c.write(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            loop {
                c.write(&[b'x'; CHUNK_BYTES]).await?;
            }
        })
        .says("HTTP 200: \"xxxx", "check that a Socket.IO server listens there"),
        Row::useless("noise without end", async |c| {
            loop {
                c.write(&[0x8d; CHUNK_BYTES]).await?;
            }
        })
        .says("the answer is not HTTP", "check that a Socket.IO server listens on that port"),
    ]);
}

#[test]
fn that_keep_talking_past_the_time() {
    hold(vec![
        Row::useless("an answer that drips", async |c| {
            c.request().await?;
            c.write(b"HTTP/1.1 101 Switching Protocols\r\nX-Filler: ").await?;
            loop {
                c.trickle(b"x").await?;
            }
        })
        .impatient()
        .says("no answer to the request within 500ms", "gives it longer"),
        Row::useless("a frame that drips", async |c| {
            c.open().await?;
            c.write(&text(&format!("42[\"{}\"]", "x".repeat(10_000)))[..8]).await?;
            loop {
                c.trickle(b"x").await?;
            }
        })
        .impatient()
        .says("the namespace's CONNECT did not come within 500ms", "gives it longer"),
        Row::useless("events, and never an answer to CONNECT", async |c| {
            c.open().await?;
            let events = text("42[\"onreceive-msg\",{}]").repeat(1000);
            loop {
                c.write(&events).await?;
            }
        })
        .impatient()
        .says("the namespace's CONNECT did not come within 500ms", "gives it longer"),
        Row::useless("noops before the handshake", async |c| {
            c.upgrade().await?;
            let noops = text("6").repeat(10_000);
            loop {
                c.write(&noops).await?;
            }
        })
        .impatient()
        .says("the Engine.IO handshake did not come within 500ms", "gives it longer"),
    ]);
}
