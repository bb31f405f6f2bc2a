//! Mutations: a legal history with one thing changed, and what exactly must be said of it.
//!
//! What is told depends on whether the delivery had to happen. `Case::delivery` works that out from
//! the history alone, event by event, sharing nothing with the oracle.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::judging::{Judgement, TIMEOUT, name, text};
use super::model::{Legal, legal};
use super::script::garbled;
use super::seeds;
use crate::chat::{Message, MessageId, RoomId, UserId};
use crate::history::{Event, EventKind};
use crate::time::Timestamp;

const SEEDS: u64 = 300;
/// Deliveries of a history that are looked at for one that fits.
const DRAWS_MAX: usize = 50;

/// One delivery of a legal history.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    /// Where its hearing stands in the history.
    at: usize,
    /// Where its sending does.
    sent_at: usize,
    message: Message,
    receiver: UserId,
    /// Whether it had to happen: the receiver was known to be in and the sender connected when it
    /// was sent, and neither lost its connection before it was heard.
    must: bool,
    /// Whether neither of the two loses its connection between the sending and the end.
    undisturbed: bool,
}

/// A legal history with its deliveries.
struct Case {
    legal: Legal,
    /// Where each message is heard by each receiver for the first time, and where it is sent.
    heard: Vec<(usize, usize)>,
}

/// Tries `mutate` on a delivery of each of many legal histories, one that `which` is true of; it
/// gives the changed history, and `expected` checks what is said of it.
fn each(
    which: impl Fn(&Case, &Delivery) -> bool,
    mutate: impl Fn(&Case, &Delivery, &mut Xoshiro256PlusPlus) -> Vec<Event>,
    expected: impl Fn(&Case, &Delivery, &Judgement),
) {
    let tried = Cell::new(0);
    seeds::each(SEEDS, |_, rng| {
        let case = Case::new(legal(rng));
        let count = case.heard.len();
        let mut draws = (0..DRAWS_MAX.min(count)).map(|_| rng.random_range(0..count));
        let fit = draws.find_map(|draw| {
            let delivery = case.delivery(draw);
            which(&case, &delivery).then_some(delivery)
        });
        if let Some(delivery) = fit {
            let judgement = case.legal.world.judge_all(&mutate(&case, &delivery, rng));
            expected(&case, &delivery, &judgement);
            tried.set(tried.get() + 1);
        }
    });
    let chosen = std::env::var_os("CHATBENCH_SEED").is_some();
    assert!(chosen || tried.get() >= SEEDS / 3, "only {} histories fit", tried.get());
}

impl Case {
    fn new(legal: Legal) -> Case {
        let (mut sent, mut heard, mut known) = (HashMap::new(), Vec::new(), HashSet::new());
        for (at, event) in legal.events.iter().enumerate() {
            match event.kind {
                EventKind::Sent { message } => {
                    sent.insert(message.id, at);
                }
                EventKind::Received { id, .. } if known.insert((id, event.user)) => {
                    heard.push((at, sent[&id]));
                }
                _ => {}
            }
        }
        Case { legal, heard }
    }

    fn delivery(&self, index: usize) -> Delivery {
        let (at, sent_at) = self.heard[index];
        let events = &self.legal.events;
        let EventKind::Sent { message } = events[sent_at].kind else { panic!("not sent") };
        let (receiver, MessageId { room, sender, .. }) = (events[at].user, message.id);
        let is_loss = |event: &Event| {
            let lost = matches!(event.kind, EventKind::Disconnected { .. });
            lost && (event.user == sender || event.user == receiver)
        };
        let before = &events[..sent_at];
        let known = is_in(before, receiver, room) && has_asked(before, sender, room);
        let must = known && !events[sent_at..at].iter().any(is_loss);
        let undisturbed = !events[sent_at..].iter().any(is_loss);
        Delivery { at, sent_at, message, receiver, must, undisturbed }
    }
}

fn is_in(before: &[Event], user: UserId, room: RoomId) -> bool {
    let last = before.iter().rev().find_map(|event| match event.kind {
        EventKind::Joined { room: of, .. } if event.user == user && of == room => Some(true),
        EventKind::Disconnected { .. } if event.user == user => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}

fn has_asked(before: &[Event], user: UserId, room: RoomId) -> bool {
    let last = before.iter().rev().find_map(|event| match event.kind {
        EventKind::Joining { room: of } if event.user == user && of == room => Some(true),
        EventKind::Disconnected { .. } if event.user == user => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}

/// When the user's present membership began to be evident, as of `at`.
fn joined_at(events: &[Event], at: usize, user: UserId, room: RoomId) -> Option<Timestamp> {
    events[..at].iter().rev().find_map(|event| match event.kind {
        EventKind::Joined { room: of, .. } if event.user == user && of == room => Some(event.at),
        _ => None,
    })
}

impl Delivery {
    fn story(&self, kind: &str) -> String {
        story(kind, self.message.id, self.receiver)
    }

    /// Whether it was due, and not only sent, when the receiver was known to be in: what a
    /// forgotten message is judged by.
    fn is_due_after_join(&self, events: &[Event]) -> bool {
        let joined = joined_at(events, self.sent_at, self.receiver, self.message.id.room);
        // A message sent meanwhile may have made the evidence count a little later.
        joined.is_some_and(|joined| joined + Duration::from_millis(1) < self.message.intended)
    }
}

fn story(kind: &str, id: MessageId, receiver: UserId) -> String {
    format!("{kind} {}{}#{} {}", name(id.sender), id.sequence, id.room.0, name(receiver))
}

fn without(events: &[Event], at: usize) -> Vec<Event> {
    let mut events = events.to_vec();
    events.remove(at);
    events
}

fn with(events: &[Event], at: usize, event: Event) -> Vec<Event> {
    let mut events = events.to_vec();
    events.insert(at, event);
    events
}

fn replaced(events: &[Event], at: usize, kind: EventKind) -> Vec<Event> {
    let mut events = events.to_vec();
    events[at].kind = kind;
    events
}

fn heard(id: MessageId, intended: Timestamp) -> EventKind {
    EventKind::Received { id, intended, intact: true }
}

fn exactly(judgement: &Judgement, expected: &[String]) {
    assert_eq!(judgement.stories(), expected);
}

/// What is said at most.
fn at_most(judgement: &Judgement, allowed: &str) {
    let stories = judgement.stories();
    assert!(stories.len() <= 1 && stories.iter().all(|story| story == allowed), "{stories:?}");
}

fn drop_it(case: &Case, delivery: &Delivery, _: &mut Xoshiro256PlusPlus) -> Vec<Event> {
    without(&case.legal.events, delivery.at)
}

#[test]
fn a_delivery_owed_and_dropped_is_lost() {
    each(
        |_, delivery| delivery.must && delivery.undisturbed,
        drop_it,
        |_, delivery, judgement| exactly(judgement, &[delivery.story("lost")]),
    );
}

#[test]
fn a_delivery_owed_and_dropped_is_at_most_lost_if_a_connection_is_too() {
    each(
        |_, delivery| delivery.must && !delivery.undisturbed,
        drop_it,
        |_, delivery, judgement| at_most(judgement, &delivery.story("lost")),
    );
}

#[test]
fn a_delivery_that_may_happen_is_not_missed() {
    each(|_, delivery| !delivery.must, drop_it, |_, _, judgement| exactly(judgement, &[]));
}

fn repeat_it(case: &Case, delivery: &Delivery, _: &mut Xoshiro256PlusPlus) -> Vec<Event> {
    let again = case.legal.events[delivery.at].clone();
    with(&case.legal.events, delivery.at + 1, again)
}

#[test]
fn a_delivery_owed_and_repeated_is_duplicated() {
    each(
        |case, delivery| delivery.must && delivery.is_due_after_join(&case.legal.events),
        repeat_it,
        |_, delivery, judgement| exactly(judgement, &[delivery.story("duplicated")]),
    );
}

#[test]
fn a_delivery_that_may_happen_and_is_repeated_is_at_most_duplicated() {
    each(
        |_, delivery| !delivery.must,
        repeat_it,
        |_, delivery, judgement| at_most(judgement, &delivery.story("duplicated")),
    );
}

#[test]
fn what_its_sender_hears_is_echoed() {
    each(
        |case, delivery| !case.legal.world.echoed && delivery.must && delivery.undisturbed,
        |case, delivery, _| {
            let Message { id, intended, .. } = delivery.message;
            let Event { at, .. } = case.legal.events[delivery.at];
            let echo = Event { at, user: id.sender, kind: heard(id, intended) };
            with(&case.legal.events, delivery.at, echo)
        },
        |_, delivery, judgement| {
            let id = delivery.message.id;
            exactly(judgement, &[story("echoed", id, id.sender)]);
        },
    );
}

/// Somebody of another room, whose connection lasts: what is heard on one that is dead would be a
/// sign of life.
fn stranger(case: &Case, delivery: &Delivery) -> Option<UserId> {
    let members = &case.legal.world.rooms[delivery.message.id.room.index()];
    let strangers = (0..case.legal.world.users as u32).filter(|user| !members.contains(user));
    let after = &case.legal.events[delivery.at..];
    strangers.map(UserId).find(|user| {
        let lost = |event: &Event| matches!(event.kind, EventKind::Disconnected { .. });
        !after.iter().any(|event| event.user == *user && lost(event))
    })
}

#[test]
fn what_a_stranger_hears_is_leaked() {
    each(
        |case, delivery| stranger(case, delivery).is_some(),
        |case, delivery, _| {
            let user = stranger(case, delivery).expect("there is one");
            let Event { at, ref kind, .. } = case.legal.events[delivery.at];
            with(&case.legal.events, delivery.at + 1, Event { at, user, kind: kind.clone() })
        },
        |case, delivery, judgement| {
            let user = stranger(case, delivery).expect("there is one");
            exactly(judgement, &[story("leaked", delivery.message.id, user)]);
        },
    );
}

/// The next delivery of the same sender, on the same connections, that was sent in time to come
/// first.
fn successor(case: &Case, one: &Delivery) -> Option<Delivery> {
    let MessageId { room, sender, .. } = one.message.id;
    let events = &case.legal.events;
    let next = (0..case.heard.len()).find(|&index| {
        let (at, sent_at) = case.heard[index];
        let EventKind::Sent { message } = events[sent_at].kind else { return false };
        let pair = (message.id.room, message.id.sender, events[at].user);
        at > one.at && pair == (room, sender, one.receiver)
    })?;
    let next = case.delivery(next);
    let lost = |event: &Event| {
        let concerned = event.user == sender || event.user == one.receiver;
        concerned && matches!(event.kind, EventKind::Disconnected { .. })
    };
    let apart = next.sent_at >= one.at || events[one.sent_at..next.at].iter().any(lost);
    (!apart && next.must && events[one.sent_at].at < events[next.sent_at].at).then_some(next)
}

#[test]
fn two_deliveries_swapped_are_reordered() {
    each(
        |case, delivery| delivery.must && successor(case, delivery).is_some(),
        |case, delivery, _| {
            let next = successor(case, delivery).expect("there is one");
            let (one, other) =
                (&case.legal.events[delivery.at].kind, &case.legal.events[next.at].kind);
            let swapped = replaced(&case.legal.events, delivery.at, other.clone());
            replaced(&swapped, next.at, one.clone())
        },
        |_, delivery, judgement| exactly(judgement, &[delivery.story("reordered")]),
    );
}

#[test]
fn a_delivery_changed_is_corrupted() {
    each(
        |_, _| true,
        |case, delivery, _| {
            let Message { id, intended, .. } = delivery.message;
            let kind = EventKind::Received { id, intended, intact: false };
            replaced(&case.legal.events, delivery.at, kind)
        },
        |_, delivery, judgement| exactly(judgement, &[delivery.story("corrupted")]),
    );
}

#[test]
fn a_delivery_whose_stamp_is_changed_is_corrupted() {
    each(
        |_, delivery| delivery.must,
        |case, delivery, _| {
            let text = garbled(&text(&delivery.message)).into();
            replaced(&case.legal.events, delivery.at, EventKind::Unrecognised { text })
        },
        |_, delivery, judgement| exactly(judgement, &[delivery.story("corrupted")]),
    );
}

#[test]
fn a_delivery_replaced_is_lost_and_unexpected_unless_strangers_are_welcome() {
    each(
        |_, delivery| delivery.must && delivery.undisturbed,
        |case, delivery, _| {
            let text = "something else".into();
            replaced(&case.legal.events, delivery.at, EventKind::Unrecognised { text })
        },
        |case, delivery, judgement| {
            let unexpected = format!("unexpected - {}", name(delivery.receiver));
            let welcome = case.legal.world.strangers_welcome;
            let all = [delivery.story("lost"), unexpected];
            exactly(judgement, if welcome { &all[..1] } else { &all });
            assert_eq!(judgement.tally.strangers, u64::from(welcome));
        },
    );
}

#[test]
fn a_message_that_nobody_said_is_unexpected() {
    let forged = |delivery: &Delivery| MessageId { sequence: 1 << 29, ..delivery.message.id };
    each(
        |_, _| true,
        |case, delivery, _| {
            let Event { at, user, .. } = case.legal.events[delivery.at];
            let kind = heard(forged(delivery), at);
            with(&case.legal.events, delivery.at, Event { at, user, kind })
        },
        |_, delivery, judgement| {
            exactly(judgement, &[story("unexpected", forged(delivery), delivery.receiver)]);
        },
    );
}

#[test]
fn a_delivery_with_another_due_time_is_unexpected_and_lost() {
    each(
        |_, delivery| delivery.must && delivery.undisturbed,
        |case, delivery, _| {
            let Message { id, intended, .. } = delivery.message;
            let kind = heard(id, intended + Duration::from_nanos(1));
            replaced(&case.legal.events, delivery.at, kind)
        },
        |_, delivery, judgement| {
            exactly(judgement, &[delivery.story("lost"), delivery.story("unexpected")]);
        },
    );
}

/// Puts a delivery off until `after` its sending; later ones of the sender are put off, too.
fn put_off(case: &Case, delivery: &Delivery, after: Duration) -> Vec<Event> {
    let event = case.legal.events[delivery.at].clone();
    let at = case.legal.events[delivery.sent_at].at + after;
    let events = without(&case.legal.events, delivery.at);
    let place = events.iter().position(|event| event.at > at).unwrap_or(events.len());
    with(&events, place, Event { at, ..event })
}

fn is_last_of_sender(case: &Case, delivery: &Delivery) -> bool {
    let MessageId { room, sender, .. } = delivery.message.id;
    case.legal.events[delivery.at + 1..].iter().all(|event| match event.kind {
        EventKind::Received { id, .. } => {
            event.user != delivery.receiver || (id.room, id.sender) != (room, sender)
        }
        _ => true,
    })
}

#[test]
fn a_delivery_put_off_past_its_time_is_late() {
    each(
        |case, delivery| delivery.must && delivery.undisturbed && is_last_of_sender(case, delivery),
        |case, delivery, rng| {
            let late = TIMEOUT + Duration::from_micros(rng.random_range(1..3_000_000));
            put_off(case, delivery, late)
        },
        |_, delivery, judgement| exactly(judgement, &[delivery.story("late")]),
    );
}

#[test]
fn a_delivery_put_off_within_its_time_is_not() {
    each(
        |case, delivery| delivery.must && delivery.undisturbed && is_last_of_sender(case, delivery),
        |case, delivery, _| put_off(case, delivery, TIMEOUT),
        |_, _, judgement| exactly(judgement, &[]),
    );
}
