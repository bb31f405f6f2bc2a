//! The documentation: its examples are scenarios, and it leaves no key out.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

const DOCUMENT: &str = include_str!("../../../docs/scenario.md");

#[test]
fn every_example_can_be_planned() {
    let examples =
        DOCUMENT.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let whole: Vec<_> = examples.filter(|example| example.contains("load:")).collect();
    assert_eq!(whole.len(), 6);
    for example in &whole {
        Plan::new(&scenario(example), 1).expect("a plan");
    }
    assert_eq!(scenario(whole[5]).dialect, Dialect::chat());
}

#[test]
fn every_key_is_documented() {
    let mut keys = BTreeSet::new();
    collect_keys(&schema(), &mut keys);
    assert!(keys.len() > 50, "{keys:?}");
    // As `key`, `section.key`, or in an example.
    let mentioned = |key: &String| {
        DOCUMENT.contains(&format!("`{key}`"))
            || DOCUMENT.contains(&format!(".{key}`"))
            || DOCUMENT.contains(&format!("`{key}."))
            || DOCUMENT.contains(&format!("{key}: "))
            || DOCUMENT.contains(&format!("\n{key}:\n"))
    };
    let missing: Vec<_> = keys.iter().filter(|key| !mentioned(key)).collect();
    assert!(missing.is_empty(), "not in docs/scenario.md: {missing:?}");
}

fn collect_keys(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(entries) => {
            if let Some(properties) = entries.get("properties").and_then(Value::as_object) {
                keys.extend(properties.keys().cloned());
            }
            entries.values().for_each(|value| collect_keys(value, keys));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_keys(value, keys)),
        _ => {}
    }
}
