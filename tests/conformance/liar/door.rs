//! Door: whom a connection leads to, or what it is refused with.

use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpStream;

use super::http::{Answer, Bad, Head, Line};
use super::session::{End, Session, Way};
use super::websocket::{Reader, Writer};
use super::{Lie, World, polling, upgrade, websocket};

const PATH: &str = "/socket.io/";
const ORIGIN: &str = "http://localhost:5173";
/// As long as the ids that the server gives.
const ID_LEN: usize = 20;

/// Where a request leads.
enum Lead {
    Answer(Answer),
    OpenPolling,
    Get(Rc<Session>),
    Post(Rc<Session>),
    /// No answer at all.
    Nowhere,
    /// The end of the connection, and no answer.
    Out,
    /// The agreement, and the session to be taken over.
    WebSocket(Answer, Option<Rc<Session>>),
}

/// Serves a connection until it ends.
pub(super) async fn serve(world: Rc<World>, node: usize, tcp: TcpStream) {
    let mut line = Line { tcp, inbox: Vec::new() };
    loop {
        let head = match line.head().await {
            Ok(head) => head,
            Err(Bad::Gone) => {
                if !line.inbox.is_empty() && world.lies_each(Lie::DiesOfHalfRequests, 10) {
                    world.die();
                }
                return;
            }
            Err(Bad::Refused(status)) => {
                if world.lies(Lie::DiesOfGarbage) {
                    world.die();
                }
                line.answer(None, &Answer::refusal(status, "not a request")).await;
                return line.end().await;
            }
        };
        let (answer, is_read) = match lead(&world, &head) {
            Lead::WebSocket(agreement, session) => {
                return switch(&world, node, line, (agreement, session)).await;
            }
            Lead::Answer(answer) => (Some(answer), false),
            Lead::OpenPolling => {
                let session = Session::open(&world, node, Way::Polling);
                (Some(Answer::text(session.handshake())), true)
            }
            Lead::Nowhere => {
                world.wait(Duration::from_secs(5)).await;
                return;
            }
            Lead::Out => return,
            Lead::Get(session) => (polling::get(&session, &mut line).await, true),
            Lead::Post(session) => (polling::post(&session, &head, &mut line).await, true),
        };
        let Some(answer) = answer else { return };
        let keeps = is_read && !head.lists("connection", "close");
        let answer = with_cors(&world, &head, answer);
        let answer = if keeps { answer } else { answer.with("Connection", "close") };
        if !line.answer(Some(&head), &answer).await {
            return;
        }
        if !keeps {
            return line.end().await;
        }
    }
}

fn refuse(why: &str) -> Lead {
    Lead::Answer(Answer::refusal(400, why))
}

fn lead(world: &Rc<World>, head: &Head) -> Lead {
    if head.path != PATH {
        return Lead::Answer(Answer::refusal(404, "nothing is here"));
    }
    if head.method == "OPTIONS" {
        return Lead::Answer(preflight(world));
    }
    let upgrades = head.header("upgrade").is_some();
    if upgrades && !head.lists("upgrade", "websocket") && world.lies(Lie::DiesOfOddUpgrades) {
        world.die();
    }
    if !is_revision_known(world, head, upgrades) {
        return refuse("another revision of the protocol");
    }
    let session = match head.param("sid") {
        None => None,
        Some(sid) => match world.session(sid) {
            None => return lead_stranger(world, head, sid),
            session => session,
        },
    };
    match (transport(world, head, upgrades), session) {
        (Some(Way::Polling), session) => lead_polling(world, head, session),
        (Some(Way::WebSocket), session) => lead_websocket(world, head, session),
        (None, _) => refuse("another transport"),
    }
}

fn is_revision_known(world: &World, head: &Head, upgrades: bool) -> bool {
    match head.param("EIO") {
        Some("4") => true,
        Some("2" | "3") if upgrades => world.lies(Lie::OpensWebSocketsOfOlderRevisions),
        Some("2" | "3") => world.lies(Lie::AnswersOlderRevisions),
        _ if upgrades => world.lies(Lie::OpensWebSocketsOfOtherRevisions),
        _ => world.lies(Lie::AnswersOtherRevisions),
    }
}

fn transport(world: &World, head: &Head, upgrades: bool) -> Option<Way> {
    match head.param("transport") {
        Some("polling") if upgrades => {
            world.lies(Lie::OpensWebSocketsForPolling).then_some(Way::WebSocket)
        }
        Some("polling") => Some(Way::Polling),
        Some("websocket") if !upgrades && world.lies(Lie::PollsForWebSockets) => Some(Way::Polling),
        Some("websocket") => Some(Way::WebSocket),
        _ if upgrades => world.lies(Lie::OpensWebSocketsForAnything).then_some(Way::WebSocket),
        _ => world.lies(Lie::PollsForAnything).then_some(Way::Polling),
    }
}

/// Where a request leads whose session there is not.
fn lead_stranger(world: &Rc<World>, head: &Head, sid: &str) -> Lead {
    if head.header("upgrade").is_some() {
        if world.lies(Lie::OpensWebSocketsForUnknownIds) {
            return lead_websocket(world, head, None);
        }
    } else if let Some(session) = world.last_words.borrow_mut().remove(sid)
        && head.method == "GET"
    {
        return Lead::Get(session);
    } else if head.method == "GET" && world.lies(Lie::LeavesStrangersWaiting) {
        return Lead::Nowhere;
    } else if head.method == "POST" {
        if world.lies(Lie::TakesPostsOfUnknownIds) {
            return Lead::Answer(Answer::text("ok"));
        }
    } else if sid.len() == ID_LEN && world.lies(Lie::OpensForUnknownIds)
        || sid.len() != ID_LEN && world.lies(Lie::OpensForOddIds)
    {
        return Lead::OpenPolling;
    }
    refuse("an unknown session")
}

fn lead_polling(world: &Rc<World>, head: &Head, session: Option<Rc<Session>>) -> Lead {
    let Some(session) = session else {
        return match head.method.as_str() {
            "GET" => Lead::OpenPolling,
            _ if world.lies(Lie::OpensByAnyMethod) => Lead::OpenPolling,
            _ => refuse("another method"),
        };
    };
    let (way, is_upgraded) = {
        let wire = session.wire.borrow();
        (wire.way, wire.is_upgraded)
    };
    match (head.method.as_str(), way) {
        ("GET", Way::Polling) => Lead::Get(session),
        ("POST", Way::Polling) => Lead::Post(session),
        ("GET", Way::WebSocket) if !is_upgraded && world.lies(Lie::PollsWebSockets) => {
            Lead::Get(session)
        }
        ("GET", Way::WebSocket) if is_upgraded && world.lies(Lie::PollsAfterTheUpgrade) => {
            Lead::Get(session)
        }
        ("POST", Way::WebSocket) if is_upgraded && world.lies(Lie::TakesPostsAfterTheUpgrade) => {
            Lead::Post(session)
        }
        (_, Way::WebSocket) => {
            let ends =
                if is_upgraded { Lie::EndsUpgradedWhoArePolled } else { Lie::EndsWhoArePolled };
            if world.lies(ends) {
                session.close(End::Server);
            }
            refuse("the session is on a WebSocket")
        }
        _ => refuse("another method"),
    }
}

fn lead_websocket(world: &Rc<World>, head: &Head, session: Option<Rc<Session>>) -> Lead {
    if head.method != "GET" {
        return refuse("another method");
    }
    if head.header("upgrade").is_some() && world.lies(Lie::HangsUpOnWebSockets) {
        return Lead::Out;
    }
    if !world.setup.websocket || world.lies(Lie::RefusesWebSockets) {
        return refuse("no WebSockets");
    }
    let is_taken = session.as_ref().is_some_and(|session| {
        let wire = session.wire.borrow();
        wire.way == Way::WebSocket || wire.is_probed
    });
    if is_taken && world.lies(Lie::EndsWhoGetASecondWebSocket) {
        session.into_iter().for_each(|session| session.close(End::Server));
        return refuse("the session had a WebSocket");
    }
    if is_taken && world.lies(Lie::LeavesASecondWebSocketUnanswered) {
        return Lead::Nowhere;
    }
    if is_taken && !world.lies(Lie::LetsASecondWebSocketTakeOver) {
        return refuse("the session has a WebSocket");
    }
    match websocket::agree(world, head) {
        Ok(agreement) => Lead::WebSocket(agreement, session),
        Err(refusal) => Lead::Answer(refusal),
    }
}

async fn switch(
    world: &Rc<World>,
    node: usize,
    mut line: Line,
    (agreement, session): (Answer, Option<Rc<Session>>),
) {
    if !line.answer(None, &agreement).await {
        return;
    }
    let (read, write) = line.tcp.into_split();
    let (reader, writer) = (Reader::new(world, read, line.inbox), Writer::new(world, write));
    match session {
        None => upgrade::open(world, node, reader, writer).await,
        Some(session) => upgrade::probe(&session, reader, writer).await,
    }
}

fn preflight(world: &World) -> Answer {
    let answer = Answer::new(204).with("Access-Control-Allow-Headers", "Content-Type");
    if world.lies(Lie::AllowsNoMethods) {
        return answer;
    }
    answer.with("Access-Control-Allow-Methods", "GET, POST")
}

/// Lets pages of the one origin read the answer.
fn with_cors(world: &World, head: &Head, answer: Answer) -> Answer {
    let answer = answer.with("Vary", "Origin");
    if head.header("origin") != Some(ORIGIN) || world.lies(Lie::AllowsNoOrigin) {
        return answer;
    }
    if world.lies(Lie::AllowsAnotherOrigin) {
        return answer.with("Access-Control-Allow-Origin", "http://chatbench.invalid");
    }
    answer
        .with("Access-Control-Allow-Origin", ORIGIN)
        .with("Access-Control-Allow-Credentials", "true")
}
