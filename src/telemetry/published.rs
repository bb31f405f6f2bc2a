//! Published: the page and the dashboard name what is exported, and nothing else.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::family::Value;
use super::sample;

fn file(name: &str) -> String {
    let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The name and the type of everything that is exported.
fn exported() -> BTreeSet<(String, &'static str)> {
    let live = sample::live();
    let families = live.families();
    let kind = |value: &Value<'_>| match value {
        Value::Counter(_) | Value::Counters { .. } => "counter",
        Value::Gauge(_) | Value::State { .. } => "gauge",
        Value::Info(_) => "info",
        Value::Times(_) => "histogram",
    };
    families.iter().map(|family| (family.full_name(), kind(&family.value))).collect()
}

/// The names that stand in a text, without what a series of a histogram appends.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names = words.filter(|word| word.starts_with("chatbench_"));
    let family = |name: &str| {
        let parts = ["_bucket", "_sum", "_count"];
        let part = parts.iter().find_map(|part| name.strip_suffix(part));
        part.unwrap_or(name).to_owned()
    };
    names.map(family).collect()
}

/// All texts in `json` that stand at `key`.
fn texts<'a>(json: &'a Json, key: &str, found: &mut Vec<&'a str>) {
    match json {
        Json::Object(fields) => fields.iter().for_each(|(name, value)| match value {
            Json::String(text) if name == key => found.push(text),
            _ => texts(value, key, found),
        }),
        Json::Array(values) => values.iter().for_each(|value| texts(value, key, found)),
        _ => {}
    }
}

#[test]
fn the_page_has_every_metric_with_its_type() {
    let page = file("metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `chatbench_"));
    let row = |row: &str| {
        let cells: Vec<_> = row.split('|').map(|cell| cell.trim().to_owned()).collect();
        let name = cells[0].split(['`', '{']).next().unwrap_or_default();
        assert!(cells.len() == 5 && !cells[3].is_empty(), "no meaning of `chatbench_{name}`");
        (format!("chatbench_{name}"), cells[1].clone())
    };
    let described: BTreeSet<_> = rows.map(row).collect();
    let exported = exported().into_iter().map(|(name, kind)| (name, kind.to_owned()));
    assert_eq!(described, exported.collect());
}

#[test]
fn the_page_has_every_label_with_its_values() {
    let page = file("metrics.md");
    for family in sample::live().families() {
        let name = family.full_name();
        let (labels, values): (Vec<&str>, Vec<&str>) = match &family.value {
            Value::State { label, states } => {
                (vec![*label], states.iter().map(|(state, _)| *state).collect())
            }
            Value::Counters { label, counts } => {
                (vec![*label], counts.iter().map(|(value, _)| *value).collect())
            }
            Value::Info(labels) => (labels.iter().map(|(label, _)| *label).collect(), Vec::new()),
            Value::Counter(_) | Value::Gauge(_) | Value::Times(_) => Default::default(),
        };
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}{labels}` |")));
        let row = row.unwrap_or_else(|| panic!("no row of `{name}{labels}`"));
        for value in values {
            assert!(row.contains(&format!("`{value}`")), "`{value}` is not in {row}");
        }
    }
}

/// How often a dashboard has to look, which is how often there are other numbers.
const STEP: &str = "1s";

#[test]
fn the_dashboard_looks_as_often_as_numbers_change() {
    let dashboard: Json = serde_json::from_str(&file("grafana/chatbench.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = |panel: &Json| panel["targets"].as_array().cloned().unwrap_or_default();
    let targets: Vec<Json> = panels.iter().flat_map(targets).collect();
    assert!(targets.len() > 10, "{targets:?}");
    // Or else it takes what its data source says, which is 15 s where nobody has said otherwise,
    // and a rate is that of four times as long.
    for target in targets {
        assert_eq!(target["interval"], STEP, "{}", target["expr"]);
    }
    let page = file("metrics.md");
    assert!(page.contains(&format!("scrape_interval: {STEP}")), "the page has another step");
}

#[test]
fn the_dashboard_asks_for_what_is_exported() {
    let dashboard: Json = serde_json::from_str(&file("grafana/chatbench.json")).expect("JSON");
    let mut queries = Vec::new();
    texts(&dashboard, "expr", &mut queries);
    texts(&dashboard, "definition", &mut queries);
    assert!(queries.len() > 10, "{queries:?}");
    let exported: BTreeSet<_> = exported().into_iter().map(|(name, _)| name).collect();
    let asked: BTreeSet<_> = queries.iter().flat_map(|query| names(query)).collect();
    let unknown: Vec<_> = asked.difference(&exported).collect();
    assert!(unknown.is_empty(), "nobody exports {unknown:?}");
    for query in queries {
        assert!(!names(query).is_empty(), "{query} asks for nothing of ours");
    }
}

#[test]
fn whatever_else_the_page_names_is_exported() {
    let exported: BTreeSet<_> = exported().into_iter().map(|(name, _)| name).collect();
    let named = names(&file("metrics.md"));
    let unknown: Vec<_> = named.difference(&exported).collect();
    assert!(unknown.is_empty(), "nobody exports {unknown:?}");
}
