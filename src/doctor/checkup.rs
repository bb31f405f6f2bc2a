//! Checkup: all that was found on a machine, as a document with a version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Finding, Verdict};
use super::needs::Needs;

/// What was found on a machine, version 1. Fields are added within a version, never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Checkup {
    /// The version of this format: 1.
    #[schemars(extend("const" = Checkup::VERSION))]
    pub version: u32,
    /// The version of chatbench that looked.
    pub chatbench: String,
    /// When it looked: RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    pub started: String,
    /// What the scenario is called.
    pub scenario: String,
    /// What the scenario asks of the machine.
    pub needs: Needs,
    /// The worst verdict of all findings.
    pub verdict: Verdict,
    /// One for each check, in the order of the catalogue.
    pub findings: Vec<Finding>,
}

impl Checkup {
    /// The version of the format that is written.
    pub const VERSION: u32 = 1;

    /// The JSON Schema (draft 2020-12) that checkups follow.
    pub fn schema() -> serde_json::Value {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<Checkup>();
        schema.insert("title".into(), "chatbench doctor".into());
        schema.to_value()
    }

    /// How many findings have this verdict.
    pub fn count(&self, verdict: Verdict) -> u64 {
        self.findings.iter().filter(|it| it.verdict == verdict).count() as u64
    }
}
