//! Packets: deep, large, many-promising and odd ones.

use crate::conformance::chat::member::{assemble, prove_speakers};
use crate::conformance::chat::raw::Raw;
use crate::conformance::finding::{Found, Stop, fine};
use crate::conformance::lanes::side_by_side;
use crate::conformance::peer::{Packet, Peer, Via, shortened};
use crate::conformance::trial::Trial;
use crate::conformance::witness::Witness;

const DEPTHS: [usize; 2] = [1_000, 40_000];
/// Some servers take half a second until they handle the events of a connection.
const CONNECTED_AT_A_TIME: usize = 10;
const A_MILLION: &str = r#"["chatbench-none",{"_placeholder":true,"num":0}]"#;

pub(super) async fn nested_echo(trial: &Trial) -> Found {
    let (event, _) = trial.hooks().echo.clone().unwrap_or_default();
    let event = serde_json::Value::from(event);
    let mut witness = Witness::call(trial).await?;
    for depth in DEPTHS {
        let packet = format!("42{}[{event},{}]", trial.prefix(), nested(depth));
        provoke(trial, &packet, trial.via()).await?;
        witness.stands(&format!("after an argument {depth} deep")).await?;
    }
    fine()
}

pub(super) async fn nested_message(trial: &Trial) -> Found {
    let raw = Raw::of(trial)?;
    let mut witness = Witness::call(trial).await?;
    for depth in DEPTHS {
        // Afresh each time, for a server may end whoever says or hears such a message.
        let room = trial.room(&format!("deep-{depth}"));
        let mut members = assemble(trial, &room, &[trial.via(); 3]).await?;
        prove_speakers(trial, &room, &mut members).await?;
        let Some(speaker) = members.pop() else { continue };
        let data = raw.carrying(&room, &speaker.author, &nested(depth))?;
        let packet = format!("42{}{data}", trial.prefix());
        say(speaker.peer, &packet).await;
        witness.stands(&format!("after a message {depth} deep to a room of two")).await?;
    }
    fine()
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

pub(super) async fn a_million_attachments(trial: &Trial) -> Found {
    let mut witness = Witness::call(trial).await?;
    let packet = format!("451000000-{}{A_MILLION}", trial.prefix());
    provoke(trial, &packet, trial.via()).await?;
    witness.stands("after a million attachments were announced").await?;
    fine()
}

pub(super) async fn a_million_attachments_close(trial: &Trial) -> Found {
    let (peer, twin) = (trial.connect(trial.via()).await?, trial.connect(trial.via()).await?);
    let packet = Packet::Text(format!("451000000-{}{A_MILLION}", trial.prefix()));
    let offend = async |peer: &Peer| peer.try_send(std::slice::from_ref(&packet)).await;
    let end = trial.closes(peer, twin, "the connection is closed", offend).await?;
    Ok(end.to_string())
}

pub(super) async fn large_events(trial: &Trial) -> Found {
    const NAME_BYTES: usize = 60_000;
    let bytes_max = trial.survey().payload_bytes_max.unwrap_or(NAME_BYTES as u64 + 1_000);
    let name_bytes = NAME_BYTES.min((bytes_max as usize).saturating_sub(100));
    let mut witness = Witness::call(trial).await?;
    let arguments: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
    let events = [
        ("a long name", format!("[\"{}\",1]", "E".repeat(name_bytes))),
        ("1000 arguments", format!("[\"chatbench-none\",{}]", arguments.join(","))),
    ];
    for (what, data) in events {
        let packet = format!("42{}{data}", trial.prefix());
        provoke(trial, &packet, trial.via()).await?;
        witness.stands(&format!("after an event with {what}")).await?;
    }
    fine()
}

pub(super) async fn odd_ones(trial: &Trial) -> Found {
    let packets = odd_packets();
    let mut witness = Witness::call(trial).await?;
    for (via, name, has) in [
        (Via::WebSocket, "WebSocket", trial.survey().websocket),
        (Via::Polling, "polling", trial.survey().polling),
    ] {
        for packets in packets.chunks(CONNECTED_AT_A_TIME).filter(|_| has) {
            let connect = async |_| trial.connect_awake(via).await;
            let peers = side_by_side(packets.len(), connect).await;
            for (peer, packet) in peers.into_iter().zip(packets) {
                say(peer?, packet).await;
                witness.stands(&format!("after `{}` by {name}", shortened(packet))).await?;
            }
        }
    }
    fine()
}

/// Sends `packet` on a connection of its own, whose events are handled by then.
async fn provoke(trial: &Trial, packet: &str, via: Via) -> Result<(), Stop> {
    say(trial.connect_awake(via).await?, packet).await;
    Ok(())
}

/// Sends `packet`, and waits until the server has answered what follows it or ended the connection.
async fn say(mut peer: Peer, packet: &str) {
    // One that is refused at once is as good, and so is an end of the connection.
    if let Err(why) = peer.try_send(&[Packet::Text(packet.into())]).await {
        peer.scribe().note(why);
    }
    let _ = peer.round_trip().await;
    peer.close().await;
}

fn odd_packets() -> Vec<String> {
    let long_digits = "9".repeat(400);
    let mut packets: Vec<String> = [
        "",
        "4",
        "42",
        "42[",
        "42[\"",
        "42[]",
        "42{}",
        "42[1]",
        "42[null]",
        "42[\"é",
        "42\"\"",
        "4é",
        "é",
        "\u{0}",
        "4\u{0}",
        "42\u{1e}",
        "b",
        "bAQID",
        "b!!",
        "43",
        "43[",
        "43-1[]",
        "44",
        "44{}",
        "45",
        "45-",
        "45-[]",
        "451-",
        "451-[]",
        "46",
        "461-[",
        "47",
        "49[]",
        "7",
        "8",
        "42[\"\\ud800\"]",
        "42[\"a\"]]",
        "42/",
        "42/,",
        "42/é,[\"a\"]",
        "40{",
        "40/?a=%zz,",
        "41/none",
        "42[\"__proto__\",{\"__proto__\":null}]",
        "451-[{\"_placeholder\":true}]",
    ]
    .map(String::from)
    .into();
    packets.push(format!("42{long_digits}[\"a\"]"));
    packets.push(format!("43{long_digits}[]"));
    packets.push(format!("45{long_digits}-[\"a\"]"));
    packets.push(format!("42[\"a\",{long_digits}]"));
    packets.push(format!("42[\"a\",{}]", nested(500)));
    packets
}
