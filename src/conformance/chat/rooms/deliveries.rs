//! Deliveries: who hears what, of members whose rooms have odd names.

use std::time::Duration;

use crate::conformance::chat::member::{Member, assemble, prove};
use crate::conformance::chat::raw::{Raw, control};
use crate::conformance::finding::Stop;
use crate::conformance::trial::Trial;

/// What is joined and what is spoken to, as JSON; `$` stands for a name that only this trial uses.
pub(super) type Pair = (&'static str, &'static str);

/// Who heard one message, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Heard {
    pub(super) sender: usize,
    pub(super) joined: usize,
    /// Somebody in another room.
    pub(super) bystander: usize,
}

/// Has somebody join the first of each pair, somebody else speak to the second, and a bystander
/// listen, who was heard to hear in a room of its own.
///
/// # Errors
/// Unknown, when there is no chat to be had at all.
pub(super) async fn of_pairs(trial: &Trial, pairs: &[Pair]) -> Result<Vec<Heard>, Stop> {
    let raw = Raw::of(trial)?;
    let room = trial.room("bystanders");
    let mut members = assemble(trial, &room, &[trial.via(); 2]).await?;
    let mut joined = Vec::new();
    for (join, _) in pairs {
        let mut member = Member::connect(trial, trial.via(), "j").await?;
        member.ask_by(&raw.joining("j", &named(trial, join))?).await?;
        // A server may close whoever joins such a room; then nothing is heard there.
        let _ = member.peer.round_trip().await;
        joined.push(member);
    }
    trial.pause(trial.patience().quiet).await;
    // Once more, for what comes right behind CONNECT may be lost.
    for (member, (join, _)) in joined.iter_mut().zip(pairs) {
        let _ = member.ask_by(&raw.joining("j", &named(trial, join))?).await;
        let _ = member.peer.round_trip().await;
    }
    let mut heard = vec![Heard::default(); pairs.len()];
    for (number, (_, send)) in pairs.iter().enumerate() {
        let text = text(number);
        members[0].emit(&raw.addressing("a", &named(trial, send), &text)?).await?;
        if members[0].peer.round_trip().await.is_err() {
            count(&mut members[0], &mut heard, |heard| &mut heard.sender).await;
            members[0] = Member::connect(trial, trial.via(), "a").await?;
            members[0].join(&room).await?;
            prove(trial, &room, &mut members).await?;
        }
    }
    members[0].say(&room, &control(0)).await?;
    let hears = members[1].hear_text(&control(0), "").await;
    hears.map_err(|_| Stop::unknown("the bystander hears nothing in its own room any more"))?;
    trial.pause(trial.patience().quiet).await;
    count(&mut members[0], &mut heard, |heard| &mut heard.sender).await;
    count(&mut members[1], &mut heard, |heard| &mut heard.bystander).await;
    for (number, member) in joined.iter_mut().enumerate() {
        let mut own = vec![Heard::default(); pairs.len()];
        count(member, &mut own, |heard| &mut heard.joined).await;
        heard[number].joined = own[number].joined;
    }
    Ok(heard)
}

fn named(trial: &Trial, json: &str) -> String {
    json.replace('$', &trial.room(""))
}

fn text(number: usize) -> String {
    format!("pair {number}.")
}

/// Adds what `member` has heard so far.
async fn count(
    member: &mut Member<'_>,
    heard: &mut [Heard],
    of: impl Fn(&mut Heard) -> &mut usize,
) {
    for packet in member.peer.collect(Duration::ZERO).await {
        let Some(message) = member.read(&packet) else { continue };
        for (number, heard) in heard.iter_mut().enumerate() {
            if message.text.as_deref() == Some(&*text(number)) {
                *of(heard) += 1;
            }
        }
    }
}
