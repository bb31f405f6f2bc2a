//! Reconnection: who comes back hears what is said from then on, and nothing twice.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::member::{ANY, Member, assemble, heard, prove};
use super::numbered::{Numbers, text};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::trial::Trial;

const BETWEEN_MESSAGES: Duration = Duration::from_millis(5);

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "CHAT-REC-01",
        title: "what was said while a member was away is not told to it later",
        requirement: "[…] any event that was missed by a disconnected client will not be \
                      transmitted to that client upon reconnection",
        section: Section::Docs("Delivery guarantees"),
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a, b and c join; b is cut; a sends, c hears it; b connects anew and joins; b does \
               not hear it",
        why: "Clients fetch what they missed, and would show it twice.",
        differs: "Servers that keep a queue for members that are away.",
        run: |trial| Box::pin(misses_what_it_missed(trial)),
    },
    Check {
        id: "CHAT-REC-02",
        title: "in a storm of reconnections nothing is heard twice, and those who stay hear all",
        requirement: "Everyone in the room receives the message at most once, whoever comes and \
                      goes",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Alone,
        wire: "a speaks on and on while ten others connect, join and go ten times each, by a \
               closing frame or without a word; b stays",
        why: "After a deploy everybody comes back at once.",
        differs: "",
        run: |trial| Box::pin(weathers_a_storm(trial)),
    },
];

async fn misses_what_it_missed(trial: &Trial) -> Found {
    let room = trial.room("room");
    let (missed, live) = (trial.text("missed"), trial.text("live"));
    let mut members = assemble(trial, &room, &[trial.via(); 3]).await?;
    members.remove(1).peer.cut().await;
    members[0].say(&room, &missed).await?;
    heard(trial, &mut members, &[(&missed, &[ANY, 1])]).await?;
    let mut again = Member::connect(trial, trial.via(), "b").await?;
    again.join(&room).await?;
    members.push(again);
    prove(trial, &room, &mut members).await?;
    members[0].say(&room, &live).await?;
    heard(trial, &mut members, &[(&live, &[ANY, 1, 1]), (&missed, &[ANY, 0, 0])]).await.map_err(
        |stop| match stop {
            Stop::Failed(failure) if failure.expected.contains(&missed) => Stop::failed(
                "whoever comes back hears what is said from then on",
                format!("what was said while it was away is heard {}", failure.observed),
            ),
            other => other,
        },
    )?;
    fine()
}

/// People who come and go at the same time.
const VISITORS: usize = 10;

async fn weathers_a_storm(trial: &Trial) -> Found {
    const RECONNECTIONS: usize = 10;
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    let mut said = 0;
    let mut counts = HashMap::new();
    for _ in 0..RECONNECTIONS {
        let heard = visit(trial, &room, &members[0], (&mut said, &mut counts)).await?;
        // Where nobody hears any more, nobody will.
        if !heard {
            break;
        }
    }
    let twice: Vec<&str> =
        counts.iter().filter(|(_, count)| **count > 1).map(|((_, text), _)| &**text).collect();
    ensure(twice.is_empty(), "nobody hears anything twice, on whatever connections", || {
        format!("{} texts were heard more than once, such as `{}`", twice.len(), twice[0])
    })?;
    let mut stayed = Numbers::of(0..said);
    stayed.hear_all(trial, &mut members[1]).await;
    ensure(stayed.are_all(), "who stays hears all of it", || stayed.told_missing(&members[1]))?;
    if counts.is_empty() {
        return Err(Stop::unknown("nobody who comes and goes hears anything"));
    }
    Ok(format!("{said} messages, heard {} times by who came and went", counts.len()))
}

/// How often each visitor heard each text, on all its connections together.
type Counts = HashMap<(usize, String), usize>;

/// Everybody connects, joins, hears something and goes; `speaker` speaks on and on. Whether
/// anybody heard anything.
async fn visit(
    trial: &Trial,
    room: &str,
    speaker: &Member<'_>,
    (said, counts): (&mut usize, &mut Counts),
) -> Result<bool, Stop> {
    let mut visitors = Vec::new();
    for _ in 0..VISITORS {
        visitors.push(Member::connect(trial, trial.via(), "b").await?);
        speak(trial, room, speaker, said).await?;
    }
    for visitor in &visitors {
        visitor.ask(room).await?;
        speak(trial, room, speaker, said).await?;
    }
    let began = trial.clock().now();
    let until = began + trial.patience().answer;
    let (mut deaf, mut has_asked_again): (HashSet<usize>, _) = ((0..VISITORS).collect(), false);
    while !deaf.is_empty() && trial.clock().now() < until {
        if !has_asked_again && trial.clock().now() > began + trial.patience().answer / 4 {
            // What comes right behind CONNECT may be lost.
            for at in &deaf {
                visitors[*at].ask(room).await?;
            }
            has_asked_again = true;
        }
        speak(trial, room, speaker, said).await?;
        trial.pause(BETWEEN_MESSAGES).await;
        for (at, visitor) in visitors.iter_mut().enumerate() {
            let heard = visitor.heard_so_far().into_iter();
            for message in heard.filter(|message| message.is_of(trial)) {
                deaf.remove(&at);
                *counts.entry((at, message.text.unwrap_or_default())).or_default() += 1;
            }
        }
    }
    for (at, mut visitor) in visitors.into_iter().enumerate() {
        speak(trial, room, speaker, said).await?;
        if at % 2 == 0 {
            visitor.peer.close().await;
        } else {
            visitor.peer.cut().await;
        }
    }
    Ok(deaf.len() < VISITORS)
}

/// Says one more thing.
async fn speak(
    trial: &Trial,
    room: &str,
    speaker: &Member<'_>,
    said: &mut usize,
) -> Result<(), Stop> {
    speaker.say(room, &text(trial, *said)).await?;
    *said += 1;
    Ok(())
}
