//! Conform: tries the catalogue of checks on a server.

use tokio::runtime::{Builder, LocalOptions};

use super::args::ConformArgs;
use super::failure::Failure;
use super::reference::Reference;
use crate::conformance::{self, Check, Outcome, Patience, Target};
use crate::report::ExitKind;
use crate::scenario::{Dialect, OrderPolicy, Overrides, Scenario};
use crate::transport::{Endpoint, Tls};

/// What the bundled server is told: to have all that checks need, and a heartbeat that is soon over.
const TO_BE_CHECKED: [&str; 5] = ["--hooks", "--ping-interval", "1s", "--ping-timeout", "1s"];

pub(super) fn conform(args: &ConformArgs) -> Result<ExitKind, Failure> {
    let reference = match &args.url {
        Some(_) => None,
        None => Some(Reference::start(&[], 0, &TO_BE_CHECKED)?),
    };
    let url = match (&args.url, &reference) {
        (Some(url), _) => url.clone(),
        (None, Some(reference)) => reference.url().to_string(),
        (None, None) => String::new(),
    };
    let wanted = |check: &&Check| {
        args.only.is_empty() || args.only.iter().any(|only| check.id.starts_with(only.as_str()))
    };
    let checks: Vec<&'static Check> = conformance::checks().filter(wanted).collect();
    let dialect = match &args.dialect {
        Some(file) => Scenario::read(file, &Overrides::default())?.dialect,
        None if reference.is_some() => Dialect::chat_with_hooks(),
        None => Dialect::chat(),
    };
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let runtime = runtime.map_err(|err| Failure::impossible(err, "raise `ulimit -n`"))?;
    let trials = runtime.block_on(async {
        let endpoint = Endpoint::resolve(&url, "/socket.io/").await?;
        let peer = match &args.peer_url {
            Some(url) => Some(Endpoint::resolve(url, "/socket.io/").await?),
            None => None,
        };
        let target = Target {
            endpoint,
            peer,
            tls: Tls::insecure()?,
            headers: Vec::new(),
            namespace: "/".into(),
            auth: String::new(),
            origin: "http://localhost:5173".into(),
            hooks: dialect.hooks.clone(),
            dialect: Some(dialect),
            order: OrderPolicy::Fail,
            process: args.pid,
            patience: Patience { wait_max: args.max_wait.duration(), ..Patience::default() },
            hostile: args.hostile,
            load_messages: 6905,
        };
        let ran = conformance::run(target, &checks, &mut |_| {}).await;
        ran.map_err(|error| Failure::impossible(error, ""))
    })?;
    for one in &trials.tried {
        println!("{} {:?} {:?}", one.check.id, one.took, one.outcome);
        if !matches!(one.outcome, Outcome::Pass(_)) {
            for line in &one.transcript {
                println!("  {line}");
            }
        }
    }
    println!("{:?}", trials.survey);
    Ok(ExitKind::Pass)
}
