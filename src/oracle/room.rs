//! Room: where its members stand, and what each of them still has to hear.

use super::bits;
use super::course::Change;
use super::expectation::{Expectation, Hearing, Released, Sets, sets};
use super::flight::{Flight, Later, Memory, Place};
use super::membership::{Excuse, Membership, Past};
use super::violation::Standing;
use crate::chat::Message;
use crate::time::Timestamp;

/// A room, with what its members are waiting for. Members are meant by their slots.
#[derive(Debug)]
pub(super) struct Room {
    membership: Membership,
    /// For each member, its messages in flight.
    flights: Vec<Flight>,
    /// For each member, what it heard last.
    latest: Vec<Latest>,
    /// Sets that no message uses any more, so that a message costs no allocation.
    spare: Vec<Sets>,
    /// When the last message was sent here.
    last_sent: Timestamp,
}

/// How many must and may hear a message just sent.
pub(super) struct Expected {
    pub(super) owed: u32,
    pub(super) allowed: u32,
    /// Whether it is kept account of; not if nobody can hear it.
    pub(super) kept: bool,
}

/// Whose message is heard, as its stamp says.
#[derive(Clone, Copy)]
pub(super) struct Told {
    pub(super) mouth: usize,
    pub(super) sequence: u32,
    pub(super) intended: Timestamp,
}

/// What a member heard last, if nothing that was sent later by the same sender: what comes after
/// that is in order without a search, however much is in flight.
#[derive(Clone, Copy, Debug, Default)]
struct Latest(Option<(u32, u32)>);

impl Latest {
    /// Whether something later of the same connection was heard before what is `told` now.
    fn overtakes(&mut self, told: Told, later_heard: impl FnOnce() -> Later) -> bool {
        let mouth = told.mouth as u32;
        let in_order =
            self.0.is_some_and(|(last_mouth, last)| last_mouth == mouth && last < told.sequence);
        let later = if in_order { Later::Nothing } else { later_heard() };
        self.0 = (later == Later::Nothing).then_some((mouth, told.sequence));
        later == Later::OfConnection
    }
}

/// What it means that a member heard a message.
pub(super) enum Heard {
    /// It must or may, and has not before.
    First(First),
    /// It has before.
    Again { sent: Timestamp },
    /// It must not.
    Forbidden { sent: Timestamp },
    /// The message is in no account any more.
    Forgotten(Memory),
    /// No such message was sent.
    NeverSent,
}

/// The first time a member hears a message.
pub(super) struct First {
    /// Whether it had to.
    pub(super) owed: bool,
    pub(super) sent: Timestamp,
    /// Whether it heard a later one of the same sender before.
    pub(super) overtaken: bool,
    /// Whether nobody else has to.
    pub(super) settled: bool,
    /// When the first of all heard it, if this is the last who had to, for the first time.
    pub(super) completed: Option<Timestamp>,
    /// Entries that are kept no longer.
    pub(super) forgotten: usize,
}

/// A message that was taken out of the account before it was done.
pub(super) struct Retired {
    pub(super) sequence: u32,
    pub(super) expectation: Expectation,
    /// Entries that are kept no longer, this one among them.
    pub(super) forgotten: usize,
}

/// Deliveries that must happen after all, and messages that nobody else had to hear.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recalled {
    pub(super) deliveries: u64,
    pub(super) messages: usize,
}

/// Who is let off, and of what.
#[derive(Clone, Copy)]
struct Leave {
    slot: usize,
    past: Past,
    excuse: Excuse,
}

impl Leave {
    /// Lets the member off what of `flight` has not had its time.
    fn release(self, flight: &mut Flight) -> Released {
        let mut released = Released::default();
        for (_, entry) in flight.entries_mut() {
            if !self.past.had_time(entry.sent, self.excuse) {
                released.add(entry.release(self.slot));
            }
        }
        released
    }
}

impl Room {
    pub(super) fn new(members: usize) -> Room {
        Room {
            membership: Membership::new(members),
            flights: (0..members).map(|_| Flight::default()).collect(),
            latest: vec![Latest::default(); members],
            spare: Vec::new(),
            last_sent: Timestamp::ZERO,
        }
    }

    pub(super) fn members(&self) -> usize {
        self.membership.len()
    }

    pub(super) fn standing(&self, slot: usize) -> Standing {
        self.membership.standing(slot)
    }

    /// Whether what a member says is not known to reach anybody.
    pub(super) fn is_cut_off(&self, slot: usize) -> bool {
        matches!(self.standing(slot), Standing::Out | Standing::Suspended { .. })
    }

    /// How a member came to stand where it does, around `moment`.
    pub(super) fn course(&self, slot: usize, moment: Timestamp) -> Box<[Change]> {
        self.membership.course(slot).around(moment)
    }

    /// Until when the server may have had a member in before, on its present connection.
    pub(super) fn left_at(&self, slot: usize) -> Timestamp {
        self.membership.left_at(slot)
    }

    /// Whether what was sent at `sent` has had its time to come to a member by some moment.
    pub(super) fn had_time(&self, slot: usize, sent: Timestamp, by: Excuse) -> bool {
        self.membership.past(slot).had_time(sent, by)
    }

    /// Whether any member's session ever was suspended.
    pub(super) fn was_suspended(&self) -> bool {
        self.membership.was_suspended()
    }

    /// When a member's session was suspended last, and when it was taken up again.
    pub(super) fn absence(&self, slot: usize) -> (Timestamp, Timestamp) {
        self.membership.absence(slot)
    }

    /// A member asked to be let in: it may hear whatever is under way. Gives the number of
    /// messages that this is new for.
    ///
    /// On a new connection it may hear all that an earlier one did, and even what was said on
    /// that: to the server it is somebody else. What was sent before `over` is not under way any
    /// more, unless somebody still has to hear it.
    pub(super) fn joining(&mut self, slot: usize, at: Timestamp, over: Timestamp) -> u32 {
        let anew = self.membership.ask(slot, at);
        let mut more = 0;
        for (mouth, flight) in self.flights.iter_mut().enumerate() {
            let adrift_below = flight.adrift_below();
            for (sequence, entry) in flight.entries_mut() {
                if anew {
                    entry.unhear(slot);
                }
                let lasts = entry.sent >= over || entry.owed() > 0;
                let under_way = lasts || sequence < adrift_below;
                if under_way && (anew || mouth != slot) {
                    more += u32::from(entry.allow(slot));
                }
            }
        }
        if anew {
            self.flights[slot].reconnect();
        }
        more
    }

    /// There is evidence that a member is in.
    pub(super) fn joined(&mut self, slot: usize, at: Timestamp) {
        // Evidence may have arrived before something was sent and be looked at after it; that
        // message need not be heard.
        self.membership.confirm(slot, at, at.max(self.last_sent));
    }

    /// A member says that it leaves: it need not hear what is in flight any more, and may still
    /// hear what is sent from now on.
    pub(super) fn leaving(&mut self, slot: usize, at: Timestamp, excuse: Excuse) -> Released {
        let leave = Leave { slot, past: self.membership.past(slot), excuse };
        self.membership.leaving(slot, at);
        let mut released = Released::default();
        for flight in &mut self.flights {
            released.add(leave.release(flight));
        }
        released
    }

    /// The server has had its time to take a member out.
    pub(super) fn left(&mut self, slot: usize, at: Timestamp) {
        if matches!(self.membership.standing(slot), Standing::Leaving { .. }) {
            self.membership.left(slot, at);
        }
    }

    /// A member has left the namespace, and only listens to what is left of its connection.
    pub(super) fn departed(&mut self, slot: usize, at: Timestamp, excuse: Excuse) -> Released {
        let mut released = self.leaving(slot, at, excuse);
        self.membership.farewell(slot);
        released.add(self.flights[slot].set_adrift(excuse.time));
        released
    }

    /// A member's connection is a new one, and knows nothing of the old.
    pub(super) fn renewed(&mut self, slot: usize, at: Timestamp) {
        self.membership.gone(slot, at);
    }

    /// The server took up a member's session: it must hear what it missed, and was never out.
    pub(super) fn resumed(&mut self, slot: usize, at: Timestamp) -> Recalled {
        let mut recalled = Recalled::default();
        // What it says from now on goes another way than what it said before.
        self.flights[slot].reconnect();
        self.membership.same_again(slot);
        if !matches!(self.membership.standing(slot), Standing::Suspended { .. }) {
            return recalled;
        }
        let since = self.membership.known_since(slot);
        for (mouth, flight) in self.flights.iter_mut().enumerate() {
            for (_, entry) in flight.entries_mut() {
                let missed = mouth != slot && entry.sent > since;
                let settled = entry.owed() == 0;
                if missed && entry.owe(slot) {
                    recalled.deliveries += 1;
                    recalled.messages += usize::from(settled);
                }
            }
        }
        self.membership.resume(slot, at, self.last_sent);
        recalled
    }

    /// The member at `mouth` sent its next message.
    pub(super) fn sent(
        &mut self,
        mouth: usize,
        message: &Message,
        at: Timestamp,
        sender_echoed: bool,
    ) -> Expected {
        self.check_next(mouth, message);
        self.last_sent = at;
        let adrift = self.is_cut_off(mouth);
        let mut sets = self.spare.pop().unwrap_or_else(|| sets(self.membership.len()));
        self.membership.write(&mut sets);
        let words = sets.len() / 3;
        if !sender_echoed {
            bits::take(&mut sets[..words], mouth);
            bits::take(&mut sets[words..words * 2], mouth);
        }
        let flight = &mut self.flights[mouth];
        let mut expectation = Expectation::new(message, at, flight.connection(), sets);
        if adrift {
            // It is said into a connection that was lost before.
            expectation.release_all();
        }
        let (owed, allowed) = (expectation.owed(), expectation.allowed());
        flight.keep(expectation);
        if adrift {
            flight.tell_nothing();
        }
        let forgotten = flight.forget_done(&mut self.spare);
        assert!(forgotten <= 1, "{forgotten} messages were done, and kept");
        Expected { owed, allowed, kept: forgotten == 0 }
    }

    /// The member at `mouth` sent its next message, which no account is kept of. Whether anybody
    /// had to hear it.
    pub(super) fn skip(
        &mut self,
        mouth: usize,
        message: &Message,
        at: Timestamp,
        sender_echoed: bool,
    ) -> bool {
        self.check_next(mouth, message);
        self.last_sent = at;
        self.flights[mouth].skip();
        let adrift = self.is_cut_off(mouth);
        let but = (!sender_echoed).then_some(mouth);
        !adrift && self.membership.is_anyone_in(but)
    }

    fn check_next(&self, mouth: usize, message: &Message) {
        let (sequence, next) = (message.id.sequence, self.flights[mouth].next());
        assert!(sequence == next, "message {sequence} was sent where {next} is due");
    }

    /// Whether the member at `mouth` has sent that many messages.
    pub(super) fn has_sent(&self, mouth: usize, sequence: u32) -> bool {
        sequence < self.flights[mouth].next()
    }

    /// When the latest was sent of all that anybody has heard of the member at `mouth`.
    pub(super) fn last_heard_of(&self, mouth: usize) -> Timestamp {
        self.flights[mouth].last_heard()
    }

    /// When a message was sent, if that is still known.
    pub(super) fn sent_at(&self, mouth: usize, sequence: u32) -> Option<Timestamp> {
        match self.flights[mouth].find(sequence) {
            Place::Kept(index) => Some(self.flights[mouth].at(index).sent),
            Place::Forgotten(_) | Place::Nowhere => None,
        }
    }

    /// The member at `ear` heard a message.
    pub(super) fn hear(&mut self, ear: usize, told: Told, at: Timestamp) -> Heard {
        let flight = &mut self.flights[told.mouth];
        let index = match flight.find(told.sequence) {
            Place::Kept(index) => index,
            Place::Forgotten(memory) => return Heard::Forgotten(memory),
            Place::Nowhere => return Heard::NeverSent,
        };
        let entry = flight.at_mut(index);
        let sent = entry.sent;
        if entry.intended != told.intended {
            return Heard::NeverSent;
        }
        let (owed, settled, completed) = match entry.hear(ear, at) {
            Hearing::First { owed, settled, completed } => (owed, settled, completed),
            Hearing::Again => return Heard::Again { sent },
            Hearing::Forbidden => return Heard::Forbidden { sent },
        };
        flight.note_heard(sent);
        let overtaken = self.latest[ear].overtakes(told, || flight.later_heard(index, ear));
        let forgotten = flight.forget_done(&mut self.spare);
        Heard::First(First { owed, sent, overtaken, settled, completed, forgotten })
    }

    /// A member's connection is lost. It need not hear what was in flight then or was sent since,
    /// and nobody need hear what it sent.
    pub(super) fn gone(&mut self, slot: usize, at: Timestamp, excuse: Excuse) -> Released {
        let leave = Leave { slot, past: self.membership.past(slot), excuse };
        self.membership.gone(slot, at);
        self.let_off(leave)
    }

    /// A member's connection is lost, and it is still told of what is said meanwhile, if the server
    /// takes its session up again.
    pub(super) fn suspended(&mut self, slot: usize, at: Timestamp, excuse: Excuse) -> Released {
        let leave = Leave { slot, past: self.membership.past(slot), excuse };
        self.membership.suspend(slot, at, excuse);
        self.let_off(leave)
    }

    fn let_off(&mut self, leave: Leave) -> Released {
        let mut released = Released::default();
        for (mouth, flight) in self.flights.iter_mut().enumerate() {
            // Whoever is echoed is a receiver of its own.
            released.add(leave.release(flight));
            if mouth == leave.slot {
                released.add(flight.set_adrift(leave.excuse.time));
            }
        }
        released
    }

    /// Lets go of what was sent before `over` and must be heard by nobody, unless it was sent since
    /// `suspended_over` and somebody may still come back to hear it. Gives the number of entries
    /// that are kept no longer.
    pub(super) fn sweep(&mut self, over: Timestamp, suspended_over: Timestamp) -> usize {
        let mut forgotten = 0;
        let suspended = self.membership.suspended();
        for flight in &mut self.flights {
            for (_, entry) in flight.entries_mut() {
                let missed = || entry.sent >= suspended_over && entry.awaited_by_any(suspended);
                if entry.owed() == 0 && entry.sent < over && !missed() {
                    entry.expire();
                }
            }
            forgotten += flight.forget_done(&mut self.spare);
            flight.shrink();
        }
        forgotten
    }

    /// Takes the oldest message of `mouth` out of the account, if `which` is true of it.
    pub(super) fn retire_oldest(
        &mut self,
        mouth: usize,
        which: impl Fn(&Expectation) -> bool,
    ) -> Option<Retired> {
        let flight = &mut self.flights[mouth];
        flight.front().filter(|first| which(first))?;
        let (sequence, expectation) = flight.take_first()?;
        let forgotten = 1 + flight.forget_done(&mut self.spare);
        Some(Retired { sequence, expectation, forgotten })
    }

    /// What the member at `ear` waits for: the sender's slot, the sequence, the expectation.
    pub(super) fn awaited_by(
        &self,
        ear: usize,
    ) -> impl Iterator<Item = (usize, u32, &Expectation)> {
        self.flights.iter().enumerate().flat_map(move |(mouth, flight)| {
            let awaited = flight.entries().filter(move |(_, entry)| entry.awaited_by(ear));
            awaited.map(move |(sequence, entry)| (mouth, sequence, entry))
        })
    }

    /// Entries kept, and those among them that somebody must still hear.
    #[cfg(test)]
    pub(super) fn check_books(&self) -> (usize, usize) {
        self.flights.iter().for_each(Flight::check_books);
        let entries = || self.flights.iter().flat_map(Flight::entries);
        (entries().count(), entries().filter(|(_, entry)| entry.owed() > 0).count())
    }
}
