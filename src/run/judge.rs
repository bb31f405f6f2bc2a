//! Judge: follows one shard's history with its oracle and recorder, second by second.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use super::outage::Outage;
use super::presence::Presence;
use crate::clock::ThreadCpu;
use crate::history::{Event, EventKind, Listener};
use crate::metrics::{Gauges, Histogram, Metric, Recorder};
use crate::oracle::{Finding, Oracle, Tally, Violation, ViolationKind};
use crate::scenario::Scenario;
use crate::time::Timestamp;

/// Reasons for failed and lost connections that are told apart.
const REASONS_MAX: usize = 20;

/// Broken promises: all of them counted, the first of each kind kept in full.
#[derive(Clone, Debug, Default)]
pub struct ViolationBook {
    counts: BTreeMap<ViolationKind, u64>,
    kept: BTreeMap<ViolationKind, Vec<Violation>>,
    kept_max: usize,
}

impl ViolationBook {
    /// A book that keeps the first `kept_max` of each kind.
    pub fn new(kept_max: usize) -> ViolationBook {
        ViolationBook { kept_max, ..ViolationBook::default() }
    }

    /// Counts `violation`, and keeps it if there is room.
    pub fn record(&mut self, violation: Violation) {
        *self.counts.entry(violation.kind).or_default() += 1;
        let kept = self.kept.entry(violation.kind).or_default();
        if kept.len() < self.kept_max {
            kept.push(violation);
        }
    }

    /// Adds what another shard's book has.
    pub fn add(&mut self, other: ViolationBook) {
        for (kind, count) in other.counts {
            *self.counts.entry(kind).or_default() += count;
        }
        for (kind, violations) in other.kept {
            let kept = self.kept.entry(kind).or_default();
            kept.extend(violations);
            kept.sort_by_key(|violation| violation.at);
            kept.truncate(self.kept_max);
        }
    }

    /// How many there are of `kind`.
    pub fn count(&self, kind: ViolationKind) -> u64 {
        self.counts.get(&kind).copied().unwrap_or_default()
    }

    /// How many there are of all kinds.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Those of `kind` that were kept, oldest first.
    pub fn kept(&self, kind: ViolationKind) -> &[Violation] {
        self.kept.get(&kind).map(Vec::as_slice).unwrap_or_default()
    }
}

/// One second of one shard, or more where the conductor was busy.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) recorder: Recorder,
    pub(super) violations: u64,
    /// By how many more users are connected, or deaf, than when that was last told.
    pub(super) gauges: Gauges,
}

/// All that a shard found, once it is over.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) book: ViolationBook,
    pub(super) tally: Tally,
    pub(super) send_delay: Histogram,
    /// Time on a processor over time, while the load lasted.
    pub(super) busy: f64,
    /// Why connections failed or were lost, and how often.
    pub(super) reasons: BTreeMap<Box<str>, u64>,
    /// What no snapshot has told yet.
    pub(super) rest: Snapshot,
    /// Memberships that nobody had taken when the load began.
    pub(super) absent: usize,
    /// Messages that were due for so long that they were given up.
    pub(super) given_up: u64,
    /// When somebody was deaf.
    pub(super) outages: Vec<Outage>,
    /// Times of deafness that were too many to be kept.
    pub(super) spells_dropped: u64,
}

/// When the load begins, told to all judges at once; [`Timestamp::NEVER`] until then.
#[derive(Debug)]
pub(super) struct LoadStart(AtomicU64);

impl Default for LoadStart {
    fn default() -> LoadStart {
        LoadStart(AtomicU64::new(Timestamp::NEVER.as_nanos()))
    }
}

impl LoadStart {
    pub(super) fn set(&self, start: Timestamp) {
        self.0.store(start.as_nanos(), Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// Follows one shard's history.
pub(super) struct Judge {
    oracle: Oracle,
    /// What happened since the last snapshot.
    recorder: Recorder,
    violations: u64,
    presence: Presence,
    findings: Findings,
    load_start: Arc<LoadStart>,
    load_duration: Duration,
    snapshots: mpsc::Sender<Snapshot>,
    next_snapshot: Timestamp,
    /// What this thread had spent when it was last seen before the load, or else in it.
    load_cpu: Option<(Timestamp, ThreadCpu)>,
    /// Whether the load was over when that was last compared with what it has spent.
    load_measured: bool,
}

impl Judge {
    pub(super) fn new(
        oracle: Oracle,
        scenario: &Scenario,
        load_start: Arc<LoadStart>,
        snapshots: mpsc::Sender<Snapshot>,
    ) -> Judge {
        let book = ViolationBook::new(scenario.limits.violations_kept_max as usize);
        Judge {
            oracle,
            recorder: Recorder::default(),
            violations: 0,
            presence: Presence::default(),
            findings: Findings { book, ..Findings::default() },
            load_start,
            load_duration: scenario.load.profile.duration(),
            snapshots,
            next_snapshot: Timestamp::ZERO.next_second(),
            load_cpu: None,
            load_measured: false,
        }
    }

    /// What was found in the end; whatever must still be heard is lost.
    pub(super) fn finish(&mut self, now: Timestamp) -> Findings {
        let (book, violations) = (&mut self.findings.book, &mut self.violations);
        self.oracle.finish(now, &mut |finding| {
            if let Finding::Violation(violation) = finding {
                *violations += 1;
                book.record(violation);
            }
        });
        self.findings.tally = self.oracle.tally();
        self.findings.rest = self.take_snapshot();
        (self.findings.outages, self.findings.spells_dropped) = self.presence.finish(now);
        std::mem::take(&mut self.findings)
    }

    fn judge(&mut self, event: &Event, load_start: Timestamp) {
        self.recorder.record(event);
        self.presence.observe(event);
        if let EventKind::ConnectFailed { why } | EventKind::Disconnected { why, .. } = &event.kind
        {
            self.count_reason(why);
        }
        let Judge { oracle, recorder, violations, findings, .. } = self;
        oracle.judge(event, &mut |finding| match finding {
            Finding::Delivered { intended, sent, at } if intended >= load_start => {
                recorder.delivered(intended, sent, at);
            }
            Finding::Completed { intended, first, last } if intended >= load_start => {
                recorder.completed(intended, first, last);
            }
            Finding::Delivered { .. } | Finding::Completed { .. } => {}
            Finding::Violation(violation) => {
                *violations += 1;
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

    /// Tells the conductor what there is to tell, unless it is too busy to listen: then the next
    /// snapshot tells it.
    fn tell(&mut self) {
        let snapshots = self.snapshots.clone();
        if let Ok(place) = snapshots.try_reserve() {
            place.send(self.take_snapshot());
        }
    }

    fn take_snapshot(&mut self) -> Snapshot {
        self.findings.send_delay.add(self.recorder.histogram(Metric::SendDelay));
        let recorder = std::mem::take(&mut self.recorder);
        let violations = std::mem::take(&mut self.violations);
        Snapshot { recorder, violations, gauges: self.presence.take_change() }
    }

    /// Measures how busy this thread is, from the load's beginning to its end. One that is held up
    /// looks late: at its first look from then on, what it has been busy with is the load.
    fn measure_busyness(&mut self, now: Timestamp) {
        let start = self.load_start.get();
        if self.load_measured {
            return;
        }
        let cpu = ThreadCpu::now();
        if now < start {
            self.load_cpu = Some((now, cpu));
            return;
        }
        self.load_measured = now > start + self.load_duration;
        let (from, spent) = *self.load_cpu.get_or_insert((now, cpu));
        let elapsed = now.since(from).as_secs_f64();
        if elapsed > 0.0 {
            self.findings.busy = cpu.since(spent).as_secs_f64() / elapsed;
        }
    }
}

impl Listener for Rc<RefCell<Judge>> {
    fn observe(&mut self, events: &[Event]) {
        let mut judge = self.borrow_mut();
        let load_start = judge.load_start.get();
        for event in events {
            judge.judge(event, load_start);
        }
    }

    fn tick(&mut self, now: Timestamp) {
        let mut judge = self.borrow_mut();
        judge.measure_busyness(now);
        if now >= judge.next_snapshot {
            judge.oracle.sweep(now);
            judge.tell();
            // On whole seconds, so that what the shards say of one second adds up.
            judge.next_snapshot = now.next_second();
        }
    }

    fn unsettled(&self) -> usize {
        self.borrow().oracle.unsettled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Alphabet, RunTag, Texts};
    use crate::oracle::{Promises, Roster};
    use crate::scenario::Overrides;

    const SCENARIO: &str = "
rooms: {count: 1, size: 2}
load: {phases: [{hold: {rate: 1/s, for: 1 s}}]}
";

    fn judge() -> Judge {
        let scenario = Scenario::parse("scenario.yaml", SCENARIO, &Overrides::default());
        let promises = Promises {
            sender_echoed: false,
            ordered: true,
            delivery_timeout: Duration::from_secs(1),
            in_flight_max: 1,
        };
        let texts = Texts::new(RunTag::new(1), Alphabet::Ascii, 1);
        let oracle = Oracle::new(Roster::new(Vec::new(), 0), texts, promises);
        let (telling, _) = mpsc::channel(1);
        Judge::new(oracle, &scenario.expect("a scenario"), Arc::default(), telling)
    }

    /// A flood may keep a thread from looking at its clock until the load is over.
    #[test]
    fn a_thread_that_is_held_up_through_the_load_was_busy() {
        let at = |seconds: u64| Timestamp::from_nanos(seconds * 1_000_000_000);
        let mut judge = judge();
        judge.measure_busyness(at(1));
        judge.load_start.set(at(2));
        let before = ThreadCpu::now();
        while ThreadCpu::now().since(before) < Duration::from_millis(10) {}
        judge.measure_busyness(at(5));
        let busy = judge.findings.busy;
        assert!(busy > 0.0024, "{busy}");
        while ThreadCpu::now().since(before) < Duration::from_millis(40) {}
        judge.measure_busyness(at(6));
        assert_eq!(judge.findings.busy, busy, "what comes after the load does not count");
    }
}
