//! Matrix: which lie fails which checks.

use std::path::Path;
use std::time::Duration;

use chatbench::conformance::{self, Check, Outcome, Patience, Target, Tried};
use chatbench::scenario::{Overrides, Scenario};
use chatbench::transport::{Endpoint, Tls};
use tokio::runtime::{Builder, LocalOptions};

use crate::liar::{Liar, Lie, Setup};

/// What became of `checks` on a server that lives by `lie`.
fn tried(lie: Option<Lie>, setup: Setup, checks: &[&'static Check]) -> Vec<Tried> {
    let liar = Liar::start(lie, setup);
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    runtime.expect("a runtime can be built").block_on(async {
        let target = target(&liar, setup).await;
        let trials = conformance::run(target, checks, &mut |_| {}).await;
        trials.expect("the survey finds a server").tried
    })
}

async fn target(liar: &Liar, setup: Setup) -> Target {
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/hooks.yaml");
    let scenario = Scenario::read(&hooks, &Overrides::default());
    let dialect = scenario.expect("the dialect with its hooks is sound").dialect;
    let resolve = async |node| Endpoint::resolve(&liar.url(node), "/socket.io/").await;
    Target {
        endpoint: resolve(0).await.expect("a URL with a port"),
        peer: Some(resolve(1).await.expect("a URL with a port")),
        tls: Tls::insecure().expect("no certificates are needed"),
        headers: Vec::new(),
        namespace: "/".into(),
        auth: String::new(),
        origin: "http://localhost:5173".into(),
        hooks: dialect.hooks.clone(),
        dialect: Some(dialect),
        process: None,
        patience: Patience {
            answer: Duration::from_secs(1),
            quiet: Duration::from_millis(100),
            wait_max: Duration::from_secs(5),
            connect_timeout: setup.connect_timeout,
        },
        hostile: true,
        load_messages: 60,
    }
}

#[test]
fn the_truth_passes() {
    let checks: Vec<&'static Check> = conformance::checks().collect();
    for recovery in [false, true] {
        for one in tried(None, Setup { recovery, ..Setup::default() }, &checks) {
            if !matches!(one.outcome, Outcome::Pass(_)) {
                println!("{recovery} {} {:?} {:?}", one.check.id, one.took, one.outcome);
                for line in &one.transcript {
                    println!("    {line}");
                }
            }
        }
    }
}
