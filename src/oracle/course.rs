//! Course: how a member came to stand where it does with a room, step by step.

use std::collections::VecDeque;

use crate::time::Timestamp;

/// Steps that are remembered of each member.
const CHANGES_MAX: usize = 32;
/// Steps told of each side of a moment.
const TOLD_MAX: usize = 4;

/// A step of a member's course, and when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It asked to be let in.
    Asked(Timestamp),
    /// There was evidence that it was.
    Confirmed(Timestamp),
    /// It said that it leaves.
    Leaving(Timestamp),
    /// The server had had its time to take it out.
    Left(Timestamp),
    /// Its connection was gone.
    Gone(Timestamp),
    /// The server took up its session where it had been lost.
    Recovered(Timestamp),
}

impl Change {
    /// When it was.
    pub fn at(self) -> Timestamp {
        match self {
            Change::Asked(at)
            | Change::Confirmed(at)
            | Change::Leaving(at)
            | Change::Left(at)
            | Change::Gone(at)
            | Change::Recovered(at) => at,
        }
    }
}

/// The last steps of one member; what is older is forgotten.
#[derive(Debug, Default)]
pub(super) struct Course(VecDeque<Change>);

impl Course {
    pub(super) fn push(&mut self, change: Change) {
        if self.0.len() == CHANGES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(change);
    }

    /// The steps around `moment`, oldest first.
    pub(super) fn around(&self, moment: Timestamp) -> Box<[Change]> {
        let split = self.0.partition_point(|change| change.at() <= moment);
        let from = split.saturating_sub(TOLD_MAX);
        let to = (split + TOLD_MAX).min(self.0.len());
        self.0.range(from..to).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_lies_around_the_moment() {
        let mut course = Course::default();
        (1..=40).for_each(|at| course.push(Change::Asked(Timestamp::from_nanos(at))));
        let told = |moment| {
            let around = course.around(Timestamp::from_nanos(moment));
            around.iter().map(|change| change.at().as_nanos()).collect::<Vec<_>>()
        };
        assert_eq!(told(20), [17, 18, 19, 20, 21, 22, 23, 24]);
        assert_eq!(told(3), [9, 10, 11, 12], "the first steps are forgotten");
        assert_eq!(told(99), [37, 38, 39, 40]);
    }
}
