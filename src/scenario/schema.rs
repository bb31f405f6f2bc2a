//! Schema: the JSON Schema of scenario files, for editors and other tools.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::file::ScenarioFile;

/// The JSON Schema (draft 2020-12) that scenario files follow, with every key's description.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<ScenarioFile>();
    schema.insert("title".into(), "chatbench scenario".into());
    let mut value = schema.to_value();
    unwrap_descriptions(&mut value);
    value
}

/// Joins the lines of each paragraph: descriptions come wrapped as the code is, and editors show
/// them in windows of another width.
fn unwrap_descriptions(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                match value {
                    Value::String(text) if key == "description" => {
                        let paragraphs = text.split("\n\n").map(|lines| lines.replace('\n', " "));
                        *text = paragraphs.collect::<Vec<_>>().join("\n\n");
                    }
                    other => unwrap_descriptions(other),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(unwrap_descriptions),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_schema_refuses_what_the_reader_refuses() {
        let validator = jsonschema::validator_for(&schema()).expect("a schema");
        let mut scenario = json!({
            "users": 10,
            "rooms": { "size": { "zipf": { "min": 2, "max": 5 } } },
            "load": { "phases": [{ "hold": { "rate": "1/s", "for": "1 s" } }] },
            "thresholds": { "delivery_latency": { "p99.9": "1 s" }, "disconnects": "unlimited" },
        });
        assert!(validator.is_valid(&scenario), "{:?}", validator.iter_errors(&scenario).next());
        for (pointer, wrong) in [
            ("/users", json!("ten")),
            ("/rooms/size", json!({ "gauss": {} })),
            ("/load/phases/0/hold/rate", json!(1)),
            ("/load/phases/0/hold/for", json!("1")),
            ("/thresholds/disconnects", json!("many")),
        ] {
            let right = scenario.pointer(pointer).expect("a field").clone();
            *scenario.pointer_mut(pointer).expect("a field") = wrong;
            assert!(!validator.is_valid(&scenario), "{pointer}");
            *scenario.pointer_mut(pointer).expect("a field") = right;
        }
        scenario["load"]["conect_rate"] = "1/s".into();
        assert!(!validator.is_valid(&scenario));
    }
}
