//! Outages: when somebody was deaf, how many, and for how long.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::rounded::millis;
use super::story::{seconds_at, user_name};
use crate::run::{self, RunOutcome, Spell};
use crate::scenario::Plan;

/// Outages told of; those past it are shorter, and only counted.
const OUTAGES_MAX: usize = 1_000;
/// Users told of by name.
const DEAF_MAX: usize = 100;

/// A stretch of the run in which somebody was deaf at any time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Outage {
    /// When the first of them lost its connection, in seconds since the run began.
    pub from_s: f64,
    /// When the last of them was deaf no more, in seconds since the run began; absent if somebody
    /// still was when the run was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_s: Option<f64>,
    /// How many users were deaf in it.
    pub users: u64,
    /// The median of how long they were, in milliseconds.
    pub deafness_p50_ms: f64,
    /// The longest that anybody was, in milliseconds.
    pub deafness_max_ms: f64,
    /// Messages of the load that were due in it, and whose users had no connection.
    pub messages_unsent: u64,
}

/// How long users were deaf. Who never heard anything again counts as deaf to the end of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Deafness {
    /// How many different users were deaf at some time.
    pub users: u64,
    /// How often somebody was.
    pub times: u64,
    /// How often somebody never heard anything again.
    pub never_over: u64,
    /// The median of how long it lasted, in milliseconds; 0 if nobody was deaf.
    pub p50_ms: f64,
    /// The longest, in milliseconds; 0 if nobody was deaf.
    pub max_ms: f64,
    /// Who was deaf for that long; absent if nobody was deaf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_user: Option<String>,
    /// Times past the limit on what is kept, of which nothing else here knows.
    pub dropped: u64,
}

/// A time for which one user was deaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DeafSpell {
    /// Who.
    pub user: String,
    /// When it lost its connection, in seconds since the run began.
    pub from_s: f64,
    /// When it heard something again, or left on purpose, in seconds since the run began; absent
    /// if neither came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_s: Option<f64>,
}

impl Outage {
    fn new(outage: &run::Outage) -> Outage {
        let lengths = Lengths::of(outage.spells.iter());
        Outage {
            from_s: seconds_at(outage.from),
            to_s: outage.over.then(|| seconds_at(outage.to)),
            users: outage.users() as u64,
            deafness_p50_ms: millis(lengths.median()),
            deafness_max_ms: millis(lengths.longest()),
            messages_unsent: outage.unsent,
        }
    }
}

impl Deafness {
    pub(super) fn new(plan: &Plan, outcome: &RunOutcome) -> Deafness {
        let spells = || spells(&outcome.outages);
        let lengths = Lengths::of(spells());
        let longest = spells().max_by_key(|spell| (spell.length(), Reverse(spell.user)));
        Deafness {
            users: spells().map(|spell| spell.user).collect::<BTreeSet<_>>().len() as u64,
            times: spells().count() as u64,
            never_over: spells().filter(|spell| !spell.over).count() as u64,
            p50_ms: millis(lengths.median()),
            max_ms: millis(lengths.longest()),
            max_user: longest.map(|spell| user_name(plan, spell.user)),
            dropped: outcome.spells_dropped,
        }
    }
}

/// The longest of `outages`, in order.
pub(super) fn longest(outages: &[run::Outage]) -> Vec<Outage> {
    let mut longest: Vec<&run::Outage> = outages.iter().collect();
    longest.sort_by_key(|outage| Reverse(outage.to.since(outage.from)));
    longest.truncate(OUTAGES_MAX);
    longest.sort_by_key(|outage| outage.from);
    longest.into_iter().map(Outage::new).collect()
}

pub(super) fn dropped(outages: &[run::Outage]) -> u64 {
    outages.len().saturating_sub(OUTAGES_MAX) as u64
}

/// Who was deaf for the longest: those first who never heard anything again.
pub(super) fn deaf_longest(plan: &Plan, outages: &[run::Outage]) -> Vec<DeafSpell> {
    let mut longest: Vec<&Spell> = spells(outages).collect();
    longest.sort_by_key(|spell| (spell.over, Reverse(spell.length()), spell.user));
    let told = longest.into_iter().take(DEAF_MAX).map(|spell| DeafSpell {
        user: user_name(plan, spell.user),
        from_s: seconds_at(spell.from),
        to_s: spell.over.then(|| seconds_at(spell.to)),
    });
    told.collect()
}

fn spells(outages: &[run::Outage]) -> impl Iterator<Item = &Spell> {
    outages.iter().flat_map(|outage| &outage.spells)
}

/// How long some times of deafness lasted, in order.
struct Lengths(Vec<Duration>);

impl Lengths {
    fn of<'a>(spells: impl Iterator<Item = &'a Spell>) -> Lengths {
        let mut lengths: Vec<Duration> = spells.map(Spell::length).collect();
        lengths.sort_unstable();
        Lengths(lengths)
    }

    /// The lower of the two in the middle, if there are two.
    fn median(&self) -> Duration {
        let middle = self.0.len().saturating_sub(1) / 2;
        self.0.get(middle).copied().unwrap_or_default()
    }

    fn longest(&self) -> Duration {
        self.0.last().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::UserId;
    use crate::report::sample;
    use crate::time::Timestamp;

    fn spell(user: u32, from: u64, to: u64, over: bool) -> Spell {
        let at = |ms: u64| Timestamp::from_nanos(ms * 1_000_000);
        Spell { user: UserId(user), from: at(from), to: at(to), over }
    }

    fn outage(spells: &[Spell]) -> run::Outage {
        let from = spells.iter().map(|spell| spell.from).min().expect("a spell");
        let to = spells.iter().map(|spell| spell.to).max().expect("a spell");
        let over = spells.iter().all(|spell| spell.over);
        run::Outage { from, to, over, unsent: 2, spells: spells.into() }
    }

    #[test]
    fn whoever_never_heard_again_comes_first_and_then_the_longest() {
        let outages = [
            outage(&[spell(1, 1_000, 3_000, true), spell(2, 1_000, 5_000, true)]),
            outage(&[spell(3, 6_000, 6_500, false), spell(1, 5_900, 6_000, true)]),
        ];
        let told = deaf_longest(&sample::brief().plan, &outages);
        let told: Vec<_> = told.iter().map(|it| (&*it.user, it.from_s, it.to_s)).collect();
        assert_eq!(
            told,
            [
                ("user-3", 6.0, None),
                ("user-2", 1.0, Some(5.0)),
                ("user-1", 1.0, Some(3.0)),
                ("user-1", 5.9, Some(6.0)),
            ]
        );
        let outcome = RunOutcome { outages: outages.into(), ..sample::passed() };
        let deafness = Deafness::new(&sample::brief().plan, &outcome);
        let Deafness { users, times, never_over, p50_ms, max_ms, max_user, dropped } = deafness;
        assert_eq!((users, times, never_over, dropped), (3, 4, 1, 0));
        assert_eq!((p50_ms, max_ms, max_user.as_deref()), (500.0, 4_000.0, Some("user-2")));
    }

    #[test]
    fn the_longest_outages_are_kept_in_order_and_the_rest_are_counted() {
        let many: Vec<run::Outage> = (0..1_500_u64)
            .map(|at| outage(&[spell(1, at * 10, at * 10 + if at < 600 { 1 } else { 5 }, true)]))
            .collect();
        let kept = longest(&many);
        assert_eq!((kept.len(), dropped(&many)), (1_000, 500));
        assert!(kept.windows(2).all(|pair| pair[0].from_s < pair[1].from_s));
        assert_eq!(kept.iter().filter(|outage| outage.deafness_max_ms == 5.0).count(), 900);
    }
}
