//! Offence: what nobody should say, each on a connection of its own, and what becomes of that.

use std::time::Duration;

use crate::conformance::finding::{Found, Stop};
use crate::conformance::peer::{End, Event, Missing, Packet, Peer, answers, told};
use crate::conformance::trial::Trial;

/// How far the connections are that something is said on.
#[derive(Clone, Copy)]
pub(super) enum Standing {
    /// In the target's namespace.
    Connected,
    /// In no namespace: CONNECT was not sent.
    Opened,
}

/// How it is known that a connection stays.
#[derive(Clone, Copy)]
pub(super) enum Proof {
    /// What is sent after it is answered.
    Answer,
    /// Time goes by: whatever is sent after it would be an offence, too.
    Time,
}

/// What became of a connection.
#[derive(Debug)]
pub(super) struct Aftermath {
    /// How it ended, if it did.
    pub(super) end: Option<End>,
    /// Whether what was sent after it was answered.
    pub(super) answered: bool,
    /// What came, pings, noops and that answer aside.
    pub(super) heard: Vec<Packet>,
}

/// What became of all connections.
pub(super) struct Aftermaths {
    /// One for each offence.
    pub(super) each: Vec<Aftermath>,
    /// How it went for a connection that said nothing wrong.
    pub(super) twin: Result<(), Missing>,
}

impl Aftermaths {
    /// Nothing can be said where a connection that said nothing wrong has ended as well.
    ///
    /// # Errors
    /// Unknown, when it has.
    pub(super) fn sound(&self) -> Result<(), Stop> {
        self.twin.clone().map_err(|missing| {
            Stop::unknown(format!("a connection that did nothing wrong heard {missing}"))
        })
    }
}

impl Aftermath {
    /// Whether an event came.
    pub(super) fn event(&self) -> Option<Event> {
        self.heard.iter().find_map(Event::read).filter(|event| !event.is_ack)
    }

    /// What the server made of it, in a few words.
    pub(super) fn words(&self) -> String {
        let heard = told(self.heard.iter());
        match (&self.end, self.heard.is_empty()) {
            (Some(_), true) => "closed".into(),
            (Some(_), false) => format!("{heard}, then closed"),
            (None, false) => heard,
            (None, true) if self.answered => "ignored".into(),
            (None, true) => "silence".into(),
        }
    }
}

/// One packet of text, as an offence.
pub(super) fn text(packet: impl Into<String>) -> Vec<Packet> {
    vec![Packet::Text(packet.into())]
}

/// Says each of `offences` on a connection of its own, side by side.
///
/// # Errors
/// Unknown, when there is no connection to be had.
pub(super) async fn offend(
    trial: &Trial,
    standing: Standing,
    proof: Proof,
    offences: &[Vec<Packet>],
) -> Result<Aftermaths, Stop> {
    // The twin is the oldest, so that a limit of time ends it before the others.
    let mut twin = stand(trial, standing).await?;
    let mut peers = Vec::new();
    for _ in offences {
        peers.push(stand(trial, standing).await?);
    }
    let barrier = trial.unknown_namespace();
    for (peer, offence) in peers.iter().zip(offences) {
        say(peer, offence).await;
        if let Proof::Answer = proof {
            say(peer, &text(format!("40{barrier},"))).await;
        }
    }
    Ok(aftermaths(trial, proof, &barrier, (peers, &mut twin)).await)
}

/// Waits for all of `peers` at once, as long as it takes to know what became of each, and of the
/// twin.
async fn aftermaths(
    trial: &Trial,
    proof: Proof,
    barrier: &str,
    (mut peers, twin): (Vec<Peer>, &mut Peer),
) -> Aftermaths {
    let clock = trial.clock();
    let until = clock.now() + trial.patience().answer;
    let is_answer = |packet: &Packet| answers(packet, barrier).then_some(());
    let mut answered = vec![false; peers.len()];
    if let Proof::Answer = proof {
        for (peer, answered) in peers.iter_mut().zip(&mut answered) {
            *answered = peer.wait_for(until.since(clock.now()), is_answer).await.is_ok();
        }
    }
    // Who has answered has made up its mind; it may still have to carry it out.
    let soon = clock.now() + trial.patience().quiet;
    for (peer, answered) in peers.iter_mut().zip(&answered) {
        let until = if *answered { soon } else { until };
        // How it ended is asked below.
        let _ = peer.end(until.since(clock.now())).await;
    }
    let twin = twin.round_trip().await;
    // A server that stood still has gone on by now, or nothing can be said.
    let soon = clock.now() + trial.patience().quiet;
    let mut each = Vec::new();
    for (mut peer, answered) in peers.into_iter().zip(answered) {
        let end = peer.end(soon.since(clock.now())).await.ok();
        let heard = peer.collect(Duration::ZERO).await;
        each.push(Aftermath { end, answered, heard });
    }
    Aftermaths { each, twin }
}

async fn say(peer: &Peer, packets: &[Packet]) {
    // What cannot be sent any more was refused already: how it ended says the rest.
    if let Err(why) = peer.try_send(packets).await {
        peer.scribe().note(why);
    }
}

async fn stand(trial: &Trial, standing: Standing) -> Result<Peer, Stop> {
    match standing {
        Standing::Connected => trial.connect(trial.via()).await,
        Standing::Opened => trial.session(trial.via()).await,
    }
}

/// Wants each of `frames`, in the target's namespace or before CONNECT, to end the connection it
/// was said on.
///
/// # Errors
/// Failed, with those that did not; unknown, when one that said nothing wrong ended as well.
pub(super) async fn all_close(
    trial: &Trial,
    standing: Standing,
    proof: Proof,
    offences: &[Vec<Packet>],
) -> Found {
    const EXPECTED: &str = "the connection is closed";
    let aftermaths = offend(trial, standing, proof, offences).await?;
    aftermaths.sound()?;
    let mut tolerated = Vec::new();
    let mut closed = 0;
    for (offence, aftermath) in offences.iter().zip(&aftermaths.each) {
        if aftermath.end.is_some() {
            closed += 1;
        } else {
            let heard = told(aftermath.heard.iter());
            tolerated.push(format!("{} (it heard {heard})", told(offence.iter())));
        }
    }
    if tolerated.is_empty() {
        return Ok(String::new());
    }
    let others = if closed == 0 { String::new() } else { format!("; closed by {closed} others") };
    Err(Stop::failed(EXPECTED, format!("it stays after {}{others}", tolerated.join(", "))))
}

/// What the server makes of each of `offences`: to be told, not judged.
///
/// # Errors
/// Unknown, when one that said nothing wrong ended as well.
pub(super) async fn told_of_each(
    trial: &Trial,
    standing: Standing,
    offences: &[(&str, Vec<Packet>)],
) -> Found {
    let packets: Vec<Vec<Packet>> = offences.iter().map(|(_, packets)| packets.clone()).collect();
    let aftermaths = offend(trial, standing, Proof::Answer, &packets).await?;
    aftermaths.sound()?;
    let each = offences.iter().zip(&aftermaths.each);
    let words = each.map(|((name, _), aftermath)| format!("{name}: {}", aftermath.words()));
    Ok(words.collect::<Vec<_>>().join("; "))
}

/// One packet in a few words.
pub(super) fn words_of(packet: &Packet) -> String {
    told(std::iter::once(packet))
}
