//! Deviation: where a known server knowingly, or at least documentedly, does otherwise.

use super::fingerprint::Family;

/// A check that servers of a family are known not to pass, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The check's id.
    pub check: &'static str,
    /// Who deviates.
    pub family: Family,
    /// What it does instead, and why, as far as is known.
    pub reason: &'static str,
    /// Where that is documented or discussed.
    pub link: &'static str,
    /// The first version seen to deviate.
    pub since: &'static str,
    /// The first version that does not any more; empty while there is none.
    pub until: &'static str,
}

/// All of them, by family and check.
pub const DEVIATIONS: &[Deviation] = &[];

/// The entry for `check` on servers of `family`.
pub fn known(check: &str, family: Family) -> Option<&'static Deviation> {
    DEVIATIONS.iter().find(|known| known.check == check && known.family == family)
}
