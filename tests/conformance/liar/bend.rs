//! Bend: the lies of the chat, at the places of [`super::relay`] where the truth would be told.

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use super::chat::Chat;
use super::packet::{Args, Message};
use super::relay::{ALL, Delivery, NOW_AND_THEN, Said, is_polling};
use super::session::{Packet, Session};
use super::{Lie, PAYLOAD_BYTES_MAX, World};

/// The payload, as it was written.
pub(super) fn payload(world: &World, payload: &mut String) {
    let bend: fn(&mut Value) = match world.lie {
        Some(Lie::DropsNulls) => |it| {
            it.as_object_mut().into_iter().for_each(|it| it.retain(|_, it| !it.is_null()));
        },
        Some(Lie::DropsUnknownFields) => |it| {
            let known = |name: &String| ["room", "author", "message"].contains(&name.as_str());
            it.as_object_mut().into_iter().for_each(|it| it.retain(|name, _| known(name)));
        },
        Some(Lie::SpellsAuthorsInAscii) => |it| {
            let author: String = it["author"].as_str().unwrap_or_default().into();
            it["author"] = author.replace(|it: char| !it.is_ascii(), "?").into();
        },
        Some(Lie::DropsLineSeparators) => |it| {
            if let Some(text) = it["message"].as_str() {
                it["message"] = text.replace('\u{2028}', "").into();
            }
        },
        Some(Lie::CutsLongTexts) => |it| {
            if let Some(text) = it["message"].as_str().filter(|it| it.len() > 60_000) {
                it["message"] = text.chars().take(30_000).collect::<String>().into();
            }
        },
        _ => return,
    };
    if let Ok(mut value) = serde_json::from_str(payload) {
        bend(&mut value);
        *payload = value.to_string();
    }
}

/// Whether what it says is a text.
pub(super) fn is_text(args: &Args) -> bool {
    let payload = args.elements.first().and_then(|it| serde_json::from_str::<Value>(it).ok());
    payload.is_some_and(|it| it["message"].is_string())
}

/// Whom it goes to, as it says itself.
pub(super) fn address(world: &World, payload: &str, mut said: Said) -> Said {
    let author = serde_json::from_str::<Value>(payload).ok();
    let author = author.and_then(|it| Some(it.get("author")?.to_string())).unwrap_or_default();
    let mut chat = world.chat.borrow_mut();
    let Some(socket) = chat.sockets.get_mut(&said.from) else { return said };
    socket.history.author = author;
    socket.history.has_posted |= is_polling(&socket.session);
    let last = std::mem::replace(&mut socket.history.last_room, said.room.clone());
    let now = said.number.is_multiple_of(NOW_AND_THEN);
    if now && !last.is_empty() && world.lies(Lie::SendsToTheLastRoom) {
        said.rooms = vec![last.clone()];
        said.room = last;
    }
    said
}

/// The members of its room, in the order they came.
pub(super) fn members(
    world: &World,
    chat: &Chat,
    said: &Said,
    mut members: Vec<String>,
) -> Vec<String> {
    let now = said.number.is_multiple_of(NOW_AND_THEN);
    let stem = |room: &str| room.rsplit_once('-').map(|(stem, _)| stem.to_owned());
    let others: &dyn Fn(&str, &str) -> bool = match world.lie {
        Some(Lie::TellsOtherRooms) => &|_, room| stem(room) == stem(&said.room),
        Some(Lie::TellsOtherRoomsNowAndThen) if now => &|_, room| stem(room) == stem(&said.room),
        Some(Lie::SharesRoomsAmongNamespaces) => &|_, room| room == said.room,
        Some(Lie::TakesNoRoomForAll | Lie::TakesOddRoomsForAll) if said.room == ALL => &|_, _| true,
        Some(Lie::TakesTheStarForAll) if said.room.ends_with('*') => &|_, _| true,
        _ => &|_, _| false,
    };
    for ((namespace, room), ids) in &chat.rooms {
        if others(namespace, room) {
            members
                .extend(ids.iter().filter(|id| !members.contains(id)).cloned().collect::<Vec<_>>());
        }
    }
    if world.lies(Lie::TellsTheRoomless) || world.lies(Lie::TakesTheStarForAll) && said.room == "*"
    {
        let is_in = |id: &&String| chat.rooms.values().any(|ids| ids.contains(id));
        members.extend(chat.sockets.keys().filter(|id| !is_in(id)).cloned());
    }
    members
}

/// Whether the member `id` hears it: all do, but for the one it comes from where that is left out.
pub(super) fn hears(world: &World, chat: &Chat, said: &Said, id: &str) -> bool {
    let history = chat.sockets.get(id).map(|socket| &socket.history);
    let Some(history) = history else { return true };
    let author = chat.sockets.get(&said.from).map(|it| it.history.author.as_str());
    if world.lies(Lie::ExcludesByAuthor) && author == Some(&history.author) {
        return false;
    }
    if said.from != id {
        return true;
    }
    let rooms = chat.rooms.values().filter(|ids| ids.iter().any(|it| it == id)).count();
    match world.lie {
        Some(Lie::TellsTheSender) => true,
        Some(Lie::TellsSendersWhoRejoined) => history.has_rejoined,
        Some(Lie::TellsSendersWhoLeftTheirOwnRoom) => history.has_left_its_own_room,
        Some(Lie::TellsSendersWhoPoll) => history.has_posted,
        Some(Lie::TellsSendersInManyRooms) => rooms > 2,
        Some(Lie::LeavesOutTheSender) => false,
        _ => world.setup.echoed,
    }
}

/// What one member is sent, and after which delay; nothing when it is sent nothing.
pub(super) fn delivery(session: &Rc<Session>, said: &Said, mut messages: Vec<Message>) -> Delivery {
    let world = &session.world;
    let now = said.number.is_multiple_of(NOW_AND_THEN);
    let polls = is_polling(session);
    let binary = messages.len() > 1;
    let is_across = session.node != said.node;
    let has_broker = !world.broker_is_down.exists();
    if world.lies(Lie::RepeatsAfterAnOutage) {
        repeat(session, &messages, has_broker);
    }
    if !has_broker && (is_across || world.lies(Lie::FallsSilentWithoutBroker)) {
        return None;
    }
    let (first_len, is_odd) = match messages.first() {
        Some(Message::Text(text)) => (text.len(), !text.is_ascii()),
        _ => (0, false),
    };
    let mut delay = Duration::ZERO;
    match world.lie {
        Some(Lie::LosesSome) if now => return None,
        Some(Lie::SendsAllTwice) if first_len < 10_000 => messages.extend(messages.clone()),
        Some(Lie::SendsSomeTwice) if now => messages.extend(messages.clone()),
        Some(Lie::RepeatsSomeLater) if now => {
            session.send_later(Duration::from_millis(20), messages.clone());
        }
        Some(Lie::HoldsSomeBack) if now && !polls => delay = Duration::from_millis(20),
        Some(Lie::HoldsSomeBackFromPolls) if now && polls => delay = Duration::from_millis(60),
        Some(Lie::HoldsBinaryBack) if binary => delay = Duration::from_millis(20),
        Some(Lie::CutsOffLargePayloads) if first_len > PAYLOAD_BYTES_MAX * 3 / 5 => return None,
        Some(Lie::LosesBinaryAfterWebSockets) if binary && polls && !said.first_polls => {
            return None;
        }
        Some(Lie::LosesBinaryAfterPolls) if binary && !polls && said.first_polls => return None,
        Some(Lie::ShoutsAcross) if is_across && !said.number.is_multiple_of(7) => {
            shout(&mut messages)
        }
        Some(Lie::LosesBinaryAcross) if is_across && binary => return None,
        Some(Lie::HoldsSomeBackAcross) if is_across && now => delay = Duration::from_millis(20),
        Some(Lie::SendsSomeTwiceAcross) if is_across && now => messages.extend(messages.clone()),
        Some(Lie::LosesOddTextForPolls) if is_odd && polls => return None,
        Some(Lie::HoldsLongTextsBack) if first_len > 10_000 => delay = Duration::from_millis(20),
        _ => {}
    }
    Some((messages, delay))
}

/// Remembers what is said while the broker is down, and says all of it again afterwards.
fn repeat(session: &Rc<Session>, messages: &[Message], has_broker: bool) {
    let mut to_repeat = session.world.to_repeat.borrow_mut();
    if !has_broker {
        return to_repeat.push((Rc::clone(session), messages.to_vec()));
    }
    for (session, messages) in to_repeat.drain(..) {
        session.send_messages(messages);
    }
}

/// In capitals, save the name of the event.
fn shout(messages: &mut [Message]) {
    if let Some(Message::Text(text)) = messages.first_mut()
        && let Some((event, payload)) = text.split_once("\"message\":")
    {
        *text = format!("{event}\"message\":{}", payload.to_uppercase()).into();
    }
}

/// Without what is beyond ASCII.
pub(super) fn in_ascii(packets: &[Packet]) -> Vec<Packet> {
    let maimed = |packet: &Packet| match packet {
        Packet::Message(Message::Text(text)) => {
            Packet::Message(Message::Text(text.replace(|it: char| !it.is_ascii(), "?").into()))
        }
        packet => packet.clone(),
    };
    packets.iter().map(maimed).collect()
}
