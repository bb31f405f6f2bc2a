//! Tried: what becomes of checks on a server of this process.

use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};
use std::time::Duration;

use chatbench::conformance::{self, Broker, Check, Patience, Target, Tried};
use chatbench::scenario::{Hooks, OrderPolicy, Overrides, Parser, Scenario, SenderPolicy};
use chatbench::transport::{Endpoint, Tls};
use tokio::runtime::{Builder, LocalOptions};

use crate::apart::Apart;
use crate::liar::{Liar, Lie, Setup, Stub, broker_of};

/// A server to be started, and tried.
pub(crate) struct Server {
    pub(crate) tale: Tale,
    pub(crate) setup: Setup,
    /// How long an answer may take.
    pub(crate) answer: Duration,
    /// It is a process of its own.
    pub(crate) is_apart: bool,
    /// What is given for the commands that take its broker down and bring it back.
    pub(crate) broker: fn(Broker) -> Broker,
}

/// What a server lives by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tale {
    Truth,
    Lie(Lie),
    Stub(Stub),
    /// There is no server.
    Nobody,
}

impl Server {
    pub(crate) fn honest(setup: Setup) -> Server {
        let answer = Duration::from_secs(1);
        Server { tale: Tale::Truth, setup, answer, is_apart: false, broker: |broker| broker }
    }

    pub(crate) fn lying(lie: Lie, setup: Setup) -> Server {
        Server { tale: Tale::Lie(lie), ..Server::honest(setup) }
    }
}

/// The checks that are judged by the time that they take.
pub(crate) const TIMED: &[&str] = &["ROB-09"];
/// Shared by all that is tried; what is judged by its time has it for itself.
static MACHINE: RwLock<()> = RwLock::new(());

pub(crate) fn is_timed(check: &Check) -> bool {
    TIMED.contains(&check.id)
}

/// What becomes of `checks` on `server`, while others are tried.
pub(crate) fn tried(server: &Server, checks: &[&'static Check]) -> Result<Vec<Tried>, String> {
    let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    tried_beside(server, checks)
}

/// Nothing that works is tried as long as this lasts.
pub(crate) struct Alone(#[expect(dead_code, reason = "it is kept")] RwLockWriteGuard<'static, ()>);

impl Alone {
    pub(crate) fn begin() -> Alone {
        Alone(MACHINE.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// What becomes of `checks` on `server`.
    pub(crate) fn tried(
        &self,
        server: &Server,
        checks: &[&'static Check],
    ) -> Result<Vec<Tried>, String> {
        tried_beside(server, checks)
    }
}

/// The same whatever else is tried: for servers that do next to nothing.
pub(crate) fn tried_beside(
    server: &Server,
    checks: &[&'static Check],
) -> Result<Vec<Tried>, String> {
    if server.is_apart {
        let lie = if let Tale::Lie(lie) = server.tale { Some(lie) } else { None };
        let apart = Apart::start(lie);
        let urls = [apart.url().to_owned(), apart.url().to_owned()];
        return tried_on(&urls, Some(apart.pid()), server, checks);
    }
    let (lie, stub) = match server.tale {
        Tale::Truth | Tale::Nobody => (None, None),
        Tale::Lie(lie) => (Some(lie), None),
        Tale::Stub(stub) => (None, Some(stub)),
    };
    let liar = Liar::start(lie, stub, server.setup);
    let urls = [liar.url(0), liar.url(1)];
    let _liar = match server.tale {
        Tale::Nobody => {
            drop(liar);
            None
        }
        _ => Some(liar),
    };
    tried_on(&urls, None, server, checks)
}

fn tried_on(
    urls: &[String; 2],
    process: Option<u32>,
    server: &Server,
    checks: &[&'static Check],
) -> Result<Vec<Tried>, String> {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    runtime.expect("a runtime can be built").block_on(async {
        let target = Target { process, ..target(urls, server).await };
        let trials = conformance::run(target, checks, &mut |_| {}).await;
        trials.map(|trials| trials.tried).map_err(|error| error.to_string())
    })
}

async fn target(urls: &[String; 2], server: &Server) -> Target {
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/hooks.yaml");
    let scenario = Scenario::read(&hooks, &Overrides::default());
    let mut dialect = scenario.expect("the dialect with its hooks is sound").dialect;
    if server.setup.echoed {
        dialect.sender = SenderPolicy::Echoed;
    }
    let parser = if server.setup.msgpack { Parser::MessagePack } else { Parser::Text };
    let resolve = async |url| Endpoint::resolve(url, "/socket.io/").await;
    Target {
        endpoint: resolve(&urls[0]).await.expect("a URL with a port"),
        peer: Some(resolve(&urls[1]).await.expect("a URL with a port")),
        tls: Tls::insecure().expect("no certificates are needed"),
        headers: Vec::new(),
        namespace: "/".into(),
        auth: String::new(),
        origin: "http://localhost:5173".into(),
        order: OrderPolicy::Fail,
        hooks: Hooks { parser, ..dialect.hooks.clone() },
        dialect: Some(dialect),
        broker: Some((server.broker)(broker(&urls[0]))),
        process: None,
        patience: Patience {
            answer: server.answer,
            quiet: Duration::from_millis(100),
            wait_max: Duration::from_secs(5),
            connect_timeout: server.setup.connect_timeout,
        },
        hostile: true,
        load_messages: 60,
    }
}

/// The broker of the liar at `url`.
fn broker(url: &str) -> Broker {
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    let is_down = broker_of(port.expect("it ends in a port"));
    let is_down = is_down.display();
    Broker { down: format!("touch '{is_down}'"), up: format!("rm '{is_down}'") }
}

/// The last lines of a transcript that are told.
const LINES_TOLD: usize = 24;
const COLUMNS_TOLD: usize = 150;

/// One outcome, with the end of what went over the wire.
pub(crate) fn told(one: &Tried) -> String {
    let mut told = format!("{} after {:?}: {:?}", one.check.id, one.took, one.outcome);
    let skipped = one.transcript.len().saturating_sub(LINES_TOLD);
    for line in &one.transcript[skipped..] {
        let line: String = line.to_string().chars().take(COLUMNS_TOLD).collect();
        told.push_str(&format!("\n    {line}"));
    }
    told
}
