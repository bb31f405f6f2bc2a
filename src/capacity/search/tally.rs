//! Tally: what the steps at one load showed, taken together.

use super::limits::Limits;
use super::step::{Failure, StepResult, StepVerdict, Unclear};

/// What the steps at one load showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) held: u32,
    pub(super) failed: u32,
    pub(super) unsteady: u32,
    /// Those of them that came since one that said something.
    unsteady_in_a_row: u32,
    /// What went wrong when it last failed.
    pub(super) why: Vec<Failure>,
    /// What was in the way when it last showed nothing.
    pub(super) doubt: Option<Unclear>,
    first: Option<Side>,
}

/// On which side of the answer a load stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Below,
    Above,
}

/// Where a load stands, by its steps so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Often enough to be said.
    Settled(Side),
    /// All its steps agree, but there are too few to say so.
    Leaning(Side),
    /// Its steps contradict each other, or there are none that say anything.
    Open,
    /// It was tried again as often as it may be, and was never steady.
    Unclear,
}

impl Standing {
    pub(super) fn is_below(self) -> bool {
        matches!(self, Standing::Settled(Side::Below) | Standing::Leaning(Side::Below))
    }

    pub(super) fn is_above(self) -> bool {
        matches!(self, Standing::Settled(Side::Above) | Standing::Leaning(Side::Above))
    }

    pub(super) fn is_leaning(self) -> bool {
        matches!(self, Standing::Leaning(_))
    }
}

impl Tally {
    pub(super) fn add(&mut self, step: &StepResult) {
        match &step.verdict {
            StepVerdict::Holds => {
                self.held += 1;
                self.unsteady_in_a_row = 0;
                self.first.get_or_insert(Side::Below);
            }
            StepVerdict::Fails { why } => {
                self.failed += 1;
                self.unsteady_in_a_row = 0;
                self.why.clone_from(why);
                self.first.get_or_insert(Side::Above);
            }
            StepVerdict::Unknown { why } => {
                self.unsteady += u32::from(why.may_pass());
                self.unsteady_in_a_row += u32::from(why.may_pass());
                self.doubt = Some(why.clone());
            }
        }
    }

    /// Steps that said something of the server.
    pub(super) fn clear(&self) -> u32 {
        self.held + self.failed
    }

    /// A race: who comes first, so many steps that held or a majority of so many that failed. One
    /// failure in three may be bad luck, and is outweighed by one step more; two are not.
    ///
    /// A failure that led the search here does not count: of the many steps on the way any may
    /// have been the unlucky one, so that it shows little by itself.
    pub(super) fn standing(&self, limits: &Limits) -> Standing {
        let led_here = u32::from(self.first == Some(Side::Above));
        if self.held >= limits.confirmations {
            Standing::Settled(Side::Below)
        } else if self.failed >= limits.majority() + led_here {
            Standing::Settled(Side::Above)
        } else if self.unsteady_in_a_row > limits.unsteady_repeats_max {
            Standing::Unclear
        } else {
            match (self.held, self.failed) {
                (1.., 0) => Standing::Leaning(Side::Below),
                (0, 1..) => Standing::Leaning(Side::Above),
                _ => Standing::Open,
            }
        }
    }

    /// What it showed first, if it was settled against that.
    pub(super) fn contradicted(&self, limits: &Limits) -> Option<Side> {
        let Standing::Settled(side) = self.standing(limits) else { return None };
        self.first.filter(|first| *first != side)
    }
}
