//! Violations: broken promises counted by kind, and the first of each kind told in full.

use serde::{Deserialize, Serialize};

use super::story::Story;
use crate::load::Brief;
use crate::oracle::ViolationKind;
use crate::run::{RunOutcome, ViolationBook};

/// Broken promises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Violations {
    /// How many there were in all, tolerated ones included.
    pub total: u64,
    /// How many there were of each kind.
    pub by_kind: ViolationCounts,
    /// Kinds that occurred and that the scenario wants reported, but not to cost the verdict.
    pub tolerated: Vec<ViolationKind>,
    /// The first of each kind, by kind, oldest first.
    pub kept: Vec<Story>,
}

/// How many broken promises there were of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ViolationCounts {
    /// A member never heard a message that it had to hear.
    pub lost: u64,
    /// A member heard a message more than once.
    pub duplicated: u64,
    /// A sender heard its own message.
    pub echoed: u64,
    /// Somebody who is no member of the room, or was out of it, heard a message.
    pub leaked: u64,
    /// A member heard a sender's message after a later one of the same sender.
    pub reordered: u64,
    /// A member heard a message that was changed on the way.
    pub corrupted: u64,
    /// A user heard something that nobody of this run said.
    pub unexpected: u64,
    /// A join had no effect within its time.
    pub join_unconfirmed: u64,
    /// A message arrived, but after the delivery timeout.
    pub late: u64,
}

impl Violations {
    pub(super) fn new(brief: &Brief, book: &ViolationBook) -> Violations {
        let order = brief.scenario.order;
        let tolerated =
            |kind: &ViolationKind| book.count(*kind) > 0 && !RunOutcome::condemns(order, *kind);
        let kept = ViolationKind::ALL.into_iter().flat_map(|kind| book.kept(kind));
        Violations {
            total: book.total(),
            by_kind: ViolationCounts::new(book),
            tolerated: ViolationKind::ALL.into_iter().filter(tolerated).collect(),
            kept: kept.map(|violation| Story::new(&brief.plan, violation)).collect(),
        }
    }

    /// Those of `kind` that are told in full, oldest first.
    pub fn stories(&self, kind: ViolationKind) -> impl Iterator<Item = &Story> {
        self.kept.iter().filter(move |story| story.kind == kind)
    }
}

impl ViolationCounts {
    fn new(book: &ViolationBook) -> ViolationCounts {
        ViolationCounts {
            lost: book.count(ViolationKind::Lost),
            duplicated: book.count(ViolationKind::Duplicated),
            echoed: book.count(ViolationKind::Echoed),
            leaked: book.count(ViolationKind::Leaked),
            reordered: book.count(ViolationKind::Reordered),
            corrupted: book.count(ViolationKind::Corrupted),
            unexpected: book.count(ViolationKind::Unexpected),
            join_unconfirmed: book.count(ViolationKind::JoinUnconfirmed),
            late: book.count(ViolationKind::Late),
        }
    }

    /// How many there were of `kind`.
    pub fn of(&self, kind: ViolationKind) -> u64 {
        match kind {
            ViolationKind::Lost => self.lost,
            ViolationKind::Duplicated => self.duplicated,
            ViolationKind::Echoed => self.echoed,
            ViolationKind::Leaked => self.leaked,
            ViolationKind::Reordered => self.reordered,
            ViolationKind::Corrupted => self.corrupted,
            ViolationKind::Unexpected => self.unexpected,
            ViolationKind::JoinUnconfirmed => self.join_unconfirmed,
            ViolationKind::Late => self.late,
        }
    }
}
