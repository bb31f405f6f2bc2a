//! Robustness: what a server has to outlive, whoever sends it.

mod bytes;
mod http;
mod idle;
mod packets;
mod stalled;

use super::check::{Check, Level, Need, Pace, Section};

/// What most of these checks have in common.
const OUTLIVES: Check = Check {
    id: "",
    title: "",
    requirement: "What one client sends must not end the service for all others",
    section: Section::Practice,
    level: Level::Must,
    needs: &[],
    // What may take the server down runs by itself, lest other checks be blamed.
    pace: Pace::Alone,
    wire: "",
    why: "",
    differs: "",
    run: |trial| Box::pin(bytes::garbage(trial)),
};

/// What takes some servers down is not tried without leave.
const HOSTILE: Check = Check { needs: &[Need::Hostile], ..OUTLIVES };

/// What only tells how long a server waits.
const TOLD: Check = Check {
    requirement: "A server need not wait for ever for a request that is not made",
    level: Level::Info,
    pace: Pace::Together,
    ..OUTLIVES
};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "ROB-01",
        title: "garbage on the port harms nobody else",
        wire: "200 kB of 0xff over TCP → others are served",
        why: "Scanners send it every day.",
        run: |trial| Box::pin(bytes::garbage(trial)),
        ..HOSTILE
    },
    Check {
        id: "ROB-02",
        title: "how long a connection stands on which nothing is said",
        wire: "a TCP connection and not a byte; when it is closed, up to `--max-wait`",
        why: "Each takes a descriptor; a limit of time keeps them few.",
        differs: "netty closes after 2 s, Bun after 12 s; Node, socketioxide, python not in 15 s.",
        run: |trial| Box::pin(idle::says_nothing(trial)),
        ..TOLD
    },
    Check {
        id: "ROB-03",
        title: "how long a connection stands on which half a request is made",
        wire: "a TCP connection, `GET … HTTP/1.1` and half a header; when it is closed",
        why: "Slow requests hold a server's connections as long as it lets them (slowloris).",
        differs: "Node waits 60 s (headersTimeout).",
        run: |trial| Box::pin(idle::says_half(trial)),
        ..TOLD
    },
    Check {
        id: "ROB-04",
        title: "deeply nested arguments that come back harm nobody",
        needs: &[Need::Echo, Need::Hostile],
        wire: "the echo event with an array 1000, then 40000 deep → others are served",
        why: "JSON libraries that call themselves run out of stack: the process ends.",
        differs: "Node ends with a RangeError in its encoder at 40000.",
        run: |trial| Box::pin(packets::nested_echo(trial)),
        ..HOSTILE
    },
    Check {
        id: "ROB-04b",
        title: "deeply nested messages to a room harm nobody",
        needs: &[Need::Chat, Need::Hostile],
        wire: "a message whose text is an array 1000, then 40000 deep → others are served",
        why: "JSON libraries that call themselves run out of stack: the process ends.",
        differs: "Node ends with a RangeError in its encoder at 40000.",
        run: |trial| Box::pin(packets::nested_message(trial)),
        ..HOSTILE
    },
    Check {
        id: "ROB-05",
        title: "an announcement of a million attachments harms nobody",
        wire: "`451000000-[…]` → others are served",
        why: "A server that makes room for what is announced runs out of memory.",
        run: |trial| Box::pin(packets::a_million_attachments(trial)),
        ..HOSTILE
    },
    Check {
        id: "ROB-05b",
        title: "an announcement of a million attachments closes the connection",
        requirement: "An announcement that nobody means is refused, not waited for",
        level: Level::Should,
        wire: "`451000000-[…]` → the connection is closed",
        why: "What is only waited for holds memory until the client goes.",
        differs: "python-socketio waits for all of them.",
        run: |trial| Box::pin(packets::a_million_attachments_close(trial)),
        ..HOSTILE
    },
    Check {
        id: "ROB-06",
        title: "50 requests for a WebSocket that are dropped harm nobody",
        wire: "the request, whole or half, and the end of the connection, 50 times → others live",
        why: "It is what a network that comes and goes does all day.",
        run: |trial| Box::pin(http::dropped_openings(trial)),
        ..OUTLIVES
    },
    Check {
        id: "ROB-07",
        title: "posts that end before their Content-Length harm nobody",
        needs: &[Need::Polling],
        wire: "POST with `Content-Length: 1000`, 2 bytes, the end of the connection → others live",
        why: "Phones that lose the network end requests in the middle.",
        run: |trial| Box::pin(http::broken_posts(trial)),
        ..OUTLIVES
    },
    Check {
        id: "ROB-08",
        title: "a name of 60 kB and an event of 1000 arguments harm nobody",
        wire: "`42[\"EEE…\",1]`, `42[\"chatbench-none\",0,1,…,999]` → others are served",
        why: "Names and arguments are the client's to choose.",
        run: |trial| Box::pin(packets::large_events(trial)),
        ..OUTLIVES
    },
    Check {
        id: "ROB-09",
        title: "a member that does not read keeps nobody waiting",
        requirement: "Who reads hears all within 5 s, whatever others in the room do",
        section: Section::Contract,
        needs: &[Need::WebSocket, Need::Chat],
        wire: "a says 200 × 50 kB, b and c read; c is cut off, d joins and reads nothing, but \
               answers pings; a says 200 more; b hears all within 5 s",
        why: "One phone in a tunnel must not silence the room.",
        differs: "gevent with gevent-websocket misses heartbeats and closes all connections.",
        run: |trial| Box::pin(stalled::keeps_nobody_waiting(trial)),
        ..OUTLIVES
    },
    Check {
        id: "ROB-10",
        title: "50 odd packets over each transport harm nobody",
        wire: "broken, deep and many-digit packets by WebSocket and POST → others live",
        why: "Parsers fail where nobody looked.",
        run: |trial| Box::pin(packets::odd_ones(trial)),
        ..HOSTILE
    },
    Check {
        id: "ROB-11",
        title: "odd requests for an upgrade harm nobody",
        wire: "the preface of HTTP/2, `Upgrade: h2c`, CR LF in the sid, 64 kB of query",
        why: "Proxies and scanners ask for all kinds of things.",
        run: |trial| Box::pin(http::odd_upgrades(trial)),
        ..OUTLIVES
    },
    Check {
        id: "ROB-12",
        title: "500 WebSockets that say nothing are closed by the heartbeat at the latest",
        requirement: "A connection that says nothing at all is not kept for ever",
        needs: &[Need::WebSocket, Need::Heartbeat],
        wire: "500 × open, no `40`, no `3` → each is closed within a heartbeat and a half",
        why: "Connections that nobody uses would pile up until none is left.",
        run: |trial| Box::pin(idle::are_reaped(trial)),
        ..OUTLIVES
    },
];
