//! Exit: how the process ends, as a code and as a name.

use serde::{Deserialize, Serialize};

use crate::oracle::ViolationKind;
use crate::run::{RunOutcome, ThresholdOutcome};
use crate::scenario::OrderPolicy;

/// How the process ends. The codes are part of the interface and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExitKind {
    /// All is well.
    Pass = 0,
    /// The server broke a promise.
    Violations = 1,
    /// The scenario or the flags are wrong.
    Usage = 2,
    /// The job could not be done.
    Impossible = 3,
    /// A threshold was missed.
    ThresholdMissed = 4,
    /// It cannot be said.
    Unknown = 5,
}

impl ExitKind {
    /// Every kind, by its code.
    pub const ALL: [ExitKind; 6] = [
        ExitKind::Pass,
        ExitKind::Violations,
        ExitKind::Usage,
        ExitKind::Impossible,
        ExitKind::ThresholdMissed,
        ExitKind::Unknown,
    ];

    /// How a run ends that showed `outcome`. A broken promise outweighs a missed threshold, and
    /// what is known outweighs what is not.
    pub fn of(outcome: &RunOutcome, order: OrderPolicy) -> ExitKind {
        let condemned = ViolationKind::ALL
            .into_iter()
            .any(|kind| RunOutcome::condemns(order, kind) && outcome.violations.count(kind) > 0);
        let missed = outcome.thresholds.iter().any(|it| it.outcome == ThresholdOutcome::Missed);
        match (condemned, missed, outcome.doubts.is_empty()) {
            (true, _, _) => ExitKind::Violations,
            (false, true, _) => ExitKind::ThresholdMissed,
            (false, false, false) => ExitKind::Unknown,
            (false, false, true) => ExitKind::Pass,
        }
    }

    /// The exit code.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The name, as it is printed on the last line.
    pub fn name(self) -> &'static str {
        match self {
            ExitKind::Pass => "pass",
            ExitKind::Violations => "violations",
            ExitKind::Usage => "usage",
            ExitKind::Impossible => "impossible",
            ExitKind::ThresholdMissed => "threshold-missed",
            ExitKind::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for ExitKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {} {}", self.code(), self.name())
    }
}

impl From<ExitKind> for std::process::ExitCode {
    fn from(kind: ExitKind) -> std::process::ExitCode {
        kind.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::run::Doubt;

    #[test]
    fn the_worst_that_is_known_decides() {
        let mut outcome = sample::passed();
        assert_eq!(ExitKind::of(&outcome, OrderPolicy::Fail), ExitKind::Pass);
        outcome.doubts.push(Doubt::Interrupted);
        assert_eq!(ExitKind::of(&outcome, OrderPolicy::Fail), ExitKind::Unknown);
        outcome.thresholds[0].outcome = ThresholdOutcome::Missed;
        assert_eq!(ExitKind::of(&outcome, OrderPolicy::Fail), ExitKind::ThresholdMissed);
        outcome.violations.record(sample::violation(ViolationKind::Lost));
        assert_eq!(ExitKind::of(&outcome, OrderPolicy::Fail), ExitKind::Violations);
    }

    #[test]
    fn reordering_costs_what_the_scenario_says() {
        let mut outcome = sample::passed();
        outcome.violations.record(sample::violation(ViolationKind::Reordered));
        assert_eq!(ExitKind::of(&outcome, OrderPolicy::Fail), ExitKind::Violations);
        assert_eq!(ExitKind::of(&outcome, OrderPolicy::Warn), ExitKind::Pass);
    }

    #[test]
    fn the_file_and_the_last_line_use_one_name() {
        for (code, kind) in (0..).zip(ExitKind::ALL) {
            assert_eq!(kind.code(), code);
            assert_eq!(serde_json::to_value(kind).expect("a name"), kind.name());
        }
    }
}
