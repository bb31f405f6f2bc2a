//! Conform: the whole catalogue on real servers, which do now what they did when it was written.
//!
//! The tables in `outcomes` say what: `UPDATE_EXPECT=1` writes them anew. Whatever they say, no
//! requirement is failed, or left unknown, without being known to be. To look at some servers:
//! `CHATBENCH_SERVERS=node,python`.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use chatbench::conformance::{
    self, Broker, Level, Outcome, Patience, Target, Trials, Tried, checks, known,
};
use chatbench::load::{Endpoint, Tls};
use chatbench::scenario::{Dialect, Hooks, OrderPolicy, Overrides, Scenario};
use expect_test::{ExpectFile, expect_file};
use tokio::runtime::{Builder, LocalOptions};

use super::socketioxide::{CONNECT_TIMEOUT, ORIGIN, Socketioxide, Threads};
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

/// Servers tried at a time: they wait more than they work.
const TOGETHER: usize = 3;

/// What the checks come to on one server.
struct Table {
    name: &'static str,
    file: ExpectFile,
    /// Starts the server and tries all checks on it; nothing where there is no such server.
    trials: fn() -> Option<Trials>,
    /// Its threads overtake each other: what a deviation says of several threads comes and goes.
    has_threads: bool,
}

/// The slowest server comes first, beside the two quickest ones.
fn tables() -> Vec<Table> {
    let table = |name, file, trials| Table { name, file, trials, has_threads: false };
    vec![
        table("python", expect_file!["outcomes/python.txt"], python),
        table("bundled", expect_file!["outcomes/bundled.txt"], bundled),
        Table {
            name: "socketioxide on one thread",
            file: expect_file!["outcomes/socketioxide-one-thread.txt"],
            trials: || Some(socketioxide(Threads::One)),
            has_threads: false,
        },
        table("node in a cluster", expect_file!["outcomes/node-cluster.txt"], node_in_a_cluster),
        table("node with recovery", expect_file!["outcomes/node-recovery.txt"], node_with_recovery),
        table("node", expect_file!["outcomes/node.txt"], node),
        Table {
            name: "socketioxide on many threads",
            file: expect_file!["outcomes/socketioxide-many-threads.txt"],
            trials: || Some(socketioxide(Threads::Many)),
            has_threads: true,
        },
    ]
}

#[test]
fn real_servers_do_what_is_known_of_them() {
    let tables: Vec<Table> = tables().into_iter().filter(is_wanted).collect();
    assert!(!tables.is_empty(), "no server is called so");
    let next = Mutex::new(tables.into_iter());
    let complaints = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..TOGETHER {
            scope.spawn(|| {
                loop {
                    let Some(table) = next.lock().expect("not poisoned").next() else { return };
                    let complaint = complaint_of(&table);
                    complaints.lock().expect("not poisoned").extend(complaint);
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("not poisoned");
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

fn is_wanted(table: &Table) -> bool {
    let Ok(wanted) = std::env::var("CHATBENCH_SERVERS") else { return true };
    wanted.split(',').any(|wanted| table.name == wanted)
}

/// What is unexplained on a server, or otherwise than its table says.
fn complaint_of(table: &Table) -> Option<String> {
    let trials = (table.trials)()?;
    let line =
        |one: &Tried| format!("{} {} {}", one.check.id, one.level, outcome(table, &trials, one));
    let lines: Vec<String> = trials.tried.iter().map(line).collect();
    let mut complaints: Vec<String> = trials.tried.iter().filter_map(unexplained).collect();
    if complaints.is_empty() && std::env::var_os("UPDATE_EXPECT").is_some() {
        table.file.assert_eq(&format!("{}\n", lines.join("\n")));
    }
    let wanted = table.file.data();
    let told = trials.tried.iter().zip(&lines);
    let new = told.filter(|(_, line)| !wanted.lines().any(|it| it == *line));
    complaints.extend(new.map(|(one, line)| format!("{line}, which is new: {:?}", one.outcome)));
    let old = wanted.lines().filter(|it| !lines.iter().any(|line| line == it));
    complaints.extend(old.map(|line| format!("{line}, no more")));
    let name = table.name;
    (!complaints.is_empty()).then(|| format!("on {name}:\n  {}", complaints.join("\n  ")))
}

fn outcome(table: &Table, trials: &Trials, tried: &Tried) -> &'static str {
    match tried.outcome {
        Outcome::Pass(_) | Outcome::KnownDeviation(..) if varies(table, trials, tried) => {
            "pass or known deviation"
        }
        Outcome::Pass(_) => "pass",
        Outcome::Fail(_) => "fail",
        Outcome::KnownDeviation(..) => "known deviation",
        Outcome::Unknown(_) => "unknown",
        Outcome::NotApplicable(_) => "not applicable",
    }
}

/// Whether luck chooses among what is known: threads overtake each other, or do not.
fn varies(table: &Table, trials: &Trials, tried: &Tried) -> bool {
    let known = known(tried.check.id, trials.survey.family);
    table.has_threads && known.is_some_and(|known| known.when.contains("multi-thread runtime"))
}

/// A server, and what is told of it beforehand.
struct Subject<'a> {
    urls: Vec<&'a str>,
    broker: Option<Broker>,
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
        let dialect = scenario.dialect;
        Subject { urls, broker: None, process, dialect, connect_timeout }
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
            broker: self.broker,
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

fn node() -> Option<Trials> {
    let node = Foreign::node(&format!("{{{NODE}}}"))?;
    Some(Subject::with_hooks(node.url(), node.process()).trials())
}

fn node_with_recovery() -> Option<Trials> {
    let node = Foreign::node(&format!("{{{NODE},\"connectionStateRecovery\":{{}}}}"))?;
    Some(Subject::with_hooks(node.url(), node.process()).trials())
}

/// Its broker goes away without a word, as it does when a network is cut: it is stopped.
fn node_in_a_cluster() -> Option<Trials> {
    let redis = Redis::start()?;
    let (options, socket) = (format!("{{{NODE}}}"), redis.socket().display().to_string());
    let environment = [("SOCKET_IO_OPTIONS", &*options), ("REDIS_SOCKET", &*socket)];
    let (one, other) = (Foreign::node_with(&environment)?, Foreign::node_with(&environment)?);
    let mut subject = Subject::with_hooks(one.url(), one.process());
    subject.urls.push(other.url());
    let signal = |signal| format!("kill -{signal} {}", redis.process());
    subject.broker = Some(Broker { down: signal("STOP"), up: signal("CONT") });
    Some(subject.trials())
}

fn python() -> Option<Trials> {
    let python = Foreign::python(PYTHON)?;
    Some(Subject::with_hooks(python.url(), python.process()).trials())
}

fn bundled() -> Option<Trials> {
    let served = Served::start(&["--hooks", "--ping-interval=1s", "--ping-timeout=1s"]);
    let mut subject = Subject::with_hooks(served.url(), served.process());
    // It has no flag for that.
    subject.connect_timeout = Patience::default().connect_timeout;
    Some(subject.trials())
}

fn socketioxide(threads: Threads) -> Trials {
    let server = Socketioxide::start(threads, HEARTBEAT);
    let (urls, dialect) = (vec![server.url()], Dialect::chat());
    let connect_timeout = CONNECT_TIMEOUT;
    Subject { urls, broker: None, process: None, dialect, connect_timeout }.trials()
}
