//! Rules: for each kind of violation, short histories and what must come of them.

use super::super::Standing;
use super::judging::World;
use super::script::{judge, world};

/// A name, the rooms, what happens, and the violations that follow.
pub(super) type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

pub(super) fn check(world_of: impl Fn(&str) -> World, cases: &[Case]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(name, rooms, script, expected)| {
            let found = judge(&world_of(rooms), script).stories();
            (found != *expected).then(|| format!("{name}: {found:?}, expected {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const PROMISES: &[Case] = &[
    ("kept", "ABC", "0 A B C joins \n 9 A says \n 10 B C hears A0", &[]),
    ("lost", "ABC", "0 A B C joins \n 9 A says \n 10 B hears A0", &["lost A0#0 C"]),
    ("lost to all", "ABC", "0 A B C joins \n 9 A says", &["lost A0#0 B", "lost A0#0 C"]),
    (
        "twice before all heard it",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B hears A0 \n 11 B hears A0 \n 12 C hears A0",
        &["duplicated A0#0 B"],
    ),
    (
        "twice after all heard it",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B C hears A0 \n 11 B hears A0",
        &["duplicated A0#0 B"],
    ),
    (
        "twice, long after",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B C hears A0 \n 9000 sweep \n 9999 B hears A0",
        &["duplicated A0#0 B"],
    ),
    (
        "thrice",
        "AB",
        "0 A B joins \n 9 A says \n 10 B hears A0 \n 11 B hears A0 \n 12 B hears A0",
        &["duplicated A0#0 B", "duplicated A0#0 B"],
    ),
    (
        "echoed before all heard it",
        "AB",
        "0 A B joins \n 9 A says \n 10 A hears A0 \n 11 B hears A0",
        &["echoed A0#0 A"],
    ),
    (
        "echoed after all heard it",
        "AB",
        "0 A B joins \n 9 A says \n 10 B hears A0 \n 11 A hears A0",
        &["echoed A0#0 A"],
    ),
    ("echoed in a room of one", "A", "0 A asks \n 9 A says \n 10 A hears A0", &["echoed A0#0 A"]),
    (
        "leaked to somebody else",
        "AB CD",
        "0 A B joins \n 0 C D joins #1 \n 9 A says \n 10 B C hears A0",
        &["leaked A0#0 C"],
    ),
    (
        "leaked to somebody else after all heard it",
        "AB CD",
        "0 A B joins \n 9 A says \n 10 B hears A0 \n 11 C hears A0",
        &["leaked A0#0 C"],
    ),
    (
        "leaked to a member before it asked",
        "ABC",
        "0 A B joins \n 9 A says \n 10 B C hears A0",
        &["leaked A0#0 C"],
    ),
    (
        "leaked to a member before it asked, after all heard it",
        "ABC",
        "0 A B joins \n 9 A says \n 10 B hears A0 \n 11 C hears A0",
        &["leaked A0#0 C"],
    ),
    ("leaked from another shard", "AB", "0 A B joins \n 10 B hears Z3#77", &["leaked Z3#77 B"]),
    (
        "reordered",
        "ABC",
        "0 A B C joins \n 8 A says \n 9 A says
         10 B hears A1 \n 11 B hears A0 \n 12 C hears A0 \n 13 C hears A1",
        &["reordered A0#0 B"],
    ),
    (
        "reordered, the later one long since done",
        "AB",
        "0 A B joins \n 7 A says \n 8 A says \n 9 A says
         10 B hears A2 \n 11 B hears A1 \n 12 B hears A0",
        &["reordered A0#0 B", "reordered A1#0 B"],
    ),
    (
        "two senders are in no order",
        "ABC",
        "0 A B C joins \n 8 A says \n 9 B says \n 10 C hears B0 \n 11 C hears A0
         12 A hears B0 \n 12 B hears A0",
        &[],
    ),
    (
        "one sender's two rooms are in no order",
        "AB AB",
        "0 A B joins \n 0 A B joins #1 \n 8 A says \n 9 A says #1
         10 B hears A0#1 \n 11 B hears A0",
        &[],
    ),
    ("corrupted", "AB", "0 A B joins \n 9 A says \n 10 B hears A0 damaged", &["corrupted A0#0 B"]),
    (
        "corrupted in its stamp",
        "AB",
        "0 A B joins \n 8 A says \n 9 A says \n 10 B garbles A0 \n 11 B hears A1",
        &["corrupted A0#0 B"],
    ),
    (
        "cut within its stamp",
        "AB",
        "0 A B joins \n 8 A says \n 9 A says \n 10 B cuts A0 20 \n 11 B hears A1",
        &["corrupted A0#0 B"],
    ),
    (
        "damaged twice: the second time it is nobody's",
        "AB",
        "0 A B joins \n 8 A says \n 9 A says
         10 B hears A0 \n 11 B garbles A0 \n 12 B hears A1",
        &["unexpected - B"],
    ),
    (
        "not to be recognised",
        "AB",
        "0 A B joins \n 9 A says \n 10 B reads hello there",
        &["lost A0#0 B", "unexpected - B"],
    ),
    (
        "late",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B hears A0 \n 1010 C hears A0",
        &["late A0#0 C"],
    ),
    ("in time", "AB", "0 A B joins \n 9 A says \n 1009 B hears A0", &[]),
    (
        "a deaf member",
        "AB",
        "0 A B asks \n 600 A says \n 5000 B is-deaf",
        &["join_unconfirmed #0 B"],
    ),
];

#[test]
fn every_promise_can_be_broken_and_is_told_from_the_others() {
    check(world, PROMISES);
}

#[test]
fn what_was_never_said_is_unexpected_however_it_is_numbered() {
    check(
        world,
        &[
            ("next", "AB", "0 A B joins \n 10 B hears A0", &["unexpected A0#0 B"]),
            (
                "largest",
                "AB",
                "0 A B joins \n 9 A says \n 10 B hears A4294967295 \n 11 B hears A0",
                &["unexpected A4294967295#0 B"],
            ),
            ("own", "AB", "0 A B joins \n 10 B hears B7", &["unexpected B7#0 B"]),
            ("of no member", "AB CD", "0 A B joins \n 10 B hears C0", &["unexpected C0#0 B"]),
            (
                "in a room of neither",
                "AB C",
                "0 A B joins \n 10 B hears A0#1",
                &["unexpected A0#1 B"],
            ),
            (
                "in another's room",
                "AB CD",
                "0 A B joins \n 10 B hears C0#1",
                &["unexpected C0#1 B"],
            ),
            (
                "due at another time",
                "AB",
                "0 A B joins \n 9 A says \n 10 B hears A0 due 8",
                &["lost A0#0 B", "unexpected A0#0 B"],
            ),
        ],
    );
}

#[test]
fn where_the_sender_is_echoed_it_is_a_receiver_like_any_other() {
    let echoed = |rooms: &str| World { echoed: true, ..world(rooms) };
    check(
        echoed,
        &[
            ("heard", "AB", "0 A B joins \n 9 A says \n 10 A B hears A0", &[]),
            ("not heard", "AB", "0 A B joins \n 9 A says \n 10 B hears A0", &["lost A0#0 A"]),
            ("alone", "A", "0 A joins \n 9 A says", &["lost A0#0 A"]),
            (
                "twice",
                "AB",
                "0 A B joins \n 9 A says \n 10 A B hears A0 \n 11 A hears A0",
                &["duplicated A0#0 A"],
            ),
            (
                "on a new connection",
                "AB",
                "0 A B joins \n 9 A says \n 10 A hears A0 \n 11 A drops \n 12 A asks
                 13 A B hears A0",
                &[],
            ),
            (
                "not where only its words still pass",
                "AB",
                "0 A B joins \n 9 A says \n 10 B hears A0 \n 2000 A says \n 2001 B hears A1
                 2002 A drops",
                &[],
            ),
            (
                "unless it lived",
                "AB",
                "0 A B joins \n 9 A says \n 10 B hears A0 \n 1500 A lives \n 2000 A says
                 2001 B hears A1 \n 2002 A drops",
                &["lost A0#0 A"],
            ),
            ("while it is out", "AB", "0 B joins \n 9 A says \n 10 A hears A0", &["leaked A0#0 A"]),
        ],
    );
}

#[test]
fn order_is_judged_only_where_it_is_promised() {
    let unordered = |rooms: &str| World { ordered: false, ..world(rooms) };
    let script = "0 A B joins \n 8 A says \n 9 A says \n 10 B hears A1 \n 11 B hears A0";
    check(unordered, &[("off", "AB", script, &[])]);
}

const STRANGERS: &[Case] = &[
    ("a stranger's", "AB", "0 A B joins \n 10 B reads hello all of you", &[]),
    ("with the tag, AAAAH", "AB", "0 A B joins \n 10 B reads I say AAAAH", &["unexpected - B"]),
    (
        "damaged and awaited",
        "AB",
        "0 A B joins \n 9 A says \n 10 B garbles A0",
        &["corrupted A0#0 B"],
    ),
    (
        "damaged and heard before",
        "AB",
        "0 A B joins \n 9 A says \n 10 B hears A0 \n 11 B garbles A0",
        &["unexpected - B"],
    ),
    (
        "damaged and another room's",
        "AB C",
        "0 A B joins \n 9 A says \n 10 B hears A0 \n 11 C garbles A0",
        &["unexpected - C"],
    ),
    (
        "cut and heard before",
        "AB",
        "0 A B joins \n 9 A says \n 10 B hears A0 \n 11 B cuts A0 13",
        &["unexpected - B"],
    ),
];

#[test]
fn strangers_are_counted_where_they_are_welcome_and_nothing_of_ours_is() {
    let open = |rooms: &str| World { strangers_welcome: true, ..world(rooms) };
    check(open, STRANGERS);
    let script = "0 A B joins \n 9 A says \n 10 B hears A0 \n 11 A B reads hello";
    let judgement = judge(&open("AB"), script);
    assert_eq!(judgement.tally.strangers, 2);
    assert_eq!(judge(&world("AB"), script).stories(), ["unexpected - A", "unexpected - B"]);
}

#[test]
fn what_the_end_cuts_short_is_not_lost() {
    let script = "0 A B joins \n 9 A says \n 1500 A says \n 2000 end";
    let judgement = judge(&world("AB"), script);
    assert_eq!(judgement.stories(), ["lost A0#0 B"]);
    assert_eq!((judgement.tally.must, judgement.tally.may), (1, 1));
}

#[test]
fn what_was_delivered_and_completed_is_counted() {
    let script = "0 A B C joins \n 9 A says \n 10 B hears A0 \n 12 C hears A0 damaged
                  13 A says \n 14 B hears A1 \n 15 C drops";
    let judgement = judge(&world("ABC"), script);
    assert_eq!(judgement.delivered, 2);
    assert_eq!(judgement.completed, [(super::judging::at(10), super::judging::at(12))]);
    let tally = judgement.tally;
    assert_eq!((tally.must, tally.must_heard, tally.may, tally.may_heard), (3, 3, 1, 0));
    assert_eq!((tally.messages, tally.unjudged, judgement.unsettled), (2, 0, 0));
}

#[test]
fn who_lost_a_message_was_in_when_it_was_sent() {
    let script = "0 A B C joins \n 9 A says \n 10 C hears A0 \n 5000 C says \n 5001 A B hears C0
                  5002 B drops";
    let judgement = judge(&world("ABC"), script);
    let at = super::judging::at;
    let [lost] = &judgement.violations[..] else { panic!("{:?}", judgement.stories()) };
    assert_eq!(lost.standing, Standing::In { asked: at(9), since: at(9) });
    let story = lost.message.expect("a message was lost");
    assert_eq!((story.intended, story.sent), (at(9), Some(at(9))));
}
