//! Lines: progress for logs: a line every few seconds, and when something else begins.

use std::io::Write;
use std::time::Duration;

use super::course::{Course, Window};
use crate::metrics::Recorder;
use crate::report::numbers::{counted, time};
use crate::run::{Follower, News, Stage};
use crate::time::Timestamp;

/// Time between two lines.
const BETWEEN: Duration = Duration::from_secs(5);

pub(super) struct Lines<W> {
    course: Course,
    out: W,
    window: Window,
    /// The phase that the window belongs to, by its index.
    phase: Option<usize>,
}

impl<W: Write> Lines<W> {
    pub(super) fn new(course: Course, out: W) -> Lines<W> {
        Lines { course, out, window: Window::default(), phase: None }
    }

    fn enter(&mut self, stage: Stage, at: Timestamp) {
        self.tell();
        self.course.stage = stage;
        self.phase = None;
        match stage {
            Stage::Assemble => {
                let (users, joins) = (self.course.users, self.course.memberships);
                self.line(at, &format!("connect: {users} users, {joins} joins"));
            }
            Stage::Load { start } => {
                let length = time(self.course.load_length().as_secs_f64() * 1e3);
                let phases = counted(self.course.phases.len() as u64, "phase", "phases");
                self.line(start, &format!("load: {length} in {phases}"));
            }
            Stage::Drain => self.line(at, "drain: hearing what is still under way"),
        }
    }

    fn interval(&mut self, (from, to): (Timestamp, Timestamp), of: &Recorder, violations: u64) {
        let phase = self.course.phase_between(from, to);
        if phase != self.phase {
            self.tell();
            self.phase = phase;
        }
        self.course.advance(of, violations);
        self.window.add(to, of);
        // Intervals end a little early or late; the fifth of them is to be the one.
        if to.since(self.window.from) + BETWEEN / 10 >= BETWEEN {
            self.tell();
        }
    }

    /// Says what has happened since it was last said, if anything was told to us since.
    fn tell(&mut self) {
        let to = self.window.to;
        if to > self.window.from {
            let text = self.text();
            self.line(to, &text);
        }
        self.window = Window::starting(to);
    }

    fn text(&self) -> String {
        let Lines { course, window, .. } = self;
        match course.stage {
            Stage::Assemble => format!("connect: {}", course.assembly()),
            Stage::Load { .. } => {
                let phase = self.phase.map_or("load", |phase| &course.phases[phase].name);
                format!("{phase}: {}", course.speech(window))
            }
            Stage::Drain => format!("drain: {}", course.hearing(window)),
        }
    }

    fn line(&mut self, at: Timestamp, text: &str) {
        let seconds = at.as_secs_f64();
        // Nobody may be reading any more, and the run goes on.
        let _ = writeln!(self.out, "{seconds:>4.0} s  {text}");
    }
}

impl<W: Write> Follower for Lines<W> {
    fn follow(&mut self, news: &News<'_>) {
        match *news {
            News::Stage { stage, at } => self.enter(stage, at),
            News::Interval { from, to, recorder, row, .. } => {
                self.interval((from, to), recorder, row.violations);
            }
            News::Over => self.tell(),
        }
    }
}
