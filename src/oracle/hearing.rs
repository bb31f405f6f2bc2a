//! Hearing: what follows from somebody having heard something.

use super::flight::Memory;
use super::room::{First, Heard, Told};
use super::roster::Seat;
use super::{Finding, Oracle, Standing, Story, Violation, ViolationKind};
use crate::history::Event;
use crate::time::Timestamp;

impl Oracle {
    /// A user heard a message with a readable stamp, which `story` repeats.
    pub(super) fn heard(
        &mut self,
        event: &Event,
        story: Story,
        intact: bool,
        found: &mut impl FnMut(Finding),
    ) {
        let id = story.id;
        let ear = self.roster.seat(event.user, id.room);
        let mouth = self.roster.seat(id.sender, id.room);
        let (Some(ear), Some(mouth)) = (ear, mouth) else {
            return found(self.heard_across(event, ear, mouth, story));
        };
        let own = ear.slot() == mouth.slot() && !self.promises.sender_echoed;
        let (sequence, intended) = (id.sequence, story.intended);
        let told = Told { mouth: mouth.slot(), sequence, intended };
        let (kind, sent) = match self.rooms[ear.room()].hear(ear.slot(), told, event.at) {
            Heard::First(first) => {
                return self.first_heard(event, ear, &first, intact, story, found);
            }
            Heard::Again { sent } => (ViolationKind::Duplicated, Some(sent)),
            Heard::Forbidden { sent } if own => (ViolationKind::Echoed, Some(sent)),
            Heard::Forbidden { sent } => (ViolationKind::Leaked, Some(sent)),
            Heard::NeverSent => (ViolationKind::Unexpected, None),
            Heard::Forgotten(memory) => match self.recall(event, ear, own, &memory, story) {
                Some(kind) => (kind, None),
                None => {
                    self.tally.may += 1;
                    self.tally.may_heard += 1;
                    if intact {
                        return;
                    }
                    (ViolationKind::Corrupted, None)
                }
            },
        };
        found(self.accuse(kind, event, ear, Story { sent, ..story }));
    }

    /// A message is heard by somebody who is not of its room, or claims a sender who is not.
    #[cold]
    fn heard_across(
        &self,
        event: &Event,
        ear: Option<Seat>,
        mouth: Option<Seat>,
        story: Story,
    ) -> Finding {
        let kind = match (ear, mouth) {
            (_, Some(mouth)) => {
                let room = &self.rooms[mouth.room()];
                let was_sent = room.has_sent(mouth.slot(), story.id.sequence);
                if was_sent { ViolationKind::Leaked } else { ViolationKind::Unexpected }
            }
            // Its sender and its room are another shard's: the stamp is all the evidence there is.
            (None, None) if self.roster.seats(story.id.sender).is_empty() => ViolationKind::Leaked,
            (_, None) => ViolationKind::Unexpected,
        };
        let sent = mouth
            .and_then(|mouth| self.rooms[mouth.room()].sent_at(mouth.slot(), story.id.sequence));
        let accused = Violation::of_user(kind, event).of_message(Story { sent, ..story });
        Finding::Violation(accused)
    }

    fn first_heard(
        &mut self,
        event: &Event,
        ear: Seat,
        first: &First,
        intact: bool,
        story: Story,
        found: &mut impl FnMut(Finding),
    ) {
        self.tally.must_heard += u64::from(first.owed);
        self.tally.may_heard += u64::from(!first.owed);
        let (intended, sent) = (story.intended, first.sent);
        let replayed = self.was_absent((ear.room(), ear.slot()), sent, event.at);
        self.tally.replayed += u64::from(replayed);
        self.unsettled -= usize::from(first.settled);
        self.in_flight -= first.forgotten;
        // What need not come at all cannot come too late.
        let overdue = first.owed && event.at.since(sent) > self.promises.delivery_timeout;
        let late = overdue && self.had_time(ear.room(), ear.slot(), sent, event.at);
        let wrongs = [
            (!intact, ViolationKind::Corrupted),
            (first.overtaken && self.promises.ordered, ViolationKind::Reordered),
            (late, ViolationKind::Late),
        ];
        for (_, kind) in wrongs.into_iter().filter(|(is, _)| *is) {
            found(self.accuse(kind, event, ear, Story { sent: Some(sent), ..story }));
        }
        // How long somebody was away says nothing of how fast the server is.
        if intact && !replayed {
            found(Finding::Delivered { intended, sent, at: event.at });
        }
        if let Some(first_at) = first.completed.filter(|_| !replayed) {
            found(Finding::Completed { intended, first: first_at, last: event.at });
        }
    }

    /// Whether what was sent at `sent` and is heard, or not, at `at` was missed for want of a
    /// connection: that was lost before, or so soon after that it had no time to come.
    pub(super) fn was_absent(
        &self,
        (room, slot): (usize, usize),
        sent: Timestamp,
        at: Timestamp,
    ) -> bool {
        let room = &self.rooms[room];
        if !room.was_suspended() {
            return false;
        }
        let (gone, resumed) = room.absence(slot);
        let missed = gone - self.promises.delivery_timeout < sent && sent < resumed;
        gone > Timestamp::ZERO && at >= gone && missed
    }

    /// A message that is in no account any more is heard once more. What it is then follows from
    /// when it was sent, which is known within bounds, and from where the member stands.
    #[cold]
    fn recall(
        &self,
        event: &Event,
        ear: Seat,
        own: bool,
        memory: &Memory,
        story: Story,
    ) -> Option<ViolationKind> {
        if matches!(memory, Memory::Untold) {
            return None;
        }
        let (sent_min, sent_max) = (story.intended, story.intended + self.send_delay_max);
        let under_way = event.at.since(sent_max) <= self.promises.delivery_timeout;
        let settled = matches!(memory, Memory::Done);
        let room = &self.rooms[ear.room()];
        // What was sent while it was in before, and let go when it left, may still come.
        let earlier = sent_min <= room.left_at(ear.slot());
        match room.standing(ear.slot()) {
            Standing::Suspended { .. } => None,
            _ if earlier && own => Some(ViolationKind::Echoed),
            // Whoever had to or might hear it did, on this connection.
            _ if earlier => (settled && !under_way).then_some(ViolationKind::Duplicated),
            Standing::Joining { since }
            | Standing::In { asked: since, .. }
            | Standing::Leaving { asked: since, .. }
                if since >= sent_min =>
            {
                let legal = under_way || since <= sent_max;
                let kind = if own { ViolationKind::Echoed } else { ViolationKind::Leaked };
                (!legal).then_some(kind)
            }
            _ if own => Some(ViolationKind::Echoed),
            Standing::Out => Some(ViolationKind::Leaked),
            Standing::In { since, .. } if since < sent_min => Some(ViolationKind::Duplicated),
            Standing::In { .. } | Standing::Joining { .. } | Standing::Leaving { .. } => {
                settled.then_some(ViolationKind::Duplicated)
            }
        }
    }

    /// Something without a readable stamp: the message it was once, if it resembles one that this
    /// user is waiting for, and otherwise nothing of ours: a stranger's, or the server's own.
    #[cold]
    pub(super) fn unrecognised(
        &mut self,
        event: &Event,
        text: &str,
        found: &mut impl FnMut(Finding),
    ) {
        let seats = self.roster.seats(event.user);
        let Some(likely) = self.attribution.find(text, seats, &self.roster, &self.rooms) else {
            if self.promises.strangers_welcome && self.attribution.is_strange(text, &self.roster) {
                self.tally.strangers += 1;
                return;
            }
            let violation = Violation::of_user(ViolationKind::Unexpected, event);
            return found(Finding::Violation(violation.because(text)));
        };
        let story = Story { id: likely.id, intended: likely.intended, sent: None };
        self.heard(event, story, false, found);
    }

    fn accuse(&self, kind: ViolationKind, event: &Event, ear: Seat, story: Story) -> Finding {
        let room = &self.rooms[ear.room()];
        let standing = room.standing(ear.slot());
        let course = room.course(ear.slot(), story.sent.unwrap_or(story.intended));
        let accused = Violation::of_user(kind, event).of_message(story);
        Finding::Violation(Violation { standing, course, ..accused })
    }
}
