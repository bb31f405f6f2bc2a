//! Expected: what the receiver of a story had to hear or must not, and where it stood.

use super::story::{Standing, Step, StepKind, Story};
use crate::oracle::ViolationKind;
use crate::report::numbers::moment;

/// What was expected of the receiver of `story`, as what may follow its name.
pub(super) fn of(story: &Story) -> String {
    match story.kind {
        ViolationKind::Lost => format!("had to hear it: {}", stood(story)),
        ViolationKind::Late => format!("had to hear it sooner: {}", stood(story)),
        ViolationKind::Leaked => format!("must not hear it: {}", was_out(story)),
        ViolationKind::Duplicated => format!("must hear it only once; {}", stood(story)),
        ViolationKind::Echoed => format!("must not hear its own; {}", stood(story)),
        ViolationKind::Reordered => {
            format!("must not hear it after a later one; {}", stood(story))
        }
        ViolationKind::Corrupted => format!("must hear it unchanged; {}", stood(story)),
        ViolationKind::Unexpected => "must not hear it: nobody sent it".into(),
        ViolationKind::JoinUnconfirmed => "had to hear what was said there".into(),
    }
}

/// Where the receiver stood when the message was sent.
fn stood(story: &Story) -> String {
    let (before, after) = story.course_around();
    let Some(last) = before.last() else { return stood_by_all_that_is_known(story, after) };
    let at = moment(last.at_s);
    match last.what {
        StepKind::Asked => format!("it had asked to join at {at}"),
        StepKind::Confirmed => format!("it had been in the room since {at}"),
        StepKind::Leaving => format!("it had said at {at} that it leaves"),
        StepKind::Left => format!("it had left the room by {at}{}", came_back(after)),
        StepKind::Gone => format!("its connection was gone by {at}{}", went_on(story, after)),
        StepKind::Recovered => format!("it was in the room, its session taken up again at {at}"),
    }
}

/// What came of a session whose connection was gone.
fn went_on(story: &Story, after: &[Step]) -> String {
    match after.first() {
        Some(Step { what: StepKind::Recovered, at_s }) => {
            format!(", and the server took up its session again at {}", moment(*at_s))
        }
        None if matches!(story.standing, Standing::Suspended { .. }) => {
            ", and the server might take up its session again".into()
        }
        _ => came_back(after),
    }
}

fn came_back(after: &[Step]) -> String {
    match after.first() {
        Some(Step { what: StepKind::Asked, at_s }) => {
            format!(", and it asked to join again only at {}", moment(*at_s))
        }
        _ => String::new(),
    }
}

/// No step is known from before the message: there was none, or it is forgotten.
fn stood_by_all_that_is_known(story: &Story, after: &[Step]) -> String {
    let sent_s = story.moment_s();
    let asked = |asked_s: f64| match asked_s <= sent_s {
        true => format!("it had asked to join at {}", moment(asked_s)),
        false => format!("it asked to join only at {}", moment(asked_s)),
    };
    match story.standing {
        Standing::In { since_s, .. } if since_s < sent_s => {
            format!("it had been in the room since {}", moment(since_s))
        }
        Standing::In { since_s, .. } if since_s == sent_s => "it was in the room then".into(),
        Standing::Leaving { since_s, .. } if since_s <= sent_s => {
            format!("it had said at {} that it leaves", moment(since_s))
        }
        Standing::Suspended { since_s, .. } if since_s <= sent_s => {
            format!("it had been in the room since {}, and lost its connection", moment(since_s))
        }
        Standing::Joining { since_s: asked_s }
        | Standing::In { asked_s, .. }
        | Standing::Leaving { asked_s, .. }
        | Standing::Suspended { asked_s, .. } => asked(asked_s),
        Standing::Out => match after.first() {
            Some(Step { what: StepKind::Asked, at_s }) => asked(*at_s),
            _ => "it was not in the room".into(),
        },
    }
}

/// Why the receiver was out of the room for a message that it heard.
fn was_out(story: &Story) -> String {
    let known = story.course.partition_point(|step| step.at_s <= story.at_s);
    let known = &story.course[..known];
    let is_out = |step: &Step| matches!(step.what, StepKind::Left | StepKind::Gone);
    let Some(out) = known.iter().rposition(is_out) else {
        return stood_by_all_that_is_known(story, known);
    };
    let at = moment(known[out].at_s);
    let back = came_back(&known[out + 1..]);
    match known[out].what {
        StepKind::Left => format!("it had left the room by {at}{back}"),
        _ => format!("its connection was gone by {at}{back}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::Change;
    use crate::report::sample;
    use crate::time::Timestamp;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos(ms * 1_000_000)
    }

    /// What was expected of a receiver that went this `course` around a message sent at 3.217 s.
    fn expected(
        kind: ViolationKind,
        course: &[Change],
        standing: crate::oracle::Standing,
    ) -> String {
        let violation = sample::violation(kind);
        let heard = at(9_000);
        let violation =
            crate::oracle::Violation { at: heard, course: course.into(), standing, ..violation };
        Story::new(&sample::brief().plan, &violation).expected
    }

    use crate::oracle::Standing as Stood;
    use Change::{Asked, Confirmed, Gone, Leaving, Left, Recovered};

    fn within(asked: u64, since: u64) -> Stood {
        Stood::In { asked: at(asked), since: at(since) }
    }

    #[test]
    fn whoever_was_in_had_to_hear_it_whatever_it_did_later() {
        let before = [Asked(at(800)), Confirmed(at(812))];
        let since = "had to hear it: it had been in the room since 0.812 s";
        // Since when is not remembered by the oracle of those who have left meanwhile.
        let forgotten = within(3_217, 3_217);
        for later in [vec![], vec![Leaving(at(4_000)), Left(at(5_000))], vec![Gone(at(4_000))]] {
            let course = [&before[..], &later].concat();
            assert_eq!(expected(ViolationKind::Lost, &course, forgotten), since, "{course:?}");
        }
        let unknown = expected(ViolationKind::Lost, &[Asked(at(8_000))], forgotten);
        assert_eq!(unknown, "had to hear it: it was in the room then");
    }

    #[test]
    fn a_session_that_was_taken_up_again_had_to_hear_what_it_missed() {
        let gone = [Asked(at(800)), Confirmed(at(812)), Gone(at(3_000)), Recovered(at(4_000))];
        assert_eq!(
            expected(ViolationKind::Lost, &gone, within(3_217, 3_217)),
            "had to hear it: its connection was gone by 3.000 s, and the server took up its \
             session again at 4.000 s"
        );
        let suspended = Stood::Suspended { asked: at(800), since: at(812) };
        assert_eq!(
            expected(ViolationKind::Corrupted, &gone[..3], suspended),
            "must hear it unchanged; its connection was gone by 3.000 s, and the server might \
             take up its session again"
        );
    }

    #[test]
    fn whoever_had_left_must_not_hear_it_even_if_it_came_back() {
        let left = [Asked(at(800)), Confirmed(at(812)), Leaving(at(1_900)), Left(at(2_900))];
        let out = "must not hear it: it had left the room by 2.900 s";
        assert_eq!(expected(ViolationKind::Leaked, &left, Stood::Out), out);
        let back = [&left[..], &[Asked(at(7_000)), Confirmed(at(7_100))]].concat();
        let again = format!("{out}, and it asked to join again only at 7.000 s");
        assert_eq!(expected(ViolationKind::Leaked, &back, within(7_000, 7_100)), again);
        let leaving = Stood::Leaving { asked: at(7_000), since: at(8_000) };
        let course = [&back[..], &[Leaving(at(8_000))]].concat();
        assert_eq!(expected(ViolationKind::Leaked, &course, leaving), again);
    }

    #[test]
    fn what_a_new_connection_has_not_asked_for_it_must_not_hear() {
        // In when it was sent, and on another connection when it was heard.
        let course = [Asked(at(800)), Confirmed(at(812)), Gone(at(5_000))];
        let gone = "must not hear it: its connection was gone by 5.000 s";
        assert_eq!(expected(ViolationKind::Leaked, &course, Stood::Out), gone);
    }

    #[test]
    fn whoever_asked_only_later_was_not_in() {
        let joining = Stood::Joining { since: at(7_000) };
        let only = "must not hear it: it asked to join only at 7.000 s";
        assert_eq!(expected(ViolationKind::Leaked, &[Asked(at(7_000))], joining), only);
        let leaving = Stood::Leaving { asked: at(7_000), since: at(8_000) };
        let course = [Asked(at(7_000)), Confirmed(at(7_100)), Leaving(at(8_000))];
        assert_eq!(expected(ViolationKind::Leaked, &course, leaving), only);
        let never = expected(ViolationKind::Leaked, &[], Stood::Out);
        assert_eq!(never, "must not hear it: it was not in the room");
    }

    #[test]
    fn whoever_was_coming_or_going_is_told_so() {
        let course = [Asked(at(800)), Confirmed(at(812)), Leaving(at(3_000))];
        let leaving = Stood::Leaving { asked: at(800), since: at(3_000) };
        let told = expected(ViolationKind::Duplicated, &course, leaving);
        assert_eq!(told, "must hear it only once; it had said at 3.000 s that it leaves");
        let joining = Stood::Joining { since: at(800) };
        let told = expected(ViolationKind::Reordered, &course[..1], joining);
        assert_eq!(told, "must not hear it after a later one; it had asked to join at 0.800 s");
    }
}
