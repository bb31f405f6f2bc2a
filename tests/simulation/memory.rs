//! Memory: what a server that recovers sessions knows of lost ones, and of what was said.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use chatbench::time::Timestamp;

use crate::fault::{Fault, Saboteur};
use crate::hub::Socket;

pub(crate) struct Memory {
    /// How long it lasts.
    lasts: Duration,
    told: VecDeque<Told>,
    lost: BTreeMap<u64, Lost>,
}

/// An event that was sent to whoever it is for.
pub(crate) struct Told {
    pub(crate) offset: String,
    pub(crate) packet: Rc<str>,
    pub(crate) audience: Audience,
    pub(crate) at: Timestamp,
}

pub(crate) enum Audience {
    Session(u64),
    Room {
        name: String,
        /// A session that does not hear it.
        but: Option<u64>,
    },
}

/// A session without a connection.
struct Lost {
    session: Recovered,
    at: Timestamp,
}

/// What a session had, and what it missed, in order.
pub(crate) struct Recovered {
    pub(crate) socket: Socket,
    pub(crate) rooms: BTreeSet<String>,
    pub(crate) missed: Vec<Rc<str>>,
}

impl Memory {
    pub(crate) fn new(lasts: Duration) -> Memory {
        Memory { lasts, told: VecDeque::new(), lost: BTreeMap::new() }
    }

    pub(crate) fn note(&mut self, told: Told) {
        self.forget(told.at);
        self.told.push_back(told);
    }

    /// A session lost its connection.
    pub(crate) fn keep(&mut self, socket: Socket, rooms: BTreeSet<String>, at: Timestamp) {
        let number = socket.session;
        let session = Recovered { socket, rooms, missed: Vec::new() };
        self.lost.insert(number, Lost { session, at });
    }

    /// A session is taken up again, if it is known, and the last event that it heard is.
    pub(crate) fn recover(
        &mut self,
        number: u64,
        offset: &str,
        now: Timestamp,
        saboteur: &mut Saboteur,
    ) -> Option<Recovered> {
        self.forget(now);
        let heard = self.told.iter().position(|told| told.offset == offset)?;
        let mut session = self.lost.remove(&number)?.session;
        let missed = self.told.iter().skip(heard + 1);
        let missed = missed.filter(|told| told.audience.includes(number, &session.rooms));
        session.missed = missed.map(|told| Rc::clone(&told.packet)).collect();
        let missed = &mut session.missed;
        if !missed.is_empty() && saboteur.strikes(Fault::ReplayMissesOne) {
            missed.remove(saboteur.pick(missed.len()));
            saboteur.count(Fault::ReplayMissesOne);
        }
        if !missed.is_empty() && saboteur.strikes(Fault::ReplayRepeatsOne) {
            let again = saboteur.pick(missed.len());
            missed.insert(again, Rc::clone(&missed[again]));
            saboteur.count(Fault::ReplayRepeatsOne);
        }
        if saboteur.strikes(Fault::RecoveryForgetsRooms) && !session.rooms.is_empty() {
            session.rooms.clear();
            saboteur.count(Fault::RecoveryForgetsRooms);
        }
        Some(session)
    }

    fn forget(&mut self, now: Timestamp) {
        let is_over = |at: Timestamp| now.since(at) > self.lasts;
        self.lost.retain(|_, lost| !is_over(lost.at));
        while self.told.front().is_some_and(|told| is_over(told.at)) {
            self.told.pop_front();
        }
    }
}

impl Audience {
    fn includes(&self, session: u64, rooms: &BTreeSet<String>) -> bool {
        match self {
            Audience::Session(only) => *only == session,
            Audience::Room { name, but } => rooms.contains(name) && *but != Some(session),
        }
    }
}
