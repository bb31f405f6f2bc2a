//! Story: one broken promise, with all that is known of its message and its receiver.

use serde::{Deserialize, Serialize};

use super::expected;
use super::rounded::millionths;
use crate::chat::{RoomId, UserId};
use crate::oracle::{self, Change, Violation, ViolationKind};
use crate::scenario::Plan;
use crate::time::Timestamp;

/// One broken promise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Story {
    /// Which promise.
    pub kind: ViolationKind,
    /// When it was noticed, in seconds since the run began.
    pub at_s: f64,
    /// The user who heard it, or should have.
    pub receiver: String,
    /// The room concerned; absent where none can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The message concerned; absent where none can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<StoryMessage>,
    /// Where the receiver stood with the room when it was noticed; of a lost message, when that
    /// was sent.
    pub standing: Standing,
    /// The steps by which it came there and went on, around the time of the message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub course: Vec<Step>,
    /// What was expected of the receiver, and where it stood: `had to hear it: it had been in the
    /// room since 1.230 s`.
    #[serde(default)]
    pub expected: String,
    /// What else there is to say, such as what was heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What is known of the message of a broken promise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StoryMessage {
    /// The user who sent it.
    pub sender: String,
    /// Its place among the sender's messages to this room, counted from 0.
    pub sequence: u32,
    /// When it was due, in seconds since the run began.
    pub intended_s: f64,
    /// When it was sent, in seconds since the run began; absent where that is not known any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_s: Option<f64>,
}

/// Where a user stood with a room.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "was", rename_all = "snake_case")]
pub enum Standing {
    /// Not in it, as far as the server was told.
    Out,
    /// It had asked to be let in, without evidence yet that it was.
    Joining {
        /// When it had asked, in seconds since the run began.
        since_s: f64,
    },
    /// In it, by evidence.
    In {
        /// When it had asked, in seconds since the run began.
        asked_s: f64,
        /// When there was evidence, in seconds since the run began.
        since_s: f64,
    },
    /// It had said that it leaves, and the server might still have it in.
    Leaving {
        /// When it had asked to be let in, in seconds since the run began.
        asked_s: f64,
        /// When it had said so, in seconds since the run began.
        since_s: f64,
    },
    /// Its connection was gone, and the server might take up its session again.
    Suspended {
        /// When it had asked to be let in, in seconds since the run began.
        asked_s: f64,
        /// When there was evidence that it was, in seconds since the run began.
        since_s: f64,
    },
}

/// A step by which a user came to stand where it did with a room.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Step {
    /// When it was, in seconds since the run began.
    pub at_s: f64,
    /// What it was.
    pub what: StepKind,
}

/// What a step was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// It asked to be let in.
    Asked,
    /// There was evidence that it was.
    Confirmed,
    /// It said that it leaves.
    Leaving,
    /// The server had had its time to take it out.
    Left,
    /// Its connection was gone.
    Gone,
    /// The server took up its session where it had been lost.
    Recovered,
}

impl Step {
    fn new(change: Change) -> Step {
        let what = match change {
            Change::Asked(_) => StepKind::Asked,
            Change::Confirmed(_) => StepKind::Confirmed,
            Change::Leaving(_) => StepKind::Leaving,
            Change::Left(_) => StepKind::Left,
            Change::Gone(_) => StepKind::Gone,
            Change::Recovered(_) => StepKind::Recovered,
        };
        Step { at_s: seconds_at(change.at()), what }
    }
}

impl Story {
    pub(super) fn new(plan: &Plan, violation: &Violation) -> Story {
        let mut story = Story::unexplained(plan, violation);
        story.standing = story.standing.refined(&story);
        story.expected = expected::of(&story);
        story
    }

    /// When the message was sent, or else due; when it was noticed, if no message is concerned.
    pub fn moment_s(&self) -> f64 {
        let sent = |message: &StoryMessage| message.sent_s.unwrap_or(message.intended_s);
        self.message.as_ref().map_or(self.at_s, sent)
    }

    /// The steps up to that moment, and those after it.
    pub fn course_around(&self) -> (&[Step], &[Step]) {
        let moment = self.moment_s();
        self.course.split_at(self.course.partition_point(|step| step.at_s <= moment))
    }

    fn unexplained(plan: &Plan, violation: &Violation) -> Story {
        Story {
            kind: violation.kind,
            at_s: seconds_at(violation.at),
            receiver: user_name(plan, violation.receiver),
            room: violation.room.map(|room| room_name(plan, room)),
            message: violation.message.map(|message| StoryMessage {
                sender: user_name(plan, message.id.sender),
                sequence: message.id.sequence,
                intended_s: seconds_at(message.intended),
                sent_s: message.sent.map(seconds_at),
            }),
            standing: Standing::new(violation.standing),
            course: violation.course.iter().copied().map(Step::new).collect(),
            expected: String::new(),
            detail: violation.detail.as_deref().map(str::to_owned),
        }
    }
}

impl Standing {
    fn new(standing: oracle::Standing) -> Standing {
        match standing {
            oracle::Standing::Out => Standing::Out,
            oracle::Standing::Joining { since } => Standing::Joining { since_s: seconds_at(since) },
            oracle::Standing::In { asked, since } => {
                Standing::In { asked_s: seconds_at(asked), since_s: seconds_at(since) }
            }
            oracle::Standing::Leaving { asked, since } => {
                Standing::Leaving { asked_s: seconds_at(asked), since_s: seconds_at(since) }
            }
            oracle::Standing::Suspended { asked, since } => {
                Standing::Suspended { asked_s: seconds_at(asked), since_s: seconds_at(since) }
            }
        }
    }
}

impl Standing {
    /// What the course knows better. The oracle does not remember since when somebody was in who
    /// has left since.
    fn refined(self, story: &Story) -> Standing {
        let forgotten = matches!(self, Standing::In { since_s, .. } if since_s == story.moment_s());
        let (before, _) = story.course_around();
        let last = |what| before.iter().rposition(|step| step.what == what);
        match last(StepKind::Confirmed).filter(|_| forgotten) {
            Some(confirmed) => {
                let asked = last(StepKind::Asked).filter(|&asked| asked < confirmed);
                let since_s = before[confirmed].at_s;
                Standing::In { asked_s: asked.map_or(since_s, |at| before[at].at_s), since_s }
            }
            None => self,
        }
    }
}

/// A server may make up a stamp whose users and rooms are not in the plan.
pub(super) fn user_name(plan: &Plan, user: UserId) -> String {
    let named = plan.users.get(user.index()).map(|user| user.author.to_string());
    named.unwrap_or_else(|| format!("user-{} (not in this run)", user.0))
}

fn room_name(plan: &Plan, room: RoomId) -> String {
    let named = plan.rooms.get(room.index()).map(|room| room.name.to_string());
    named.unwrap_or_else(|| format!("number {} (not in this run)", room.0))
}

pub(super) fn seconds_at(at: Timestamp) -> f64 {
    millionths(at.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::MessageId;
    use crate::report::sample;

    #[test]
    fn a_stamp_made_up_by_the_server_is_told_and_not_trusted() {
        let plan = sample::brief().plan;
        let mut violation = sample::violation(ViolationKind::Leaked);
        let message = violation.message.as_mut().expect("a message");
        message.id = MessageId { room: RoomId(9_999), sender: UserId(9_999), ..message.id };
        violation.room = Some(RoomId(9_999));
        let story = Story::new(&plan, &violation);
        assert_eq!(story.room.as_deref(), Some("number 9999 (not in this run)"));
        let sender = story.message.map(|message| message.sender);
        assert_eq!(sender.as_deref(), Some("user-9999 (not in this run)"));
    }
}
