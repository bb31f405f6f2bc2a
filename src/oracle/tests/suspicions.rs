//! Suspicions: when a join without evidence is held against the server, by short histories.
//!
//! What counts must have been said 500 ms after the join, and a second before the joiner is found
//! deaf; a speaker whose connection holds for a second after its word has been heard by the server.

use super::super::Standing;
use super::judging::{World, at};
use super::rules::{Case, check};
use super::script::{judge, world};

const DEAF: &str = "join_unconfirmed #0 C";

const JOINERS: &[Case] = &[
    (
        "whose connection still stands in the end",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf \n 1601 end",
        &[DEAF],
    ),
    (
        "that lived on",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf \n 1700 C lives
         1701 C drops",
        &[DEAF],
    ),
    (
        "that heard something else",
        "ABC ABC",
        "0 A B joins \n 0 A B C joins #1 \n 10 C asks \n 511 A says \n 512 B hears A0
         1600 C is-deaf
         1700 A says #1 \n 1701 B C hears A0#1 \n 1702 C drops",
        &[DEAF],
    ),
    (
        "that was let in too late",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf
         1700 C hears A0 \n 1700 C is-in \n 1701 C drops",
        &[DEAF],
    ),
    (
        "whose connection was dead",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf
         1700 C drops",
        &[],
    ),
    (
        "the same, though it comes back",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf \n 1700 C drops
         1701 C connects \n 1702 C joins \n 1703 C lives",
        &[],
    ),
    (
        "that had lived, but only until then",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1599 C lives \n 1600 C is-deaf
         1600 C lives \n 1700 C drops",
        &[],
    ),
    (
        "that said goodbye",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf
         1700 C departs
         1701 C lives",
        &[],
    ),
    (
        "that said goodbye after a sign of life",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf \n 1700 C lives
         1701 C departs",
        &[DEAF],
    ),
    (
        "that was cut off",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf
         1700 C is-cut",
        &[],
    ),
    (
        "that left",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf \n 1700 C leaves
         1701 C lives",
        &[],
    ),
    (
        "that left another room",
        "ABC C",
        "0 A B joins \n 0 C joins #1 \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf
         1700 C leaves #1",
        &[DEAF],
    ),
];

#[test]
fn a_joiner_is_deaf_only_on_a_connection_that_lives() {
    check(world, JOINERS);
}

const SPEAKERS: &[Case] = &[
    ("nobody", "ABC", "0 A B joins \n 10 C asks \n 1600 C is-deaf \n 1700 C lives", &[]),
    (
        "one whose connection still stands in the end",
        "ABC",
        "0 A joins \n 10 C asks \n 511 A says \n 1600 C is-deaf \n 1700 C lives",
        &[DEAF],
    ),
    (
        "one whom nobody heard",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 1600 C is-deaf \n 1700 C lives \n 1800 A drops",
        &[],
    ),
    (
        "one whom somebody heard",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 1600 C is-deaf \n 1650 B hears A0 \n 1700 C lives
         1800 A drops",
        &[DEAF, "late A0#0 B"],
    ),
    (
        "one whom somebody heard after the joiner had lived and gone",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 1600 C is-deaf \n 1650 C lives \n 1660 C drops
         1700 B hears A0 \n 1800 A drops",
        &[DEAF, "late A0#0 B"],
    ),
    (
        "one of whom only what it said too early was heard",
        "ABC",
        "0 A B joins \n 10 C asks \n 11 A says \n 12 B hears A0 \n 511 A says \n 1600 C is-deaf
         1700 C lives \n 1800 A drops",
        &[],
    ),
    (
        "one of whom only what it said too late was not heard",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1500 A says \n 1600 C is-deaf
         1700 C lives \n 1800 A drops",
        &[DEAF],
    ),
    (
        "one of whom something later was heard",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 1600 C is-deaf \n 1601 A says \n 1602 B hears A0
         1603 B hears A1 \n 1700 C lives \n 1800 A drops",
        &[DEAF, "late A0#0 B"],
    ),
    (
        "one that lived on for long enough",
        "AC",
        "0 A joins \n 10 C asks \n 511 A says \n 1512 A lives \n 1600 C is-deaf \n 1700 C lives
         2013 A drops",
        &["join_unconfirmed #0 C"],
    ),
    (
        "one that lived on, but not for long enough",
        "AC",
        "0 A joins \n 10 C asks \n 511 A says \n 1511 A lives \n 1600 C is-deaf \n 1700 C lives
         2013 A drops",
        &[],
    ),
    (
        "one that said goodbye",
        "AC",
        "0 A joins \n 10 C asks \n 511 A says \n 1600 C is-deaf \n 1700 C lives \n 1800 A departs
         10000 A lives",
        &[],
    ),
    (
        "one that left the room, on a connection that stands",
        "AC",
        "0 A joins \n 10 C asks \n 511 A says \n 1600 C is-deaf \n 1700 C lives \n 1800 A leaves",
        &[DEAF],
    ),
    (
        "one that was heard, and lost, before",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1500 A drops \n 1600 C is-deaf
         1700 C lives",
        &[],
    ),
    (
        "one that spoke on a connection which was lost already",
        "ABC",
        "0 A B joins \n 5 A drops \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf
         1700 C lives",
        &[],
    ),
    (
        "two, one of them lost",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B says \n 1600 C is-deaf \n 1700 A drops
         1800 C lives",
        &[DEAF],
    ),
    (
        "two, both of them lost",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B says \n 1600 C is-deaf \n 1700 A drops
         1800 C lives \n 1900 B drops",
        &[],
    ),
    (
        "one that spoke too late to be heard in time",
        "ABC",
        "0 A B joins \n 10 C asks \n 601 A says \n 602 B hears A0 \n 1600 C is-deaf
         1700 C lives",
        &[],
    ),
    (
        "one that spoke only just early enough",
        "ABC",
        "0 A B joins \n 10 C asks \n 600 A says \n 602 B hears A0 \n 1600 C is-deaf
         1700 C lives",
        &[DEAF],
    ),
    (
        "one that spoke before the join had its time",
        "ABC",
        "0 A B joins \n 10 C asks \n 509 A says \n 510 B hears A0 \n 1600 C is-deaf
         1700 C lives",
        &[],
    ),
    (
        "one that spoke once the join had had its time",
        "ABC",
        "0 A B joins \n 10 C asks \n 510 A says \n 511 B hears A0 \n 1600 C is-deaf
         1700 C lives",
        &[DEAF],
    ),
    (
        "one that spoke before the join",
        "ABC",
        "0 A B joins \n 9 A says \n 10 C asks \n 512 B hears A0 \n 1600 C is-deaf \n 1700 C lives",
        &[],
    ),
    (
        "one that spoke to another room",
        "ABC ABC",
        "0 A B joins \n 0 A B joins #1 \n 10 C asks \n 511 A says #1 \n 512 B hears A0#1
         1600 C is-deaf \n 1700 C lives",
        &[],
    ),
    (
        "itself",
        "ABC",
        "0 A B joins \n 10 C asks \n 511 C says \n 512 A B hears C0 \n 1600 C is-deaf
         1700 C lives",
        &[],
    ),
];

#[test]
fn a_joiner_is_deaf_only_to_what_the_server_had() {
    check(world, SPEAKERS);
}

#[test]
fn where_the_sender_is_echoed_its_own_word_shows_that_it_is_in() {
    let echoed = |rooms: &str| World { echoed: true, ..world(rooms) };
    let script = "0 A joins \n 10 C asks \n 511 C says \n 512 A hears C0 \n 1600 C is-deaf
                  1700 C lives \n 1701 C drops";
    check(echoed, &[("itself", "AC", script, &[DEAF])]);
}

const ANSWERS: &[Case] = &[
    (
        "nobody need speak",
        "AC",
        "0 A joins \n 10 C asks \n 1600 C is-unanswered \n 1700 C lives \n 1701 C drops",
        &[DEAF],
    ),
    ("in the end", "AC", "0 A joins \n 10 C asks \n 1600 C is-unanswered", &[DEAF]),
    (
        "a dead connection",
        "AC",
        "0 A joins \n 10 C asks \n 1600 C is-unanswered \n 1700 C drops",
        &[],
    ),
    (
        "too late",
        "AC",
        "0 A joins \n 10 C asks \n 1600 C is-unanswered \n 1700 C is-in \n 1701 C drops",
        &[DEAF],
    ),
];

#[test]
fn an_answer_is_missed_only_on_a_connection_that_lives() {
    check(world, ANSWERS);
}

const TWICE: &[Case] = &[
    (
        "the first is shown by the time of the second",
        "AC",
        "0 A joins \n 10 C asks \n 511 A says \n 1600 C is-deaf \n 1700 C lives \n 1701 C drops
         1702 C asks \n 2203 A says \n 2210 A lives \n 3300 C is-deaf \n 3301 C lives",
        &[DEAF, DEAF],
    ),
    (
        "the first is not, and one is held back at a time",
        "AC",
        "0 A joins \n 10 C asks \n 511 A says \n 1600 C is-deaf \n 1700 C lives \n 1701 C drops
         1702 C asks \n 2203 A says \n 3300 C is-deaf \n 3301 C lives",
        &[DEAF],
    ),
    (
        "the first was nothing",
        "AC",
        "0 A joins \n 10 C asks \n 511 A says \n 1600 C is-deaf \n 1701 C drops
         1702 C asks \n 2203 A says \n 3300 C is-deaf \n 3301 C lives",
        &[DEAF],
    ),
];

#[test]
fn one_accusation_of_a_seat_is_held_back_at_a_time() {
    check(world, TWICE);
}

#[test]
fn what_is_said_late_is_told_as_of_when_it_was_found() {
    let judgement = judge(
        &world("ABC"),
        "0 A B joins \n 10 C asks \n 511 A says \n 512 B hears A0 \n 1600 C is-deaf
         1700 C hears A0 \n 1700 C is-in \n 1701 C drops",
    );
    let [deaf] = &judgement.violations[..] else { panic!("{:?}", judgement.stories()) };
    assert_eq!((deaf.at, deaf.standing), (at(1600), Standing::Joining { since: at(10) }));
    let course: Vec<_> = deaf.course.iter().map(|change| change.at()).collect();
    assert_eq!(course, [at(10)]);
}

#[test]
fn what_is_held_back_is_waited_for() {
    let script = "0 A joins \n 10 C asks \n 511 A says \n 1600 C is-deaf";
    assert_eq!(judge(&world("AC"), script).unsettled, 1);
    let dropped = format!("{script} \n 1700 C drops");
    assert_eq!(judge(&world("AC"), &dropped).unsettled, 0);
}
