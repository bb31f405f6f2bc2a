//! Variables: whatever a flag sets, the environment sets as well, and a flag wins.

use super::{PATIENCE, chatbench};
use crate::support::binary::CommandLine;

const FILE: &str = "scenarios/quickstart.yaml";

#[test]
fn all_do_as_their_flags_do() {
    let target = "http://127.0.0.1:0,http://127.0.0.2:0".replace(":0", ":3000");
    let set = [
        ("TARGET", target.as_str()),
        ("CLIENTS", "90"),
        ("RATE", "70/s"),
        ("DURATION", "9 s"),
        ("SEED", "5"),
        ("SET", "message.size=99 B"),
        ("SOURCE_IP", "127.0.0.1,127.0.0.2,127.0.0.3"),
        ("SHARDS", "3"),
    ];
    let flag = |name: &str| format!("--{}", name.to_lowercase().replace('_', "-"));
    let flags = set.iter().map(|(name, value)| format!("{}={value}", flag(name)));
    let typed = chatbench(["validate", FILE].into_iter().map(String::from).chain(flags));
    let mut line = CommandLine::new(["validate"]).env("CHATBENCH_SCENARIO", FILE);
    for (name, value) in set {
        line = line.env(&format!("CHATBENCH_{name}"), value);
    }
    let from_environment = line.run(PATIENCE);
    assert_eq!(typed.code, Some(0), "{typed:#?}");
    assert_eq!(from_environment.stdout, typed.stdout);
    // Each of them made a difference.
    for part in ["seed 5", " 90\n", " 3\n", "70/s at the peak", "9.0 s of load", "30 needed of"] {
        assert!(typed.stdout.contains(part), "no {part:?}:\n{}", typed.stdout);
    }
}

#[test]
fn a_flag_wins() {
    let line = CommandLine::new(["validate", FILE, "--seed=6"]);
    let ended = line.env("CHATBENCH_SEED", "5").run(PATIENCE);
    assert!(ended.stdout.contains("seed 6"), "{ended:#?}");
}
