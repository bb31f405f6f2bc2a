//! Judge: follows the history of a world with the oracle, and takes its fingerprint.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use chatbench::history::{Departure, Event, EventKind, Listener, Session};
use chatbench::load::Brief;
use chatbench::oracle::{Finding, Oracle, Tally, Violation, ViolationKind};
use chatbench::run::oracle_of;
use chatbench::scenario::ShardPlan;
use chatbench::time::Timestamp;

/// What happened, and what the oracle made of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    /// The same for the same history only.
    pub(crate) fingerprint: u64,
    pub(crate) violations: Vec<Violation>,
    pub(crate) tally: Tally,
    pub(crate) events: u64,
    pub(crate) received: u64,
    pub(crate) reconnects: u64,
    pub(crate) unsent: u64,
    pub(crate) leaves: u64,
    pub(crate) left: u64,
    pub(crate) rejoins: u64,
    pub(crate) departures: u64,
    pub(crate) drops: u64,
    pub(crate) resumed: u64,
    pub(crate) recovered: u64,
    /// Joins without evidence, whoever is to blame.
    pub(crate) deaf: u64,
}

impl Record {
    pub(crate) fn kinds(&self) -> BTreeMap<ViolationKind, u64> {
        let mut kinds = BTreeMap::new();
        for violation in &self.violations {
            *kinds.entry(violation.kind).or_default() += 1;
        }
        kinds
    }
}

pub(crate) struct Judge {
    oracle: Oracle,
    record: Record,
    hasher: DefaultHasher,
    text: String,
    next_sweep: Timestamp,
    /// Whether each event is printed as it happens.
    loud: bool,
}

impl Judge {
    pub(crate) fn new(brief: &Brief, part: &ShardPlan) -> Rc<RefCell<Judge>> {
        Rc::new(RefCell::new(Judge {
            oracle: oracle_of(brief, part),
            record: Record::default(),
            hasher: DefaultHasher::new(),
            text: String::new(),
            next_sweep: Timestamp::ZERO.next_second(),
            loud: std::env::var_os("CHATBENCH_LOUD").is_some(),
        }))
    }

    /// Ends the judgement; whatever must still be heard is lost.
    pub(crate) fn finish(&mut self, now: Timestamp) -> Record {
        let violations = &mut self.record.violations;
        self.oracle.finish(now, &mut |finding| {
            if let Finding::Violation(violation) = finding {
                violations.push(violation);
            }
        });
        self.record.tally = self.oracle.tally();
        self.record.fingerprint = self.hasher.finish();
        std::mem::take(&mut self.record)
    }

    #[expect(clippy::print_stdout, reason = "whoever plays a seed again wants to see it")]
    fn judge(&mut self, event: &Event) {
        self.text.clear();
        write!(self.text, "{event:?}").expect("a String takes what is written");
        self.text.hash(&mut self.hasher);
        if self.loud {
            println!("{}", self.text);
        }
        let record = &mut self.record;
        record.events += 1;
        match event.kind {
            EventKind::Received { .. } => record.received += 1,
            EventKind::Disconnected { .. } => record.reconnects += 1,
            EventKind::Unsent { .. } => record.unsent += 1,
            EventKind::Leaving { .. } => record.leaves += 1,
            EventKind::Left { .. } => record.left += 1,
            EventKind::Rejoining { .. } => record.rejoins += 1,
            EventKind::Departed { how: Departure::Disconnect } => record.departures += 1,
            EventKind::Departed { how: Departure::Drop { .. } } => record.drops += 1,
            EventKind::Resumed { .. } => record.resumed += 1,
            EventKind::Connected { session: Session::Recovered, .. } => record.recovered += 1,
            EventKind::JoinUnconfirmed { .. } => record.deaf += 1,
            _ => {}
        }
        let (loud, violations) = (self.loud, &mut record.violations);
        self.oracle.judge(event, &mut |finding| {
            if let Finding::Violation(violation) = finding {
                if loud {
                    println!("VIOLATION {violation:?}");
                }
                violations.push(violation);
            }
        });
    }
}

/// The judge, as a history's listener.
pub(crate) struct Following(pub(crate) Rc<RefCell<Judge>>);

impl Listener for Following {
    fn observe(&mut self, events: &[Event]) {
        let mut judge = self.0.borrow_mut();
        events.iter().for_each(|event| judge.judge(event));
    }

    fn tick(&mut self, now: Timestamp) {
        let mut judge = self.0.borrow_mut();
        if now >= judge.next_sweep {
            judge.oracle.sweep(now);
            judge.next_sweep = now.next_second();
        }
    }

    fn unsettled(&self) -> usize {
        self.0.borrow().oracle.unsettled()
    }
}
