//! Isolation: what is said in one room is heard in no other (the chat contract).

use super::load::history;
use super::member::{ANY, Member, assemble, heard, prove};
use super::variants::{NAMES, VARIANTS, Vary, deliver_each, keep_apart};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::trial::Trial;

const REQUIREMENT: &str = "Only members of the room receive what is said in it";

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "CHAT-ISO-01",
        title: "members of other rooms, and of none, do not hear a message",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a and b join one room, c and d another, e none; a sends; b alone hears it",
        why: "A room is who may read along.",
        differs: "",
        run: |trial| Box::pin(stays_in_its_room(trial)),
    },
    Check {
        id: "CHAT-ISO-01b",
        title: "what is said from outside a room is heard by nobody else outside it",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a and b join one room, c and d another, e and f none; f sends to the first; whether \
               or not a and b hear it, c, d and e do not",
        why: "The way that a message of a stranger takes is easily forgotten.",
        differs: "",
        run: |trial| Box::pin(stays_in_the_strangers_room(trial)),
    },
    Check {
        id: "CHAT-ISO-02",
        title: "rooms whose names are alike are different rooms",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "a room, and ones that differ in case, by a suffix, a space, a wildcard, a NUL, or \
               in Unicode's normal form, a listener in each; a sends to each",
        why: "Names come from users: whoever finds one that is taken for another reads along.",
        differs: "",
        run: |trial| Box::pin(keeps_variants_apart(trial)),
    },
    Check {
        id: "CHAT-ISO-03",
        title: "a room works whatever string its name is",
        requirement: "Everyone in the room receives the message, whatever the room is called",
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "19 names: emoji, a line break, `\\x1e`, `__proto__`, `null` …; a sends to each",
        why: "Names come from users, and rooms with odd ones stay silent.",
        differs: "",
        run: |trial| Box::pin(serves_every_name(trial)),
    },
    Check {
        id: "CHAT-ISO-03b",
        title: "a room works whose name has 10 000 characters",
        requirement: "Everyone in the room receives the message, whatever the room is called",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "b joins a room with such a name; a sends; b hears it",
        why: "A limit is sound where it is meant and said; silence is neither.",
        differs: "",
        run: |trial| Box::pin(serves_a_long_name(trial)),
    },
    Check {
        id: "CHAT-ISO-04",
        title: "long names that differ in the last character are different rooms",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Should,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "two rooms of 300 characters each, a listener in each; a sends to each",
        why: "Stores cut names that are too long for their columns, and merge rooms so.",
        differs: "",
        run: |trial| Box::pin(keeps_long_names_apart(trial)),
    },
    Check {
        id: "CHAT-ISO-05",
        title: "a sender that alternates between two rooms is heard in each, exactly",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "b sends 100 messages in one go, by turns to the rooms of a and of c",
        why: "Servers that remember the room of a socket, and not of a message, mix them up.",
        differs: "",
        run: |trial| Box::pin(splits_exactly(trial)),
    },
    Check {
        id: "CHAT-ISO-06",
        title: "under load nothing is heard that was not said in the room",
        requirement: REQUIREMENT,
        section: Section::Contract,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Alone,
        wire: "the history of CHAT-DLV-02, judged for what strayed, or was changed",
        why: "What is shared between requests mixes them up only when there are many.",
        differs: "",
        run: |trial| Box::pin(async move { history(trial).await?.strayed() }),
    },
    Check {
        id: "CHAT-NSP-01",
        title: "a room of one namespace is not the room of that name in another",
        requirement: "Each namespace has its own: […] rooms",
        section: Section::Docs("Namespaces"),
        level: Level::Must,
        needs: &[Need::Chat, Need::Namespace],
        pace: Pace::Together,
        wire: "a and b join a room in the chat's namespace, c and d in the other; a sends, c sends",
        why: "Namespaces are what keeps, say, administrators apart from everybody else.",
        differs: "",
        run: |trial| Box::pin(keeps_namespaces_apart(trial)),
    },
];

async fn stays_in_its_room(trial: &Trial) -> Found {
    let (room, other, hello) = (trial.room("room"), trial.room("other"), trial.text("hello"));
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    // Two, so that they are seen to be in their room.
    members.extend(assemble(trial, &other, &[trial.via(); 2]).await?);
    members.push(Member::connect(trial, trial.via(), "e").await?);
    members[0].say(&room, &hello).await?;
    heard(trial, &mut members, &[(&hello, &[ANY, 1, 0, 0, 0])]).await?;
    fine()
}

async fn stays_in_the_strangers_room(trial: &Trial) -> Found {
    let (room, other, hello) = (trial.room("room"), trial.room("other"), trial.text("hello"));
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    members.extend(assemble(trial, &other, &[trial.via(); 2]).await?);
    for author in ["e", "f"] {
        members.push(Member::connect(trial, trial.via(), author).await?);
    }
    // Twice, for what comes right behind CONNECT may be lost.
    for _ in 0..2 {
        members[5].say(&room, &hello).await?;
        members[5].settle().await?;
        trial.pause(trial.patience().quiet).await;
    }
    heard(trial, &mut members, &[(&hello, &[ANY, ANY, 0, 0, 0, ANY])]).await?;
    fine()
}

async fn keeps_variants_apart(trial: &Trial) -> Found {
    let base = trial.room("caf\u{e9}");
    let variant = |variant: &(&str, Vary)| (variant.0.to_owned(), variant.1(&base));
    let mut names = vec![("the name itself".to_owned(), base.clone())];
    names.extend(VARIANTS.iter().map(variant));
    keep_apart(trial, &names).await
}

async fn keeps_long_names_apart(trial: &Trial) -> Found {
    let long = trial.room(&"x".repeat(300));
    let name = |last: &str| (format!("the one that ends in {last}"), format!("{long}{last}"));
    keep_apart(trial, &["1", "2"].map(name)).await
}

async fn serves_every_name(trial: &Trial) -> Found {
    let names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    let unheard = deliver_each(trial, &names).await?;
    ensure(unheard.is_empty(), "each room's member hears what is said in it", || {
        format!("nothing is heard in {}", unheard.join(", "))
    })?;
    fine()
}

async fn serves_a_long_name(trial: &Trial) -> Found {
    // The control: without it a server that delivers nothing would be told to limit names.
    let control = trial.room("short");
    let unheard = deliver_each(trial, &[control.clone(), trial.room(&"x".repeat(10_000))]).await?;
    if unheard.iter().any(|name| name.contains(&control)) {
        return Err(Stop::unknown("a room with a short name does not work either"));
    }
    ensure(unheard.is_empty(), "the room's member hears what is said in it", || {
        "nothing is heard there, while a room with a short name works".into()
    })?;
    fine()
}

async fn splits_exactly(trial: &Trial) -> Found {
    const MESSAGES: usize = 100;
    let rooms = [trial.room("even"), trial.room("odd")];
    let mut members = assemble(trial, &rooms[0], &[trial.via(); 2]).await?;
    members.push(Member::connect(trial, trial.via(), "c").await?);
    for member in &mut members[1..] {
        member.join(&rooms[1]).await?;
    }
    prove(trial, &rooms[1], &mut members[1..]).await?;
    let texts: Vec<String> = (0..MESSAGES).map(|at| trial.text(&format!("m{at}"))).collect();
    let said: Vec<(&str, &str)> =
        texts.iter().enumerate().map(|(at, text)| (&*rooms[at % 2], &**text)).collect();
    members[1].say_each(&said).await?;
    let copies = [[1, ANY, 0], [0, ANY, 1]];
    let wanted: Vec<(&str, &[usize])> =
        texts.iter().enumerate().map(|(at, text)| (&**text, &copies[at % 2][..])).collect();
    heard(trial, &mut members, &wanted).await?;
    fine()
}

async fn keeps_namespaces_apart(trial: &Trial) -> Found {
    let namespace = trial.other_namespace()?;
    if namespace == trial.target().namespace {
        return Err(Stop::NotApplicable("the chat lives in `hooks.namespace` itself".into()));
    }
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    for author in ["c", "d"] {
        let mut member = Member::connect_in(trial, namespace, author).await?;
        member.join(&room).await?;
        members.push(member);
    }
    prove(trial, &room, &mut members[2..]).await?;
    let (here, there) = (trial.text("here"), trial.text("there"));
    members[0].say(&room, &here).await?;
    members[2].say(&room, &there).await?;
    let wanted: &[(&str, &[usize])] = &[(&here, &[ANY, 1, 0, 0]), (&there, &[0, 0, ANY, 1])];
    heard(trial, &mut members, wanted).await?;
    fine()
}
