//! Deviation: where a known server knowingly, or at least documentedly, does otherwise.

mod node;
mod python;
mod socketioxide;

use super::finding::Failure;
use super::fingerprint::Family;

/// A check that servers of a family are known not to pass, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The check's id.
    pub check: &'static str,
    /// Who deviates.
    pub family: Family,
    /// On which of its configurations; empty when on all of them. Where it is said, passing is
    /// no news.
    pub when: &'static str,
    /// What the failure says of what was observed, in one of these words, where the check can fail
    /// otherwise, too; empty when any failure is the one that is known.
    pub saying: &'static [&'static str],
    /// What it does instead, and why, as far as is known.
    pub reason: &'static str,
    /// Where that is documented or discussed, or else the source that does it.
    pub link: &'static str,
    /// The first version seen to deviate.
    pub since: &'static str,
    /// The first version that does not any more; empty while there is none.
    pub until: &'static str,
}

impl Deviation {
    /// Whether `failure` is what is known.
    pub(super) fn explains(&self, failure: &Failure) -> bool {
        let says = |words: &&str| failure.observed.contains(*words);
        self.saying.is_empty() || self.saying.iter().any(says)
    }
}

/// By family.
const BY_FAMILY: [&[Deviation]; 3] =
    [node::DEVIATIONS, socketioxide::DEVIATIONS, python::DEVIATIONS];

/// All of them, by family and check.
pub fn deviations() -> impl Iterator<Item = &'static Deviation> {
    BY_FAMILY.into_iter().flatten()
}

/// The entry for `check` on servers of `family`.
pub fn known(check: &str, family: Family) -> Option<&'static Deviation> {
    deviations().find(|known| known.check == check && known.family == family)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::find;

    #[test]
    fn each_is_of_a_check_that_there_is_and_says_why() {
        let mut seen = std::collections::HashSet::new();
        for known in deviations() {
            let Deviation { check, family, .. } = *known;
            let name = format!("{check} on {}", family.name());
            assert!(find(check).is_some_and(|it| it.id == check), "{name}: there is no such check");
            assert!(seen.insert(name.clone()), "{name} is there twice");
            assert!(known.link.starts_with("https://"), "{name} is linked nowhere");
            assert!(known.reason.len() > 20, "{name} says not why");
            assert!(!known.since.is_empty(), "{name}: since when?");
        }
    }
}
