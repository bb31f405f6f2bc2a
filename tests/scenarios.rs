//! Scenarios: every bundled one, shortened, passes on a server that keeps its promises.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::bench::Run;
use crate::support::foreign::Foreign;
use chatbench::oracle::Verdict;
use chatbench::report::Report;

/// A bundled scenario, and what makes it short.
struct Bundled {
    name: &'static str,
    yaml: &'static str,
    clients: u32,
    /// How long its load lasts.
    duration: &'static str,
    upheaval: Upheaval,
}

/// What happens to the users of a scenario while they talk.
enum Upheaval {
    None,
    /// Some come and go.
    Churn,
    /// Half of them are cut off at once, and then all.
    Storms,
    /// The server is killed twice, and comes back.
    Outages,
}

const fn bundled(name: &'static str, yaml: &'static str, clients: u32) -> Bundled {
    Bundled { name, yaml, clients, duration: "2s", upheaval: Upheaval::None }
}

/// One that takes longer: people are to be gone, and back.
const fn upset(name: &'static str, yaml: &'static str, upheaval: Upheaval) -> Bundled {
    Bundled { duration: "4s", upheaval, ..bundled(name, yaml, 150) }
}

const QUICKSTART: Bundled =
    bundled("quickstart", include_str!("../scenarios/quickstart.yaml"), 300);
const ISOLATION: Bundled = bundled("isolation", include_str!("../scenarios/isolation.yaml"), 400);
const FAN_OUT: Bundled = bundled("fan-out", include_str!("../scenarios/fan-out.yaml"), 500);
const RAMP: Bundled = bundled("ramp", include_str!("../scenarios/ramp.yaml"), 200);
const CAPACITY: Bundled = bundled("capacity", include_str!("../scenarios/capacity.yaml"), 300);
const SOAK: Bundled = bundled("soak", include_str!("../scenarios/soak.yaml"), 200);
const DRAWING: Bundled = bundled("drawing", include_str!("../scenarios/drawing.yaml"), 320);
const CHURN: Bundled = upset("churn", include_str!("../scenarios/churn.yaml"), Upheaval::Churn);
const RECONNECT_STORM: Bundled =
    upset("reconnect-storm", include_str!("../scenarios/reconnect-storm.yaml"), Upheaval::Storms);
const RESTART: Bundled =
    upset("restart", include_str!("../scenarios/restart.yaml"), Upheaval::Outages);

impl Bundled {
    /// Runs it for a few seconds; how soon messages arrive says nothing of a machine that tests.
    fn passes(&self, target: &str) {
        let clients = self.clients.to_string();
        let thresholds = match self.upheaval {
            Upheaval::Outages => "thresholds={}",
            _ => "thresholds={disconnects: 0, connect_failures: 0}",
        };
        let ran = Run::of(self.yaml)
            .with(&["--duration", self.duration, "--clients", &clients, "--target", target])
            .with(&["--set", "load.connect_rate=1000/s", "--set", thresholds])
            // With a few seeds somebody waits so long to come back that two outages become one.
            .with(&["--seed", "1"])
            .end();
        let (report, text) = (&ran.report, &ran.text);
        assert_eq!(report.scenario.name, self.name);
        assert_eq!((report.verdict, ran.code), (Verdict::Pass, 0), "{text}");
        assert_eq!((report.violations.total, report.doubts.len()), (0, 0), "{text}");
        assert_eq!(report.scenario.users, u64::from(self.clients), "{text}");
        assert!(report.counters.deliveries > 0, "{text}");
        self.upheaval.shows_in(report, text);
    }
}

impl Upheaval {
    fn shows_in(&self, report: &Report, text: &str) {
        let (counters, users) = (report.counters, report.scenario.users);
        let memberships = report.scenario.memberships;
        let lost = (counters.disconnects, counters.messages_unsent, report.outages.len());
        match self {
            Upheaval::Outages => {
                assert!(lost.0 >= users && lost.1 > 0 && lost.2 == 2, "{lost:?}: {text}");
                assert_eq!(report.deafness.users, users, "{text}");
            }
            _ => assert_eq!(lost, (0, 0, 0), "{text}"),
        }
        match self {
            Upheaval::None => assert_eq!(counters.joins, memberships, "{text}"),
            Upheaval::Churn => {
                let moves = [counters.leaves, counters.departures, counters.drops];
                assert!(moves.iter().all(|moves| *moves > 0), "{text}");
                assert!(counters.joins > memberships, "{text}");
            }
            Upheaval::Storms => {
                assert_eq!(counters.storms, 2, "{text}");
                assert!((users * 5 / 4..users * 7 / 4).contains(&counters.drops), "{text}");
                assert!(counters.joins > memberships, "{text}");
            }
            Upheaval::Outages => assert!(counters.joins > memberships, "{text}"),
        }
    }
}

#[test]
fn quickstart_passes() {
    QUICKSTART.passes("reference");
}

#[test]
fn isolation_passes() {
    ISOLATION.passes("reference");
}

#[test]
fn fan_out_passes() {
    FAN_OUT.passes("reference");
}

#[test]
fn ramp_passes() {
    RAMP.passes("reference");
}

#[test]
fn capacity_passes() {
    CAPACITY.passes("reference");
}

#[test]
fn soak_passes() {
    SOAK.passes("reference");
}

#[test]
fn churn_passes() {
    CHURN.passes("reference");
}

#[test]
fn reconnect_storm_passes() {
    RECONNECT_STORM.passes("reference");
}

#[test]
fn restart_passes() {
    RESTART.passes("reference");
}

#[test]
fn drawing_passes_on_a_server_of_its_dialect() {
    let Some(node) = Foreign::node_with(&[("DIALECT", "drawing")]) else { return };
    DRAWING.passes(node.url());
}

#[test]
fn every_bundled_scenario_is_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).expect("there are scenarios");
    let paths = files.map(|file| file.expect("it can be read").path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|it| it == "yaml"));
    let name = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let there: BTreeSet<String> = yaml.filter_map(|path| name(&path)).collect();
    let steady = [QUICKSTART, ISOLATION, FAN_OUT, RAMP, CAPACITY, SOAK, DRAWING];
    let all = steady.into_iter().chain([CHURN, RECONNECT_STORM, RESTART]);
    assert_eq!(there, all.map(|it| it.name.to_owned()).collect());
}
