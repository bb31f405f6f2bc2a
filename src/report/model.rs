//! Model: the report as data, version 1. Fields are added within a version, never changed.
//!
//! Every time is in seconds since the run began, to the microsecond; every latency in
//! milliseconds, to the microsecond or to three digits, whichever is coarser.

mod counts;
mod expected;
mod latency;
mod outages;
mod rounded;
mod story;
mod subject;
mod violations;

pub use counts::{Counters, Reason, Tally};
pub use latency::{Bucket, Distribution, Latencies};
pub use outages::{DeafSpell, Deafness, Outage};
pub use story::{Standing, Step, StepKind, Story, StoryMessage};
pub use subject::{PhaseSpan, Subject};
pub use violations::{ViolationCounts, Violations};

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{Environment, ExitKind};
use crate::load::Brief;
use crate::metrics::Row;
use crate::observe::Observation;
use crate::oracle::Verdict;
use crate::run::{Doubt, RunOutcome, ShardHealth, ThresholdResult};
pub(in crate::report) use rounded::seconds;

/// What one run of chatbench showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    #[schemars(extend("const" = Report::VERSION))]
    pub version: u32,
    /// What made the report.
    pub tool: Tool,
    /// When the run began: RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    pub started: String,
    /// The command that repeats the run, for a shell.
    pub command: String,
    /// What everything random in the run followed from.
    pub seed: u64,
    /// The five characters that every text of this run begins with.
    pub tag: String,
    /// The machine that the load was generated on.
    pub environment: Environment,
    /// What was run.
    pub scenario: Subject,
    /// The worst of what follows.
    pub verdict: Verdict,
    /// How the process ended.
    pub exit: Exit,
    /// What cannot be said, and why.
    pub doubts: Vec<Doubt>,
    /// What was asked for, against what was measured.
    pub thresholds: Vec<ThresholdResult>,
    /// How long it took.
    pub durations: Durations,
    /// The phases of the load, as far as they came.
    pub phases: Vec<PhaseSpan>,
    /// How many there were of what.
    pub counters: Counters,
    /// Why connections failed or were lost, most frequent first.
    pub connection_reasons: Vec<Reason>,
    /// How many deliveries were judged, and how firmly.
    pub tally: Tally,
    /// Broken promises.
    pub violations: Violations,
    /// How long things took.
    pub latencies: Latencies,
    /// How each thread of the generator fared.
    pub shards: Vec<ShardHealth>,
    /// Each second of the run.
    pub timeline: Vec<Row>,
    /// Seconds past the limit on the timeline, which were not kept.
    pub timeline_rows_dropped: u64,
    /// Stretches of the run in which somebody was deaf, in order: it had lost a connection that
    /// nobody here wanted lost, and had heard nothing since. The longest, if there were many.
    #[serde(default)]
    pub outages: Vec<Outage>,
    /// Outages past the limit, which were shorter.
    #[serde(default)]
    pub outages_dropped: u64,
    /// How long users were deaf, in all outages together.
    #[serde(default)]
    pub deafness: Deafness,
    /// Who was deaf for the longest: those first who never heard anything again.
    #[serde(default)]
    pub deaf_longest: Vec<DeafSpell>,
    /// What was seen of the server itself; absent if it was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Observation>,
}

/// What made a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Tool {
    /// `chatbench`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// How the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Exit {
    /// The exit code.
    pub code: u8,
    /// What the code means.
    pub name: ExitKind,
}

/// How long a run took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Durations {
    /// From the beginning to the last goodbye, in seconds.
    pub run_s: f64,
    /// When the load began, in seconds since the run did; absent if it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_from_s: Option<f64>,
    /// How long the load lasted, in seconds; 0 if it never began.
    pub load_s: f64,
}

impl Exit {
    pub(in crate::report) fn of(name: ExitKind) -> Exit {
        Exit { code: name.code(), name }
    }
}

impl Report {
    /// The version of the format that is written.
    pub const VERSION: u32 = 1;

    /// The report of a run of `brief` in `environment` that showed `outcome` and that `command`
    /// would repeat.
    pub fn new(
        brief: &Brief,
        outcome: &RunOutcome,
        environment: &Environment,
        command: &str,
    ) -> Report {
        let exit = ExitKind::of(outcome, brief.scenario.order);
        Report {
            version: Report::VERSION,
            tool: Tool { name: "chatbench".into(), version: env!("CARGO_PKG_VERSION").into() },
            started: rfc3339(outcome.began_unix_ms),
            command: command.into(),
            seed: brief.plan.seed,
            tag: String::from_utf8_lossy(outcome.tag.as_bytes()).into(),
            environment: environment.clone(),
            scenario: Subject::new(brief),
            verdict: outcome.verdict,
            exit: Exit::of(exit),
            doubts: outcome.doubts.iter().map(rounded::doubt).collect(),
            thresholds: outcome.thresholds.iter().map(rounded::threshold).collect(),
            durations: Durations::new(outcome),
            phases: subject::phases(&brief.scenario.load.profile, outcome.load),
            counters: Counters::new(outcome.recorder.counters(), storms(brief, outcome)),
            connection_reasons: counts::reasons(&outcome.reasons),
            tally: Tally::new(&outcome.tally),
            violations: Violations::new(brief, &outcome.violations),
            latencies: Latencies::new(&outcome.recorder),
            shards: outcome.shards.iter().map(rounded::health).collect(),
            timeline: outcome.timeline.rows().iter().map(rounded::row).collect(),
            timeline_rows_dropped: outcome.timeline.dropped(),
            outages: outages::longest(&outcome.outages),
            outages_dropped: outages::dropped(&outcome.outages),
            deafness: Deafness::new(&brief.plan, outcome),
            deaf_longest: outages::deaf_longest(&brief.plan, &outcome.outages),
            server: None,
        }
    }

    /// The process ends by `kind`, whatever the run showed.
    pub fn end_with(&mut self, kind: ExitKind) {
        self.exit = Exit::of(kind);
    }
}

impl Durations {
    fn new(outcome: &RunOutcome) -> Durations {
        Durations {
            run_s: seconds(outcome.took),
            load_from_s: outcome.load.map(|(from, _)| seconds(from)),
            load_s: outcome.load.map_or(0.0, |(from, to)| seconds(to.saturating_sub(from))),
        }
    }
}

/// How many of the scenario's storms came before the load was over.
fn storms(brief: &Brief, outcome: &RunOutcome) -> u64 {
    let Some((from, to)) = outcome.load else { return 0 };
    let storms = brief.scenario.load.churn.storms.iter();
    storms.filter(|storm| from + storm.at < to).count() as u64
}

pub(in crate::report) fn rfc3339(unix_ms: u64) -> String {
    let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(unix_ms);
    humantime::format_rfc3339_millis(moment).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json, sample, schema};

    #[test]
    fn a_report_follows_its_schema_and_reads_back_the_same() {
        let validator = jsonschema::validator_for(&schema::of_run()).expect("a schema");
        let [passed, failed] = [sample::passed(), sample::failed()].map(|it| sample::report(&it));
        for report in [passed, failed, sample::troubled_report()] {
            let mut text = Vec::new();
            json::write(&report, &mut text).expect("a vector takes everything");
            let value = serde_json::from_slice(&text).expect("JSON");
            let wrong: Vec<_> = validator.iter_errors(&value).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
            let read: Report = serde_json::from_slice(&text).expect("a report");
            assert_eq!(read, report);
        }
    }

    #[test]
    fn it_began_when_it_began() {
        assert_eq!(rfc3339(1_767_323_045_678), "2026-01-02T03:04:05.678Z");
    }
}
