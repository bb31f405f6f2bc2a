//! Ci: what `docs/ci.md` and `action.yml` have others run is run here.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::PATIENCE;
use crate::support::binary::{CommandLine, Ended};
use crate::support::served::Served;

/// Enough to see that it works; the whole catalogue is tried elsewhere.
const ONLY: &str = "EIO-HS-01,CHAT-DLV-01";

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|err| panic!("{path:?}: {err}"))
}

/// Every command of `docs/ci.md` that tries a server, without its indentation.
fn documented() -> Vec<String> {
    let text = text("docs/ci.md");
    let mut commands: Vec<Vec<&str>> = Vec::new();
    let mut goes_on = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("chatbench conform \"$SERVER_URL\"") {
            commands.push(Vec::new());
            goes_on = true;
        }
        if goes_on {
            commands.last_mut().expect("it began").push(line);
            goes_on = line.ends_with('\\');
        }
    }
    commands.iter().map(|lines| lines.join("\n")).collect()
}

fn run(script: &str, url: &str, folder: &TempDir) -> Ended {
    let script = format!("cd \"$FOLDER\"\n{script}");
    CommandLine::of_shell(&script)
        .env("FOLDER", folder.path().to_str().expect("UTF-8"))
        .env("SERVER_URL", url)
        .env("CHATBENCH_ONLY", ONLY)
        .run(PATIENCE)
}

fn assert_reports(folder: &Path) {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("it was written");
    let report: Value = serde_json::from_str(&read("report.json")).expect("JSON");
    assert_eq!(report["counts"]["checks"], 2);
    assert!(read("junit.xml").contains("<testcase name=\"CHAT-DLV-01 "));
    assert!(read("summary.md").starts_with("## chatbench conform: "));
}

#[test]
fn the_documented_command_works_and_is_the_same_everywhere() {
    let commands = documented();
    assert_eq!(commands.len(), 2, "{commands:#?}");
    assert_eq!(commands[0], commands[1]);
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(&["--ping-interval=1s", "--ping-timeout=1s"]);
    let ended = run(&commands[0], served.url(), &folder);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_reports(&folder.path().join("conform"));
}

/// The last step of the action, and how it is described.
fn last_step() -> Value {
    let action: Value = serde_yaml::from_str(&text("action.yml")).expect("YAML");
    assert_eq!(action["runs"]["using"], "composite");
    let steps = action["runs"]["steps"].as_array().expect("steps");
    for step in steps.iter().filter(|step| step.get("run").is_some()) {
        assert_eq!(step["shell"], "bash", "{step}");
    }
    steps.last().expect("a step").clone()
}

#[test]
fn the_action_tries_the_server_and_hands_on_how_that_ended() {
    let step = last_step();
    let script = step["run"].as_str().expect("a script");
    let args = format!("--only '{ONLY}' \n --max-wait '2 s'");
    for (fault, args, code) in [("echo=0", &*args, 0), ("duplicate", &args, 1), ("echo=0", "", 0)] {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
        std::fs::write(at("script"), script).expect("a file");
        let served = Served::start(&["--fault", fault]);
        let ended = CommandLine::of_shell("exec bash --noprofile --norc -eo pipefail \"$SCRIPT\"")
            .env("SCRIPT", &at("script"))
            .env("BIN", &at("bin"))
            .env("SERVER_URL", served.url())
            .env("ARGS", args)
            .env("CHATBENCH_ONLY", ONLY)
            .env("REPORTS", &at("a b"))
            .env("GITHUB_STEP_SUMMARY", &at("summary"))
            .env("GITHUB_OUTPUT", &at("output"))
            .run(PATIENCE);
        assert_eq!(ended.code, Some(code), "{ended:#?}");
        assert_reports(&folder.path().join("a b"));
        let read = |name: &str| std::fs::read_to_string(at(name)).expect("it was written");
        assert_eq!(read("output"), format!("exit-code={code}\n"));
        assert_eq!(read("summary"), read("a b/summary.md"));
    }
}

#[test]
fn every_input_is_documented_and_used() {
    let action: Value = serde_yaml::from_str(&text("action.yml")).expect("YAML");
    let docs = text("docs/ci.md");
    let step = last_step();
    for (name, input) in action["inputs"].as_object().expect("inputs") {
        assert!(docs.contains(&format!("| `{name}` |")), "{name} is not in docs/ci.md");
        assert!(input["description"].is_string());
        let used = format!("${{{{ inputs.{name} }}}}");
        assert!(step["env"].to_string().contains(&used), "{name} is not used");
    }
}
