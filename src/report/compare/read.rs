//! Read: the runs of one side, from the folders that `chatbench run --out` leaves behind.
//!
//! However long a run was, little of it is held: of several runs each metric as a whole, of a run
//! that stands alone some windows of it, and of its report what is compared.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::log;
use super::statistics::{Cells, Drawn};
use super::windows::{Part, WINDOWS_MAX, Windows};
use crate::metrics::Metric;
use crate::report::Report;
use crate::report::folder::{FILES, INTERVAL_LOG, REPORT, REPORT_BYTES_MAX};
use crate::report::model::{Durations, Violations};
use crate::scenario::{Overrides, Scenario};

/// Runs of one side at most.
pub(super) const RUNS_MAX: usize = 100;
/// Folders that are looked into.
const ENTRIES_MAX: usize = 10_000;
/// The share of a load that is warm-up.
pub(super) const WARM_UP: f64 = 0.1;
/// Cells of one metric of one run, of 16 bytes each. A histogram has 23,000 at most, so there are
/// enough windows even where each has as many.
const CELLS_MAX: usize = 1_000_000;
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
    /// Whole intervals of the load, without the warm-up.
    pub(super) intervals: usize,
    /// Of each metric, the intervals in which it was measured.
    times: Vec<Windows<Cells>>,
    /// Deliveries of each whole interval of the load, and its seconds.
    deliveries: Windows<(f64, f64)>,
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
    /// A file is sound, and longer than what is read.
    #[error("{place}: {what}")]
    TooLong {
        /// The file, and the line if it has any.
        place: String,
        /// How long it may be.
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
            CompareError::TooLong { .. } => "compare shorter runs; several of each show more",
            CompareError::Incomparable(_) => {
                "compare runs of one scenario, or say by `--allow KEY` which keys may differ"
            }
        }
    }
}

impl Run {
    /// Of `metric`, each interval in which it was measured, or windows of several: of messages
    /// those since the load was warm, of all else those of the whole run.
    pub(super) fn times(&self, metric: Metric) -> &[Cells] {
        self.times[metric as usize].all()
    }

    /// The same, all together.
    pub(super) fn whole(&self, metric: Metric) -> Cells {
        Cells::merged(self.times(metric))
    }

    /// Deliveries of each whole interval of the warm load, or of windows of several, and the
    /// seconds of it.
    pub(super) fn deliveries(&self) -> &[(f64, f64)] {
        self.deliveries.all()
    }
}

/// Deliveries of all of `run` together.
pub(super) fn sum(run: &Run) -> (f64, f64) {
    run.deliveries().iter().fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1))
}

/// What `run` measured of `metric`, to be drawn from.
pub(super) fn intervals(run: &Run, metric: Option<Metric>) -> Drawn {
    match metric {
        Some(metric) => Drawn::Times(run.times(metric).to_vec()),
        None => Drawn::Counts(run.deliveries().to_vec()),
    }
}

/// All files in `folder`, and in those in it, that runs leave behind.
pub fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().take(ENTRIES_MAX);
    let inner = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let all = std::iter::once(folder.to_owned()).chain(inner);
    all.flat_map(|folder| FILES.map(|name| folder.join(name))).filter(|it| it.exists()).collect()
}

/// The runs in `folder`: the one that it is, or those that it holds, by their names.
pub(super) fn runs(folder: &Path) -> Result<Vec<Run>, CompareError> {
    let unread = |why| CompareError::Unread { path: folder.display().to_string(), why };
    let mut inner: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)?.take(ENTRIES_MAX) {
        inner.push(entry.map_err(unread)?.path());
    }
    if folder.join(REPORT).exists() {
        return Ok(vec![run(folder, WINDOWS_MAX)?]);
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
        1 => Ok(vec![run(&inner[0], WINDOWS_MAX)?]),
        // Of several, each is drawn whole.
        2..=RUNS_MAX => inner.iter().map(|path| run(path, 1)).collect(),
        many => Err(none(&format!("{many} of them are more than {RUNS_MAX}"), folder)),
    }
}

fn run(folder: &Path, windows_max: usize) -> Result<Run, CompareError> {
    let report = report(&folder.join(REPORT))?;
    let path = folder.join(INTERVAL_LOG);
    let file = File::open(&path)
        .map_err(|why| CompareError::Unread { path: path.display().to_string(), why })?;
    let mut counts = [0_u64; Metric::ALL.len()];
    let mut run = Run::of(folder, report, windows_max);
    log::read(BufReader::new(file), |it| {
        let count = &mut counts[it.metric as usize];
        *count = count.saturating_add(it.cells.count());
        run.take(it);
    })
    .map_err(|wrong| {
        let (place, what) = (format!("{}:{}", path.display(), wrong.line), wrong.what);
        match wrong.is_too_long {
            true => CompareError::TooLong { place, what },
            false => CompareError::Damaged { place, what },
        }
    })?;
    let damaged = |what| CompareError::Damaged { place: path.display().to_string(), what };
    check_counts(&run.report, &counts).map_err(damaged)?;
    Ok(run)
}

/// A log that is not whole, or is that of another run, has other counts than the report.
fn check_counts(report: &Report, logged: &[u64]) -> Result<(), String> {
    for metric in Metric::ALL {
        let logged = logged[metric as usize];
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

impl Run {
    /// What `report` says, before anything of its log is taken.
    pub(super) fn of(folder: &Path, mut report: Report, windows_max: usize) -> Run {
        let (from, to) = warm(&report.durations);
        let mut began = 0.0;
        let (mut intervals, mut deliveries) = (0, Windows::new(windows_max, usize::MAX));
        for row in std::mem::take(&mut report.timeline) {
            let is_whole = began >= from - APART_S && row.at_s <= to + APART_S;
            if is_whole && row.at_s > began {
                intervals += 1;
                deliveries.push((row.delivered as f64, row.at_s - began));
            }
            began = row.at_s;
        }
        let yaml = Scenario::parse("scenario.yaml", &report.scenario.yaml, &Overrides::default());
        let scenario = yaml.ok().map(|scenario| scenario.to_json());
        Run {
            folder: folder.display().to_string(),
            report: lean(report),
            scenario,
            warm_from_s: from,
            intervals,
            times: vec![Windows::new(windows_max, CELLS_MAX); Metric::ALL.len()],
            deliveries,
        }
    }

    /// Of messages what was measured since the load was warm, and to the end of the run: what came
    /// late, behind a stall at the end of the load, came in the wait for it.
    pub(super) fn take(&mut self, it: log::Interval) {
        if !is_of_messages(it.metric) || it.from_s >= self.warm_from_s - APART_S {
            self.times[it.metric as usize].push(it.cells);
        }
    }
}

/// `report` without what is long and not compared.
fn lean(report: Report) -> Report {
    let violations = Violations { kept: Vec::new(), ..report.violations };
    Report {
        violations,
        phases: Vec::new(),
        connection_reasons: Vec::new(),
        shards: Vec::new(),
        timeline: Vec::new(),
        outages: Vec::new(),
        deaf_longest: Vec::new(),
        server: None,
        ..report
    }
}

impl Part for Cells {
    fn join(&mut self, later: &Cells) {
        self.add(later);
    }

    fn size(&self) -> usize {
        self.len()
    }
}

impl Part for (f64, f64) {
    fn join(&mut self, later: &(f64, f64)) {
        *self = (self.0 + later.0, self.1 + later.1);
    }

    fn size(&self) -> usize {
        1
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
        .and_then(|file| file.take(REPORT_BYTES_MAX + 1).read_to_end(&mut text))
        .map_err(|why| CompareError::Unread { path: path.display().to_string(), why })?;
    let name = path.display();
    if text.len() as u64 > REPORT_BYTES_MAX {
        let what = format!("it is longer than {REPORT_BYTES_MAX} bytes");
        return Err(CompareError::TooLong { place: name.to_string(), what });
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Row;
    use crate::report::sample;

    /// A load from 10 s to 110 s, and a wait until 130 s for what comes late.
    fn report() -> Report {
        let mut report = sample::report(&sample::passed());
        report.durations = Durations { run_s: 130.0, load_from_s: Some(10.0), load_s: 100.0 };
        let row = report.timeline[0].clone();
        let row = |at: u32| Row { at_s: f64::from(at), delivered: 10, ..row.clone() };
        report.timeline = (1..=130).map(row).collect();
        report
    }

    /// What a run has of `metric` that was measured once a second, of each as many µs as it was
    /// then.
    fn measured(metric: Metric, windows_max: usize) -> Run {
        let mut run = Run::of(Path::new("run"), report(), windows_max);
        for at in 0..130 {
            let cells = Cells::of_counts(vec![(at, 1)]);
            run.take(log::Interval { metric, from_s: f64::from(at), cells });
        }
        run
    }

    #[test]
    fn of_messages_all_counts_that_came_since_the_load_was_warm() {
        for (metric, first) in [
            (Metric::DeliveryLatency, 20),
            (Metric::ServiceLatency, 20),
            (Metric::FirstReceiver, 20),
            (Metric::LastReceiver, 20),
            (Metric::ConnectLatency, 0),
            (Metric::Deafness, 0),
        ] {
            for windows_max in [1, 240] {
                let run = measured(metric, windows_max);
                let wanted = Cells::of_counts((first..130).map(|at| (at, 1)).collect());
                assert_eq!(run.whole(metric), wanted, "{metric:?}");
                // What comes in the wait would make a rate of the load too low.
                assert_eq!((run.intervals, sum(&run)), (90, (900.0, 90.0)));
            }
        }
    }

    #[test]
    fn a_run_that_stands_alone_is_held_in_its_order_and_others_as_a_whole() {
        let alone = measured(Metric::Deafness, 30);
        let lengths: Vec<u64> = alone.times(Metric::Deafness).iter().map(Cells::count).collect();
        assert_eq!((lengths.len(), lengths[0], lengths.iter().sum()), (17, 8, 130));
        assert_eq!(measured(Metric::Deafness, 1).times(Metric::Deafness).len(), 1);
    }
}
