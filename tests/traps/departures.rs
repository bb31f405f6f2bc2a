//! Departures: clients that leave the namespace and stay on the transport, and clients that are
//! cut off without a word.

use std::sync::{Arc, Mutex};

use chatbench::client::{SessionOptions, Way};
use tokio::sync::watch;

use super::trial::{Says, Trial, hold};
use crate::support::scripted::frame::{BINARY, CLOSE, CONNECTED, PING, PONG, agreement, closing};
use crate::support::scripted::{Connection, Told};

const OPEN: &str = r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
const MOVABLE: &str =
    r#"0{"sid":"s","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}"#;
const ATTACHED: &str = r#"451-["b",{"_placeholder":true,"num":0}]"#;
const HEARD_ATTACHED: &str = r#"["b",{"_placeholder":true,"num":0}]"#;

/// What the connections of one session know of each other.
#[derive(Clone)]
struct Shared {
    posted: Arc<Mutex<Vec<String>>>,
    changed: watch::Sender<usize>,
}

impl Shared {
    fn new() -> Shared {
        Shared { posted: Arc::default(), changed: watch::Sender::new(0) }
    }

    /// Notes that the client has said `packet`.
    fn note(&self, packet: &str) {
        self.posted.lock().expect("not poisoned").push(packet.to_owned());
        self.changed.send_modify(|count| *count += 1);
    }

    /// Waits until the client has said `packet`.
    async fn wait_for(&self, packet: &str) {
        let mut changed = self.changed.subscribe();
        let said = |_: &usize| {
            let posted = self.posted.lock().expect("not poisoned");
            posted.iter().any(|posted| posted == packet)
        };
        changed.wait_for(said).await.expect("its sender lives as long");
    }

    /// Takes the posts of one connection, until that ends.
    async fn take_posts(&self, c: &mut Connection, head: String) -> Told {
        let mut head = Some(head);
        while let Some(post) = head {
            let body = c.body(&post).await?;
            body.split('\u{1e}').for_each(|packet| self.note(packet));
            c.answer("200 OK", b"ok").await?;
            head = c.request().await.ok();
        }
        Ok(())
    }
}

/// What is sent to somebody who has left, over a WebSocket.
async fn send_to_the_left(c: &mut Connection) -> Told {
    c.expect("41").await?;
    c.say(r#"42["a"]"#).await?;
    c.say(ATTACHED).await?;
    c.send(BINARY, b"\x00").await?;
    c.say("41").await?;
    c.say("2").await?;
    c.expect("3").await?;
    c.say(r#"42["c"]"#).await?;
    c.write(&closing(1000, "")).await?;
    c.gone().await
}

const HEARD_OF_THE_LEFT: [&str; 5] = [
    "connected",
    r#"["a"]"#,
    HEARD_ATTACHED,
    r#"["c"]"#,
    "lost: the server closed the WebSocket with code 1000",
];

#[test]
fn who_has_left_still_hears() {
    let options = SessionOptions { namespace: "/a".into(), ..SessionOptions::default() };
    hold(vec![
        Trial::new("over a WebSocket", async |c| {
            c.stand().await?;
            send_to_the_left(c).await
        })
        .saying(Says::Leave)
        .hearing_pings(1)
        .gives(&HEARD_OF_THE_LEFT),
        Trial::new("of a namespace", async |c| {
            c.open().await?;
            c.expect("40/a,").await?;
            c.say(r#"40/a,{"sid":"s"}"#).await?;
            c.expect("41/a,").await?;
            c.say(r#"42/a,["a"]"#).await?;
            c.say("1").await?;
            c.gone().await
        })
        .with_session(options)
        .saying(Says::Leave)
        .gives(&["connected", r#"["a"]"#, "lost: the server closed the session"]),
        Trial::new("until it says goodbye, which leaves nothing any more", async |c| {
            c.stand().await?;
            c.expect("41").await?;
            c.expect("1").await?;
            c.expect_frame(CLOSE, &1000_u16.to_be_bytes()).await?;
            c.gone().await
        })
        .saying(Says::LeaveAndGoodbye)
        .gives(&["connected"]),
        polled("by polling").saying(Says::Leave).hearing_pings(1).gives(&[
            "connected",
            r#"["a"]"#,
            HEARD_ATTACHED,
            r#"["c"]"#,
            "lost: the server closed the session",
        ]),
        moved("after a move", async |c| send_to_the_left(c).await)
            .saying(Says::Leave)
            .hearing_pings(1)
            .gives(&HEARD_OF_THE_LEFT),
    ]);
}

/// A session that polls, and hears from a poll that was answered after it had left.
fn polled(name: &'static str) -> Trial {
    let shared = Shared::new();
    Trial::new(name, async move |c| {
        let head = c.request().await?;
        if head.starts_with("POST") {
            return shared.take_posts(c, head).await;
        }
        c.answer("200 OK", OPEN.as_bytes()).await?;
        c.request().await?;
        c.answer("200 OK", CONNECTED.as_bytes()).await?;
        c.request().await?;
        shared.wait_for("41").await;
        let attached = format!("42[\"a\"]\u{1e}{ATTACHED}\u{1e}bAA==\u{1e}41\u{1e}2");
        c.answer("200 OK", attached.as_bytes()).await?;
        c.request().await?;
        shared.wait_for("3").await;
        c.answer("200 OK", b"42[\"c\"]\x1e1").await?;
        c.gone().await
    })
    .by(Way::Polling)
}

/// A session that has moved to a WebSocket before it stands, and goes on there as `then` says.
fn moved<S>(name: &'static str, then: S) -> Trial
where
    S: AsyncFn(&mut Connection) -> Told + Send + 'static,
{
    let shared = Shared::new();
    Trial::new(name, async move |c| {
        let head = c.request().await?;
        if head.starts_with("POST") {
            return shared.take_posts(c, head).await;
        }
        if head.contains("transport=websocket") {
            c.write(&agreement(&head)).await?;
            c.expect("2probe").await?;
            c.say("3probe").await?;
            shared.wait_for("40").await;
            shared.note("probed");
            c.expect("5").await?;
            c.say(CONNECTED).await?;
            return then(c).await;
        }
        c.answer("200 OK", MOVABLE.as_bytes()).await?;
        c.request().await?;
        shared.wait_for("probed").await;
        c.answer("200 OK", b"6").await?;
        c.gone().await
    })
    .by(Way::Upgrade)
}

#[test]
fn who_is_cut_says_nothing_and_resets_what_it_stood_on() {
    hold(vec![
        Trial::new("a WebSocket", async |c| {
            c.stand().await?;
            c.expect_reset().await
        })
        .saying(Says::Cut)
        .gives(&["connected"]),
        cut_while_polling("both connections of polling", OPEN).by(Way::Polling),
        cut_while_polling("and a third that is tried", MOVABLE).by(Way::Upgrade),
        moved("after a move", async |c| c.expect_reset().await)
            .saying(Says::Cut)
            .gives(&["connected"]),
    ]);
}

/// A session that stands, and is cut while a poll is under way.
fn cut_while_polling(name: &'static str, open: &'static str) -> Trial {
    let shared = Shared::new();
    Trial::new(name, async move |c| {
        let head = c.request().await?;
        if head.starts_with("POST") {
            assert_eq!(c.body(&head).await?, "40");
            c.answer("200 OK", b"ok").await?;
            shared.note("40");
            return c.expect_reset().await;
        }
        if head.contains("transport=websocket") {
            c.write(&agreement(&head)).await?;
            c.expect("2probe").await?;
            shared.note("2probe");
            return c.expect_reset().await;
        }
        c.answer("200 OK", open.as_bytes()).await?;
        c.request().await?;
        // The client stands, and is cut, once all of its connections do.
        shared.wait_for("40").await;
        if open == MOVABLE {
            shared.wait_for("2probe").await;
        }
        c.answer("200 OK", CONNECTED.as_bytes()).await?;
        // Whether the next poll was begun by then is a matter of luck.
        match c.request().await {
            Ok(_) => c.expect_reset().await,
            Err(err) if err.to_string().contains("reset") => Ok(()),
            Err(err) => Err(err),
        }
    })
    .saying(Says::Cut)
    .gives(&["connected"])
}

#[test]
fn pings_are_signs_of_life_and_nothing_else_is() {
    hold(vec![
        Trial::new("over a WebSocket", async |c| {
            c.open().await?;
            c.say("2").await?;
            c.expect("40").await?;
            c.expect("3").await?;
            c.say(CONNECTED).await?;
            c.send(PING, b"of a frame").await?;
            c.expect_frame(PONG, b"of a frame").await?;
            for packet in ["6", "3", "2", "42[1]"] {
                c.say(packet).await?;
            }
            c.expect("3").await?;
            c.gone().await
        })
        .hearing_pings(2)
        .gives(&["connected", "[1]"]),
        Trial::new("by polling", async |c| {
            let head = c.request().await?;
            if head.starts_with("POST") {
                return Shared::new().take_posts(c, head).await;
            }
            c.answer("200 OK", OPEN.as_bytes()).await?;
            c.request().await?;
            c.answer("200 OK", format!("2\u{1e}{CONNECTED}").as_bytes()).await?;
            c.request().await?;
            c.answer("200 OK", b"6\x1e2\x1e42[1]").await?;
            c.gone().await
        })
        .by(Way::Polling)
        .hearing_pings(2)
        .gives(&["connected", "[1]"]),
    ]);
}

/// A test of the tests: a goodbye is no cut.
#[test]
#[should_panic(expected = "expected a reset")]
fn who_says_goodbye_is_not_cut() {
    let script = async |c: &mut Connection| {
        c.stand().await?;
        c.expect_reset().await
    };
    hold(vec![Trial::new("a goodbye", script).saying(Says::Goodbye).gives(&["connected"])]);
}
