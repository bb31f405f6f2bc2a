//! Bench: the real program, run on a scenario, and what it reports of it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Condvar, Mutex, PoisonError};

use chatbench::report::Report;
use tempfile::TempDir;

/// A run about to begin.
pub(crate) struct Run {
    program: Command,
    folder: TempDir,
}

/// A run that is over.
pub(crate) struct Ran {
    /// What the process ended with.
    pub(crate) code: i32,
    /// What it wrote into its folder.
    pub(crate) report: Report,
    /// What it printed.
    pub(crate) text: String,
    folder: TempDir,
}

impl Run {
    /// A run of the scenario that `yaml` says, whatever else the machine is busy with.
    pub(crate) fn of(yaml: &str) -> Run {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let scenario = folder.path().join("scenario.yaml");
        std::fs::write(&scenario, yaml).expect("the folder can be written to");
        let mut program = Command::new(env!("CARGO_BIN_EXE_chatbench"));
        // Whoever runs the tests may have set some of the program's flags for themselves.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CHATBENCH_") {
                program.env_remove(name);
            }
        }
        program.arg("run").arg(scenario).arg("--quiet").arg("--out").arg(report_folder(&folder));
        program.args(["--set", "limits.send_delay_p99=10s"]);
        Run { program, folder }
    }

    /// The same run with more arguments; the last of those that contradict each other wins.
    pub(crate) fn with(mut self, arguments: &[&str]) -> Run {
        self.program.args(arguments);
        self
    }

    /// Performs it.
    ///
    /// # Panics
    /// When there is no report of it, or one whose numbers contradict each other.
    pub(crate) fn end(mut self) -> Ran {
        let place = Place::wait_for();
        let output = self.program.output().expect("the program can be run");
        drop(place);
        let text = String::from_utf8(output.stdout).expect("it prints UTF-8");
        let complaints = String::from_utf8_lossy(&output.stderr);
        let said = format!("{:?}\n{text}\n{complaints}", self.program);
        let code = output.status.code().unwrap_or_else(|| panic!("a signal ended {said}"));
        let json = std::fs::read(report_folder(&self.folder).join("report.json"));
        let json = json.unwrap_or_else(|err| panic!("no report ({err}) of {said}"));
        let report: Report = serde_json::from_slice(&json).expect("a report is JSON");
        assert_eq!(code, i32::from(report.exit.code), "{said}");
        assert_balanced(&report, &said);
        Ran { code, report, text, folder: self.folder }
    }
}

impl Ran {
    /// What stands in the file of this `name` in its folder.
    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(report_folder(&self.folder).join(name)).expect("a run leaves its files")
    }
}

/// How many places are taken, by all tests together.
static TAKEN: Mutex<usize> = Mutex::new(0);
static ONE_IS_FREE: Condvar = Condvar::new();
/// Most of a run is waiting.
const RUNS_PER_CORE: usize = 3;

/// A place among the runs that this machine carries, or as many as something larger takes.
pub(crate) struct Place(usize);

impl Place {
    /// That of a run.
    fn wait_for() -> Place {
        Place::of(1)
    }

    /// That of whatever keeps a core busy.
    pub(crate) fn of_a_core() -> Place {
        Place::of(RUNS_PER_CORE)
    }

    fn of(places: usize) -> Place {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let too_few = |taken: &mut usize| *taken + places > RUNS_PER_CORE * cores;
        let waited = ONE_IS_FREE.wait_while(taken, too_few);
        *waited.unwrap_or_else(PoisonError::into_inner) += places;
        Place(places)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= self.0;
        ONE_IS_FREE.notify_all();
    }
}

fn report_folder(folder: &TempDir) -> PathBuf {
    folder.path().join("out")
}

/// Everything that had to be heard was or is lost, and everything heard is accounted for.
fn assert_balanced(report: &Report, said: &str) {
    let (tally, broken) = (report.tally, report.violations.by_kind);
    assert_eq!(tally.unjudged, 0, "messages went unjudged: {said}");
    assert_eq!(tally.must, tally.must_heard + broken.lost, "must be heard, or is lost: {said}");
    let too_many = broken.duplicated + broken.echoed + broken.leaked + broken.unexpected;
    let accounted = tally.must_heard + tally.may_heard + too_many + tally.strangers;
    assert_eq!(report.counters.heard, accounted, "heard, and accounted for: {said}");
}
