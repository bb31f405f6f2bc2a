//! Recovery: what a connection gets back that was lost (Socket.IO documentation, *Connection
//! state recovery*).

mod missed;
mod session;

use super::check::{Check, Level, Need, Pace, Section};

/// What all of these checks have in common.
const RECOVERY: Check = Check {
    id: "",
    title: "",
    requirement: "",
    section: Section::Docs("Connection state recovery"),
    level: Level::Must,
    needs: &[Need::Recovery],
    pace: Pace::Together,
    wire: "",
    why: "",
    differs: "",
    run: |trial| Box::pin(session::is_offered(trial)),
};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "CSR-01",
        title: "whether connection state recovery is offered",
        requirement: "the server sends a session ID during the handshake (which is different from \
                      the current id attribute)",
        level: Level::Info,
        needs: &[],
        wire: "`40` → `40{\"sid\":…}`, with or without `pid`",
        why: "Without it, clients have to ask for what they missed while they were away.",
        differs: "Off by default on Node; other servers have none.",
        run: |trial| Box::pin(session::is_offered(trial)),
        ..RECOVERY
    },
    Check {
        id: "CSR-02",
        title: "what was missed comes once and in order, and id and rooms are kept",
        requirement: "the server will store the id, the rooms and the data attribute of the \
                      socket. Then upon reconnection, the server will try to restore the state \
                      of the client […] including any missed packets",
        needs: &[Need::WebSocket, Need::Recovery, Need::Chat],
        wire: "b is cut, a says 3 texts, b: `40{\"pid\":…,\"offset\":…}` → these 3, the same sid",
        why: "It is what recovery is for; a half recovery is worse, for clients trust it.",
        run: |trial| Box::pin(missed::comes_once(trial)),
        ..RECOVERY
    },
    Check {
        id: "CSR-03",
        title: "an unknown session is answered by a new one",
        requirement: "please be aware that the recovery will not always be successful. That's \
                      why you will still need to handle the case where the states of the client \
                      and the server must be synchronized",
        wire: "`40{\"pid\":\"unknown\",\"offset\":\"unknown\"}` → `40{\"sid\":…}`, usable",
        why: "After a restart of the server every client comes with a session it does not know.",
        run: |trial| Box::pin(session::unknown_is_new(trial)),
        ..RECOVERY
    },
    Check {
        id: "CSR-04",
        title: "whether a session that heard nothing yet is recovered",
        requirement: "the client sends the offset of the last packet it has received: one that \
                      received none has no offset to send",
        section: Section::Practice,
        level: Level::Info,
        needs: &[Need::WebSocket, Need::Recovery, Need::Chat],
        wire: "b joins, hears nothing, is cut off, a says a text, b: `40{\"pid\":…}` → what b gets",
        why: "Clients that lose the connection early may miss messages and not know.",
        differs: "Node makes a new session (socket.io issue 5538).",
        run: |trial| Box::pin(missed::without_offset(trial)),
        ..RECOVERY
    },
    Check {
        id: "CSR-05",
        title: "a session that was recovered is not given to a second connection",
        requirement: "A session belongs to one connection at a time",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::WebSocket, Need::Recovery, Need::Chat],
        wire: "b recovers, then c sends the same pid and offset → another sid, or refused",
        why: "Two connections of one id; whoever learns a pid can read along.",
        differs: "Node gives both the same id, and the messages again.",
        run: |trial| Box::pin(missed::is_given_once(trial)),
        ..RECOVERY
    },
];
