//! Rooms: what stands where a room's name should, and where it leads (the chat contract).
//!
//! Some of these reach everybody on some servers: they run alone, lest other checks hear them.

mod deliveries;
mod names;
mod odd;

use crate::conformance::check::{Check, Level, Need, Pace, Section};

/// What most of these checks have in common.
const ALONE: Check = Check {
    id: "",
    title: "",
    requirement: "A message reaches the members of the room that it names, and nobody else",
    section: Section::Contract,
    level: Level::Should,
    needs: &[Need::Chat],
    pace: Pace::Alone,
    wire: "",
    why: "",
    differs: "",
    run: |trial| Box::pin(odd::table(trial)),
};

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "CHAT-ROOM-01",
        title: "who hears what is said in rooms whose names are no strings, or odd ones",
        level: Level::Info,
        wire: "b joins `123`, `null`, `[…]`, `{…}`, …; a says something in the like; who hears it",
        why: "Clients send what they have; it shows what the server takes for a room.",
        differs: "Node tells 123 from \"123\" and joins each of an array; typed servers ignore it.",
        ..ALONE
    },
    Check {
        id: "CHAT-ROOM-01b",
        title: "rooms whose names are no strings, once joined, are rooms like others",
        wire: "b joins `123`, `null`, `[…]`, `{…}`, …; a says something in the like; c is silent",
        why: "A name that the server cannot take must not lead to everybody.",
        differs: "python-socketio broadcasts what is said in `null`; netty-socketio in `\"\"`.",
        run: |trial| Box::pin(odd::stay_within(trial)),
        ..ALONE
    },
    Check {
        id: "CHAT-ROOM-02",
        title: "a message that names no room is heard by nobody",
        needs: &[Need::ObjectPayload],
        wire: "a says something without the field of the room; nobody hears it",
        why: "A client's mistake would be read by everybody.",
        differs: "",
        run: |trial| Box::pin(odd::missing(trial)),
        ..ALONE
    },
    Check {
        id: "CHAT-ROOM-03",
        title: "whether a room named like a socket's id leads to that socket",
        requirement: "Each Socket in Socket.IO is identified by a random, unguessable, unique \
                      identifier […] each socket automatically joins a room identified by its \
                      own id",
        section: Section::Docs("Rooms, Default room"),
        level: Level::Info,
        pace: Pace::Together,
        wire: "a speaks in b's id; c joins b's id; a speaks there again, then in its own id",
        why: "Whoever learns an id can write to it, or listen in, unless the server forbids it.",
        differs: "On Node whoever joins the id hears what is meant for that socket.",
        run: |trial| Box::pin(names::like_ids(trial)),
        ..ALONE
    },
    Check {
        id: "CHAT-ROOM-04",
        title: "names that look like everybody are names like others",
        level: Level::Must,
        wire: "a speaks in `/`, `all`, `*`, `#`, `default`, `undefined`, …; nobody hears it",
        why: "A user who picks such a name for a room would write to everybody.",
        differs: "",
        run: |trial| Box::pin(names::like_everybody(trial)),
        ..ALONE
    },
    Check {
        id: "CHAT-ROOM-05",
        title: "nothing sent in the place of a room's name reaches everybody",
        wire: "a says something in `[]`, `null`, `\"\"`, `{}`, `0`, `false`; others do not hear it",
        why: "Any client could write to all others at once.",
        differs: "Node broadcasts to everybody at `[]`, python at `null`, netty at `\"\"`.",
        run: |trial| Box::pin(odd::reach_nobody_else(trial)),
        ..ALONE
    },
];
