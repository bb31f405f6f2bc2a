//! Schema: the JSON Schema of reports, for other tools.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Report;

/// The JSON Schema (draft 2020-12) that reports follow, with every field's description.
pub fn schema() -> Value {
    // What is always written is required, so that a reader may rely on it.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Report>();
    schema.insert("title".into(), "chatbench report".into());
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn every_field_is_described() {
        let schema = schema();
        let definitions = schema["$defs"].as_object().expect("definitions");
        for (name, definition) in definitions.iter().chain([(&"Report".to_owned(), &schema)]) {
            let Some(fields) = definition["properties"].as_object() else { continue };
            for (field, meaning) in fields {
                let said = meaning.get("description").is_some() || meaning.get("const").is_some();
                assert!(said, "{name}.{field} has no description");
            }
        }
    }

    #[test]
    fn what_is_missing_or_of_another_version_is_refused() {
        let validator = jsonschema::validator_for(&schema()).expect("a schema");
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
