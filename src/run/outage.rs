//! Outage: a stretch of a run in which somebody was deaf.

use std::time::Duration;

use crate::chat::UserId;
use crate::time::Timestamp;

/// A stretch in which somebody was deaf at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When the first of them lost its connection.
    pub from: Timestamp,
    /// When the last of them was deaf no more, or the run over.
    pub to: Timestamp,
    /// Whether it came to an end before the run did.
    pub over: bool,
    /// Messages that were due in it, and whose users had no connection.
    pub unsent: u64,
    /// Who was deaf from when to when.
    pub spells: Vec<Spell>,
}

/// One time for which one user was deaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    /// Who.
    pub user: UserId,
    /// When it lost its connection.
    pub from: Timestamp,
    /// When it heard something again, or left on purpose, or the run was over.
    pub to: Timestamp,
    /// Whether one of the first two came about.
    pub over: bool,
}

impl Spell {
    /// How long it lasted.
    pub fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

impl Outage {
    pub(super) fn beginning(at: Timestamp) -> Outage {
        Outage { from: at, to: at, over: false, unsent: 0, spells: Vec::new() }
    }

    /// How many different users it hit.
    pub fn users(&self) -> usize {
        let mut users: Vec<UserId> = self.spells.iter().map(|spell| spell.user).collect();
        users.sort_unstable();
        users.dedup();
        users.len()
    }
}

/// The outages of all shards as those of the run, in order: what overlaps is one.
pub(super) fn merged(mut parts: Vec<Outage>) -> Vec<Outage> {
    parts.sort_by_key(|part| part.from);
    let mut outages: Vec<Outage> = Vec::new();
    for part in parts {
        match outages.last_mut() {
            Some(last) if part.from <= last.to => {
                last.to = last.to.max(part.to);
                last.over &= part.over;
                last.unsent += part.unsent;
                last.spells.extend(part.spells);
            }
            _ => outages.push(part),
        }
    }
    outages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outage(from: u64, to: u64, user: u32) -> Outage {
        let at = Timestamp::from_nanos;
        let spell = Spell { user: UserId(user), from: at(from), to: at(to), over: true };
        Outage { from: at(from), to: at(to), over: true, unsent: 1, spells: vec![spell] }
    }

    #[test]
    fn what_overlaps_on_several_shards_is_one_outage() {
        let short = outage(4, 5, 0);
        let endless = Outage { over: false, ..outage(12, 30, 2) };
        let parts = vec![outage(7, 8, 1), endless, outage(3, 6, 1), short, outage(29, 30, 0)];
        let outages = merged(parts);
        let seen: Vec<_> = outages
            .iter()
            .map(|it| (it.from.as_nanos(), it.to.as_nanos(), it.users(), it.unsent, it.over))
            .collect();
        assert_eq!(seen, [(3, 6, 2, 2, true), (7, 8, 1, 1, true), (12, 30, 2, 2, false)]);
    }

    #[test]
    fn a_user_that_is_deaf_twice_is_one() {
        let mut twice = outage(3, 6, 1);
        twice.spells.extend(outage(7, 8, 1).spells);
        assert_eq!(twice.users(), 1);
    }
}
