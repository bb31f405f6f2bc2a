//! Gate: tries the checks that apply, several at a time, and judges what they show.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use super::awake::Hook;
use super::chat::load::History;
use super::check::{Check, Level, Need, Pace};
use super::deviation;
use super::finding::{Failure, Found, Outcome, Stop};
use super::fingerprint::Family;
use super::peer::{Dial, DialOptions, Line, Via};
use super::survey::{Survey, SurveyError};
use super::target::Target;
use super::trial::Trial;
use crate::clock::Clock;
use crate::scenario::{OrderPolicy, Parser};
use crate::transport::{Endpoint, Network, TransportOptions};

/// Checks under way at a time, among those that may be.
const TOGETHER_MAX: usize = 16;
/// Sound connections that are tried before it is said that none works.
const CONTROLS_MAX: usize = 3;
/// What is unknown beside others is tried once more by itself: a machine that has too much to do
/// may be why. Where more is unknown than that, it is not.
const SECOND_LOOKS_MAX: usize = 10;
/// No check takes longer, whatever it waits for beside its longest wait.
const CHECK_TIME_MAX: Duration = Duration::from_secs(60);

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
    let dial = dial_to(&target, &target.endpoint, clock, &Survey::default());
    let mut stop = std::pin::pin!(stop);
    let survey = tokio::select! {
        survey = Survey::take(&target, &dial) => Rc::new(survey?),
        () = &mut stop => return Err(SurveyError::interrupted(&target)),
    };
    let gate = Rc::new(Gate {
        dial: dial_to(&target, &target.endpoint, clock, &survey),
        other: target.peer.as_ref().map(|peer| dial_to(&target, peer, clock, &survey)),
        tag: format!("cb{:05x}", rand::random::<u32>() & 0xf_ffff),
        target,
        survey,
        clock,
        load: Rc::default(),
    });
    let mut tried = Vec::new();
    let mut done = |one: Tried| {
        follow(&one);
        tried.push(one);
    };
    let interrupted = tokio::select! {
        () = gate.attempt_all(checks, &mut done) => false,
        () = &mut stop => true,
    };
    let left = checks.iter().filter(|check| !tried.iter().any(|one| one.check.id == check.id));
    tried.extend(left.map(|check| Tried::not(check)).collect::<Vec<_>>());
    let place = |one: &Tried| checks.iter().position(|check| check.id == one.check.id);
    tried.sort_by_key(place);
    let took = clock.now().since(crate::time::Timestamp::ZERO);
    Ok(Trials { survey: (*gate.survey).clone(), tried, took, interrupted })
}

impl Tried {
    /// What nobody waited for.
    fn not(check: &'static Check) -> Tried {
        let outcome = Outcome::Unknown("interrupted before it was done".into());
        let (took, transcript) = (Duration::ZERO, Vec::new());
        Tried { check, level: check.level, outcome, took, transcript, left_out: 0 }
    }
}

fn dial_to(target: &Target, endpoint: &Endpoint, clock: Clock, survey: &Survey) -> Dial {
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
    Dial(Rc::new(DialOptions { endpoint, transport, clock, patience, poll_patience }))
}

struct Gate {
    target: Rc<Target>,
    survey: Rc<Survey>,
    dial: Dial,
    other: Option<Dial>,
    tag: String,
    clock: Clock,
    /// What happened under load, once it was tried: several checks judge the same history.
    load: Rc<OnceCell<History>>,
}

impl Gate {
    /// Tries what may run beside others side by side, and then the rest, one by one.
    async fn attempt_all(self: &Rc<Gate>, checks: &[&'static Check], done: &mut dyn FnMut(Tried)) {
        let mut running = self.together(checks);
        let mut open = Vec::new();
        while let Some(tried) = running.join_next().await {
            let tried = tried.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            match tried.outcome {
                Outcome::Unknown(_) => open.push(tried),
                _ => done(tried),
            }
        }
        let is_worth_it = open.len() <= SECOND_LOOKS_MAX;
        for tried in open {
            done(if is_worth_it { self.attempt(tried.check, "again-").await } else { tried });
        }
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
            done(self.attempt(check, "").await);
        }
    }

    /// Begins what may run beside others; those that wait, wait side by side.
    fn together(self: &Rc<Gate>, checks: &[&'static Check]) -> JoinSet<Tried> {
        let turns = Rc::new(tokio::sync::Semaphore::new(TOGETHER_MAX));
        let mut running = JoinSet::new();
        for &check in checks.iter().filter(|check| check.pace == Pace::Together) {
            let (gate, turns) = (Rc::clone(self), Rc::clone(&turns));
            running.spawn_local(async move {
                let waits = [Need::Heartbeat, Need::ConnectTimeout];
                let waits = waits.iter().any(|wait| check.needs.contains(wait));
                let turn = if waits { None } else { turns.acquire().await.ok() };
                let tried = gate.attempt(check, "").await;
                drop(turn);
                tried
            });
        }
        running
    }

    /// Tries `check`; what is `said` of it stands in the names that it uses.
    async fn attempt(&self, check: &'static Check, said: &str) -> Tried {
        let began = self.clock.now();
        let tag = format!("{}-{}-{said}", self.tag, check.id.to_lowercase());
        let dials = (self.dial.clone(), self.other.clone());
        let trial = Trial::new(&self.target, &self.survey, dials, tag).sharing(&self.load);
        let outcome = match (self.not_applicable(check), self.unanswered(check)) {
            (Some(why), _) => Outcome::NotApplicable(why),
            (None, Some(why)) => Outcome::Unknown(why),
            (None, None) => {
                let time_max = CHECK_TIME_MAX + self.target.patience.wait_max;
                let found = tokio::time::timeout(time_max, self.try_it(check, &trial)).await;
                let overtime = || {
                    let time_max = humantime::format_duration(time_max);
                    Err(Stop::unknown(format!("it was not over within {time_max}")))
                };
                judge(check, found.unwrap_or_else(|_| overtime()), self.survey.family)
            }
        };
        let (transcript, left_out) = trial.transcript().lines();
        let (level, took) = (level_of(check, self.target.order), self.clock.now().since(began));
        Tried { check, level, outcome, took, transcript, left_out }
    }

    /// Why `check` cannot be tried here.
    fn not_applicable(&self, check: &Check) -> Option<String> {
        let speaks_text = self.target.hooks.parser == Parser::Text;
        if !speaks_text && !check.needs.contains(&Need::MessagePack) {
            return Some("it sends packets of text, and the server's are MessagePack".into());
        }
        check.needs.iter().find_map(|need| self.lacks(*need))
    }

    /// Why nothing can be said of `check`: what it needs was not there when it was looked for.
    fn unanswered(&self, check: &Check) -> Option<String> {
        let hook = |need: &Need| match need {
            Need::Echo => Some(Hook::Echo),
            Need::Ack => Some(Hook::Ack),
            _ => None,
        };
        let silent = |hook: &Hook| self.survey.silent_hooks.contains(hook);
        let hook = check.needs.iter().filter_map(hook).find(silent)?.field();
        Some(format!("the dialect names `{hook}`, and the server answers nothing to it"))
    }

    fn lacks(&self, need: Need) -> Option<String> {
        let (target, survey) = (&*self.target, &*self.survey);
        let dialect = target.dialect.as_ref();
        let object =
            |it: &crate::scenario::Dialect| it.send.carries_object() && it.receive.carries_object();
        let (has, why) = match need {
            Need::Polling => (survey.polling, "the server does not poll"),
            Need::Chat => (dialect.is_some(), "the target has no chat"),
            Need::ObjectPayload => {
                (dialect.is_some_and(object), "messages of this dialect are no JSON objects")
            }
            Need::Echo => (target.hooks.echo.is_some(), "the dialect names no `hooks.echo`"),
            Need::Ack => (target.hooks.ack.is_some(), "the dialect names no `hooks.ack`"),
            Need::Namespace => {
                (target.hooks.namespace.is_some(), "the dialect names no `hooks.namespace`")
            }
            Need::Leave => {
                (dialect.is_some_and(|it| it.leave.is_some()), "the dialect has no `leave`")
            }
            Need::Binary => (target.hooks.binary, "the dialect does not say `hooks.binary: true`"),
            Need::Order => (target.order != OrderPolicy::Off, "the scenario says `order: off`"),
            Need::Cluster => (target.peer.is_some(), "no second node: `--peer-url`"),
            Need::Broker => (
                target.broker.is_some(),
                "nothing takes the broker down: `--broker-down` and `--broker-up`",
            ),
            Need::Process => (target.process.is_some(), "no process to look at: `--pid`"),
            Need::Heartbeat => return self.heartbeat_too_long(),
            Need::ConnectTimeout => return self.connect_timeout_too_long(),
            Need::MaxPayload => {
                (survey.payload_bytes_max.is_some(), "the server says no `maxPayload`")
            }
            Need::Recovery => (survey.recovery, "the server offers no connection state recovery"),
            Need::MessagePack => (
                target.hooks.parser == Parser::MessagePack,
                "the dialect does not say `hooks.parser: msgpack`",
            ),
            Need::Hostile => (target.hostile, "it may take the server down: `--hostile`"),
        };
        (!has).then(|| why.into())
    }

    fn heartbeat_too_long(&self) -> Option<String> {
        let wait_max = self.target.patience.wait_max;
        match self.survey.heartbeat() {
            None => Some("the server says no `pingInterval` or no `pingTimeout`".into()),
            Some(heartbeat) if heartbeat <= wait_max => None,
            Some(heartbeat) => Some(format!(
                "a heartbeat takes {}, longer than `--max-wait {}`",
                humantime::format_duration(heartbeat),
                humantime::format_duration(wait_max),
            )),
        }
    }

    fn connect_timeout_too_long(&self) -> Option<String> {
        let patience = self.target.patience;
        (patience.connect_timeout > patience.wait_max).then(|| {
            format!(
                "a session without CONNECT may stay for {}, longer than `--max-wait {}`",
                humantime::format_duration(patience.connect_timeout),
                humantime::format_duration(patience.wait_max),
            )
        })
    }

    /// Tries it between two controls.
    async fn try_it(&self, check: &Check, trial: &Trial) -> Found {
        self.controls(trial, check).await?;
        let found = (check.run)(trial).await;
        let after = self.controls(trial, check).await;
        match (found, after) {
            (Ok(_) | Err(Stop::NotApplicable(_)), Err(_)) => Err(Stop::failed(
                "the server serves others afterwards",
                "no new connection works any more",
            )),
            (Err(Stop::Failed(Failure { expected, observed })), Err(_)) => {
                let observed = format!("{observed}; no new connection works any more");
                Err(Stop::failed(expected, observed))
            }
            (found, _) => found,
        }
    }

    /// One of a few connections that do nothing wrong works: on a machine that has too much to do,
    /// a server with a short heartbeat ends a sound one now and then.
    ///
    /// Only those that do not work are in the trial's transcript.
    async fn controls(&self, trial: &Trial, check: &Check) -> Result<(), Stop> {
        let mut last = Ok(());
        for _ in 0..CONTROLS_MAX {
            let dials = (self.dial.clone(), None);
            let apart = Trial::new(&self.target, &self.survey, dials, self.tag.clone());
            last = self.control(&apart, check).await;
            if last.is_ok() {
                return last;
            }
            trial.transcript().adopt(apart.transcript());
        }
        last
    }

    /// A connection that does nothing wrong works.
    async fn control(&self, trial: &Trial, check: &Check) -> Result<(), Stop> {
        let polls = check.needs.contains(&Need::Polling) || !self.survey.websocket;
        let via = if polls { Via::Polling } else { Via::WebSocket };
        if self.target.hooks.parser == Parser::MessagePack {
            return super::socket_io::msgpack::control(trial, via).await;
        }
        let mut peer = trial.connect(via).await?;
        let stands = peer.round_trip().await;
        peer.close().await;
        stands.map_err(|missing| Stop::unknown(format!("a sound connection heard {missing}")))
    }
}

/// What failing `check` means where the scenario says `order` of messages.
fn level_of(check: &Check, order: OrderPolicy) -> Level {
    let lenient = check.needs.contains(&Need::Order) && order == OrderPolicy::Warn;
    if lenient { check.level.max(Level::Should) } else { check.level }
}

fn judge(check: &Check, found: Found, family: Family) -> Outcome {
    match found {
        Ok(remark) => Outcome::Pass(remark),
        Err(Stop::Unknown(why)) => Outcome::Unknown(why),
        Err(Stop::NotApplicable(why)) => Outcome::NotApplicable(why),
        Err(Stop::Failed(failure)) => match deviation::known(check.id, family) {
            Some(known) => Outcome::KnownDeviation(failure, known),
            None => Outcome::Fail(failure),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_costs_less_where_the_scenario_says_so_and_nothing_else_does() {
        let level = |id, order| {
            level_of(crate::conformance::find(id).expect("it is in the catalogue"), order)
        };
        assert_eq!(level("CHAT-ORD-01", OrderPolicy::Fail), Level::Must);
        assert_eq!(level("CHAT-ORD-01", OrderPolicy::Warn), Level::Should);
        assert_eq!(level("CHAT-ORD-04", OrderPolicy::Warn), Level::Must);
        assert_eq!(level("CHAT-DLV-01", OrderPolicy::Warn), Level::Must);
    }
}
