//! Schema: what is printed is a JSON Schema, and the one that the scenarios name.

use serde_json::Value;

use super::chatbench;

pub(crate) fn schema(of: &str) -> Value {
    let ended = chatbench(["schema", of]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let schema = serde_json::from_str(&ended.stdout).expect("JSON");
    assert!(jsonschema::meta::is_valid(&schema), "{of}");
    schema
}

#[test]
fn the_bundled_schema_is_the_one_that_is_printed() {
    let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/scenario.schema.json");
    let bundled = std::fs::read_to_string(bundled).expect("it is there");
    let bundled: Value = serde_json::from_str(&bundled).expect("JSON");
    assert_eq!(bundled, schema("scenario"));
}

#[test]
fn a_report_has_a_schema_that_wants_a_verdict() {
    let schema = jsonschema::validator_for(&schema("report")).expect("a schema");
    let nothing = serde_json::json!({"version": 1});
    let error = schema.validate(&nothing).expect_err("no report");
    assert!(error.to_string().contains("is a required property"), "{error}");
}
