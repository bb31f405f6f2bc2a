//! Joins: legal histories in which a server that ignores a join is put, and one that does not.

use std::cell::Cell;
use std::time::Duration;

use rand::RngExt;

use super::judging::name;
use super::model::{Legal, legal};
use super::seeds;
use crate::chat::{Message, RoomId, UserId};
use crate::history::{Awaited, Event, EventKind};
use crate::time::Timestamp;

const SEEDS: u64 = 300;

/// A join, and something said in time to be its evidence.
#[derive(Clone, Copy)]
struct Join {
    user: UserId,
    room: RoomId,
    asked_at: usize,
    sent_at: usize,
}

/// All joins of connections that last, each with something that others say on such connections.
fn joins(legal: &Legal) -> Vec<Join> {
    let half = legal.world.join_timeout / 2;
    let events = &legal.events;
    let mut joins = Vec::new();
    for (asked_at, asked) in events.iter().enumerate() {
        let EventKind::Joining { room } = asked.kind else { continue };
        let user = asked.user;
        let suspected = events.iter().any(|event| {
            event.user == user && matches!(event.kind, EventKind::JoinUnconfirmed { .. })
        });
        if suspected || is_lost(&events[asked_at..], user) {
            continue;
        }
        let sent_at = (asked_at..events.len()).find(|&at| {
            let Event { at: sent, user: sender, ref kind } = events[at];
            let EventKind::Sent { message: Message { id, .. } } = kind else { return false };
            let speaks = id.room == room && sender != user && sent.since(asked.at) >= half;
            speaks && is_there(&events[..at], sender) && !is_lost(&events[at..], sender)
        });
        joins.extend(sent_at.map(|sent_at| Join { user, room, asked_at, sent_at }));
    }
    joins
}

fn is_lost(events: &[Event], user: UserId) -> bool {
    let lost = |event: &Event| matches!(event.kind, EventKind::Disconnected { .. });
    events.iter().any(|event| event.user == user && lost(event))
}

fn is_there(before: &[Event], user: UserId) -> bool {
    let last = before.iter().rev().find_map(|event| match event.kind {
        EventKind::Joining { .. } if event.user == user => Some(true),
        EventKind::Disconnected { .. } if event.user == user => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}

/// What comes of a join that has no effect, until `deaf_at`; from then on, `stays` says what is
/// left of what the user hears.
fn ignored(legal: &Legal, join: Join, deaf_at: Timestamp, stays: bool) -> Vec<Event> {
    let (room, after, awaited) = (join.room, Duration::ZERO, Awaited::Message);
    let kind = EventKind::JoinUnconfirmed { room, after, awaited };
    let mut deaf = vec![Event { at: deaf_at, user: join.user, kind }];
    if !stays {
        let kind = EventKind::Disconnected { why: "dead".into(), resumable: false };
        deaf.push(Event { at: deaf_at, user: join.user, kind });
    }
    let mut events = Vec::new();
    for (at, event) in legal.events.iter().enumerate() {
        if event.at > deaf_at {
            events.append(&mut deaf);
        }
        let effect = match event.kind {
            _ if at < join.asked_at || event.user != join.user => false,
            EventKind::Received { id, .. } => id.room == join.room || event.at > deaf_at && !stays,
            EventKind::Joined { room, .. } => room == join.room || event.at > deaf_at && !stays,
            _ => false,
        };
        events.extend((!effect).then(|| event.clone()));
    }
    events.append(&mut deaf);
    events
}

fn each(stays: bool, expected: impl Fn(Join) -> Vec<String>) {
    let tried = Cell::new(0);
    seeds::each(SEEDS, |_, rng| {
        let legal = legal(rng);
        let joins = joins(&legal);
        if joins.is_empty() {
            return;
        }
        let join = joins[rng.random_range(0..joins.len())];
        let deaf_at = legal.events[join.sent_at].at + legal.world.join_timeout;
        let judgement = legal.world.judge_all(&ignored(&legal, join, deaf_at, stays));
        assert_eq!(judgement.stories(), expected(join));
        tried.set(tried.get() + 1);
    });
    let chosen = std::env::var_os("CHATBENCH_SEED").is_some();
    assert!(chosen || tried.get() >= SEEDS / 3, "only {} histories fit", tried.get());
}

#[test]
fn a_join_that_is_ignored_is_unconfirmed() {
    each(true, |Join { user, room, .. }| {
        vec![format!("join_unconfirmed #{} {}", room.0, name(user))]
    });
}

#[test]
fn a_join_on_a_dead_connection_is_not_held_against_the_server() {
    each(false, |_| Vec::new());
}
