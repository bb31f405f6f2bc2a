//! Shard: one thread's share of a run, from the first connection to the last goodbye.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::agenda::{Agenda, Task};
use super::connecting::{connect, recover};
use super::crowd::{Crowd, Shared};
use super::{Brief, Command};
use crate::clock::Alarm;
use crate::history::{EventKind, History};
use crate::scenario::ShardPlan;
use crate::time::Timestamp;

/// Tasks done in a row before the connections have their turn.
const TASKS_MAX: usize = 32;
const TICK: Duration = Duration::from_millis(100);
/// Nothing may have been heard for this long before a drain is over, so that a delivery too many
/// is still seen.
const QUIET: Duration = Duration::from_millis(500);
/// For goodbyes to leave.
const FAREWELL: Duration = Duration::from_millis(100);

/// Why a shard could not do its job.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The system gives no runtime or no timer.
    #[error("no file descriptor for a runtime or a timer: {0}")]
    System(#[from] std::io::Error),
}

/// What only the performer of a plan knows of how it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Performed {
    /// Memberships of which there was no evidence when the load began, nor any that the server
    /// had failed them: their users had not come, or had nobody to hear.
    pub absent: usize,
    /// Messages that were still due when the load had been over for as long as a delivery may
    /// take, and were given up.
    pub given_up: u64,
}

/// Performs `part` of the plan, as `commands` say, and writes it down in `history`. Tells
/// `assembled` once everybody who could be is in their rooms.
///
/// Must run on a [`tokio::runtime::LocalRuntime`].
///
/// # Errors
/// When the system lacks what a shard needs.
pub async fn perform(
    brief: Arc<Brief>,
    part: ShardPlan,
    history: History,
    commands: watch::Receiver<Command>,
    assembled: oneshot::Sender<()>,
) -> Result<Performed, LoadError> {
    let alarm = Alarm::new(brief.clock)?;
    let crowd = Rc::new(RefCell::new(Crowd::gather(brief, &part, history)));
    let obeying = tokio::task::spawn_local(obey(commands, Rc::clone(&crowd)));
    let mut shard = Shard { crowd, alarm, next_tick: Timestamp::ZERO, start: None };
    shard.invite(&part);
    shard.until(|crowd, _| crowd.unseated == 0 || crowd.command != Command::Assemble).await;
    // Nobody listens any more when the run was aborted meanwhile.
    let _ = assembled.send(());
    let mut performed = Performed::default();
    if let Some(start) = shard.await_beginning().await {
        performed.absent = shard.crowd.borrow().absent();
        shard.start = Some(start);
        shard.crowd.borrow_mut().take_the_floor(&part.rooms, start);
        shard.crowd.borrow_mut().take_the_road(start);
        performed.given_up = shard.speak(start).await;
    } else {
        // Whoever is not here yet need not come.
        shard.crowd.borrow_mut().agenda = Agenda::default();
    }
    shard.drain().await;
    shard.dismiss().await;
    obeying.abort();
    Ok(performed)
}

/// Passes on what the conductor says; without a conductor, nobody wants the run any more.
async fn obey(mut commands: watch::Receiver<Command>, crowd: Shared) {
    loop {
        let command = *commands.borrow_and_update();
        {
            let crowd = &mut *crowd.borrow_mut();
            crowd.command = command;
            crowd.news.tell();
        }
        if commands.changed().await.is_err() {
            let crowd = &mut *crowd.borrow_mut();
            crowd.command = Command::Abort;
            return crowd.news.tell();
        }
    }
}

struct Shard {
    crowd: Shared,
    alarm: Alarm,
    next_tick: Timestamp,
    /// When the load began, once it has.
    start: Option<Timestamp>,
}

impl Shard {
    fn invite(&self, part: &ShardPlan) {
        let mut crowd = self.crowd.borrow_mut();
        let brief = Arc::clone(&crowd.brief);
        let now = crowd.now();
        for (user, id) in part.users.iter().enumerate() {
            let due = now + brief.plan.users[id.index()].connect_after;
            crowd.agenda.add(due, Task::Connect { user: user as u32 });
        }
    }

    /// When the load begins; never, if the run is to end before.
    async fn await_beginning(&mut self) -> Option<Timestamp> {
        self.until(|crowd, _| crowd.command != Command::Assemble).await;
        let command = self.crowd.borrow().command;
        match command {
            Command::Begin(start) => Some(start),
            Command::Assemble | Command::Finish | Command::Abort => None,
        }
    }

    /// Says what is due, late where it must be; gives how many messages were due for so long that
    /// they were given up.
    async fn speak(&mut self, start: Timestamp) -> u64 {
        let (duration, overtime) = {
            let scenario = &self.crowd.borrow().brief.scenario;
            (scenario.load.profile.duration(), scenario.timeouts.delivery)
        };
        let end = start + duration;
        self.until(|crowd, now| {
            let over = now >= end && (!crowd.agenda.has_speech() || now >= end + overtime);
            over || crowd.command == Command::Finish
        })
        .await;
        let mut crowd = self.crowd.borrow_mut();
        let interrupted = matches!(crowd.command, Command::Finish | Command::Abort);
        let given_up = if interrupted { 0 } else { crowd.still_due() };
        crowd.agenda.fall_silent();
        given_up
    }

    /// Listens until everything was heard and nothing more comes, or its time is over. Whoever has
    /// asked to be let in has the time for that, too, in a run that comes to its end.
    async fn drain(&mut self) {
        self.crowd.borrow_mut().draining = true;
        let began = self.crowd.borrow().now();
        let timeouts = self.crowd.borrow().brief.scenario.timeouts;
        let over = began + timeouts.delivery + QUIET;
        let joins_over = over + timeouts.join * 3 / 2;
        self.until(|crowd, now| {
            let quiet = now.since(crowd.last_heard.max(began)) >= QUIET;
            let heard = now >= over || quiet && crowd.history.unsettled() == 0;
            let finished = crowd.command == Command::Finish;
            heard && (finished || now >= joins_over || !crowd.is_awaiting_joins())
        })
        .await;
    }

    async fn dismiss(&mut self) {
        let mut clients = Vec::new();
        {
            let mut crowd = self.crowd.borrow_mut();
            crowd.dismissed = true;
            let now = crowd.now();
            for user in 0..crowd.users.len() {
                clients.extend(crowd.users[user].lingering.take());
                if let Some(client) = crowd.users[user].client.take() {
                    let id = crowd.users[user].id;
                    crowd.note(now, id, EventKind::Closed);
                    clients.push(client);
                }
            }
            crowd.history.tick(now);
        }
        if self.is_aborted() {
            return;
        }
        for (closed, client) in clients.iter_mut().enumerate() {
            client.close();
            if closed % TASKS_MAX == 0 {
                tokio::task::yield_now().await;
            }
        }
        let clock = self.crowd.borrow().brief.clock;
        clock.sleep_until(clock.now() + FAREWELL).await;
    }

    /// Does what is due, as it becomes due, until `done` or the run is aborted.
    async fn until(&mut self, mut done: impl FnMut(&mut Crowd, Timestamp) -> bool) {
        loop {
            let now = self.crowd.borrow().now();
            // First, for nobody may speak on a connection whose loss was written down: what is
            // sent after it would be held against the server.
            recover(&self.crowd);
            let busy = self.do_due_tasks(now);
            self.tick_if_due(now);
            if self.is_aborted() || done(&mut self.crowd.borrow_mut(), now) {
                return;
            }
            if busy {
                tokio::task::yield_now().await;
                continue;
            }
            let next = self.crowd.borrow().agenda.next_due().min(self.next_tick);
            poll_fn(|cx| {
                if self.crowd.borrow_mut().news.poll(cx).is_ready() {
                    return Poll::Ready(());
                }
                self.alarm.poll_until(cx, next)
            })
            .await;
        }
    }

    fn is_aborted(&self) -> bool {
        self.crowd.borrow().command == Command::Abort
    }

    /// Whether there may be more to do at once.
    fn do_due_tasks(&mut self, now: Timestamp) -> bool {
        for _ in 0..TASKS_MAX {
            let due = self.crowd.borrow_mut().agenda.take_due(now);
            let draining = self.crowd.borrow().draining;
            let Some((due, task)) = due else { return false };
            match task {
                Task::Connect { .. }
                | Task::Move { .. }
                | Task::Storm { .. }
                | Task::Return { .. }
                    if draining => {}
                Task::Connect { user } => connect(&self.crowd, user),
                Task::Probe { room } => self.crowd.borrow_mut().probe(room),
                Task::JoinOver { seat, asked } => self.crowd.borrow_mut().join_over(seat, asked),
                Task::Speak { speaker } => {
                    let start = self.start.expect("nobody speaks before the load begins");
                    self.crowd.borrow_mut().speak(speaker, due, start);
                }
                Task::Move { user } => {
                    let start = self.start.expect("nobody moves before the load begins");
                    self.crowd.borrow_mut().make_move(user, start);
                }
                Task::Storm { storm } => self.crowd.borrow_mut().storm(storm),
                Task::Return { seat } => self.crowd.borrow_mut().back_in(seat),
                Task::Left { seat, since } => self.crowd.borrow_mut().left(seat, since),
            }
        }
        true
    }

    fn tick_if_due(&mut self, now: Timestamp) {
        if now >= self.next_tick {
            self.crowd.borrow_mut().history.tick(now);
            self.next_tick = now + TICK;
        }
    }
}
