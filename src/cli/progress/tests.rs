//! A constructed run, and what the plain lines say of it.

use std::time::Duration;

use expect_test::expect_file;

use super::course::Course;
use super::lines::Lines;
use crate::chat::{Message, MessageId, RoomId, UserId};
use crate::history::{Event, EventKind, Session};
use crate::metrics::{Gauges, Recorder, Row};
use crate::oracle::KindCounts;
use crate::report::sample;
use crate::run::{Follower, News, Stage};
use crate::time::Timestamp;

/// Twenty users connect in a second and a half, talk for five, and are heard for one more.
pub(super) fn story(tell: &mut dyn FnMut(&News<'_>)) {
    let start = at(1_500);
    tell(&stage(Stage::Assemble, at(0)));
    interval((0, 1_000), &arrivals(15, 5), 0, tell);
    tell(&stage(Stage::Load { start }, at(1_450)));
    let mut first = arrivals(5, 15);
    first.add(&talk(5, start));
    interval((1_000, 2_000), &first, 0, tell);
    for second in 2..6 {
        interval((second * 1_000, second * 1_000 + 1_000), &talk(10, start), 0, tell);
    }
    tell(&stage(Stage::Drain, at(6_500)));
    interval((6_000, 7_000), &talk(1, start), 2, tell);
    tell(&News::Over);
}

#[test]
fn lines_say_every_few_seconds_how_it_goes() {
    let mut out = Vec::new();
    let mut lines = Lines::new(Course::new(&sample::brief()), &mut out);
    story(&mut |news| lines.follow(news));
    expect_file!["samples/story.txt"].assert_eq(&String::from_utf8(out).expect("UTF-8"));
}

#[test]
fn a_long_phase_has_a_line_every_five_seconds() {
    let mut out = Vec::new();
    let mut lines = Lines::new(Course::new(&sample::brief()), &mut out);
    lines.follow(&News::Stage { stage: Stage::Assemble, at: at(0) });
    for second in 0..12 {
        // Timers are never early, and mostly a little late.
        let (from, to) = (second * 1_002, second * 1_002 + 1_002);
        interval((from, to), &arrivals(1, 0), 0, &mut |news| lines.follow(news));
    }
    lines.follow(&News::Over);
    expect_file!["samples/assembly.txt"].assert_eq(&String::from_utf8(out).expect("UTF-8"));
}

#[test]
fn nobody_reading_stops_nothing() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut lines = Lines::new(Course::new(&sample::brief()), Closed);
    story(&mut |news| lines.follow(news));
}

fn stage(stage: Stage, at: Timestamp) -> News<'static> {
    News::Stage { stage, at }
}

fn interval(
    (from, to): (u64, u64),
    recorder: &Recorder,
    violations: u64,
    tell: &mut dyn FnMut(&News<'_>),
) {
    let (from, to) = (at(from), at(to));
    let row = Row::new(to, recorder, violations, Gauges::default());
    tell(&News::Interval { from, to, recorder, row: &row, violations: &KindCounts::default() });
}

fn arrivals(connects: u64, joins: u64) -> Recorder {
    let mut recorder = Recorder::default();
    let after = Duration::from_millis(1);
    let event = |kind| Event { at: at(0), user: UserId(0), kind };
    for _ in 0..connects {
        recorder.record(&event(EventKind::Connected { after, session: Session::New }));
    }
    for _ in 0..joins {
        recorder.record(&event(EventKind::Joined { room: RoomId(0), after }));
    }
    recorder
}

/// `messages` of the load, each heard by nine.
fn talk(messages: u32, start: Timestamp) -> Recorder {
    let mut recorder = Recorder::default();
    for sequence in 0..messages {
        let id = MessageId { room: RoomId(0), sender: UserId(0), sequence };
        let message = Message { id, intended: start, text_bytes: 80 };
        let sent = Event { at: start, user: UserId(0), kind: EventKind::Sent { message } };
        recorder.record(&sent);
        for ear in 1..10 {
            recorder.delivered(start, start, start + Duration::from_micros(100 * ear));
        }
    }
    recorder
}

fn at(ms: u64) -> Timestamp {
    Timestamp::from_nanos(ms * 1_000_000)
}
