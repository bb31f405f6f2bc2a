//! Progress: how a run goes, as bars on a terminal and as plain lines elsewhere.

mod bars;
mod course;
mod lines;

use std::io::{IsTerminal, Stderr};

use indicatif::ProgressDrawTarget;

use crate::load::Brief;
use crate::run::{Follower, News};
use bars::Bars;
use course::Course;
use lines::Lines;

/// Shows on standard error how a run goes.
pub(super) struct Progress(Shown);

enum Shown {
    Not,
    Bars(Bars),
    Lines(Lines<Stderr>),
}

impl Progress {
    /// Progress of the run of `brief`: bars when standard error is a terminal, or else a line
    /// every few seconds.
    pub(super) fn on_stderr(brief: &Brief) -> Progress {
        let course = Course::new(brief);
        let stderr = std::io::stderr();
        Progress(if stderr.is_terminal() {
            Shown::Bars(Bars::new(course, ProgressDrawTarget::stderr()))
        } else {
            Shown::Lines(Lines::new(course, stderr))
        })
    }

    /// Progress that nobody wants to see.
    pub(super) fn quiet() -> Progress {
        Progress(Shown::Not)
    }
}

impl Follower for Progress {
    fn follow(&mut self, news: &News<'_>) {
        match &mut self.0 {
            Shown::Not => {}
            Shown::Bars(bars) => bars.follow(news),
            Shown::Lines(lines) => lines.follow(news),
        }
    }
}

#[cfg(test)]
mod tests;
