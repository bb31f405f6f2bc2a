//! Schema: the JSON Schema of reports, for other tools.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::compare::Comparison;
use super::{ConformReport, Report};

/// The JSON Schema (draft 2020-12) that reports follow, with every field's description.
pub fn of_run() -> Value {
    schema_of::<Report>("chatbench report")
}

/// The JSON Schema that reports on a server's conformance follow.
pub fn of_conform() -> Value {
    schema_of::<ConformReport>("chatbench conformance report")
}

/// The JSON Schema that comparisons of runs follow.
pub fn of_compare() -> Value {
    schema_of::<Comparison>("chatbench comparison")
}

fn schema_of<T: schemars::JsonSchema>(title: &str) -> Value {
    // What is always written is required, so that a reader may rely on it.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".into(), title.into());
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_field_is_described() {
        for schema in [of_run(), of_conform(), of_compare()] {
            let definitions = schema["$defs"].as_object().expect("definitions");
            for (name, definition) in definitions.iter().chain([(&"Report".to_owned(), &schema)]) {
                let Some(fields) = definition["properties"].as_object() else { continue };
                for (field, meaning) in fields {
                    let said =
                        ["description", "const"].iter().any(|key| meaning.get(key).is_some());
                    assert!(said, "{name}.{field} has no description");
                }
            }
        }
    }

    #[test]
    fn what_is_missing_or_of_another_version_is_refused() {
        let validator = jsonschema::validator_for(&of_run()).expect("a schema");
        let report = sample::report(&sample::passed());
        let whole = serde_json::to_value(report).expect("a value");
        assert!(validator.is_valid(&whole));
        for key in whole.as_object().expect("an object").keys() {
            let mut part = whole.clone();
            part.as_object_mut().expect("an object").remove(key);
            assert!(!validator.is_valid(&part), "without {key}");
        }
        let mut other = whole.clone();
        other["version"] = 2.into();
        assert!(!validator.is_valid(&other));
    }
}
