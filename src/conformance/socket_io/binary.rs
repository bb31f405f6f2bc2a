//! Binary: events and acknowledgements with attachments, and what only looks like one (Socket.IO
//! protocol v5, *Format*).

use serde_json::{Value, json};

use super::acks::{acked_event, is_ack_of};
use super::data::{filled, placeholder, same_arguments, take};
use super::disconnect::{beforehand, enter_too};
use super::offence::{Proof, Standing, offend, text};
use crate::conformance::chat::member::{assemble, prove};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Event, Packet, shortened};
use crate::conformance::round_trip::RoundTrip;
use crate::conformance::trial::Trial;

const FORMAT: Section = Section::SocketIo("Format");
const THE_FORMAT: &str = "<packet type>[<# of binary attachments>-][<namespace>,][<acknowledgment \
                          id>][JSON-stringified payload without binary] + binary attachments \
                          extracted";

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "SIO-BIN-01",
        title: "an event with two attachments comes back with both, in order",
        requirement: THE_FORMAT,
        section: FORMAT,
        level: Level::Must,
        needs: &[Need::Echo, Need::Binary],
        pace: Pace::Together,
        wire: "`452-[…,{\"_placeholder\":true,\"num\":0},…]` and two binaries → the same back",
        why: "Attachments that change places are pictures under the wrong names.",
        differs: "netty-socketio loses them, or turns them into text.",
        run: |trial| Box::pin(returns_attachments(trial, two_beside_each_other(), "")),
    },
    Check {
        id: "SIO-BIN-02",
        title: "an event with attachments is acknowledged with them",
        requirement: "BINARY_ACK: used to acknowledge an event (the response includes binary \
                      data)",
        section: Section::SocketIo("Exchange protocol"),
        level: Level::Must,
        needs: &[Need::Ack, Need::Binary],
        pace: Pace::Together,
        wire: "`452-789[…]` and two binaries → `462-789[…]` and the same two",
        why: "It is how files are fetched.",
        differs: "netty-socketio does not.",
        run: |trial| Box::pin(acknowledges_with_attachments(trial)),
    },
    Check {
        id: "SIO-BIN-03",
        title: "attachments deep in a payload, and empty ones, come back",
        requirement: THE_FORMAT,
        section: FORMAT,
        level: Level::Must,
        needs: &[Need::Echo, Need::Binary],
        pace: Pace::Together,
        wire: "`453-[…,{\"a\":[{…0}]},{\"b\":{\"c\":{…1}}},{…2}]` with an empty binary",
        why: "Applications put them wherever a value may stand.",
        differs: "netty-socketio loses them, or turns them into text.",
        run: |trial| Box::pin(returns_attachments(trial, deep_and_empty(), "")),
    },
    Check {
        id: "SIO-BIN-07",
        title: "what only looks like a placeholder in an event without attachments is kept",
        requirement: "Placeholders stand for attachments in packets that have some; in any other \
                      packet the same JSON is data",
        section: FORMAT,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`42[…,{\"_placeholder\":true,\"num\":0}]` → the same back",
        why: "A client must not be able to make others wait for binaries that never come.",
        differs: "",
        run: |trial| Box::pin(keeps_a_literal_placeholder(trial)),
    },
    Check {
        id: "SIO-BIN-09",
        title: "an event with attachments in another namespace comes back there",
        requirement: THE_FORMAT,
        section: FORMAT,
        level: Level::Must,
        needs: &[Need::Namespace, Need::Echo, Need::Binary],
        pace: Pace::Together,
        wire: "`452-/custom,[…]` and two binaries → the same back",
        why: "The number comes before the namespace, which is easily turned round.",
        differs: "netty-socketio loses them, or turns them into text.",
        run: |trial| Box::pin(returns_in_another_namespace(trial)),
    },
    Check {
        id: "SIO-BIN-10",
        title: "dashes, commas, digits and slashes in names and texts are nothing but text",
        requirement: THE_FORMAT,
        section: FORMAT,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "rooms, texts and events called `a-1,2/x`, `2-[1]`, `/ns,7[` are taken as they are",
        why: "Whoever looks for the header's marks in the payload finds the wrong ones.",
        differs: "",
        run: |trial| Box::pin(takes_marks_for_text(trial)),
    },
];

/// Arguments with placeholders, and what they stand for.
pub(super) struct Load {
    arguments: Vec<Value>,
    attachments: Vec<Vec<u8>>,
}

impl Load {
    /// The packets of an event of this `name`; `middle` comes between number and payload.
    fn packets(&self, middle: &str, name: &str) -> Vec<Packet> {
        let mut data = vec![json!(name)];
        data.extend(self.arguments.iter().cloned());
        let count = self.attachments.len();
        let header = format!("45{count}-{middle}{}", Value::Array(data));
        let binaries = self.attachments.iter().cloned().map(Packet::Binary);
        std::iter::once(Packet::Text(header)).chain(binaries).collect()
    }

    /// Wants the same arguments with the same attachments in the same places.
    fn ensure_same(&self, trial: &Trial, data: &[Value], attachments: &[Vec<u8>]) -> Found {
        let fill = |values: &[Value], attachments: &[Vec<u8>]| -> Vec<Value> {
            values.iter().map(|value| filled(value, attachments)).collect()
        };
        let sent = fill(&self.arguments, &self.attachments);
        let heard = fill(data, attachments);
        ensure(
            same_arguments(trial, &sent, &heard),
            &Value::Array(sent.clone()).to_string(),
            || shortened(&Value::Array(heard.clone()).to_string()),
        )?;
        fine()
    }
}

fn two_beside_each_other() -> Load {
    let arguments = vec![placeholder(0), placeholder(1), json!(3)];
    Load { arguments, attachments: vec![vec![1, 2, 3], vec![4, 5, 6, 0, 255]] }
}

fn deep_and_empty() -> Load {
    let arguments = vec![
        json!({ "a": [placeholder(0)] }),
        json!({ "b": { "c": placeholder(1) } }),
        placeholder(2),
    ];
    Load { arguments, attachments: vec![Vec::new(), vec![9], vec![0; 300]] }
}

/// `namespace` is entered for it, or else the target's, if it is empty.
async fn returns_attachments(trial: &Trial, load: Load, namespace: &str) -> Found {
    let Some((event, back)) = &trial.hooks().echo else {
        return Err(Stop::NotApplicable("the dialect names no `hooks.echo`".into()));
    };
    let mut peer = trial.connect_awake(trial.via()).await?;
    let (name, prefix) = if namespace.is_empty() {
        (trial.target().namespace.as_str(), trial.prefix())
    } else {
        enter_too(trial, &mut peer, namespace).await?;
        trial.wake(&mut peer, namespace).await?;
        (namespace, format!("{namespace},"))
    };
    peer.send_all(&load.packets(&prefix, event)).await?;
    let expected = format!("`{back}` with {} attachments", load.attachments.len());
    let is_back = |it: &Event| it.name() == Some(back) && it.namespace == name;
    let (echo, attachments) = take(trial, &mut peer, &expected, is_back).await?;
    load.ensure_same(trial, &echo.data[1..], &attachments)
}

async fn returns_in_another_namespace(trial: &Trial) -> Found {
    let none = || Stop::NotApplicable("the dialect names no `hooks.namespace`".into());
    let namespace = trial.hooks().namespace.as_deref().ok_or_else(none)?;
    returns_attachments(trial, two_beside_each_other(), namespace).await
}

async fn acknowledges_with_attachments(trial: &Trial) -> Found {
    let event = acked_event(trial)?;
    let load = two_beside_each_other();
    let mut peer = trial.connect_awake(trial.via()).await?;
    peer.send_all(&load.packets(&format!("{}789", trial.prefix()), event)).await?;
    let expected = format!("`462-{}789[…]` and two attachments", trial.prefix());
    let is_ack = |it: &Event| is_ack_of(trial, it, 789);
    let (ack, attachments) = take(trial, &mut peer, &expected, is_ack).await?;
    load.ensure_same(trial, &ack.data, &attachments)
}

async fn keeps_a_literal_placeholder(trial: &Trial) -> Found {
    let literal = placeholder(0);
    let mut trip = RoundTrip::by(trial, trial.via()).await?;
    trip.say("before").await?;
    beforehand(trip.hear("before", "it comes back").await)?;
    let packet = trip.packet_with("42", &literal.to_string());
    let packet = packet.ok_or_else(|| {
        Stop::NotApplicable("messages of this dialect carry texts inside of texts".into())
    })?;
    trip.speaker().send(packet).await?;
    let within = trial.patience().answer;
    let has_it = |packet: &Packet| {
        let event = Event::read(packet)?;
        let has = event.data.iter().any(|value| contains(value, &literal));
        (has && event.attachments == 0).then_some(())
    };
    let hearer = trip.hearer();
    let heard = hearer.wait_for(within, has_it).await;
    heard.map_err(|it| hearer.instead(format!("an event with `{literal}`, as it is"), &it))?;
    fine()
}

fn contains(value: &Value, wanted: &Value) -> bool {
    value == wanted
        || match value {
            Value::Array(values) => values.iter().any(|value| contains(value, wanted)),
            Value::Object(entries) => entries.values().any(|value| contains(value, wanted)),
            _ => false,
        }
}

async fn takes_marks_for_text(trial: &Trial) -> Found {
    const MARKS: [&str; 3] = ["a-1,2/x", "2-[1]", "/ns,7["];
    let events = MARKS.map(|name| text(format!("42{}{}", trial.prefix(), json!([name, name]))));
    let aftermaths = offend(trial, Standing::Connected, Proof::Answer, &events).await?;
    aftermaths.sound()?;
    for (name, aftermath) in MARKS.iter().zip(&aftermaths.each) {
        let stays = aftermath.end.is_none() && aftermath.answered;
        ensure(stays, &format!("an event called `{name}` is ignored"), || aftermath.words())?;
    }
    let mut members = assemble(trial, &trial.room("plain"), &[trial.via(), trial.via()]).await?;
    for mark in MARKS {
        let room = trial.room(mark);
        for member in &mut members {
            member.join(&room).await?;
        }
        // The same two have heard each other in a room with a plain name.
        prove(trial, &room, &mut members).await.map_err(|stop| {
            if members.iter().any(|member| member.peer.ended().is_some()) {
                return stop;
            }
            let expected = format!("what is said in a room called `{room}` is heard there");
            Stop::failed(expected, "nothing was heard")
        })?;
        members[0].say(&room, mark).await?;
        members[1].hear(&room, "a", mark).await?;
    }
    fine()
}
