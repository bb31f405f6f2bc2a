//! The bundled scenarios: each is read, planned, written back, and known to the schema.

use std::path::PathBuf;

use super::*;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn bundled() -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder())
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_bundled_scenario_can_be_planned() {
    let names: Vec<_> =
        bundled().iter().map(|file| file.file_stem().unwrap().display().to_string()).collect();
    let known = [
        "capacity",
        "churn",
        "drawing",
        "fan-out",
        "isolation",
        "quickstart",
        "ramp",
        "reconnect-storm",
        "restart",
        "soak",
    ];
    assert_eq!(names, known);
    for file in bundled() {
        let scenario = Scenario::read(&file, &Overrides::default()).expect("a scenario");
        assert_eq!(Some(scenario.name.as_ref()), file.file_stem().unwrap().to_str());
        for seed in 0..10 {
            let plan = Plan::new(&scenario, seed).expect("a plan");
            assert!(plan.cells >= 4, "{}: {} cells", scenario.name, plan.cells);
        }
    }
}

#[test]
fn quickstart_takes_about_twenty_seconds() {
    let file = folder().join("quickstart.yaml");
    let scenario = Scenario::read(&file, &Overrides::default()).expect("a scenario");
    let estimate = Estimate::new(&scenario, &Plan::new(&scenario, 1).expect("a plan"));
    assert!((15.0..20.0).contains(&estimate.run_secs_min), "{}", estimate.run_secs_min);
    assert_eq!((estimate.connections, estimate.rooms), (300, 30));
}

#[test]
fn a_scenario_as_run_reads_back_the_same() {
    for file in bundled() {
        let seeded = Overrides { seed: Some(u64::MAX), ..Overrides::default() };
        let scenario = Scenario::read(&file, &seeded).expect("a scenario");
        let yaml = Scenario::read(&file, &Overrides::default()).expect("a scenario");
        let yaml = yaml.to_yaml(u64::MAX);
        let again = Scenario::parse("again", &yaml, &Overrides::default());
        assert_eq!(again.expect("a scenario"), scenario, "{yaml}");
    }
}

#[test]
fn every_bundled_scenario_follows_the_schema_it_names() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    for file in bundled() {
        let text = std::fs::read_to_string(&file).expect("a file");
        let line = text.lines().next().unwrap();
        assert_eq!(line, "# yaml-language-server: $schema=scenario.schema.json");
        let typed = crate::scenario::file::read_yaml(&text).expect("YAML");
        let as_run = scenario(&text).to_yaml(1);
        for value in [typed, crate::scenario::file::read_yaml(&as_run).expect("YAML")] {
            let errors: Vec<_> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        }
    }
}

#[test]
fn the_schema_beside_the_scenarios_is_the_generated_one() {
    let pretty = serde_json::to_string_pretty(&schema()).expect("JSON") + "\n";
    // Regenerate it by running this test with UPDATE_EXPECT=1 in the environment.
    expect_test::expect_file![folder().join("scenario.schema.json")].assert_eq(&pretty);
}
