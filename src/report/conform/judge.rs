//! Judge: which checks break the gate, and how the process ends.

use super::baseline::{Baseline, Listed};
use super::model::{Change, CheckOutcome, CheckResult, ConformReport, Counts};
use crate::conformance::Level;
use crate::oracle::Verdict;
use crate::report::ExitKind;
use crate::report::model::Exit;

/// How a check that did not pass breaks the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breach {
    /// The server is wrong.
    Wrong,
    /// It cannot be said whether it is.
    Unsaid,
}

/// Says of each check whether it breaks the gate, and of the report how it ends. What is known
/// outweighs what is not.
pub(super) fn judge(report: &mut ConformReport, baseline: Option<&Baseline>) {
    let strict = report.scope.strict;
    let mut breaches = Vec::new();
    for check in &mut report.checks {
        let breach = breach(check, strict);
        check.change = baseline.and_then(|it| change(check, breach, it.of(&check.id)));
        check.breaks = breach.is_some() && check.change != Some(Change::Same);
        breaches.extend(breach.filter(|_| check.breaks));
    }
    let tried = report.checks.iter().any(|check| check.outcome != CheckOutcome::NotApplicable);
    let unsaid = report.interrupted || !tried || breaches.contains(&Breach::Unsaid);
    let (verdict, exit) = match (breaches.contains(&Breach::Wrong), unsaid) {
        (true, _) => (Verdict::Fail, ExitKind::Violations),
        (false, true) => (Verdict::Unknown, ExitKind::Unknown),
        (false, false) => (Verdict::Pass, ExitKind::Pass),
    };
    report.verdict = verdict;
    report.exit = Exit::of(exit);
    report.counts = Counts::of(&report.checks);
}

fn breach(check: &CheckResult, strict: bool) -> Option<Breach> {
    let counts = match check.level {
        Level::Must => true,
        Level::Should => strict,
        Level::Info => false,
    };
    match check.outcome {
        CheckOutcome::Fail if counts => Some(Breach::Wrong),
        CheckOutcome::KnownDeviation if counts && strict => Some(Breach::Wrong),
        CheckOutcome::Unknown if counts => Some(Breach::Unsaid),
        _ => None,
    }
}

fn change(check: &CheckResult, breach: Option<Breach>, listed: Option<Listed>) -> Option<Change> {
    use CheckOutcome as C;
    match (listed, check.outcome) {
        (_, C::NotApplicable) | (None, C::Pass) => None,
        (Some(_), C::Pass) => Some(Change::Better),
        (Some(Listed::Fail), _) | (Some(Listed::Unknown), C::Unknown) => Some(Change::Same),
        (_, C::Fail) => Some(Change::Worse),
        (_, C::KnownDeviation | C::Unknown) => breach.map(|_| Change::Worse),
    }
}

impl Counts {
    pub(super) fn of(checks: &[CheckResult]) -> Counts {
        let with = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
        Counts {
            checks: checks.len(),
            passed: with(CheckOutcome::Pass),
            failed: with(CheckOutcome::Fail),
            known_deviations: with(CheckOutcome::KnownDeviation),
            unknown: with(CheckOutcome::Unknown),
            not_applicable: with(CheckOutcome::NotApplicable),
            breaking: checks.iter().filter(|check| check.breaks).count(),
            better: checks.iter().filter(|check| check.change == Some(Change::Better)).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::conform::sample;

    use CheckOutcome as C;
    use Level as L;

    /// How the gate ends that has one check that passes and one of this level and outcome.
    fn ends(level: Level, outcome: CheckOutcome, strict: bool, baseline: &str) -> ExitKind {
        let mut report = sample::of(&[(L::Must, C::Pass), (level, outcome)]);
        report.scope.strict = strict;
        let baseline = baseline.replace("ID", &report.checks[1].id);
        let baseline =
            (!baseline.is_empty()).then(|| Baseline::of_text("b", &baseline, |id| Some(id.into())));
        let baseline = baseline.map(|read| read.expect("a baseline"));
        judge(&mut report, baseline.as_ref());
        report.exit.name
    }

    #[test]
    fn levels_outcomes_and_strictness_decide() {
        use ExitKind::{Pass, Unknown, Violations};
        let cases = [
            (L::Must, C::Pass, Pass, Pass),
            (L::Must, C::Fail, Violations, Violations),
            (L::Must, C::KnownDeviation, Pass, Violations),
            (L::Must, C::Unknown, Unknown, Unknown),
            (L::Must, C::NotApplicable, Pass, Pass),
            (L::Should, C::Fail, Pass, Violations),
            (L::Should, C::KnownDeviation, Pass, Violations),
            (L::Should, C::Unknown, Pass, Unknown),
            (L::Info, C::Fail, Pass, Pass),
            (L::Info, C::Unknown, Pass, Pass),
        ];
        for (level, outcome, lenient, strict) in cases {
            assert_eq!(ends(level, outcome, false, ""), lenient, "{level} {outcome:?}");
            assert_eq!(ends(level, outcome, true, ""), strict, "{level} {outcome:?}, strictly");
        }
    }

    #[test]
    fn what_the_baseline_has_breaks_nothing_unless_it_got_worse() {
        use ExitKind::{Pass, Unknown, Violations};
        assert_eq!(ends(L::Must, C::Fail, false, "ID fail"), Pass);
        assert_eq!(ends(L::Must, C::Unknown, false, "ID fail"), Pass);
        assert_eq!(ends(L::Must, C::Unknown, false, "ID unknown"), Pass);
        assert_eq!(ends(L::Must, C::Fail, false, "ID unknown"), Violations);
        assert_eq!(ends(L::Must, C::Fail, false, "OTHER fail"), Violations);
        assert_eq!(ends(L::Must, C::Unknown, false, "OTHER fail"), Unknown);
        assert_eq!(ends(L::Must, C::KnownDeviation, true, "ID fail"), Pass);
    }

    #[test]
    fn nothing_tried_is_nothing_shown_and_neither_is_half_of_it() {
        let mut report = sample::of(&[(L::Must, C::NotApplicable)]);
        judge(&mut report, None);
        assert_eq!(report.exit.name, ExitKind::Unknown);
        let mut report = sample::of(&[(L::Info, C::Pass)]);
        report.interrupted = true;
        judge(&mut report, None);
        assert_eq!(report.exit.name, ExitKind::Unknown);
    }

    #[test]
    fn better_and_worse_are_told() {
        let mut report = sample::of(&[(L::Must, C::Pass), (L::Should, C::Fail)]);
        let text = format!("{} fail\n", report.checks[0].id);
        judge(
            &mut report,
            Some(&Baseline::of_text("b", &text, |id| Some(id.into())).expect("a baseline")),
        );
        let changes: Vec<_> = report.checks.iter().map(|check| check.change).collect();
        assert_eq!(changes, [Some(Change::Better), Some(Change::Worse)]);
        assert_eq!(report.counts.better, 1);
    }
}
