//! Server: which one is tried, and what is known of it beforehand.

use serde_json::Value;

use super::args::ConformArgs;
use crate::cli::failure::Failure;
use crate::cli::reference::Reference;
use crate::conformance::{Broker, Patience, Target};
use crate::load::{Tls, locate};
use crate::report::conform::Subject;
use crate::scenario::{self, Assignment, Dialect, Overrides, Scenario, TargetUrl};

/// What `--dialect` says where there is no chat.
const NO_DIALECT: &str = "none";
/// The scenario that flags change where there is no file: of it, only the defaults matter.
const DEFAULTS: &str =
    "{users: 2, rooms: {count: 1}, load: {phases: [hold: {rate: 1/s, for: 1 s}]}}";

/// What the bundled server is told: to have all that checks need, and a heartbeat soon over.
const TO_BE_CHECKED: [&str; 5] = ["--hooks", "--ping-interval", "1s", "--ping-timeout", "1s"];

/// The server as it is meant: a scenario, of which who talks how much does not matter.
pub(super) struct Server {
    scenario: Scenario,
    dialect: Option<Dialect>,
    peer: Option<TargetUrl>,
    reference: Option<Reference>,
}

impl Server {
    /// What the arguments mean; starts the bundled server where that is meant.
    pub(super) fn of(args: &ConformArgs) -> Result<Server, Failure> {
        let overrides = overrides(args);
        let file = args.dialect.as_deref().filter(|file| file.as_os_str() != NO_DIALECT);
        let scenario = match file {
            Some(file) => Scenario::read(file, &overrides)?,
            None => Scenario::parse("the default scenario", DEFAULTS, &overrides)?,
        };
        let peer = args.peer_url.as_deref().map(peer).transpose()?;
        let reference = match scenario.target {
            scenario::Target::Reference => Some(Reference::start(&[], 0, &TO_BE_CHECKED)?),
            scenario::Target::Urls(_) => None,
        };
        let dialect = match (&args.dialect, file, &reference) {
            (Some(_), None, _) => None,
            (None, _, Some(_)) => Some(Dialect::chat_with_hooks()),
            (None, _, None) | (Some(_), Some(_), _) => Some(scenario.dialect.clone()),
        };
        Ok(Server { scenario, dialect, peer, reference })
    }

    pub(super) fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    fn url(&self) -> TargetUrl {
        match (&self.scenario.target, &self.reference) {
            (scenario::Target::Urls(urls), _) => urls[0].clone(),
            (scenario::Target::Reference, Some(reference)) => reference.url().clone(),
            (scenario::Target::Reference, None) => unreachable!("it was started"),
        }
    }

    /// Looks up where it is.
    pub(super) async fn target(&self, args: &ConformArgs) -> Result<Target, Failure> {
        let scenario = &self.scenario;
        let mut urls = vec![self.url()];
        urls.extend(self.peer.clone());
        let mut endpoints = locate(&urls, &scenario.path, args.pace.patience.duration()).await?;
        let speaks_tls = endpoints.iter().any(|endpoint| endpoint.tls);
        let tls = if args.insecure || !speaks_tls { Tls::insecure() } else { Tls::platform() }?;
        let peer = if endpoints.len() > 1 { endpoints.pop() } else { None };
        let headers = scenario.headers.iter();
        Ok(Target {
            endpoint: endpoints.remove(0),
            peer,
            tls,
            headers: headers.map(|it| (it.name.clone(), it.value.clone())).collect(),
            namespace: scenario.namespace.clone(),
            auth: scenario
                .auth
                .clone()
                .map(Value::Object)
                .map_or_else(String::new, |it| it.to_string()),
            origin: args.origin.clone(),
            hooks: self.dialect.as_ref().map(|it| it.hooks.clone()).unwrap_or_default(),
            dialect: self.dialect.clone(),
            order: scenario.order,
            broker: broker(args),
            process: args.pid.or(self.reference.as_ref().and_then(|it| it.pid().get())),
            patience: Patience {
                answer: args.pace.patience.duration(),
                wait_max: args.pace.max_wait.duration(),
                connect_timeout: args.pace.connect_timeout.duration(),
                ..Patience::default()
            },
            hostile: args.selection.hostile,
            load_messages: args.pace.load_messages,
        })
    }

    /// The server as a report names it.
    pub(super) fn subject(&self, survey: &crate::conformance::Survey) -> Subject {
        let secs = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64());
        Subject {
            url: self.url().to_string(),
            reference: self.reference.is_some(),
            peer_url: self.peer.as_ref().map(TargetUrl::to_string),
            path: self.scenario.path.clone(),
            namespace: self.scenario.namespace.clone(),
            family: survey.family.name().into(),
            polling: survey.polling,
            websocket: survey.websocket,
            ping_interval_s: secs(survey.ping_interval),
            ping_timeout_s: secs(survey.ping_timeout),
            payload_bytes_max: survey.payload_bytes_max,
            recovery: survey.recovery,
        }
    }

    /// What nobody who reads a report needs to know: the texts of auth, and what headers say.
    pub(super) fn secrets(&self) -> Vec<String> {
        /// Shorter ones would be found in much that they do not stand in.
        const CHARS_MIN: usize = 6;
        let mut secrets: Vec<_> = self.scenario.headers.iter().map(|it| it.value.clone()).collect();
        let mut left: Vec<&Value> = self.scenario.auth.iter().flat_map(|it| it.values()).collect();
        while let Some(value) = left.pop() {
            match value {
                Value::String(text) => secrets.push(text.clone()),
                Value::Array(values) => left.extend(values),
                Value::Object(values) => left.extend(values.values()),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        secrets.retain(|secret| secret.chars().count() >= CHARS_MIN);
        secrets
    }
}

fn broker(args: &ConformArgs) -> Option<Broker> {
    let (down, up) = args.broker_down.clone().zip(args.broker_up.clone())?;
    Some(Broker { down, up })
}

fn peer(url: &str) -> Result<TargetUrl, Failure> {
    let wrong = |error: scenario::UnitError| {
        let what = format!("--peer-url {url}: {}", error.what);
        Failure::usage(what, "write a URL such as `http://localhost:3001`")
    };
    url.parse().map_err(wrong)
}

/// What the flags change of the scenario.
fn overrides(args: &ConformArgs) -> Overrides {
    let mut set = Vec::new();
    let mut text = |flag: &str, key: &str, value: &Option<String>| {
        let assign = |value: &String| {
            Assignment::by_flag(format!("{flag} {value}"), &[key], value.as_str().into())
        };
        set.extend(value.as_ref().map(assign));
    };
    text("the URL", "target", &args.url);
    text("--path", "path", &args.path);
    text("--namespace", "namespace", &args.namespace);
    for (name, value) in &args.header {
        let flag = format!("--header {name}");
        set.push(Assignment::by_flag(flag, &["headers", name], value.as_str().into()));
    }
    if let Some(auth) = &args.auth {
        set.push(Assignment::by_flag("--auth".into(), &["auth"], auth.clone().into()));
    }
    Overrides { set, ..Overrides::default() }
}
