//! Opening: what comes before CONNECT, instead of it, or once too often (Socket.IO protocol v5,
//! *Connection to a namespace*).

use super::offence::{Proof, Standing, all_close, offend, text, told_of_each};
use crate::conformance::chat::member::assemble;
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Event, Packet, shortened};
use crate::conformance::trial::Trial;

const CONNECTION: Section = Section::SocketIo("Connection to a namespace");

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "SIO-CON-05",
        title: "another packet than CONNECT at first closes the connection",
        requirement: "If the server does not receive a CONNECT packet first, then it MUST close \
                      the connection immediately",
        section: CONNECTION,
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "no CONNECT; `4abc` → the end, while pings are answered",
        why: "Whoever does not speak the protocol must not keep a connection.",
        differs: "python-socketio and netty-socketio keep it.",
        run: |trial| Box::pin(closes_upon_garbage(trial)),
    },
    Check {
        id: "SIO-CON-06",
        title: "a session without CONNECT is closed after a while",
        requirement: "If the server does not receive a CONNECT packet first, then it MUST close \
                      the connection; how long it waits, the official server calls connectTimeout",
        section: Section::Docs("Server options, connectTimeout"),
        level: Level::Should,
        needs: &[Need::ConnectTimeout],
        pace: Pace::Together,
        wire: "no CONNECT, pings are answered → the end within the connect timeout",
        why: "Sessions that are in no namespace cost memory and are seen by no handler.",
        differs: "python-socketio and netty-socketio keep them for ever.",
        run: |trial| Box::pin(closes_what_stays_silent(trial)),
    },
    Check {
        id: "SIO-CON-07",
        title: "an event before CONNECT closes the connection and is not processed",
        requirement: "If the server does not receive a CONNECT packet first, then it MUST close \
                      the connection immediately",
        section: CONNECTION,
        level: Level::Must,
        needs: &[],
        pace: Pace::Together,
        wire: "no CONNECT; `42[…]` → the end, and nothing is answered",
        why: "Who may connect is decided at CONNECT: an event before it evades that.",
        differs: "3.x, 4.0 and python-socketio ignore it; netty-socketio processes it.",
        run: |trial| Box::pin(closes_upon_an_early_event(trial)),
    },
    Check {
        id: "SIO-CON-08",
        title: "a second CONNECT does not make messages come twice",
        requirement: "A connection is in a namespace once: whoever sends CONNECT again is no \
                      second member of its rooms",
        section: Section::Practice,
        level: Level::Must,
        needs: &[Need::Chat],
        pace: Pace::Together,
        wire: "b joins; b `40` again, joins again; a sends → b hears it at most once",
        why: "A client that connects again in doubt would see every message twice.",
        differs: "",
        run: |trial| Box::pin(is_no_second_member(trial)),
    },
    Check {
        id: "SIO-CON-08b",
        title: "a second CONNECT is refused, or closes the connection",
        requirement: "A connection is in a namespace once: a second CONNECT is against the \
                      protocol",
        section: Section::Practice,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`40` → `40{…}`; `40` → `44…` or the end",
        why: "A client that believes to be new must not go on as the old one.",
        differs: "socketioxide ignores it; python-socketio refuses, the official server closes.",
        run: |trial| Box::pin(refuses_a_second_connect(trial)),
    },
    Check {
        id: "SIO-CON-09",
        title: "what becomes of CONNECT with an odd payload",
        requirement: "The payload of CONNECT is an object where there is one; of others nothing \
                      is said",
        section: CONNECTION,
        level: Level::Info,
        needs: &[],
        pace: Pace::Together,
        wire: "`40\"text\"`, `40[1]`, `40123`, `40null`, `40{bad`, `40true`",
        why: "Handlers read the payload as credentials: they had better see objects only.",
        differs: "The official server closes, save at a number; others accept most.",
        run: |trial| Box::pin(tells_of_odd_payloads(trial)),
    },
    Check {
        id: "SIO-CON-10",
        title: "no event comes before the answer to CONNECT",
        requirement: "Once the connection to a namespace is established, the client and the \
                      server can begin exchanging data",
        section: Section::SocketIo("Sending and receiving data"),
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`40` → nothing but pings, then `40{…}`",
        why: "What comes before it, clients throw away or take for an error.",
        differs: "python-socketio sends what a connect handler emits first; netty-socketio, too.",
        run: |trial| Box::pin(answers_before_events(trial)),
    },
    Check {
        id: "SIO-CON-11",
        title: "events of two namespaces on one connection do not cross",
        requirement: "A client MAY be connected to multiple namespaces at the same time, with the \
                      same underlying WebSocket connection",
        section: CONNECTION,
        level: Level::Must,
        needs: &[Need::Namespace, Need::Echo],
        pace: Pace::Together,
        wire: "`42[…,\"main\"]`, `42/custom,[…,\"other\"]` → each comes back where it was sent",
        why: "Namespaces keep parts of an application apart, often those of other rights.",
        differs: "",
        run: |trial| Box::pin(keeps_namespaces_apart(trial)),
    },
];

async fn closes_upon_garbage(trial: &Trial) -> Found {
    all_close(trial, Standing::Opened, Proof::Time, &[text("4abc")]).await
}

async fn closes_what_stays_silent(trial: &Trial) -> Found {
    let within = trial.patience().connect_timeout + trial.patience().answer;
    let expected = format!("the end within {}", humantime::format_duration(within));
    let mut twin = trial.connect(trial.via()).await?;
    let mut peer = trial.session(trial.via()).await?;
    let began = trial.clock().now();
    let ended = peer.end(within).await;
    if let Err(missing) = twin.round_trip().await {
        let why = format!("a connection that sent CONNECT did not stay either: {missing}");
        return Err(Stop::unknown(why));
    }
    match ended {
        Ok(end) => {
            let after = std::time::Duration::from_millis(end.at.since(began).as_millis() as u64);
            Ok(format!("closed after {}", humantime::format_duration(after)))
        }
        Err(_) => Err(Stop::failed(expected, "it stays")),
    }
}

/// An event that shows whether it is processed, where there is an echo.
fn revealing_event(trial: &Trial) -> String {
    let event = trial.hooks().echo.as_ref().map_or("chatbench", |(event, _)| event);
    format!("42{}{}", trial.prefix(), serde_json::json!([event, "early"]))
}

async fn closes_upon_an_early_event(trial: &Trial) -> Found {
    const EXPECTED: &str = "the connection is closed, and the event not processed";
    let early = text(revealing_event(trial));
    let aftermaths = offend(trial, Standing::Opened, Proof::Time, &[early]).await?;
    aftermaths.sound()?;
    let aftermath = &aftermaths.each[0];
    ensure(aftermath.end.is_some() && aftermath.event().is_none(), EXPECTED, || aftermath.words())?;
    fine()
}

async fn is_no_second_member(trial: &Trial) -> Found {
    const EXPECTED: &str = "b hears it at most once";
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(), trial.via(), trial.via()]).await?;
    let again = format!("40{}{}", trial.prefix(), trial.target().auth);
    // Who closes the connection or refuses has no second member either.
    let _ = members[1].peer.try_send(&[Packet::Text(again)]).await;
    let stays = members[1].join(&room).await.is_ok();
    members[0].say(&room, "once").await?;
    let third = members[2].hear(&room, "a", "once").await;
    if let Err(Stop::Failed(failure)) = third {
        return Err(Stop::unknown(format!("a third member heard {}", failure.observed)));
    }
    // The others have heard it: a second copy is on its way at most.
    let _ = members[1].settle().await;
    let heard = members[1].count(&["once"]).await[0];
    ensure(heard <= 1, EXPECTED, || format!("it heard it {heard} times"))?;
    Ok(match (stays, heard) {
        (false, _) => "it is closed",
        (true, 0) => "it stays, and is no member any more",
        (true, _) => "it stays, and is a member once",
    }
    .into())
}

async fn refuses_a_second_connect(trial: &Trial) -> Found {
    let prefix = trial.prefix();
    let again = text(format!("40{prefix}{}", trial.target().auth));
    let aftermaths = offend(trial, Standing::Connected, Proof::Answer, &[again]).await?;
    aftermaths.sound()?;
    let aftermath = &aftermaths.each[0];
    let refusal = format!("44{prefix}");
    let is_refusal =
        |packet: &Packet| matches!(packet, Packet::Text(text) if text.starts_with(&refusal));
    let refused = aftermath.heard.iter().any(is_refusal);
    let expected = "CONNECT_ERROR, or the end of the connection";
    ensure(aftermath.end.is_some() || refused, expected, || aftermath.words())?;
    Ok(if refused { "refused".into() } else { "closed".into() })
}

async fn tells_of_odd_payloads(trial: &Trial) -> Found {
    let payloads = [r#""text""#, "[1]", "123", "null", "{bad", "true"];
    let offence = |payload| (payload, text(format!("40{}{payload}", trial.prefix())));
    told_of_each(trial, Standing::Opened, &payloads.map(offence)).await
}

async fn answers_before_events(trial: &Trial) -> Found {
    const EXPECTED: &str = "the answer to CONNECT comes before any event";
    let mut peer = trial.session(trial.via()).await?;
    let early = peer.collect(trial.patience().quiet).await;
    let mut events = early.iter().filter(|packet| Event::read(packet).is_some());
    if let Some(event) = events.next() {
        let event = super::offence::words_of(event);
        return Err(Stop::failed(EXPECTED, format!("{event} came before CONNECT was sent")));
    }
    peer.send(format!("40{}{}", trial.prefix(), trial.target().auth)).await?;
    let answer = format!("40{}", trial.prefix());
    let until = trial.clock().now() + trial.patience().answer;
    loop {
        let next = peer.next(until.since(trial.clock().now())).await;
        let next = next.map_err(|missing| Stop::unknown(format!("no CONNECT: {missing}")))?;
        match &next.1 {
            Packet::Text(text) if text.starts_with(&answer) => return fine(),
            packet if Event::read(packet).is_some() => {
                return Err(Stop::failed(EXPECTED, super::offence::words_of(packet)));
            }
            _ => {}
        }
    }
}

async fn keeps_namespaces_apart(trial: &Trial) -> Found {
    let (Some((event, back)), Some(other)) = (&trial.hooks().echo, &trial.hooks().namespace) else {
        return Err(Stop::NotApplicable("there is no echo in two namespaces".into()));
    };
    let main = trial.target().namespace.as_str();
    let mut peer = trial.connect_awake(trial.via()).await?;
    super::disconnect::enter_too(trial, &mut peer, other).await?;
    trial.wake(&mut peer, other).await?;
    for (prefix, said) in [(trial.prefix(), "main"), (format!("{other},"), "other")] {
        peer.send(format!("42{prefix}{}", serde_json::json!([event, said]))).await?;
    }
    let mut heard = Vec::new();
    for said in ["main", "other"] {
        let expected = format!("`{said}` comes back in the namespace it was sent in");
        let is_it =
            |it: &Event| it.name() == Some(back) && it.data.get(1).is_some_and(|text| text == said);
        heard.push(peer.expect_data(&expected, is_it).await?.namespace);
    }
    ensure(heard == [main, other.as_str()], "each where it was sent", || format!("{heard:?}"))?;
    let more = peer.collect(trial.patience().quiet).await;
    let more = more.iter().filter_map(Event::read).find(|it| it.name() == Some(back));
    ensure(more.is_none(), "each comes back once", || {
        shortened(&format!("again, {:?}", more.map(|it| (it.namespace, it.data))))
    })?;
    fine()
}
