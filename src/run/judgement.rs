//! Judgement: what follows from one shard's history, whether it happens now or is read again.

use std::collections::BTreeMap;

use super::book::ViolationBook;
use super::outage::Outage;
use super::presence::Presence;
use crate::history::{Event, EventKind};
use crate::load::{Brief, Performed};
use crate::metrics::{Gauges, Histogram, Metric, Recorder};
use crate::oracle::{Finding, KindCounts, Oracle, Promises, Roster, RosterRoom, Tally};
use crate::scenario::{OrderPolicy, Plan, Scenario, SenderPolicy, ShardPlan, StrangersPolicy};
use crate::time::Timestamp;

/// Reasons for failed and lost connections that are told apart.
const REASONS_MAX: usize = 20;

/// One second of one shard, or more where the conductor was busy.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    /// Whose.
    pub(super) shard: usize,
    pub(super) recorder: Recorder,
    pub(super) violations: KindCounts,
    /// By how many more users are connected, or deaf, than when that was last told.
    pub(super) gauges: Gauges,
}

/// All that a shard found, once it is over.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) book: ViolationBook,
    pub(super) tally: Tally,
    pub(super) send_delay: Histogram,
    /// Why connections failed or were lost, and how often.
    pub(super) reasons: BTreeMap<Box<str>, u64>,
    /// What no snapshot has told yet.
    pub(super) rest: Snapshot,
    /// When somebody was deaf.
    pub(super) outages: Vec<Outage>,
    /// Times of deafness that were too many to be kept.
    pub(super) spells_dropped: u64,
    /// What no history tells.
    pub(super) ending: Ending,
}

/// What no history tells of a shard: how it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ending {
    /// When.
    pub(super) at: Timestamp,
    /// What only its performer knows.
    pub(super) performed: Performed,
    /// Time on a processor over time, while the load lasted.
    pub(super) busy: f64,
}

/// Judges and measures one shard's history.
pub(super) struct Judgement {
    oracle: Oracle,
    shard: usize,
    /// What happened since the last snapshot.
    recorder: Recorder,
    violations: KindCounts,
    presence: Presence,
    findings: Findings,
    load_start: Timestamp,
}

impl Judgement {
    /// Of the `shard` that looks after `part`, to which nothing has happened yet.
    pub(super) fn new(brief: &Brief, shard: usize, part: &ShardPlan) -> Judgement {
        let book = ViolationBook::new(brief.scenario.limits.violations_kept_max as usize);
        Judgement {
            oracle: oracle_of(brief, part),
            shard,
            recorder: Recorder::default(),
            violations: KindCounts::default(),
            presence: Presence::default(),
            findings: Findings { book, ..Findings::default() },
            load_start: Timestamp::NEVER,
        }
    }

    /// When the load began, or will; never, as long as nobody knows.
    pub(super) fn load_start(&self) -> Timestamp {
        self.load_start
    }

    /// From now on it is known that the load begins at `start`.
    pub(super) fn load_begins(&mut self, start: Timestamp) {
        self.load_start = start;
    }

    /// Judges the next event.
    pub(super) fn judge(&mut self, event: &Event) {
        self.recorder.record(event);
        self.presence.observe(event);
        if let EventKind::ConnectFailed { why } | EventKind::Disconnected { why, .. } = &event.kind
        {
            self.count_reason(why);
        }
        let Judgement { oracle, recorder, violations, findings, load_start, .. } = self;
        oracle.judge(event, &mut |finding| match finding {
            Finding::Delivered { intended, sent, at } if intended >= *load_start => {
                recorder.delivered(intended, sent, at);
            }
            Finding::Completed { intended, first, last } if intended >= *load_start => {
                recorder.completed(intended, first, last);
            }
            Finding::Delivered { .. } | Finding::Completed { .. } => {}
            Finding::Violation(violation) => {
                violations.count(violation.kind);
                findings.book.record(violation);
            }
        });
    }

    fn count_reason(&mut self, why: &str) {
        let reasons = &mut self.findings.reasons;
        if let Some(count) = reasons.get_mut(why) {
            *count += 1;
        } else if reasons.len() < REASONS_MAX {
            reasons.insert(why.into(), 1);
        } else {
            *reasons.entry("other reasons".into()).or_default() += 1;
        }
    }

    /// Lets go of what nobody must hear any more.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        self.oracle.sweep(now);
    }

    /// How many messages somebody still has to hear.
    pub(super) fn unsettled(&self) -> usize {
        self.oracle.unsettled()
    }

    /// What no snapshot has told yet.
    pub(super) fn take_snapshot(&mut self) -> Snapshot {
        self.findings.send_delay.add(self.recorder.histogram(Metric::SendDelay));
        let recorder = std::mem::take(&mut self.recorder);
        let violations = std::mem::take(&mut self.violations);
        let gauges = self.presence.take_change();
        Snapshot { shard: self.shard, recorder, violations, gauges }
    }

    /// What was found in the end; whatever must still be heard is lost.
    pub(super) fn finish(&mut self, ending: Ending) -> Findings {
        let (book, violations) = (&mut self.findings.book, &mut self.violations);
        self.oracle.finish(ending.at, &mut |finding| {
            if let Finding::Violation(violation) = finding {
                violations.count(violation.kind);
                book.record(violation);
            }
        });
        self.findings.tally = self.oracle.tally();
        self.findings.rest = self.take_snapshot();
        (self.findings.outages, self.findings.spells_dropped) = self.presence.finish(ending.at);
        self.findings.ending = ending;
        std::mem::take(&mut self.findings)
    }
}

/// The oracle of the shard that looks after `part` of a run.
pub fn oracle_of(brief: &Brief, part: &ShardPlan) -> Oracle {
    Oracle::new(roster(&brief.plan, part), brief.texts(), promises(&brief.scenario))
}

fn promises(scenario: &Scenario) -> Promises {
    Promises {
        sender_echoed: scenario.dialect.sender == SenderPolicy::Echoed,
        ordered: scenario.order != OrderPolicy::Off,
        strangers_welcome: scenario.strangers == StrangersPolicy::Welcome,
        join_timeout: scenario.timeouts.join,
        delivery_timeout: scenario.timeouts.delivery,
        in_flight_max: scenario.limits.in_flight_messages_max as usize,
    }
}

fn roster(plan: &Plan, part: &ShardPlan) -> Roster {
    let room = |&id: &crate::chat::RoomId| RosterRoom {
        id,
        members: plan.rooms[id.index()].members.clone(),
    };
    Roster::new(part.rooms.iter().map(room).collect(), plan.users.len())
}
