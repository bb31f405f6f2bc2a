//! Errors: packets that are none, each on a connection of its own (Socket.IO protocol v5,
//! *Sending and receiving data*).

use super::offence::{Proof, Standing, all_close, text};
use crate::conformance::check::{Check, Level, Pace, Section};
use crate::conformance::finding::Found;
use crate::conformance::trial::Trial;

const SENDING: Section = Section::SocketIo("Sending and receiving data");
const NON_EMPTY: &str = "The payload is mandatory and MUST be a non-empty array. If that's not \
                         the case, then the receiver MUST close the connection";

/// After `42` and the namespace. None is a non-empty array.
const NO_ARRAY: [&str; 6] =
    ["{}", "[]", "\"message\"", "null", r#"{"length":1,"0":"message"}"#, "[\"message\""];
/// After `42` and the namespace. The names are no strings, nor numbers.
const ODD_NAMES: [&str; 4] = ["[null]", "[[\"a\"]]", "[true]", "[{}]"];
/// As they stand: no packet has such a type, or it has none.
const NO_TYPE: [&str; 4] = ["4abc", "4", "47[]", "49"];

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "SIO-ERR-01",
        title: "an event whose payload is no array, or an empty one, closes the connection",
        requirement: NON_EMPTY,
        section: SENDING,
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "`42{}`, `42[]`, `42\"message\"`, `42null`, …, `42[\"message\"` → the end each",
        why: "What is no packet must reach no handler, and its sender is not to be trusted.",
        differs: "python-socketio and netty-socketio tolerate them all.",
        run: |trial| Box::pin(closes_upon_events(trial, &NO_ARRAY)),
    },
    Check {
        id: "SIO-ERR-01b",
        title: "an event without a payload closes the connection",
        requirement: NON_EMPTY,
        section: SENDING,
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "`42` → the end",
        why: "Handlers of every event may see one without a name.",
        differs: "The official server, python-socketio and netty-socketio tolerate it.",
        run: |trial| Box::pin(closes_upon_events(trial, &[""])),
    },
    Check {
        id: "SIO-ERR-01c",
        title: "an event whose name is null, a boolean, an array or an object closes",
        requirement: "The first element of an event is its name, which is a string",
        section: SENDING,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`42[null]`, `42[[\"a\"]]`, `42[true]`, `42[{}]` → the end each",
        why: "Handlers of every event expect a name.",
        differs: "3.x, 4.0, python-socketio and netty-socketio ignore them.",
        run: |trial| Box::pin(closes_upon_events(trial, &ODD_NAMES)),
    },
    Check {
        id: "SIO-ERR-01d",
        title: "an event whose name is a number closes the connection",
        requirement: "The first element of an event is its name, which is a string",
        section: SENDING,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`42[1]` → the end",
        why: "Handlers of every event expect a name.",
        differs: "The official server tolerates it, as do python-socketio and netty-socketio.",
        run: |trial| Box::pin(closes_upon_events(trial, &["[1]"])),
    },
    Check {
        id: "SIO-ERR-01e",
        title: "an event with something after its payload closes the connection",
        requirement: "<packet type>[<# of binary attachments>-][<namespace>,][<acknowledgment \
                      id>][JSON-stringified payload without binary]",
        section: Section::SocketIo("Format"),
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`42[\"message\",1]x` → the end",
        why: "Two readers of one packet must not come to different ends of it.",
        differs: "socketioxide takes the array and leaves the rest; python-socketio ignores it.",
        run: |trial| Box::pin(closes_upon_trailing(trial)),
    },
    Check {
        id: "SIO-ERR-01f",
        title: "an event with a blank before its payload closes the connection",
        requirement: "<packet type>[<# of binary attachments>-][<namespace>,][<acknowledgment \
                      id>][JSON-stringified payload without binary]",
        section: Section::SocketIo("Format"),
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`42 [\"message\",1]` → the end",
        why: "Some take the blank for an id, and answer to it.",
        differs: "All measured ones process it; the official server takes the id to be 0.",
        run: |trial| Box::pin(closes_upon_blank(trial)),
    },
    Check {
        id: "SIO-ERR-01g",
        title: "a packet of no type there is closes the connection",
        requirement: "Here is the list of available packet types: […]",
        section: Section::SocketIo("Exchange protocol"),
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "after CONNECT, `4abc`, `4`, `47[]`, `49` → the end each",
        why: "Whoever does not speak the protocol must not keep a connection.",
        differs: "python-socketio and netty-socketio tolerate them all.",
        run: |trial| Box::pin(closes_upon_no_type(trial)),
    },
];

async fn closes_upon_events(trial: &Trial, payloads: &[&str]) -> Found {
    let event = |payload: &&str| text(format!("42{}{payload}", trial.prefix()));
    let offences: Vec<_> = payloads.iter().map(event).collect();
    all_close(trial, Standing::Connected, Proof::Answer, &offences).await
}

/// An event that is answered where there is an echo, so that it shows whether it is processed.
fn sound_event(trial: &Trial) -> String {
    let event = trial.hooks().echo.as_ref().map_or("chatbench", |(event, _)| event);
    serde_json::json!([event, 1]).to_string()
}

async fn closes_upon_trailing(trial: &Trial) -> Found {
    closes_upon_events(trial, &[&format!("{}x", sound_event(trial))]).await
}

async fn closes_upon_blank(trial: &Trial) -> Found {
    closes_upon_events(trial, &[&format!(" {}", sound_event(trial))]).await
}

async fn closes_upon_no_type(trial: &Trial) -> Found {
    all_close(trial, Standing::Connected, Proof::Answer, &NO_TYPE.map(text)).await
}
