//! Ids: the number that an event is acknowledged by, how large it may be, and what is none
//! (Socket.IO protocol v5, *Acknowledgement*).

use serde_json::json;

use super::acks::{acked_event, is_ack_of};
use super::offence::{Proof, Standing, all_close, text, told_of_each};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::Packet;
use crate::conformance::trial::Trial;

const ACKNOWLEDGEMENT: Section = Section::SocketIo("Acknowledgement");
const AN_INTEGER: &str = "optionally, an acknowledgment id (integer)";
const AN_ARRAY: &str = "The payload is mandatory and MUST be an array (possibly empty)";

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "SIO-ACK-02",
        title: "what becomes of ids of every form",
        requirement: AN_INTEGER,
        section: Section::SocketIo("Exchange protocol"),
        level: Level::Info,
        needs: &[Need::Ack],
        pace: Pace::Together,
        wire: "ids 0, 00, 007, 2^32, 2^53-1, 2^53+1, 2^64",
        why: "A client whose ids grow beyond what a server counts waits for ever.",
        differs: "Above 2^53 the official server loses digits; netty-socketio keeps 32 bits.",
        run: |trial| Box::pin(tells_of_ids(trial)),
    },
    Check {
        id: "SIO-ACK-06",
        title: "an event whose id is no number closes the connection",
        requirement: AN_INTEGER,
        section: Section::SocketIo("Exchange protocol"),
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "`42abc[\"message\",1]` → the end",
        why: "It is no packet; whoever sends it does not speak the protocol.",
        differs: "python-socketio and netty-socketio tolerate it.",
        run: |trial| Box::pin(closes_upon_events(trial, &["abc"])),
    },
    Check {
        id: "SIO-ACK-06b",
        title: "ids that are negative, fractions, or no numbers in an ACK close",
        requirement: AN_INTEGER,
        section: Section::SocketIo("Exchange protocol"),
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`42-1[…]`, `421.5[…]`, `43abc[1]` → the end each",
        why: "Cut down to a number they would be the id of something else.",
        differs: "python-socketio and netty-socketio tolerate them all.",
        run: |trial| Box::pin(closes_upon_odd_ids(trial)),
    },
    Check {
        id: "SIO-ACK-06c",
        title: "an ACK without an id closes the connection",
        requirement: "The receiver MUST respond with an ACK packet with the same event ID",
        section: ACKNOWLEDGEMENT,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`43[1]` → the end",
        why: "It acknowledges nothing: the sender is broken.",
        differs: "The official server, python-socketio and netty-socketio tolerate it.",
        run: |trial| Box::pin(closes_upon_acks(trial, "[1]")),
    },
    Check {
        id: "SIO-ACK-06d",
        title: "an ACK without a payload closes the connection",
        requirement: AN_ARRAY,
        section: ACKNOWLEDGEMENT,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`43999` → the end",
        why: "Whoever waits for an answer would be called with none.",
        differs: "The official server, python-socketio and netty-socketio tolerate it.",
        run: |trial| Box::pin(closes_upon_acks(trial, "999")),
    },
    Check {
        id: "SIO-ACK-06e",
        title: "an ACK whose payload is no array closes the connection",
        requirement: AN_ARRAY,
        section: ACKNOWLEDGEMENT,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`43999{\"a\":1}` → the end",
        why: "Whoever waits for an answer would be called with something else.",
        differs: "socketioxide, python-socketio and netty-socketio tolerate it.",
        run: |trial| Box::pin(closes_upon_acks(trial, r#"999{"a":1}"#)),
    },
    Check {
        id: "SIO-ACK-07",
        title: "ids up to 2^31-1 come back exactly",
        requirement: "The receiver MUST respond with an ACK packet with the same event ID",
        section: ACKNOWLEDGEMENT,
        level: Level::Must,
        needs: &[Need::Ack],
        pace: Pace::Together,
        wire: "ids 0, 1, 65536, 2147483647 → the same, once each",
        why: "Clients count up from 0: an answer by another id is nobody's.",
        differs: "",
        run: |trial| Box::pin(keeps_ids(trial, &[0, 1, 65_536, 2_147_483_647])),
    },
    Check {
        id: "SIO-ACK-07b",
        title: "ids up to 2^53-1 come back exactly",
        requirement: "The receiver MUST respond with an ACK packet with the same event ID",
        section: ACKNOWLEDGEMENT,
        level: Level::Should,
        needs: &[Need::Ack],
        pace: Pace::Together,
        wire: "ids 2147483648, 4294967296, 9007199254740991 → the same",
        why: "Some clients begin anywhere, and JavaScript counts that far.",
        differs: "netty-socketio answers by ids cut to 32 bits, or not at all.",
        run: |trial| {
            Box::pin(keeps_ids(trial, &[2_147_483_648, 4_294_967_296, 9_007_199_254_740_991]))
        },
    },
];

async fn tells_of_ids(trial: &Trial) -> Found {
    let event = json!([acked_event(trial)?, 1]);
    let ids = [
        "0",
        "00",
        "007",
        "4294967296",
        "9007199254740991",
        "9007199254740993",
        "18446744073709551616",
    ];
    let offence = |id| (id, text(format!("42{}{id}{event}", trial.prefix())));
    told_of_each(trial, Standing::Connected, &ids.map(offence)).await
}

async fn closes_upon_events(trial: &Trial, ids: &[&str]) -> Found {
    all_close(trial, Standing::Connected, Proof::Answer, &events(trial, ids)).await
}

fn events(trial: &Trial, ids: &[&str]) -> Vec<Vec<Packet>> {
    let event = trial.hooks().echo.as_ref().map_or("chatbench", |(event, _)| event);
    let event = json!([event, 1]);
    ids.iter().map(|id| text(format!("42{}{id}{event}", trial.prefix()))).collect()
}

async fn closes_upon_odd_ids(trial: &Trial) -> Found {
    let mut offences = events(trial, &["-1", "1.5"]);
    offences.push(text(format!("43{}abc[1]", trial.prefix())));
    all_close(trial, Standing::Connected, Proof::Answer, &offences).await
}

async fn closes_upon_acks(trial: &Trial, rest: &str) -> Found {
    let ack = text(format!("43{}{rest}", trial.prefix()));
    all_close(trial, Standing::Connected, Proof::Answer, &[ack]).await
}

async fn keeps_ids(trial: &Trial, ids: &[u64]) -> Found {
    let event = acked_event(trial)?;
    let mut peer = trial.connect_awake(trial.via()).await?;
    for id in ids {
        let packet = format!("42{}{id}{}", trial.prefix(), json!([event, id.to_string()]));
        peer.send(packet).await?;
        let expected = format!("`43{}{id}[\"{id}\"]`", trial.prefix());
        let ack = peer.expect_data(&expected, |it| is_ack_of(trial, it, *id)).await?;
        ensure(ack.data == [json!(id.to_string())], &expected, || format!("{:?}", ack.data))?;
    }
    let more = peer.collect(trial.patience().quiet).await;
    match more.iter().find(|packet| matches!(packet, Packet::Text(text) if text.starts_with("43")))
    {
        None => fine(),
        Some(packet) => {
            let observed = super::offence::words_of(packet);
            Err(Stop::failed("one acknowledgement of each", observed))
        }
    }
}
