//! Rows: what each hostile server does, and what it must be told to have done.

use std::io;
use std::time::Duration;

use chatbench::oracle::ViolationKind::{
    Duplicated, JoinUnconfirmed, Late, Leaked, Lost, Reordered, Unexpected,
};

use chatbench::clock::Clock;
use chatbench::time::Timestamp;

use super::host::{Guest, Manners, Returns};
use super::row::{Row, Seen, hold};
use crate::support::scripted::Told;
use crate::support::scripted::frame::{BINARY, CONTINUATION, TEXT, fragment, text};

const FLOOD: Duration = Duration::from_millis(700);

/// Says `what` for as long as a flood lasts.
async fn flood(guest: &mut Guest<'_>, what: &[u8]) -> Told {
    guest.connection.keep_buffers_small()?;
    let clock = Clock::start();
    while clock.now() < Timestamp::ZERO + FLOOD {
        guest.connection.write(what).await?;
    }
    Ok(())
}

fn over() -> Told {
    Err(io::Error::other("the server has had enough of it"))
}

#[test]
fn all_that_a_hostile_server_does_is_withstood_and_told() {
    let mut rows = honest();
    rows.extend(floods());
    rows.extend(endings());
    rows.extend(silences());
    rows.extend(recoveries());
    hold(rows);
}

/// What the others are measured against.
fn honest() -> Vec<Row> {
    vec![Row::new("nothing", async |_| Ok(())).doubts(&[])]
}

/// A packet of a user's own chat that nobody has said.
const NONSENSE: &str = r#"42["onreceive-msg",{"room":"room-1","author":"x","message":"hello"}]"#;

fn floods() -> Vec<Row> {
    vec![
        Row::new("acks that nobody asked for", async |guest| {
            flood(guest, &text("439[]").repeat(4_000)).await
        })
        .in_a_hurry()
        .ends_with(5)
        .doubts(&[])
        .check(is_late),
        Row::new("events of no meaning", async |guest| {
            flood(guest, &text(r#"42["presence",{"who":["x",1,null]}]"#).repeat(1_000)).await
        })
        .in_a_hurry()
        .ends_with(5)
        .doubts(&[])
        .check(is_late),
        Row::new("events that nobody's words made", async |guest| {
            let events = text(NONSENSE).repeat(100);
            for _ in 0..3 {
                guest.connection.write(&events).await?;
                (0..100).for_each(|_| guest.count());
            }
            Ok(())
        })
        .ends_with(1)
        .shows(&[Unexpected])
        .doubts(&[])
        .check(all_unexpected),
        Row::new("huge arrays, up to the limit on frames", async |guest| {
            let name = if guest.number.is_multiple_of(2) { "onreceive-msg" } else { "presence" };
            let head = format!(r#"42["{name}",["#);
            let ones = "1,".repeat(((1 << 20) - head.len()) / 2 - 2);
            guest.connection.write(&text(&format!("{head}{ones}1]]"))).await?;
            if guest.number.is_multiple_of(2) {
                guest.count();
            }
            Ok(())
        })
        .with_large_frames()
        .ends_with(1)
        .shows(&[Unexpected])
        .doubts(&[])
        .check(all_unexpected),
    ]
}

/// The flood kept the generator from what was due, and the report says so.
fn is_late(seen: &Seen) {
    let late = seen.report.shards.iter().any(|shard| shard.send_delay_p99_ms > 10.0);
    assert!(late, "no flood was to be felt: {seen}");
    assert_all_heard(seen);
}

fn assert_all_heard(seen: &Seen) {
    let tally = seen.report.tally;
    assert!(tally.must == tally.must_heard && tally.must > 1_000, "{seen}");
}

fn all_unexpected(seen: &Seen) {
    assert_eq!(seen.report.violations.by_kind.unexpected, seen.counted, "{seen}");
    assert_all_heard(seen);
}

/// A server that does `act` with each connection, and cannot be blamed for more than that they are
/// lost: it is told nothing that it would have had time to tell others.
fn endings() -> Vec<Row> {
    vec![
        Row::new("fragments without end", async |guest| {
            guest.connection.write(&fragment(TEXT, b"42[\"")).await?;
            let more = fragment(CONTINUATION, &[b'x'; 1 << 12]);
            loop {
                guest.connection.write(&more).await?;
            }
        })
        .ends_with(4)
        .check(|seen| lost_for(seen, 60, "a message in fragments is longer than the limit")),
        Row::new("garbage", async |guest| {
            guest.connection.write(&[0xff; 1 << 12]).await?;
            guest.connection.gone().await
        })
        .ends_with(4)
        .check(|seen| lost_for(seen, 60, "a frame's header is malformed")),
        Row::greeting(
            "refusals by the thousand",
            async |guest| {
                guest.open().await?;
                refuse(guest).await
            },
            refuse,
        )
        .ends_with(4)
        .check(|seen| {
            lost_for(seen, 60, "the server takes back the namespace");
            assert!(seen.report.counters.connect_failures > 60, "{seen}");
        }),
        Row::greeting(
            "half-open connections",
            async |guest| {
                guest.connection.request().await?;
                guest.connection.gone().await
            },
            async |guest| if guest.number.is_multiple_of(3) { over() } else { Ok(()) },
        )
        .ends_with(4),
    ]
}

async fn refuse(guest: &mut Guest<'_>) -> Told {
    let refusals = text(r#"44{"message":"no, and no, and no again"}"#).repeat(2_000);
    guest.connection.write(&refusals).await?;
    guest.connection.gone().await
}

fn lost_for(seen: &Seen, times: u64, why: &str) {
    let reasons = &seen.report.connection_reasons;
    let count: u64 = reasons.iter().filter(|it| it.why.contains(why)).map(|it| it.count).sum();
    assert!(count >= times, "{count} times: {why}: {seen}");
}

/// Servers that take, or give, nothing more.
fn silences() -> Vec<Row> {
    vec![
        Row::new("parts of a packet, held for ever", async |guest| {
            let limit = 1 << 20;
            let head = format!(r#"452-["a","{}"]"#, "x".repeat(limit - 20));
            guest.connection.write(&text(&head)).await?;
            guest.connection.send(BINARY, &vec![0; limit]).await?;
            // The second of its two attachments, in fragments, and of the last of these a part.
            let most = vec![0; limit - 1];
            guest.connection.write(&fragment(BINARY, &most)).await?;
            guest.connection.write(&fragment(CONTINUATION, &most)[..limit]).await?;
            guest.connection.gone().await
        })
        .with_large_frames()
        .set("timeouts.delivery=1 s")
        .ends_with(1)
        .shows(&[Lost])
        .check(|seen| {
            let held = seen.ended.memory_bytes_max;
            assert!(held > 60 * (4 << 20), "the bound is not what was reached: {seen}");
        }),
        Row::new("nothing is read", async |guest| {
            guest.connection.keep_buffers_small()?;
            std::future::pending().await
        })
        .with_large_frames()
        .set("users=6")
        .set("timeouts.join=4 s")
        .set("message.size=128 KiB")
        .set("timeouts.delivery=1 s")
        .ends_with(1)
        // Those who come back ask in vain to be let in.
        .shows(&[JoinUnconfirmed])
        .check(|seen| lost_for(seen, 6, "the server does not read: more than 65536 bytes")),
        Row::new("heartbeats that stop", async |_| Ok(()))
            .with(Manners { pings: true, ..Manners::default() })
            .ends_with(4)
            .check(|seen| lost_for(seen, 60, "no ping came")),
    ]
}

/// Abuse of connection state recovery: every third connection is lost again and again.
fn recoveries() -> Vec<Row> {
    let row = |name, pid_bytes, returns| {
        let connections_last = Some(Duration::from_millis(600));
        Row::new(name, async |_| Ok(()))
            .with(Manners { pid_bytes, connections_last, returns, ..Manners::default() })
            .set("timeouts.delivery=1 s")
            .set("load.outages=expected")
            .may_show(&[Late])
            .doubts(&[])
            .check(move |seen| {
                let counters = seen.report.counters;
                assert!(counters.disconnects >= 25, "{seen}");
                let told = matches!(returns, Returns::ToldLies | Returns::TakenUpAndToldAll);
                let asked = 0 < pid_bytes && pid_bytes <= 256;
                assert_eq!(counters.recoveries > 15, asked && told, "{seen}");
                assert_eq!(counters.recoveries_declined > 15, asked && !told, "{seen}");
            })
    };
    vec![
        row("a private id for each CONNECT", 256, Returns::Anew),
        row("private ids of kilobytes", 60_000, Returns::Anew),
        row("everything again at each join", 0, Returns::ToldAll).ends_with(1).shows(&[Leaked]),
        row("recovery that is none", 20, Returns::ToldLies).ends_with(1).shows(&[Lost]),
        // What is in no account any more and is told before a session stands is not held against
        // whoever takes it up; a busy machine lets messages stay in theirs for longer.
        row("recovery of everything", 20, Returns::TakenUpAndToldAll)
            .may_show(&[Late, Duplicated, Reordered]),
    ]
}
