//! Passage: what becomes of messages while their receiver upgrades.

use std::time::Duration;

use crate::conformance::chat::member::{Member, join_packet};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Packet, Peer, Upgrading, Via};
use crate::conformance::trial::Trial;

/// Messages before the upgrade is said to be done, and as many after it.
const EACH: usize = 30;
/// Messages until the receiver hears one, and how long each is given.
const PROBES_MAX: usize = 60;
const BETWEEN_PROBES: Duration = Duration::from_millis(50);

pub(super) async fn keeps_all(trial: &Trial) -> Found {
    let heard = pass(trial).await?;
    let times = |number: usize| heard.iter().filter(|heard| **heard == number).count();
    let lost: Vec<usize> = (0..2 * EACH).filter(|number| times(*number) == 0).collect();
    let twice: Vec<usize> = (0..2 * EACH).filter(|number| times(*number) > 1).collect();
    ensure(lost.is_empty() && twice.is_empty(), "each of 60 messages comes once", || {
        format!("lost are {lost:?}; more than once come {twice:?}")
    })?;
    fine()
}

pub(super) async fn keeps_order(trial: &Trial) -> Found {
    let mut heard = pass(trial).await?;
    if heard.is_empty() {
        return Err(Stop::unknown("no message comes"));
    }
    // What comes again is another check's.
    let mut known = std::collections::HashSet::new();
    heard.retain(|number| known.insert(*number));
    let inversions = heard.windows(2).filter(|pair| pair[1] < pair[0]).count();
    ensure(inversions == 0, "60 messages come in the order they were sent", || {
        format!("{inversions} come before one that was sent earlier: {heard:?}")
    })?;
    fine()
}

/// A member speaks to another that upgrades meanwhile: the numbers of the messages, as they come.
async fn pass(trial: &Trial) -> Result<Vec<usize>, Stop> {
    let room = trial.room("passage");
    let mut speaker = Member::connect(trial, Via::WebSocket, "a").await?;
    speaker.join(&room).await?;
    let mut session = Upgrading::connect(trial).await?;
    join(trial, &mut session, &room).await?;
    let tag = "message ";
    prove(trial, &mut session, &speaker, &room).await?;

    session.poll();
    let probe = session.probed().await?;
    for number in 0..EACH {
        speaker.say(&room, &format!("{tag}{number}")).await?;
    }
    speaker.settle().await?;
    session.last_poll().await?;
    let mut came = session.take_heard();
    let mut peer = session.finish(probe).await?;
    for number in EACH..2 * EACH {
        speaker.say(&room, &format!("{tag}{number}")).await?;
    }
    let last = format!("{tag}{}", 2 * EACH - 1);
    came.extend(hear_until(trial, &mut peer, &speaker, &last).await);
    for peer in [&peer, &speaker.peer] {
        if let Some(end) = peer.ended() {
            return Err(Stop::unknown(format!("meanwhile {end}")));
        }
    }
    let number_of = |packet: &Packet| speaker.read(packet)?.text?.strip_prefix(tag)?.parse().ok();
    Ok(came.iter().filter_map(number_of).collect())
}

/// Has `session` ask to be let into `room`.
async fn join(trial: &Trial, session: &mut Upgrading<'_>, room: &str) -> Result<(), Stop> {
    let asked = session.post(&join_packet(trial, room, "b")?).await;
    asked.map_err(|why| Stop::unknown(format!("joining {room:?}: {why}")))
}

/// Has `speaker` speak until `session` hears it.
async fn prove(
    trial: &Trial,
    session: &mut Upgrading<'_>,
    speaker: &Member<'_>,
    room: &str,
) -> Result<(), Stop> {
    for probe in 0..PROBES_MAX {
        if probe == PROBES_MAX / 2 {
            // What comes right behind CONNECT may be lost.
            join(trial, session, room).await?;
        }
        speaker.say(room, &format!("probe {probe}")).await?;
        session.poll();
        session.polled(BETWEEN_PROBES).await.map_err(Stop::unknown)?;
        session.answer_ping().await.map_err(Stop::unknown)?;
        let heard = session.take_heard();
        if heard.iter().any(|packet| speaker.read(packet).is_some()) {
            return Ok(());
        }
    }
    Err(Stop::unknown("a member that polls hears nothing"))
}

/// What comes by `peer` until `last` was heard, and for a while after it.
async fn hear_until(
    trial: &Trial,
    peer: &mut Peer,
    speaker: &Member<'_>,
    last: &str,
) -> Vec<Packet> {
    let clock = trial.clock();
    let until = clock.now() + trial.patience().answer;
    let mut came = Vec::new();
    let is_last = |packet: &Packet| {
        speaker.read(packet).is_some_and(|message| message.text.as_deref() == Some(last))
    };
    while !came.iter().any(is_last) {
        match peer.next(until.since(clock.now())).await {
            Ok((_, packet)) => came.push(packet),
            Err(_) => break,
        }
    }
    came.extend(peer.collect(trial.patience().quiet).await);
    came
}
