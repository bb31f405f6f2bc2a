//! Judge: what the runs of two sides come to.

use std::path::Path;

use super::model::{
    Comparison, Doubt, DrawnFrom, Finding, Number, Promise, RunNote, Side, Threshold, Unclear,
};
use super::read::{self, CompareError, Run};
use super::scenario;
use super::statistics::{self, Cells, Difference, Drawn, Groups, Pair};
use crate::metrics::Metric;
use crate::oracle::ViolationKind;
use crate::report::ExitKind;
use crate::report::model::{Exit, Tool};
use crate::run::{self, ThresholdOutcome};

/// Percentiles that are judged.
const SHARES: [(f64, &str); 4] = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9")];
/// What is judged: all but the generator's own lateness.
const METRICS: [Metric; 9] = [
    Metric::DeliveryLatency,
    Metric::ServiceLatency,
    Metric::FirstReceiver,
    Metric::LastReceiver,
    Metric::ConnectLatency,
    Metric::JoinLatency,
    Metric::JoinToHeard,
    Metric::ReconnectToHeard,
    Metric::Deafness,
];
/// Samples that must lie beyond a percentile in every run, as with thresholds.
const SAMPLES_BEYOND: f64 = 10.0;
/// Intervals that a run must have that stands alone.
const INTERVALS_MIN: usize = 20;
/// A side with fewer runs shows only large differences.
const RUNS_FEW: usize = 4;
/// What is drawn follows from this, so that a comparison comes out the same again.
const SEED: u64 = 0x5eed;

/// How to compare.
#[derive(Clone, Debug)]
pub struct Options {
    /// The share, from 0 to 1, below which a difference does not matter.
    pub noise: f64,
    /// Keys of the scenario that may differ although they change what is asked of the server.
    pub allowed: Vec<String>,
}

/// Compares the runs in the folder `b` with those in the folder `a`.
///
/// # Errors
/// When one of them holds no runs, or none that can be read, or they cannot be compared.
pub fn compare(a: &Path, b: &Path, options: &Options) -> Result<Comparison, CompareError> {
    let (a_runs, b_runs) = (read::runs(a)?, read::runs(b)?);
    compare_runs((a, &a_runs), (b, &b_runs), options)
}

pub(super) fn compare_runs(
    (a, a_runs): (&Path, &[Run]),
    (b, b_runs): (&Path, &[Run]),
    options: &Options,
) -> Result<Comparison, CompareError> {
    distinct(a_runs)?;
    distinct(b_runs)?;
    let mut doubts = scenario::doubts(a_runs, b_runs, &options.allowed)?;
    doubts.extend(own_doubts(a, a_runs).chain(own_doubts(b, b_runs)));
    doubts.extend(
        b_runs
            .iter()
            .filter(|it| a_runs.iter().any(|a| same(a, it)))
            .map(|it| Doubt::SameRun { folder: it.folder.clone() }),
    );
    let stops = doubts.iter().any(Doubt::stops_all);
    let numbers = numbers(a_runs, b_runs, options.noise, stops);
    let promises = promises(a_runs, b_runs);
    let thresholds = thresholds(a_runs, b_runs);
    let mut comparison = Comparison {
        version: Comparison::VERSION,
        tool: Tool { name: "chatbench".into(), version: env!("CARGO_PKG_VERSION").into() },
        a: side(a, a_runs),
        b: side(b, b_runs),
        verdict: Finding::Unknown,
        exit: Exit::of(ExitKind::Pass),
        noise: options.noise,
        confidence: statistics::CONFIDENCE,
        resamples: statistics::RESAMPLES,
        doubts,
        promises,
        thresholds,
        numbers,
    };
    comparison.verdict = verdict(&comparison, stops);
    Ok(comparison)
}

/// A run that counts twice makes the others look alike.
fn distinct(runs: &[Run]) -> Result<(), CompareError> {
    for (at, run) in runs.iter().enumerate() {
        if let Some(twin) = runs[..at].iter().find(|other| same(run, other)) {
            let (one, other) = (&twin.folder, &run.folder);
            let what = format!("{other} is the same run as {one}");
            return Err(CompareError::Incomparable(what));
        }
    }
    Ok(())
}

fn same(a: &Run, b: &Run) -> bool {
    a.report.started == b.report.started && a.report.tag == b.report.tag
}

fn side(folder: &Path, runs: &[Run]) -> Side {
    let note = |run: &Run| RunNote {
        folder: run.folder.clone(),
        started: run.report.started.clone(),
        seed: run.report.seed,
        targets: run.report.scenario.targets.clone(),
        verdict: run.report.verdict,
        intervals: run.intervals,
        warm_from_s: if run.warm_from_s.is_finite() { run.warm_from_s } else { 0.0 },
    };
    let drawn = if runs.len() == 1 { DrawnFrom::Blocks } else { DrawnFrom::Runs };
    let folder = folder.display().to_string();
    Side { folder, drawn, runs: runs.iter().map(note).collect() }
}

fn own_doubts(folder: &Path, runs: &[Run]) -> impl Iterator<Item = Doubt> {
    let folder = folder.display().to_string();
    let few = match runs.len() {
        1 => Some(Doubt::RunToRunUnseen { folder }),
        runs if runs < RUNS_FEW => Some(Doubt::FewRuns { folder, runs }),
        _ => None,
    };
    few.into_iter().chain(runs.iter().flat_map(doubt))
}

/// The worst that a run says of itself, and whether it leaves promises open.
fn doubt(run: &Run) -> impl Iterator<Item = Doubt> {
    let folder = || run.folder.clone();
    let doubts = &run.report.doubts;
    let bound = doubts.iter().find_map(|doubt| match *doubt {
        run::Doubt::GeneratorSaturated { send_delay_p99_ms, limit_ms, .. } => {
            Some(Doubt::GeneratorBound { folder: folder(), send_delay_p99_ms, limit_ms })
        }
        _ => None,
    });
    let incomplete = is_cut(run).then(|| Doubt::Incomplete { folder: folder() });
    // Thresholds that lack samples say nothing of the load.
    let others = doubts.iter().filter(|it| !matches!(it, run::Doubt::TooFewSamples { .. }));
    let others = others.count();
    let unjudged = leaves_open(run).then(|| Doubt::Unjudged { folder: folder() });
    let is_said = unjudged.is_some();
    let in_doubt =
        (others > 0 && !is_said).then(|| Doubt::RunInDoubt { folder: folder(), doubts: others });
    bound.or(incomplete).or(in_doubt).into_iter().chain(unjudged)
}

fn is_cut(run: &Run) -> bool {
    use run::Doubt::{GivenUp, Interrupted, RecordEnds};
    let cuts =
        |doubt: &run::Doubt| matches!(doubt, GivenUp { .. } | Interrupted | RecordEnds { .. });
    run.report.durations.load_from_s.is_none() || run.report.doubts.iter().any(cuts)
}

/// Whether it may have broken promises that nobody was there to see broken.
fn leaves_open(run: &Run) -> bool {
    use run::Doubt::{Absent, NothingJudged, Overflow, TooLittleJudged, Unsent};
    let opens = |doubt: &run::Doubt| {
        matches!(doubt, Overflow { .. } | Unsent { .. } | Absent { .. })
            || matches!(doubt, NothingJudged | TooLittleJudged { .. })
    };
    is_cut(run) || run.report.doubts.iter().any(opens)
}

fn promises(a: &[Run], b: &[Run]) -> Vec<Promise> {
    let is_open = [a, b].map(|runs| runs.iter().any(leaves_open));
    let of = |kind: ViolationKind| {
        let count = |runs: &[Run]| {
            let counts = runs.iter().map(|run| run.report.violations.by_kind.of(kind));
            counts.fold((0_u64, 0), |(sum, broken), count| {
                (sum.saturating_add(count), broken + usize::from(count > 0))
            })
        };
        let ((a_count, a_runs), (b_count, b_runs)) = (count(a), count(b));
        let tolerates = |run: &Run| run.report.violations.tolerated.contains(&kind);
        let tolerated = a.iter().chain(b).any(tolerates);
        let finding = match (a_count, b_count, is_open) {
            _ if tolerated => Finding::Negligible,
            (0, 1.., [true, _]) | (1.., 0, [_, true]) => Finding::Unknown,
            (0, 1.., _) => Finding::Worse,
            (1.., 0, _) => Finding::Better,
            _ => Finding::NotShown,
        };
        Promise { kind, tolerated, a_count, a_runs, b_count, b_runs, finding }
    };
    let all = ViolationKind::ALL.into_iter().map(of);
    all.filter(|it| it.a_count > 0 || it.b_count > 0).collect()
}

fn thresholds(a: &[Run], b: &[Run]) -> Vec<Threshold> {
    let mut names: Vec<&str> = Vec::new();
    for threshold in a.iter().chain(b).flat_map(|run| &run.report.thresholds) {
        if !names.contains(&threshold.name.as_str()) {
            names.push(&threshold.name);
        }
    }
    let of = |name: &&str| {
        let missed = |runs: &[Run]| {
            let all = runs.iter().flat_map(|run| &run.report.thresholds);
            all.filter(|it| it.name == *name && it.outcome == ThresholdOutcome::Missed).count()
        };
        let (a_missed, b_missed) = (missed(a), missed(b));
        let is_count = |run: &Run| {
            run.report.thresholds.iter().any(|it| it.name == *name && it.unit.is_empty())
        };
        let finding = match (a_missed, b_missed) {
            _ if !a.iter().chain(b).any(is_count) => Finding::NotShown,
            (0, 1..) if b_missed == b.len() => Finding::Worse,
            (1.., 0) if a_missed == a.len() => Finding::Better,
            _ => Finding::NotShown,
        };
        Threshold { name: (*name).into(), a_missed, b_missed, finding }
    };
    names.iter().map(of).collect()
}

/// A number that may be judged, and where it comes from.
struct Row {
    number: Number,
    /// Whether more of it is worse.
    more_is_worse: bool,
}

fn numbers(a: &[Run], b: &[Run], noise: f64, stops: bool) -> Vec<Number> {
    let (mut rows, mut pairs) = (Vec::new(), Vec::new());
    for metric in METRICS {
        let (a_whole, b_whole) = (together(a, metric), together(b, metric));
        if a_whole.count() == 0 && b_whole.count() == 0 {
            continue;
        }
        let mut judged = Vec::new();
        for (share, name) in SHARES {
            let why = if stops { Some(Unclear::Doubtful) } else { unclear(a, b, metric, share) };
            let at = |cells: &Cells| cells.at(share).map(|(micros, _)| millis(micros));
            let mut number = number(Some(metric), name, at(&a_whole), at(&b_whole));
            number.finding = why.map(|_| Finding::Unknown);
            number.why = why;
            rows.push(Row { number, more_is_worse: true });
            judged.extend(why.is_none().then_some(share));
        }
        let max = |cells: &Cells| cells.max().map(millis);
        let longest = number(Some(metric), "max", max(&a_whole), max(&b_whole));
        rows.push(Row { number: longest, more_is_worse: true });
        if !judged.is_empty() {
            pairs.push(pair(a, b, Some(metric), judged));
        }
    }
    let why =
        if stops { Some(Unclear::Doubtful) } else { lone(a, b, |run| run.deliveries().len()) };
    let rate = |runs: &[Run]| {
        let all = runs.iter().map(read::sum);
        let (count, seconds) = all.fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        (seconds > 0.0).then(|| count / seconds).map(thousandths)
    };
    let mut throughput = number(None, "deliveries/s", rate(a), rate(b));
    throughput.finding = why.map(|_| Finding::Unknown);
    throughput.why = why;
    if why.is_none() {
        pairs.push(pair(a, b, None, Vec::new()));
    }
    rows.push(Row { number: throughput, more_is_worse: false });
    let differences = statistics::differences(&pairs, statistics::RESAMPLES, SEED);
    settle(rows, differences, noise)
}

/// Gives each number that is judged its difference, in order.
fn settle(rows: Vec<Row>, differences: Vec<Difference>, noise: f64) -> Vec<Number> {
    let mut differences = differences.into_iter();
    let settled = rows.into_iter().map(|mut row| {
        let is_told = row.number.statistic == "max" || row.number.why.is_some();
        if let Some(it) = (!is_told).then(|| differences.next()).flatten() {
            let share = |logarithm: f64| millionths(logarithm.exp_m1());
            row.number.change = Some(share(it.estimate));
            row.number.change_low = Some(share(it.low));
            row.number.change_high = Some(share(it.high));
            row.number.finding = Some(finding(it, noise, row.more_is_worse));
        }
        row.number
    });
    settled.collect()
}

fn finding(it: Difference, noise: f64, more_is_worse: bool) -> Finding {
    if it.low <= 0.0 && it.high >= 0.0 {
        return Finding::NotShown;
    }
    match (it.estimate.exp_m1().abs() >= noise, (it.estimate > 0.0) == more_is_worse) {
        (false, _) => Finding::Negligible,
        (true, true) => Finding::Worse,
        (true, false) => Finding::Better,
    }
}

fn number(metric: Option<Metric>, statistic: &str, a: Option<f64>, b: Option<f64>) -> Number {
    Number {
        metric,
        statistic: statistic.into(),
        a,
        b,
        change: None,
        change_low: None,
        change_high: None,
        finding: None,
        why: None,
    }
}

fn together(runs: &[Run], metric: Metric) -> Cells {
    Cells::merged(runs.iter().flat_map(|run| run.times(metric)))
}

/// Why a percentile cannot be judged.
fn unclear(a: &[Run], b: &[Run], metric: Metric, share: f64) -> Option<Unclear> {
    let needed = (SAMPLES_BEYOND / (1.0 - share)).round() as u64;
    let samples = |run: &Run| run.times(metric).iter().map(Cells::count).sum();
    let fewest = a.iter().chain(b).map(samples).min().unwrap_or(0);
    let few = (fewest < needed).then_some(Unclear::TooFewSamples { samples: fewest, needed });
    few.or_else(|| lone(a, b, |run| run.times(metric).len()))
}

/// Why a run that stands alone cannot be cut into blocks.
fn lone(a: &[Run], b: &[Run], intervals: impl Fn(&Run) -> usize) -> Option<Unclear> {
    let of = |runs: &[Run]| match runs {
        [run] => Some(intervals(run)),
        _ => runs.iter().any(|run| intervals(run) == 0).then_some(0),
    };
    let fewest = of(a).into_iter().chain(of(b)).min()?;
    let needed = INTERVALS_MIN;
    (fewest < needed).then_some(Unclear::TooFewIntervals { intervals: fewest, needed })
}

fn pair(a: &[Run], b: &[Run], metric: Option<Metric>, shares: Vec<f64>) -> Pair {
    let groups = |runs: &[Run]| match runs {
        [run] => Groups::of_intervals(&read::intervals(run, metric)),
        runs => Groups::of_runs(match metric {
            Some(metric) => Drawn::Times(runs.iter().map(|run| run.whole(metric)).collect()),
            None => Drawn::Counts(runs.iter().map(read::sum).collect()),
        }),
    };
    Pair { shares, a: groups(a), b: groups(b) }
}

/// The worst that is known; what is not known counts where nothing else is. What the scenario
/// tolerates counts for nothing.
fn verdict(it: &Comparison, stops: bool) -> Finding {
    let promises = it.promises.iter().filter(|it| !it.tolerated).map(|it| it.finding);
    let facts = promises.chain(it.thresholds.iter().map(|it| it.finding));
    let judged = it.numbers.iter().filter_map(|it| it.finding);
    let judged: Vec<Finding> = judged.filter(|it| *it != Finding::Unknown).collect();
    let is_blind = stops || judged.is_empty() || it.promises_are_open();
    let all: Vec<Finding> = facts.chain(judged).collect();
    let has = |finding| all.contains(&finding);
    match () {
        () if has(Finding::Worse) => Finding::Worse,
        () if is_blind => Finding::Unknown,
        () if has(Finding::Better) => Finding::Better,
        () if has(Finding::Negligible) => Finding::Negligible,
        () => Finding::NotShown,
    }
}

fn millis(micros: f64) -> f64 {
    thousandths(micros / 1e3)
}

fn thousandths(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

fn millionths(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}
