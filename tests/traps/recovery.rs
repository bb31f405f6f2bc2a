//! Recovery: sessions that are to be taken up again, by servers that do, do not, or know nothing
//! of it.

use chatbench::client::{SessionOptions, Way};

use super::trial::{Trial, hold};

const ASKS: &str = r#"40{"pid":"p","offset":"o1"}"#;
const OPEN: &str = r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;

/// The server answers what asks for recovery with these packets, and then ends the session.
fn answered(name: &'static str, packets: &'static [&'static str]) -> Trial {
    Trial::new(name, async move |c| {
        c.open().await?;
        c.expect(ASKS).await?;
        for packet in packets {
            c.say(packet).await?;
        }
        c.say("1").await?;
        c.gone().await
    })
    .taking_up("p", "o1")
}

const LOST: &str = "lost: the server closed the session";

#[test]
fn over_a_websocket() {
    let auth = Some(r#"{"token":"t"}"#.into());
    hold(vec![
        answered(
            "what was missed comes before the answer",
            &[
                r#"42["a",{},"o2"]"#,
                r#"42["b","o3"]"#,
                r#"40{"sid":"s","pid":"p"}"#,
                r#"42["c","o4"]"#,
            ],
        )
        .gives(&[
            "recovered",
            r#"["a",{},"o2"], recoverable"#,
            r#"["b","o3"], recoverable"#,
            r#"["c","o4"], recoverable"#,
            LOST,
        ]),
        answered("nothing was missed", &[r#"40{"sid":"s","pid":"p"}"#]).gives(&["recovered", LOST]),
        answered("it is refused", &[r#"40{"sid":"s","pid":"q"}"#, r#"42["a","o9"]"#]).gives(&[
            "connected",
            r#"["a","o9"], recoverable"#,
            LOST,
        ]),
        answered("it is not known", &[r#"40{"sid":"s"}"#, r#"42["a","o9"]"#]).gives(&[
            "connected",
            r#"["a","o9"]"#,
            LOST,
        ]),
        Trial::new("auth is said as well", async |c| {
            c.open().await?;
            c.expect(r#"40{"pid":"p","offset":"o1","token":"t"}"#).await?;
            c.say(r#"40{"sid":"s","pid":"p"}"#).await?;
            c.gone().await
        })
        .with_session(SessionOptions { auth, ..SessionOptions::default() })
        .taking_up("p", "o1")
        .gives(&["recovered"]),
    ]);
}

/// All that was missed, and the answer, in one body.
#[test]
fn by_polling() {
    let polled = |name, way| {
        Trial::new(name, async |c| {
            while let Ok(head) = c.request().await {
                if head.starts_with("POST") {
                    let body = c.body(&head).await?;
                    assert_eq!(body, ASKS);
                    c.answer("200 OK", b"ok").await?;
                } else if head.contains("sid=") {
                    let missed = "42[\"a\",\"o2\"]\u{1e}42[\"b\",\"o3\"]";
                    let body = format!("{missed}\u{1e}40{{\"sid\":\"s\",\"pid\":\"p\"}}");
                    c.answer("200 OK", body.as_bytes()).await?;
                    return c.gone().await;
                } else {
                    c.answer("200 OK", OPEN.as_bytes()).await?;
                }
            }
            Ok(())
        })
        .by(way)
        .taking_up("p", "o1")
        .gives(&["recovered", r#"["a","o2"], recoverable"#, r#"["b","o3"], recoverable"#])
    };
    hold(vec![polled("to the end", Way::Polling), polled("where it could move", Way::Upgrade)]);
}
