//! Socket: what a session says in Socket.IO, and in which namespaces it is (protocol v5).

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use chatbench::time::Timestamp;
use serde_json::Value;

use super::packet::{Args, Kind, Message, Packet, placeholders, prefix};
use super::session::Session;
use super::{Lie, chat, json, msgpack, recovery, tolerance};

/// For so long after CONNECT nothing is heard, where that is the lie.
const DEAF_FOR: Duration = Duration::from_millis(100);

const NAMESPACES: [&str; 2] = ["/", "/custom"];
/// Attachments of one packet; more are refused.
const ATTACHMENTS_MAX: usize = 64;

/// A session's side of Socket.IO.
#[derive(Default)]
pub(super) struct Client {
    /// The id in each namespace it is in.
    sockets: BTreeMap<String, String>,
    /// The id in the one that it left last.
    last_id: String,
    /// It was in one at some time.
    pub(super) has_entered: bool,
    /// When it was let into the last one: what a lie goes by.
    entered_at: Timestamp,
    /// It was refused one before it was in any.
    was_refused: bool,
    /// A packet whose attachments have not all come.
    pending: Option<(Packet, Vec<Rc<[u8]>>)>,
}

impl Client {
    pub(super) fn take_sockets(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sockets).into_values().collect()
    }
}

/// Takes a message; gives nothing when the session is to be ended for it.
pub(super) fn hear(session: &Rc<Session>, message: Message) -> Option<()> {
    if session.world.setup.msgpack {
        let read = match &message {
            Message::Binary(bytes) => msgpack::read(bytes),
            Message::Text(_) => None,
        };
        let obeyed = read.and_then(|(packet, binaries)| obey(session, &packet, binaries));
        return obeyed.or_else(|| session.lies(Lie::IgnoresNoMessagePack).then_some(()));
    }
    let pending = session.client.borrow_mut().pending.take();
    match (message, pending) {
        (Message::Text(text), None) => hear_text(session, &text),
        (Message::Binary(bytes), Some((packet, mut attachments))) => {
            attachments.push(bytes);
            if packet.attachments == Some(attachments.len()) {
                return obey(session, &packet, attachments);
            }
            session.client.borrow_mut().pending = Some((packet, attachments));
            Some(())
        }
        (Message::Binary(_), None) => {
            if session.lies(Lie::DiesOfStrayBinary) {
                session.world.die();
            }
            let ignores =
                session.lies(Lie::IgnoresStrayBinary) || session.lies(Lie::IgnoresBadPlaceholders);
            ignores.then_some(())
        }
        (Message::Text(_), pending) if session.lies(Lie::IgnoresTextAmongAttachments) => {
            session.client.borrow_mut().pending = pending;
            Some(())
        }
        (Message::Text(_), Some(_)) => None,
    }
}

fn hear_text(session: &Rc<Session>, text: &str) -> Option<()> {
    let has_entered = session.client.borrow().has_entered;
    let Some(packet) = Packet::read(text) else {
        return session.lies(tolerance::of_text(text, has_entered)).then_some(());
    };
    let Some(count) = packet.attachments else {
        let mut obeyed = obey(session, &packet, Vec::new());
        if !has_entered
            && packet.kind == Kind::Event
            && session.lies(Lie::ObeysAndClosesBeforeConnect)
        {
            obeyed = None;
        }
        let tolerated = tolerance::of_packet(&packet, has_entered);
        return obeyed.or_else(|| tolerated.filter(|it| session.lies(*it)).map(drop));
    };
    match check_placeholders(&packet, count) {
        Some(()) => {}
        None if count <= ATTACHMENTS_MAX && session.lies(Lie::TakesAnyPlaceholder) => {}
        None => {
            let many = count > ATTACHMENTS_MAX;
            if many && session.lies(Lie::DiesOfManyAttachments) {
                session.world.die();
            }
            let tolerated =
                if many { Lie::IgnoresManyAttachments } else { Lie::IgnoresBadPlaceholders };
            return session.lies(tolerated).then_some(());
        }
    }
    session.client.borrow_mut().pending = Some((packet, Vec::new()));
    Some(())
}

/// Each attachment stands in one place, and every placeholder has its attachment.
fn check_placeholders(packet: &Packet, count: usize) -> Option<()> {
    let mut numbers = placeholders(&packet.data)?;
    numbers.sort_unstable();
    let sound = count <= ATTACHMENTS_MAX && numbers.into_iter().eq(0..count as u64);
    sound.then_some(())
}

fn obey(session: &Rc<Session>, packet: &Packet, attachments: Vec<Rc<[u8]>>) -> Option<()> {
    if packet.kind == Kind::Connect {
        return enter(session, packet);
    }
    let id = socket_in(session, &packet.namespace)?;
    match packet.kind {
        Kind::Disconnect => {
            if !packet.id.is_empty() || !packet.data.is_empty() {
                return None;
            }
            if session.lies(Lie::ObeysTheDisconnected) {
                return Some(());
            }
            session.client.borrow_mut().sockets.remove(&packet.namespace);
            session.client.borrow_mut().last_id = id.clone();
            if session.lies(Lie::LeavesTheMainNamespaceToo) {
                session.client.borrow_mut().sockets.clear();
            }
            if packet.namespace != "/" && session.lies(Lie::LeavesAllNamespaces) {
                return None;
            }
            chat::forget(&session.world, &id, false);
            Some(())
        }
        Kind::Event => {
            let believes = session.lies(Lie::BelievesWhatIsNoJson);
            let elements = match packet.elements() {
                None if believes => json::parts(&packet.data)?,
                elements => elements?,
            };
            let name: String = match session.lies(Lie::TakesNamesAsTheyStand) {
                true => elements.first()?.trim_matches('"').into(),
                false => serde_json::from_str(elements.first()?).ok()?,
            };
            if is_deaf(session) {
                return Some(());
            }
            let elements = elements.into_iter().map(str::to_owned).collect();
            let args = Args { elements, attachments };
            chat::happen(session, &chat::Event { socket: &id, packet, name: &name, args })
        }
        Kind::Ack => {
            let sound = !packet.id.is_empty() && packet.elements().is_some();
            let sound = sound && !session.lies(Lie::ClosesOnUnknownAcks);
            sound.then_some(())
        }
        Kind::Connect | Kind::ConnectError => None,
    }
}

/// It was let in a moment ago, and loses what it is told, where that is the lie.
fn is_deaf(session: &Session) -> bool {
    let deaf_until = session.client.borrow().entered_at + DEAF_FOR;
    session.lies(Lie::IsDeafBehindConnect) && session.world.clock.now() < deaf_until
}

/// Its id in `namespace`, if it is there.
fn socket_in(session: &Rc<Session>, namespace: &str) -> Option<String> {
    let client = session.client.borrow();
    if let Some(id) = client.sockets.get(namespace) {
        return Some(id.clone());
    }
    if client.has_entered && session.lies(Lie::ObeysInAnyNamespace) {
        return client.sockets.values().next().cloned();
    }
    // Whoever has not been let in anywhere speaks with the session's id.
    let obeys = !client.has_entered
        && (session.lies(Lie::ObeysEventsBeforeConnect)
            || session.lies(Lie::ObeysAndClosesBeforeConnect));
    obeys.then(|| session.sid.clone())
}

/// Lets it into a namespace (*Connection to a namespace*).
fn enter(session: &Rc<Session>, packet: &Packet) -> Option<()> {
    let namespace = packet.namespace.as_str();
    let payload: Value = match packet.data.as_str() {
        "" => Value::Null,
        data => serde_json::from_str(data).ok().filter(Value::is_object)?,
    };
    let is_in = session.client.borrow().sockets.contains_key(namespace);
    if is_in && session.lies(Lie::IgnoresASecondConnect) {
        return Some(());
    }
    if !packet.id.is_empty() || is_in && !session.lies(Lie::AdmitsTwice) {
        return None;
    }
    if session.client.borrow().was_refused && session.lies(Lie::IsDeafAfterARefusal) {
        return Some(());
    }
    if !is_admitted(session, packet) {
        let says_why = !session.lies(Lie::SaysWhyAsAString);
        let why = if says_why { r#"{"message":"Invalid namespace"}"# } else { r#""Invalid""# };
        let refusal = format!(r#"4{namespace},{why}"#);
        let has_entered = session.client.borrow().has_entered;
        session.client.borrow_mut().was_refused = !has_entered;
        session.send_messages([Message::Text(refusal.into())]);
        return Some(());
    }
    let is_back = payload["pid"].is_string();
    let recovered = recovery::recover(session, namespace, &payload);
    let (id, pid) = match recovered {
        Some((id, pid)) => (id, pid),
        None if is_back && session.lies(Lie::ClosesOnUnknownPids) => return None,
        None => {
            let world = &session.world;
            let shares = session.lies(Lie::SharesItsId);
            let last_id = session.client.borrow().last_id.clone();
            let id = match shares {
                true => session.sid.clone(),
                false if !last_id.is_empty() && session.lies(Lie::GivesTheIdBack) => last_id,
                false => world.new_id(),
            };
            let pid = world.new_id();
            chat::admit(session, namespace, &id, &pid);
            (id, pid)
        }
    };
    {
        let mut client = session.client.borrow_mut();
        client.has_entered = true;
        client.entered_at = session.world.clock.now();
        client.sockets.insert(namespace.into(), id.clone());
    }
    let pid =
        if session.world.setup.recovery { format!(r#","pid":"{pid}""#) } else { String::new() };
    if session.lies(Lie::SpeaksBeforeTheConnect) {
        let event = format!(r#"2{}["hello"]"#, prefix(namespace));
        session.send_messages([Message::Text(event.into())]);
    }
    let id = match session.lies(Lie::GivesOneIdToAllSockets) {
        true => "0123456789abcdef0123".into(),
        false => id,
    };
    let granted = format!(r#"0{}{{"sid":"{id}"{pid}}}"#, prefix(namespace));
    session.send_messages([Message::Text(granted.into())]);
    Some(())
}

fn is_admitted(session: &Session, packet: &Packet) -> bool {
    let namespace = packet.namespace.as_str();
    if packet.data.len() > 2 && session.lies(Lie::RefusesPayloads)
        || namespace != "/" && session.lies(Lie::RefusesOtherNamespaces)
        || !packet.has_comma && namespace != "/" && session.lies(Lie::AsksForTheComma)
    {
        return false;
    }
    if !NAMESPACES.contains(&namespace) && session.world.lies_each(Lie::AdmitsEverySecondTime, 2) {
        return true;
    }
    NAMESPACES.contains(&namespace) || session.lies(Lie::AdmitsAnywhere)
}
