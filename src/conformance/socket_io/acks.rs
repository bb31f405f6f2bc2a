//! Acks: an event that asks for an acknowledgement, and what is answered (Socket.IO protocol v5,
//! *Acknowledgement*).

use std::collections::HashMap;

use serde_json::{Value, json};

use super::offence::{Proof, Standing, offend, text};
use crate::conformance::chat::member::Member;
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::json::same;
use crate::conformance::peer::{Event, Packet, Peer, told};
use crate::conformance::trial::Trial;

const ACKNOWLEDGEMENT: Section = Section::SocketIo("Acknowledgement");

/// Events that ask to be acknowledged, in one go.
const ACKS: usize = 200;
/// More packets in one body are dropped by python-socketio.
const TOGETHER: usize = 16;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "SIO-ACK-01",
        title: "an acknowledgement has the id of its event, and the arguments",
        requirement: "The receiver MUST respond with an ACK packet with the same event ID […] \
                      The payload is mandatory and MUST be an array (possibly empty)",
        section: ACKNOWLEDGEMENT,
        level: Level::Must,
        needs: &[Need::Ack],
        pace: Pace::Together,
        wire: "`42456[…,1,\"2\",{\"3\":[false]}]` → `43456[1,\"2\",{\"3\":[false]}]`",
        why: "Clients wait for it, and take it for the answer to what they asked.",
        differs: "",
        run: |trial| Box::pin(acknowledges(trial)),
    },
    Check {
        id: "SIO-ACK-03",
        title: "of many events at once each is acknowledged exactly once",
        requirement: "The receiver MUST respond with an ACK packet with the same event ID",
        section: ACKNOWLEDGEMENT,
        level: Level::Must,
        needs: &[Need::Ack],
        pace: Pace::Together,
        wire: "`421000[…]` to `421199[…]` → each id once, with its own arguments, in any order",
        why: "An acknowledgement lost or doubled is an answer lost or taken for another.",
        differs: "",
        run: |trial| Box::pin(acknowledges_each_once(trial)),
    },
    Check {
        id: "SIO-ACK-04",
        title: "what becomes of an id on an event that no handler acknowledges",
        requirement: "The receiver MUST respond with an ACK packet with the same event ID; \
                      libraries leave that to the handler",
        section: ACKNOWLEDGEMENT,
        level: Level::Info,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "`4277[\"send-msg\",…]`",
        why: "Only where all are acknowledged can a client wait for that.",
        differs: "The official server and socketioxide say nothing, python-socketio `4377[]`.",
        run: |trial| Box::pin(tells_of_unasked_acks(trial)),
    },
    Check {
        id: "SIO-ACK-05",
        title: "an acknowledgement of what was never sent is ignored",
        requirement: "An acknowledgement may come after nobody waits for it any more: that is no \
                      offence",
        section: Section::Practice,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`43999[1]` → nothing, and the connection stays",
        why: "Acknowledgements that are late for a timeout must not end connections.",
        differs: "",
        run: |trial| Box::pin(tolerates_a_stray_ack(trial)),
    },
];

/// The event that is acknowledged with its arguments.
pub(super) fn acked_event(trial: &Trial) -> Result<&str, Stop> {
    let none = || Stop::NotApplicable("the dialect names no `hooks.ack`".into());
    trial.hooks().ack.as_deref().ok_or_else(none)
}

/// Whether `event` acknowledges `id` in the target's namespace.
pub(super) fn is_ack_of(trial: &Trial, event: &Event, id: u64) -> bool {
    event.is_ack && event.id == Some(id) && event.namespace == trial.target().namespace
}

async fn acknowledges(trial: &Trial) -> Found {
    let event = acked_event(trial)?;
    let mut peer = trial.connect_awake(trial.via()).await?;
    let cases = [(456, json!([1, "2", { "3": [false] }])), (457, json!([])), (1, json!([null]))];
    for (id, arguments) in cases {
        let mut data = vec![json!(event)];
        data.extend(arguments.as_array().into_iter().flatten().cloned());
        peer.send(format!("42{}{id}{}", trial.prefix(), Value::Array(data))).await?;
        let expected = format!("`43{}{id}{arguments}`", trial.prefix());
        let ack = peer.expect_data(&expected, |it| is_ack_of(trial, it, id)).await?;
        let acked = Value::Array(ack.data);
        ensure(same(&acked, &arguments), &expected, || format!("the arguments {acked}"))?;
    }
    fine()
}

async fn acknowledges_each_once(trial: &Trial) -> Found {
    const EXPECTED: &str = "each of 200 events is acknowledged once, with its own arguments";
    let event = acked_event(trial)?;
    let mut peer = trial.connect_awake(trial.via()).await?;
    let packets: Vec<Packet> = (1000..1000 + ACKS)
        .map(|id| format!("42{}{id}{}", trial.prefix(), json!([event, id])))
        .map(Packet::Text)
        .collect();
    for packets in packets.chunks(TOGETHER) {
        peer.send_all(packets).await?;
    }
    let (acks, odd) = acks_of(trial, &mut peer).await;
    let missing = (1000..1000 + ACKS as u64).filter(|id| !acks.contains_key(id)).count();
    let twice = acks.values().filter(|count| **count > 1).count();
    ensure(missing == 0 && twice == 0 && odd.is_empty(), EXPECTED, || {
        let odd = told(odd.iter());
        format!("{missing} were not, {twice} more than once; with other arguments: {odd}")
    })?;
    fine()
}

/// How often each id was acknowledged, and what came with other arguments than its own.
async fn acks_of(trial: &Trial, peer: &mut Peer) -> (HashMap<u64, usize>, Vec<Packet>) {
    let mut acks: HashMap<u64, usize> = HashMap::new();
    let mut odd = Vec::new();
    let (clock, patience) = (trial.clock(), trial.patience().answer);
    let mut until = clock.now() + patience;
    while acks.len() < ACKS {
        let Ok((_, packet)) = peer.next(until.since(clock.now())).await else { break };
        let before = acks.len();
        count(trial, packet, &mut acks, &mut odd);
        if acks.len() > before {
            // One more shows that more may come.
            until = clock.now() + patience;
        }
    }
    for packet in peer.collect(trial.patience().quiet).await {
        count(trial, packet, &mut acks, &mut odd);
    }
    (acks, odd)
}

fn count(trial: &Trial, packet: Packet, acks: &mut HashMap<u64, usize>, odd: &mut Vec<Packet>) {
    let Some(ack) = Event::read(&packet).filter(|it| it.is_ack) else { return };
    let Some(id) = ack.id else { return };
    *acks.entry(id).or_default() += 1;
    let is_own = ack.data.len() == 1 && same(&ack.data[0], &json!(id));
    if !is_own || ack.namespace != trial.target().namespace {
        odd.push(packet);
    }
}

async fn tells_of_unasked_acks(trial: &Trial) -> Found {
    let mut member = Member::connect(trial, trial.via(), "a").await?;
    let data = member.message(&trial.room("nobody"), "hello");
    let (mut ended, mut heard) = (None, Vec::new());
    // Twice, for what comes right behind CONNECT may be lost.
    while heard.len() < 2 && ended.is_none() {
        member.peer.send(format!("42{}77{data}", trial.prefix())).await?;
        ended = member.peer.round_trip().await.err();
        heard.push(member.peer.collect(trial.patience().quiet).await);
    }
    let heard = heard.concat();
    let ack = heard.iter().filter_map(Event::read).find(|it| is_ack_of(trial, it, 77));
    Ok(match (ack, ended) {
        (Some(ack), _) => format!("acknowledged with {}", Value::Array(ack.data)),
        (None, Some(missing)) => format!("it is followed by {missing}"),
        (None, None) => "not acknowledged".into(),
    })
}

async fn tolerates_a_stray_ack(trial: &Trial) -> Found {
    let stray = [text(format!("43{}999[1]", trial.prefix()))];
    let aftermaths = offend(trial, Standing::Connected, Proof::Answer, &stray).await?;
    aftermaths.sound()?;
    let aftermath = &aftermaths.each[0];
    let is_ignored = aftermath.end.is_none() && aftermath.answered;
    ensure(is_ignored, "the connection stays", || aftermath.words())?;
    fine()
}
