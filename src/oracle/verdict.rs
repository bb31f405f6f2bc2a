//! Verdict: pass, unknown or fail; the worst wins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a run says about its server.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every promise was kept.
    Pass,
    /// It cannot be said, for the reasons that go with it.
    Unknown,
    /// A promise was broken.
    Fail,
}

impl Verdict {
    /// The worse of two.
    pub fn and(self, other: Verdict) -> Verdict {
        self.max(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_wins() {
        assert_eq!(Verdict::Pass.and(Verdict::Unknown), Verdict::Unknown);
        assert_eq!(Verdict::Fail.and(Verdict::Unknown), Verdict::Fail);
        assert_eq!(Verdict::Pass.and(Verdict::Pass), Verdict::Pass);
    }
}
