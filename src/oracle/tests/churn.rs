//! Churn: who leaves, comes back, is cut off or taken up again, by short histories.

use super::judging::at;
use super::rules::{Case, check};
use super::script::{judge, world};

const LEAVES: &[Case] = &[
    ("what is under way need not come", "AB", "0 A B joins \n 8 A says \n 9 B leaves", &[]),
    ("and may come", "AB", "0 A B joins \n 8 A says \n 9 B leaves \n 10 B hears A0", &[]),
    (
        "twice is too often",
        "AB",
        "0 A B joins \n 8 A says \n 9 B leaves \n 10 B hears A0 \n 11 B hears A0",
        &["duplicated A0#0 B"],
    ),
    (
        "what had its time had to come",
        "AB",
        "0 A B joins \n 1 A says \n 1100 B lives \n 1101 B leaves",
        &["lost A0#0 B"],
    ),
    (
        "what is said before the server has had its time may come",
        "ABC",
        "0 A B C joins \n 8 B leaves \n 9 A says \n 10 B C hears A0",
        &[],
    ),
    (
        "what is said after may not",
        "ABC",
        "0 A B C joins \n 8 B leaves \n 1008 B is-out \n 1009 A says \n 1010 B C hears A0",
        &["leaked A0#0 B"],
    ),
    (
        "the others must hear all along",
        "ABC",
        "0 A B C joins \n 8 B leaves \n 9 A says \n 10 B hears A0",
        &["lost A0#0 C"],
    ),
    (
        "what the leaver said must come",
        "ABC",
        "0 A B C joins \n 7 B says \n 8 B leaves \n 10 A hears B0",
        &["lost B0#0 C"],
    ),
    (
        "another room is another matter",
        "ABC ABC",
        "0 A B C joins \n 0 A B C joins #1 \n 8 B leaves \n 9 A says #1 \n 10 C hears A0#1",
        &["lost A0#1 B"],
    ),
    (
        "while it was joining",
        "ABC",
        "0 A C joins \n 1 B asks \n 8 B leaves \n 9 A says \n 10 C hears A0",
        &[],
    ),
    (
        "what was let go when it left, and comes when it is out",
        "ABC",
        "0 A B C joins \n 8 A says \n 9 B leaves \n 10 C hears A0 \n 1009 B is-out \n 2000 sweep
         2100 B hears A0",
        &[],
    ),
    (
        "what is long over when it comes back",
        "ABC",
        "0 A B C joins \n 8 A says \n 9 B leaves \n 10 C hears A0 \n 1009 B is-out \n 2000 sweep
         2050 B asks \n 2100 B hears A0",
        &[],
    ),
    (
        "what was said while it was out, told when it comes back",
        "ABC",
        "0 A B C joins \n 9 B leaves \n 1009 B is-out \n 1010 A says \n 1011 C hears A0
         2500 sweep
         3000 B asks \n 3001 B hears A0",
        &["leaked A0#0 B"],
    ),
    (
        "what it heard before it left, told again when it comes back",
        "ABC",
        "0 A B C joins \n 8 A says \n 9 B hears A0 \n 10 B leaves \n 1010 B is-out
         1011 B asks \n 1012 B hears A0",
        &["duplicated A0#0 B", "lost A0#0 C"],
    ),
    (
        "the same, when everybody had heard it",
        "ABC",
        "0 A B C joins \n 8 A says \n 9 B C hears A0 \n 10 B leaves \n 1010 B is-out
         1011 B asks \n 1012 B hears A0",
        &["duplicated A0#0 B"],
    ),
    (
        "once it is back, it must hear again",
        "ABC",
        "0 A B C joins \n 8 B leaves \n 1008 B is-out \n 1009 B joins \n 1010 A says
         1011 C hears A0",
        &["lost A0#0 B"],
    ),
    (
        "its own word comes back to it from when it was in before",
        "AB",
        "0 A B joins \n 7 B says \n 8 A hears B0 \n 9 B leaves \n 1009 B is-out \n 1500 sweep
         1600 B hears B0",
        &["echoed B0#0 B"],
    ),
];

#[test]
fn a_member_that_leaves_may_hear_for_a_while() {
    check(world, LEAVES);
}

const DEPARTURES: &[Case] = &[
    ("receiver", "AB", "0 A B joins \n 9 A says \n 10 B departs", &[]),
    ("sender", "AB", "0 A B joins \n 9 A says \n 10 A departs", &[]),
    (
        "still heard where it listens",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B departs \n 11 B C hears A0 \n 12 A says
         13 B C hears A1",
        &[],
    ),
    (
        "a ghost",
        "ABC",
        "0 A B C joins \n 10 B departs \n 1010 B is-out \n 1012 A says \n 1013 B C hears A0",
        &["leaked A0#0 B"],
    ),
    (
        "a ghost on its next connection, where it asked for nothing",
        "ABC",
        "0 A B C joins \n 10 B departs \n 20 B connects \n 22 A says \n 23 B C hears A0",
        &["leaked A0#0 B"],
    ),
    (
        "on its next connection it hears anew",
        "ABC",
        "0 A B C joins \n 9 A says \n 9 B hears A0 \n 10 B departs \n 20 B connects \n 21 B asks
         22 B hears A0 \n 23 C hears A0",
        &[],
    ),
    (
        "what was cut off need not come",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B is-cut \n 12 A says \n 13 C hears A0 \n 14 C hears A1",
        &[],
    ),
];

#[test]
fn a_user_that_departs_may_hear_where_it_listens() {
    check(world, DEPARTURES);
}

const RECOVERIES: &[Case] = &[
    (
        "what was missed must come",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 20 B recovers",
        &["lost A0#0 B"],
    ),
    (
        "before the server says so",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 19 B hears A0
         20 B recovers",
        &[],
    ),
    (
        "or after",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 20 B recovers
         21 B hears A0",
        &[],
    ),
    (
        "once",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 19 B hears A0
         20 B recovers \n 21 B hears A0",
        &["duplicated A0#0 B"],
    ),
    (
        "and not what was heard before",
        "ABC",
        "0 A B C joins \n 8 A says \n 9 B hears A0 \n 10 B is-suspended \n 13 C hears A0
         20 B recovers \n 21 B hears A0",
        &["duplicated A0#0 B"],
    ),
    (
        "what was under way when it was cut off must come, too",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B is-suspended \n 13 C hears A0 \n 20 B recovers",
        &["lost A0#0 B"],
    ),
    (
        "however long it was away",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 5000 sweep
         9000 B recovers",
        &["lost A0#0 B"],
    ),
    (
        "and it is not late for that",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 5000 sweep
         9000 B recovers \n 9500 B hears A0",
        &[],
    ),
    (
        "but it is late if it takes its time then",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0
         20 B recovers \n 1500 B hears A0",
        &["late A0#0 B"],
    ),
    (
        "not if the run ends too soon",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 5000 sweep
         9000 B recovers \n 9500 end",
        &[],
    ),
    (
        "not what a sender said whose connection is lost",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 A drops \n 20 B recovers",
        &[],
    ),
    (
        "not what it need not have heard anyway",
        "ABC",
        "0 A C joins \n 1 B asks \n 9 A says \n 10 C hears A0 \n 11 B is-in \n 12 B is-suspended
         20 B recovers",
        &[],
    ),
    (
        "not where the server makes it somebody new",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 20 B is-declined
         21 B joins",
        &[],
    ),
    (
        "who then hears what goes on where it asked for nothing",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 20 B is-declined \n 21 A says \n 22 B C hears A0",
        &["leaked A0#0 B"],
    ),
    (
        "whom the server makes somebody new must hear from its next join on",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 20 B is-declined \n 21 B joins \n 30 A says
         31 C hears A0",
        &["lost A0#0 B"],
    ),
    (
        "and in time",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 20 B is-declined \n 21 B joins \n 30 A says
         31 C hears A0 \n 1031 B hears A0",
        &["late A0#0 B"],
    ),
    (
        "not if its connection is lost again before it had its time",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 5000 B recovers
         6000 B lives \n 6001 B drops",
        &[],
    ),
    (
        "unless it had that",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 5000 B recovers
         6001 B lives \n 6002 B drops",
        &["lost A0#0 B"],
    ),
    (
        "what had its time before it was cut off, though it never comes back",
        "ABC",
        "0 A B C joins \n 10 A says \n 11 C hears A0 \n 1100 B lives \n 1101 B is-suspended",
        &["lost A0#0 B"],
    ),
    (
        "the same, though it comes back and is lost again",
        "ABC",
        "0 A B C joins \n 10 A says \n 11 C hears A0 \n 1100 B lives \n 1101 B is-suspended
         5000 B recovers \n 5500 B lives \n 5600 B drops",
        &["lost A0#0 B"],
    ),
    (
        "the same, and the run ends soon after it came back",
        "ABC",
        "0 A B C joins \n 10 A says \n 11 C hears A0 \n 1100 B lives \n 1101 B is-suspended
         5000 B recovers \n 5500 end",
        &["lost A0#0 B"],
    ),
    (
        "what is kept for it is no news to others for that",
        "ABCD",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 5000 sweep
         9000 D asks \n 9001 D hears A0",
        &["leaked A0#0 D"],
    ),
    (
        "nor does anybody promise an order between before and after",
        "AB",
        "0 A B joins \n 9 A says \n 10 A is-suspended \n 12 A recovers \n 13 A says
         14 B hears A1 \n 15 B hears A0",
        &[],
    ),
    (
        "nor that what is said into a connection that is lost arrives",
        "AB",
        "0 A B joins \n 10 A is-suspended \n 11 A says",
        &[],
    ),
    (
        "nor if it leaves before",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 5000 B recovers
         6000 B lives \n 6001 B leaves",
        &[],
    ),
    (
        "lost again, and taken up again",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 5000 B recovers
         5001 B lives \n 5002 B is-suspended \n 9000 B recovers",
        &["lost A0#0 B"],
    ),
    (
        "from then on it must hear as before",
        "ABC",
        "0 A B C joins \n 10 B is-suspended \n 20 B recovers \n 21 A says \n 22 C hears A0",
        &["lost A0#0 B"],
    ),
];

#[test]
fn who_is_taken_up_again_must_hear_what_it_missed() {
    check(world, RECOVERIES);
}

#[test]
fn what_was_missed_is_counted() {
    let judgement = judge(
        &world("ABC"),
        "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 A says \n 14 A says
         15 C hears A0 \n 16 C hears A1 \n 17 C hears A2 \n 19 B hears A0
         20 B recovers \n 21 B hears A1",
    );
    assert_eq!((judgement.tally.replayed, judgement.tally.not_replayed), (2, 1));
}

#[test]
fn a_violation_tells_how_its_receiver_came_to_stand_there() {
    let judgement = judge(
        &world("ABC"),
        "0 A B C joins \n 8 B leaves \n 1008 B is-out \n 1009 A says \n 1010 B C hears A0
         1011 B joins",
    );
    let told = &judgement.violations[0];
    let times: Vec<_> = told.course.iter().map(|change| change.at()).collect();
    assert_eq!(times, [0, 0, 8, 1008].map(at), "{:?}", told.course);
}

/// How long somebody was away says nothing of how fast the server is.
#[test]
fn what_was_missed_is_in_no_latency() {
    let away = "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0 \n 9000 B recovers
                9500 B hears A0";
    let judgement = judge(&world("ABC"), away);
    assert_eq!((judgement.delivered, judgement.completed), (1, vec![(at(13), at(13))]));
    assert_eq!((judgement.tally.replayed, judgement.tally.must_heard), (1, 2));
    let last = "0 A B C joins \n 9 A says \n 10 B is-suspended \n 13 C hears A0 \n 20 B recovers
                21 B hears A0";
    assert_eq!(judge(&world("ABC"), last).completed, [(at(13), at(13))]);
}
