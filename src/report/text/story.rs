//! Story: one broken promise as a sentence.

use crate::oracle::ViolationKind;
use crate::report::model::{Standing, Story, StoryMessage};
use crate::report::numbers::{moment, time};

/// Characters shown of what a user heard.
const DETAIL_CHARS_MAX: usize = 120;

/// `story` in plain words. Names and what was heard are quoted and escaped: a server may have
/// made them up.
pub(super) fn sentence(story: &Story) -> String {
    let mut text = what_happened(story);
    if let Some(detail) = &story.detail {
        text.push_str(&format!(": {}", quoted(story.kind, detail)));
    }
    match (&story.room, story.kind) {
        // How long it was deaf says it all.
        (None, _) | (_, ViolationKind::JoinUnconfirmed) => {}
        (Some(_), _) => text.push_str(&format!("; {}", where_it_stood(story))),
    }
    text
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
    match message.sent_s {
        Some(sent_s) => format!("sent at {}", moment(sent_s)),
        None => format!("due at {}", moment(message.intended_s)),
    }
}

fn how_late(story: &Story) -> String {
    let since = story
        .message
        .as_ref()
        .map_or(story.at_s, |message| message.sent_s.unwrap_or(message.intended_s));
    format!("only at {}, after {}", moment(story.at_s), time((story.at_s - since) * 1e3))
}

fn where_it_stood(story: &Story) -> String {
    let who = &story.receiver;
    match story.standing {
        Standing::Out => format!("{who} was not in the room then"),
        Standing::Joining { since_s: asked_s } | Standing::In { asked_s, .. }
            if story.kind == ViolationKind::Leaked =>
        {
            format!("{who} asked to join only at {}", moment(asked_s))
        }
        Standing::Joining { since_s } => {
            format!("{who} had asked to join at {}", moment(since_s))
        }
        Standing::In { since_s, .. } => {
            format!("{who} had been in the room since {}", moment(since_s))
        }
        Standing::Leaving { since_s, .. } => {
            format!("{who} had said at {} that it leaves", moment(since_s))
        }
        Standing::Suspended { since_s, .. } => {
            format!("{who} had been in the room since {}, and lost its connection", moment(since_s))
        }
    }
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
