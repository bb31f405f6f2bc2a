//! Payload: what is said is heard as it was said (the chat contract).

mod attachments;
mod fields;
mod texts;
mod values;

use crate::conformance::check::{Check, Level, Need, Pace, Section};

const UNCHANGED: &str =
    "Everyone in the room but the sender receives the message, its payload unchanged";

/// What most of these checks have in common.
const PLAIN: Check = Check {
    id: "",
    title: "",
    requirement: UNCHANGED,
    section: Section::Contract,
    level: Level::Must,
    needs: &[Need::Chat],
    pace: Pace::Together,
    wire: "",
    why: "",
    differs: "",
    run: |trial| Box::pin(texts::are_heard_as_said(trial)),
};

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "CHAT-PAY-01",
        title: "texts of all kinds of characters arrive as they were sent",
        wire: "a says text with NUL, U+2028, U+001E, emoji, markup, JSON, … → b hears the same",
        why: "A server that escapes, trims or re-encodes texts changes what people said.",
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-01b",
        title: "long texts arrive whole: 8 KiB, 64 KiB and more, and of two-byte characters",
        wire: "a says 8192, 66000 and 2 × 40000 bytes of text → b hears the same",
        why: "Texts beyond one frame or buffer are where servers cut.",
        run: |trial| Box::pin(texts::long_ones_are_whole(trial)),
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-01c",
        title: "values other than texts are relayed unaltered, if they are relayed",
        needs: &[Need::ObjectPayload],
        wire: "a says null, numbers, arrays, objects and `\"\"` → b hears the same or nothing",
        why: "A field that is lost on the way is worse than a message that is refused.",
        differs: "netty-socketio drops fields that are null.",
        run: |trial| Box::pin(values::are_not_altered(trial)),
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-01d",
        title: "values other than texts are relayed",
        level: Level::Should,
        needs: &[Need::ObjectPayload],
        wire: "a says null, numbers, arrays, objects and `\"\"` → b hears each",
        why: "Clients put more than text into messages: replies, locations, reactions.",
        differs: "Servers whose messages have types take what fits these.",
        run: |trial| Box::pin(values::are_relayed(trial)),
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-02",
        title: "how JSON is relayed that can be read in more than one way",
        requirement: "JSON may be written anew on the way: numbers beyond 2^53, repeated keys and \
                      lone surrogates come out as the server's JSON library has them",
        section: Section::Practice,
        level: Level::Info,
        needs: &[Need::ObjectPayload],
        wire: "a says 2^53+1, 1.0, 1e2, 1e400, repeated keys, … → as b hears them",
        why: "Ids beyond 2^53 have to be sent as strings where numbers are rounded.",
        differs: "Each JSON library has its own ways.",
        run: |trial| Box::pin(values::fingerprint(trial)),
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-03",
        title: "an attachment reaches a room whose WebSocket joined before its poller",
        needs: &[Need::WebSocket, Need::Chat, Need::Binary, Need::Polling],
        wire: "b by WebSocket, then c by polling; a says 4 bytes → both hear these 4 bytes",
        why: "A packet that is encoded once for all members is easily encoded for the wrong one.",
        differs: "python-engineio 4.15 answers the poll with HTTP 500 and loses both packets.",
        run: |trial| Box::pin(attachments::reach_websocket_then_poller(trial)),
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-04",
        title: "a message of 90 % of maxPayload arrives",
        requirement: "The maximum number of bytes per chunk, used by the client to aggregate \
                      packets into payloads",
        section: Section::EngineIo("Handshake"),
        needs: &[Need::Chat, Need::MaxPayload],
        wire: "a says a text of 0.9 × maxPayload → b hears it whole",
        why: "What a server says it takes, it has to deliver.",
        run: |trial| Box::pin(texts::almost_the_longest_is_whole(trial)),
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-05",
        title: "an attachment reaches a room whose poller joined before its WebSocket",
        needs: &[Need::WebSocket, Need::Chat, Need::Binary, Need::Polling],
        wire: "b by polling, then c by WebSocket; a says 4 bytes → both hear these 4 bytes",
        why: "A packet that is encoded once for all members is easily encoded for the wrong one.",
        differs: "python-engineio 4.15 sends the WebSocket base64 text.",
        run: |trial| Box::pin(attachments::reach_poller_then_websocket(trial)),
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-06",
        title: "a text reaches WebSockets and pollers of one room alike",
        needs: &[Need::WebSocket, Need::Chat, Need::Polling],
        wire: "b by WebSocket, c by polling; a says é€😀 → both hear it as it was sent",
        why: "Clients behind proxies poll; they are in the same rooms.",
        run: |trial| Box::pin(texts::reach_both_transports(trial)),
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-07",
        title: "nothing that is not JSON is relayed",
        requirement: "Numeric values that cannot be represented in the grammar below (such as \
                      Infinity and NaN) are not permitted",
        section: Section::Rfc(8259, "6"),
        needs: &[Need::ObjectPayload],
        pace: Pace::Alone,
        wire: "a says `NaN`, `Infinity`, `-Infinity`, `1e400` → all that b hears is JSON",
        why: "Clients drop the connection over it: one user throws all others of a room out.",
        differs: "python-socketio relays NaN and Infinity.",
        run: |trial| Box::pin(values::are_json(trial)),
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-08",
        title: "the author arrives as it was sent",
        wire: "`Ann <a@x> Ωé` says something → b hears that `Ann <a@x> Ωé` said it",
        why: "Names that the server makes tidy are other names.",
        run: |trial| Box::pin(fields::keep_the_author(trial)),
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-08b",
        title: "fields that the server does not know are kept",
        level: Level::Should,
        needs: &[Need::ObjectPayload],
        wire: "a says something with `ts` and `extra` beside it → b hears these as well",
        why: "New clients add fields; the server need not be deployed anew for that.",
        differs: "Servers whose messages have types know no other fields.",
        run: |trial| Box::pin(fields::keep_unknown_ones(trial)),
        ..PLAIN
    },
    Check {
        id: "CHAT-PAY-09",
        title: "with how many arguments a message arrives",
        requirement: "A message has the arguments that the dialect names; with connection state \
                      recovery an offset may follow them",
        section: Section::Practice,
        level: Level::Info,
        wire: "a says something → how many arguments b hears",
        why: "Handlers that take a fixed number of arguments trip over one more.",
        differs: "With connection state recovery an offset follows.",
        run: |trial| Box::pin(fields::are_counted(trial)),
        ..PLAIN
    },
];
