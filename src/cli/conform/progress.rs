//! Progress: how the trials go, as a bar on a terminal; elsewhere the report alone is read.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::conformance::{Outcome, Tried};

const BAR: &str = "conform {bar:40} {pos}/{len} {wide_msg}";

/// Shows on standard error how the trials go.
pub(super) struct Progress {
    bar: ProgressBar,
    failed: usize,
}

impl Progress {
    /// Progress through so many checks; nobody sees it where it is `quiet`.
    pub(super) fn of(checks: usize, quiet: bool) -> Progress {
        let shown = !quiet && std::io::stderr().is_terminal();
        let target =
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Progress::on(target, checks)
    }

    fn on(target: ProgressDrawTarget, checks: usize) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(checks as u64), target);
        let style = ProgressStyle::with_template(BAR).expect("the template is a constant");
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
        bar.tick();
        Progress { bar, failed: 0 }
    }

    /// Another one is done.
    pub(super) fn follow(&mut self, tried: &Tried) {
        self.failed += usize::from(matches!(tried.outcome, Outcome::Fail(_)));
        let id = tried.check.id;
        self.bar.set_message(match self.failed {
            0 => id.to_owned(),
            failed => format!("{failed} failed · {id}"),
        });
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conformance::{Failure, checks};

    #[test]
    fn failures_are_told_as_they_are_seen() {
        let mut progress = Progress::on(ProgressDrawTarget::hidden(), 2);
        let check = checks().next().expect("a check");
        let id = check.id;
        let failure = Failure { expected: String::new(), observed: String::new() };
        let outcomes = [Outcome::Pass(String::new()), Outcome::Fail(failure)];
        let mut said = Vec::new();
        for outcome in outcomes {
            let (level, took, transcript) = (check.level, Duration::ZERO, Vec::new());
            progress.follow(&Tried { check, level, outcome, took, transcript, left_out: 0 });
            said.push(progress.bar.message());
        }
        assert_eq!(said, [id.to_owned(), format!("1 failed · {id}")]);
        assert_eq!(progress.bar.position(), 2);
    }
}
