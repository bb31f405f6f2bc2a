//! Scenario: whether runs were asked the same, and what else differs that may make a difference.

use serde_json::Value;

use super::model::Doubt;
use super::read::{CompareError, Run};

/// What differs where another chatbench has measured.
pub(super) const VERSION: &str = "chatbench";
/// Keys that may differ without a word: where the server is and is looked at, what is asked of it
/// afterwards, and what runs differ in by themselves.
const FREE: [&str; 12] = [
    "name",
    "description",
    "seed",
    "target",
    "path",
    "namespace",
    "auth",
    "headers",
    "thresholds",
    "capacity",
    "observe",
    "$schema",
];
/// Keys of what every server is asked: where these differ, latencies do without anybody's doing.
const ASKED: [&str; 6] = ["transport", "client", "users", "rooms", "load", "message"];
/// What differs where a scenario is not understood, so that anything may.
const WHOLE: &str = "scenario";
/// Values that are told in full.
const VALUE_CHARS_MAX: usize = 60;
/// Differences that are named in an error.
const NAMED_MAX: usize = 5;

/// What differs between the first run of `a` and all others, of which `allowed` keys may.
pub(super) fn doubts(a: &[Run], b: &[Run], allowed: &[String]) -> Result<Vec<Doubt>, CompareError> {
    let (Some(first), mut doubts) = (a.first(), Vec::new()) else { return Ok(Vec::new()) };
    for other in a[1..].iter().chain(b) {
        let differing = differences(first, other);
        let is_refused = |(key, _, _): &&(String, String, String)| {
            let top = key.split('.').next().unwrap_or_default();
            (ASKED.contains(&top) || top == WHOLE)
                && !allowed.iter().any(|allowed| is_within(key, allowed))
        };
        let refused: Vec<_> = differing.iter().filter(is_refused).collect();
        if !refused.is_empty() {
            let told = refused.iter().take(NAMED_MAX);
            let told: Vec<String> =
                told.map(|(key, a, b)| format!("`{key}` is {a} and {b}")).collect();
            let what = format!(
                "{} and {} are not runs of one scenario: {}{}",
                first.folder,
                other.folder,
                told.join(", "),
                if refused.len() > NAMED_MAX { ", and more" } else { "" }
            );
            return Err(CompareError::Incomparable(what));
        }
        let folder = || other.folder.clone();
        doubts.extend(differing.into_iter().map(|(key, a, b)| Doubt::ScenarioDiffers {
            key,
            a,
            b,
            folder: folder(),
        }));
        doubts.extend(generators(first, other).into_iter().map(|(what, a, b)| {
            Doubt::GeneratorDiffers { what: what.into(), a, b, folder: folder() }
        }));
    }
    Ok(doubts)
}

fn is_within(key: &str, allowed: &str) -> bool {
    key.strip_prefix(allowed).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn differences(a: &Run, b: &Run) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    match (&a.scenario, &b.scenario) {
        (Some(a), Some(b)) => walk("", Some(a), Some(b), &mut found),
        _ if a.report.scenario.yaml == b.report.scenario.yaml => {}
        (of_a, of_b) => {
            let told = |scenario: &Option<Value>| match scenario {
                Some(_) => "another".to_owned(),
                None => "one that this chatbench does not understand".into(),
            };
            found.push((WHOLE.into(), told(of_a), told(of_b)));
        }
    }
    found
}

fn walk(
    key: &str,
    a: Option<&Value>,
    b: Option<&Value>,
    found: &mut Vec<(String, String, String)>,
) {
    if a == b || FREE.contains(&key) {
        return;
    }
    let below = |name: &str| if key.is_empty() { name.into() } else { format!("{key}.{name}") };
    match (a, b) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let added = b.keys().filter(|name| !a.contains_key(*name));
            for name in a.keys().chain(added) {
                walk(&below(name), a.get(name), b.get(name), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                walk(&below(&at.to_string()), Some(a), Some(b), found);
            }
        }
        _ => found.push((key.into(), told(a), told(b))),
    }
}

fn told(value: Option<&Value>) -> String {
    let Some(value) = value else { return "absent".into() };
    let text = value.to_string();
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Where the load was generated, and by which version.
fn generators(a: &Run, b: &Run) -> Vec<(&'static str, String, String)> {
    let of = |run: &Run| {
        let machine = &run.report.environment;
        let cores = machine.cores.map_or("unknown".into(), |cores| cores.to_string());
        let model = machine.cpu_model.clone().unwrap_or_else(|| "unknown".into());
        [
            (VERSION, run.report.tool.version.clone()),
            ("processor", model),
            ("cores", cores),
            ("kernel", machine.kernel.clone().unwrap_or_else(|| "unknown".into())),
        ]
    };
    let both = of(a).into_iter().zip(of(b));
    both.filter(|(a, b)| a != b).map(|((what, a), (_, b))| (what, a, b)).collect()
}
