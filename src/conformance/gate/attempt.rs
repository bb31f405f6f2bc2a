//! Attempt: one check tried between two controls, and what that is judged to be.

use std::rc::Rc;
use std::time::Duration;

use super::{Gate, Tried};
use crate::conformance::check::{Check, Level, Need, Pace};
use crate::conformance::deviation;
use crate::conformance::finding::{Failure, Found, Outcome, Stop};
use crate::conformance::fingerprint::Family;
use crate::conformance::peer::Via;
use crate::conformance::survey::Survey;
use crate::conformance::trial::Trial;
use crate::scenario::{OrderPolicy, Parser};

/// Sound connections that are tried before it is said that none works.
const CONTROLS_MAX: usize = 3;
/// No check takes longer, whatever it waits for beside its longest wait.
const CHECK_TIME_MAX: Duration = Duration::from_secs(60);
/// Where a ping may go unanswered for less, a machine that has too much to do may be why a sound
/// session was ended.
const PING_TIMEOUT_SHORT: Duration = Duration::from_secs(2);
/// How often a check looks again there.
const LOOKS_MAX: u32 = 3;
const SERVES: &str = "the server serves others afterwards";
const DEAD: &str = "no new connection works any more";

/// Which attempt it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    First,
    /// By itself, after the others.
    Second,
}

/// One check as it was tried.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) tried: Tried,
    /// Why it had better be tried once more.
    pub(super) doubt: Option<Doubt>,
    service: Service,
}

/// Why a check had better be tried once more, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Nothing can be said.
    Unknown,
    /// It failed, and a connection of it was ended that may have answered a ping too late.
    Ended,
}

/// Whether sound connections work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    /// They do, before the check and after it.
    Stands,
    /// They did not even before it.
    Missing,
    /// They did before it, and no more.
    Lost,
}

/// What a check showed, between two controls.
struct Shown {
    found: Found,
    service: Service,
    /// Nothing else was tried meanwhile: whatever happened to the server is this check's doing.
    by_itself: bool,
}

impl Gate {
    /// Tries `check`.
    pub(super) async fn attempt(&self, check: &'static Check, turn: Turn) -> Attempt {
        let began = self.clock.now();
        let again = if turn == Turn::Second { "again-" } else { "" };
        let tag = format!("{}-{}-{again}", self.tag, check.id.to_lowercase());
        let dials = (self.dial.clone(), self.other.clone());
        // What was seen under load once would be seen again.
        let load = if turn == Turn::First { Rc::clone(&self.load) } else { Rc::default() };
        let trial = Trial::new(&self.target, &self.survey, dials, tag).sharing(&load);
        let (mut service, mut doubt) = (Service::Stands, None);
        let outcome = match (self.not_applicable(check), self.unanswered(check)) {
            (Some(why), _) => Outcome::NotApplicable(why),
            (None, Some(why)) => Outcome::Unknown(why),
            (None, None) => {
                let (found, served) = self.try_it(check, &trial).await;
                service = served;
                let by_itself = turn == Turn::Second || check.pace == Pace::Alone;
                let outcome = Shown { found, service, by_itself }.judged(check, self.survey.family);
                doubt = self.doubt_of(&outcome, &trial, service).filter(|_| turn == Turn::First);
                outcome
            }
        };
        let (transcript, left_out) = trial.transcript().lines();
        let (level, took) = (level_of(check, self.target.order), self.clock.now().since(began));
        let tried = Tried { check, level, outcome, took, transcript, left_out };
        Attempt { tried, doubt, service }
    }

    fn doubt_of(&self, outcome: &Outcome, trial: &Trial, service: Service) -> Option<Doubt> {
        let is_short = self.survey.ping_timeout.is_some_and(|it| it < PING_TIMEOUT_SHORT);
        match outcome {
            Outcome::Unknown(_) => Some(Doubt::Unknown),
            Outcome::Fail(_) if service == Service::Stands => {
                (is_short && trial.transcript().tells_of_an_end()).then_some(Doubt::Ended)
            }
            _ => None,
        }
    }

    /// Tries it between two controls.
    async fn try_it(&self, check: &Check, trial: &Trial) -> (Found, Service) {
        if let Err(stop) = self.controls(trial, check).await {
            return (Err(stop), Service::Missing);
        }
        let time_max = time_max(check, &self.survey, self.target.patience.wait_max);
        let found = tokio::time::timeout(time_max, (check.run)(trial)).await;
        let overtime = |_| {
            let time_max = humantime::format_duration(time_max);
            Err(Stop::unknown(format!("it was not over within {time_max}")))
        };
        let found = found.unwrap_or_else(overtime);
        match self.controls(trial, check).await {
            Ok(()) => (found, Service::Stands),
            Err(_) => (found, Service::Lost),
        }
    }

    /// One of a few connections that do nothing wrong works: on a machine that has too much to do,
    /// a server with a short heartbeat ends a sound one now and then.
    ///
    /// Only those that do not work are in the trial's transcript.
    async fn controls(&self, trial: &Trial, check: &Check) -> Result<(), Stop> {
        let mut last = Ok(());
        for control in 0..CONTROLS_MAX {
            if control > 0 {
                // A server that is just being started again is given a moment.
                trial.pause(self.target.patience.quiet).await;
            }
            let dials = (self.sound.clone(), None);
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
            return crate::conformance::socket_io::msgpack::control(trial, via).await;
        }
        let mut peer = trial.connect(via).await?;
        let stands = peer.round_trip().await;
        peer.close().await;
        stands.map_err(|missing| Stop::unknown(format!("a sound connection heard {missing}")))
    }
}

impl Attempt {
    /// Whether no sound connection worked any more afterwards.
    pub(super) fn has_lost_the_server(&self) -> bool {
        self.service == Service::Lost
    }

    /// What the check came to, that was tried a `second` time because of a doubt.
    pub(super) fn or(self, second: Attempt) -> Tried {
        let Attempt { tried: first, service, .. } = self;
        let is_dead = service == Service::Lost && second.service == Service::Missing;
        let tried = second.tried;
        let outcome = match (&first.outcome, &tried.outcome) {
            // What was seen once was seen, whether or not it is seen again.
            (Outcome::Fail(_), Outcome::Unknown(_) | Outcome::NotApplicable(_)) => return first,
            (Outcome::Fail(failure), Outcome::Pass(remark)) => {
                Outcome::Pass(after_failing(failure, remark))
            }
            (Outcome::Unknown(why), Outcome::Unknown(_)) if is_dead => {
                let outcome = Outcome::Fail(dead_after(why));
                return Tried { outcome, ..first };
            }
            _ => return tried,
        };
        Tried { outcome, ..tried }
    }
}

/// What is remarked of a check that failed at first.
fn after_failing(failure: &Failure, remark: &str) -> String {
    let remark = if remark.is_empty() { String::new() } else { format!("{remark}; ") };
    let observed = &failure.observed;
    format!("{remark}at first, when a connection of it was ended, it failed: {observed}")
}

/// The server is dead after a check of which nothing else can be said.
fn dead_after(why: &str) -> Failure {
    Failure { expected: SERVES.into(), observed: format!("{why}; {DEAD}") }
}

/// What failing `check` means where the scenario says `order` of messages.
fn level_of(check: &Check, order: OrderPolicy) -> Level {
    let lenient = check.needs.contains(&Need::Order) && order == OrderPolicy::Warn;
    if lenient { check.level.max(Level::Should) } else { check.level }
}

impl Shown {
    /// What `check` came to on a server of `family`. Whoever serves nobody afterwards has failed,
    /// and that is no deviation which anybody knows of.
    fn judged(self, check: &Check, family: Family) -> Outcome {
        let is_dead = self.service == Service::Lost;
        match self.found {
            Ok(_) | Err(Stop::NotApplicable(_)) if is_dead && self.by_itself => {
                Outcome::Fail(Failure { expected: SERVES.into(), observed: DEAD.into() })
            }
            // Whose doing that is shows when it is tried by itself.
            Ok(_) | Err(Stop::NotApplicable(_)) if is_dead => Outcome::Unknown(DEAD.into()),
            Ok(remark) => Outcome::Pass(remark),
            Err(Stop::NotApplicable(why)) => Outcome::NotApplicable(why),
            Err(Stop::Unknown(why)) if is_dead && self.by_itself => Outcome::Fail(dead_after(&why)),
            Err(Stop::Unknown(why)) => Outcome::Unknown(why),
            Err(Stop::Failed(Failure { expected, observed })) if is_dead => {
                Outcome::Fail(Failure { expected, observed: format!("{observed}; {DEAD}") })
            }
            Err(Stop::Failed(failure)) => match deviation::known(check.id, family) {
                Some(known) if known.explains(&failure) => Outcome::KnownDeviation(failure, known),
                _ => Outcome::Fail(failure),
            },
        }
    }
}

/// How long `check` may take. Those that wait for heartbeats wait for several, and where pings have
/// little time some of them look again.
fn time_max(check: &Check, survey: &Survey, wait_max: Duration) -> Duration {
    if !check.needs.contains(&Need::Heartbeat) {
        return CHECK_TIME_MAX + wait_max;
    }
    let [interval, timeout] =
        [survey.ping_interval, survey.ping_timeout].map(Option::unwrap_or_default);
    let looks = if timeout < PING_TIMEOUT_SHORT { LOOKS_MAX } else { 1 };
    CHECK_TIME_MAX + wait_max.max((interval * 5 + timeout * 2) * looks)
}

#[cfg(test)]
mod tests {
    use super::super::Ledger;
    use super::*;
    use crate::conformance::find;

    #[test]
    fn order_costs_less_where_the_scenario_says_so_and_nothing_else_does() {
        let level = |id, order| level_of(find(id).expect("it is in the catalogue"), order);
        assert_eq!(level("CHAT-ORD-01", OrderPolicy::Fail), Level::Must);
        assert_eq!(level("CHAT-ORD-01", OrderPolicy::Warn), Level::Should);
        assert_eq!(level("CHAT-ORD-04", OrderPolicy::Warn), Level::Must);
        assert_eq!(level("CHAT-DLV-01", OrderPolicy::Warn), Level::Must);
    }

    /// What `found` comes to of a check that Node is known to fail in one of its ways.
    fn judged(found: Found, service: Service, by_itself: bool) -> Outcome {
        let check = find("CHAT-ROOM-05").expect("it is in the catalogue");
        Shown { found, service, by_itself }.judged(check, Family::Node)
    }

    fn escapes(room: &str) -> Found {
        Err(Stop::failed("nothing", format!("what was said in {room} was heard there")))
    }

    #[test]
    fn a_known_deviation_excuses_what_is_known_and_no_dead_server() {
        use Service::{Lost, Stands};
        let is_known = |outcome| matches!(outcome, Outcome::KnownDeviation(..));
        assert!(is_known(judged(escapes("`[]`"), Stands, true)));
        for (room, service) in [("`null`", Stands), ("`[]`", Lost)] {
            let wrong = judged(escapes(room), service, true);
            assert!(matches!(wrong, Outcome::Fail(_)), "{wrong:?}");
        }
    }

    #[test]
    fn whoever_serves_nobody_after_a_check_has_failed_it() {
        use Service::{Lost, Missing, Stands};
        let unknown = || Err(Stop::unknown("the server takes nothing more"));
        let none = || Err(Stop::NotApplicable("there is none".into()));
        let cases = [
            (Ok(String::new()), Lost, true, true),
            (none(), Lost, true, true),
            (unknown(), Lost, true, true),
            // Whose doing it is shows when it is tried by itself.
            (Ok(String::new()), Lost, false, false),
            (none(), Lost, false, false),
            (unknown(), Lost, false, false),
            (unknown(), Stands, true, false),
            (unknown(), Missing, true, false),
        ];
        for (found, service, by_itself, fails) in cases {
            let outcome = judged(found.clone(), service, by_itself);
            let has_failed = matches!(outcome, Outcome::Fail(_));
            assert_eq!(has_failed, fails, "{found:?} {service:?} {by_itself}: {outcome:?}");
        }
    }

    fn attempt(outcome: Outcome, service: Service) -> Attempt {
        let check = find("CHAT-ROOM-05").expect("it is in the catalogue");
        let (took, transcript) = (Duration::ZERO, Vec::new());
        let tried = Tried { check, level: check.level, outcome, took, transcript, left_out: 0 };
        Attempt { tried, doubt: None, service }
    }

    #[test]
    fn whoever_counts_pings_has_the_time_for_them() {
        let time_max = |id, [interval, timeout]: [u64; 2]| {
            let [ping_interval, ping_timeout] =
                [interval, timeout].map(|it| Some(Duration::from_secs(it)));
            let survey = Survey { ping_interval, ping_timeout, ..Survey::default() };
            let check = find(id).expect("it is in the catalogue");
            time_max(check, &survey, Duration::from_secs(45)).as_secs()
        };
        for id in ["EIO-HB-01", "EIO-HB-09"] {
            // Three pings of the default heartbeat, and one that is late.
            assert!(time_max(id, [25, 20]) > 4 * 25 + 33, "{id}");
            // All of that three times over.
            assert!(time_max(id, [25, 1]) > 3 * (4 * 25 + 33), "{id}");
        }
        assert_eq!(time_max("SIO-EVT-01", [25, 20]), 105);
    }

    #[test]
    fn what_nobody_got_to_look_at_again_stays_as_it_was() {
        let (mut told, unknown) = (0, Outcome::Unknown("nothing was heard".into()));
        let mut follow = |_: &Tried| told += 1;
        let open = vec![attempt(unknown.clone(), Service::Stands)];
        let ledger = Ledger { follow: &mut follow, done: Vec::new(), open };
        let outcomes: Vec<_> = ledger.closed().into_iter().map(|one| one.outcome).collect();
        assert_eq!((outcomes, told), (vec![unknown], 1));
    }

    #[test]
    fn a_second_look_takes_back_a_failure_only_when_it_passes() {
        use Service::{Lost, Missing, Stands};
        let pass = || Outcome::Pass(String::new());
        let unknown = || Outcome::Unknown("why".into());
        let failure = Failure { expected: "this".into(), observed: "that".into() };
        let fail = || Outcome::Fail(failure.clone());
        let both = |(first, service), (second, later)| {
            attempt(first, service).or(attempt(second, later)).outcome
        };
        assert_eq!(both((fail(), Stands), (unknown(), Stands)), fail());
        assert_eq!(both((fail(), Stands), (fail(), Stands)), fail());
        let told = both((fail(), Stands), (pass(), Stands));
        assert!(matches!(&told, Outcome::Pass(remark) if remark.ends_with("it failed: that")));
        assert_eq!(both((unknown(), Stands), (pass(), Stands)), pass());
        assert_eq!(both((unknown(), Stands), (unknown(), Missing)), unknown());
        // It was dead then, and still is.
        assert!(matches!(both((unknown(), Lost), (unknown(), Missing)), Outcome::Fail(_)));
        assert_eq!(both((unknown(), Lost), (unknown(), Stands)), unknown());
    }
}
