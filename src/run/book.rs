//! Book: broken promises, all of them counted, some of them kept.

use std::collections::BTreeMap;

use crate::oracle::{Violation, ViolationKind};

/// Broken promises: all of them counted, the first of each kind kept in full.
#[derive(Clone, Debug, Default)]
pub struct ViolationBook {
    counts: BTreeMap<ViolationKind, u64>,
    kept: BTreeMap<ViolationKind, Vec<Violation>>,
    kept_max: usize,
}

impl ViolationBook {
    /// A book that keeps the first `kept_max` of each kind.
    pub fn new(kept_max: usize) -> ViolationBook {
        ViolationBook { kept_max, ..ViolationBook::default() }
    }

    /// Counts `violation`, and keeps it if there is room.
    pub fn record(&mut self, violation: Violation) {
        *self.counts.entry(violation.kind).or_default() += 1;
        let kept = self.kept.entry(violation.kind).or_default();
        if kept.len() < self.kept_max {
            kept.push(violation);
        }
    }

    /// Adds what another shard's book has.
    pub fn add(&mut self, other: ViolationBook) {
        for (kind, count) in other.counts {
            *self.counts.entry(kind).or_default() += count;
        }
        for (kind, violations) in other.kept {
            let kept = self.kept.entry(kind).or_default();
            kept.extend(violations);
            kept.sort_by_key(|violation| violation.at);
            kept.truncate(self.kept_max);
        }
    }

    /// How many there are of `kind`.
    pub fn count(&self, kind: ViolationKind) -> u64 {
        self.counts.get(&kind).copied().unwrap_or_default()
    }

    /// How many there are of all kinds.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Those of `kind` that were kept, oldest first.
    pub fn kept(&self, kind: ViolationKind) -> &[Violation] {
        self.kept.get(&kind).map(Vec::as_slice).unwrap_or_default()
    }
}
