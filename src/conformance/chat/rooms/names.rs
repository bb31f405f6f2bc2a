//! Names: rooms called like a socket, or like everybody.

use std::time::Duration;

use crate::conformance::chat::member::{Member, assemble};
use crate::conformance::chat::raw::{Raw, control};
use crate::conformance::finding::{Found, Stop, fine};
use crate::conformance::trial::Trial;

const LIKE_EVERYBODY: [&str; 12] =
    ["/", "/#", "all", "*", "**", ".*", "#", "default", "undefined", "None", "%", "broadcast"];

pub(super) async fn like_everybody(trial: &Trial) -> Found {
    const EXPECTED: &str = "nobody hears what is said in a room that nobody joined";
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    let mut roomless = Member::connect(trial, trial.via(), "roomless").await?;
    for name in LIKE_EVERYBODY {
        members[0].say(name, &format!("in {name}")).await?;
    }
    members[0].say(&room, &control(0)).await?;
    let hears = members[1].hear_text(&control(0), "").await;
    hears.map_err(|_| Stop::unknown("the members hear each other no more"))?;
    for member in [&mut members[1], &mut roomless] {
        member.hear_nothing(EXPECTED, &[&control(0)]).await?;
    }
    fine()
}

pub(super) async fn like_ids(trial: &Trial) -> Found {
    const TEXTS: [&str; 3] = ["to b's id", "to b's id once c is in", "to a's own id"];
    let raw = Raw::of(trial)?;
    let room = trial.room("room");
    let ways = [trial.via(); 3];
    let mut members = assemble(trial, &room, &ways).await?;
    let id = |at: usize| members[at].peer.id().map(str::to_owned);
    let (Some(own), Some(other)) = (id(0), id(1)) else {
        return Err(Stop::unknown("CONNECT gave no id"));
    };
    members[0].say(&other, TEXTS[0]).await?;
    members[0].settle().await?;
    let quoted = serde_json::Value::from(&*other).to_string();
    members[2].ask_by(&raw.joining("c", &quoted)?).await?;
    members[2].settle().await?;
    trial.pause(trial.patience().quiet).await;
    members[0].say(&other, TEXTS[1]).await?;
    members[0].say(&own, TEXTS[2]).await?;
    members[0].settle().await?;
    trial.pause(trial.patience().quiet).await;
    let mut heard = Vec::new();
    for member in &mut members {
        let packets = member.peer.collect(Duration::ZERO).await;
        let texts: Vec<_> = packets.iter().filter_map(|it| member.read(it)?.text).collect();
        heard.push(TEXTS.map(|wanted| texts.iter().any(|text| text == wanted)));
    }
    let row = |(at, text): (usize, &str)| {
        let who = ["a", "b", "c"].into_iter().zip(&heard);
        let who: Vec<&str> = who.filter(|(_, heard)| heard[at]).map(|(who, _)| who).collect();
        let who = if who.is_empty() { "nobody".into() } else { who.join(" and ") };
        format!("{text}: {who}")
    };
    let rows: Vec<String> = TEXTS.into_iter().enumerate().map(row).collect();
    Ok(format!("{}, of a, the speaker, b and c", rows.join("; ")))
}
