//! Outages: a server that is killed again and again under load is not accused of what was under way
//! then, and of everything else it is.

use std::thread::Builder;
use std::time::Duration;

use crate::support::binary::{CommandLine, Ended, Running};
use crate::support::foreign::Foreign;
use crate::support::left::Left;
use crate::support::redis::Redis;
use crate::support::served::Served;
use chatbench::clock::unix_millis;
use chatbench::oracle::ViolationKind;
use chatbench::report::Report;
use chatbench::run::Doubt;
use rustix::process::Signal;

/// For whatever must happen, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Forty users who say ten messages a second each, for nine seconds.
const SCENARIO: &str = "
rooms: {count: 10, size: 4}
load:
  connect_rate: 2000/s
  arrivals: constant
  phases: [{hold: {rate: 400/s, for: 9 s}}]
  outages: expected
timeouts: {delivery: 10 s}
limits: {send_delay_p99: 60 s, violations_kept_max: 10000, must_share_min: 1%}
";
const USERS: u64 = 40;
const MESSAGES: u64 = 3_600;
const RECEIVERS: u64 = 3;
/// Messages per second of a run that is not let to its end.
const INTERRUPTED_RATE: u64 = 200;

/// When a server is killed after the load begins, and for how long, in milliseconds.
type Kills = [(u64, u64)];

const KILLS_MS: &Kills = &[(1_000, 200), (3_800, 100), (6_400, 200)];
const KILLS_OF_NODE_MS: &Kills = &[(1_000, 50), (4_000, 50)];
const PLANNED: &str = "--set=load.outages=[{at: 1 s, lasting: 200 ms}, \
    {at: 3800 ms, lasting: 100 ms}, {at: 6400 ms, lasting: 200 ms}]";

/// One time for which a server was away, in seconds since the run began.
#[derive(Clone, Copy, Debug)]
struct Away {
    from_s: f64,
    to_s: f64,
}

/// A run of the scenario that has begun, and what it leaves.
struct Outing {
    run: Running,
    left: Left,
}

/// What it came to.
struct Seen {
    report: Report,
    ended: Ended,
}

impl Outing {
    fn begin(more: &[&str]) -> Outing {
        let left = Left::new();
        let scenario = left.path().join("outages.yaml");
        std::fs::write(&scenario, SCENARIO).expect("the folder can be written to");
        let scenario = scenario.to_string_lossy().into_owned();
        let out = left.out();
        let arguments = ["run", &scenario, "--shards=2", &out];
        let run = CommandLine::new(arguments.into_iter().chain(more.iter().copied())).start();
        run.hear("load: ", PATIENCE);
        Outing { run, left }
    }

    /// Waits until so many milliseconds have passed `since` a moment.
    fn await_ms(&self, since: u64, ms: u64) {
        self.run.await_that("end of a pause", PATIENCE, || unix_millis() >= since + ms);
    }

    /// Kills `server`, which so many `users` are connected to, and `start`s it anew, each time when
    /// all of them have heard something again; gives when it was away, in milliseconds since 1970.
    fn kill_again_and_again<S>(
        &self,
        (kills, users): (&Kills, u64),
        mut server: S,
        start: impl Fn() -> S,
    ) -> (S, Vec<(u64, u64)>) {
        let began = unix_millis();
        let mut away = Vec::new();
        for &(at, lasting) in kills {
            self.await_ms(began, at);
            let killed = unix_millis();
            drop(server);
            self.await_ms(killed, lasting);
            server = start();
            away.push((killed, unix_millis()));
            let hearing = users * away.len() as u64;
            self.run
                .await_that("end of the deafness", PATIENCE, || self.no_longer_deaf() >= hearing);
        }
        (server, away)
    }

    /// How often somebody has heard something again.
    fn no_longer_deaf(&self) -> u64 {
        let intervals = self.left.intervals();
        let deafness = intervals.iter().filter(|interval| interval.metric == "deafness");
        deafness.map(|interval| interval.histogram.len()).sum()
    }

    fn end(self) -> Seen {
        let ended = self.run.end(PATIENCE);
        let report = serde_json::from_value(self.left.report()).expect("a report");
        Seen { report, ended }
    }
}

impl Seen {
    /// When the server was away, since the run began.
    fn away(&self, away: &[(u64, u64)]) -> Vec<Away> {
        let began = humantime::parse_rfc3339(&self.report.started).expect("a date");
        let began = began.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
        let seconds = |ms: u64| (ms as f64 - began as f64) / 1e3;
        away.iter().map(|&(from, to)| Away { from_s: seconds(from), to_s: seconds(to) }).collect()
    }

    /// When it was to be away.
    fn planned(&self) -> Vec<Away> {
        let start = self.report.durations.load_from_s.expect("a load");
        let seconds = |ms: u64| start + ms as f64 / 1e3;
        let away = KILLS_MS.iter();
        away.map(|&(at, lasting)| Away { from_s: seconds(at), to_s: seconds(at + lasting) })
            .collect()
    }

    /// Each time that it was away is an outage for so many users, and what was not said then is
    /// told, and in no doubt.
    fn assert_told(&self, away: &[Away], users: u64) {
        let Report { outages, deafness, counters, doubts, .. } = &self.report;
        assert_eq!(outages.len(), away.len(), "{away:?}: {self}");
        for (outage, away) in outages.iter().zip(away) {
            // Clocks tell whole milliseconds, and a busy machine takes its time to kill.
            let lost = away.from_s - 0.002..away.from_s + 1.0;
            assert!(lost.contains(&outage.from_s), "{away:?}: {self}");
            assert!(outage.to_s.is_some_and(|to| to >= away.to_s - 0.2), "{away:?}: {self}");
            assert_eq!(outage.users, users, "{away:?}: {self}");
        }
        let times = users * away.len() as u64;
        assert!(deafness.times >= times && deafness.never_over == 0, "{self}");
        assert_eq!(deafness.users, users, "{self}");
        let unsent: u64 = outages.iter().map(|outage| outage.messages_unsent).sum();
        assert!(unsent > 50 && unsent == counters.messages_unsent, "{self}");
        assert!(counters.disconnects >= times, "{self}");
        let due = counters.messages_sent + unsent;
        if self.is_interrupted() {
            let by_plan = INTERRUPTED_RATE as f64 * self.report.durations.load_s;
            assert!((0.95..1.05).contains(&(due as f64 / by_plan)), "{by_plan} were due: {self}");
        } else {
            assert_eq!(due, MESSAGES, "{self}");
        }
        assert_eq!(doubts.len(), usize::from(self.is_interrupted()), "{self}");
        // Half of all that could be heard had to be, at the least.
        assert!(self.report.tally.must > due * RECEIVERS / 2, "{self}");
    }

    fn is_interrupted(&self) -> bool {
        self.report.doubts.contains(&Doubt::Interrupted)
    }

    /// No promise was broken, and the run ended with this code.
    fn assert_kept(&self, code: i32) {
        assert_eq!((self.ended.code, self.report.violations.total), (Some(code), 0), "{self}");
    }

    /// What the server loses is found before, between and after its absences, and nothing else is.
    fn assert_lost_between(&self, away: &[Away]) {
        let violations = &self.report.violations;
        assert_eq!(self.ended.code, Some(1), "{self}");
        // A machine that is busy with other tests may keep anything for so long.
        let lost = violations.total - violations.by_kind.late;
        assert_eq!(violations.by_kind.lost, lost, "{self}");
        let stories = violations.stories(ViolationKind::Lost);
        let sent: Vec<f64> = stories
            .map(|story| story.message.as_ref().and_then(|it| it.sent_s).expect("it was sent"))
            .collect();
        let end_s = self.report.durations.run_s;
        let edges: Vec<f64> = away.iter().map(|away| away.from_s).chain([end_s]).collect();
        let mut from_s = 0.0;
        for to_s in edges {
            let found = sent.iter().filter(|sent| (from_s..to_s).contains(*sent)).count();
            assert!(found >= 2, "{found} were found from {from_s} s to {to_s} s: {self}");
            from_s = to_s;
        }
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Seen { report, ended } = self;
        writeln!(f, "{:#?} {:#?}", report.outages, report.counters)?;
        write!(f, "{}\n{}", ended.stdout, ended.stderr)
    }
}

fn the_bundled_server_is_killed_as_planned() {
    let seen = Outing::begin(&[PLANNED]).end();
    seen.assert_kept(0);
    seen.assert_told(&seen.planned(), USERS);
}

fn what_it_loses_is_found_between_its_outages() {
    // What had no time to come is forgiven with its connection.
    let soon = "--set=timeouts.delivery=300 ms";
    let seen = Outing::begin(&[PLANNED, "--fault=drop=0.05", soon]).end();
    seen.assert_told(&seen.planned(), USERS);
    seen.assert_lost_between(&seen.planned());
}

fn a_server_is_killed_by_somebody_else() {
    let server = Served::start(&[]);
    let port = server.port();
    let outing = Outing::begin(&["--target", server.url()]);
    let (_server, away) =
        outing.kill_again_and_again((KILLS_MS, USERS), server, || Served::start_on(port, &[]));
    let seen = outing.end();
    seen.assert_kept(0);
    seen.assert_told(&seen.away(&away), USERS);
}

/// Half of the users are on the other node, and go on. A busy machine may take its time to start
/// Node, so that the load lasts until everybody is back, and is then interrupted.
fn a_node_of_a_cluster_is_killed() {
    let Some(redis) = Redis::start() else { return };
    let socket = redis.socket().display().to_string();
    let environment = [("REDIS_SOCKET", &*socket)];
    let Some(other) = Foreign::node_with(&environment) else { return };
    let Some(node) = Foreign::node_with(&environment) else { return };
    let port = node.port();
    let rate = format!("--rate={INTERRUPTED_RATE}/s");
    let long = ["--duration=60s", &rate];
    let targets = ["--target", other.url(), "--target", node.url()];
    let outing = Outing::begin(&[&targets[..], &long].concat());
    let again = || Foreign::node_on(port, &environment).expect("it was there before");
    let began = unix_millis();
    let (_node, away) = outing.kill_again_and_again((KILLS_OF_NODE_MS, USERS / 2), node, again);
    // Those who are back are to be heard for a while, however long they were away.
    let back = unix_millis();
    outing.await_ms(back, (back - began) / 2);
    outing.run.signal_all(Signal::INT);
    let seen = outing.end();
    seen.assert_kept(5);
    seen.assert_told(&seen.away(&away), USERS / 2);
}

/// All at once, for most of the time they wait.
#[test]
fn a_server_that_is_killed_is_judged_for_all_but_what_was_under_way() {
    let runs: [(&str, fn()); 4] = [
        ("planned", the_bundled_server_is_killed_as_planned),
        ("planned, with a fault", what_it_loses_is_found_between_its_outages),
        ("expected", a_server_is_killed_by_somebody_else),
        ("a node of two", a_node_of_a_cluster_is_killed),
    ];
    std::thread::scope(|scope| {
        let start = |(name, run): (&str, fn())| {
            let started = Builder::new().name(name.into()).spawn_scoped(scope, run);
            (name.to_owned(), started.expect("a thread"))
        };
        let started = runs.map(start);
        // The panics say what is wrong.
        let failed = started.into_iter().filter_map(|(name, run)| run.join().err().map(|_| name));
        let failed: Vec<String> = failed.collect();
        assert!(failed.is_empty(), "{failed:?}");
    });
}
