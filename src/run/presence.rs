//! Presence: which of a shard's users are connected, and which are deaf, as its history tells.

use std::collections::{BTreeMap, BTreeSet};

use super::outage::{Outage, Spell};
use crate::chat::UserId;
use crate::history::{Event, EventKind};
use crate::metrics::Gauges;
use crate::time::Timestamp;

/// Times of deafness that are kept of one shard.
const SPELLS_MAX: usize = 1_000_000;

/// Follows who is there and who hears nothing.
///
/// A user is deaf from the loss of a connection that nobody here wanted, through all attempts to
/// reconnect, until it hears something again, or leaves on purpose.
#[derive(Debug, Default)]
pub(super) struct Presence {
    connected: BTreeSet<UserId>,
    /// Who is deaf, and since when.
    deaf: BTreeMap<UserId, Timestamp>,
    /// The outage that lasts for as long as anybody is deaf.
    current: Option<Outage>,
    outages: Vec<Outage>,
    spells: usize,
    spells_dropped: u64,
    /// What was told last.
    told: Gauges,
}

impl Presence {
    /// What happened next.
    pub(super) fn observe(&mut self, event: &Event) {
        let (user, at) = (event.user, event.at);
        match event.kind {
            EventKind::Connected { .. } => {
                self.connected.insert(user);
            }
            EventKind::Disconnected { .. } => {
                self.connected.remove(&user);
                self.fall_deaf(user, at);
            }
            EventKind::Departed { .. } => {
                self.connected.remove(&user);
                self.end_spell(user, at);
            }
            EventKind::Resumed { .. } => self.end_spell(user, at),
            EventKind::Unsent { .. } => {
                if let Some(outage) = &mut self.current {
                    outage.unsent += 1;
                }
            }
            _ => {}
        }
    }

    /// By how many more users are connected, or deaf, than when this was last asked.
    pub(super) fn take_change(&mut self) -> Gauges {
        let (connected, deaf) = (self.connected.len() as i64, self.deaf.len() as i64);
        let now = Gauges { connected, deaf };
        let change = now.since(self.told);
        self.told = now;
        change
    }

    /// Ends the account: the outages, and how many times of deafness were too many to be kept.
    pub(super) fn finish(&mut self, now: Timestamp) -> (Vec<Outage>, u64) {
        for (user, from) in std::mem::take(&mut self.deaf) {
            self.keep(Spell { user, from, to: now.max(from), over: false });
        }
        self.end_outage(now, false);
        (std::mem::take(&mut self.outages), self.spells_dropped)
    }

    /// The first of several losses in a row counts.
    fn fall_deaf(&mut self, user: UserId, at: Timestamp) {
        self.deaf.entry(user).or_insert(at);
        self.current.get_or_insert_with(|| Outage::beginning(at));
    }

    fn end_spell(&mut self, user: UserId, at: Timestamp) {
        let Some(from) = self.deaf.remove(&user) else { return };
        self.keep(Spell { user, from, to: at.max(from), over: true });
        if self.deaf.is_empty() {
            self.end_outage(at, true);
        }
    }

    fn keep(&mut self, spell: Spell) {
        let Some(outage) = self.current.as_mut().filter(|_| self.spells < SPELLS_MAX) else {
            self.spells_dropped += 1;
            return;
        };
        outage.spells.push(spell);
        self.spells += 1;
    }

    fn end_outage(&mut self, at: Timestamp, over: bool) {
        let Some(outage) = self.current.take() else { return };
        // One of which nothing was kept is counted by what was not.
        if !outage.spells.is_empty() {
            self.outages.push(Outage { to: at.max(outage.from), over, ..outage });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::chat::RoomId;
    use crate::history::{Departure, Session};

    const CONNECTED: EventKind =
        EventKind::Connected { after: Duration::ZERO, session: Session::New };
    const DISCONNECT: EventKind = EventKind::Departed { how: Departure::Disconnect };
    const DROP: EventKind = EventKind::Departed { how: Departure::Drop { resumable: false } };

    fn lost() -> EventKind {
        EventKind::Disconnected { why: "reset".into(), resumable: false }
    }

    fn resumed(deaf: u64) -> EventKind {
        let deaf = Some(Duration::from_secs(deaf));
        EventKind::Resumed { after: Duration::ZERO, deaf }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds * 1_000_000_000)
    }

    /// What `events`, each at its second and of its user, come to by second 20.
    fn follow(events: &[(u64, u32, EventKind)]) -> (Presence, Vec<Outage>) {
        let mut presence = Presence::default();
        for (second, user, kind) in events {
            presence.observe(&Event { at: at(*second), user: UserId(*user), kind: kind.clone() });
        }
        let (outages, dropped) = presence.finish(at(20));
        assert_eq!(dropped, 0);
        (presence, outages)
    }

    /// Who was deaf from when to when, and whether that came to an end.
    fn spells(outage: &Outage) -> Vec<(u32, u64, u64, bool)> {
        let seconds = |at: Timestamp| at.as_secs_f64() as u64;
        let spells = outage.spells.iter();
        spells.map(|it| (it.user.0, seconds(it.from), seconds(it.to), it.over)).collect()
    }

    #[test]
    fn deafness_lasts_from_the_first_loss_to_the_first_hearing() {
        let (_, outages) = follow(&[
            (1, 0, CONNECTED),
            (3, 0, lost()),
            (4, 0, EventKind::ConnectFailed { why: "refused".into() }),
            (5, 0, CONNECTED),
            (6, 0, lost()),
            (8, 0, CONNECTED),
            (9, 0, resumed(6)),
        ]);
        assert_eq!(outages.iter().map(spells).collect::<Vec<_>>(), [[(0, 3, 9, true)]]);
        assert_eq!((outages[0].from, outages[0].to, outages[0].over), (at(3), at(9), true));
    }

    #[test]
    fn an_outage_lasts_while_anybody_is_deaf_and_has_what_was_not_said_meanwhile() {
        let unsent = |second| EventKind::Unsent { room: RoomId(0), intended: at(second) };
        let (_, outages) = follow(&[
            (2, 0, unsent(2)),
            (3, 0, lost()),
            (4, 1, lost()),
            (5, 0, resumed(2)),
            (6, 1, unsent(6)),
            (7, 1, resumed(3)),
            (8, 1, unsent(8)),
            (10, 0, lost()),
        ]);
        let seen = outages.iter().map(|it| (spells(it), it.unsent, it.over)).collect::<Vec<_>>();
        let first = (vec![(0, 3, 5, true), (1, 4, 7, true)], 1, true);
        assert_eq!(seen, [first, (vec![(0, 10, 20, false)], 0, false)]);
    }

    #[test]
    fn whoever_leaves_on_purpose_is_not_deaf() {
        let (_, outages) = follow(&[
            (1, 0, CONNECTED),
            (2, 0, DROP),
            (3, 0, CONNECTED),
            (4, 0, EventKind::Resumed { after: Duration::ZERO, deaf: None }),
            (5, 0, lost()),
            (6, 0, CONNECTED),
            (7, 0, DISCONNECT),
        ]);
        assert_eq!(outages.iter().map(spells).collect::<Vec<_>>(), [[(0, 5, 7, true)]]);
    }

    #[test]
    fn gauges_are_told_by_what_changed() {
        let mut presence = Presence::default();
        let mut told = Gauges::default();
        let mut seen = Vec::new();
        for (user, kind) in [
            (0, CONNECTED),
            (1, CONNECTED),
            (0, lost()),
            (0, EventKind::ConnectFailed { why: "refused".into() }),
            (1, DISCONNECT),
            (0, CONNECTED),
            (0, resumed(1)),
            (0, EventKind::Closed),
        ] {
            presence.observe(&Event { at: at(1), user: UserId(user), kind });
            told.add(presence.take_change());
            seen.push((told.connected, told.deaf));
        }
        // The end of the run is no departure.
        assert_eq!(seen, [(1, 0), (2, 0), (1, 1), (1, 1), (0, 1), (1, 1), (1, 0), (1, 0)]);
        assert_eq!(presence.take_change(), Gauges::default());
    }
}
