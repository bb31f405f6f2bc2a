//! Gate: tries the checks that apply, several at a time, and judges what they show.

mod attempt;
mod needs;

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use self::attempt::{Attempt, Doubt, Turn};
use super::chat::load::Loaded;
use super::check::{Check, Level, Need, Pace};
use super::finding::Outcome;
use super::peer::{Dial, DialOptions, Line, Purse};
use super::survey::{Survey, SurveyError};
use super::target::Target;
use crate::clock::Clock;
use crate::transport::{Endpoint, Network, TransportOptions};

/// Checks under way at a time, among those that may be.
const TOGETHER_MAX: usize = 16;
/// What is doubtful is tried once more by itself: a machine that has too much to do may be why.
/// Where more is doubtful than that, it is not.
const SECOND_LOOKS_MAX: usize = 10;

/// What became of one check.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The check.
    pub check: &'static Check,
    /// What failing it means on this target.
    pub level: Level,
    /// What it showed.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
    /// What went over the wire.
    pub transcript: Vec<Line>,
    /// Lines of the transcript that were not kept.
    pub left_out: usize,
}

/// What became of all of them.
#[derive(Clone, Debug)]
pub struct Trials {
    /// What the server says of itself.
    pub survey: Survey,
    /// Each check, in the order of the catalogue.
    pub tried: Vec<Tried>,
    /// How long it all took.
    pub took: Duration,
    /// Whether it was stopped before all were tried.
    pub interrupted: bool,
}

/// Tries `checks` on `target`, and tells `follow` of each as it is done.
///
/// Must run on a [`tokio::runtime::LocalRuntime`].
///
/// # Errors
/// When there is no server that any could be tried on.
pub async fn run(
    target: Target,
    checks: &[&'static Check],
    follow: &mut dyn FnMut(&Tried),
) -> Result<Trials, SurveyError> {
    run_until(target, checks, follow, std::future::pending()).await
}

/// The same until `stop` is ready: what is not done by then is unknown.
///
/// # Errors
/// When there is no server that any could be tried on, or none was begun.
pub async fn run_until(
    target: Target,
    checks: &[&'static Check],
    follow: &mut dyn FnMut(&Tried),
    stop: impl Future<Output = ()>,
) -> Result<Trials, SurveyError> {
    let clock = Clock::start();
    let target = Rc::new(target);
    let purse = Purse::new(target.load_messages);
    let dial = dial_to(&target, &target.endpoint, (clock, &purse), &Survey::default());
    let mut stop = std::pin::pin!(stop);
    let survey = tokio::select! {
        survey = Survey::take(&target, &dial) => Rc::new(survey?),
        () = &mut stop => return Err(SurveyError::interrupted(&target)),
    };
    let gate = Rc::new(Gate {
        dial: dial_to(&target, &target.endpoint, (clock, &purse), &survey),
        sound: dial_to(&target, &target.endpoint, (clock, &Purse::new(0)), &survey),
        other: target.peer.as_ref().map(|peer| dial_to(&target, peer, (clock, &purse), &survey)),
        tag: format!("cb{:05x}", rand::random::<u32>() & 0xf_ffff),
        target,
        survey,
        clock,
        load: Rc::default(),
    });
    let mut ledger = Ledger { follow, done: Vec::new(), open: Vec::new() };
    let interrupted = tokio::select! {
        () = gate.attempt_all(checks, &mut ledger) => false,
        () = &mut stop => true,
    };
    let mut tried = ledger.closed();
    let left = checks.iter().filter(|check| !tried.iter().any(|one| one.check.id == check.id));
    tried.extend(left.map(|check| Tried::not(check)).collect::<Vec<_>>());
    let place = |one: &Tried| checks.iter().position(|check| check.id == one.check.id);
    tried.sort_by_key(place);
    let took = clock.now().since(crate::time::Timestamp::ZERO);
    Ok(Trials { survey: (*gate.survey).clone(), tried, took, interrupted })
}

/// What has been tried.
struct Ledger<'f> {
    follow: &'f mut dyn FnMut(&Tried),
    done: Vec<Tried>,
    /// What is to be tried once more; should nobody get to that, it stays as it is.
    open: Vec<Attempt>,
}

impl Ledger<'_> {
    fn done(&mut self, one: Tried) {
        (self.follow)(&one);
        self.done.push(one);
    }

    /// All of it.
    fn closed(mut self) -> Vec<Tried> {
        for attempt in std::mem::take(&mut self.open) {
            self.done(attempt.tried);
        }
        self.done
    }
}

impl Tried {
    /// What nobody waited for.
    fn not(check: &'static Check) -> Tried {
        let outcome = Outcome::Unknown("interrupted before it was done".into());
        let (took, transcript) = (Duration::ZERO, Vec::new());
        Tried { check, level: check.level, outcome, took, transcript, left_out: 0 }
    }
}

fn dial_to(
    target: &Target,
    endpoint: &Endpoint,
    (clock, purse): (Clock, &Purse),
    survey: &Survey,
) -> Dial {
    let patience = target.patience;
    let transport = TransportOptions {
        network: Network::System,
        tls: target.tls.clone(),
        headers: target.headers.clone(),
        source_ips: Vec::new(),
        open_timeout: patience.answer,
        message_bytes_max: 0,
        unsent_bytes_max: 0,
    };
    // A poll is ended by the next ping at the latest.
    let poll_patience = survey.heartbeat().unwrap_or(patience.wait_max) + patience.answer;
    let endpoint = endpoint.clone();
    let patience = patience.answer;
    let options = DialOptions { endpoint, transport, clock, patience, poll_patience };
    Dial::new(options, purse)
}

struct Gate {
    target: Rc<Target>,
    survey: Rc<Survey>,
    dial: Dial,
    /// The same for controls: they have a purse of their own, whatever checks were sent.
    sound: Dial,
    other: Option<Dial>,
    tag: String,
    clock: Clock,
    /// What happened under load, once it was tried: several checks judge the same history.
    load: Rc<OnceCell<Loaded>>,
}

impl Gate {
    /// Tries what may run beside others side by side, and then the rest, one by one.
    async fn attempt_all(self: &Rc<Gate>, checks: &[&'static Check], ledger: &mut Ledger<'_>) {
        let mut running = self.together(checks);
        while let Some(attempt) = running.join_next().await {
            let attempt =
                attempt.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            match attempt.doubt {
                Some(_) => ledger.open.push(attempt),
                None => ledger.done(attempt.tried),
            }
        }
        let mut looks_left = SECOND_LOOKS_MAX;
        self.look_again(ledger, &mut looks_left).await;
        let alone = checks.iter().filter(|check| check.pace == Pace::Alone);
        // What may take the server down comes last, for nothing can be said of it afterwards; and
        // just before that what takes its broker down, which it may not get over.
        let risk = |check: &&Check| {
            let needs = |need| check.needs.contains(&need);
            (needs(Need::Hostile), needs(Need::Broker))
        };
        let mut alone: Vec<&Check> = alone.copied().collect();
        alone.sort_by_key(risk);
        for check in alone {
            let attempt = self.attempt(check, Turn::First).await;
            // What was unknown by itself would be unknown again.
            match attempt.doubt {
                Some(Doubt::Ended) => ledger.open.push(attempt),
                Some(Doubt::Unknown) | None => ledger.done(attempt.tried),
            }
            self.look_again(ledger, &mut looks_left).await;
        }
    }

    /// Tries what is doubtful once more, one by one, unless that is too much.
    async fn look_again(&self, ledger: &mut Ledger<'_>, looks_left: &mut usize) {
        let is_worth_it = ledger.open.len() <= *looks_left;
        while let Some(first) = ledger.open.first() {
            // Whether a server that nobody reached any more is dead has to be known.
            let second = match is_worth_it || first.has_lost_the_server() {
                true => Some(self.attempt(first.tried.check, Turn::Second).await),
                false => None,
            };
            *looks_left = looks_left.saturating_sub(usize::from(second.is_some()));
            let first = ledger.open.remove(0);
            ledger.done(match second {
                Some(second) => first.or(second),
                None => first.tried,
            });
        }
    }

    /// Begins what may run beside others; those that wait, wait side by side.
    fn together(self: &Rc<Gate>, checks: &[&'static Check]) -> JoinSet<Attempt> {
        let turns = Rc::new(tokio::sync::Semaphore::new(TOGETHER_MAX));
        let mut running = JoinSet::new();
        for &check in checks.iter().filter(|check| check.pace == Pace::Together) {
            let (gate, turns) = (Rc::clone(self), Rc::clone(&turns));
            running.spawn_local(async move {
                let waits = [Need::Heartbeat, Need::ConnectTimeout];
                let waits = waits.iter().any(|wait| check.needs.contains(wait));
                let turn = if waits { None } else { turns.acquire().await.ok() };
                let attempt = gate.attempt(check, Turn::First).await;
                drop(turn);
                attempt
            });
        }
        running
    }
}
