//! Door: whom a connection leads to, or what it is refused with.

use std::rc::Rc;

use tokio::net::TcpStream;

use super::http::{Answer, Bad, Head, Line};
use super::session::{Session, Way};
use super::websocket::{Reader, Writer};
use super::{Lie, World, polling, upgrade, websocket};

const PATH: &str = "/socket.io/";
const ORIGIN: &str = "http://localhost:5173";

/// Where a request leads.
enum Lead {
    Answer(Answer),
    OpenPolling,
    Get(Rc<Session>),
    Post(Rc<Session>),
    /// The agreement, and the session to be taken over.
    WebSocket(Answer, Option<Rc<Session>>),
}

/// Serves a connection until it ends.
pub(super) async fn serve(world: Rc<World>, node: usize, tcp: TcpStream) {
    let mut line = Line { tcp, inbox: Vec::new() };
    loop {
        let head = match line.head().await {
            Ok(head) => head,
            Err(Bad::Gone) => return,
            Err(Bad::Refused(status)) => {
                line.answer(None, &Answer::refusal(status, "not a request")).await;
                return line.end().await;
            }
        };
        let (answer, is_read) = match way(&world, &head) {
            Lead::WebSocket(agreement, session) => {
                return switch(&world, node, line, (agreement, session)).await;
            }
            Lead::Answer(answer) => (Some(answer), false),
            Lead::OpenPolling => {
                let session = Session::open(&world, node, Way::Polling);
                (Some(Answer::text(session.handshake())), true)
            }
            Lead::Get(session) => (polling::get(&session, &mut line).await, true),
            Lead::Post(session) => (polling::post(&session, &head, &mut line).await, true),
        };
        let Some(answer) = answer else { return };
        let keeps = is_read && !head.lists("connection", "close");
        let answer = with_cors(&head, answer);
        let answer = if keeps { answer } else { answer.with("Connection", "close") };
        if !line.answer(Some(&head), &answer).await {
            return;
        }
        if !keeps {
            return line.end().await;
        }
    }
}

fn way(world: &Rc<World>, head: &Head) -> Lead {
    let refuse = |why| Lead::Answer(Answer::refusal(400, why));
    if head.path != PATH {
        return Lead::Answer(Answer::refusal(404, "nothing is here"));
    }
    if head.method == "OPTIONS" {
        return Lead::Answer(preflight());
    }
    if head.param("EIO") != Some("4") && !world.lies(Lie::AnswersOtherRevisions) {
        return refuse("another revision of the protocol");
    }
    let asks_upgrade = head.header("upgrade").is_some();
    let session = match head.param("sid") {
        None => None,
        Some(sid) => match world.session(sid) {
            None => return refuse("an unknown session"),
            session => session,
        },
    };
    let is_free = session.as_ref().is_none_or(|session| {
        let wire = session.wire.borrow();
        wire.way == Way::Polling && !wire.is_probed
    });
    match (head.param("transport"), head.method.as_str(), session) {
        (Some("polling"), _, _) if asks_upgrade => refuse("polling needs no upgrade"),
        (Some("polling"), "GET", None) => Lead::OpenPolling,
        (Some("polling"), "GET" | "POST", Some(session))
            if session.wire.borrow().way == Way::WebSocket =>
        {
            refuse("the session is on a WebSocket")
        }
        (Some("polling"), "GET", Some(session)) => Lead::Get(session),
        (Some("polling"), "POST", Some(session)) => Lead::Post(session),
        (Some("websocket"), "GET", session) if is_free => match websocket::agree(head) {
            Ok(agreement) => Lead::WebSocket(agreement, session),
            Err(refusal) => Lead::Answer(refusal),
        },
        (Some("websocket"), "GET", _) => refuse("the session has a WebSocket"),
        (Some("polling" | "websocket"), _, _) => refuse("another method"),
        _ => refuse("another transport"),
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
    let (reader, writer) = (Reader::new(read, line.inbox), Writer::new(write));
    match session {
        None => upgrade::open(world, node, reader, writer).await,
        Some(session) => upgrade::probe(&session, reader, writer).await,
    }
}

fn preflight() -> Answer {
    Answer::new(204)
        .with("Access-Control-Allow-Methods", "GET, POST")
        .with("Access-Control-Allow-Headers", "Content-Type, Authorization")
}

/// Lets pages of the one origin read the answer.
fn with_cors(head: &Head, answer: Answer) -> Answer {
    let answer = answer.with("Vary", "Origin");
    if head.header("origin") != Some(ORIGIN) {
        return answer;
    }
    answer
        .with("Access-Control-Allow-Origin", ORIGIN)
        .with("Access-Control-Allow-Credentials", "true")
}
