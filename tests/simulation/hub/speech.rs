//! Speech: what is said, who hears it, and what goes wrong on the way.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use chatbench::time::Timestamp;
use rand::RngExt;
use serde_json::Value;
use tokio::sync::mpsc;

use super::{Hub, Socket, later};
use crate::fault::Fault;
use crate::memory::Audience;

/// How long a message waits for the one it is to change places with.
const HELD_FOR: Duration = Duration::from_millis(400);
/// Whoever left a room is let go of by then; before, nobody can tell.
const LEFT_FOR: Duration = Duration::from_millis(3_500);
/// Messages of a room that a joiner may be told.
const HISTORY_MAX: usize = 100;

/// Something that was said.
pub(super) struct Said {
    room: String,
    sender: u64,
    session: u64,
    /// The node that its sender is connected to.
    node: usize,
    /// The event as it is passed on.
    pub(super) packet: Rc<str>,
    offset: Option<String>,
    pub(super) at: Timestamp,
}

/// Something that was said on another node, and when it arrives.
pub(super) type Relayed = (Timestamp, Rc<Said>);

impl Hub {
    pub(super) fn send(hub: &Rc<RefCell<Hub>>, sender: u64, mut payload: Value) {
        let this = &mut *hub.borrow_mut();
        let room = payload["room"].as_str().expect("a message names its room").to_owned();
        if this.saboteur.strikes_message(Fault::Corrupt) {
            this.corrupt(&mut payload);
        }
        if !this.manners.verbatim {
            payload.sort_all_objects();
        }
        let (packet, offset) = this.event_of(vec!["onreceive-msg".into(), payload]);
        let at = this.clock.now();
        let Some(&Socket { session, node, .. }) = this.sockets.get(&sender) else { return };
        let said = Rc::new(Said { room, sender, session, node, packet, offset, at });
        let key = (sender, said.room.clone());
        if let Some(held) = this.held.remove(&key) {
            this.saboteur.count(Fault::Reorder);
            this.publish(&said);
            return this.publish(&held);
        }
        if !this.saboteur.strikes_message(Fault::Reorder) {
            return this.publish(&said);
        }
        this.held.insert(key.clone(), Rc::clone(&said));
        later(hub, HELD_FOR, move |hub| {
            if hub.held.get(&key).is_some_and(|held| Rc::ptr_eq(held, &said)) {
                hub.held.remove(&key);
                hub.publish(&said);
            }
        });
    }

    fn corrupt(&mut self, payload: &mut Value) {
        let text = payload["message"].as_str().expect("a message has a text");
        let mut text: Vec<char> = text.chars().collect();
        let at = self.saboteur.pick(text.len());
        text[at] = if text[at] == '!' { '?' } else { '!' };
        payload["message"] = Value::from(text.into_iter().collect::<String>());
        self.saboteur.count(Fault::Corrupt);
    }

    /// Passes on what was said, here and on all other nodes.
    fn publish(&mut self, said: &Rc<Said>) {
        let here = said.node;
        let but = Some(said.session).filter(|_| !self.manners.echoes);
        let audience = Audience::Room { name: said.room.clone(), but };
        self.note(&said.packet, said.offset.clone(), audience);
        for node in (0..self.manners.nodes).filter(|node| *node != here) {
            let relaying = self.manners.relay_max.mul_f64(self.rng.random_range(0.0..=1.0));
            let due = self.clock.now() + relaying;
            let carried = self.relays[&(here, node)].send((due, Rc::clone(said)));
            assert!(carried.is_ok() || self.down, "whoever carries it is there");
        }
        self.hand_out(here, said);
    }

    /// Everybody who hears it on this node does.
    fn hand_out(&mut self, node: usize, said: &Rc<Said>) {
        let mut receivers = self.receivers(node, said);
        if !receivers.is_empty() && self.saboteur.strikes_message(Fault::Drop) {
            receivers.remove(self.saboteur.pick(receivers.len()));
            self.saboteur.count(Fault::Drop);
        }
        if self.saboteur.strikes_message(Fault::Echo) {
            receivers.push(said.sender);
            self.saboteur.count(Fault::Echo);
        }
        if self.saboteur.strikes_message(Fault::Leak) {
            let strangers = self.strangers(said);
            if !strangers.is_empty() {
                receivers.push(strangers[self.saboteur.pick(strangers.len())]);
                self.saboteur.count(Fault::Leak);
            }
        }
        if self.saboteur.strikes_message(Fault::Duplicate) && !receivers.is_empty() {
            receivers.extend_from_within(..);
            self.saboteur.count(Fault::Duplicate);
        }
        for receiver in receivers {
            self.deliver(receiver, &said.packet);
        }
    }

    fn receivers(&mut self, node: usize, said: &Rc<Said>) -> Vec<u64> {
        let Hub { rooms, sockets, saboteur, manners, clock, .. } = self;
        let Some(room) = rooms.get_mut(&said.room) else { return Vec::new() };
        room.history.push_back(Rc::clone(said));
        if room.history.len() > HISTORY_MAX {
            room.history.pop_front();
        }
        if room.forgotten {
            saboteur.count(Fault::RoomForgotten);
            return Vec::new();
        }
        room.forgotten = saboteur.strikes_message(Fault::RoomForgotten);
        let hears = |member: &&u64| {
            let here = sockets.get(*member).filter(|socket| socket.node == node);
            here.is_some_and(|socket| socket.session != said.session || manners.echoes)
        };
        let receivers: Vec<u64> = room.members.iter().filter(hears).copied().collect();
        for receiver in &receivers {
            let Socket { asked, left, .. } = &sockets[receiver];
            let left = left.get(&said.room).copied().unwrap_or_default();
            if !asked.contains_key(&said.room) && clock.now().since(left) > LEFT_FOR {
                // It hears a room that it has not asked for, or has left for so long that this can
                // be told: what is planted put it there.
                saboteur.count_planted();
            }
        }
        receivers
    }

    fn strangers(&self, said: &Said) -> Vec<u64> {
        let stranger = |(_, socket): &(&u64, &Socket)| !socket.asked.contains_key(&said.room);
        self.sockets.iter().filter(stranger).map(|(number, _)| *number).collect()
    }

    pub(super) fn deliver(&mut self, receiver: u64, packet: &str) {
        let Some(socket) = self.sockets.get_mut(&receiver) else { return };
        if let Some(left) = &mut socket.mute_after {
            if *left == 0 {
                return self.saboteur.count(Fault::Mute);
            }
            *left -= 1;
        }
        let fragments = self.manners.fragments > 0.0;
        let fragments = fragments && self.rng.random_bool(self.manners.fragments);
        socket.line.say(packet, fragments);
    }
}

/// Carries what one node says to another, in order.
pub(super) async fn carry(
    hub: Rc<RefCell<Hub>>,
    node: usize,
    mut relayed: mpsc::UnboundedReceiver<Relayed>,
) {
    let clock = hub.borrow().clock;
    while let Some((due, said)) = relayed.recv().await {
        clock.sleep_until(due).await;
        let mut hub = hub.borrow_mut();
        if hub.down {
            return;
        }
        hub.hand_out(node, &said);
    }
}
