//! Story: one broken promise as a sentence, and the way of its receiver as a line.

use super::page::GLUE;
use crate::oracle::ViolationKind;
use crate::report::model::{Step, StepKind, Story, StoryMessage};
use crate::report::numbers::{moment, time};

/// Characters shown of what a user heard.
const DETAIL_CHARS_MAX: usize = 120;

/// `story` in plain words. Names and what was heard are quoted and escaped: a server may have
/// made them up.
pub(in crate::report) fn sentence(story: &Story) -> String {
    let mut text = what_happened(story);
    if let Some(detail) = &story.detail {
        text.push_str(&format!(": {}", quoted(story.kind, detail)));
    }
    match story.kind {
        // What happened says it all.
        ViolationKind::Unexpected => {}
        _ => text.push_str(&format!("; {} {}", story.receiver, story.expected)),
    }
    text
}

/// How the receiver came to stand where it did, and went on; nothing, if it never asked to be let
/// in, or that is forgotten.
pub(in crate::report) fn course(story: &Story) -> Option<String> {
    if story.course.is_empty() {
        return None;
    }
    let (before, after) = story.course_around();
    let sent = story.message.as_ref().map(|message| {
        let what = if message.sent_s.is_some() { "sent" } else { "due" };
        format!("‹{what} {}›", moment(story.moment_s()))
    });
    let steps = before.iter().map(step).chain(sent).chain(after.iter().map(step));
    // Lines are broken between steps only.
    Some(steps.map(|step| step.replace(' ', GLUE)).collect::<Vec<_>>().join(" · "))
}

fn step(step: &Step) -> String {
    let what = match step.what {
        StepKind::Asked => "asked",
        StepKind::Confirmed => "in",
        StepKind::Leaving => "leaving",
        StepKind::Left => "left",
        StepKind::Gone => "gone",
        StepKind::Recovered => "recovered",
    };
    format!("{what} {}", moment(step.at_s))
}

fn what_happened(story: &Story) -> String {
    let Story { receiver, .. } = story;
    let room = story.room.as_ref().map(|room| format!(" in room {room:?}")).unwrap_or_default();
    let heard_at = moment(story.at_s);
    let Some(message) = &story.message else {
        return match story.kind {
            ViolationKind::JoinUnconfirmed => {
                let room = room.trim_start_matches(" in ");
                format!("{receiver} asked to join {room} and nothing shows that it was let in")
            }
            _ => format!("at {heard_at} {receiver} heard what nobody of this run said{room}"),
        };
    };
    let sent = sent(message);
    let StoryMessage { sender, sequence, .. } = message;
    let message = format!("message {sequence} of {sender}{room}");
    match story.kind {
        ViolationKind::Lost => format!("{receiver} never heard {message}, {sent}"),
        ViolationKind::Duplicated => {
            format!("{receiver} heard {message}, {sent}, once more at {heard_at}")
        }
        ViolationKind::Echoed => {
            format!("{receiver} heard its own message {sequence}{room}, {sent}, at {heard_at}")
        }
        ViolationKind::Leaked => {
            format!("{receiver} heard {message}, {sent}, at {heard_at}")
        }
        ViolationKind::Reordered => {
            format!("{receiver} heard {message}, {sent}, only after a later one, at {heard_at}")
        }
        ViolationKind::Corrupted => {
            format!("{receiver} heard {message}, {sent}, at {heard_at} with a changed payload")
        }
        ViolationKind::Unexpected | ViolationKind::JoinUnconfirmed => {
            format!("{receiver} heard {message} at {heard_at}, which was never sent")
        }
        ViolationKind::Late => format!("{receiver} heard {message}, {sent}, {}", how_late(story)),
    }
}

fn sent(message: &StoryMessage) -> String {
    let due = moment(message.intended_s);
    match message.sent_s.map(moment) {
        Some(sent) if sent == due => format!("sent at {sent}"),
        Some(sent) => format!("due at {due} and sent at {sent}"),
        None => format!("due at {due}"),
    }
}

fn how_late(story: &Story) -> String {
    let since = story
        .message
        .as_ref()
        .map_or(story.at_s, |message| message.sent_s.unwrap_or(message.intended_s));
    format!("only at {}, after {}", moment(story.at_s), time((story.at_s - since) * 1e3))
}

fn quoted(kind: ViolationKind, detail: &str) -> String {
    if kind == ViolationKind::JoinUnconfirmed {
        return detail.escape_debug().to_string();
    }
    let mut shown: String = detail.chars().take(DETAIL_CHARS_MAX).collect();
    if shown.len() < detail.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{Change, Violation};
    use crate::report::sample;
    use crate::time::Timestamp;

    #[test]
    fn the_course_is_one_line_with_the_message_in_its_place() {
        let at = |ms: u64| Timestamp::from_nanos(ms * 1_000_000);
        let steps = [
            Change::Asked(at(1_201)),
            Change::Confirmed(at(1_230)),
            Change::Leaving(at(2_010)),
            Change::Left(at(3_010)),
            Change::Asked(at(7_200)),
            Change::Gone(at(8_000)),
            Change::Recovered(at(8_100)),
        ];
        let violation = sample::violation(ViolationKind::Leaked);
        let violation = Violation { course: steps.into(), ..violation };
        let mut outcome = sample::passed();
        outcome.violations.record(violation);
        let story = sample::report(&outcome).violations.kept.remove(0);
        let line = course_of(&story);
        assert_eq!(
            line,
            "asked 1.201 s · in 1.230 s · leaving 2.010 s · left 3.010 s · ‹sent 3.217 s› · \
             asked 7.200 s · gone 8.000 s · recovered 8.100 s"
        );
        let unknown = Story { message: None, ..story };
        assert!(!course_of(&unknown).contains('‹'));
        assert_eq!(course(&Story { course: Vec::new(), ..unknown }), None);
    }

    fn course_of(story: &Story) -> String {
        course(story).expect("it has one").replace(GLUE, " ")
    }
}
