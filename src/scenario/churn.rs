//! Churn: who moves when, user by user; a pure function of the scenario and the seed.

use std::time::Duration;

use rand::RngExt;
use rand_distr::{Distribution, Exp1};
use rand_xoshiro::SplitMix64;

use super::file::StormBy;
use super::seed::{Purpose, small_generator};
use crate::chat::UserId;

/// How users come and go while others speak.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Churn {
    /// Moves of each kind per second, of all users together, in the order of [`MoveKind::ALL`].
    pub rates: [f64; MoveKind::ALL.len()],
    /// How long somebody stays away on average.
    pub away: Duration,
    /// When many leave at once.
    pub storms: Vec<Storm>,
}

/// Many leave at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Storm {
    /// When, counted from the beginning of the load.
    pub at: Duration,
    /// The share of all users who leave, above 0 and at most 1.
    pub share: f64,
    /// How their connections end.
    pub by: StormBy,
    /// How long they wait on average before they try to come back.
    pub back_off: Duration,
}

/// The ways in which a user moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MoveKind {
    /// It leaves a room, and joins it again later.
    Leave,
    /// It leaves a room for another one.
    Switch,
    /// It joins a room once more that it is in.
    Rejoin,
    /// It disconnects by a closing packet, and comes back later.
    Disconnect,
    /// Its connection is cut, and it comes back later.
    Drop,
}

impl MoveKind {
    /// All of them.
    pub const ALL: [MoveKind; 5] =
        [MoveKind::Leave, MoveKind::Switch, MoveKind::Rejoin, MoveKind::Disconnect, MoveKind::Drop];
}

/// One move of a user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// When it is due, counted from the beginning of the load.
    pub after: Duration,
    /// Which way.
    pub kind: MoveKind,
    /// A number to choose a room by.
    pub pick: u32,
    /// How long the user stays away.
    pub away: Duration,
}

impl Churn {
    /// Whether anybody ever moves.
    pub fn is_none(&self) -> bool {
        self.total() == 0.0 && self.storms.is_empty()
    }

    /// Whether users move from room to room.
    pub fn switches(&self) -> bool {
        self.rates[MoveKind::Switch as usize] > 0.0
    }

    /// Moves per second, of all users together.
    pub fn total(&self) -> f64 {
        self.rates.iter().sum()
    }

    /// When the user who is caught by `storm` is to come back, counted from the storm; nothing for
    /// one who is spared.
    pub fn caught_by(&self, storm: usize, user: UserId, seed: u64) -> Option<Duration> {
        let Storm { share, back_off, .. } = self.storms[storm];
        let index = (storm as u64) << 32 | u64::from(user.0);
        let mut random = small_generator(seed, Purpose::Storm, index);
        let caught = random.random::<f64>() < share;
        let jitter = random.random_range(0.5..1.5);
        caught.then(|| back_off.mul_f64(jitter))
    }
}

/// The moves of one user, earliest first: a Poisson process with an equal share of the rates.
#[derive(Clone, Debug, PartialEq)]
pub struct Moves {
    random: SplitMix64,
    users: f64,
    /// When the last move was, in seconds since the load began.
    last: f64,
}

impl Moves {
    /// The moves of `user`, one of `users`.
    pub(super) fn new(seed: u64, user: UserId, users: usize) -> Moves {
        let random = small_generator(seed, Purpose::Moves, user.0.into());
        Moves { random, users: users as f64, last: 0.0 }
    }

    /// The next move; `None` once the load, which lasts for `length`, is over.
    pub fn next(&mut self, churn: &Churn, length: Duration) -> Option<Move> {
        let rate = churn.total() / self.users;
        if rate <= 0.0 {
            return None;
        }
        let gap: f64 = Exp1.sample(&mut self.random);
        self.last += gap / rate;
        if self.last >= length.as_secs_f64() {
            return None;
        }
        let mut share = self.random.random::<f64>() * churn.total();
        let kind = MoveKind::ALL.into_iter().find(|&kind| {
            share -= churn.rates[kind as usize];
            share < 0.0
        });
        let away: f64 = Exp1.sample(&mut self.random);
        Some(Move {
            after: Duration::from_secs_f64(self.last),
            // Rounding may leave a rest after the last of them.
            kind: kind.unwrap_or(MoveKind::Drop),
            pick: self.random.random(),
            away: churn.away.mul_f64(away),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(1_000);

    fn moves(churn: &Churn, seed: u64, users: u32) -> Vec<Move> {
        let of = |user| {
            let mut moves = Moves::new(seed, UserId(user), users as usize);
            std::iter::from_fn(move || moves.next(churn, LENGTH)).collect::<Vec<_>>()
        };
        (0..users).flat_map(of).collect()
    }

    #[test]
    fn all_users_together_move_as_often_as_was_said() {
        let rates = [4.0, 0.0, 3.0, 2.0, 1.0];
        let churn = Churn { rates, away: Duration::from_secs(2), storms: Vec::new() };
        let moves = moves(&churn, 7, 20);
        for kind in MoveKind::ALL {
            let count = moves.iter().filter(|one| one.kind == kind).count() as f64;
            let expected = rates[kind as usize] * LENGTH.as_secs_f64();
            // Six standard deviations of a Poisson number.
            assert!((count - expected).abs() <= 6.0 * expected.sqrt(), "{count} of {kind:?}");
        }
        let away: f64 = moves.iter().map(|one| one.away.as_secs_f64()).sum();
        let mean = away / moves.len() as f64;
        assert!((mean / 2.0 - 1.0).abs() < 0.1, "{mean} s away on average");
    }

    #[test]
    fn nobody_moves_unless_told_to() {
        assert_eq!(moves(&Churn::default(), 7, 20), []);
    }

    #[test]
    fn a_storm_catches_its_share() {
        let storm = Storm {
            at: Duration::from_secs(1),
            share: 0.3,
            by: StormBy::Drop,
            back_off: Duration::from_secs(1),
        };
        let churn = Churn { storms: vec![storm, storm], ..Churn::default() };
        let caught =
            |storm| (0..10_000).filter_map(move |user| Some(UserId(user)).zip(Some(storm)));
        let back: Vec<Duration> =
            caught(0).filter_map(|(user, storm)| churn.caught_by(storm, user, 7)).collect();
        assert!(back.len().abs_diff(3_000) < 300, "{} caught", back.len());
        let within = Duration::from_millis(500)..Duration::from_millis(1500);
        assert!(back.iter().all(|back| within.contains(back)));
        let both = caught(1).filter(|&(user, storm)| {
            churn.caught_by(storm, user, 7).is_some() && churn.caught_by(0, user, 7).is_some()
        });
        assert!(both.count().abs_diff(900) < 180, "the second storm catches others");
    }
}
