//! Order: the messages of one sender are heard in the order in which it sent them.

use super::backlog::Backlog;
use super::member::{Member, assemble};
use super::numbered::{Numbers, text};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, ensure, fine};
use crate::conformance::peer::Via;
use crate::conformance::trial::Trial;

const REQUIREMENT: &str = "Socket.IO does guarantee message ordering, no matter which low-level \
                           transport is used […]";
const SECTION: Section = Section::Docs("Delivery guarantees");

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "CHAT-ORD-01",
        title: "500 messages sent in one go are all heard, in their order",
        requirement: REQUIREMENT,
        section: SECTION,
        level: Level::Must,
        needs: &[Need::Chat, Need::Order],
        pace: Pace::Together,
        wire: "a sends 500 messages without waiting; b hears them by their numbers",
        why: "An answer that overtakes its question makes no sense.",
        differs: "socketioxide runs handlers side by side: on a runtime of several threads 22 to \
                  32 of 500 are overtaken; more than it keeps for a receiver it drops.",
        run: |trial| Box::pin(keeps_order(trial)),
    },
    Check {
        id: "CHAT-ORD-02",
        title: "messages of a sender that polls are all heard in order, by either transport",
        requirement: REQUIREMENT,
        section: SECTION,
        level: Level::Must,
        needs: &[Need::Chat, Need::Order, Need::Polling],
        pace: Pace::Together,
        wire: "a posts 100 messages, 10 in each body; b by WebSocket and c by polling hear them",
        why: "A body of several packets is easily handled side by side.",
        differs: "socketioxide on several threads; netty-socketio loses some of a backlog.",
        run: |trial| Box::pin(keeps_order_when_polled(trial)),
    },
    Check {
        id: "CHAT-ORD-03",
        title: "long messages and short ones are all heard, in their order",
        requirement: REQUIREMENT,
        section: SECTION,
        level: Level::Must,
        needs: &[Need::Chat, Need::Order],
        pace: Pace::Together,
        wire: "a sends 40 messages, of 1 byte to 60 kB by turns; b hears them by their numbers",
        why: "What takes longer to read or to compress is easily overtaken.",
        differs: "socketioxide on several threads.",
        run: |trial| Box::pin(keeps_order_of_sizes(trial, false)),
    },
    Check {
        id: "CHAT-ORD-03b",
        title: "messages with attachments and without are all heard, in their order",
        requirement: REQUIREMENT,
        section: SECTION,
        level: Level::Must,
        needs: &[Need::Chat, Need::Order, Need::Binary, Need::ObjectPayload],
        pace: Pace::Together,
        wire: "as CHAT-ORD-03, every fifth message with a binary attachment",
        why: "Attachments travel behind their event; what waits for them is easily overtaken.",
        differs: "socketioxide on several threads.",
        run: |trial| Box::pin(keeps_order_of_sizes(trial, true)),
    },
    Check {
        id: "CHAT-ORD-04",
        title: "a backlog of 300 messages reaches a member that polls, whole",
        requirement: "Every message reaches everyone in its room, polls be they ever so slow",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat, Need::Polling],
        pace: Pace::Together,
        wire: "b joins by polling and does not poll while a sends 300; then it polls until it has \
               them",
        why: "Whoever polls finds a backlog each time that the network hangs.",
        differs: "netty-socketio 2.0.14 loses every 51st packet of it.",
        run: |trial| Box::pin(hands_out_a_backlog(trial)),
    },
];

async fn keeps_order(trial: &Trial) -> Found {
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    let texts: Vec<String> = (0..500).map(|number| text(trial, number)).collect();
    let said: Vec<(&str, &str)> = texts.iter().map(|text| (&*room, &**text)).collect();
    members[0].say_each(&said).await?;
    hears_in_order(trial, &mut members[1], 500).await
}

async fn keeps_order_when_polled(trial: &Trial) -> Found {
    let room = trial.room("room");
    let ways = [Via::Polling, trial.via(), Via::Polling];
    let mut members = assemble(trial, &room, &ways).await?;
    let texts: Vec<String> = (0..100).map(|number| text(trial, number)).collect();
    let said: Vec<(&str, &str)> = texts.iter().map(|text| (&*room, &**text)).collect();
    members[0].say_each(&said).await?;
    hears_in_order(trial, &mut members[1], 100).await?;
    hears_in_order(trial, &mut members[2], 100).await
}

async fn keeps_order_of_sizes(trial: &Trial, binary: bool) -> Found {
    const SIZES: [u64; 8] = [1, 60_000, 200, 20_000, 5, 40_000, 1_000, 8_000];
    let payload_bytes_max = trial.survey().payload_bytes_max.unwrap_or(100_000);
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    for (number, size) in (0..40).zip(SIZES.iter().cycle()) {
        let filling = "x".repeat((*size).min(payload_bytes_max / 2) as usize);
        let text = format!("{} {filling}", text(trial, number));
        if binary && number % 5 == 4 {
            members[0].say_binary(&room, &text, &[number as u8; 64]).await?;
        } else {
            members[0].say(&room, &text).await?;
        }
    }
    hears_in_order(trial, &mut members[1], 40).await
}

/// Wants `member` to hear the texts of all numbers below `count`, by their numbers. How often it
/// hears one is for other checks to judge.
async fn hears_in_order(trial: &Trial, member: &mut Member<'_>, count: usize) -> Found {
    let mut numbers = Numbers::of(0..count);
    numbers.hear_all(trial, member).await;
    let overtaken = numbers.overtaken();
    ensure(overtaken.is_empty(), "every message is heard after those sent before it", || {
        let first: Vec<String> = overtaken.iter().take(10).map(ToString::to_string).collect();
        let more = if overtaken.len() > first.len() { ", …" } else { "" };
        let (author, wrong) = (&member.author, overtaken.len());
        format!("{author} hears {wrong} of {count} too late: {}{more}", first.join(", "))
    })?;
    let expected = format!("{} hears all of {count} messages", member.author);
    ensure(numbers.are_all(), &expected, || numbers.told_missing(member))?;
    fine()
}

async fn hands_out_a_backlog(trial: &Trial) -> Found {
    const MESSAGES: usize = 300;
    let room = trial.room("room");
    let mut speaker = Member::connect(trial, trial.via(), "a").await?;
    speaker.join(&room).await?;
    let mut backlog = Backlog::join(trial, &room, &speaker).await?;
    let texts: Vec<String> = (0..MESSAGES).map(|number| text(trial, number)).collect();
    let said: Vec<(&str, &str)> = texts.iter().map(|text| (&*room, &**text)).collect();
    speaker.say_each(&said).await?;
    speaker.settle().await?;
    let mut numbers = Numbers::of(0..MESSAGES);
    let over = backlog.hear_all(&mut numbers).await?;
    ensure(numbers.are_all(), "all of 300 messages come by the polls that follow", || {
        let over = over.map(|over| format!("; polling ended: {}", over.why()));
        format!("{}{}", numbers.missing(), over.unwrap_or_default())
    })?;
    fine()
}
