//! Values: JSON in the place of the text, and what is not quite JSON.

use std::time::Duration;

use serde_json::Value;

use crate::conformance::chat::member::{Member, assemble, prove};
use crate::conformance::chat::raw::{Raw, control, with_fields};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::json::same;
use crate::conformance::peer::{Event, Packet, shortened};
use crate::conformance::trial::Trial;

const VALUES: [&str; 10] = [
    r#""""#,
    "null",
    "[true,false]",
    "9007199254740991",
    "[0,-0.25,1.5,1e+21,1e-7]",
    r#"{"a":[1,[2,[3,{"b":null}]],true]}"#,
    r#"{"":1,"a.b":2,"$x":3,"0":4,"constructor":5,"toString":6,"length":0}"#,
    r#"[[],{},[[]],""]"#,
    r#"{"é€😀":"\u0000\u001e"}"#,
    r#"{"type":"Buffer","data":[1,2,3]}"#,
];

/// What JSON libraries write in their own ways, under the names people know.
const AMBIGUOUS: [(&str, &str); 8] = [
    ("2^53+1", "9007199254740993"),
    ("1.0", "1.0"),
    ("1e2", "1e2"),
    ("-0", "-0"),
    ("30 digits", "123456789012345678901234567890"),
    ("1e400", "1e400"),
    ("escapes", r#""\u0041\/""#),
    ("a lone surrogate", r#""x\ud800y""#),
];

/// Fields beside the text whose fate differs.
struct Fields {
    name: &'static str,
    sent: &'static str,
    /// How a message is spelled, and what has become of the fields then; the first one holds.
    fates: [(&'static str, &'static str); 3],
}

const AMBIGUOUS_FIELDS: [Fields; 3] = [
    Fields {
        name: "a repeated key",
        sent: r#""k":1,"k":2"#,
        fates: [
            (r#""k":1,"k":2"#, "both kept"),
            (r#""k":2"#, "the last kept"),
            (r#""k":1"#, "the first kept"),
        ],
    },
    Fields {
        name: "the order of keys",
        sent: r#""z9":1,"a1":2"#,
        fates: [(r#""z9":1,"a1":2"#, "kept"), (r#""a1":2"#, "changed"), (r#""z9":1"#, "changed")],
    },
    Fields {
        name: "`__proto__`",
        sent: r#""__proto__":{"x":1}"#,
        fates: [(r#""__proto__":{"x":1}"#, "kept"), ("__proto__", "changed"), ("{", "dropped")],
    },
];

/// What JavaScript can write and JSON cannot, and a number that is none any more once read.
const NO_JSON: [&str; 4] = ["NaN", "Infinity", "-Infinity", "1e400"];

pub(super) async fn are_not_altered(trial: &Trial) -> Found {
    let raw = Raw::of(trial)?;
    let mut refused = Vec::new();
    for (value, heard) in relayed(trial, &raw).await? {
        let Some(heard) = heard else {
            refused.push(value);
            continue;
        };
        let sent: Value = serde_json::from_str(value).unwrap_or_default();
        let is_same = raw.value_in(&heard).is_some_and(|heard| same(heard, &sent));
        let observed = || format!("`{}`", shortened(&Value::Array(heard.clone()).to_string()));
        ensure(is_same, &format!("`{value}` where the text stands"), observed)?;
    }
    match refused.as_slice() {
        [] => fine(),
        refused => Ok(format!("not relayed: {}", refused.join(" "))),
    }
}

pub(super) async fn are_relayed(trial: &Trial) -> Found {
    let relayed = relayed(trial, &Raw::of(trial)?).await?;
    let refused = relayed.iter().filter(|(_, heard)| heard.is_none());
    let refused: Vec<&str> = refused.map(|(value, _)| *value).collect();
    ensure(refused.is_empty(), "a message with each value is heard", || {
        format!("none with {}", refused.join(" "))
    })?;
    fine()
}

/// Each value, and the message with it, if one was heard.
async fn relayed(
    trial: &Trial,
    raw: &Raw<'_>,
) -> Result<Vec<(&'static str, Option<Vec<Value>>)>, Stop> {
    let room = trial.room("values");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    let (mut relayed, mut earlier) = (Vec::new(), Vec::new());
    for (number, value) in VALUES.into_iter().enumerate() {
        members[0].emit(&raw.carrying(&room, "a", value)?).await?;
        pass_control(&mut members, &room, number).await?;
        let is_own = |event: &Event| {
            // Messages that come twice or from elsewhere are for other checks to find.
            !raw.is_elsewhere(&event.data, &room) && !earlier.contains(&event.data)
        };
        let own = |packet: &Packet| raw.message(packet).filter(is_own);
        let heard = members[1].peer.wait_for(trial.patience().quiet, own).await;
        let heard = heard.ok().map(|event| event.data);
        earlier.extend(heard.clone());
        relayed.push((value, heard));
    }
    Ok(relayed)
}

/// A text after the value: by then that was heard, or will hardly be.
async fn pass_control(members: &mut [Member<'_>], room: &str, number: usize) -> Result<(), Stop> {
    let text = control(number);
    members[0].say(room, &text).await?;
    let heard = members[1].hear_text(&text, "").await;
    heard.map_err(|_| Stop::unknown("texts that follow are not heard any more"))?;
    Ok(())
}

pub(super) async fn fingerprint(trial: &Trial) -> Found {
    let raw = Raw::of(trial)?;
    let room = trial.room("ambiguous");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    let mut remarks = Vec::new();
    for (number, (name, value)) in AMBIGUOUS.into_iter().enumerate() {
        let sent = raw.carrying(&room, "a", value)?;
        let heard = as_heard(trial, &mut members, &room, (number, &sent)).await?;
        let written = heard.as_deref().map(|heard| {
            raw.written(heard, &room, "a").map_or_else(|| shortened(heard), shortened)
        });
        remarks.push(format!("{name} → {}", written.unwrap_or_else(|| "nothing".into())));
    }
    for (number, Fields { name, sent, fates }) in AMBIGUOUS_FIELDS.iter().enumerate() {
        let sent = with_fields(&members[0].message(&room, "with fields"), sent);
        let number = AMBIGUOUS.len() + number;
        let heard = as_heard(trial, &mut members, &room, (number, &sent)).await?;
        let fate = heard.map(|heard| {
            let fate = fates.iter().find(|(spelling, _)| heard.contains(spelling));
            fate.map_or("dropped", |(_, fate)| *fate)
        });
        remarks.push(format!("{name} → {}", fate.unwrap_or("nothing")));
    }
    Ok(remarks.join("; "))
}

/// The packet of the message that `sent` makes, as it is written.
async fn as_heard(
    trial: &Trial,
    members: &mut [Member<'_>],
    room: &str,
    (number, sent): (usize, &str),
) -> Result<Option<String>, Stop> {
    members[0].emit(sent).await?;
    pass_control(members, room, number).await?;
    let start = format!("42{}[\"{}\"", trial.prefix(), trial.dialect()?.receive.event());
    let quiet = trial.patience().quiet;
    let message = |packet: &Packet| match packet {
        Packet::Text(text) => {
            let is_message = text.starts_with(&start) && !text.contains("\"control ");
            is_message.then(|| text.clone())
        }
        Packet::Binary(_) => None,
    };
    let heard = members[1].peer.wait_for(quiet, message).await.ok();
    // What comes twice must not be taken for the next one.
    members[1].peer.collect(Duration::ZERO).await;
    Ok(heard)
}

pub(super) async fn are_json(trial: &Trial) -> Found {
    const EXPECTED: &str = "every packet that is heard is JSON";
    let raw = Raw::of(trial)?;
    let room = trial.room("no-json");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    for (number, value) in NO_JSON.into_iter().enumerate() {
        // Servers may close the connection of whoever says such things.
        let mut offender = Member::connect(trial, trial.via(), "a").await?;
        offender.join(&room).await?;
        members.push(offender);
        prove(trial, &room, &mut members).await?;
        let Some(mut offender) = members.pop() else { continue };
        offender.emit(&raw.carrying(&room, "a", value)?).await?;
        let _ = offender.peer.round_trip().await;
        // A control from somebody else, who is not closed.
        pass_control(&mut members, &room, number).await?;
    }
    let start = format!("42{}", trial.prefix());
    for packet in members[1].peer.collect(trial.patience().quiet).await {
        let Packet::Text(text) = &packet else { continue };
        let Some(data) = text.strip_prefix(&start) else { continue };
        ensure(is_json(data), EXPECTED, || format!("`{}`", shortened(text)))?;
    }
    fine()
}

/// Whether `text` is JSON by its grammar, which has numbers that nothing can hold.
fn is_json(text: &str) -> bool {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => true,
        Err(error) => error.to_string().contains("out of range"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_told_from_what_is() {
        for (text, wanted) in [
            (r#"["e",{"a":NaN}]"#, false),
            (r#"["e",{"a":Infinity}]"#, false),
            (r#"["e",{"a":-Infinity}]"#, false),
            (r#"["e",{"a":"NaN"}]"#, true),
            (r#"["e",{"a":1e400}]"#, true),
            (r#"["e",{"a":null}]"#, true),
        ] {
            assert_eq!(is_json(text), wanted, "{text}");
        }
    }
}
