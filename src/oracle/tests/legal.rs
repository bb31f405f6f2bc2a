//! Legal: whatever a correct server may do, nobody is accused of anything.

use std::cell::RefCell;

use super::super::Tally;
use super::model::{Oddities, legal};
use super::seeds;

const SEEDS: u64 = 1_000;

#[test]
fn a_correct_server_is_never_accused() {
    let all = RefCell::new((Tally::default(), Oddities::default()));
    seeds::each(SEEDS, |seed, rng| {
        let legal = legal(rng);
        let judgement = legal.world.judge_all(&legal.events);
        let stories = judgement.stories();
        assert!(stories.is_empty(), "seed {seed}: {stories:?}");
        assert_eq!(judgement.unsettled, 0, "seed {seed}: unsettled");
        assert_eq!(judgement.tally.must, judgement.tally.must_heard, "seed {seed}");
        assert_eq!(judgement.tally.unjudged, 0, "seed {seed}");
        let (tally, oddities) = &mut *all.borrow_mut();
        tally.add(&judgement.tally);
        oddities.add(legal.oddities);
    });
    let (tally, oddities) = all.into_inner();
    println!("{tally:?} {oddities:?}");
    if std::env::var_os("CHATBENCH_SEED").is_none() {
        assert!(tally.must > tally.may, "more is let go than judged: {tally:?}");
        assert!(oddities.all_seen(), "the model is too tame: {oddities:?}");
    }
}

impl Oddities {
    fn add(&mut self, other: Oddities) {
        self.heard_again_after_reconnect += other.heard_again_after_reconnect;
        self.own_heard_after_reconnect += other.own_heard_after_reconnect;
        self.heard_after_timeout += other.heard_after_timeout;
        self.said_into_the_void += other.said_into_the_void;
        self.drops += other.drops;
        self.drops_unnoticed += other.drops_unnoticed;
        self.deaf += other.deaf;
    }

    fn all_seen(self) -> bool {
        let Oddities {
            heard_again_after_reconnect,
            own_heard_after_reconnect,
            heard_after_timeout,
            said_into_the_void,
            drops,
            drops_unnoticed,
            deaf,
        } = self;
        [
            heard_again_after_reconnect,
            own_heard_after_reconnect,
            heard_after_timeout,
            said_into_the_void,
            drops,
            drops_unnoticed,
            deaf,
        ]
        .into_iter()
        .all(|seen| seen >= 20)
    }
}
