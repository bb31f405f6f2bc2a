//! Flags: what is typed wrong, or set wrong in the environment.

use super::row::{GOOD, Row, hold};

#[test]
fn that_are_unknown() {
    hold(vec![
        Row::usage("no command", &[]).says("Usage:", "Commands:"),
        Row::usage("an unknown command", &["rum"])
            .says("unrecognized subcommand 'rum'", "a similar subcommand exists: 'run'"),
        Row::usage("an unknown flag", &["run", GOOD, "--client", "5"])
            .says("unexpected argument '--client'", "a similar argument exists: '--clients'"),
        Row::usage("no file", &["run"]).says("<SCENARIO>", "Usage:"),
        Row::usage("two files", &["run", GOOD, GOOD]).says("unexpected argument", "Usage:"),
        Row::usage("a flag without its value", &["run", GOOD, "--rate"])
            .says("a value is required for '--rate <RATE>'", "try '--help'"),
        Row::usage("an unknown schema", &["schema", "histogram"]).says(
            "invalid value 'histogram'",
            "[possible values: scenario, report, conform, capacity, compare, doctor]",
        ),
        Row::usage("a flag of serve", &["serve", "--fault", "ehco"])
            .says("no fault is named `ehco`", "there are echo, broadcast-all"),
    ]);
}

#[test]
fn that_have_a_wrong_value() {
    hold(vec![
        run("--clients", "many").says("invalid value 'many' for '--clients <N>'", "--help"),
        run("--clients", "5000000").says("`users` is 5000000", "write a number from 1 to 1000000"),
        run("--clients", "40").says("40 users × 1 room each = 40 members, too few", "fewer rooms"),
        run("--rate", "5").says("`5` has no unit", "such as `200/s`, `0.5/s`"),
        run("--duration", "5").says("`5` has no unit", "such as `250 ms`, `1.5 s`"),
        run("--duration", "0s")
            .says("--duration 0s: the load would have no length", "such as `15 s`"),
        run("--seed", "-1").says("'-1'", "--help"),
        run("--shards", "0").says("'0' for '--shards <N>'", "give a number from 1 to 1024"),
        run("--metrics", "localhost")
            .says("'localhost' for '--metrics <ADDR>'", "such as `localhost:9464` or `:9464`"),
        run("--source-ip", "localhost").says("'localhost' for '--source-ip <IP>'", "--help"),
        run("--fault", "ehco").says("no fault is named `ehco`", "there are echo, broadcast-all"),
        run("--fault", "echo=2").says("the rate `2` is not a number from 0 to 1", "--help"),
        run("--target", "localhost:3000").says(
            "--target localhost:3000: `localhost:3000` is no URL: it has no scheme",
            "write `reference`, or a URL such as `http://localhost:3000`",
        ),
        run("--observe", "refrence").says(
            "--observe refrence: `refrence` is nothing that can be observed",
            "did you mean `reference`?",
        ),
        run("--observe", "0").says("--observe 0: 0 is the number of no process", "such as `4711`"),
        run("--observe", "ws://localhost").says("is fetched by HTTP", "/metrics`"),
        run("--target", "ftp://localhost")
            .says("`ftp` is not a scheme of chat servers", "http://localhost:3000"),
        run("--target", "http://me:secret@localhost").says(
            "the user name and password in a URL are not sent",
            "put them into `headers` or `auth`",
        ),
    ]);
}

#[test]
fn that_set_what_cannot_be_set() {
    hold(vec![
        run("--set", "users").says("`users` has no `=`", "such as `load.connect_rate=100/s`"),
        run("--set", "=3").says("`=3` has no path before its `=`", "write `path=value`"),
        run("--set", "load.conect_rate=5/s").says(
            "--set load.conect_rate=5/s: unknown key `conect_rate`",
            "did you mean `connect_rate`?",
        ),
        run("--set", "load.phases.7.hold.rate=1/s").says(
            "`load.phases` has 1 of them, counted from 0",
            "write `load.phases.0`, or set the whole list",
        ),
        run("--set", "load.phases.first.hold.rate=1/s")
            .says("`load.phases` is a list and has no key `first`", "such as `load.phases.0`"),
        run("--set", "users.all=3").says("`users` is 300, which has nothing in it", "set `users`"),
        run("--set", "timeouts.join=5").says("--set timeouts.join=5: `5` has no unit", "`250 ms`"),
        run("--set", "rooms=[").says("'rooms=['", "write `path=value`"),
    ]);
}

#[test]
fn that_do_not_go_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("UTF-8").to_owned();
    std::fs::write(folder.path().join("report.json"), "precious").expect("written");
    let file = format!("{out}/report.json");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("it is bound").to_string();
    hold(vec![
        run("--fault", "echo").with(&["--target", "http://127.0.0.1:0"]).says(
            "--target http://127.0.0.1:0: `http://127.0.0.1:0` has no port",
            "such as `http://localhost:3000`",
        ),
        run("--fault", "echo").with(&["--target", "http://localhost"]).says(
            "--fault plants a fault in the bundled server, which is not the target",
            "leave out --fault, or say `--target reference`",
        ),
        Row::impossible("a folder that is taken", &["run", GOOD, "--out", &out]).says(
            "report.json is another run's report",
            "name another folder with `--out`, or add `--overwrite`",
        ),
        Row::impossible("a file in place of a folder", &["run", GOOD, "--out", &file])
            .says("cannot make the folder", "that you may write to"),
        Row::impossible("an address that is taken", &["run", GOOD, "--metrics", &taken]).says(
            "cannot show metrics at 127.0.0.1:",
            "name an address of this machine and a port that is free, or port 0 for any",
        ),
    ]);
    let kept = std::fs::read_to_string(&file).expect("still there");
    assert_eq!(kept, "precious");
}

#[test]
fn that_ask_for_more_than_this_machine_has() {
    let what = "372 file descriptors are needed, and this process may have 128";
    let remedy = "raise the limit (`ulimit -Hn 372` as root";
    hold(vec![
        Row::impossible("a run", &["run", GOOD, "--shards=2"])
            .with_descriptors_max(128)
            .says(what, remedy),
    ]);
}

#[test]
#[cfg(not(feature = "otlp"))]
fn that_only_another_build_has() {
    hold(vec![run("--otlp", "http://localhost").says("unexpected argument '--otlp'", "Usage:")]);
}

#[test]
fn that_come_from_the_environment() {
    let set = |name, value: &str| Row::usage(name, &["run", GOOD]).env(name, value);
    hold(vec![
        set("CHATBENCH_CLIENTS", "many").says(
            "invalid value 'many' for '--clients <N>'",
            "the value is that of the environment variable CHATBENCH_CLIENTS",
        ),
        set("CHATBENCH_RATE", "5").says("`5` has no unit", "environment variable CHATBENCH_RATE"),
        set("CHATBENCH_SET", "users").says("has no `=`", "environment variable CHATBENCH_SET"),
        set("CHATBENCH_QUIET", "maybe")
            .says("invalid value 'maybe' for '--quiet'", "environment variable CHATBENCH_QUIET"),
        set("CHATBENCH_FAULT", "echo,ehco")
            .says("no fault is named `ehco`", "environment variable CHATBENCH_FAULT"),
        Row::usage("CHATBENCH_SCENARIO", &["run"])
            .env("CHATBENCH_SCENARIO", "nowhere.yaml")
            .says("nowhere.yaml: cannot read the scenario", "give the path of a scenario file"),
    ]);
}

/// A run with a flag that it cannot take.
fn run(flag: &'static str, value: &str) -> Row {
    Row::usage(flag, &["run", GOOD, &format!("{flag}={value}")])
}
