//! Barrier: what shows that a join is in force, tried often enough to say how sure that is.

use std::time::Duration;

use super::member::{Member, assemble};
use super::raw::Raw;
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop};
use crate::conformance::peer::Event;
use crate::conformance::trial::Trial;

const TRIES: usize = 40;
/// So often somebody speaks in a room until a joiner is taken for deaf.
const PROBES_MAX: usize = 60;
const BETWEEN_PROBES: Duration = Duration::from_millis(20);

/// What all of these checks have in common.
const BARRIER: Check = Check {
    id: "",
    title: "",
    requirement: "A join has no answer of its own: something else has to show when it is in force",
    section: Section::Practice,
    level: Level::Info,
    needs: &[Need::Chat],
    pace: Pace::Together,
    wire: "",
    why: "",
    differs: "",
    run: |trial| Box::pin(by_refusal(trial)),
};

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "CHAT-BAR-01",
        title: "how many joins are in force once an unknown namespace was refused",
        wire: "b joins, `40/unknown,` → `44/unknown,…`; a says something; does b hear it",
        why: "Where it is all of them, a test can join at the speed of the network.",
        differs: "None on servers whose handler of the join waits for something.",
        ..BARRIER
    },
    Check {
        id: "CHAT-BAR-02",
        title: "how many joins are in force at once",
        wire: "b joins, and a says something in the same moment; does b hear it",
        why: "It shows how many messages are missed by whoever does not wait.",
        differs: "It depends on whose connection the server happens to read first.",
        run: |trial| Box::pin(by_nothing(trial)),
        ..BARRIER
    },
    Check {
        id: "CHAT-BAR-03",
        title: "how often one has to speak until a joiner hears",
        wire: "b joins; a says something every 20 ms until b hears it",
        why: "It is the barrier that works on every server.",
        differs: "",
        run: |trial| Box::pin(by_probes(trial)),
        ..BARRIER
    },
];

async fn by_refusal(trial: &Trial) -> Found {
    let mut members = two(trial).await?;
    for number in 0..TRIES {
        members[1].ask(&room(trial, number)).await?;
        members[1].settle().await?;
        members[0].say(&room(trial, number), &text(number)).await?;
    }
    Ok(format!("{} of {TRIES}", heard(&mut members).await?))
}

async fn by_nothing(trial: &Trial) -> Found {
    let mut members = two(trial).await?;
    for number in 0..TRIES {
        members[1].ask(&room(trial, number)).await?;
        members[0].say(&room(trial, number), &text(number)).await?;
        // Both have been taken in before the next try begins.
        members[1].settle().await?;
        members[0].settle().await?;
    }
    Ok(format!("{} of {TRIES}", heard(&mut members).await?))
}

async fn by_probes(trial: &Trial) -> Found {
    let mut members = two(trial).await?;
    let raw = Raw::of(trial)?;
    let mut most = 0;
    for number in 0..TRIES {
        members[1].ask(&room(trial, number)).await?;
        let mut probes = 0;
        loop {
            members[0].say(&room(trial, number), &text(number)).await?;
            probes += 1;
            let own = text(number);
            let is_own = |event: &Event| {
                raw.value_in(&event.data).is_some_and(|heard| heard.as_str() == Some(&own))
            };
            let hears = members[1]
                .peer
                .wait_for(BETWEEN_PROBES, |packet| raw.message(packet).filter(is_own));
            if hears.await.is_ok() {
                break;
            }
            if probes == PROBES_MAX {
                return Err(Stop::unknown(format!("the joiner is deaf after {probes} probes")));
            }
        }
        most = most.max(probes);
    }
    Ok(format!("at most {most} times, in {TRIES} tries"))
}

/// Two who were heard to hear: what is missed later is missed for the join's sake.
async fn two(trial: &Trial) -> Result<Vec<Member<'_>>, Stop> {
    assemble(trial, &trial.room("both"), &[trial.via(); 2]).await
}

fn room(trial: &Trial, number: usize) -> String {
    trial.room(&format!("try-{number}"))
}

fn text(number: usize) -> String {
    format!("try {number}.")
}

/// In how many tries the joiner heard what was said.
async fn heard(members: &mut [Member<'_>]) -> Result<usize, Stop> {
    members[0].settle().await?;
    let heard = members[1].listen().await;
    let said = (0..TRIES).map(text);
    let was_heard = |said: &String| heard.iter().any(|it| it.text.as_deref() == Some(said));
    let count = said.filter(was_heard).count();
    Ok(count)
}
