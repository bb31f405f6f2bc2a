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
    load_cpu: Option<(Timestamp, ThreadCpu)>,
    busy: f64,
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

    /// Measures how busy this thread is, from the load's beginning to its end.
    fn measure_busyness(&mut self, now: Timestamp) {
        let start = self.load_start.get();
        if now < start || self.load_cpu.is_some() && now > start + self.load_duration {
            return;
        }
        let cpu = ThreadCpu::now();
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
