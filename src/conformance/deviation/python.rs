//! What python-socketio does otherwise, as of 5.18.1 and python-engineio 4.15.1.

use super::Deviation;
use crate::conformance::Family;

/// What they have in common.
const COMMON: Deviation = Deviation {
    check: "",
    family: Family::Python,
    when: "",
    saying: &[],
    reason: "",
    link: "",
    since: "5.18.1",
    until: "",
};

/// What cannot be read is an exception to it, which is logged.
const fn unread(check: &'static str) -> Deviation {
    Deviation {
        check,
        reason: "Logs what it cannot read and keeps the connection.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               async_server.py#L680",
        ..COMMON
    }
}

pub(super) const DEVIATIONS: &[Deviation] = &[
    Deviation {
        check: "EIO-HS-05",
        saying: &["?EIO=4: HTTP 200"],
        reason: "Takes a handshake that names no transport for one by polling.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_server.py#L246",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-05",
        reason: "Lets a second poll wait beside the first; whichever gets nothing in time is \
                 refused.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_socket.py#L12",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-01",
        reason: "Answers a post with `OK`, in capitals.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               base_server.py#L258",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-14b",
        reason: "bug: drops every packet of a post of more than 16, and answers 200.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               payload.py#L43-L44",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-04",
        reason: "Logs that a post cannot be read, answers 200 and keeps the session.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_server.py#L336-L340",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-04b",
        reason: "Logs that a post cannot be read, answers 200 and keeps the session.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_server.py#L336-L340",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-04c",
        reason: "Takes a post of nothing; logs an empty packet, answers 200 and keeps the session.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               payload.py#L34",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-04d",
        reason: "Logs that it does not know a packet, or answers an upgrade with a noop, and keeps \
                 the session.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_socket.py#L45-L53",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-04e",
        saying: &["HTTP 200"],
        reason: "Logs that a post cannot be read, answers 200 and keeps the session.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_server.py#L336-L340",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-06",
        saying: &["the second post: HTTP 200"],
        reason: "Takes two posts at once: nothing counts them.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_socket.py#L105-L114",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-08c",
        saying: &["no answer within"],
        reason: "Closes the session of a post that is too long, but leaves the post unanswered \
                 while \
                 nobody polls: it waits until all that is queued was fetched.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_server.py#L182-L199",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-08d",
        saying: &["HTTP 200"],
        reason: "bug: reads no body without a Content-Length, and answers 200.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_socket.py#L107",
        ..COMMON
    },
    Deviation {
        check: "EIO-HTTP-09b",
        saying: &["nothing within"],
        reason: "bug: reads no body without a Content-Length, and answers 200.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_socket.py#L107",
        ..COMMON
    },
    Deviation {
        check: "EIO-WS-03b",
        reason: "Logs that it does not know a packet and keeps the connection.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_socket.py#L250",
        ..COMMON
    },
    Deviation {
        check: "EIO-WS-03c",
        reason: "Ignores an open packet from the client, as any packet that it does not know.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_socket.py#L250",
        ..COMMON
    },
    Deviation {
        check: "EIO-WS-03d",
        reason: "Logs that it does not know a packet and keeps the connection.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_socket.py#L250",
        ..COMMON
    },
    Deviation {
        check: "EIO-CLS-02",
        saying: &["HTTP 400"],
        reason: "Answers the poll that waits with 400 once the session is closed.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_server.py",
        ..COMMON
    },
    Deviation {
        check: "EIO-UPG-11b",
        reason: "Waits without a limit for the packets of an upgrade.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_socket.py#L166-L180",
        ..COMMON
    },
    Deviation {
        check: "RES-02b",
        reason: "Waits without a limit for the packets of an upgrade, and keeps as many \
                 WebSockets as \
                 were begun.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               async_socket.py#L166-L180",
        ..COMMON
    },
    Deviation {
        check: "SIO-CON-04b",
        reason: "Says why a namespace is refused as a text and not as an object.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               async_server.py#L545",
        ..COMMON
    },
    Deviation {
        check: "SIO-CON-05",
        reason: "Logs what it cannot read and keeps the connection. It does not ask whether \
                 CONNECT \
                 came first.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               async_server.py#L680",
        ..COMMON
    },
    Deviation {
        check: "SIO-CON-06",
        reason: "Has no limit for sending CONNECT: a session in no namespace stays.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               async_server.py#L680",
        ..COMMON
    },
    Deviation {
        check: "SIO-CON-07",
        saying: &["silence"],
        reason: "Ignores an event before CONNECT and keeps the connection.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               async_server.py#L597-L606",
        ..COMMON
    },
    unread("SIO-ERR-01"),
    unread("SIO-ERR-01b"),
    unread("SIO-ERR-01c"),
    unread("SIO-ERR-01d"),
    unread("SIO-ERR-01e"),
    unread("SIO-ERR-01g"),
    unread("SIO-ACK-06"),
    unread("SIO-ACK-06b"),
    unread("SIO-ACK-06c"),
    unread("SIO-ACK-06d"),
    unread("SIO-ACK-06e"),
    Deviation {
        check: "SIO-ERR-01f",
        reason: "Takes an event with a blank before its payload, as JSON may begin with one.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               packet.py#L114",
        ..COMMON
    },
    Deviation {
        check: "SIO-BIN-04",
        reason: "bug: takes a text for the attachment that it waits for.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               packet.py#L117-L124",
        ..COMMON
    },
    unread("SIO-BIN-05"),
    unread("SIO-BIN-06"),
    Deviation {
        check: "SIO-BIN-06b",
        reason: "Logs what it cannot read and keeps the connection. A negative number counts \
                 from the \
                 last attachment.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               packet.py#L140",
        ..COMMON
    },
    Deviation {
        check: "SIO-BIN-06c",
        reason: "bug: reads the number of a placeholder as an index of Python, where -1 is the \
                 last.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               packet.py#L140",
        ..COMMON
    },
    Deviation {
        check: "CHAT-PAY-03",
        saying: &["HTTP 500"],
        reason: "bug: keeps the first form of a packet for all receivers, so a poller gets an \
                 attachment as raw bytes: its poll fails with HTTP 500, and all of it is lost.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               packet.py#L31-L54",
        ..COMMON
    },
    Deviation {
        check: "CHAT-PAY-05",
        // Where the WebSocket is told first, the poll fails as it does in CHAT-PAY-03.
        saying: &["bAQID/w==", "HTTP 500"],
        reason: "bug: keeps the first form of a packet for all receivers, so a WebSocket gets an \
                 attachment as a text of base64.",
        link: "https://github.com/miguelgrinberg/python-engineio/blob/v4.13.3/src/engineio/\
               packet.py#L31-L54",
        ..COMMON
    },
    Deviation {
        check: "CHAT-PAY-07",
        reason: "bug: reads and writes NaN and Infinity, which are not JSON: a browser that hears \
                 them drops the connection.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               packet.py#L114",
        ..COMMON
    },
    Deviation {
        check: "CHAT-ROOM-01b",
        saying: &["said in `null` was heard"],
        reason: "bug: tells everybody what is sent to the room None, which everybody is in. A \
                 handler has to look at what it is given.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               base_manager.py#L34-L49",
        ..COMMON
    },
    Deviation {
        check: "CHAT-ROOM-05",
        saying: &["said in `null` was heard"],
        reason: "bug: tells everybody what is sent to the room None, which everybody is in. A \
                 handler has to look at what it is given.",
        link: "https://github.com/miguelgrinberg/python-socketio/blob/v5.16.3/src/socketio/\
               base_manager.py#L34-L49",
        ..COMMON
    },
];
