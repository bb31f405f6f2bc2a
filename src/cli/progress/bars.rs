//! Bars: progress on a terminal: one bar for connections, one for joins, one for each phase.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::course::{Course, Window};
use crate::metrics::Recorder;
use crate::run::{Follower, News, Stage};
use crate::time::Timestamp;

const BAR: &str = "{prefix:<20} {bar:40} {percent:>3} %";
/// What there is to say takes a line of its own: beside a bar, 80 columns would cut it short.
const BAR_WITH_TEXT: &str = "{prefix:<20} {bar:40} {percent:>3} %\n  {wide_msg}";
const SPINNER_WITH_TEXT: &str = "{prefix:<20} {spinner}\n  {wide_msg}";

pub(super) struct Bars {
    course: Course,
    page: MultiProgress,
    /// Connections and joins, until everybody is there.
    assembly: Option<[ProgressBar; 2]>,
    /// The phase that the load is in, by its index.
    phase: Option<(usize, ProgressBar)>,
    drain: Option<ProgressBar>,
}

impl Bars {
    pub(super) fn new(course: Course, target: ProgressDrawTarget) -> Bars {
        let page = MultiProgress::with_draw_target(target);
        Bars { course, page, assembly: None, phase: None, drain: None }
    }

    fn enter(&mut self, stage: Stage, at: Timestamp) {
        self.end_phase(at);
        self.course.stage = stage;
        match stage {
            Stage::Assemble => {
                let (users, joins) = (self.course.users, self.course.memberships);
                self.assembly =
                    Some([self.bar(BAR, "connect", users), self.bar(BAR_WITH_TEXT, "join", joins)]);
            }
            // The last connections are told with the interval that they came to stand in.
            Stage::Load { .. } => {}
            Stage::Drain => {
                let bar = self.page.add(ProgressBar::new_spinner());
                bar.set_style(style(SPINNER_WITH_TEXT));
                bar.set_prefix("drain");
                self.drain = Some(bar);
            }
        }
    }

    fn interval(&mut self, (from, to): (Timestamp, Timestamp), of: &Recorder, violations: u64) {
        self.course.advance(of, violations);
        self.show_assembly();
        let mut window = Window::starting(from);
        window.add(to, of);
        if let Some(phase) = self.course.phase_between(from, to) {
            self.show_phase(phase, &window);
        }
        if let Some(bar) = &self.drain {
            bar.set_message(self.course.hearing(&window));
            bar.tick();
        }
    }

    fn show_assembly(&mut self) {
        let Some([connects, joins]) = &self.assembly else { return };
        connects.set_position(self.course.connected.min(self.course.users));
        joins.set_position(self.course.joined.min(self.course.memberships));
        joins.set_message(self.course.assembly());
        if self.course.stage != Stage::Assemble {
            self.end_assembly();
        }
    }

    fn show_phase(&mut self, phase: usize, window: &Window) {
        if self.phase.as_ref().is_none_or(|(shown, _)| *shown != phase) {
            self.end_phase(window.to);
            let of = &self.course.phases[phase];
            let bar = self.bar(BAR_WITH_TEXT, &of.name, (of.end - of.start).as_millis() as u64);
            self.phase = Some((phase, bar));
        }
        if let Some((_, bar)) = &self.phase {
            bar.set_position(self.course.elapsed_ms(phase, window.to));
            bar.set_message(self.course.speech(window));
        }
    }

    fn end_assembly(&mut self) {
        for bar in self.assembly.take().into_iter().flatten() {
            bar.abandon();
        }
    }

    /// The bar stays, as full as it had come by `at`.
    fn end_phase(&mut self, at: Timestamp) {
        if let Some((phase, bar)) = self.phase.take() {
            bar.set_position(self.course.elapsed_ms(phase, at));
            bar.abandon();
        }
    }

    fn end(&mut self) {
        self.end_assembly();
        if let Some(bar) = self.drain.take() {
            bar.finish_and_clear();
        }
    }

    fn bar(&self, template: &str, name: &str, length: u64) -> ProgressBar {
        let bar = self.page.add(ProgressBar::new(length));
        bar.set_style(style(template));
        bar.set_prefix(name.to_owned());
        bar.tick();
        bar
    }
}

impl Follower for Bars {
    fn follow(&mut self, news: &News<'_>) {
        match *news {
            News::Stage { stage, at } => self.enter(stage, at),
            News::Interval { from, to, recorder, row, .. } => {
                self.interval((from, to), recorder, row.violations);
            }
            News::Over => self.end(),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).expect("the template is a constant");
    style.progress_chars("█▉▊▋▌▍▎▏ ")
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::cli::progress::tests::story;
    use crate::report::sample;

    /// What the bars say after each part of the story.
    fn shown(bars: &Bars) -> String {
        let assembly = bars.assembly.iter().flatten();
        let all = assembly.chain(bars.phase.iter().map(|(_, bar)| bar)).chain(&bars.drain);
        let bar = |bar: &ProgressBar| {
            let part = format!("{}/{}", bar.position(), bar.length().unwrap_or(0));
            format!("{} {part}\n  {}", bar.prefix(), bar.message()).trim_end().to_owned()
        };
        all.map(bar).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_stage_has_its_bars() {
        let course = Course::new(&sample::brief());
        let mut bars = Bars::new(course, ProgressDrawTarget::hidden());
        let mut seen = String::new();
        story(&mut |news| {
            bars.follow(news);
            seen.push_str(&format!("{}\n", shown(&bars)));
        });
        expect_file!["samples/bars.txt"].assert_eq(&seen);
    }

    #[test]
    fn a_phase_that_is_over_is_full() {
        let course = Course::new(&sample::brief());
        let mut bars = Bars::new(course, ProgressDrawTarget::hidden());
        let mut phases: Vec<ProgressBar> = Vec::new();
        story(&mut |news| {
            bars.follow(news);
            phases.extend(bars.phase.iter().map(|(_, bar)| bar.clone()));
        });
        assert!(phases.iter().all(|bar| Some(bar.position()) == bar.length() && bar.is_finished()));
    }
}
