//! Conductor: assembles the crowd, starts the load, gathers each second, and knows when it ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::RunOptions;
use super::gathering::Gathering;
use super::judge::LoadStart;
use super::judgement::{Findings, Snapshot};
use super::outcome::{Harvest, RunOutcome};
use super::record::{Minutes, Over};
use super::shards::{self, Lines};
use crate::clock::Clock;
use crate::load::{Brief, Command, LoadError, TargetError, preflight};
use crate::metrics::{Recorder, Row};
use crate::oracle::KindCounts;
use crate::time::Timestamp;

const SECOND: Duration = Duration::from_secs(1);
/// From the end of a second to the snapshots of it that all shards have sent by then.
const SNAPSHOT_DELAY: Duration = Duration::from_millis(250);
/// Snapshots of a shard that wait for a conductor that is busy writing.
const SNAPSHOTS_PER_SHARD_MAX: usize = 4;
/// From the assembly to the first message, for all shards to hear of it.
const LEAD: Duration = Duration::from_millis(50);

/// Why a run could not be performed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A target cannot be used.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A shard lacks something of the system's.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A thread or its runtime could not be made.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// Somebody wanted it to stop before there was anything to tell.
    #[error("stopped before the load began")]
    Stopped,
}

/// Whether somebody wants the run to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Nobody does.
    #[default]
    No,
    /// Send no more, hear what is under way, report.
    Finish,
    /// At once.
    Abort,
}

/// What a run is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Users connect and join.
    Assemble,
    /// Users speak.
    Load {
        /// When it began.
        start: Timestamp,
    },
    /// What is under way is still heard.
    Drain,
}

/// What followers of a run are told.
#[derive(Debug)]
pub enum News<'a> {
    /// A stage begins.
    Stage {
        /// Which.
        stage: Stage,
        /// When.
        at: Timestamp,
    },
    /// About a second has passed.
    Interval {
        /// When it began.
        from: Timestamp,
        /// When it ended.
        to: Timestamp,
        /// What was measured in it.
        recorder: &'a Recorder,
        /// The same in short.
        row: &'a Row,
        /// Promises broken in it.
        violations: &'a KindCounts,
    },
    /// The run is over.
    Over,
}

/// Follows a run while it goes.
pub trait Follower {
    /// Something is new.
    fn follow(&mut self, news: &News<'_>);
}

/// Performs the run that `brief` describes, and tells `followers` how it goes.
///
/// Must run on a [`tokio::runtime::LocalRuntime`].
///
/// # Errors
/// When a target cannot be used, or this machine does not give what it takes. What the server
/// does wrong is no error but part of the outcome.
pub async fn run(
    brief: Arc<Brief>,
    options: &RunOptions,
    mut stop: watch::Receiver<Stop>,
    followers: &mut [&mut dyn Follower],
) -> Result<RunOutcome, RunError> {
    tokio::select! {
        flown = preflight(&brief) => flown?,
        () = wanted(&mut stop, Stop::Finish) => return Err(RunError::Stopped),
    }
    let (mut conductor, shards) = Conductor::start(&brief, options, followers)?;
    conductor.assemble(shards.assembled, &mut stop).await;
    conductor.perform(&brief, &mut stop).await;
    let findings = conductor.await_the_end(shards.done, &mut stop).await?;
    let harvest = conductor.harvest(findings);
    Ok(RunOutcome::new(&brief, harvest))
}

/// Waits until somebody wants the run to stop, at least as urgently as `least`.
async fn wanted(stop: &mut watch::Receiver<Stop>, least: Stop) {
    if stop.wait_for(|stop| *stop >= least).await.is_err() {
        // Whoever could have wanted it is gone.
        std::future::pending::<()>().await;
    }
}

/// What the shards answer, one line each.
struct Shards {
    assembled: Vec<oneshot::Receiver<()>>,
    done: Vec<oneshot::Receiver<Result<Findings, LoadError>>>,
}

struct Conductor<'f, 'a> {
    gathering: Gathering<'f, 'a>,
    /// Whoever writes down what is gathered when, if somebody wants it.
    minutes: Option<Minutes>,
    commands: watch::Sender<Command>,
    snapshots: mpsc::Receiver<Snapshot>,
    load_start: Arc<LoadStart>,
    clock: Clock,
    /// When the load began and ended.
    load: Option<(Timestamp, Timestamp)>,
    interrupted: bool,
}

impl<'f, 'a> Conductor<'f, 'a> {
    fn start(
        brief: &Arc<Brief>,
        options: &RunOptions,
        followers: &'f mut [&'a mut dyn Follower],
    ) -> Result<(Conductor<'f, 'a>, Shards), RunError> {
        let (commands, orders) = watch::channel(Command::Assemble);
        let parts = brief.plan.divide(options.shards);
        let (telling, snapshots) = mpsc::channel(parts.len() * SNAPSHOTS_PER_SHARD_MAX);
        let load_start = Arc::new(LoadStart::default());
        let gathering = Gathering::new(parts.len(), followers);
        let mut shards = Shards { assembled: Vec::new(), done: Vec::new() };
        for (index, part) in parts.into_iter().enumerate() {
            let (assembled, is_assembled) = oneshot::channel();
            let lines = Lines {
                commands: orders.clone(),
                snapshots: telling.clone(),
                assembled,
                load_start: Arc::clone(&load_start),
                scribe: options.record.as_ref().map(|record| record.scribe(index)),
            };
            let done = shards::start(index, Arc::clone(brief), part, lines);
            shards.done.push(done.map_err(RunError::Thread)?);
            shards.assembled.push(is_assembled);
        }
        let conductor = Conductor {
            gathering,
            minutes: options.record.as_ref().map(|record| record.minutes()),
            commands,
            snapshots,
            load_start,
            clock: brief.clock,
            load: None,
            interrupted: false,
        };
        Ok((conductor, shards))
    }

    async fn assemble(
        &mut self,
        assembled: Vec<oneshot::Receiver<()>>,
        stop: &mut watch::Receiver<Stop>,
    ) {
        self.announce(Stage::Assemble);
        let commands = self.commands.clone();
        let everybody = async {
            for shard in assembled {
                if shard.await.is_err() {
                    // It could not do its job, and says why when it is asked in the end.
                    commands.send_replace(Command::Abort);
                }
            }
        };
        self.unless_stopped(everybody, stop).await;
    }

    /// Lets the load begin, and waits until all of it was due.
    async fn perform(&mut self, brief: &Brief, stop: &mut watch::Receiver<Stop>) {
        let failed = *self.commands.borrow() == Command::Abort;
        if !self.interrupted && !failed {
            let start = self.clock.now() + LEAD;
            self.load_start.set(start);
            self.command(Command::Begin(start));
            self.announce(Stage::Load { start });
            let clock = self.clock;
            let end = start + brief.scenario.load.profile.duration();
            self.unless_stopped(async move { clock.sleep_until(end).await }, stop).await;
            self.load = Some((start, self.clock.now().min(end)));
        }
        self.announce(Stage::Drain);
    }

    async fn await_the_end(
        &mut self,
        done: Vec<oneshot::Receiver<Result<Findings, LoadError>>>,
        stop: &mut watch::Receiver<Stop>,
    ) -> Result<Vec<Findings>, RunError> {
        let commands = self.commands.clone();
        let all = async {
            let mut findings = Vec::new();
            for (index, shard) in done.into_iter().enumerate() {
                let found = shard.await;
                let found = found.unwrap_or_else(|_| panic!("shard {index} of the run panicked"));
                findings.push(found?);
            }
            Ok(findings)
        };
        let abort = async {
            wanted(stop, Stop::Abort).await;
            commands.send_replace(Command::Abort);
            std::future::pending::<()>().await;
        };
        let ended = self
            .gather_until(async {
                tokio::select! {
                    findings = all => findings,
                    () = abort => unreachable!("an abort waits for the shards"),
                }
            })
            .await;
        self.interrupted |= *stop.borrow() != Stop::No;
        ended
    }

    fn harvest(mut self, findings: Vec<Findings>) -> Harvest {
        while let Ok(snapshot) = self.snapshots.try_recv() {
            self.gathering.take(&snapshot);
        }
        for shard in &findings {
            self.gathering.take(&shard.rest);
        }
        let to = self.clock.now();
        self.gathering.close_interval(to);
        let (recorder, timeline) = self.gathering.end();
        let over =
            Over { to, at: self.clock.now(), load: self.load, interrupted: self.interrupted };
        if let Some(minutes) = &mut self.minutes {
            minutes.over(&over);
        }
        Harvest::new((recorder, timeline), findings, &over)
    }

    /// Gathers what the shards tell until `what` is done, or somebody wants the run to stop.
    async fn unless_stopped(
        &mut self,
        what: impl Future<Output = ()>,
        stop: &mut watch::Receiver<Stop>,
    ) {
        let mut watching = stop.clone();
        let stopped = self
            .gather_until(async {
                tokio::select! {
                    () = what => false,
                    () = wanted(&mut watching, Stop::Finish) => true,
                }
            })
            .await;
        if stopped {
            self.interrupted = true;
            let at_once = *stop.borrow() == Stop::Abort;
            self.command(if at_once { Command::Abort } else { Command::Finish });
        }
    }

    async fn gather_until<T>(&mut self, what: impl Future<Output = T>) -> T {
        let mut what = std::pin::pin!(what);
        loop {
            let second_ends = self.gathering.interval_began() + SECOND;
            let interval_ends = second_ends + SNAPSHOT_DELAY;
            tokio::select! {
                done = &mut what => return done,
                Some(snapshot) = self.snapshots.recv() => self.gathering.take(&snapshot),
                () = self.clock.sleep_until(interval_ends) => self.close_interval(second_ends),
            }
        }
    }

    fn close_interval(&mut self, to: Timestamp) {
        let taken = self.gathering.close_interval(to);
        if let Some(minutes) = &mut self.minutes {
            minutes.interval(to, taken);
        }
    }

    fn command(&self, command: Command) {
        self.commands.send_replace(command);
    }

    fn announce(&mut self, stage: Stage) {
        let at = self.clock.now();
        self.gathering.tell(&News::Stage { stage, at });
    }
}
