//! Msgpack: the same protocol where the server's packets are MessagePack, one value each
//! (Socket.IO documentation, *Custom parser*).

use serde_json::{Value, json};

use super::data::same_arguments;
use super::message_pack::{attachment, decode, encode, told_attachment};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::json::same;
use crate::conformance::peer::{Packet, Peer, Via};
use crate::conformance::trial::Trial;

const CUSTOM_PARSER: Section = Section::Docs("Custom parser");
const CONNECTION: Section = Section::SocketIo("Connection to a namespace");

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "MSGP-01",
        title: "CONNECT in MessagePack is answered with an id",
        requirement: "The server MUST respond with […] a CONNECT packet if the connection is \
                      successful, with the session ID in the payload",
        section: CONNECTION,
        level: Level::Must,
        needs: &[Need::MessagePack],
        pace: Pace::Together,
        wire: "{type: 0, nsp: \"/\"} → {type: 0, nsp: \"/\", data: {sid: …}}",
        why: "Without it no client connects that has this parser.",
        differs: "",
        run: |trial| Box::pin(gives_an_id(trial)),
    },
    Check {
        id: "MSGP-02",
        title: "an event in MessagePack comes back with its arguments",
        requirement: "EVENT: used to send data to the other side",
        section: CUSTOM_PARSER,
        level: Level::Must,
        needs: &[Need::MessagePack, Need::Echo],
        pace: Pace::Together,
        wire: "{type: 2, nsp: \"/\", data: [\"message\", 1, …]} → the same arguments",
        why: "It is what applications are made of.",
        differs: "",
        run: |trial| Box::pin(returns_arguments(trial)),
    },
    Check {
        id: "MSGP-03",
        title: "an event in MessagePack is acknowledged by its id",
        requirement: "The receiver MUST respond with an ACK packet with the same event ID",
        section: Section::SocketIo("Acknowledgement"),
        level: Level::Must,
        needs: &[Need::MessagePack, Need::Ack],
        pace: Pace::Together,
        wire: "{type: 2, id: 456, …} → {type: 3, id: 456, …}",
        why: "Clients wait for it, and take it for the answer to what they asked.",
        differs: "",
        run: |trial| Box::pin(acknowledges(trial)),
    },
    Check {
        id: "MSGP-04",
        title: "binaries in MessagePack come back in their places",
        requirement: "Binaries are values like others in MessagePack: there are no attachments",
        section: CUSTOM_PARSER,
        level: Level::Must,
        needs: &[Need::MessagePack, Need::Echo, Need::Binary],
        pace: Pace::Together,
        wire: "{type: 2, data: [\"message\", <01 02 03>, {a: <>}]} → the same back",
        why: "Binaries are what this parser is chosen for.",
        differs: "",
        run: |trial| Box::pin(returns_binaries(trial)),
    },
    Check {
        id: "MSGP-05",
        title: "a namespace that there is not is refused in MessagePack",
        requirement: "The server MUST respond with […] a CONNECT_ERROR packet if the connection \
                      is not allowed",
        section: CONNECTION,
        level: Level::Must,
        needs: &[Need::MessagePack],
        pace: Pace::Together,
        wire: "{type: 0, nsp: \"/chatbench-none-1\"} → {type: 4, …}, and no CONNECT",
        why: "A client that is not told waits for ever.",
        differs: "",
        run: |trial| Box::pin(refuses(trial)),
    },
    Check {
        id: "MSGP-06",
        title: "what is no packet in MessagePack closes the connection",
        requirement: "Whoever sends what cannot be decoded is disconnected",
        section: CUSTOM_PARSER,
        level: Level::Should,
        needs: &[Need::MessagePack],
        pace: Pace::Together,
        wire: "c1; {type: 9}; {type: 2, data: {}}; `42[\"message\"]` as text → the end each",
        why: "What is no packet must reach no handler, and its sender is not to be trusted.",
        differs: "",
        run: |trial| Box::pin(closes_upon_garbage(trial)),
    },
];

/// A connection that does nothing wrong works, where packets are MessagePack.
///
/// # Errors
/// Unknown, when it does not.
pub(in crate::conformance) async fn control(trial: &Trial, via: Via) -> Result<(), Stop> {
    let mut peer = connect(trial, via).await?;
    let stands = round_trip(trial, &mut peer).await;
    peer.close().await;
    stands
}

/// A session in the target's namespace.
async fn connect(trial: &Trial, via: Via) -> Result<Peer, Stop> {
    let mut peer = trial.session(via).await?;
    let connected = enter(trial, &mut peer).await;
    connected.map_err(|why| Stop::unknown(format!("no CONNECT in MessagePack: {why}")))?;
    Ok(peer)
}

/// The same, once an event was answered: what comes right behind CONNECT may be lost.
async fn connect_awake(trial: &Trial) -> Result<Peer, Stop> {
    let mut peer = connect(trial, trial.via()).await?;
    let (event, is_ack) = match (&trial.hooks().echo, &trial.hooks().ack) {
        (Some((event, _)), _) => (event, false),
        (None, Some(event)) => (event, true),
        (None, None) => return Ok(peer),
    };
    let mut call = json!({
        "type": 2, "nsp": trial.target().namespace, "data": [event, trial.text("awake")],
    });
    if is_ack {
        call["id"] = json!(1);
    }
    for _ in 0..2 {
        send(&peer, &call).await?;
        let is_answer = |it: &Value| it["data"][usize::from(!is_ack)] == *trial.text("awake");
        // Where nothing answers, that is for the check to find.
        if wait_for(trial, &mut peer, is_answer).await.is_ok() {
            break;
        }
    }
    Ok(peer)
}

/// The payload of the answer to CONNECT.
async fn enter(trial: &Trial, peer: &mut Peer) -> Result<Value, String> {
    let namespace = &trial.target().namespace;
    let mut packet = json!({ "type": 0, "nsp": namespace });
    if let Ok(auth) = serde_json::from_str::<Value>(&trial.target().auth) {
        packet["data"] = auth;
    }
    send(peer, &packet).await.map_err(|_| "the connection takes nothing".to_owned())?;
    let is_answer = |it: &Value| same(&it["type"], &json!(0)) && it["nsp"] == **namespace;
    let answer = wait_for(trial, peer, is_answer).await?;
    Ok(answer["data"].clone())
}

async fn send(peer: &Peer, packet: &Value) -> Result<(), Stop> {
    peer.send_all(&[Packet::Binary(encode(packet))]).await
}

/// The next packet that `is_it`; the error says what came instead.
async fn wait_for(
    trial: &Trial,
    peer: &mut Peer,
    is_it: impl Fn(&Value) -> bool,
) -> Result<Value, String> {
    let read = |packet: &Packet| match packet {
        Packet::Binary(bytes) => decode(bytes).filter(&is_it),
        Packet::Text(_) => None,
    };
    let found = peer.wait_for(trial.patience().answer, read).await;
    found.map_err(|missing| missing.to_string())
}

/// Wants a packet that `is_it`.
async fn expect(
    trial: &Trial,
    peer: &mut Peer,
    expected: &str,
    is_it: impl Fn(&Value) -> bool,
) -> Result<Value, Stop> {
    wait_for(trial, peer, is_it).await.map_err(|observed| Stop::failed(expected, observed))
}

/// Waits until everything sent before has been taken in.
async fn round_trip(trial: &Trial, peer: &mut Peer) -> Result<(), Stop> {
    let namespace = trial.unknown_namespace();
    send(peer, &json!({ "type": 0, "nsp": namespace })).await?;
    // A server may have any namespace.
    let answers = |it: &Value| [0, 4].iter().any(|kind| same(&it["type"], &json!(kind)));
    let is_answer = |it: &Value| answers(it) && it["nsp"] == *namespace;
    let answered = wait_for(trial, peer, is_answer).await.map(drop);
    answered.map_err(|why| Stop::unknown(format!("no answer to an unknown namespace: {why}")))
}

async fn gives_an_id(trial: &Trial) -> Found {
    const EXPECTED: &str = "CONNECT with an object that has a `sid`";
    let mut ids = Vec::new();
    let mut peers = Vec::new();
    for _ in 0..2 {
        let mut peer = trial.session(trial.via()).await?;
        let data = enter(trial, &mut peer).await.map_err(|why| Stop::failed(EXPECTED, why))?;
        let sid = data["sid"].as_str().filter(|sid| !sid.is_empty()).map(str::to_owned);
        ids.push(sid.ok_or_else(|| Stop::failed(EXPECTED, data.to_string()))?);
        peers.push(peer);
    }
    ensure(ids[0] != ids[1], "each connection has an id of its own", || {
        format!("two connections have the id {:?}", ids[0])
    })?;
    fine()
}

/// Wants an event with the arguments `sent` to come back as `wanted`.
async fn comes_back(trial: &Trial, peer: &mut Peer, sent: &[Value], wanted: &[Value]) -> Found {
    let Some((event, back)) = &trial.hooks().echo else {
        return Err(Stop::NotApplicable("the dialect names no `hooks.echo`".into()));
    };
    let mut data = vec![json!(event)];
    data.extend_from_slice(sent);
    let namespace = &trial.target().namespace;
    send(peer, &json!({ "type": 2, "nsp": namespace, "data": data })).await?;
    let expected = format!("`{back}` with {}", Value::from(wanted.to_vec()));
    let is_back = |it: &Value| it["data"][0] == **back && it["nsp"] == **namespace;
    let echo = expect(trial, peer, &expected, is_back).await?;
    let heard = echo["data"].as_array().and_then(|data| data.get(1..)).unwrap_or_default();
    ensure(same_arguments(trial, wanted, heard), &expected, || echo.to_string())?;
    fine()
}

async fn returns_arguments(trial: &Trial) -> Found {
    let mut peer = connect_awake(trial).await?;
    let sent: [&[Value]; 3] = [
        &[json!(1), json!("2"), json!({ "3": [true] })],
        &[],
        &[json!(null), json!(-1.5), json!("é€😀"), json!([[{ "deep": [] }]]), json!(70_000)],
    ];
    for arguments in sent {
        comes_back(trial, &mut peer, arguments, arguments).await?;
    }
    fine()
}

async fn returns_binaries(trial: &Trial) -> Found {
    let mut peer = connect_awake(trial).await?;
    let arguments = |binary: fn(&[u8]) -> Value| {
        [binary(&[1, 2, 3]), json!({ "a": [binary(&[])] }), binary(&[0; 300])]
    };
    comes_back(trial, &mut peer, &arguments(attachment), &arguments(told_attachment)).await
}

async fn acknowledges(trial: &Trial) -> Found {
    let event = super::acks::acked_event(trial)?;
    let mut peer = connect_awake(trial).await?;
    for (id, arguments) in [(456, json!([1, "2"])), (0, json!([null])), (70_000, json!([{}]))] {
        let mut data = vec![json!(event)];
        data.extend(arguments.as_array().into_iter().flatten().cloned());
        let namespace = &trial.target().namespace;
        send(&peer, &json!({ "type": 2, "nsp": namespace, "id": id, "data": data })).await?;
        let expected = format!("ACK of {id} with {arguments}");
        let is_ack = |it: &Value| same(&it["type"], &json!(3)) && same(&it["id"], &json!(id));
        let ack = expect(trial, &mut peer, &expected, is_ack).await?;
        ensure(same(&ack["data"], &arguments), &expected, || ack.to_string())?;
    }
    fine()
}

async fn refuses(trial: &Trial) -> Found {
    const EXPECTED: &str = "CONNECT_ERROR, and no CONNECT";
    let mut peer = trial.session(trial.via()).await?;
    let namespace = trial.unknown_namespace();
    send(&peer, &json!({ "type": 0, "nsp": namespace })).await?;
    let is_answer = |it: &Value| it["nsp"] == *namespace;
    let answer = expect(trial, &mut peer, EXPECTED, is_answer).await?;
    ensure(same(&answer["type"], &json!(4)), EXPECTED, || answer.to_string())?;
    fine()
}

async fn closes_upon_garbage(trial: &Trial) -> Found {
    let namespace = &trial.target().namespace;
    let offences = [
        ("c1", Packet::Binary(vec![0xc1])),
        ("a type 9", Packet::Binary(encode(&json!({ "type": 9, "nsp": namespace, "data": [] })))),
        (
            "an event of {}",
            Packet::Binary(encode(&json!({
                "type": 2, "nsp": namespace, "data": {},
            }))),
        ),
        ("an event as text", Packet::Text(r#"42["message",1]"#.into())),
    ];
    let via = trial.via();
    let mut twin = connect(trial, via).await?;
    let mut stay = Vec::new();
    for (name, offence) in offences {
        let mut peer = connect(trial, via).await?;
        // What cannot be sent any more was refused already: how it ended says the rest.
        let _ = peer.try_send(&[offence]).await;
        if peer.end(trial.patience().answer).await.is_err() {
            stay.push(name);
        }
    }
    round_trip(trial, &mut twin).await?;
    ensure(stay.is_empty(), "the connection is closed", || {
        format!("it stays after {}", stay.join(", "))
    })?;
    fine()
}
