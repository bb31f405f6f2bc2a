//! Shards: the threads of a run, each with a runtime, a crowd and a judge of its own.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::{mpsc, oneshot, watch};

use super::judge::{Findings, Judge, LoadStart, Snapshot};
use crate::history::History;
use crate::load::{Brief, Command, LoadError, Performed, perform};
use crate::oracle::{Oracle, Promises, Roster, RosterRoom};
use crate::scenario::{OrderPolicy, Plan, SenderPolicy, ShardPlan};

/// What a shard is given to talk to the conductor with.
pub(super) struct Lines {
    pub(super) commands: watch::Receiver<Command>,
    pub(super) snapshots: mpsc::Sender<Snapshot>,
    pub(super) assembled: oneshot::Sender<()>,
    pub(super) load_start: Arc<LoadStart>,
}

/// Starts the thread of one shard; its findings come when it is over.
pub(super) fn start(
    index: usize,
    brief: Arc<Brief>,
    part: ShardPlan,
    lines: Lines,
) -> std::io::Result<oneshot::Receiver<Result<Findings, LoadError>>> {
    let (done, findings) = oneshot::channel();
    std::thread::Builder::new().name(format!("shard-{index}")).spawn(move || {
        let found = runtime()
            .map_err(LoadError::from)
            .and_then(|runtime| runtime.block_on(work(brief, part, lines)));
        // The conductor does not wait for a run that it has given up.
        let _ = done.send(found);
    })?;
    Ok(findings)
}

/// A runtime whose tasks stay on its thread, and need not be sent anywhere.
fn runtime() -> std::io::Result<LocalRuntime> {
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())
}

async fn work(brief: Arc<Brief>, part: ShardPlan, lines: Lines) -> Result<Findings, LoadError> {
    let oracle = Oracle::new(roster(&brief.plan, &part), brief.texts(), promises(&brief));
    let judge = Judge::new(oracle, &brief.scenario, lines.load_start, lines.snapshots);
    let judge = Rc::new(RefCell::new(judge));
    let history = History::new(Box::new(Rc::clone(&judge)));
    let clock = brief.clock;
    let performed = perform(brief, part, history, lines.commands, lines.assembled).await?;
    let findings = judge.borrow_mut().finish(clock.now());
    let Performed { absent, given_up } = performed;
    Ok(Findings { absent, given_up, ..findings })
}

fn promises(brief: &Brief) -> Promises {
    let scenario = &brief.scenario;
    Promises {
        sender_echoed: scenario.dialect.sender == SenderPolicy::Echoed,
        ordered: scenario.order != OrderPolicy::Off,
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
