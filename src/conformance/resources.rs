//! Resources: what a server keeps of those who are gone.

mod batches;
mod sessions;

use super::check::{Check, Level, Need, Pace, Section};

/// What all of these checks have in common.
const KEEPS: Check = Check {
    id: "",
    title: "",
    requirement: "What the last batch of many leaves behind is no more than the one before it \
                  left: growth of less than 10 % and 5 MB",
    section: Section::Practice,
    level: Level::Should,
    needs: &[Need::WebSocket, Need::Chat, Need::Process],
    // Whatever others did to the server would be counted as well.
    pace: Pace::Alone,
    wire: "",
    why: "",
    differs: "",
    run: |trial| Box::pin(batches::of_visits(trial)),
};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "RES-01",
        title: "memory stays where it is while users come, join, speak and go",
        wire: "3 × 1500 × connect, join, send, cut; the third batch adds nothing to memory",
        why: "A server that keeps a little of each visit has to be started anew every few days.",
        run: |trial| Box::pin(batches::of_visits(trial)),
        ..KEEPS
    },
    Check {
        id: "RES-01b",
        title: "connections that are cut leave no open file behind",
        requirement: "The descriptor of a connection that is gone is closed",
        wire: "200 × connect, join, send, cut → as many open files as before",
        why: "When descriptors run out, nobody connects any more.",
        run: |trial| Box::pin(batches::files_of_visits(trial)),
        ..KEEPS
    },
    Check {
        id: "RES-02",
        title: "sessions that nobody polls any more are freed",
        needs: &[Need::Process, Need::Polling, Need::Heartbeat],
        wire: "2 × 500 handshakes by polling and no poll → HTTP 4xx afterwards, memory flat",
        why: "They are what is left of clients that lost the network.",
        run: |trial| Box::pin(sessions::are_freed(trial)),
        ..KEEPS
    },
    Check {
        id: "RES-02b",
        title: "upgrades that are never finished are closed, and their sessions freed",
        requirement: "A session does not wait for ever for the end of its upgrade",
        needs: &[Need::Polling, Need::WebSocket, Need::Heartbeat],
        pace: Pace::Together,
        wire: "100 × handshake by polling, WebSocket, `2probe`, no `5` → closed; HTTP 4xx",
        why: "They are what is left of clients that lost the network early.",
        differs: "Node frees them by the heartbeat, socketioxide after 10 s.",
        run: |trial| Box::pin(sessions::that_never_upgrade_are_freed(trial)),
        ..KEEPS
    },
    Check {
        id: "RES-03",
        title: "rooms that nobody is in any more leave nothing behind",
        wire: "3 × 100 × 200 joins of new rooms, and cut; the third batch adds nothing to memory",
        why: "Rooms come and go; a table of them that only grows ends the server in the end.",
        run: |trial| Box::pin(batches::of_rooms(trial)),
        ..KEEPS
    },
    Check {
        id: "RES-04",
        title: "sessions that say goodbye are gone at once",
        requirement: "The descriptor of a connection that is closed is closed on both sides",
        needs: &[Need::Process],
        wire: "50 sessions by WebSocket, 50 by polling, closed → as many open files as before",
        why: "After a run nothing of it may be left on the server.",
        run: |trial| Box::pin(sessions::say_goodbye(trial)),
        ..KEEPS
    },
];
