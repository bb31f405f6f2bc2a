//! Files: scenarios that are not there, no scenarios, or do not fit together.

use super::row::{Row, hold};

const REST: &str =
    "users: 30\nrooms: {count: 3}\nload: {phases: [{hold: {rate: 5/s, for: 5 s}}]}\n";

const DIALECT: &str = "dialect:
  join: {event: join, payload: '${room}'}
  send: {event: say, payload: {text: '${txt}'}}
  receive: {event: said, payload: {text: '${text}'}}
";

#[test]
fn that_are_no_scenario() {
    let path = "give the path of a scenario file, such as `scenarios/quickstart.yaml`";
    hold(vec![
        Row::usage("a missing file", &["run", "nowhere.yaml"])
            .says("nowhere.yaml: cannot read the scenario: No such file or directory", path),
        Row::usage("a folder", &["run", "scenarios"])
            .says("scenarios: cannot read the scenario: Is a directory", path),
        Row::usage("a file that never ends", &["run", "/dev/zero"])
            .says("/dev/zero: larger than 1 MiB, which no scenario is", "give a scenario file"),
        Row::file("an empty file", "")
            .says("bad.yaml: the scenario is empty", "begin with `rooms:`"),
        Row::file("no text", [0xff; 99])
            .says("bad.yaml: not UTF-8 from byte 0 on", "save the file as UTF-8"),
        Row::file("characters that steer a terminal", "\u{1b}[31m: 1\n")
            .says("bad.yaml:1:1: control characters are not allowed", "write YAML"),
        Row::file("more of them", REST.replace("5 s}", "\"\\e[31m\"}"))
            .says("bad.yaml:3:41: `?[31m` is not a length of time", "such as `250 ms`"),
        Row::file("broken YAML", "users: [1, 2\nrooms: 3\n").says(
            "bad.yaml:2:6: did not find expected ',' or ']', while parsing a flow sequence",
            "write YAML: `key: value` lines, indented by spaces",
        ),
        Row::file("a tab", "users: 3\n\trooms: 3\n").says("bad.yaml:2:1: found a tab", "by spaces"),
        Row::file("a list", "- users\n")
            .says("a scenario is a mapping", "write `key: value` lines"),
        Row::usage("a file that cannot be validated", &["validate", "nowhere.yaml"])
            .says("nowhere.yaml: cannot read", path),
    ]);
}

#[test]
fn that_mean_nothing() {
    hold(vec![
        with("an unknown key", "thresholds: {delivery_latncy: {p99: 1 s}}")
            .says("unknown key `delivery_latncy`", "did you mean `delivery_latency`?")
            .says("bad.yaml:4:14", "thresholds: {delivery_latncy: {p99: 1 s}}"),
        with("a wrong unit", "timeouts: {join: 5 parsecs}")
            .says("bad.yaml:4:18: `parsecs` is not a unit of time", "such as `250 ms`, `1.5 s`"),
        with("no unit", "message: {size: 64}")
            .says("bad.yaml:4:17: `64` has no unit", "write a size with its unit, such as `64 B`"),
        with("a key twice", "users: 40")
            .says("the key `users` is given twice", "keep one of the two"),
        with("no URL", "target: localhost:3000").says(
            "bad.yaml:4:9: `localhost:3000` is no URL",
            "a URL such as `http://localhost:3000`",
        ),
        Row::file("an unknown placeholder", format!("{REST}{DIALECT}"))
            .says("bad.yaml:6:", "${text}"),
        Row::file("contradictory fields", REST.replace("count: 3", "count: 3, size: 99")).says(
            "`users`, `rooms.count` and `rooms.size` contradict",
            "leave one of the three out",
        ),
        Row::file("too few users", REST.replace("users: 30", "users: 5"))
            .says("5 users × 1 room each = 5 members", "ask for fewer rooms, or more users"),
        Row::file("no load", "users: 30\nrooms: {count: 3}\n")
            .says("bad.yaml:1:1: `load` is missing", "add `load: …` here"),
    ]);
}

/// A good file with a bad line at its end, which is the fourth.
fn with(what: &'static str, line: &str) -> Row {
    Row::file(what, format!("{REST}{line}\n"))
}
