//! Judge: follows one shard's history with its oracle and recorder, second by second.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use super::judgement::{Ending, Findings, Judgement, Snapshot};
use super::record::Scribe;
use crate::clock::ThreadCpu;
use crate::history::{Event, Listener};
use crate::load::Performed;
use crate::time::Timestamp;

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
    judgement: Judgement,
    /// Whoever writes down what the judgement follows from, if somebody wants it.
    scribe: Option<Scribe>,
    load_start: Arc<LoadStart>,
    load_duration: Duration,
    snapshots: mpsc::Sender<Snapshot>,
    next_snapshot: Timestamp,
    /// What this thread had spent when it was last seen before the load, or else in it.
    load_cpu: Option<(Timestamp, ThreadCpu)>,
    busy: f64,
    /// Whether the load was over when that was last compared with what it has spent.
    load_measured: bool,
}

impl Judge {
    pub(super) fn new(
        judgement: Judgement,
        scribe: Option<Scribe>,
        (load_start, load_duration): (Arc<LoadStart>, Duration),
        snapshots: mpsc::Sender<Snapshot>,
    ) -> Judge {
        Judge {
            judgement,
            scribe,
            load_start,
            load_duration,
            snapshots,
            next_snapshot: Timestamp::ZERO.next_second(),
            load_cpu: None,
            busy: 0.0,
            load_measured: false,
        }
    }

    /// What was found in the end; whatever must still be heard is lost.
    pub(super) fn finish(&mut self, at: Timestamp, performed: Performed) -> Findings {
        let ending = Ending { at, performed, busy: self.busy };
        if let Some(scribe) = &mut self.scribe {
            scribe.finish(&ending);
        }
        self.judgement.finish(ending)
    }

    fn observe(&mut self, events: &[Event]) {
        self.learn_load_start();
        if let Some(scribe) = &mut self.scribe {
            scribe.observe(events);
        }
        for event in events {
            self.judgement.judge(event);
        }
    }

    fn learn_load_start(&mut self) {
        let start = self.load_start.get();
        if start != self.judgement.load_start() {
            self.judgement.load_begins(start);
            if let Some(scribe) = &mut self.scribe {
                scribe.load_begins(start);
            }
        }
    }

    /// Looks through the accounts, and tells the conductor what there is to tell, unless it is too
    /// busy to listen: then the next snapshot tells it.
    fn turn(&mut self, now: Timestamp) {
        self.judgement.sweep(now);
        let snapshots = self.snapshots.clone();
        let place = snapshots.try_reserve();
        if let Some(scribe) = &mut self.scribe {
            // Before the conductor hears of it, so that no record has its word and not ours.
            scribe.turn(now, place.is_ok());
        }
        if let Ok(place) = place {
            place.send(self.judgement.take_snapshot());
        }
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
            self.busy = cpu.since(spent).as_secs_f64() / elapsed;
        }
    }
}

impl Listener for Rc<RefCell<Judge>> {
    fn observe(&mut self, events: &[Event]) {
        self.borrow_mut().observe(events);
    }

    fn tick(&mut self, now: Timestamp) {
        let mut judge = self.borrow_mut();
        judge.measure_busyness(now);
        if now >= judge.next_snapshot {
            judge.turn(now);
            // On whole seconds, so that what the shards say of one second adds up.
            judge.next_snapshot = now.next_second();
        }
    }

    fn unsettled(&self) -> usize {
        self.borrow().judgement.unsettled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::RunTag;
    use crate::clock::Clock;
    use crate::load::{Brief, Network, Tls};
    use crate::scenario::{Overrides, Plan, Scenario};

    const SCENARIO: &str = "
rooms: {count: 1, size: 2}
load: {phases: [{hold: {rate: 1/s, for: 1 s}}]}
";

    fn brief() -> Brief {
        let scenario = Scenario::parse("scenario.yaml", SCENARIO, &Overrides::default());
        let scenario = scenario.expect("a scenario");
        Brief {
            plan: Plan::new(&scenario, 1).expect("a plan"),
            scenario,
            tag: RunTag::new(1),
            clock: Clock::start(),
            began_unix_ms: 0,
            endpoints: Vec::new(),
            network: Network::default(),
            tls: Tls::insecure().expect("TLS that is not spoken"),
            source_ips: Vec::new(),
        }
    }

    fn judge() -> Judge {
        let brief = brief();
        let part = brief.plan.divide(1).remove(0);
        let judgement = Judgement::new(&brief, 0, &part);
        let (telling, _) = mpsc::channel(1);
        Judge::new(judgement, None, (Arc::default(), Duration::from_secs(1)), telling)
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
        let busy = judge.busy;
        assert!(busy > 0.0024, "{busy}");
        while ThreadCpu::now().since(before) < Duration::from_millis(40) {}
        judge.measure_busyness(at(6));
        assert_eq!(judge.busy, busy, "what comes after the load does not count");
    }
}
