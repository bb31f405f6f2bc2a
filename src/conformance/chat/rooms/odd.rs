//! Odd: what is no string in the place of a room's name, or an odd one, or nothing.

use super::deliveries::{self, Heard, Pair};
use crate::conformance::chat::member::{Member, assemble};
use crate::conformance::chat::raw::{Raw, control};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::trial::Trial;

/// Odd rooms that somebody joins.
const JOINED: [Pair; 15] = [
    (r#""""#, r#""""#),
    ("123", "123"),
    ("123", r#""123""#),
    (r#""123""#, "123"),
    ("null", "null"),
    ("null", r#""null""#),
    ("true", "true"),
    (r#"["$ra","$rb"]"#, r#""$ra""#),
    (r#""$rc""#, r#"["$rc","$rd"]"#),
    (r#"{"a":1}"#, r#"{"a":1}"#),
    (r#"{"a":1}"#, r#""[object Object]""#),
    (r#""__proto__""#, r#""__proto__""#),
    (r#""constructor""#, r#""constructor""#),
    (r#""hasOwnProperty""#, r#""hasOwnProperty""#),
    ("1.5", r#""1.5""#),
];

/// Odd rooms that are only spoken to.
const ADDRESSED: [Pair; 6] = [
    (r#""$x""#, "[]"),
    (r#""$x""#, "null"),
    (r#""$x""#, r#""""#),
    (r#""$x""#, "{}"),
    (r#""$x""#, "0"),
    (r#""$x""#, "false"),
];

pub(super) async fn table(trial: &Trial) -> Found {
    let pairs = [&JOINED[..], &ADDRESSED[..]].concat();
    let heard = deliveries::of_pairs(trial, &pairs).await?;
    let told = |(&(join, send), heard): (&Pair, &Heard)| {
        let mut who = Vec::new();
        for (name, times) in
            [("sender", heard.sender), ("member", heard.joined), ("bystander", heard.bystander)]
        {
            match times {
                0 => {}
                1 => who.push(name.to_owned()),
                times => who.push(format!("{name} {times} times")),
            }
        }
        let who = if who.is_empty() { "nobody".into() } else { who.join(" and ") };
        format!("{join} ← {send}: {who}")
    };
    let rows: Vec<String> = pairs.iter().zip(&heard).map(told).collect();
    Ok(rows.join("; ").replace('$', ""))
}

pub(super) async fn stay_within(trial: &Trial) -> Found {
    no_bystander(trial, &JOINED).await
}

pub(super) async fn reach_nobody_else(trial: &Trial) -> Found {
    no_bystander(trial, &ADDRESSED).await
}

async fn no_bystander(trial: &Trial, pairs: &[Pair]) -> Found {
    let heard = deliveries::of_pairs(trial, pairs).await?;
    let escaped = pairs.iter().zip(&heard).filter(|(_, heard)| heard.bystander > 0);
    let escaped: Vec<String> =
        escaped.map(|((_, send), _)| format!("`{}`", send.replace('$', ""))).collect();
    ensure(escaped.is_empty(), "somebody in another room hears none of it", || {
        format!("what was said in {} was heard there", escaped.join(", "))
    })?;
    fine()
}

pub(super) async fn missing(trial: &Trial) -> Found {
    const EXPECTED: &str = "nobody hears a message that names no room";
    let raw = Raw::of(trial)?;
    let room = trial.room("room");
    let ways = [trial.via(); 3];
    let mut members = assemble(trial, &room, &ways).await?;
    let mut roomless = Member::connect(trial, trial.via(), "roomless").await?;
    members[0].emit(&raw.without_room("a", "to nobody")?).await?;
    // Whether the server closes the speaker or not: once it has answered, it has heard it.
    let _ = members[0].peer.round_trip().await;
    members[1].say(&room, &control(0)).await?;
    let hears = members[2].hear_text(&control(0), "").await;
    hears.map_err(|_| Stop::unknown("the members hear each other no more"))?;
    for member in [&mut members[2], &mut roomless] {
        member.hear_nothing(EXPECTED, &[&control(0)]).await?;
    }
    fine()
}
