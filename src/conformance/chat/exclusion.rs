//! Exclusion: whoever sends a message does not hear it (the chat contract).

use super::member::{Member, assemble, heard, prove, prove_speakers};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, fine};
use crate::conformance::peer::Via;
use crate::conformance::trial::Trial;

const REQUIREMENT: &str = "Everyone in the room receives the message, except the socket that sent \
                           it";

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "CHAT-EXC-01",
        title: "the sender does not hear itself, all others hear it once",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a, b and c join; a sends; a hears nothing, b and c one copy each",
        why: "Clients show what they send themselves; an echo shows it twice.",
        differs: "",
        run: |trial| Box::pin(excludes_the_sender(trial)),
    },
    Check {
        id: "CHAT-EXC-01b",
        title: "where the dialect says so, the sender hears itself, once",
        requirement: "Everyone in the room receives the message, the socket that sent it included",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a, b and c join; a sends; each hears one copy",
        why: "Clients that wait for their own message to show it would wait for ever.",
        differs: "",
        run: |trial| Box::pin(echoes_to_the_sender(trial)),
    },
    Check {
        id: "CHAT-EXC-02",
        title: "the socket that sends is excluded, not its author's other ones",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a, b and, both by one author, c and d join; d sends, and c; \
               all others hear it",
        why: "People have a phone and a computer, and want the same chat on both.",
        differs: "",
        run: |trial| Box::pin(excludes_by_socket(trial)),
    },
    Check {
        id: "CHAT-EXC-03",
        title: "a sender that joined three times does not hear itself",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a joins three times and sends; a hears nothing, b one copy",
        why: "Clients join again whenever they are not sure that they are in.",
        differs: "",
        run: |trial| Box::pin(excludes_after_joining_again(trial)),
    },
    Check {
        id: "CHAT-EXC-04",
        title: "a sender that left the room named by its own id does not hear itself",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Should,
        needs: &[Need::Chat, Need::Leave],
        pace: Pace::Together,
        wire: "a leaves the room that is named as its socket id, and sends to the room",
        why: "Servers that tell sockets apart by a room of their own lose track of a client that \
              may leave any room.",
        differs: "socket.io (all versions to 4.8.4) and bun-engine send it its own messages: \
                  socket.io issue 4524.",
        run: |trial| Box::pin(excludes_without_its_own_room(trial)),
    },
    Check {
        id: "CHAT-EXC-05",
        title: "a sender that polls does not hear itself",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat, Need::Polling],
        pace: Pace::Together,
        wire: "a, which polls, sends; a hears nothing, b one copy",
        why: "Each request of a client that polls is a connection of its own: it must be known by \
              its session.",
        differs: "",
        run: |trial| Box::pin(excludes_one_that_polls(trial)),
    },
    Check {
        id: "CHAT-EXC-06",
        title: "a sender in three rooms hears itself in none of them",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a and b join three rooms; a sends to each; a hears nothing, b one copy of each",
        why: "Whoever is in several conversations would see echoes in some of them.",
        differs: "",
        run: |trial| Box::pin(excludes_in_several_rooms(trial)),
    },
];

/// Not applicable, where senders are to hear themselves.
fn senders_are_excluded(trial: &Trial) -> Result<(), Stop> {
    if trial.echoes()? {
        return Err(Stop::NotApplicable("the dialect says that senders hear themselves".into()));
    }
    Ok(())
}

async fn excludes_the_sender(trial: &Trial) -> Found {
    senders_are_excluded(trial)?;
    says_once(trial, [0, 1, 1]).await
}

async fn echoes_to_the_sender(trial: &Trial) -> Found {
    if !trial.echoes()? {
        return Err(Stop::NotApplicable(
            "the dialect says that senders do not hear themselves".into(),
        ));
    }
    says_once(trial, [1, 1, 1]).await
}

/// The first of three members says something, which is heard so often.
async fn says_once(trial: &Trial, copies: [usize; 3]) -> Found {
    let (room, hello) = (trial.room("room"), trial.text("hello"));
    let mut members = assemble(trial, &room, &[trial.via(); 3]).await?;
    members[0].say(&room, &hello).await?;
    heard(trial, &mut members, &[(&hello, &copies)]).await?;
    fine()
}

async fn excludes_by_socket(trial: &Trial) -> Found {
    senders_are_excluded(trial)?;
    let (room, hello) = (trial.room("room"), trial.text("hello"));
    // Two others first, for they are who is heard beforehand.
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    for _ in 0..2 {
        let mut member = Member::connect(trial, trial.via(), "c").await?;
        member.join(&room).await?;
        members.push(member);
    }
    prove_speakers(trial, &room, &mut members).await?;
    // Both speak, for a server may learn only so who they are.
    let first = trial.text("first");
    members[3].say(&room, &first).await?;
    heard(trial, &mut members, &[(&first, &[1, 1, 1, 0])]).await?;
    members[2].say(&room, &hello).await?;
    heard(trial, &mut members, &[(&hello, &[1, 1, 0, 1])]).await?;
    fine()
}

async fn excludes_after_joining_again(trial: &Trial) -> Found {
    senders_are_excluded(trial)?;
    let (room, hello) = (trial.room("room"), trial.text("hello"));
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    for _ in 0..2 {
        members[0].ask(&room).await?;
        members[0].settle().await?;
    }
    members[0].say(&room, &hello).await?;
    heard(trial, &mut members, &[(&hello, &[0, 1])]).await?;
    fine()
}

async fn excludes_without_its_own_room(trial: &Trial) -> Found {
    senders_are_excluded(trial)?;
    let (room, hello) = (trial.room("room"), trial.text("hello"));
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    let before = trial.text("before");
    members[0].say(&room, &before).await?;
    if let Err(Stop::Failed(failure)) = heard(trial, &mut members, &[(&before, &[0, 1])]).await {
        let observed = failure.observed;
        return Err(Stop::unknown(format!("it was not excluded beforehand: heard {observed}")));
    }
    let own_room = members[0].peer.id().unwrap_or_default().to_owned();
    members[0].leave(&own_room).await?;
    members[0].say(&room, &hello).await?;
    heard(trial, &mut members, &[(&hello, &[0, 1])]).await?;
    fine()
}

async fn excludes_one_that_polls(trial: &Trial) -> Found {
    senders_are_excluded(trial)?;
    let (room, hello) = (trial.room("room"), trial.text("hello"));
    let mut members = assemble(trial, &room, &[Via::Polling, trial.via()]).await?;
    members[0].say(&room, &hello).await?;
    heard(trial, &mut members, &[(&hello, &[0, 1])]).await?;
    fine()
}

async fn excludes_in_several_rooms(trial: &Trial) -> Found {
    senders_are_excluded(trial)?;
    const NAMES: [&str; 3] = ["first", "second", "third"];
    let rooms = NAMES.map(|name| trial.room(name));
    let mut members = assemble(trial, &rooms[0], &[trial.via(); 2]).await?;
    for room in &rooms[1..] {
        for member in &mut members {
            member.join(room).await?;
        }
        prove(trial, room, &mut members).await?;
    }
    let texts = NAMES.map(|name| trial.text(&format!("to the {name}")));
    for (room, text) in rooms.iter().zip(&texts) {
        members[0].say(room, text).await?;
    }
    let wanted = texts.each_ref().map(|text| (&**text, &[0, 1][..]));
    heard(trial, &mut members, &wanted).await?;
    fine()
}
