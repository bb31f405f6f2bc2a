//! Across: members of one room on two nodes.

use std::collections::HashSet;

use crate::conformance::chat::member::{Member, prove};
use crate::conformance::chat::raw::Raw;
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::trial::Trial;

const TEXTS: usize = 100;

pub(super) async fn is_heard(trial: &Trial) -> Found {
    let other = other_of(trial)?;
    let room = trial.room("room");
    let mut members = gather(trial, &other, &room).await?;
    for (speaker, text) in [(0, "from one node"), (1, "from the other")] {
        let author = members[speaker].author.clone();
        members[speaker].say(&room, text).await?;
        for (at, member) in members.iter_mut().enumerate() {
            if at != speaker {
                member.hear(&room, &author, text).await?;
            }
        }
    }
    fine()
}

pub(super) async fn is_not_heard_by_its_sender(trial: &Trial) -> Found {
    let other = other_of(trial)?;
    let room = trial.room("room");
    let mut members = gather(trial, &other, &room).await?;
    let echoes = trial.echoes()?;
    let expected = match echoes {
        true => "each hears itself, as the dialect says, and once",
        false => "nobody hears itself",
    };
    members[0].say(&room, "said by a").await?;
    members[1].say(&room, "said by b").await?;
    for (at, own, foreign) in [(0, "said by a", "said by b"), (1, "said by b", "said by a")] {
        // What comes from the other node shows that what comes back would have come, too.
        let heard = members[at].hear_text(foreign, "").await;
        heard.map_err(|_| Stop::unknown("the nodes do not hear each other"))?;
        if echoes {
            members[at].hear_text(own, expected).await?;
        }
        let times = members[at].count(&[own]).await[0];
        ensure(times == 0, expected, || {
            let more = if echoes { " more" } else { "" };
            format!("{} heard {own:?} {times} times{more}", members[at].author)
        })?;
    }
    fine()
}

pub(super) async fn keeps_order(trial: &Trial) -> Found {
    let other = other_of(trial)?;
    let room = trial.room("room");
    let mut members = gather(trial, &other, &room).await?;
    let said: Vec<String> = (0..TEXTS).map(|number| text("a", number)).collect();
    for text in &said {
        members[0].say(&room, text).await?;
    }
    for member in &mut members[1..] {
        let mut heard = hear_up_to(trial, member, &said).await?;
        heard.retain(|text| said.contains(text));
        // One that is heard again is another matter.
        let mut seen = HashSet::new();
        heard.retain(|text| seen.insert(text.clone()));
        let inversion = heard.iter().zip(&said).find(|(heard, said)| heard != said);
        if let Some((heard, said)) = inversion {
            let observed = format!("{} heard {heard:?} before {said:?}", member.author);
            return Err(Stop::failed("texts in the order they were said", observed));
        }
    }
    fine()
}

pub(super) async fn is_heard_once(trial: &Trial) -> Found {
    let other = other_of(trial)?;
    let room = trial.room("room");
    let mut members = gather(trial, &other, &room).await?;
    for number in 0..TEXTS {
        for speaker in &members[..2] {
            speaker.say(&room, &text(&speaker.author, number)).await?;
        }
    }
    let said = |author: &str| (0..TEXTS).map(|number| text(author, number)).collect::<Vec<_>>();
    let (by_a, by_b) = (said("a"), said("b"));
    for member in &mut members {
        let mut wanted = Vec::new();
        for (author, said) in [("a", &by_a), ("b", &by_b)] {
            if member.author != author {
                wanted.extend(said.iter().cloned());
            }
        }
        let heard = hear_up_to(trial, member, &wanted).await?;
        let is_once = |text: &&String| heard.iter().filter(|it| it == text).count() == 1;
        let wrong: Vec<&String> = wanted.iter().filter(|text| !is_once(text)).collect();
        ensure(wrong.is_empty(), "each text is heard once", || {
            let first = wrong[0];
            let times = heard.iter().filter(|it| *it == first).count();
            let author = &member.author;
            format!("{author} heard {first:?} {times} times; {} texts are wrong", wrong.len())
        })?;
    }
    fine()
}

pub(super) async fn stays_in_its_room(trial: &Trial) -> Found {
    const EXPECTED: &str = "who is not in the room hears nothing of it";
    let other = other_of(trial)?;
    let (room, elsewhere) = (trial.room("room"), trial.room("elsewhere"));
    let mut members = gather(trial, &other, &room).await?;
    let mut neighbours = gather(trial, &other, &elsewhere).await?;
    for node in [trial, &other] {
        neighbours.push(Member::connect(node, node.via(), "roomless").await?);
    }
    members[0].say(&room, "not for others").await?;
    for member in &mut members[1..] {
        let heard = member.hear_text("not for others", "").await;
        heard.map_err(|_| Stop::unknown("not even the room itself heard it"))?;
    }
    for neighbour in &mut neighbours {
        neighbour.hear_nothing(EXPECTED, &[]).await?;
    }
    fine()
}

pub(super) async fn brings_bytes(trial: &Trial) -> Found {
    let other = other_of(trial)?;
    let raw = Raw::of(trial)?;
    let room = trial.room("room");
    let mut members = gather(trial, &other, &room).await?;
    let bytes = [0x01, 0x02, 0x03, 0xff];
    raw.say_binary(&members[0], &room, &bytes).await?;
    for member in &mut members[1..] {
        raw.hear_binary(member, &bytes).await?;
    }
    fine()
}

pub(super) fn other_of(trial: &Trial) -> Result<Trial, Stop> {
    trial.on_other_node().ok_or_else(|| Stop::NotApplicable("there is no second node".into()))
}

/// Members a and c on one node, b and d on the other, each of which was heard to hear.
pub(super) async fn gather<'t>(
    trial: &'t Trial,
    other: &'t Trial,
    room: &str,
) -> Result<Vec<Member<'t>>, Stop> {
    let mut members = Vec::new();
    for (author, node) in [("a", trial), ("b", other), ("c", trial), ("d", other)] {
        let mut member = Member::connect(node, node.via(), author).await?;
        member.join(room).await?;
        members.push(member);
    }
    prove(trial, room, &mut members).await?;
    Ok(members)
}

pub(super) fn text(author: &str, number: usize) -> String {
    format!("{author} says {number}.")
}

/// All texts that `member` hears until each of `wanted` came, and a while longer.
async fn hear_up_to(
    trial: &Trial,
    member: &mut Member<'_>,
    wanted: &[String],
) -> Result<Vec<String>, Stop> {
    let mut heard = Vec::new();
    let mut missing: HashSet<&str> = wanted.iter().map(String::as_str).collect();
    // The last one of each sender need not come last.
    while !missing.is_empty() {
        let Ok((_, packet)) = member.peer.next(trial.patience().answer).await else { break };
        let Some(text) = member.read(&packet).and_then(|message| message.text) else { continue };
        missing.remove(&*text);
        heard.push(text);
    }
    heard.extend(member.listen().await.into_iter().filter_map(|message| message.text));
    if let Some(missing) = wanted.iter().find(|text| !heard.contains(text)) {
        let end = member.peer.ended().map(|end| format!("; its connection is over: {end}"));
        let (author, end) = (&member.author, end.unwrap_or_default());
        let observed = format!("{author} did not hear {missing:?}{end}");
        return Err(Stop::failed("each text is heard on every node", observed));
    }
    Ok(heard)
}
