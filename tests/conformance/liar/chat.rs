//! Chat: who is in which room, what is relayed to whom, and the events beside the contract.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use super::packet::{Args, Kind, Message, Packet, prefix};
use super::recovery::{Lost, Sent};
use super::relay;
use super::session::Session;
use super::{Lie, World};

/// What a lie keeps of each join, in bytes.
const KEPT_OF_ROOM_BYTES: usize = 2_000;

/// The sockets of all namespaces, and their rooms.
#[derive(Default)]
pub(super) struct Chat {
    pub(super) sockets: HashMap<String, Socket>,
    /// The members of each room of each namespace, in the order they came.
    pub(super) rooms: HashMap<(String, String), Vec<String>>,
    /// What was said, for those who come back.
    pub(super) sent: Vec<Sent>,
    /// Who may come back, by the private id.
    pub(super) lost: HashMap<String, Lost>,
    /// The private id of whoever was lost last: what a lie goes by.
    pub(super) last_lost: String,
    /// The messages of each room, counted: what some lies go by.
    pub(super) said: HashMap<String, u32>,
    /// The rooms of those who are gone, for a lie.
    pub(super) left: Vec<(String, String)>,
}

/// A session in a namespace.
pub(super) struct Socket {
    pub(super) session: Rc<Session>,
    pub(super) namespace: String,
    pub(super) pid: String,
    /// What lies go by.
    pub(super) history: History,
}

/// What a socket did so far.
#[derive(Default)]
pub(super) struct History {
    pub(super) author: String,
    pub(super) last_room: String,
    pub(super) has_rejoined: bool,
    pub(super) has_left_its_own_room: bool,
    pub(super) has_posted: bool,
}

/// An event as it came, whole.
pub(super) struct Event<'e> {
    pub(super) socket: &'e str,
    pub(super) packet: &'e Packet,
    pub(super) name: &'e str,
    /// Its name first.
    pub(super) args: Args,
}

/// Lets the socket `id` in, which is in no room.
pub(super) fn admit(session: &Rc<Session>, namespace: &str, id: &str, pid: &str) {
    let (namespace, pid) = (namespace.into(), pid.into());
    let history = History::default();
    let socket = Socket { session: Rc::clone(session), namespace, pid, history };
    session.world.chat.borrow_mut().sockets.insert(id.into(), socket);
    let left = session.world.chat.borrow().left.clone();
    for (namespace, room) in left {
        join(&session.world, &namespace, &room, id);
    }
}

/// Takes the socket `id` out of its rooms and its namespace.
pub(super) fn forget(world: &World, id: &str, may_return: bool) {
    let mut chat = world.chat.borrow_mut();
    let Some(socket) = chat.sockets.remove(id) else { return };
    let mut rooms = Vec::new();
    for ((namespace, room), members) in &mut chat.rooms {
        if *namespace == socket.namespace && members.iter().any(|member| member == id) {
            if !(may_return && world.lies_of_the_gone()) {
                members.retain(|member| member != id);
            }
            rooms.push(room.clone());
        }
    }
    let gives = if may_return { Lie::GivesRoomsOfTheGone } else { Lie::GivesRoomsBack };
    if world.lies(gives) {
        let left = rooms.iter().map(|room| (socket.namespace.clone(), room.clone()));
        chat.left.extend(left);
    }
    chat.rooms.retain(|_, members| !members.is_empty());
    if may_return && world.setup.recovery {
        let lost = Lost { id: id.into(), namespace: socket.namespace, rooms };
        chat.last_lost.clone_from(&socket.pid);
        chat.lost.insert(socket.pid, lost);
    }
}

/// Does what `event` asks for; gives nothing when the session is to be ended for it.
pub(super) fn happen(session: &Rc<Session>, event: &Event<'_>) -> Option<()> {
    match event.name {
        "join-room" => {
            if let Some(room) = room(session, event) {
                join_as_told(&session.world, &event.packet.namespace, &room, event.socket);
            }
        }
        "leave-room" => {
            if let Some(room) = room(session, event) {
                leave(&session.world, &event.packet.namespace, &room, event.socket);
            }
        }
        "send-msg" => relay::relay(session, event)?,
        "message" if session.lies(Lie::HasNoEcho) => {}
        "message" => echo(session, event),
        "message-with-ack" if session.lies(Lie::HasNoAck) => {}
        "message-with-ack" => acknowledge(session, event)?,
        name => return other(session, name),
    }
    Some(())
}

/// Nobody listens to other events.
fn other(session: &Session, name: &str) -> Option<()> {
    let is_prototype = matches!(name, "__proto__" | "constructor" | "prototype" | "toString");
    if is_prototype && session.lies(Lie::DiesOfPrototypes)
        || name == "error" && session.lies(Lie::DiesOfErrors)
        || name.len() > 10_000 && session.lies(Lie::DiesOfLongNames)
    {
        session.world.die();
    }
    (!session.lies(Lie::ClosesOnUnknownEvents)).then_some(())
}

/// The room that the first argument names; only strings name one.
fn room(session: &Session, event: &Event<'_>) -> Option<String> {
    let Some(room) = event.args.elements.get(1) else {
        if session.lies(Lie::DiesOfBadJoins) {
            session.world.die();
        }
        return None;
    };
    let room: String = serde_json::from_str(room).ok()?;
    let is_odd = !room.is_ascii() && session.lies(Lie::IgnoresOddRooms);
    let is_long = room.len() > 5_000 && session.lies(Lie::IgnoresLongRooms);
    let room = match session.lies(Lie::CutsRoomNamesAtCommas) {
        true => room.split(',').next().unwrap_or_default(),
        false => &room,
    };
    (!is_odd && !is_long).then(|| relay::address(&session.world, room))
}

fn join_as_told(world: &Rc<World>, namespace: &str, room: &str, id: &str) {
    if world.lies(Lie::KeepsMemoryOfRooms) {
        world.keep(KEPT_OF_ROOM_BYTES);
    }
    if world.lies(Lie::JoinsLate) {
        let (world, namespace) = (Rc::clone(world), namespace.to_owned());
        let (room, id) = (room.to_owned(), id.to_owned());
        tokio::task::spawn_local(async move {
            world.wait(Duration::from_millis(300)).await;
            join(&world, &namespace, &room, &id);
        });
        return;
    }
    if world.lies(Lie::LetsIntoOneRoomOnly) {
        for members in world.chat.borrow_mut().rooms.values_mut() {
            members.retain(|member| member != id);
        }
    }
    if world.lies(Lie::TellsNewcomersTheOld) {
        relay::tell_the_old(world, namespace, room, id);
    }
    join(world, namespace, room, id);
    if world.lies(Lie::TellsWhoJoins) {
        tell_who_joins(world, namespace, room, id);
    }
}

/// Tells all in the room, the newcomer as well, which is no lie: nobody forbids it.
fn tell_who_joins(world: &World, namespace: &str, room: &str, id: &str) {
    let chat = world.chat.borrow();
    let key = (namespace.to_owned(), room.to_owned());
    let event = format!(r#"2{}["user-joined",{{"id":"{id}"}}]"#, prefix(namespace));
    for member in chat.rooms.get(&key).into_iter().flatten() {
        if let Some(socket) = chat.sockets.get(member) {
            socket.session.send_messages([Message::Text(event.clone().into())]);
        }
    }
}

pub(super) fn join(world: &World, namespace: &str, room: &str, id: &str) {
    let mut chat = world.chat.borrow_mut();
    let members = chat.rooms.entry((namespace.into(), room.into())).or_default();
    let is_in = members.iter().any(|member| member == id);
    if !is_in || world.lies(Lie::JoinsAnew) {
        members.push(id.into());
    }
    if let Some(socket) = chat.sockets.get_mut(id) {
        socket.history.has_rejoined |= is_in;
    }
}

fn leave(world: &World, namespace: &str, room: &str, id: &str) {
    let mut chat = world.chat.borrow_mut();
    if room == id
        && let Some(socket) = chat.sockets.get_mut(id)
    {
        socket.history.has_left_its_own_room = true;
    }
    if world.lies(Lie::LetsNobodyLeave) {
        return;
    }
    let key = (namespace.to_owned(), room.to_owned());
    if let Some(members) = chat.rooms.get_mut(&key) {
        members.retain(|member| member != id);
    }
}

fn echo(session: &Rc<Session>, event: &Event<'_>) {
    let mut args = event.args.clone();
    args.elements[0] = r#""message-back""#.into();
    let mut namespace = event.packet.namespace.as_str();
    match session.world.lie {
        Some(Lie::DiesOfDeepEchoes) if is_deep(&args) => return session.world.die(),
        Some(Lie::TakesAnyPlaceholder) => args = args.only(0..args.elements.len()).unwrap_or(args),
        Some(Lie::AnswersInTheMainNamespace) => namespace = "/",
        Some(Lie::EchoesTwoArgumentsAtMost) => args.elements.truncate(3),
        Some(Lie::SwapsAttachments) => args.attachments.reverse(),
        Some(Lie::ForgetsEmptyAttachments) => {
            args.attachments.retain(|bytes| !bytes.is_empty());
        }
        Some(Lie::NullsPlaceholders) if args.attachments.is_empty() => {
            let nulled = |element: &String| element.replace(r#""_placeholder":true"#, "");
            args.elements = args.elements.iter().map(nulled).collect();
        }
        _ => {}
    }
    let messages = args.messages(Kind::Event, namespace, "");
    session.send_later(session.world.setup.takes, misordered(session, messages, namespace));
}

/// Whether one would have to be careful not to recurse into it.
pub(super) fn is_deep(args: &Args) -> bool {
    args.elements.iter().any(|it| it.contains(&"[".repeat(500)))
}

/// The namespace before the number of attachments, where that is the lie.
fn misordered(session: &Session, mut messages: Vec<Message>, namespace: &str) -> Vec<Message> {
    if !session.lies(Lie::PutsTheNamespaceFirst) || namespace == "/" {
        return messages;
    }
    if let Some(Message::Text(text)) = messages.first_mut()
        && let Some((head, data)) = text.strip_prefix('5').and_then(|it| it.split_once(','))
        && let Some((count, namespace)) = head.split_once('-')
    {
        *text = format!("5{namespace},{count}-{data}").into();
    }
    messages
}

fn acknowledge(session: &Rc<Session>, event: &Event<'_>) -> Option<()> {
    if event.packet.id.is_empty() {
        return Some(());
    }
    let mut args = event.args.only(1..event.args.elements.len())?;
    let mut id = event.packet.id.clone();
    let number: u64 = id.parse().unwrap_or_default();
    match session.world.lie {
        Some(Lie::MiscountsAcks) => id = (number + 1).to_string(),
        Some(Lie::NarrowsAckIds) => id = (number as i32).to_string(),
        Some(Lie::RoundsAckIds) => id = (number as f32 as u64).to_string(),
        Some(Lie::ForgetsAttachmentsOfAcks) => args.attachments.clear(),
        _ => {}
    }
    let messages = args.messages(Kind::Ack, &event.packet.namespace, &id);
    if session.world.lies_each(Lie::AcknowledgesNotAll, 50) {
        return Some(());
    }
    if session.world.lies_each(Lie::AcknowledgesNotAllAndTalksOn, 50) {
        talk_on(session, &event.packet.namespace);
        return Some(());
    }
    if session.world.lies_each(Lie::AcknowledgesSomeTwice, 50) {
        session.send_messages(messages.clone());
    }
    if session.lies(Lie::AcknowledgesAgain) {
        session.send_later(Duration::from_millis(30), messages.clone());
    }
    session.send_messages(messages);
    Some(())
}

/// Says something four times in each time for which an answer is waited for, for longer than any
/// check may take.
fn talk_on(session: &Rc<Session>, namespace: &str) {
    const TIMES: u32 = 400;
    for time in 1..TIMES {
        let args = Args { elements: vec![r#""news""#.into()], attachments: Vec::new() };
        let news = args.messages(Kind::Event, namespace, "");
        session.send_later(Duration::from_millis(250) * time, news);
    }
}
