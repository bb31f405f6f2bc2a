//! Excuses: who need not hear a message and may, by short histories.

use super::rules::{Case, check};
use super::script::world;

const COMINGS: &[Case] = &[
    ("does not", "ABC", "0 A B joins \n 8 A says \n 9 C joins \n 10 B hears A0", &[]),
    ("does", "ABC", "0 A B joins \n 8 A says \n 9 C asks \n 10 B C hears A0", &[]),
    (
        "twice is too often",
        "ABC",
        "0 A B joins \n 8 A says \n 9 C asks \n 10 C hears A0 \n 11 C hears A0
         12 B hears A0",
        &["duplicated A0#0 C"],
    ),
    (
        "asked before, confirmed after",
        "ABC",
        "0 A B joins \n 7 C asks \n 8 A says \n 9 C is-in \n 10 B hears A0",
        &[],
    ),
    (
        "once confirmed, it must",
        "ABC",
        "0 A B joins \n 7 C joins \n 8 A says \n 10 B hears A0",
        &["lost A0#0 C"],
    ),
    (
        "evidence that arrived before and is looked at after",
        "ABC",
        "0 A B joins \n 7 C asks \n 9 A says \n 8 C is-in \n 10 B hears A0 \n 2000 sweep
         2001 C hears A0",
        &[],
    ),
    (
        "through a cluster, after all others heard it",
        "ABC",
        "0 A B joins \n 8 A says \n 9 B hears A0 \n 10 C asks \n 11 C hears A0",
        &[],
    ),
    (
        "the same, changed on the way",
        "ABC",
        "0 A B joins \n 8 A says \n 9 B hears A0 \n 10 C asks \n 11 C hears A0 damaged",
        &["corrupted A0#0 C"],
    ),
    (
        "a replay of what is long over",
        "ABC",
        "0 A B joins \n 8 A says \n 9 B hears A0 \n 2000 C asks \n 2001 C hears A0",
        &["leaked A0#0 C"],
    ),
    (
        "a replay of what was let go",
        "ABCD",
        "0 A B joins \n 7 C asks \n 8 A says \n 9 B hears A0 \n 2000 sweep
         2001 D asks \n 2002 D hears A0",
        &["leaked A0#0 D"],
    ),
    (
        "a replay of what was let go and is kept behind a lost one",
        "ABCD",
        "0 A B joins \n 7 C asks \n 8 A says \n 9 A says \n 10 B hears A1 \n 2000 sweep
         2001 D asks \n 2002 D hears A1",
        &["leaked A1#0 D", "lost A0#0 B"],
    ),
    (
        "what need not come at all cannot come too late",
        "ABC",
        "0 A B joins \n 7 C asks \n 8 A says \n 9 B hears A0 \n 3000 C hears A0",
        &[],
    ),
    (
        "nor after it was let go",
        "ABC",
        "0 A B joins \n 7 C asks \n 8 A says \n 9 B hears A0 \n 2000 sweep
         3000 C hears A0",
        &[],
    ),
    (
        "a deaf member that hears again must hear on",
        "ABC",
        "0 A B joins \n 1 C asks \n 502 A says \n 503 B hears A0 \n 1600 C is-deaf
         1608 A says \n 1609 B C hears A1 \n 1610 C is-in \n 1611 A says \n 1612 B hears A2",
        &["join_unconfirmed #0 C", "lost A2#0 C"],
    ),
    (
        "a message due long before it was sent, the join between",
        "ABC",
        "0 A B joins \n 3000 C joins \n 3001 A says due 5 \n 3002 B C hears A0",
        &[],
    ),
    (
        "the same, through a cluster",
        "ABC",
        "0 A B joins \n 3001 A says due 5 \n 3002 B hears A0 \n 3003 C asks
         3004 C hears A0",
        &[],
    ),
];

#[test]
fn who_comes_while_a_message_is_under_way_may_hear_it() {
    check(world, COMINGS);
}

const LOSSES: &[Case] = &[
    ("receiver", "AB", "0 A B joins \n 9 A says \n 10 B drops", &[]),
    ("sender", "AB", "0 A B joins \n 9 A says \n 10 A drops", &[]),
    (
        "sender, when only some have heard it",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B hears A0 \n 11 A drops",
        &[],
    ),
    (
        "what comes of a lost connection may come when it likes",
        "ABC",
        "0 A B joins \n 9 A says \n 10 A drops \n 2000 sweep
         3000 B hears A0 \n 3000 C asks \n 3001 C hears A0",
        &[],
    ),
    (
        "the same, while it is kept behind a lost one",
        "ABCD",
        "0 A B C joins \n 9 A says \n 10 C hears A0 \n 5000 A says \n 5001 B C hears A1
         5002 A says \n 5003 A drops \n 7000 sweep \n 7001 D asks \n 7002 D hears A2",
        &["lost A0#0 B"],
    ),
    (
        "the receiver said nothing of life since",
        "AB",
        "0 A B joins \n 9 A says \n 60000 B drops",
        &[],
    ),
    (
        "the receiver was alive all the time",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 C hears A0 \n 5000 C says \n 5001 A B hears C0
         60000 B drops",
        &["lost A0#0 B"],
    ),
    (
        "the receiver was alive, but not for long enough",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 C hears A0 \n 500 C says \n 501 A B hears C0
         60000 B drops",
        &[],
    ),
    (
        "the sender was heard later on",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 C hears A0 \n 5000 A says \n 5001 B C hears A1
         5002 A drops",
        &["lost A0#0 B"],
    ),
    (
        "the sender was never heard again",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B C hears A0 \n 11 A says \n 60000 A drops",
        &[],
    ),
    (
        "the sender was heard again, but only from the next connection",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 A drops \n 20 A joins \n 5000 A says
         5001 B C hears A1 \n 5002 A drops",
        &[],
    ),
    (
        "said when the connection was lost",
        "AB",
        "0 A B joins \n 9 A drops \n 10 A says \n 20 A joins \n 21 A says
         22 B hears A1",
        &[],
    ),
    (
        "the others must still hear each other",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B drops",
        &["lost A0#0 C"],
    ),
    (
        "back again, it must hear again",
        "AB",
        "0 A B joins \n 9 B drops \n 10 B joins \n 11 A says",
        &["lost A0#0 B"],
    ),
    (
        "goodbyes at the end excuse nothing",
        "AB",
        "0 A B joins \n 9 A says \n 10 A B closes",
        &["lost A0#0 B"],
    ),
];

#[test]
fn a_lost_connection_excuses_what_was_in_flight_and_nothing_else() {
    check(world, LOSSES);
}

const RETURNS: &[Case] = &[
    (
        "hears once more what others still wait for",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B hears A0 \n 11 B drops \n 12 B asks
         13 B hears A0 \n 14 C hears A0",
        &[],
    ),
    (
        "hears once more what all have heard",
        "AB",
        "0 A B joins \n 9 A says \n 10 B hears A0 \n 11 B drops \n 12 B asks
         13 B hears A0",
        &[],
    ),
    (
        "but not twice",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B hears A0 \n 11 B drops \n 12 B asks
         13 B hears A0 \n 14 B hears A0 \n 15 C hears A0",
        &["duplicated A0#0 B"],
    ),
    (
        "nor before it asks",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B hears A0 \n 11 B drops \n 12 B hears A0
         14 C hears A0",
        &["duplicated A0#0 B"],
    ),
    (
        "hears itself, from before",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 A drops \n 11 A asks \n 12 A B hears A0",
        &[],
    ),
    (
        "hears itself, from before, when all others have",
        "AB",
        "0 A B joins \n 9 A says \n 10 B hears A0 \n 11 A drops \n 12 A asks
         13 A hears A0",
        &[],
    ),
    (
        "does not hear itself, from now",
        "AB",
        "0 A B joins \n 10 A drops \n 11 A joins \n 12 A says \n 13 A B hears A0",
        &["echoed A0#0 A"],
    ),
    (
        "is in no order with the old one of the sender",
        "AB",
        "0 A B joins \n 9 A says \n 10 A drops \n 11 A joins \n 12 A says
         13 B hears A1 \n 14 B hears A0",
        &[],
    ),
    (
        "what the old one said is in order",
        "AB",
        "0 A B joins \n 8 A says \n 9 A says \n 10 A drops \n 11 A joins
         13 B hears A1 \n 14 B hears A0",
        &["reordered A0#0 B"],
    ),
    (
        "what the new one says is in order, too, whatever else comes between",
        "AB",
        "0 A B joins \n 9 A says \n 10 A drops \n 11 A joins \n 12 A says \n 13 A says
                 14 B hears A2 \n 15 B hears A0 \n 16 B hears A1",
        &["reordered A1#0 B"],
    ),
    (
        "is in no order with the old one of the receiver",
        "ABC",
        "0 A B C joins \n 8 A says \n 9 A says \n 10 B hears A1 \n 11 B drops
         12 B asks \n 13 B hears A0 \n 14 C hears A0 \n 15 C hears A1",
        &[],
    ),
    (
        "asking twice is no new connection",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 B hears A0 \n 11 B joins \n 12 B hears A0
         14 C hears A0",
        &["duplicated A0#0 B"],
    ),
    (
        "asking twice does not make an echo legal",
        "ABC",
        "0 A B C joins \n 9 A says \n 10 A joins \n 11 A B C hears A0",
        &["echoed A0#0 A"],
    ),
];

#[test]
fn a_new_connection_is_a_new_listener() {
    check(world, RETURNS);
}
