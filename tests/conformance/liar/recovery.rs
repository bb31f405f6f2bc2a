//! Recovery: who was cut off comes back with its id, its rooms and what it has missed.

use std::rc::Rc;

use serde_json::Value;

use super::packet::{Args, Kind};
use super::session::Session;
use super::{Lie, chat};

/// Who was cut off.
#[derive(Clone)]
pub(super) struct Lost {
    pub(super) id: String,
    pub(super) namespace: String,
    pub(super) rooms: Vec<String>,
}

/// What was said, and where.
pub(super) struct Sent {
    pub(super) offset: String,
    pub(super) namespace: String,
    pub(super) room: String,
    pub(super) from: String,
    pub(super) args: Args,
}

/// Brings back who was cut off, if `payload` names one; gives its ids. What it has missed is sent
/// before its CONNECT is answered, as the reference does.
pub(super) fn recover(
    session: &Rc<Session>,
    namespace: &str,
    payload: &Value,
) -> Option<(String, String)> {
    let world = &session.world;
    if session.lies(Lie::GivesSessionsOfOthers) {
        let pid = payload["pid"].as_str()?;
        let last = world.chat.borrow().last_lost.clone();
        let lost = world.chat.borrow_mut().lost.remove(&last)?;
        chat::admit(session, namespace, &lost.id, pid);
        return Some((lost.id, pid.into()));
    }
    let (pid, offset) = (payload["pid"].as_str()?, payload["offset"].as_str()?);
    let (lost, missed) = {
        let mut chat = world.chat.borrow_mut();
        let heard = chat.sent.iter().position(|sent| sent.offset == offset)?;
        if chat.lost.get(pid)?.namespace != namespace {
            return None;
        }
        let lost = chat.lost.remove(pid)?;
        if session.lies(Lie::RecoversAgainAndAgain) {
            chat.lost.insert(pid.into(), lost.clone());
        }
        let missed = chat.sent[heard + 1..].iter().filter(|sent| {
            sent.namespace == namespace && sent.from != lost.id && lost.rooms.contains(&sent.room)
        });
        let mut missed: Vec<Args> = missed.map(|sent| sent.args.clone()).collect();
        if session.lies(Lie::SendsTheMissedBackwards) {
            missed.reverse();
        }
        (lost, missed)
    };
    let mut lost = lost;
    if session.lies(Lie::RecoversUnderAnotherId) {
        lost.id = world.new_id();
    }
    chat::admit(session, namespace, &lost.id, pid);
    let keeps_rooms = !session.lies(Lie::ForgetsRooms);
    for room in lost.rooms.iter().filter(|_| keeps_rooms) {
        chat::join(world, namespace, room, &lost.id);
    }
    for args in missed {
        if session.lies(Lie::ForgetsTheMissed) {
            break;
        }
        let takes = world.setup.takes;
        if session.lies(Lie::SendsTheMissedTwice) {
            session.send_later(takes, args.messages(Kind::Event, namespace, ""));
        }
        session.send_later(takes, args.messages(Kind::Event, namespace, ""));
    }
    Some((lost.id, pid.into()))
}
