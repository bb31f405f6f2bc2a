//! Scenarios: whole runs against the servers of others, which keep the contract.

use chatbench::oracle::Verdict;
use chatbench::report::Report;
#[cfg(feature = "rust_socketio")]
use chatbench::scenario::ClientKind;

use crate::support::bench::Run;
use crate::support::foreign::Foreign;

const QUICKSTART: &str = include_str!("../../scenarios/quickstart.yaml");
const ISOLATION: &str = include_str!("../../scenarios/isolation.yaml");
const FAN_OUT: &str = include_str!("../../scenarios/fan-out.yaml");
/// How soon messages arrive says nothing of a machine that tests.
const NO_LATENCIES: &[&str] = &["--set", "thresholds={disconnects: 0, connect_failures: 0}"];
const SHORTER: &[&str] = &["--duration", "3s", "--set", "load.connect_rate=1000/s"];
#[cfg(feature = "rust_socketio")]
const SMALLER: &[&str] = &["--duration", "2s", "--clients", "60", "--rate", "100/s"];

/// Runs `yaml` with `arguments` on the official server with `options`, which must pass; gives what
/// it showed, where there is such a server.
fn passes(options: &str, yaml: &str, arguments: &[&str]) -> Option<Report> {
    Foreign::node(options).map(|node| passes_on(&node, yaml, arguments))
}

fn passes_on(server: &Foreign, yaml: &str, arguments: &[&str]) -> Report {
    passes_at(server.url(), yaml, arguments)
}

fn passes_at(target: &str, yaml: &str, arguments: &[&str]) -> Report {
    let ran = Run::of(yaml).with(&["--target", target]).with(NO_LATENCIES).with(arguments).end();
    let (report, text) = (ran.report, ran.text);
    assert_eq!((report.verdict, ran.code), (Verdict::Pass, 0), "{text}");
    assert_eq!((report.violations.total, report.doubts.len()), (0, 0), "{text}");
    assert_eq!(report.counters.joins, report.scenario.memberships, "{text}");
    assert!(report.counters.deliveries > 0, "{text}");
    report
}

#[test]
fn quickstart_passes() {
    passes("{}", QUICKSTART, SHORTER);
}

#[test]
fn isolation_passes() {
    passes("{}", ISOLATION, SHORTER);
}

/// The same seed says the same to the same people, whoever passes it on.
#[test]
fn the_example_and_the_reference_server_do_the_same() {
    for yaml in [QUICKSTART, ISOLATION, FAN_OUT] {
        let Some(example) = Foreign::example() else { return };
        let same = [SHORTER, &["--seed", "1"]].concat();
        let theirs = passes_on(&example, yaml, &same);
        let ours = passes_at("reference", yaml, &same);
        let counted = |report: &Report| {
            let counters = &report.counters;
            [counters.connects, counters.joins, counters.messages_sent, counters.deliveries]
        };
        assert_eq!(counted(&theirs), counted(&ours), "{}", ours.scenario.name);
    }
}

#[test]
fn quickstart_passes_by_polling() {
    passes("{}", QUICKSTART, &[SHORTER, &["--set", "transport=polling"]].concat());
}

/// With pings so close that some are under way while sessions move.
#[test]
fn isolation_passes_while_users_move_to_websockets() {
    let pings = r#"{"pingInterval":300,"pingTimeout":20000}"#;
    let moving = ["--set", "transport=upgrade", "--set", "load.connect_rate=200/s"];
    passes(pings, ISOLATION, &[SHORTER, &moving].concat());
}

#[test]
fn quickstart_passes_on_python_by_each_transport() {
    for transport in ["transport=websocket", "transport=polling", "transport=upgrade"] {
        let Some(python) = Foreign::python("{}") else { return };
        let slower = ["--duration", "2s", "--set", "load.connect_rate=100/s", "--set", transport];
        passes_on(&python, QUICKSTART, &slower);
    }
}

#[cfg(feature = "rust_socketio")]
#[test]
fn quickstart_passes_with_rust_socketio() {
    let seed = [SMALLER, &["--seed", "1"]].concat();
    let other = [&seed[..], &["--set", "client=rust_socketio"]].concat();
    let Some(native) = passes("{}", QUICKSTART, &seed) else { return };
    let Some(other) = passes("{}", QUICKSTART, &other) else { return };
    let clients = (native.scenario.client, other.scenario.client);
    assert_eq!(clients, (ClientKind::Native, ClientKind::RustSocketio));
    let deliveries = |report: &Report| (report.counters.messages_sent, report.counters.deliveries);
    assert_eq!(deliveries(&native), deliveries(&other));
}

/// Behind each event the server puts where to resume, as one argument more.
#[test]
fn quickstart_passes_where_connections_can_be_recovered() {
    passes(r#"{"connectionStateRecovery":{}}"#, QUICKSTART, SHORTER);
}
