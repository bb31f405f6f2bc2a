//! Cluster: what is said on one node is heard on another as if it were the same.

mod across;
mod openings;
mod outage;

use super::check::{Check, Level, Need, Pace, Section};

/// What most of these checks have in common.
const ACROSS: Check = Check {
    id: "",
    title: "",
    requirement: "A cluster is one server: a room has members on any node",
    section: Section::Contract,
    level: Level::Must,
    needs: &[Need::Chat, Need::Cluster],
    pace: Pace::Together,
    wire: "",
    why: "",
    differs: "",
    run: |trial| Box::pin(across::is_heard(trial)),
};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "CLU-01",
        title: "members on every node hear a message, as it was sent",
        wire: "a, c on one node, b, d on the other; a and b speak; all others hear it",
        why: "Without an adapter that joins the nodes, half of a room hears nothing.",
        run: |trial| Box::pin(across::is_heard(trial)),
        ..ACROSS
    },
    Check {
        id: "CLU-01b",
        title: "a sender does not hear itself by way of the other node",
        wire: "a and b on two nodes speak; neither hears what it said itself, or once where \
               senders hear themselves",
        why: "A message that comes back over the broker shows up twice for its author.",
        run: |trial| Box::pin(across::is_not_heard_by_its_sender(trial)),
        ..ACROSS
    },
    Check {
        id: "CLU-01c",
        title: "messages of one sender arrive in order on every node",
        needs: &[Need::Chat, Need::Cluster, Need::Order],
        wire: "a says 100 texts at once; members on both nodes hear them in order",
        why: "A broker with several queues can overtake itself.",
        run: |trial| Box::pin(across::keeps_order(trial)),
        ..ACROSS
    },
    Check {
        id: "CLU-02",
        title: "other rooms on the other node stay silent",
        wire: "a speaks; on both nodes members of other rooms and of none hear nothing",
        why: "An adapter that forgets the room on the way tells everybody.",
        run: |trial| Box::pin(across::stays_in_its_room(trial)),
        ..ACROSS
    },
    Check {
        id: "CLU-03",
        title: "200 messages are heard exactly once on every node",
        wire: "a and b say 100 texts each; each other member hears each once",
        why: "Nodes that relay what was relayed to them double every message.",
        run: |trial| Box::pin(across::is_heard_once(trial)),
        ..ACROSS
    },
    Check {
        id: "CLU-04",
        title: "while the broker is down, members of one node hear each other, and once",
        requirement: "What one node can do alone, it does while its broker is away",
        section: Section::Practice,
        level: Level::Should,
        needs: &[Need::Chat, Need::Cluster, Need::Broker],
        pace: Pace::Alone,
        wire: "the broker is taken down; a speaks to c on its node, b to d on the other; it is \
               brought back → c and d heard each text once, and all hear each other again",
        why: "A broker that restarts need not silence a chat, nor have it say everything twice.",
        run: |trial| Box::pin(outage::leaves_nodes_alone(trial)),
        ..ACROSS
    },
    Check {
        id: "CLU-05",
        title: "how many new connections fail: 600 by WebSocket, 600 by polling",
        requirement: "At most one of 1000 connections fails for the sake of who serves it",
        section: Section::Practice,
        level: Level::Info,
        needs: &[],
        pace: Pace::Alone,
        wire: "open, `40` → `40{\"sid\":…}`, 16 at a time",
        why: "Where a balancer is not sticky enough, first requests go to the wrong node.",
        differs: "@socket.io/sticky 2.0.1 loses 3 of 100 first frames and 4 of 100 first posts.",
        run: |trial| Box::pin(openings::fail_rarely(trial)),
    },
    Check {
        id: "CLU-06",
        title: "an attachment reaches members on every node",
        needs: &[Need::Chat, Need::Cluster, Need::Binary],
        wire: "a says 4 bytes; b on the other node and c on its own hear these 4 bytes",
        why: "What goes between the nodes as JSON has to bring bytes back as bytes.",
        run: |trial| Box::pin(across::brings_bytes(trial)),
        ..ACROSS
    },
];
