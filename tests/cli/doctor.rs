//! Doctor: what is said of this machine, whatever it is like, and of one with little.

use std::net::TcpListener;

use expect_test::expect;
use serde_json::Value;

use super::help::help;
use super::schema::schema;
use super::{PATIENCE, chatbench};
use crate::support::binary::{CommandLine, Ended};

const FILE: &str = "scenarios/quickstart.yaml";

fn verdict<'a>(checkup: &'a Value, id: &str) -> &'a str {
    let findings = checkup["findings"].as_array().expect("a list");
    let finding = findings.iter().find(|finding| finding["id"] == id).expect("it was looked at");
    finding["verdict"].as_str().expect("a word")
}

/// What is told on standard output, as JSON that follows its schema.
fn told(line: CommandLine) -> (Ended, Value) {
    let ended = line.run(PATIENCE);
    assert_eq!(ended.stderr, "", "{ended:#?}");
    let checkup: Value = serde_json::from_str(&ended.stdout).expect("JSON and nothing else");
    let schema = jsonschema::validator_for(&schema("doctor")).expect("a schema");
    schema.validate(&checkup).unwrap_or_else(|error| panic!("{error}: {checkup:#}"));
    (ended, checkup)
}

#[test]
fn this_machine_with_and_without_a_scenario() {
    for (arguments, name) in [(vec!["doctor"], "usual needs"), (vec!["doctor", FILE], "quickstart")]
    {
        let ended = chatbench(&arguments);
        let last = ended.stdout.lines().last().expect("a line");
        let said = match last {
            "exit 0 pass" => 0,
            "exit 3 impossible" => 3,
            other => panic!("ended by {other:?}: {ended:#?}"),
        };
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(said), ""));
        let first = ended.stdout.lines().next().expect("a line");
        assert!(first.contains(&format!(" · doctor · {name} · ")), "{first}");
        assert!(ended.stdout.contains("open files of a process"), "{}", ended.stdout);
    }
}

#[test]
fn the_flags_of_a_plan_say_what_is_needed() {
    let arguments =
        ["doctor", FILE, "--clients=600", "--source-ip=127.0.0.1,127.0.0.2", "--json=-"];
    let (_, checkup) = told(CommandLine::new(arguments));
    assert_eq!(
        (&checkup["needs"]["users"], &checkup["needs"]["ports"]),
        (&600.into(), &300.into())
    );
    let usual = CommandLine::new(["doctor", "--json=-"]).env("CHATBENCH_CLIENTS", "20");
    assert_eq!(told(usual).1["needs"]["users"], 20);
}

#[test]
fn one_with_too_few_files_cannot_perform_it() {
    let line = CommandLine::new(["doctor", FILE, "--shards=2"]).with_descriptors_max(371);
    let ended = line.run(PATIENCE);
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    for part in ["FAIL", "(open-files)", "sudo prlimit --pid $$ --nofile=372:372", "cannot be"] {
        assert!(ended.stdout.contains(part), "no {part:?}:\n{}", ended.stdout);
    }
    assert!(ended.stdout.ends_with("exit 3 impossible\n"), "{}", ended.stdout);
    let enough = CommandLine::new(["doctor", FILE, "--shards=2", "--json=-"]);
    let (_, checkup) = told(enough.with_descriptors_max(372));
    assert_eq!(verdict(&checkup, "open-files"), "ok");
}

#[test]
fn a_server_is_there_or_it_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let line = || CommandLine::new(["doctor", FILE, "--json=-", "--target", &url]);
    let (_, checkup) = told(line());
    assert_eq!((verdict(&checkup, "target"), verdict(&checkup, "cores")), ("ok", "warn"));
    drop(listener);
    let (ended, checkup) = told(line());
    assert_eq!((verdict(&checkup, "target"), ended.code), ("fail", Some(3)), "{checkup:#}");
}

#[test]
fn a_file_takes_what_is_told_as_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("doctor.json");
    std::fs::write(&file, "of an older time, and longer than nothing").expect("written");
    let path = file.to_str().expect("UTF-8");
    let ended = chatbench(["doctor", FILE, "--json", path]);
    assert!(ended.stdout.contains("\nexit "), "{ended:#?}");
    let checkup = std::fs::read_to_string(&file).expect("it is there");
    let checkup: Value = serde_json::from_str(&checkup).expect("JSON");
    assert_eq!((&checkup["version"], &checkup["scenario"]), (&1.into(), &"quickstart".into()));
    let nowhere = folder.path().join("none/doctor.json");
    let ended = chatbench(["doctor", FILE, "--json", nowhere.to_str().expect("UTF-8")]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    assert!(ended.last_line() == "exit 3 impossible", "{}", ended.stderr);
}

#[test]
fn what_is_no_scenario_is_refused() {
    let ended = chatbench(["doctor", "nowhere.yaml"]);
    assert_eq!((ended.code, ended.last_line()), (Some(2), "exit 2 usage"));
}

#[test]
fn there_is_help() {
    expect![[r#"
        Looks at this machine for a scenario, and says what to change. Changes nothing itself.

        Exit codes: 0 pass (warnings and what cannot be looked at included), 2 usage, 3 impossible (the
        scenario cannot be performed here).

        Usage: chatbench doctor [OPTIONS] [SCENARIO]

        Arguments:
          [SCENARIO]
                  The scenario file

                  [env: CHATBENCH_SCENARIO=]
                  [default: "usual needs"]

        Options:
              --target <URL>
                  The server: `http://host:port`, or `reference` for the bundled one. Repeat it to spread
                  the users over several

                  [env: CHATBENCH_TARGET=]

              --clients <N>
                  How many users

                  [env: CHATBENCH_CLIENTS=]

              --rate <RATE>
                  Messages sent per second by all users together, such as `500/s`: the highest of the load,
                  to which its other rates are scaled

                  [env: CHATBENCH_RATE=]

              --observe <WHAT>
                  What is observed of the server while it is loaded: the id of its process, the URL of its
                  exposition for Prometheus, or `off`. Repeat it for several nodes [default: the bundled
                  server, if that is the target]

                  [env: CHATBENCH_OBSERVE=]

              --duration <DURATION>
                  How long the load lasts, such as `30 s`: its phases are scaled to it

                  [env: CHATBENCH_DURATION=]

              --seed <N>
                  What everything random follows from; a run with the same seed does the same

                  [env: CHATBENCH_SEED=]

              --set <PATH=VALUE>
                  Sets any field of the scenario, such as `load.connect_rate=100/s`. May be repeated

                  [env: CHATBENCH_SET=]

              --source-ip <IP>
                  Addresses of this machine to connect from, in turn; each is good for some 28,000
                  connections to one address of a server

                  [env: CHATBENCH_SOURCE_IP=]

              --shards <N>
                  Threads to spread the users over [default: one for each core]

                  [env: CHATBENCH_SHARDS=]

              --json <FILE>
                  Writes what was found as JSON, too; `-` for standard output, in place of the text

                  [env: CHATBENCH_JSON=]

          -h, --help
                  Print help (see a summary with '-h')
    "#]].assert_eq(&help(&["doctor", "--help"]));
}
