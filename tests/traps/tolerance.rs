//! Tolerance: what real servers do, each in its way, and what a client must take in its stride.

use std::time::Duration;

use chatbench::protocol::SessionOptions;

use super::trial::{Says, Trial, hold};
use crate::support::ear::MESSAGE_BYTES_MAX;
use crate::support::scripted::frame::{
    BINARY, CONNECTED, CONTINUATION, OPEN, PING, PONG, TEXT, agreement, fragment, frame, text,
};
use crate::support::scripted::{Connection, Told};

const EVENT: &str = r#"42["onreceive-msg",{"room":"r","author":"a","message":"höre"}]"#;
const HEARD: &str = r#"["onreceive-msg",{"room":"r","author":"a","message":"höre"}]"#;

#[test]
fn handshakes() {
    let bare = r#"0{"sid":"e1"}"#;
    let netty = r#"0{"sid":"e1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":1000}"#;
    let zero = r#"0{"sid":"e1","upgrades":[],"pingInterval":0,"pingTimeout":0,"maxPayload":0}"#;
    let fraction = r#"0{"sid":"e1","pingInterval":0.3,"pingTimeout":0.5,"more":{"of":["it"]}}"#;
    hold(vec![
        opened_with("with a sid and nothing else", bare),
        opened_with("with upgrades on a WebSocket, and no maxPayload", netty),
        opened_with("with an interval of zero, which is no reason to give up", zero),
        opened_with("with fractions of milliseconds and keys nobody knows", fraction),
        heard("a second one is none", async |c| {
            c.stand().await?;
            c.say(r#"0{"sid":"e2"}"#).await?;
            c.say(EVENT).await?;
            c.gone().await
        }),
    ]);
}

/// A trial in which the client stands and hears the one event.
fn heard<S>(name: &'static str, script: S) -> Trial
where
    S: AsyncFn(&mut Connection) -> Told + Send + 'static,
{
    Trial::new(name, script).gives(&["connected", HEARD])
}

/// The server says nothing for longer than the interval and timeout that it advertised.
fn opened_with(name: &'static str, open: &'static str) -> Trial {
    heard(name, async |c| {
        c.upgrade().await?;
        c.say(open).await?;
        c.expect("40").await?;
        c.say(CONNECTED).await?;
        c.be_silent(Duration::from_millis(700)).await;
        c.say(EVENT).await?;
        c.gone().await
    })
}

#[test]
fn heartbeats() {
    hold(vec![
        heard("a ping at once after the handshake", async |c| {
            c.upgrade().await?;
            c.write(&[text(OPEN), text("2")].concat()).await?;
            c.expect("40").await?;
            c.expect("3").await?;
            c.say(CONNECTED).await?;
            c.say(EVENT).await?;
            c.gone().await
        }),
        heard("a ping with data is answered with it", async |c| {
            c.stand().await?;
            c.say("2probe").await?;
            c.expect("3probe").await?;
            c.say(EVENT).await?;
            c.gone().await
        }),
        heard("a noop on a WebSocket, and a pong nobody waits for", async |c| {
            c.stand().await?;
            c.say("6").await?;
            c.say("3").await?;
            c.say(EVENT).await?;
            c.gone().await
        }),
        heard("pings of the WebSocket, which are not those of Engine.IO", async |c| {
            c.stand().await?;
            for payload in ["", "are you there?", &"x".repeat(125)] {
                c.send(PING, payload.as_bytes()).await?;
                c.expect_frame(PONG, payload.as_bytes()).await?;
            }
            c.send(PONG, b"nobody asked").await?;
            c.say(EVENT).await?;
            c.gone().await
        }),
    ]);
}

#[test]
fn namespaces() {
    let chat = SessionOptions { namespace: "/chat".into(), ..SessionOptions::default() };
    let auth =
        SessionOptions { auth: Some(r#"{"token":"t"}"#.into()), ..SessionOptions::default() };
    hold(vec![
        Trial::new("events before CONNECT is answered", async |c| {
            c.open().await?;
            c.expect("40").await?;
            c.say(EVENT).await?;
            c.say(CONNECTED).await?;
            c.say(r#"42["b"]"#).await?;
            c.gone().await
        })
        .gives(&["connected", HEARD, r#"["b"]"#]),
        heard("CONNECT is answered late, with pings meanwhile", async |c| {
            c.open().await?;
            c.expect("40").await?;
            for _ in 0..3 {
                c.be_silent(Duration::from_millis(100)).await;
                c.say("2").await?;
                c.expect("3").await?;
            }
            c.say(CONNECTED).await?;
            c.say(EVENT).await?;
            c.gone().await
        }),
        Trial::new("recovery is offered, and events have an offset", async |c| {
            c.open().await?;
            c.expect("40").await?;
            c.say(r#"40{"sid":"s1","pid":"p1","since":[1]}"#).await?;
            c.say(r#"42["a",{},"offset-1"]"#).await?;
            c.gone().await
        })
        .gives(&["connected", r#"["a",{},"offset-1"], recoverable"#]),
        heard("CONNECT is answered twice", async |c| {
            c.stand().await?;
            c.say(r#"40{"sid":"s2"}"#).await?;
            c.say(EVENT).await?;
            c.gone().await
        }),
        Trial::new("a namespace of its own, with extra keys", async |c| {
            c.open().await?;
            c.expect("40/chat,").await?;
            c.say(r#"40/other,{"sid":"s0"}"#).await?;
            c.say(r#"40/chat,{"sid":"s1","extra":true}"#).await?;
            c.say(r#"42/chat,["a"]"#).await?;
            c.gone().await
        })
        .gives(&["connected", r#"["a"]"#])
        .with_session(chat),
        Trial::new("what the client says of itself", async |c| {
            c.open().await?;
            c.expect(r#"40{"token":"t"}"#).await?;
            c.say(CONNECTED).await?;
            c.gone().await
        })
        .gives(&["connected"])
        .with_session(auth),
    ]);
}

#[test]
fn packets() {
    hold(vec![
        Trial::new("an event that wants to be acknowledged", async |c| {
            c.stand().await?;
            c.say(r#"4217["a",1]"#).await?;
            c.gone().await
        })
        .gives(&["connected", r#"["a",1]"#]),
        Trial::new("an acknowledgement with and without arguments", async |c| {
            c.stand().await?;
            c.expect(r#"420["a",1]"#).await?;
            c.say(r#"430[{"ok":true},null]"#).await?;
            c.gone().await
        })
        .gives(&["connected", "ack 0"])
        .saying(Says::EmitWithAck(r#"["a",1]"#)),
        Trial::new("an event with attachments", async |c| {
            c.stand().await?;
            let head = r#"452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
            c.say(head).await?;
            c.send(BINARY, b"\0first").await?;
            // A ping of Engine.IO may come between a packet and its attachments.
            c.say("2").await?;
            c.expect("3").await?;
            c.send(BINARY, b"").await?;
            c.gone().await
        })
        .gives(&[
            "connected",
            r#"["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#,
        ]),
        heard("what the client emits is one masked frame", async |c| {
            c.stand().await?;
            c.expect(r#"42["send-msg",{"message":"höre"}]"#).await?;
            c.say(EVENT).await?;
            c.gone().await
        })
        .saying(Says::Emit(r#"["send-msg",{"message":"höre"}]"#)),
    ]);
}

#[test]
fn segments() {
    hold(vec![
        heard("the handshake in the segment that agrees", async |c| {
            let request = c.request().await?;
            c.write(&[agreement(&request), text(OPEN)].concat()).await?;
            c.expect("40").await?;
            c.say(CONNECTED).await?;
            c.say(EVENT).await?;
            c.gone().await
        }),
        Trial::new("all of it in the segment that agrees", async |c| {
            let request = c.request().await?;
            let all = [agreement(&request), text(OPEN), text(CONNECTED), text(EVENT)];
            c.write(&all.concat()).await?;
            c.expect("40").await?;
            c.gone().await
        })
        .gives(&["connected", HEARD]),
        Trial::new("an event in the segment that grants the namespace", async |c| {
            c.open().await?;
            c.expect("40").await?;
            c.write(&[text(CONNECTED), text(EVENT)].concat()).await?;
            c.gone().await
        })
        .gives(&["connected", HEARD]),
        Trial::new("three events and a half in one segment", async |c| {
            c.stand().await?;
            let (half, rest) = (text(EVENT), text(EVENT).split_off(9));
            c.write(&[text(EVENT), text("42[1]"), text(EVENT), half[..9].to_vec()].concat())
                .await?;
            c.be_silent(Duration::from_millis(50)).await;
            c.write(&rest).await?;
            c.gone().await
        })
        .gives(&["connected", HEARD, "[1]", HEARD, HEARD]),
        heard("byte by byte, from the status line on", async |c| {
            let request = c.request().await?;
            c.trickle(&[agreement(&request), text(OPEN)].concat()).await?;
            c.expect("40").await?;
            c.trickle(&[text(CONNECTED), frame(PING, b"p"), text(EVENT)].concat()).await?;
            c.expect_frame(PONG, b"p").await?;
            c.gone().await
        }),
        heard("headers as proxies write them", async |c| {
            let agreed = String::from_utf8_lossy(&agreement(&c.request().await?)).into_owned();
            let agreed = agreed
                .replace("Upgrade: websocket", "X-Powered-By: a proxy\r\nUPGRADE:WebSocket")
                .replace("Connection: Upgrade", "connection: keep-alive, Upgrade")
                .replace("Sec-WebSocket-Accept", "sec-websocket-accept");
            c.write(agreed.as_bytes()).await?;
            c.say(OPEN).await?;
            c.expect("40").await?;
            c.say(CONNECTED).await?;
            c.say(EVENT).await?;
            c.gone().await
        }),
    ]);
}

#[test]
fn fragments() {
    let cut = EVENT.find('ö').expect("it is there") + 1;
    let (first, last) = EVENT.as_bytes().split_at(cut);
    hold(vec![
        heard("pings between fragments, and a letter across them", async |c| {
            c.stand().await?;
            c.write(&fragment(TEXT, first)).await?;
            c.send(PING, b"between").await?;
            c.expect_frame(PONG, b"between").await?;
            c.write(&fragment(CONTINUATION, b"")).await?;
            c.write(&frame(CONTINUATION, last)).await?;
            c.gone().await
        }),
        heard("fragments of two bytes in one segment", async |c| {
            c.stand().await?;
            let mut bytes = fragment(TEXT, b"");
            EVENT.as_bytes().chunks(2).for_each(|two| bytes.extend(fragment(CONTINUATION, two)));
            bytes.extend(frame(CONTINUATION, b""));
            c.write(&bytes).await?;
            c.gone().await
        }),
    ]);
}

#[test]
fn lengths() {
    let trial = Trial::new("messages of every form of header, and beyond one read", async |c| {
        c.stand().await?;
        for len in [125, 126, 127, 65_535, 65_536, 65_537, 300_000, MESSAGE_BYTES_MAX] {
            let message = format!("42[\"{}\"]", "x".repeat(len - 6));
            c.say(&message).await?;
        }
        c.gone().await
    });
    hold(vec![trial.gives(&[
        "connected",
        "123 bytes",
        "124 bytes",
        "125 bytes",
        "65533 bytes",
        "65534 bytes",
        "65535 bytes",
        "299998 bytes",
        "1048574 bytes",
    ])]);
}
