//! Events: names that mean something elsewhere, and arguments of every type (Socket.IO protocol
//! v5, *Sending and receiving data*).

use serde_json::{Value, json};

use super::data::same_arguments;
use super::offence::{Proof, Standing, offend, text, told_of_each};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Packet, shortened};
use crate::conformance::trial::Trial;

const SENDING: Section = Section::SocketIo("Sending and receiving data");

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "SIO-EVT-01",
        title: "an event that nobody listens for is ignored",
        requirement: "An event without a handler is no offence: the connection stays",
        section: Section::Practice,
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "`42[\"chatbench-unknown\",1]` → nothing, and the connection stays",
        why: "A newer client must not be thrown out by an older server.",
        differs: "",
        run: |trial| Box::pin(ignores_unknown_events(trial)),
    },
    Check {
        id: "SIO-EVT-02",
        title: "what becomes of events with reserved names",
        requirement: "Names such as `connect` and `disconnect` are kept for the library's own \
                      events, and applications must not use them",
        section: Section::Docs("Emit cheatsheet, reserved events"),
        level: Level::Info,
        needs: &[],
        pace: Pace::Together,
        wire: "`42[\"connect\"]`, `42[\"disconnect\"]`, …",
        why: "Where they reach handlers, a client can feign what only the server may say.",
        differs: "The official server closes; others take them for any event.",
        run: |trial| Box::pin(tells_of_reserved_names(trial)),
    },
    Check {
        id: "SIO-EVT-03",
        title: "events named as parts of objects harm nobody",
        requirement: "An event's name is any string, also one that some languages look up in \
                      every object",
        section: Section::Practice,
        level: Level::Must,
        needs: &[],
        pace: Pace::Alone,
        wire: "`42[\"__proto__\",1]`, `42[\"constructor\",1]`, … → others are served on",
        why: "One client must not take the server down.",
        differs: "",
        run: |trial| Box::pin(survives_names(trial, &NAMES_OF_OBJECTS)),
    },
    Check {
        id: "SIO-EVT-04",
        title: "an event named error harms nobody",
        requirement: "An event named `error` without a handler must not end the process \
                      (CVE-2024-38355)",
        section: Section::Practice,
        level: Level::Must,
        needs: &[Need::Hostile],
        pace: Pace::Alone,
        wire: "`42[\"error\",1]` → others are served on",
        why: "Any client can take down a server that lacks the fix.",
        differs: "3.x and 4.x before 4.6.2 without a handler for it end.",
        run: |trial| Box::pin(survives_names(trial, &["error"])),
    },
    Check {
        id: "SIO-EVT-05",
        title: "arguments of every type come back as they were sent",
        requirement: "EVENT: used to send data to the other side […] JSON-stringified payload",
        section: SENDING,
        level: Level::Must,
        needs: &[Need::Echo],
        pace: Pace::Together,
        wire: "`42[…,1,\"2\",{\"3\":[true]},…]` → the same arguments",
        why: "It is what applications are made of.",
        differs: "netty-socketio drops fields that are null.",
        run: |trial| Box::pin(returns_every_type(trial)),
    },
    Check {
        id: "SIO-EVT-05b",
        title: "an event's name that is written with escapes is the same name",
        requirement: "Two strings are the same when, their escapes read, all code units agree",
        section: Section::Rfc(8259, "8.3"),
        level: Level::Should,
        needs: &[Need::Echo],
        pace: Pace::Together,
        wire: "`42[\"messag\\u0065\",1]` → as `42[\"message\",1]`",
        why: "Some clients escape all but ASCII, and every one escapes quotation marks.",
        differs: "socketioxide closes the connection.",
        run: |trial| Box::pin(reads_an_escaped_name(trial)),
    },
];

/// `name` as JSON, with its last letter escaped.
fn escaped(name: &str) -> String {
    let mut chars: Vec<char> = name.chars().collect();
    let last = chars.pop().map_or(String::new(), |last| {
        last.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    });
    let before = Value::from(chars.iter().collect::<String>()).to_string();
    format!("{}{last}\"", before.strip_suffix('"').unwrap_or(&before))
}

async fn reads_an_escaped_name(trial: &Trial) -> Found {
    let Some((event, back)) = &trial.hooks().echo else {
        return Err(Stop::NotApplicable("the dialect names no `hooks.echo`".into()));
    };
    let mut peer = trial.connect_awake(trial.via()).await?;
    let data = format!("[{},1]", escaped(event));
    peer.send(format!("42{}{data}", trial.prefix())).await?;
    let expected = format!("`{back}` comes back upon `{data}`");
    peer.expect_data(&expected, |it| it.name() == Some(back)).await?;
    fine()
}

const NAMES_OF_OBJECTS: [&str; 7] = [
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "__class__",
    "__init__",
];

fn event(trial: &Trial, name: &str) -> Vec<Packet> {
    text(format!("42{}{}", trial.prefix(), json!([name, 1])))
}

async fn ignores_unknown_events(trial: &Trial) -> Found {
    const EXPECTED: &str = "the connection stays, and nothing is answered";
    let unknown = [event(trial, "chatbench-unknown")];
    let aftermaths = offend(trial, Standing::Connected, Proof::Answer, &unknown).await?;
    aftermaths.sound()?;
    let aftermath = &aftermaths.each[0];
    let is_ignored = aftermath.end.is_none() && aftermath.answered;
    ensure(is_ignored, EXPECTED, || aftermath.words())?;
    fine()
}

async fn tells_of_reserved_names(trial: &Trial) -> Found {
    let names = [
        "connect",
        "connect_error",
        "disconnect",
        "disconnecting",
        "newListener",
        "removeListener",
    ];
    told_of_each(trial, Standing::Connected, &names.map(|name| (name, event(trial, name)))).await
}

async fn survives_names(trial: &Trial, names: &[&str]) -> Found {
    const EXPECTED: &str = "other connections are served on";
    let offences: Vec<_> = names.iter().map(|name| event(trial, name)).collect();
    let aftermaths = offend(trial, Standing::Connected, Proof::Answer, &offences).await?;
    aftermaths.twin.map_err(|missing| {
        Stop::failed(EXPECTED, format!("a connection that did nothing wrong heard {missing}"))
    })?;
    let closed = aftermaths.each.iter().filter(|aftermath| aftermath.end.is_some()).count();
    match closed {
        0 => fine(),
        _ => Ok(format!("{closed} of {} were closed by it", names.len())),
    }
}

async fn returns_every_type(trial: &Trial) -> Found {
    const EXPECTED: &str = "the same arguments";
    let Some((event, back)) = &trial.hooks().echo else {
        return Err(Stop::NotApplicable("the dialect names no `hooks.echo`".into()));
    };
    let sent: [&[Value]; 6] = [
        &[json!(1), json!("2"), json!({ "3": [true] })],
        &[],
        &[json!(null), json!(false), json!(-1.5), json!(0), json!("")],
        &[json!([]), json!({}), json!([[[{ "deep": [null, { "er": 1 }] }]]])],
        &[json!("é€😀 \u{2028} \" \\ \n \u{0}"), json!({ "é€": "ключ", "": 1 })],
        &[json!(9_007_199_254_740_991_i64), json!(-9_007_199_254_740_991_i64)],
    ];
    let mut peer = trial.connect_awake(trial.via()).await?;
    for arguments in sent {
        let mut data = vec![json!(event)];
        data.extend_from_slice(arguments);
        let data = Value::Array(data).to_string();
        peer.send(format!("42{}{data}", trial.prefix())).await?;
        let namespace = &trial.target().namespace;
        let returned = peer
            .expect_data(&format!("`{}` comes back", shortened(&data)), |it| {
                it.name() == Some(back) && it.namespace == *namespace
            })
            .await?;
        let same = same_arguments(trial, arguments, &returned.data[1..]);
        ensure(same, &format!("{EXPECTED} as of `{}`", shortened(&data)), || {
            format!("`{}`", shortened(&Value::Array(returned.data.clone()).to_string()))
        })?;
    }
    fine()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_name_is_the_same_name() {
        for name in ["message", "a", "😀", "say \"hi\""] {
            let read: Value = serde_json::from_str(&escaped(name)).expect("JSON");
            assert_eq!(read, name);
            assert_ne!(escaped(name), Value::from(name).to_string());
        }
    }
}
