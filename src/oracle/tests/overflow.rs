//! Overflow: with too little room for its accounts, the oracle says less, and nothing false.

use std::cell::Cell;

use rand::RngExt;

use super::judging::World;
use super::model::legal;
use super::script::{judge, world};
use super::seeds;

#[test]
fn a_correct_server_is_not_accused_for_want_of_room() {
    let (unjudged, judged) = (Cell::new(0), Cell::new(0));
    seeds::each(500, |seed, rng| {
        let legal = legal(rng);
        let in_flight_max = [1, 2, 5, 20][rng.random_range(0..4)];
        let judgement = World { in_flight_max, ..legal.world }.judge_all(&legal.events);
        let stories = judgement.stories();
        assert!(stories.is_empty(), "seed {seed}, {in_flight_max} in flight: {stories:?}");
        unjudged.set(unjudged.get() + judgement.tally.unjudged);
        judged.set(judged.get() + judgement.tally.must);
    });
    let chosen = std::env::var_os("CHATBENCH_SEED").is_some();
    assert!(chosen || unjudged.get() > 1000 && judged.get() > 1000, "{unjudged:?} {judged:?}");
}

fn small(rooms: &str, in_flight_max: usize) -> World {
    World { in_flight_max, ..world(rooms) }
}

#[test]
fn what_is_overdue_is_lost_and_not_unjudged() {
    let script = "0 A B C joins \n 9 A says \n 10 B hears A0
                  20 A says \n 21 B C hears A1 \n 30 A says \n 31 B C hears A2 \n 1500 C lives
                  2000 B says \n 2001 A C hears B0 \n 2002 A says \n 2003 B C hears A3";
    let judgement = judge(&small("ABC", 3), script);
    assert_eq!(judgement.stories(), ["lost A0#0 C"]);
    assert_eq!((judgement.tally.unjudged, judgement.tally.must), (0, 10));
}

#[test]
fn what_is_overdue_where_a_connection_may_be_dead_is_unjudged() {
    let receiver = "0 A B C joins \n 9 A says \n 10 B hears A0
                    20 A says \n 21 B C hears A1 \n 30 A says \n 31 B C hears A2 \n 1009 C lives
                    2000 B says \n 2001 A hears B0 \n 2002 C drops";
    let sender = "0 A B C joins \n 9 A says \n 10 A says \n 11 A says
                  1500 B C lives \n 2000 B says \n 2001 C hears B0 \n 2002 A drops";
    // What was missed has its time from the moment that the session is taken up again.
    let recovered = "0 A B C joins \n 10 B is-suspended \n 12 A says \n 13 C hears A0
                     14 A says \n 15 C hears A1 \n 5000 B recovers \n 5400 B lives
                     6100 A says \n 6101 C hears A2 \n 6102 A says \n 6103 C hears A3 \n 6104 B drops";
    for (script, unjudged) in [(receiver, 1), (sender, 3), (recovered, 2)] {
        let judgement = judge(&small("ABC", 3), script);
        assert_eq!(judgement.stories(), [] as [&str; 0]);
        assert_eq!(judgement.tally.unjudged, unjudged, "{script}");
    }
}

#[test]
fn of_what_was_given_up_nothing_is_said() {
    let script = "0 A B joins \n 9 A says \n 10 A says \n 11 B hears A1 \n 12 B hears A0
                  13 B hears A0 \n 20 B says \n 21 A hears B0 \n 22 A hears B0";
    let judgement = judge(&small("AB", 1), script);
    assert_eq!(judgement.stories(), ["duplicated B0#0 A"]);
    assert_eq!((judgement.tally.unjudged, judgement.tally.must), (1, 2));
}

#[test]
fn a_message_that_finds_no_room_at_all_is_unjudged() {
    let script = "0 A B joins \n 9 A says \n 10 B says \n 11 A hears B0 \n 12 A hears B0
                  13 B hears A0 \n 14 B says \n 15 A hears B1";
    let judgement = judge(&small("AB", 1), script);
    assert_eq!(judgement.stories(), [] as [&str; 0]);
    assert_eq!((judgement.tally.unjudged, judgement.tally.must), (1, 2));
}

#[test]
fn a_message_for_nobody_needs_no_room() {
    let script = "0 A B joins \n 0 C joins #1 \n 9 A says \n 10 C says #1 \n 11 B hears A0";
    let judgement = judge(&small("AB C", 1), script);
    assert_eq!(judgement.stories(), [] as [&str; 0]);
    assert_eq!(judgement.tally.unjudged, 0);
}
