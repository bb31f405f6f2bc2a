//! Socket: what a session says in Socket.IO, and in which namespaces it is (protocol v5).

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use super::packet::{Args, Kind, Message, Packet, placeholders, prefix};
use super::session::Session;
use super::{Lie, chat, recovery};

const NAMESPACES: [&str; 2] = ["/", "/custom"];
/// Attachments of one packet; more are refused.
const ATTACHMENTS_MAX: usize = 64;

/// A session's side of Socket.IO.
#[derive(Default)]
pub(super) struct Client {
    /// The id in each namespace it is in.
    sockets: BTreeMap<String, String>,
    /// It was in one at some time.
    pub(super) has_entered: bool,
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
    let pending = session.client.borrow_mut().pending.take();
    match (message, pending) {
        (Message::Text(text), None) => {
            let packet = Packet::read(&text)?;
            match packet.attachments {
                None => obey(session, &packet, Vec::new()),
                Some(count) => {
                    check_placeholders(&packet, count)?;
                    session.client.borrow_mut().pending = Some((packet, Vec::new()));
                    Some(())
                }
            }
        }
        (Message::Binary(bytes), Some((packet, mut attachments))) => {
            attachments.push(bytes);
            if packet.attachments == Some(attachments.len()) {
                return obey(session, &packet, attachments);
            }
            session.client.borrow_mut().pending = Some((packet, attachments));
            Some(())
        }
        (Message::Binary(_), None) | (Message::Text(_), Some(_)) => None,
    }
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
    let id = session.client.borrow().sockets.get(&packet.namespace).cloned()?;
    match packet.kind {
        Kind::Disconnect => {
            if !packet.id.is_empty() || !packet.data.is_empty() {
                return None;
            }
            session.client.borrow_mut().sockets.remove(&packet.namespace);
            chat::forget(&session.world, &id, false);
            Some(())
        }
        Kind::Event => {
            let elements = packet.elements()?;
            let name: String = serde_json::from_str(elements.first()?).ok()?;
            let elements = elements.into_iter().map(str::to_owned).collect();
            let args = Args { elements, attachments };
            chat::happen(session, &chat::Event { socket: &id, packet, name: &name, args })
        }
        Kind::Ack => {
            let sound = !packet.id.is_empty() && packet.elements().is_some();
            sound.then_some(())
        }
        Kind::Connect | Kind::ConnectError => None,
    }
}

/// Lets it into a namespace (*Connection to a namespace*).
fn enter(session: &Rc<Session>, packet: &Packet) -> Option<()> {
    let namespace = packet.namespace.as_str();
    let payload: Value = match packet.data.as_str() {
        "" => Value::Null,
        data => serde_json::from_str(data).ok().filter(Value::is_object)?,
    };
    if !packet.id.is_empty() || session.client.borrow().sockets.contains_key(namespace) {
        return None;
    }
    if !NAMESPACES.contains(&namespace) {
        let refusal = format!(r#"4{namespace},{{"message":"Invalid namespace"}}"#);
        session.send_messages([Message::Text(refusal.into())]);
        return Some(());
    }
    let recovered = recovery::recover(session, namespace, &payload);
    let (id, pid) = match recovered {
        Some((id, pid)) => (id, pid),
        None => {
            let world = &session.world;
            let shares = session.lies(Lie::SharesItsId);
            let id = if shares { session.sid.clone() } else { world.new_id() };
            let pid = world.new_id();
            chat::admit(session, namespace, &id, &pid);
            (id, pid)
        }
    };
    {
        let mut client = session.client.borrow_mut();
        client.has_entered = true;
        client.sockets.insert(namespace.into(), id.clone());
    }
    let pid =
        if session.world.setup.recovery { format!(r#","pid":"{pid}""#) } else { String::new() };
    let granted = format!(r#"0{}{{"sid":"{id}"{pid}}}"#, prefix(namespace));
    session.send_messages([Message::Text(granted.into())]);
    Some(())
}
