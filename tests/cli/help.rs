//! Help: what there is to be typed.

use expect_test::expect;

use super::chatbench;

pub(crate) fn help(arguments: &[&str]) -> String {
    let ended = chatbench(arguments);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    // Blank lines have spaces in them.
    let lines: Vec<_> = ended.stdout.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

#[test]
fn of_all() {
    expect![[r#"
        Loads, measures and proves Socket.IO chat servers, message by message

        Usage: chatbench <COMMAND>

        Commands:
          run       Performs a scenario: measures a chat server and proves what it did with every message
          capacity  Finds the largest load that a server holds: how many users, or deliveries per second
          judge     Judges a run again from its record, without a server
          report    Writes what a run or a search for capacity left behind as a page, and in other formats
          conform   Tries the catalogue of checks on a server: Engine.IO, Socket.IO and the chat contract
          compare   Compares runs, or sets of runs, of two servers: is B worse than A, and how sure is that?
          doctor    Looks at this machine for a scenario, and says what to change. Changes nothing itself
          validate  Checks a scenario and prints its plan, without running it
          schema    Prints a JSON Schema
          serve     Runs the bundled reference server
          help      Print this message or the help of the given subcommand(s)

        Options:
          -h, --help     Print help
          -V, --version  Print version
    "#]].assert_eq(&help(&["--help"]));
    assert_eq!(help(&["--version"]), concat!("chatbench ", env!("CARGO_PKG_VERSION"), "\n"));
}

// Of the build that is released: a feature may bring flags of its own.
#[cfg(not(feature = "otlp"))]
#[test]
fn of_run() {
    let text = help(&["run", "--help"]);
    expect![[r#"
        Performs a scenario: measures a chat server and proves what it did with every message.

        Exit codes: 0 pass, 1 violations, 2 usage, 3 impossible, 4 threshold-missed, 5 unknown.

        Usage: chatbench run [OPTIONS] <SCENARIO>

        Arguments:
          <SCENARIO>
                  The scenario file

                  [env: CHATBENCH_SCENARIO=]

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

              --out <DIR>
                  Writes `report.json`, the scenario as run and the interval log into this folder

                  [env: CHATBENCH_OUT=]

              --overwrite
                  Takes the place of a report that is already in the folder, and of a record

                  [env: CHATBENCH_OVERWRITE=]

              --record <FILE>
                  Records all that happens into this file, for `chatbench judge`

                  [env: CHATBENCH_RECORD=]

              --record-limit <SIZE>
                  How large the record may become; it ends there, and the run goes on

                  [env: CHATBENCH_RECORD_LIMIT=]
                  [default: "1 GB"]

              --metrics <ADDR>
                  Shows what is measured at `http://ADDR/metrics` while it goes, for Prometheus. ADDR is
                  `localhost:9464`, `:9464` for all addresses of this machine, or `9464` for itself alone;
                  port 0 is any that is free, and standard error says which

                  [env: CHATBENCH_METRICS=]

              --insecure
                  Accepts any TLS certificate

                  [env: CHATBENCH_INSECURE=]

              --fault <NAME[=RATE]>
                  Plants a fault in the bundled server, to see it found: `echo=0.01`. `chatbench serve
                  --help` lists them. May be repeated

                  [env: CHATBENCH_FAULT=]

          -q, --quiet
                  Shows no progress

                  [env: CHATBENCH_QUIET=]

          -h, --help
                  Print help (see a summary with '-h')
    "#]].assert_eq(&text);
    // Each flag but --help shows the variable that sets it as well, and so does the scenario.
    let is_flag = |line: &&str| line.trim_start().starts_with('-') && !line.contains('`');
    let flags = text.lines().filter(is_flag).count();
    let variables = text.lines().filter(|line| line.contains("[env: CHATBENCH_")).count();
    assert_eq!(variables, flags - 1 + 1);
}

#[test]
fn of_judge() {
    expect![[r#"
        Judges a run again from its record, without a server.

        Exit codes: 0 pass, 1 violations, 2 usage, 3 impossible, 4 threshold-missed, 5 unknown.

        Usage: chatbench judge [OPTIONS] <FILE>

        Arguments:
          <FILE>
                  The record, as `chatbench run --record` writes it

                  [env: CHATBENCH_RECORD=]

        Options:
              --out <DIR>
                  Writes `report.json`, the scenario as run and the interval log into this folder

                  [env: CHATBENCH_OUT=]

              --overwrite
                  Takes the place of a report that is already in the folder

                  [env: CHATBENCH_OVERWRITE=]

              --json
                  Prints the report as JSON instead of as text

          -h, --help
                  Print help (see a summary with '-h')
    "#]]
    .assert_eq(&help(&["judge", "--help"]));
}

#[test]
fn of_conform() {
    let text = help(&["conform", "--help"]);
    expect![[r#"
        Tries the catalogue of checks on a server: Engine.IO, Socket.IO and the chat contract.

        Exit codes: 0 pass, 1 violations, 2 usage, 3 impossible, 5 unknown.

        Usage: chatbench conform [OPTIONS] [URL]

        Arguments:
          [URL]
                  The server: `http://host:port`, or `reference` for the bundled one [default: that of the
                  file given with --dialect, or else the bundled one]

                  [env: CHATBENCH_TARGET=]

        Options:
          -h, --help
                  Print help (see a summary with '-h')

        Target:
              --dialect <FILE>
                  The scenario whose dialect, namespace, path, auth, headers and order are used; `none` for
                  a server without a chat [default: the chat contract]

                  [env: CHATBENCH_DIALECT=]

              --path <PATH>
                  The path of the Engine.IO endpoint [default: /socket.io/]

                  [env: CHATBENCH_PATH=]

              --namespace <NAMESPACE>
                  The namespace [default: /]

                  [env: CHATBENCH_NAMESPACE=]

              --auth <JSON>
                  The payload of CONNECT, an object: `{"token": "secret"}`

                  [env: CHATBENCH_AUTH]

              --header <LINE>
                  A header of every request: `Name: value`. May be repeated

                  [env: CHATBENCH_HEADER]

              --origin <ORIGIN>
                  The origin that CORS is tried with

                  [env: CHATBENCH_ORIGIN=]
                  [default: http://localhost:5173]

              --insecure
                  Accepts any TLS certificate

                  [env: CHATBENCH_INSECURE=]

              --peer-url <URL>
                  The URL of another node of the same cluster

                  [env: CHATBENCH_PEER_URL=]

              --broker-down <COMMAND>
                  A command for `sh` that takes the broker of the cluster down: what its nodes hear each
                  other by. It is run once, and --broker-up after it, whatever happens

                  [env: CHATBENCH_BROKER_DOWN=]

              --broker-up <COMMAND>
                  The command that brings the broker back

                  [env: CHATBENCH_BROKER_UP=]

              --pid <PID>
                  The server's process on this machine, for checks of what it keeps

                  [env: CHATBENCH_PID=]

        Checks:
              --only <ID,…>
                  Tries only the checks that are called, or begin with, one of these

                  [env: CHATBENCH_ONLY=]

              --skip <ID,…>
                  Leaves out the checks that are called, or begin with, one of these

                  [env: CHATBENCH_SKIP=]

              --level <LEVEL>
                  Tries the checks up to this level

                  Possible values:
                  - must:   What a server must do
                  - should: Also what it should do
                  - info:   Also what is only told

                  [env: CHATBENCH_LEVEL=]
                  [default: info]

              --hostile
                  Tries also what may take the server down

                  [env: CHATBENCH_HOSTILE=]

              --list
                  Lists the checks, and tries none

                  [env: CHATBENCH_LIST=]

              --format <FORMAT>
                  How --list lists them

                  Possible values:
                  - text:     For a person
                  - json:     For a program
                  - markdown: For `docs/conformance.md`

                  [env: CHATBENCH_FORMAT=]
                  [default: text]

              --explain <ID>
                  Tells what a check asks for, why, and what real servers do, and tries none

                  [env: CHATBENCH_EXPLAIN=]

        Pace:
              --max-wait <MAX_WAIT>
                  The longest wait for what takes its time, such as a heartbeat; checks that would wait
                  longer do not apply

                  [env: CHATBENCH_MAX_WAIT=]
                  [default: "10 s"]

              --patience <PATIENCE>
                  How long an answer may take

                  [env: CHATBENCH_PATIENCE=]
                  [default: "3 s"]

              --connect-timeout <CONNECT_TIMEOUT>
                  After how long the server closes a session that never connects to a namespace

                  [env: CHATBENCH_CONNECT_TIMEOUT=]
                  [default: "45 s"]

              --load-messages <N>
                  Messages of each check under load

                  [env: CHATBENCH_LOAD_MESSAGES=]
                  [default: 6905]

        Judgement:
              --strict
                  Lets failed SHOULD checks and known deviations break the gate, too

                  [env: CHATBENCH_STRICT=]

              --baseline <FILE>
                  The checks that need not pass, as --write-baseline writes them

                  [env: CHATBENCH_BASELINE=]

              --write-baseline <FILE>
                  Writes what does not pass into a baseline. Without --baseline, none of it breaks the gate

                  [env: CHATBENCH_WRITE_BASELINE=]

        Reports:
              --json <FILE>
                  Writes the report as JSON, too: `chatbench schema conform` has its schema

                  [env: CHATBENCH_JSON=]

              --junit <FILE>
                  Writes the report as JUnit XML, too

                  [env: CHATBENCH_JUNIT=]

              --tap <FILE>
                  Writes the report in the Test Anything Protocol, too

                  [env: CHATBENCH_TAP=]

              --markdown <FILE>
                  Writes the report as Markdown, too, for a pull request

                  [env: CHATBENCH_MARKDOWN=]

              --text <FILE>
                  Writes the text that is shown to a file, too

                  [env: CHATBENCH_TEXT=]

          -v, --verbose
                  Shows every check, with what was observed

                  [env: CHATBENCH_VERBOSE=]

          -q, --quiet
                  Shows no progress

                  [env: CHATBENCH_QUIET=]
    "#]].assert_eq(&text);
    // Each flag but --help shows the variable that sets it as well, and so does the URL.
    let is_flag = |line: &&str| line.trim_start().starts_with("--") || line.contains(", --");
    let flags = text.lines().filter(is_flag).count();
    let variables = text.lines().filter(|line| line.contains("[env: CHATBENCH_")).count();
    assert_eq!(variables, flags - 1 + 1);
}

#[test]
fn of_validate() {
    expect![[r#"
        Checks a scenario and prints its plan, without running it

        Usage: chatbench validate [OPTIONS] <SCENARIO>

        Arguments:
          <SCENARIO>  The scenario file [env: CHATBENCH_SCENARIO=]

        Options:
              --target <URL>         The server: `http://host:port`, or `reference` for the bundled one.
                                     Repeat it to spread the users over several [env: CHATBENCH_TARGET=]
              --clients <N>          How many users [env: CHATBENCH_CLIENTS=]
              --rate <RATE>          Messages sent per second by all users together, such as `500/s`: the
                                     highest of the load, to which its other rates are scaled [env:
                                     CHATBENCH_RATE=]
              --observe <WHAT>       What is observed of the server while it is loaded: the id of its
                                     process, the URL of its exposition for Prometheus, or `off`. Repeat it
                                     for several nodes [default: the bundled server, if that is the target]
                                     [env: CHATBENCH_OBSERVE=]
              --duration <DURATION>  How long the load lasts, such as `30 s`: its phases are scaled to it
                                     [env: CHATBENCH_DURATION=]
              --seed <N>             What everything random follows from; a run with the same seed does the
                                     same [env: CHATBENCH_SEED=]
              --set <PATH=VALUE>     Sets any field of the scenario, such as `load.connect_rate=100/s`. May
                                     be repeated [env: CHATBENCH_SET=]
              --source-ip <IP>       Addresses of this machine to connect from, in turn; each is good for
                                     some 28,000 connections to one address of a server [env:
                                     CHATBENCH_SOURCE_IP=]
              --shards <N>           Threads to spread the users over [default: one for each core] [env:
                                     CHATBENCH_SHARDS=]
          -h, --help                 Print help
    "#]].assert_eq(&help(&["validate", "-h"]));
}

#[test]
fn of_capacity() {
    let text = help(&["capacity", "--help"]);
    for flag in ["--out <DIR>", "--resume", "--overwrite", "--target <URL>", "--fault"] {
        assert!(text.contains(flag), "{flag}: {text}");
    }
    assert!(text.contains("4 threshold-missed (it holds nothing)"), "{text}");
}
