//! Membership: who is in a room, and from when (the chat contract).

use std::time::Duration;

use super::gathering::deaf_until;
use super::member::{ANY, Member, assemble, heard, prove};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, fine};
use crate::conformance::peer::Missing;
use crate::conformance::trial::Trial;

const REQUIREMENT: &str = "Whoever has joined a room receives what is said in it, from then on";

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "CHAT-MEM-01",
        title: "nothing is heard before joining, and what is said afterwards is",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a and b join; a sends; c, connected, hears nothing; c joins; a sends; c hears it",
        why: "Otherwise everybody reads everything, or whoever joins is left out.",
        differs: "",
        run: |trial| Box::pin(hears_from_joining_on(trial)),
    },
    Check {
        id: "CHAT-MEM-01b",
        title: "what was said before is not told to whoever joins",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Should,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a sends; b hears it; c joins; c does not hear it",
        why: "Where history is told as if it was being said, clients show it as new each time they \
              reconnect.",
        differs: "Servers that tell the history of a room to whoever joins it.",
        run: |trial| Box::pin(tells_no_history(trial)),
    },
    Check {
        id: "CHAT-MEM-02",
        title: "a join is in force once the server answers what was sent after it",
        requirement: REQUIREMENT,
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "b, who is in another room, joins, and asks for an unknown namespace; once that is \
               refused a sends; b hears it; 5 times",
        why: "Clients speak as soon as they have joined, and miss the answers if they have not.",
        differs: "Servers that ask a database before they let anybody in.",
        run: |trial| Box::pin(joins_at_once(trial)),
    },
    Check {
        id: "CHAT-MEM-02b",
        title: "a join right behind the answer to CONNECT is not lost",
        requirement: "Whoever was answered CONNECT is connected: events are handled from then on",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "b: `40` → `40{\"sid\":…}`, b joins in the same moment; a speaks until b hears it, \
               or hears it only once it has joined again; 32 times",
        why: "It is what every client does that joins its room upon `connect`: it stays deaf, and \
              nothing tells it.",
        differs: "socketioxide on several threads: it answers before its handlers are there.",
        run: |trial| Box::pin(joins_behind_connect(trial)),
    },
    Check {
        id: "CHAT-MEM-03",
        title: "a member of two rooms hears both, one copy each",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a joins A, b A and B, c B; a sends to A, c to B, b to A",
        why: "People are in several conversations at a time.",
        differs: "Servers that keep a socket in one room at a time.",
        run: |trial| Box::pin(hears_both_rooms(trial)),
    },
    Check {
        id: "CHAT-MEM-04",
        title: "a member that joined five times hears one copy",
        requirement: "Everyone in the room receives the message once",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "b joins five times; a sends; b hears one copy",
        why: "Clients join again whenever they are not sure that they are in.",
        differs: "",
        run: |trial| Box::pin(joins_five_times(trial)),
    },
    Check {
        id: "CHAT-MEM-05",
        title: "whether one who is not in the room is heard there",
        requirement: "Whether only members may speak in a room is for the server to say",
        section: Section::Practice,
        level: Level::Info,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "b and c join; a, which does not, sends to the room",
        why: "Where it is heard, whoever guesses the name of a room can write into it.",
        differs: "All measured servers with the plain handlers deliver it.",
        run: |trial| Box::pin(speaks_from_outside(trial)),
    },
    Check {
        id: "CHAT-MEM-10",
        title: "a message to two rooms reaches a member of both once",
        requirement: "[…] every socket that is in at least one of the rooms will get the event \
                      once (even if the socket is in two or more rooms)",
        section: Section::Docs("Rooms"),
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "b joins A and B, c B; a sends with a list of both as the room; each hears one copy",
        why: "The rooms of an announcement overlap; their members do not want it twice.",
        differs: "Only servers that take a list for a room's name: Node, python-socketio.",
        run: |trial| Box::pin(reaches_a_common_member_once(trial)),
    },
];

async fn hears_from_joining_on(trial: &Trial) -> Found {
    let room = trial.room("room");
    let (early, late) = (trial.text("early"), trial.text("late"));
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    members.push(Member::connect(trial, trial.via(), "c").await?);
    members[0].say(&room, &early).await?;
    heard(trial, &mut members, &[(&early, &[ANY, 1, 0])]).await?;
    members[2].join(&room).await?;
    is_let_in(trial, &room, &mut members).await?;
    members[0].say(&room, &late).await?;
    heard(trial, &mut members, &[(&late, &[ANY, 1, 1])]).await?;
    fine()
}

/// The last of `members` has asked to be let into `room`, and is: others are in it and hear.
///
/// # Errors
/// Failed, when it stays deaf.
async fn is_let_in(trial: &Trial, room: &str, members: &mut [Member<'_>]) -> Result<(), Stop> {
    prove(trial, room, members).await.map_err(|stop| match stop {
        Stop::Unknown(why) => Stop::failed("whoever joins hears what is said from then on", why),
        other => other,
    })
}

async fn tells_no_history(trial: &Trial) -> Found {
    let (room, early) = (trial.room("room"), trial.text("early"));
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    members[0].say(&room, &early).await?;
    heard(trial, &mut members, &[(&early, &[ANY, 1])]).await?;
    members.push(Member::connect(trial, trial.via(), "c").await?);
    members[2].join(&room).await?;
    prove(trial, &room, &mut members).await?;
    heard(trial, &mut members[2..], &[(&early, &[0])]).await.map_err(|stop| match stop {
        Stop::Failed(_) => Stop::failed(
            "whoever joins hears what is said from then on only",
            format!("c joins and is told `{early}`, which was said before"),
        ),
        other => other,
    })?;
    fine()
}

async fn joins_at_once(trial: &Trial) -> Found {
    const JOINERS: usize = 5;
    let (room, lobby, clock) = (trial.room("room"), trial.room("lobby"), trial.clock());
    let mut members = assemble(trial, &lobby, &[trial.via(); 2 + JOINERS]).await?;
    let joiners = members.split_off(2);
    members[0].join(&room).await?;
    members[1].join(&room).await?;
    prove(trial, &room, &mut members).await?;
    let mut longest = Duration::ZERO;
    // Each was let in elsewhere: a join that is lost behind CONNECT is another check's.
    for (joiner, mut member) in joiners.into_iter().enumerate() {
        let asked = clock.now();
        member.join(&room).await?;
        let answered = clock.now();
        longest = longest.max(answered.since(asked));
        let text = trial.text(&format!("to joiner {joiner}"));
        members[0].say(&room, &text).await?;
        let heard = member.hears_text(&text, answered + trial.patience().answer).await;
        // It stays: what happens when somebody goes is not the question here.
        members.push(member);
        if heard.is_err() {
            // It does not join again: a join that is lost is not one that is late.
            let (last, until) = (members.len() - 1, clock.now() + trial.patience().answer);
            let late = match deaf_until(trial, &room, &mut members, until).await {
                Ok(deaf) if !deaf.contains(&last) => "it hears what is said a while later",
                Ok(_) | Err(_) => "it does not hear what is said later either",
            };
            let observed = format!("joiner {joiner} does not hear what is said then; {late}");
            return Err(Stop::failed(
                "whoever was answered after joining is in the room",
                observed,
            ));
        }
    }
    let longest = humantime::format_duration(Duration::from_micros(longest.as_micros() as u64));
    Ok(format!("{JOINERS} joins took effect within {longest}"))
}

async fn joins_behind_connect(trial: &Trial) -> Found {
    const JOINERS: usize = 32;
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    for _ in 0..JOINERS {
        let joiner = Member::connect(trial, trial.via(), "b").await?;
        joiner.ask(&room).await?;
        members.push(joiner);
    }
    let until = trial.clock().now() + trial.patience().answer;
    let deaf = deaf_until(trial, &room, &mut members, until).await?;
    if deaf.is_empty() {
        return fine();
    }
    for at in &deaf {
        members[*at].ask(&room).await?;
    }
    // Who is deaf nevertheless was not let in for another reason.
    prove(trial, &room, &mut members).await?;
    let (lost, within) = (deaf.len(), humantime::format_duration(trial.patience().answer));
    Err(Stop::failed(
        "whoever joins right behind the answer to CONNECT hears what is said from then on",
        format!("{lost} of {JOINERS} hear nothing for {within}, and do once they join again"),
    ))
}

async fn hears_both_rooms(trial: &Trial) -> Found {
    let rooms = [trial.room("A"), trial.room("B")];
    let mut members = assemble(trial, &rooms[0], &[trial.via(); 2]).await?;
    members.push(Member::connect(trial, trial.via(), "c").await?);
    for member in &mut members[1..] {
        member.join(&rooms[1]).await?;
    }
    prove(trial, &rooms[1], &mut members[1..]).await?;
    let texts = ["a to A", "c to B", "b to A"].map(|text| trial.text(text));
    members[0].say(&rooms[0], &texts[0]).await?;
    members[2].say(&rooms[1], &texts[1]).await?;
    members[1].say(&rooms[0], &texts[2]).await?;
    let wanted: [(&str, &[usize]); 3] =
        [(&texts[0], &[ANY, 1, 0]), (&texts[1], &[0, 1, ANY]), (&texts[2], &[1, ANY, 0])];
    heard(trial, &mut members, &wanted).await?;
    fine()
}

async fn joins_five_times(trial: &Trial) -> Found {
    let (room, hello) = (trial.room("room"), trial.text("hello"));
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    for _ in 0..4 {
        members[1].ask(&room).await?;
        members[1].settle().await?;
    }
    members[0].say(&room, &hello).await?;
    heard(trial, &mut members, &[(&hello, &[ANY, 1])]).await?;
    fine()
}

async fn speaks_from_outside(trial: &Trial) -> Found {
    let (room, hello) = (trial.room("room"), trial.text("hello"));
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    let outsider = Member::connect(trial, trial.via(), "a").await?;
    let mut heard = Err(Missing::Silence);
    // Twice, for what comes right behind CONNECT may be lost.
    for _ in 0..2 {
        outsider.say(&room, &hello).await?;
        let until = trial.clock().now() + trial.patience().answer / 2;
        heard = heard.or(members[0].hears_text(&hello, until).await);
    }
    match heard {
        Ok(()) => Ok("one who is not in a room is heard there".into()),
        Err(_) => {
            // That they are still there, and it was not the room that fell silent.
            prove(trial, &room, &mut members).await?;
            Ok("one who is not in a room is not heard there".into())
        }
    }
}

async fn reaches_a_common_member_once(trial: &Trial) -> Found {
    let rooms = [trial.room("A"), trial.room("B")];
    let hello = trial.text("hello");
    let mut members = assemble(trial, &rooms[0], &[trial.via(); 2]).await?;
    members.push(Member::connect(trial, trial.via(), "c").await?);
    for member in &mut members[1..] {
        member.join(&rooms[1]).await?;
    }
    prove(trial, &rooms[1], &mut members[1..]).await?;
    let message = members[0].message(&rooms[0], &hello);
    let list = message.replacen(&format!("\"{}\"", rooms[0]), &format!("{rooms:?}"), 1);
    if list == message {
        return Err(Stop::NotApplicable("messages of this dialect name no room by itself".into()));
    }
    members[0].emit(&list).await?;
    members[0].settle().await?;
    members[2].settle().await?;
    let until = trial.clock().now() + trial.patience().quiet;
    if members[2].hears_text(&hello, until).await.is_err() {
        return Err(Stop::NotApplicable("the server takes no list for a room's name".into()));
    }
    // The last one has heard its copy already.
    let again = heard(trial, &mut members, &[(&hello, &[ANY, 1, 0])]).await;
    again.map_err(|stop| match stop {
        Stop::Failed(failure) => Stop::failed(
            "each hears one copy",
            format!("{}, c one copy not counted", failure.observed),
        ),
        other => other,
    })?;
    fine()
}
