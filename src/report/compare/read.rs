//! Read: the runs of one side, from the folders that `chatbench run --out` leaves behind.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::log;
use super::statistics::{Cells, Drawn};
use crate::metrics::Metric;
use crate::report::Report;
use crate::report::folder::{INTERVAL_LOG, REPORT};
use crate::report::model::Durations;
use crate::scenario::{Overrides, Scenario};

/// Runs of one side at most.
pub(super) const RUNS_MAX: usize = 100;
/// Folders that are looked into.
const ENTRIES_MAX: usize = 10_000;
const REPORT_BYTES_MAX: u64 = 64 << 20;
/// The share of a load that is warm-up.
pub(super) const WARM_UP: f64 = 0.1;
/// How far the times of the log and of the report may lie apart: the log has milliseconds.
const APART_S: f64 = 0.002;

/// One run, as far as it is compared.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) folder: String,
    pub(super) report: Report,
    /// The keys of its scenario; nothing where this chatbench does not understand it.
    pub(super) scenario: Option<Value>,
    /// When the load was warm, in seconds since the run began.
    pub(super) warm_from_s: f64,
    /// Of each metric, the intervals in which it was measured.
    times: Vec<Vec<Cells>>,
    /// Deliveries of each whole interval of the load, and its seconds.
    pub(super) deliveries: Vec<(f64, f64)>,
}

/// Why runs cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// A file or folder is not there, or cannot be read.
    #[error("cannot read {path}: {why}")]
    Unread {
        /// Which.
        path: String,
        /// What the system says.
        why: io::Error,
    },
    /// A folder has no run.
    #[error("there is no run in {folder}: {what}")]
    NoRun {
        /// Which.
        folder: String,
        /// What is missing.
        what: String,
    },
    /// A file is damaged, or is not what it should be.
    #[error("{place}: {what}")]
    Damaged {
        /// The file, and the line if it has any.
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// What cannot be compared.
    #[error("{0}")]
    Incomparable(String),
}

impl CompareError {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            CompareError::Unread { .. } | CompareError::NoRun { .. } => {
                "give a folder that `chatbench run --out DIR` has written, or one that holds some"
            }
            CompareError::Damaged { .. } => {
                "repeat the run, or leave it out; `chatbench judge RECORD --out DIR` writes a run \
                 again from its record"
            }
            CompareError::Incomparable(_) => {
                "compare runs of one scenario, or say by `--allow KEY` which keys may differ"
            }
        }
    }

    /// Whether what was asked for cannot be, rather than cannot be done.
    pub fn is_usage(&self) -> bool {
        matches!(self, CompareError::Incomparable(_))
    }
}

impl Run {
    /// Of `metric`, each interval in which it was measured: of messages those of the warm load, of
    /// all else those of the whole run.
    pub(super) fn times(&self, metric: Metric) -> &[Cells] {
        &self.times[metric as usize]
    }

    /// The same, all together.
    pub(super) fn whole(&self, metric: Metric) -> Cells {
        Cells::merged(self.times(metric))
    }
}

/// Deliveries of all of `run` together.
pub(super) fn sum(run: &Run) -> (f64, f64) {
    run.deliveries.iter().fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1))
}

/// What `run` measured of `metric`, to be drawn from.
pub(super) fn intervals(run: &Run, metric: Option<Metric>) -> Drawn {
    match metric {
        Some(metric) => Drawn::Times(run.times(metric).to_vec()),
        None => Drawn::Counts(run.deliveries.clone()),
    }
}

/// The runs in `folder`: the one that it is, or those that it holds, by their names.
pub(super) fn runs(folder: &Path) -> Result<Vec<Run>, CompareError> {
    let unread = |why| CompareError::Unread { path: folder.display().to_string(), why };
    let mut inner: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)?.take(ENTRIES_MAX) {
        inner.push(entry.map_err(unread)?.path());
    }
    if folder.join(REPORT).exists() {
        return Ok(vec![run(folder)?]);
    }
    let none = |what: &str, of: &Path| CompareError::NoRun {
        folder: of.display().to_string(),
        what: what.into(),
    };
    if folder.join(INTERVAL_LOG).exists() {
        return Err(none("it has an interval log, but no report.json: the run was killed", folder));
    }
    inner.retain(|path| path.join(REPORT).exists() || path.join(INTERVAL_LOG).exists());
    inner.sort();
    if let Some(killed) = inner.iter().find(|path| !path.join(REPORT).exists()) {
        return Err(none("it has an interval log, but no report.json: the run was killed", killed));
    }
    match inner.len() {
        0 => Err(none("neither it nor a folder in it has a report.json", folder)),
        1..=RUNS_MAX => inner.iter().map(|path| run(path)).collect(),
        many => Err(none(&format!("{many} of them are more than {RUNS_MAX}"), folder)),
    }
}

fn run(folder: &Path) -> Result<Run, CompareError> {
    let report = report(&folder.join(REPORT))?;
    let path = folder.join(INTERVAL_LOG);
    let file = File::open(&path)
        .map_err(|why| CompareError::Unread { path: path.display().to_string(), why })?;
    let intervals = log::read(BufReader::new(file)).map_err(|wrong| CompareError::Damaged {
        place: format!("{}:{}", path.display(), wrong.line),
        what: wrong.what,
    })?;
    let damaged = |what| CompareError::Damaged { place: path.display().to_string(), what };
    check_counts(&report, &intervals).map_err(damaged)?;
    Ok(measured(folder, report, intervals))
}

/// A log that is not whole, or is that of another run, has other counts than the report.
fn check_counts(report: &Report, intervals: &[log::Interval]) -> Result<(), String> {
    for metric in Metric::ALL {
        let of = intervals.iter().filter(|it| it.metric == metric);
        let logged = of.fold(0_u64, |sum, it| sum.saturating_add(it.cells.count()));
        let reported = report.latencies.of(metric).count;
        if logged != reported {
            let name = metric.name();
            return Err(format!(
                "it has {logged} samples of {name}, and the report beside it {reported}: it was \
                 cut, or is the log of another run"
            ));
        }
    }
    Ok(())
}

fn measured(folder: &Path, mut report: Report, intervals: Vec<log::Interval>) -> Run {
    let (from, to) = warm(&report.durations);
    let is_warm = |began: f64, ended: f64| began >= from - APART_S && ended <= to + APART_S;
    let mut times = vec![Vec::new(); Metric::ALL.len()];
    for it in intervals {
        if !is_of_messages(it.metric) || is_warm(it.from_s, it.to_s) {
            times[it.metric as usize].push(it.cells);
        }
    }
    let mut began = 0.0;
    let mut deliveries = Vec::new();
    for row in std::mem::take(&mut report.timeline) {
        if is_warm(began, row.at_s) && row.at_s > began {
            deliveries.push((row.delivered as f64, row.at_s - began));
        }
        began = row.at_s;
    }
    let yaml = Scenario::parse("scenario.yaml", &report.scenario.yaml, &Overrides::default());
    let scenario = yaml.ok().map(|scenario| scenario.to_json());
    Run {
        folder: folder.display().to_string(),
        report,
        scenario,
        warm_from_s: from,
        times,
        deliveries,
    }
}

/// From when to when the load was warm; nothing lies between if there was none.
fn warm(durations: &Durations) -> (f64, f64) {
    let from = durations.load_from_s.unwrap_or(f64::INFINITY);
    (from + WARM_UP * durations.load_s, from + durations.load_s)
}

/// Whether it is measured of messages of the load, and so only once that is warm.
fn is_of_messages(metric: Metric) -> bool {
    match metric {
        Metric::SendDelay
        | Metric::DeliveryLatency
        | Metric::ServiceLatency
        | Metric::FirstReceiver
        | Metric::LastReceiver => true,
        Metric::ConnectLatency
        | Metric::JoinLatency
        | Metric::JoinToHeard
        | Metric::ReconnectToHeard
        | Metric::Deafness => false,
    }
}

fn report(path: &Path) -> Result<Report, CompareError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(REPORT_BYTES_MAX).read_to_end(&mut text))
        .map_err(|why| CompareError::Unread { path: path.display().to_string(), why })?;
    let name = path.display();
    let damaged = |why: &serde_json::Error| CompareError::Damaged {
        place: format!("{name}:{}:{}", why.line(), why.column()),
        what: format!("this is no report of a run: {}", without_place(why)),
    };
    let versioned: Versioned = serde_json::from_slice(&text).map_err(|why| damaged(&why))?;
    if versioned.version != Report::VERSION {
        let (found, known) = (versioned.version, Report::VERSION);
        let what = format!("it is of version {found}, and this chatbench reads version {known}");
        return Err(CompareError::Damaged { place: name.to_string(), what });
    }
    serde_json::from_slice(&text).map_err(|why| damaged(&why))
}

fn without_place(why: &serde_json::Error) -> String {
    let text = why.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text[..end].to_owned()
}
