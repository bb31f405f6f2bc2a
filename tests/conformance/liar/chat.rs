//! Chat: who is in which room, what is relayed to whom, and the events beside the contract.

use std::collections::HashMap;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;

use super::World;
use super::packet::{Args, Kind, Message, Packet};
use super::recovery::{Lost, Sent};
use super::session::Session;

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
}

/// A session in a namespace.
pub(super) struct Socket {
    pub(super) session: Rc<Session>,
    pub(super) namespace: String,
    pub(super) pid: String,
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
    let socket = Socket { session: Rc::clone(session), namespace, pid };
    session.world.chat.borrow_mut().sockets.insert(id.into(), socket);
}

/// Takes the socket `id` out of its rooms and its namespace.
pub(super) fn forget(world: &World, id: &str, may_return: bool) {
    let mut chat = world.chat.borrow_mut();
    let Some(socket) = chat.sockets.remove(id) else { return };
    let mut rooms = Vec::new();
    for ((namespace, room), members) in &mut chat.rooms {
        if *namespace == socket.namespace && members.iter().any(|member| member == id) {
            members.retain(|member| member != id);
            rooms.push(room.clone());
        }
    }
    chat.rooms.retain(|_, members| !members.is_empty());
    if may_return && world.setup.recovery {
        let lost = Lost { id: id.into(), namespace: socket.namespace, rooms };
        chat.lost.insert(socket.pid, lost);
    }
}

/// Does what `event` asks for; gives nothing when the session is to be ended for it.
pub(super) fn happen(session: &Rc<Session>, event: &Event<'_>) -> Option<()> {
    match event.name {
        "join-room" => {
            if let Some(room) = room(event) {
                join(&session.world, &event.packet.namespace, &room, event.socket);
            }
        }
        "leave-room" => {
            if let Some(room) = room(event) {
                leave(&session.world, &event.packet.namespace, &room, event.socket);
            }
        }
        "send-msg" => relay(session, event)?,
        "message" => echo(session, event),
        "message-with-ack" => acknowledge(session, event)?,
        _ => {}
    }
    Some(())
}

/// The room that the first argument names; only strings name one.
fn room(event: &Event<'_>) -> Option<String> {
    serde_json::from_str(event.args.elements.get(1)?).ok()
}

pub(super) fn join(world: &World, namespace: &str, room: &str, id: &str) {
    let mut chat = world.chat.borrow_mut();
    let members = chat.rooms.entry((namespace.into(), room.into())).or_default();
    if !members.iter().any(|member| member == id) {
        members.push(id.into());
    }
}

fn leave(world: &World, namespace: &str, room: &str, id: &str) {
    let mut chat = world.chat.borrow_mut();
    let key = (namespace.to_owned(), room.to_owned());
    if let Some(members) = chat.rooms.get_mut(&key) {
        members.retain(|member| member != id);
    }
}

/// What of a message's payload the chat looks at.
#[derive(Deserialize)]
struct Addressed {
    room: Value,
}

/// Sends the message to the others in its room (the chat contract).
fn relay(session: &Rc<Session>, event: &Event<'_>) -> Option<()> {
    let Some(payload) = event.args.elements.get(1).filter(|it| it.starts_with('{')) else {
        return Some(());
    };
    let addressed = serde_json::from_str::<Addressed>(payload).ok();
    let Some(Value::String(room)) = addressed.map(|it| it.room) else { return Some(()) };
    let mut args = event.args.only(1..2)?;
    args.elements.insert(0, r#""onreceive-msg""#.into());
    broadcast(&session.world, &event.packet.namespace, &room, event.socket, args);
    Some(())
}

/// Sends an event to all in `room` but the socket `from`.
fn broadcast(world: &World, namespace: &str, room: &str, from: &str, mut args: Args) {
    if world.setup.recovery {
        let offset = world.new_id();
        args.elements.push(format!(r#""{offset}""#));
        let sent = Sent {
            offset,
            namespace: namespace.into(),
            room: room.into(),
            from: from.into(),
            args: args.clone(),
        };
        world.chat.borrow_mut().sent.push(sent);
    }
    let messages = args.messages(Kind::Event, namespace, "");
    for session in recipients(world, namespace, room, from) {
        session.send_messages(messages.clone());
    }
}

fn recipients(world: &World, namespace: &str, room: &str, from: &str) -> Vec<Rc<Session>> {
    let chat = world.chat.borrow();
    let Some(members) = chat.rooms.get(&(namespace.to_owned(), room.to_owned())) else {
        return Vec::new();
    };
    let others = members.iter().filter(|member| *member != from);
    others.filter_map(|id| Some(Rc::clone(&chat.sockets.get(id)?.session))).collect()
}

fn echo(session: &Rc<Session>, event: &Event<'_>) {
    let mut args = event.args.clone();
    args.elements[0] = r#""message-back""#.into();
    session.send_messages(args.messages(Kind::Event, &event.packet.namespace, ""));
}

fn acknowledge(session: &Rc<Session>, event: &Event<'_>) -> Option<()> {
    if event.packet.id.is_empty() {
        return Some(());
    }
    let args = event.args.only(1..event.args.elements.len())?;
    let messages: Vec<Message> =
        args.messages(Kind::Ack, &event.packet.namespace, &event.packet.id);
    session.send_messages(messages);
    Some(())
}
