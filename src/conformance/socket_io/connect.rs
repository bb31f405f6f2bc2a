//! Connect: how a namespace is entered (Socket.IO protocol v5, *Connection to a namespace*).

use serde_json::Value;

use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Packet, Peer};
use crate::conformance::trial::{Trial, prefix_of};

const CONNECTION: Section = Section::SocketIo("Connection to a namespace");

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "SIO-CON-01",
        title: "CONNECT is answered with the id of a session of its own",
        requirement: "The server MUST respond with […] a CONNECT packet if the connection is \
                      successful, with the session ID in the payload",
        section: CONNECTION,
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "twice `40` → `40{\"sid\":…}`, two ids",
        why: "Clients keep the id, and servers address one client by it.",
        differs: "",
        run: |trial| Box::pin(gives_an_id(trial)),
    },
    Check {
        id: "SIO-CON-02",
        title: "CONNECT with a payload is answered",
        requirement: "the CONNECT packet now can contain a payload […] for \
                      authentication/authorization purposes",
        section: Section::SocketIo("Difference between v5 and v4"),
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "`40{\"chatbench\":\"123\"}`, or with the target's auth → `40{\"sid\":…}`",
        why: "It is how clients say who they are: `auth` in the official client.",
        differs: "",
        run: |trial| Box::pin(takes_a_payload(trial)),
    },
    Check {
        id: "SIO-CON-03",
        title: "another namespace can be entered",
        requirement: "A client MAY be connected to multiple namespaces at the same time, with the \
                      same underlying WebSocket connection",
        section: CONNECTION,
        level: Level::Must,
        needs: &[Need::Namespace],
        pace: Pace::Together,
        wire: "`40/custom,` → `40/custom,{\"sid\":…}`, first and after `40`",
        why: "Namespaces divide one connection among the parts of an application.",
        differs: "",
        run: |trial| Box::pin(enters_another_namespace(trial)),
    },
    Check {
        id: "SIO-CON-03b",
        title: "another namespace can be entered without the comma",
        requirement: "The comma ends the namespace; where nothing follows it, it may be missing, \
                      as older clients leave it out",
        section: Section::Suite,
        level: Level::Should,
        needs: &[Need::Namespace],
        pace: Pace::Together,
        wire: "`40/custom` → `40/custom,{\"sid\":…}`",
        why: "Clients of earlier revisions write it so.",
        differs: "",
        run: |trial| Box::pin(enters_without_comma(trial)),
    },
    Check {
        id: "SIO-CON-03c",
        title: "what a query after a namespace's name means",
        requirement: "Revision 5 knows no query in a namespace; earlier clients sent one",
        section: Section::Practice,
        level: Level::Info,
        needs: &[Need::Namespace],
        pace: Pace::Together,
        wire: "`40/custom?a=b,`",
        why: "Where it is cut off, `/custom?a=b` and `/custom` are one namespace.",
        differs: "python-socketio cuts it off; the others know no such namespace.",
        run: |trial| Box::pin(tells_of_a_query(trial)),
    },
    Check {
        id: "SIO-CON-04",
        title: "a namespace that there is not is refused",
        requirement: "The server MUST respond with […] a CONNECT_ERROR packet if the connection \
                      is not allowed",
        section: CONNECTION,
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "`40/chatbench-none-1,` → `44/chatbench-none-1,…` and no `40`",
        why: "A client that is not told waits for ever, and one let in talks to nobody.",
        differs: "",
        run: |trial| Box::pin(refuses_an_unknown_namespace(trial)),
    },
    Check {
        id: "SIO-CON-04b",
        title: "the refusal of a namespace is an object with a message",
        requirement: "the payload CONNECT_ERROR packet is now an object instead of a plain string",
        section: Section::SocketIo("Difference between v5 and v4"),
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`40/chatbench-none-1,` → `44/chatbench-none-1,{\"message\":…}`",
        why: "Clients show its `message`; of a string, the official one makes an empty error.",
        differs: "python-socketio and netty-socketio send a string.",
        run: |trial| Box::pin(refuses_with_a_message(trial)),
    },
    Check {
        id: "SIO-CON-12",
        title: "after a refused namespace another can be entered, or the connection is closed",
        requirement: "A refusal is about one namespace: the client may ask for another, unless \
                      the server ends the connection",
        section: Section::Practice,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`40/chatbench-none-1,` → `44/…`; `40` → `40{…}` or the end",
        why: "A connection that is neither usable nor closed is a leak.",
        differs: "",
        run: |trial| Box::pin(is_usable_after_a_refusal(trial)),
    },
];

const WITH_SID: &str = "CONNECT with an object that has a `sid`";

/// Sends CONNECT as `packet`, and gives the payload of what grants `namespace`.
async fn granted(
    trial: &Trial,
    peer: &mut Peer,
    packet: String,
    namespace: &str,
) -> Result<Value, Stop> {
    peer.send(packet).await?;
    let prefix = prefix_of(namespace);
    let data = answer(trial, peer, "0", &prefix, WITH_SID).await?;
    let payload: Option<Value> = serde_json::from_str(&data).ok();
    let payload = payload.filter(|it| it["sid"].as_str().is_some_and(|sid| !sid.is_empty()));
    payload.ok_or_else(|| Stop::failed(WITH_SID, format!("`40{prefix}{data}`")))
}

/// Waits for `4`, `kind` and `prefix`, and gives what follows.
async fn answer(
    trial: &Trial,
    peer: &mut Peer,
    kind: &str,
    prefix: &str,
    expected: &str,
) -> Result<String, Stop> {
    let beginning = format!("4{kind}{prefix}");
    let wanted = |packet: &Packet| match packet {
        Packet::Text(text) => text.strip_prefix(&beginning).map(str::to_owned),
        Packet::Binary(_) => None,
    };
    let answer = peer.wait_for(trial.patience().answer, wanted).await;
    answer.map_err(|missing| peer.instead(expected, &missing))
}

async fn gives_an_id(trial: &Trial) -> Found {
    let target = trial.target();
    let mut ids = Vec::new();
    let mut peers = Vec::new();
    for _ in 0..2 {
        let mut peer = trial.session(trial.via()).await?;
        let packet = format!("40{}{}", trial.prefix(), target.auth);
        let payload = granted(trial, &mut peer, packet, &target.namespace).await?;
        ids.push(payload["sid"].clone());
        peers.push(peer);
    }
    ensure(ids[0] != ids[1], "each connection has an id of its own", || {
        format!("two connections have the id {}", ids[0])
    })?;
    fine()
}

async fn takes_a_payload(trial: &Trial) -> Found {
    let target = trial.target();
    // Where credentials are asked for, others might be refused, and rightly so.
    let payload =
        if target.auth.is_empty() { r#"{"chatbench":"123"}"# } else { target.auth.as_str() };
    let mut peer = trial.session(trial.via()).await?;
    let packet = format!("40{}{payload}", trial.prefix());
    granted(trial, &mut peer, packet, &target.namespace).await?;
    fine()
}

async fn enters_another_namespace(trial: &Trial) -> Found {
    let namespace = trial.other_namespace()?;
    let packet = format!("40{namespace},{}", trial.target().auth);
    let mut first = trial.session(trial.via()).await?;
    granted(trial, &mut first, packet.clone(), namespace).await?;
    let mut second = trial.connect(trial.via()).await?;
    granted(trial, &mut second, packet, namespace).await?;
    fine()
}

async fn enters_without_comma(trial: &Trial) -> Found {
    let namespace = trial.other_namespace()?;
    if !trial.target().auth.is_empty() {
        let why = "the target wants auth, which cannot be said without the comma";
        return Err(Stop::NotApplicable(why.into()));
    }
    let mut peer = trial.session(trial.via()).await?;
    granted(trial, &mut peer, format!("40{namespace}"), namespace).await?;
    fine()
}

async fn tells_of_a_query(trial: &Trial) -> Found {
    let namespace = trial.other_namespace()?;
    let mut peer = trial.session(trial.via()).await?;
    peer.send(format!("40{namespace}?a=b,{}", trial.target().auth)).await?;
    let is_answer = |packet: &Packet| match packet {
        Packet::Text(text) if text.starts_with("40") || text.starts_with("44") => {
            Some(text.clone())
        }
        _ => None,
    };
    match peer.wait_for(trial.patience().answer, is_answer).await {
        Ok(text) if text.starts_with("44") => Ok(format!("refused with `{text}`")),
        Ok(text) if text.contains("?a=b") => Ok("it is a namespace of its own".into()),
        Ok(_) => Ok(format!("the query is cut off, and {namespace} is entered")),
        Err(missing) => Ok(format!("answered by {missing}")),
    }
}

async fn refuses_an_unknown_namespace(trial: &Trial) -> Found {
    const EXPECTED: &str = "CONNECT_ERROR, and no CONNECT";
    let mut peer = trial.session(trial.via()).await?;
    for suffix in ["", "/within"] {
        let namespace = format!("{}{suffix}", trial.unknown_namespace());
        peer.send(format!("40{namespace},")).await?;
        answer(trial, &mut peer, "4", &prefix_of(&namespace), EXPECTED).await?;
        let heard = peer.collect(trial.patience().quiet).await;
        let granted = format!("40{namespace}");
        let is_granted =
            |packet: &Packet| matches!(packet, Packet::Text(text) if text.starts_with(&granted));
        ensure(!heard.iter().any(is_granted), EXPECTED, || {
            format!("both, for the namespace {namespace}")
        })?;
        if peer.ended().is_some() {
            // Whoever is refused may be shown the door; the other name wants another connection.
            peer = trial.session(trial.via()).await?;
        }
    }
    fine()
}

async fn refuses_with_a_message(trial: &Trial) -> Found {
    const EXPECTED: &str = "CONNECT_ERROR with an object that has a `message`";
    let mut peer = trial.session(trial.via()).await?;
    let namespace = trial.unknown_namespace();
    let prefix = prefix_of(&namespace);
    peer.send(format!("40{prefix}")).await?;
    let data = answer(trial, &mut peer, "4", &prefix, EXPECTED).await?;
    let payload: Option<Value> = serde_json::from_str(&data).ok();
    ensure(payload.is_some_and(|it| it["message"].is_string()), EXPECTED, || {
        format!("`44{prefix}{data}`")
    })?;
    fine()
}

async fn is_usable_after_a_refusal(trial: &Trial) -> Found {
    const EXPECTED: &str = "CONNECT is granted, or the connection is closed";
    let mut peer = trial.session(trial.via()).await?;
    let namespace = trial.unknown_namespace();
    peer.send(format!("40{namespace},")).await?;
    let refused = answer(trial, &mut peer, "4", &prefix_of(&namespace), "a refusal").await;
    if let Err(Stop::Failed(failure)) = refused {
        return Err(Stop::unknown(format!("no refusal: {}", failure.observed)));
    }
    match trial.enter(&mut peer).await {
        Ok(()) => Ok("it can be used for another namespace".into()),
        Err(_) if peer.end(trial.patience().quiet).await.is_ok() => Ok("it is closed".into()),
        Err(_) => Err(Stop::failed(EXPECTED, "neither")),
    }
}
