//! What socketioxide does otherwise, as of 0.18.9.

use super::Deviation;
use crate::conformance::Family;

/// What they have in common.
const COMMON: Deviation = Deviation {
    check: "",
    family: Family::Socketioxide,
    when: "",
    saying: &[],
    reason: "",
    link: "",
    since: "0.18.9",
    until: "",
};

pub(super) const DEVIATIONS: &[Deviation] = &[
    Deviation {
        check: "EIO-HS-15",
        reason: "Gives a socket the id of its Engine.IO session, which whoever knows it can poll.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               socketioxide/src/client.rs#L70",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-07",
        when: "unless the next poll comes first, as it may on a multi-thread runtime",
        reason: "Keeps a session whose poll was broken off; what was written to that poll is lost.",
        link: "https://github.com/Totodore/socketioxide/blob/engineioxide-v0.17.6/crates/\
               engineioxide/src/transport/polling.rs",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-04c",
        reason: "Takes a post of nothing, and one that ends with a separator: the decoder ends \
                 where \
                 there is nothing left.",
        link: "https://github.com/Totodore/socketioxide/blob/engineioxide-core-v0.2.2/crates/\
               engineioxide-core/src/payload/decoder.rs",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-04d",
        reason: "Refuses a post of a packet that only a server may send, and keeps the session.",
        link: "https://github.com/Totodore/socketioxide/blob/engineioxide-v0.17.6/crates/\
               engineioxide/src/transport/polling.rs#L206",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-06",
        saying: &["the second post: HTTP 200"],
        reason: "Takes two posts at once: nothing counts them.",
        link: "https://github.com/Totodore/socketioxide/blob/engineioxide-v0.17.6/crates/\
               engineioxide/src/transport/polling.rs",
        ..COMMON
    },
    Deviation {
        check: "EIO-WS-09",
        when: "where ws_max_message_size is not set",
        reason: "Takes messages by WebSocket that are longer than the maxPayload it tells of, \
                 which \
                 limits polling alone.",
        link: "https://github.com/Totodore/socketioxide/blob/engineioxide-v0.17.6/crates/\
               engineioxide/src/transport/ws.rs#L121",
        ..COMMON
    },
    Deviation {
        check: "EIO-WS-09b",
        when: "where ws_max_message_size is not set",
        reason: "Takes messages by WebSocket that are longer than the maxPayload it tells of, \
                 which \
                 limits polling alone.",
        link: "https://github.com/Totodore/socketioxide/blob/engineioxide-v0.17.6/crates/\
               engineioxide/src/transport/ws.rs#L121",
        ..COMMON
    },
    Deviation {
        check: "EIO-WS-12",
        reason: "Opens a WebSocket of any version: the header is not looked at.",
        link: "https://github.com/Totodore/socketioxide/blob/engineioxide-v0.17.6/crates/\
               engineioxide/src/transport/ws.rs#L34-L60",
        ..COMMON
    },
    Deviation {
        check: "EIO-CLS-03",
        reason: "Forgets a polling session the moment it is closed, and with it what was not \
                 fetched \
                 yet.",
        link: "https://github.com/Totodore/socketioxide/blob/engineioxide-v0.17.6/crates/\
               engineioxide/src/transport/polling.rs",
        ..COMMON
    },
    Deviation {
        check: "EIO-UPG-09",
        reason: "Closes the polling session when the WebSocket of its upgrade is broken off.",
        link: "https://github.com/Totodore/socketioxide/blob/engineioxide-v0.17.6/crates/\
               engineioxide/src/transport/ws.rs#L92",
        ..COMMON
    },
    Deviation {
        check: "SIO-CON-08b",
        saying: &["ignored"],
        reason: "Ignores a second CONNECT to the same namespace.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               socketioxide/src/ns.rs#L101",
        ..COMMON
    },
    Deviation {
        check: "SIO-DIS-05",
        saying: &["the same id"],
        reason: "Gives a socket that comes back the same id, which is that of its Engine.IO \
                 session.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               socketioxide/src/client.rs#L70",
        ..COMMON
    },
    Deviation {
        check: "SIO-EVT-05b",
        reason: "bug: closes the connection at an event whose name is written with escapes, \
                 since it \
                 reads names without copying them.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               parser-common/src/value/de.rs#L36",
        ..COMMON
    },
    Deviation {
        check: "SIO-ERR-01e",
        reason: "Does not look at what stands behind the payload of an event.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               parser-common/src/value/de.rs#L7",
        ..COMMON
    },
    Deviation {
        check: "SIO-ERR-01f",
        reason: "Takes an event with a blank before its payload, as JSON may begin with one.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               parser-common/src/value/de.rs#L7",
        ..COMMON
    },
    Deviation {
        check: "SIO-ACK-06e",
        reason: "Takes an ACK whose payload is an object.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               parser-common/src/de.rs",
        ..COMMON
    },
    Deviation {
        check: "SIO-BIN-06b",
        reason: "Leaves a placeholder of an attachment that there is not as it stands.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               parser-common/src/value/de.rs#L607",
        ..COMMON
    },
    Deviation {
        check: "CHAT-ORD-01",
        when: "on a multi-thread runtime, or where max_buffer_size is small",
        reason: "Runs each handler as a task of its own, so that two threads let a message \
                 overtake \
                 the one before it; refuses what comes after 128 packets for a receiver, unless \
                 told otherwise.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               socketioxide/src/handler/message.rs#L183",
        ..COMMON
    },
    Deviation {
        check: "CHAT-ORD-02",
        when: "on a multi-thread runtime",
        saying: &["too late"],
        reason: "Runs each handler as a task of its own, so that two threads let a message \
                 overtake the one before it.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               socketioxide/src/handler/message.rs#L183",
        ..COMMON
    },
    Deviation {
        check: "CHAT-ORD-03",
        when: "on a multi-thread runtime",
        saying: &["too late"],
        reason: "Runs each handler as a task of its own, so that two threads let a message \
                 overtake the one before it.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               socketioxide/src/handler/message.rs#L183",
        ..COMMON
    },
    Deviation {
        check: "CHAT-ORD-04",
        when: "on a multi-thread runtime, or where max_buffer_size is small",
        reason: "Keeps 128 packets for a receiver unless told otherwise and refuses what comes \
                 after \
                 them; threads let messages overtake each other as well.",
        link: "https://github.com/Totodore/socketioxide/blob/engineioxide-v0.17.6/crates/\
               engineioxide/src/config.rs#L86",
        ..COMMON
    },
    Deviation {
        check: "CHAT-MEM-02",
        when: "on a multi-thread runtime",
        saying: &["it hears what is said a while later"],
        reason: "Runs each handler as a task of its own, so that a refused CONNECT behind a \
                 join is \
                 answered before the join is done.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               socketioxide/src/handler/message.rs#L183",
        ..COMMON
    },
    Deviation {
        check: "CHAT-MEM-02b",
        when: "on a multi-thread runtime",
        reason: "Answers CONNECT before it spawns the handler that registers those of events, and \
                 drops events that none is registered for.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               socketioxide/src/ns.rs#L137-L147",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-02b",
        when: "on a multi-thread runtime",
        reason: "Runs each handler as a task of its own, so that two threads let an event overtake \
                 the one before it in the same post.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               socketioxide/src/handler/message.rs#L183",
        ..COMMON
    },
    Deviation {
        check: "EIO-UPG-05b",
        when: "on a multi-thread runtime",
        reason: "Runs each handler as a task of its own, so that two threads let an event overtake \
                 the one before it.",
        link: "https://github.com/Totodore/socketioxide/blob/socketioxide-v0.18.5/crates/\
               socketioxide/src/handler/message.rs#L183",
        ..COMMON
    },
];
