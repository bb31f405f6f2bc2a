//! Relay: a message is sent to the others in its room, as it was written (the chat contract).

use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::chat::{Event, is_deep};
use super::packet::{Args, Kind, Message};
use super::recovery::Sent;
use super::session::{End, Session, Way};
use super::{Lie, World, bend};

/// At which of a room's messages the lies are told that are told now and then.
pub(super) const NOW_AND_THEN: u32 = 12;

/// Whoever has so much to read will not read, however busy the machine is.
const STALLED_BYTES: usize = 4_000_000;

/// Everybody: a room of lies.
pub(super) const ALL: &str = "\0all";

/// What of a message's payload the chat looks at.
#[derive(Deserialize)]
struct Addressed {
    #[serde(default, deserialize_with = "named")]
    room: Option<Value>,
}

/// A room that is null is not one that is missing.
fn named<'de, D: Deserializer<'de>>(room: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(room).map(Some)
}

/// A message, and whom it goes to.
pub(super) struct Said {
    pub(super) namespace: String,
    pub(super) room: String,
    /// It, and the others that are addressed.
    pub(super) rooms: Vec<String>,
    /// The socket it comes from.
    pub(super) from: String,
    /// How many of the room were said before it.
    pub(super) number: u32,
    /// Whether the first to hear it polls.
    pub(super) first_polls: bool,
    /// The node it was said on.
    pub(super) node: usize,
    pub(super) args: Args,
}

/// Sends the message to the others in its room.
pub(super) fn relay(session: &Rc<Session>, event: &Event<'_>) -> Option<()> {
    let world = &session.world;
    let Some(payload) = event.args.elements.get(1).filter(|it| it.starts_with('{')) else {
        if world.lies(Lie::DiesOfBadPayloads) {
            world.die();
        }
        return Some(());
    };
    let sound = payload.replace("NaN", "null");
    let addressed = serde_json::from_str::<Addressed>(&sound).ok();
    let room = addressed.and_then(|it| it.room);
    let rooms = addressees(world, room.as_ref());
    let Some(room) = rooms.first().cloned() else { return Some(()) };
    let mut args = event.args.only(1..2)?;
    if world.lies(Lie::DiesOfDeepMessages) && is_deep(&args) {
        world.die();
    }
    if world.lies(Lie::RelaysTextsOnly) && !bend::is_text(&args) {
        return Some(());
    }
    bend::payload(world, &mut args.elements[0]);
    args.elements.insert(0, r#""onreceive-msg""#.into());
    let (namespace, from) = (event.packet.namespace.clone(), event.socket.to_owned());
    let number = {
        let mut chat = world.chat.borrow_mut();
        let said = chat.said.entry(room.clone()).or_default();
        *said += 1;
        *said
    };
    let (node, first_polls) = (session.node, false);
    let said = Said { namespace, room, rooms, from, number, first_polls, node, args };
    let said = bend::address(world, payload, said);
    broadcast(world, said);
    Some(())
}

/// The rooms that are addressed: one by a string, several by a list of strings.
fn addressees(world: &World, room: Option<&Value>) -> Vec<String> {
    let all = |lie| world.lies(lie).then(|| ALL.to_owned()).into_iter().collect();
    match room {
        Some(Value::String(room)) => vec![address(world, room)],
        Some(Value::Array(rooms)) if !rooms.is_empty() && rooms.iter().all(Value::is_string) => {
            rooms.iter().filter_map(|room| Some(address(world, room.as_str()?))).collect()
        }
        None => all(Lie::TakesNoRoomForAll),
        Some(_) => all(Lie::TakesOddRoomsForAll),
    }
}

/// The room as it is known: as it is named.
pub(super) fn address(world: &World, room: &str) -> String {
    match world.lie {
        Some(Lie::FoldsRoomNames) => room.to_lowercase(),
        Some(Lie::CutsRoomNames) => room.chars().take(200).collect(),
        _ => room.to_owned(),
    }
}

/// Sends it to all in its room but the socket it comes from.
fn broadcast(world: &Rc<World>, mut said: Said) {
    let offset = world.new_id();
    if world.setup.recovery {
        said.args.elements.push(format!(r#""{offset}""#));
    }
    let recipients = recipients(world, &said);
    said.first_polls = recipients.first().is_some_and(|id| {
        let chat = world.chat.borrow();
        chat.sockets.get(id).is_some_and(|socket| is_polling(&socket.session))
    });
    if recipients.iter().any(|id| is_stalled(world, id)) {
        match world.lie {
            Some(Lie::StallsWithItsReaders) => return,
            Some(Lie::WaitsForItsReaders) => return wait_for(world, said, recipients),
            Some(Lie::EndsWhoSpeaksToTheStalled) => return end_speaker(world, &said),
            _ => {}
        }
    }
    let is_probe = said.args.elements.iter().any(|it| it.contains("chatbench probe "));
    let is_first = !is_probe && world.lies(Lie::EndsOneHearer) && world.tally.replace(1) == 0;
    for id in recipients {
        let session = world.chat.borrow().sockets.get(&id).map(|it| Rc::clone(&it.session));
        let namespace = world.chat.borrow().sockets.get(&id).map(|it| it.namespace.clone());
        match session {
            Some(session) if is_first => session.close(End::Server),
            Some(session) => deliver(&session, &namespace.unwrap_or_default(), &said),
            // Only a lie keeps in a room who is gone.
            None if world.lies(Lie::EndsWhoSpeaksToTheGone) => return end_speaker(world, &said),
            None => {}
        }
    }
    let Said { namespace, room, from, args, .. } = said;
    let sent = Sent { offset, namespace, room, from, args };
    if world.setup.recovery || world.lies(Lie::TellsNewcomersTheOld) {
        world.chat.borrow_mut().sent.push(sent);
    }
}

fn end_speaker(world: &World, said: &Said) {
    let chat = world.chat.borrow();
    let speaker = chat.sockets.get(&said.from).map(|it| Rc::clone(&it.session));
    drop(chat);
    speaker.into_iter().for_each(|it| it.close(End::Server));
}

/// Says it once none of `recipients` is stalled any more.
fn wait_for(world: &Rc<World>, said: Said, recipients: Vec<String>) {
    let world = Rc::clone(world);
    tokio::task::spawn_local(async move {
        while recipients.iter().any(|id| is_stalled(&world, id)) {
            world.wait(Duration::from_millis(10)).await;
        }
        broadcast(&world, said);
    });
}

fn is_stalled(world: &World, id: &str) -> bool {
    let chat = world.chat.borrow();
    chat.sockets.get(id).is_some_and(|socket| socket.session.backlog_bytes() > STALLED_BYTES)
}

fn recipients(world: &World, said: &Said) -> Vec<String> {
    let chat = world.chat.borrow();
    let mut members: Vec<String> = Vec::new();
    for room in &said.rooms {
        let others = chat.rooms.get(&(said.namespace.clone(), room.clone()));
        let is_new = |id: &&String| {
            !members.contains(id)
                || said.rooms.len() > 1 && world.lies(Lie::CountsRoomsNotMembers)
                || world.lies(Lie::JoinsAnew)
        };
        let others: Vec<String> = others.into_iter().flatten().filter(is_new).cloned().collect();
        members.extend(others);
    }
    let members = bend::members(world, &chat, said, members);
    members.into_iter().filter(|id| bend::hears(world, &chat, said, id)).collect()
}

fn deliver(session: &Rc<Session>, namespace: &str, said: &Said) {
    let messages = said.args.messages(Kind::Event, namespace, "");
    let Some((messages, delay)) = bend::delivery(session, said, messages) else { return };
    if messages.len() > 1 && session.lies(Lie::PartsAttachmentsFromEvents) {
        let (session, mut messages) = (Rc::clone(session), messages);
        let attachments = messages.split_off(1);
        session.send_messages(messages);
        tokio::task::spawn_local(async move {
            session.world.wait(Duration::from_millis(1)).await;
            session.send_messages(attachments);
        });
        return;
    }
    session.send_later(delay, messages);
}

/// Tells the socket `id` what was said in `room` before it came: a lie.
pub(super) fn tell_the_old(world: &World, namespace: &str, room: &str, id: &str) {
    let chat = world.chat.borrow();
    let Some(socket) = chat.sockets.get(id) else { return };
    let old = chat.sent.iter().filter(|sent| sent.namespace == namespace && sent.room == room);
    for sent in old {
        socket.session.send_messages(sent.args.messages(Kind::Event, namespace, ""));
    }
}

/// What is sent, and after which delay.
pub(super) type Delivery = Option<(Vec<Message>, Duration)>;

pub(super) fn is_polling(session: &Session) -> bool {
    session.wire.borrow().way == Way::Polling
}
