//! Delivery: a member hears what is said in its room, once and whole (the chat contract).

use std::time::Duration;

use super::load::history;
use super::member::{assemble, heard, prove};
use super::numbered::{Numbers, text};
use super::stalled::{Stalled, is_much};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::trial::Trial;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "CHAT-DLV-01",
        title: "a member hears a message once, and as it was sent",
        requirement: "Everyone in the room but the sender receives the message, its payload \
                      unchanged",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a and b join; a sends; b hears it once",
        why: "It is what a chat is for.",
        differs: "",
        run: |trial| Box::pin(is_heard_once(trial)),
    },
    Check {
        id: "CHAT-DLV-02",
        title: "under load no message is lost",
        requirement: "Every message reaches everyone in its room but the sender",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Alone,
        wire: "5 rooms of 4 speak in turns, some hundred messages in flight; each text is counted",
        why: "6905 messages show a fault that hits one in a thousand with 99.9 % certainty; a \
              quick look does not.",
        differs: "",
        run: |trial| Box::pin(async move { history(trial).await?.lost() }),
    },
    Check {
        id: "CHAT-DLV-03",
        title: "under load no message comes twice",
        requirement: "Every message reaches everyone in its room at most once",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Alone,
        wire: "the history of CHAT-DLV-02, judged for second copies",
        why: "Users see the same line twice, and whatever counts messages counts wrong.",
        differs: "",
        run: |trial| Box::pin(async move { history(trial).await?.duplicated() }),
    },
    Check {
        id: "CHAT-DLV-04",
        title: "members that die do not stop the others",
        requirement: "Everyone in the room receives the message, whoever else is gone",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "10 members; a sends 100 messages; after 50 the TCP connection of j is cut",
        why: "Phones lose their network all the time; nobody else may notice.",
        differs: "",
        run: |trial| Box::pin(outlives_a_death(trial)),
    },
    Check {
        id: "CHAT-DLV-04b",
        title: "a member that does not read does not stop the others",
        requirement: "Everyone in the room receives the message, however slow somebody else is",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Alone,
        wire: "3 members and one that stops reading, but not to answer pings; a sends 16 MB in \
               long messages; b and c hear each",
        why: "One phone on a train must not hold up a room, nor the server.",
        differs: "python-socketio on gevent drops connections under such a burst.",
        run: |trial| Box::pin(outlives_a_slow_reader(trial)),
    },
];

async fn is_heard_once(trial: &Trial) -> Found {
    let (room, hello) = (trial.room("room"), trial.text("hello"));
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    members[0].say(&room, &hello).await?;
    members[1].hear(&room, "a", &hello).await?;
    heard(trial, &mut members[1..], &[(&hello, &[0])]).await.map_err(|stop| match stop {
        Stop::Failed(_) => Stop::failed("b hears it once", "b heard it again"),
        other => other,
    })?;
    fine()
}

async fn outlives_a_death(trial: &Trial) -> Found {
    const EXPECTED: &str = "whoever spoke may go on, whoever is gone";
    const MESSAGES: usize = 100;
    const BETWEEN_MESSAGES: Duration = Duration::from_millis(5);
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 10]).await?;
    let mut dying = members.pop();
    for number in 0..MESSAGES {
        if number == MESSAGES / 2
            && let Some(dying) = dying.take()
        {
            dying.peer.cut().await;
            // Some of what follows is to be said once the server can see it.
            let settled = members[0].settle().await;
            settled.map_err(|stop| Stop::failed(EXPECTED, stop.why()))?;
        }
        let said = members[0].say(&room, &text(trial, number)).await;
        said.map_err(|stop| match dying {
            Some(_) => stop,
            None => Stop::failed(EXPECTED, stop.why()),
        })?;
        // Some are to be said while the server sees that one is gone.
        trial.pause(BETWEEN_MESSAGES).await;
    }
    for member in &mut members[1..] {
        let mut numbers = Numbers::of(0..MESSAGES);
        numbers.hear_all(trial, member).await;
        let expected = format!("{} hears all of {MESSAGES} messages", member.author);
        ensure(numbers.are_all(), &expected, || numbers.told_missing(member))?;
    }
    fine()
}

async fn outlives_a_slow_reader(trial: &Trial) -> Found {
    const EXPECTED: &str = "whoever spoke may go on, however slow somebody else is";
    const BYTES: usize = 16_000_000;
    const AHEAD_MAX: usize = 8;
    if !trial.survey().websocket {
        return Err(Stop::NotApplicable("whoever polls reads at its own pace".into()));
    }
    let payload_bytes_max = trial.survey().payload_bytes_max.unwrap_or(100_000);
    let text_bytes = (payload_bytes_max / 2).clamp(100, 50_000) as usize;
    let messages = (BYTES / text_bytes).min(1_000);
    is_much(messages, text_bytes)?;
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 3]).await?;
    let stalled = Stalled::join(trial, &room, &members[0]).await?;
    // The probes that showed that the stalled one hears were heard by all.
    prove(trial, &room, &mut members).await?;
    let filling = "x".repeat(text_bytes);
    let mut heard = [Numbers::of(0..messages), Numbers::of(0..messages)];
    for number in 0..messages + AHEAD_MAX {
        if number < messages {
            let said = members[0].say(&room, &format!("{} {filling}", text(trial, number))).await;
            said.map_err(|stop| Stop::failed(EXPECTED, stop.why()))?;
        }
        let wanted = (number + 1).saturating_sub(AHEAD_MAX);
        for (member, heard) in members[1..].iter_mut().zip(&mut heard) {
            heard.hear(trial, member, wanted).await;
            let expected = format!("{} hears all of {messages} long messages", member.author);
            ensure(heard.heard().len() >= wanted, &expected, || {
                let end = member.peer.ended().map(|end| format!("; its connection is over: {end}"));
                let heard = heard.heard().len();
                format!("no more after {heard}{}", end.unwrap_or_default())
            })?;
        }
    }
    drop(stalled);
    fine()
}
