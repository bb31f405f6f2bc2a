//! What the official server on Node does otherwise, as of socket.io 4.8.4.

use super::Deviation;
use crate::conformance::Family;

/// What they have in common.
const COMMON: Deviation = Deviation {
    check: "",
    family: Family::Node,
    when: "",
    saying: &[],
    reason: "",
    link: "",
    since: "4.8.4",
    until: "",
};

pub(super) const DEVIATIONS: &[Deviation] = &[
    Deviation {
        check: "EIO-HTTP-04d",
        reason: "Ignores a posted open, upgrade or noop packet: only ping, pong, error and message \
                 are looked at.",
        link: "https://github.com/socketio/socket.io/blob/engine.io@6.6.9/packages/engine.io/lib/\
               socket.ts#L161",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-04e",
        saying: &["HTTP 200"],
        reason: "Answers 200 to a post that it cannot read and closes the session afterwards: the \
                 answer does not wait for what the packets are.",
        link: "https://github.com/socketio/socket.io/blob/engine.io@6.6.9/packages/engine.io/lib/\
               transports/polling.ts#L162-L175",
        ..COMMON
    },
    Deviation {
        check: "EIO-WS-03c",
        reason: "Ignores an open packet from the client: only ping, pong, error and message are \
                 looked at.",
        link: "https://github.com/socketio/socket.io/blob/engine.io@6.6.9/packages/engine.io/lib/\
               socket.ts#L161",
        ..COMMON
    },
    Deviation {
        check: "EIO-CLS-01",
        reason: "Ignores a close packet by WebSocket; only its polling transport knows one.",
        link: "https://github.com/socketio/socket.io/blob/engine.io@6.6.9/packages/engine.io/lib/\
               transports/polling.ts#L189-L200",
        ..COMMON
    },
    Deviation {
        check: "CHAT-MEM-06d",
        saying: &["it still hears what is said a while later"],
        reason: "Ignores an Engine.IO close packet by WebSocket, so the socket stays in its rooms \
                 until the connection ends.",
        link: "https://github.com/socketio/socket.io/blob/engine.io@6.6.9/packages/engine.io/lib/\
               transports/polling.ts#L189-L200",
        ..COMMON
    },
    Deviation {
        check: "SIO-ERR-01b",
        reason: "Takes an event without a payload for one without a name: a payload is looked \
                 at only \
                 where there is one.",
        link: "https://github.com/socketio/socket.io/blob/socket.io-parser@4.2.6/packages/\
               socket.io-parser/lib/index.ts#L285",
        ..COMMON
    },
    Deviation {
        check: "SIO-ERR-01d",
        reason: "Lets an event have a number for its name.",
        link: "https://github.com/socketio/socket.io/blob/socket.io-parser@4.2.6/packages/\
               socket.io-parser/lib/index.ts#L318",
        ..COMMON
    },
    Deviation {
        check: "SIO-ERR-01f",
        reason: "Reads a blank before the payload as the acknowledgement id 0, since a blank is a \
                 number to JavaScript.",
        link: "https://github.com/socketio/socket.io/blob/socket.io-parser@4.2.6/packages/\
               socket.io-parser/lib/index.ts#L269-L282",
        ..COMMON
    },
    Deviation {
        check: "SIO-ACK-06c",
        reason: "Takes an ACK without an id: the id is read only where there is one, and an ACK \
                 that \
                 nobody waits for is dropped.",
        link: "https://github.com/socketio/socket.io/blob/socket.io-parser@4.2.6/packages/\
               socket.io-parser/lib/index.ts#L269-L282",
        ..COMMON
    },
    Deviation {
        check: "SIO-ACK-06d",
        reason: "Takes an ACK without a payload: a payload is looked at only where there is one.",
        link: "https://github.com/socketio/socket.io/blob/socket.io-parser@4.2.6/packages/\
               socket.io-parser/lib/index.ts#L285",
        ..COMMON
    },
    Deviation {
        check: "CHAT-EXC-04",
        saying: &["by a once, b once"],
        reason: "bug: a socket that has left the room named by its own id hears what it says \
                 itself, \
                 since it is excluded by that room.",
        link: "https://github.com/socketio/socket.io/issues/4524",
        ..COMMON
    },
    Deviation {
        check: "CHAT-ROOM-05",
        saying: &["said in `[]` was heard"],
        reason: "Tells everybody what is sent to an empty list of rooms: no room means the whole \
                 namespace. A handler has to look at what it is given.",
        link: "https://github.com/socketio/socket.io/blob/socket.io-adapter@2.5.8/packages/\
               socket.io-adapter/lib/in-memory-adapter.ts#L333-L358",
        ..COMMON
    },
    Deviation {
        check: "CSR-05",
        saying: &["the same id again"],
        reason: "Gives a session to whoever asks for it until it has expired, a second time as \
                 well: \
                 restoring it does not forget it.",
        link: "https://github.com/socketio/socket.io/blob/socket.io-adapter@2.5.8/packages/\
               socket.io-adapter/lib/in-memory-adapter.ts#L445-L480",
        ..COMMON
    },
];
