//! Numbered: texts that bear numbers, and which of them somebody heard, second copies aside.

use std::collections::HashSet;
use std::ops::Range;

use super::member::{Member, Message};
use crate::conformance::trial::Trial;

/// So many of what is missing are told.
const TOLD_MAX: usize = 10;

/// The text of `trial`'s that bears `number`.
pub(in crate::conformance) fn text(trial: &Trial, number: usize) -> String {
    trial.text(&format!("number {number}"))
}

/// The number that `message` bears, if it is one of `trial`'s; something may follow it.
fn number_of(trial: &Trial, message: &Message) -> Option<usize> {
    let rest = message.text.as_deref()?.strip_prefix(&trial.text("number "))?;
    rest.split(' ').next()?.parse().ok()
}

/// Which numbers of a range were heard, in the order in which each came first.
pub(in crate::conformance) struct Numbers {
    range: Range<usize>,
    heard: Vec<usize>,
    known: HashSet<usize>,
}

impl Numbers {
    /// None of `range` yet.
    pub(in crate::conformance) fn of(range: Range<usize>) -> Numbers {
        Numbers { range, heard: Vec::new(), known: HashSet::new() }
    }

    /// In the order in which each came first.
    pub(in crate::conformance) fn heard(&self) -> &[usize] {
        &self.heard
    }

    /// Whether all of them were heard.
    pub(in crate::conformance) fn are_all(&self) -> bool {
        self.heard.len() == self.range.len()
    }

    /// Whether `message` bears one that was not heard before.
    pub(in crate::conformance) fn take(&mut self, trial: &Trial, message: &Message) -> bool {
        number_of(trial, message).is_some_and(|number| self.add(number))
    }

    fn add(&mut self, number: usize) -> bool {
        let is_new = self.range.contains(&number) && self.known.insert(number);
        if is_new {
            self.heard.push(number);
        }
        is_new
    }

    /// Has `member` hear until there are `enough`, or no new one came for as long as an answer may
    /// take.
    pub(in crate::conformance) async fn hear(
        &mut self,
        trial: &Trial,
        member: &mut Member<'_>,
        enough: usize,
    ) {
        let (clock, patience) = (trial.clock(), trial.patience().answer);
        let mut until = clock.now() + patience;
        while self.heard.len() < enough && clock.now() < until {
            let Ok((_, packet)) = member.peer.next(until.since(clock.now())).await else { break };
            if member.read(&packet).is_some_and(|message| self.take(trial, &message)) {
                until = clock.now() + patience;
            }
        }
    }

    /// Has `member` hear all of them; once no more come, those as well that come before the answer
    /// to what it asks then.
    pub(in crate::conformance) async fn hear_all(
        &mut self,
        trial: &Trial,
        member: &mut Member<'_>,
    ) {
        self.hear(trial, member, self.range.len()).await;
        if self.are_all() {
            return;
        }
        // Who is not answered has heard what it has heard.
        let _ = member.peer.round_trip().await;
        for message in member.heard_so_far() {
            self.take(trial, &message);
        }
    }

    /// What was not heard, in a few words: how many, the first of them, and how `member`'s
    /// connection ended, if it did.
    pub(in crate::conformance) fn told_missing(&self, member: &Member<'_>) -> String {
        let end = member.peer.ended().map(|end| format!("; its connection is over: {end}"));
        format!("{}{}", self.missing(), end.unwrap_or_default())
    }

    /// The same without the connection.
    pub(in crate::conformance) fn missing(&self) -> String {
        let missing: Vec<String> = (self.range.clone())
            .filter(|number| !self.known.contains(number))
            .map(|number| number.to_string())
            .collect();
        let first = missing[..missing.len().min(TOLD_MAX)].join(", ");
        let more = if missing.len() > TOLD_MAX { ", …" } else { "" };
        format!("{} of {} did not come: {first}{more}", missing.len(), self.range.len())
    }

    /// Those that were heard after one that bears a higher number.
    pub(in crate::conformance) fn overtaken(&self) -> Vec<usize> {
        let mut highest = 0;
        let mut overtaken = Vec::new();
        for number in &self.heard {
            if *number < highest {
                overtaken.push(*number);
            }
            highest = highest.max(*number);
        }
        overtaken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_copies_count_for_nothing_and_what_is_missing_is_told() {
        let mut numbers = Numbers::of(10..14);
        let added = [10, 12, 10, 11, 9, 14, 12].map(|number| numbers.add(number));
        assert_eq!(added, [true, true, false, true, false, false, false]);
        assert_eq!((numbers.heard(), numbers.overtaken()), (&[10, 12, 11][..], vec![11]));
        assert!(!numbers.are_all());
        assert_eq!(numbers.missing(), "1 of 4 did not come: 13");
        assert!(numbers.add(13) && numbers.are_all());
        let many = Numbers::of(0..12).missing();
        assert_eq!(many, "12 of 12 did not come: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …");
    }
}
