//! Scenarios: every bundled one, shortened, passes on a server that keeps its promises.

#[path = "support/bench.rs"]
#[expect(dead_code, reason = "other tests need the rest of it")]
mod bench;
#[path = "support/foreign.rs"]
#[expect(dead_code, reason = "other tests need the rest of it")]
mod foreign;

use std::collections::BTreeSet;
use std::path::Path;

use bench::Run;
use chatbench::oracle::Verdict;
use foreign::Foreign;

/// A bundled scenario, and what makes it short.
struct Bundled {
    name: &'static str,
    yaml: &'static str,
    clients: u32,
}

const fn bundled(name: &'static str, yaml: &'static str, clients: u32) -> Bundled {
    Bundled { name, yaml, clients }
}

const QUICKSTART: Bundled =
    bundled("quickstart", include_str!("../scenarios/quickstart.yaml"), 300);
const ISOLATION: Bundled = bundled("isolation", include_str!("../scenarios/isolation.yaml"), 400);
const FAN_OUT: Bundled = bundled("fan-out", include_str!("../scenarios/fan-out.yaml"), 500);
const RAMP: Bundled = bundled("ramp", include_str!("../scenarios/ramp.yaml"), 200);
const SOAK: Bundled = bundled("soak", include_str!("../scenarios/soak.yaml"), 200);
const DRAWING: Bundled = bundled("drawing", include_str!("../scenarios/drawing.yaml"), 320);

impl Bundled {
    /// Runs it for two seconds; how soon messages arrive says nothing of a machine that tests.
    fn passes(&self, target: &str) {
        let clients = self.clients.to_string();
        let ran = Run::of(self.yaml)
            .with(&["--duration", "2s", "--clients", &clients, "--target", target])
            .with(&["--set", "load.connect_rate=1000/s"])
            .with(&["--set", "thresholds={disconnects: 0, connect_failures: 0}"])
            .end();
        let (report, text) = (&ran.report, &ran.text);
        assert_eq!(report.scenario.name, self.name);
        assert_eq!((report.verdict, ran.code), (Verdict::Pass, 0), "{text}");
        assert_eq!((report.violations.total, report.doubts.len()), (0, 0), "{text}");
        assert_eq!(report.scenario.users, u64::from(self.clients), "{text}");
        assert_eq!(report.counters.joins, report.scenario.memberships, "{text}");
        assert!(report.counters.deliveries > 0, "{text}");
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
fn soak_passes() {
    SOAK.passes("reference");
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
    let run = [QUICKSTART, ISOLATION, FAN_OUT, RAMP, SOAK, DRAWING].map(|it| it.name.to_owned());
    assert_eq!(there, BTreeSet::from(run));
}
