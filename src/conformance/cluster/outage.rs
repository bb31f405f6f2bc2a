//! Outage: a cluster whose broker is taken down by its operator's command, and brought back.

use super::across::{gather, other_of, text};
use crate::conformance::chat::member::{ANY, Member, are_as_wanted, counts, heard, prove};
use crate::conformance::finding::{Found, Stop, ensure};
use crate::conformance::trial::Trial;

const EXPECTED: &str = "while the broker is down, members of one node hear each other, and once";
/// Texts that are said on each node while the broker is down.
const TEXTS: usize = 10;
/// The nodes are waited for so often, each time for as long as a join may take.
const RETURNS_MAX: usize = 4;

pub(super) async fn leaves_nodes_alone(trial: &Trial) -> Found {
    let none = || Stop::NotApplicable("no way to take the broker down".into());
    let broker = trial.target().broker.as_ref().ok_or_else(none)?;
    let other = other_of(trial)?;
    let room = trial.room("room");
    // On one node a and c, on the other b and d.
    let mut members = gather(trial, &other, &room).await?;
    let said = ["a", "b"].map(|author| (0..TEXTS).map(|at| text(author, at)).collect::<Vec<_>>());
    let outage = broker.take_down().await?;
    let found = each_alone(trial, &room, &mut members, &said).await;
    // Whatever was found: what comes after this needs the broker.
    let ended = outage.end().await;
    found?;
    ended?;
    become_one(trial, &room, &mut members).await?;
    let late = come_late(&mut members, &said).await?;
    Ok(format!("of {} texts for the other node, {late} come once the broker is back", 2 * TEXTS))
}

/// c hears what a says, and d what b says, and nobody on the other node does.
async fn each_alone(
    trial: &Trial,
    room: &str,
    members: &mut [Member<'_>],
    said: &[Vec<String>; 2],
) -> Result<(), Stop> {
    members[0].say(room, "to one node").await?;
    let wanted: &[(&str, &[usize])] = &[("to one node", &[ANY, 0, 1, 0])];
    let counts = counts(trial, members, wanted).await?;
    are_as_wanted(members, wanted, &counts).map_err(|stop| match counts[0][2] {
        // The members are a, b, c and d: it is b and d that hear too much.
        1 => Stop::unknown(format!(
            "what `--broker-down` takes down is not what the nodes hear each other by: a text \
             for one node was heard {}",
            stop.why()
        )),
        _ => Stop::failed(EXPECTED, stop.why()),
    })?;
    for (speaker, texts) in said.iter().enumerate() {
        for text in texts {
            members[speaker].say(room, text).await?;
        }
    }
    let copies: [&[usize]; 2] = [&[ANY, ANY, 1, ANY], &[ANY, ANY, ANY, 1]];
    let wanted = said.iter().zip(copies);
    let wanted: Vec<(&str, &[usize])> =
        wanted.flat_map(|(texts, copies)| texts.iter().map(move |it| (&**it, copies))).collect();
    heard(trial, members, &wanted).await.map_err(|stop| match stop {
        Stop::Failed(failure) => Stop::failed(EXPECTED, failure.observed),
        other => other,
    })
}

/// The nodes hear each other again.
async fn become_one(trial: &Trial, room: &str, members: &mut [Member<'_>]) -> Result<(), Stop> {
    let mut are_one = prove(trial, room, members).await;
    for _ in 1..RETURNS_MAX {
        if are_one.is_ok() {
            break;
        }
        are_one = prove(trial, room, members).await;
    }
    let expected = "the nodes hear each other again once the broker is back";
    are_one.map_err(|stop| Stop::failed(expected, stop.why()))
}

/// How many texts reach the other node late, each of its members once; nobody else hears one
/// again.
async fn come_late(members: &mut [Member<'_>], said: &[Vec<String>; 2]) -> Result<usize, Stop> {
    let mut late = 0;
    for (at, member) in members.iter_mut().enumerate() {
        let all: Vec<&str> = said.iter().flatten().map(String::as_str).collect();
        let counts = member.count(&all).await;
        for (number, count) in counts.into_iter().enumerate() {
            // Members of even places are on the node that the first texts were said on.
            let is_across = at % 2 != number / TEXTS;
            ensure(count <= usize::from(is_across), EXPECTED, || {
                let (author, text) = (&member.author, all[number]);
                format!("once the broker is back, {author} hears {text:?} {count} times more")
            })?;
            late += usize::from(at < 2 && count > 0);
        }
    }
    Ok(late)
}
