//! Conform: the whole catalogue on real servers, which do now what they did when it was written.
//!
//! The tables in `outcomes` say what: `UPDATE_EXPECT=1` writes them anew. Whatever they say, no
//! requirement is failed, or left unknown, without being known to be.

use std::path::Path;
use std::time::Duration;

use chatbench::conformance::{
    self, Level, Need, Outcome, Patience, Target, Trials, Tried, checks, known,
};
use chatbench::load::{Endpoint, Tls};
use chatbench::scenario::{Dialect, Hooks, OrderPolicy, Overrides, Scenario};
use expect_test::{ExpectFile, expect_file};
use tokio::runtime::{Builder, LocalOptions};

use crate::socketioxide::{CONNECT_TIMEOUT, ORIGIN, Socketioxide, Threads};
use crate::support::foreign::Foreign;
use crate::support::redis::Redis;
use crate::support::served::Served;

/// A short heartbeat, and a page that may call.
const NODE: &str = concat!(
    r#""pingInterval":1000,"pingTimeout":1000,"connectTimeout":3000,"#,
    r#""cors":{"origin":"http://localhost:5173"}"#,
);
/// It looks at each session about once in a timeout, and so may end one almost a whole one late.
const PYTHON: &str =
    r#"{"ping_interval":1,"ping_timeout":1.5,"cors_allowed_origins":"http://localhost:5173"}"#;
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Fewer than a user's: what they show is tried in tests of their own.
const LOAD_MESSAGES: u32 = 1_000;

/// A server, and what is told of it beforehand.
struct Subject<'a> {
    urls: Vec<&'a str>,
    process: Option<u32>,
    dialect: Dialect,
    connect_timeout: Duration,
}

impl Subject<'_> {
    /// The server at `url` with the events of hooks.yaml.
    fn with_hooks(url: &str, process: u32) -> Subject<'_> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/hooks.yaml");
        let scenario = Scenario::read(&file, &Overrides::default()).expect("it is a scenario");
        let connect_timeout = CONNECT_TIMEOUT;
        let (urls, process) = (vec![url], Some(process));
        Subject { urls, process, dialect: scenario.dialect, connect_timeout }
    }

    async fn target(self) -> Target {
        let mut endpoints = Vec::new();
        for url in &self.urls {
            let endpoint = Endpoint::resolve(url, "/socket.io/").await;
            endpoints.push(endpoint.expect("it is an address"));
        }
        let hooks: Hooks = self.dialect.hooks.clone();
        Target {
            endpoint: endpoints.remove(0),
            peer: endpoints.pop(),
            tls: Tls::insecure().expect("TLS that is not spoken"),
            headers: Vec::new(),
            namespace: "/".into(),
            auth: String::new(),
            origin: ORIGIN.into(),
            dialect: Some(self.dialect),
            order: OrderPolicy::default(),
            hooks,
            process: self.process,
            patience: Patience {
                answer: Duration::from_secs(5),
                connect_timeout: self.connect_timeout,
                ..Patience::default()
            },
            hostile: false,
            load_messages: LOAD_MESSAGES,
        }
    }

    /// Tries every check.
    fn trials(self) -> Trials {
        let options = LocalOptions::default();
        let runtime = Builder::new_current_thread().enable_all().build_local(options);
        let runtime = runtime.expect("a runtime");
        runtime.block_on(async {
            let all: Vec<_> = checks().collect();
            let target = self.target().await;
            conformance::run(target, &all, &mut |_| {}).await.expect("a server that answers")
        })
    }

    /// Wants every check to go as it is written in `table`, and none to fail unexplained.
    fn goes_as(self, table: &ExpectFile) {
        self.goes_as_told(table, outcome);
    }

    /// The same with outcomes as `told`.
    fn goes_as_told(self, table: &ExpectFile, told: fn(&Trials, &Tried) -> &'static str) {
        let trials = self.trials();
        // Whatever luck decides of a poll that is broken off, it is one of two known outcomes.
        let by_luck =
            |one: &&Tried| told(&trials, one) == "order varies" && one.check.id != BROKEN_OFF;
        let tried = trials.tried.iter().filter(|one| !by_luck(one));
        let unexplained: Vec<_> = tried.filter_map(unexplained).collect();
        let line = |one: &Tried| format!("{} {} {}\n", one.check.id, one.level, told(&trials, one));
        let lines: String = trials.tried.iter().map(line).collect();
        // Before the tables are compared: it says why they differ.
        assert!(unexplained.is_empty(), "unexplained: {unexplained:#?}\n\n{lines}");
        table.assert_eq(&lines);
    }
}

fn outcome(_: &Trials, tried: &Tried) -> &'static str {
    match tried.outcome {
        Outcome::Pass(_) => "pass",
        Outcome::Fail(_) => "fail",
        Outcome::KnownDeviation(..) => "known deviation",
        Outcome::Unknown(_) => "unknown",
        Outcome::NotApplicable(_) => "not applicable",
    }
}

/// The same, where what overtakes what is a matter of luck: handlers other handlers, and a join
/// the handler that is to hear it.
fn outcome_by_luck(trials: &Trials, tried: &Tried) -> &'static str {
    let known = known(tried.check.id, trials.survey.family);
    let varies = known.is_some_and(|known| !known.when.is_empty());
    let by_luck = varies || joins(tried) || tried.check.id == BROKEN_OFF;
    if by_luck { "order varies" } else { outcome(trials, tried) }
}

/// A poll that is broken off: which thread learns of it first decides what becomes of the session.
const BROKEN_OFF: &str = "EIO-HTTP-07";

fn joins(tried: &Tried) -> bool {
    let needs = [Need::Chat, Need::ObjectPayload, Need::Order, Need::Leave, Need::Binary];
    let is_applicable = !matches!(tried.outcome, Outcome::NotApplicable(_));
    is_applicable && needs.iter().any(|need| tried.check.needs.contains(need))
}

/// What a requirement came to that is failed or unknown, without being known to be.
fn unexplained(tried: &Tried) -> Option<String> {
    let why = match &tried.outcome {
        Outcome::Fail(failure) => format!("{failure:?}"),
        Outcome::Unknown(why) => format!("unknown: {why}"),
        Outcome::Pass(_) | Outcome::KnownDeviation(..) | Outcome::NotApplicable(_) => return None,
    };
    let is_required = tried.level != Level::Info;
    is_required.then(|| format!("{} after {:?}: {why}", tried.check.id, tried.took))
}

#[test]
fn node() {
    let Some(node) = Foreign::node(&format!("{{{NODE}}}")) else { return };
    Subject::with_hooks(node.url(), node.process()).goes_as(&expect_file!["outcomes/node.txt"]);
}

#[test]
fn node_with_recovery() {
    let options = format!("{{{NODE},\"connectionStateRecovery\":{{}}}}");
    let Some(node) = Foreign::node(&options) else { return };
    let table = expect_file!["outcomes/node-recovery.txt"];
    Subject::with_hooks(node.url(), node.process()).goes_as(&table);
}

#[test]
fn node_in_a_cluster() {
    let Some(redis) = Redis::start() else { return };
    let (options, socket) = (format!("{{{NODE}}}"), redis.socket().display().to_string());
    let environment = [("SOCKET_IO_OPTIONS", &*options), ("REDIS_SOCKET", &*socket)];
    let Some(one) = Foreign::node_with(&environment) else { return };
    let Some(other) = Foreign::node_with(&environment) else { return };
    let mut subject = Subject::with_hooks(one.url(), one.process());
    subject.urls.push(other.url());
    subject.goes_as(&expect_file!["outcomes/node-cluster.txt"]);
}

#[test]
fn python() {
    let Some(python) = Foreign::python(PYTHON) else { return };
    let table = expect_file!["outcomes/python.txt"];
    Subject::with_hooks(python.url(), python.process()).goes_as(&table);
}

#[test]
fn bundled() {
    let served = Served::start(&["--hooks", "--ping-interval=1s", "--ping-timeout=1s"]);
    let mut subject = Subject::with_hooks(served.url(), served.process());
    // It has no flag for that.
    subject.connect_timeout = Patience::default().connect_timeout;
    subject.goes_as(&expect_file!["outcomes/bundled.txt"]);
}

fn plain(server: &Socketioxide) -> Subject<'_> {
    let (urls, dialect) = (vec![server.url()], Dialect::chat());
    Subject { urls, process: None, dialect, connect_timeout: CONNECT_TIMEOUT }
}

#[test]
fn socketioxide_on_one_thread() {
    let server = Socketioxide::start(Threads::One, HEARTBEAT);
    plain(&server).goes_as(&expect_file!["outcomes/socketioxide-one-thread.txt"]);
}

#[test]
fn socketioxide_on_many_threads() {
    let server = Socketioxide::start(Threads::Many, HEARTBEAT);
    let table = expect_file!["outcomes/socketioxide-many-threads.txt"];
    plain(&server).goes_as_told(&table, outcome_by_luck);
}
