//! Model: the report on a server's conformance as data, version 1. Fields are added within a
//! version, never changed.
//!
//! Every time is in seconds, to the microsecond.

use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::judge;
use super::secrets::Secrets;
use crate::conformance::{self, Deviation, Failure, Level, Line, Outcome, Trials, Tried, Way};
use crate::oracle::Verdict;
use crate::report::model::{Exit, Tool, rfc3339, seconds};
use crate::scenario::OrderPolicy;

/// What trying the catalogue of checks on a server showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ConformReport {
    /// The version of this format: 1.
    #[schemars(extend("const" = ConformReport::VERSION))]
    pub version: u32,
    /// What made the report.
    pub tool: Tool,
    /// When the first check began: RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    pub started: String,
    /// The command that does it all again, for a shell.
    pub command: String,
    /// The server.
    pub subject: Subject,
    /// What was to be tried, and how strictly it is judged.
    pub scope: Scope,
    /// The worst of what follows.
    pub verdict: Verdict,
    /// How the process ended.
    pub exit: Exit,
    /// Whether somebody stopped it before all were tried.
    pub interrupted: bool,
    /// How long it took, in seconds.
    pub took_s: f64,
    /// How many checks showed what.
    pub counts: Counts,
    /// Each check, in the order of the catalogue.
    pub checks: Vec<CheckResult>,
}

/// The server that was tried, and what it says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Subject {
    /// Where it is.
    pub url: String,
    /// Whether it is the bundled reference server.
    pub reference: bool,
    /// Another node of its cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_url: Option<String>,
    /// The path of its Engine.IO endpoint.
    pub path: String,
    /// The namespace that was used.
    pub namespace: String,
    /// Which implementation it is, as far as it shows.
    pub family: String,
    /// Whether it opens a session by HTTP long-polling.
    pub polling: bool,
    /// Whether it opens a session by WebSocket.
    pub websocket: bool,
    /// How often it means to ping, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ping_interval_s: Option<f64>,
    /// How long a ping may go unanswered, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ping_timeout_s: Option<f64>,
    /// The longest payload it takes, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_bytes_max: Option<u64>,
    /// Whether it offers connection state recovery.
    pub recovery: bool,
}

/// What was to be tried, and how strictly it is judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Scope {
    /// Checks up to this level are tried.
    pub level: Level,
    /// Checks of the catalogue that nobody asked for.
    pub left_out: usize,
    /// Whether failed SHOULD checks and known deviations break the gate, too.
    pub strict: bool,
    /// Whether what may take the server down was tried.
    pub hostile: bool,
    /// What messages out of order cost.
    pub order: OrderPolicy,
    /// The file with the checks that need not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
}

/// How many checks showed what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Counts {
    /// All of them.
    pub checks: usize,
    /// The server does what is required.
    pub passed: usize,
    /// It does not.
    pub failed: usize,
    /// It does not, and is known not to.
    pub known_deviations: usize,
    /// It cannot be said.
    pub unknown: usize,
    /// There was nothing to be tried.
    pub not_applicable: usize,
    /// Those that break the gate.
    pub breaking: usize,
    /// Those that the baseline has and that pass now.
    pub better: usize,
}

/// What became of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CheckResult {
    /// Its name, which never changes its meaning.
    pub id: String,
    /// The group it stands in.
    pub group: String,
    /// What a server does that passes.
    pub title: String,
    /// What failing it means here.
    pub level: Level,
    /// What is required.
    pub requirement: String,
    /// Where that stands.
    pub section: String,
    /// What it showed.
    pub outcome: CheckOutcome,
    /// Whether the gate breaks because of it.
    pub breaks: bool,
    /// What the baseline makes of it; absent where that has nothing to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Why it is unknown or not applicable, or what there is to remark of a check that passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// What was expected and what was observed, where it failed or deviates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What is known of such servers; where the check passed, what is known does not hold any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<DeviationNote>,
    /// How long it took, in seconds.
    pub took_s: f64,
    /// What went over the wire, where it did not pass.
    pub transcript: Vec<WireLine>,
    /// Lines that were not kept.
    pub transcript_lines_left_out: usize,
    /// The command that tries just this check again, for a shell.
    pub command: String,
}

/// What a check showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// The server does what is required.
    Pass,
    /// It does not.
    Fail,
    /// It does not, and is known not to.
    KnownDeviation,
    /// It cannot be said.
    Unknown,
    /// There was nothing to be tried.
    NotApplicable,
}

/// How a check compares with the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The baseline has it, and no better.
    Same,
    /// The baseline has it, and it passes now.
    Better,
    /// The baseline does not have it, or had it unknown, and it fails now.
    Worse,
}

/// What is known of a server's deviation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DeviationNote {
    /// Which servers deviate.
    pub family: String,
    /// What they do instead, and why, as far as is known.
    pub reason: String,
    /// Where that is documented or discussed.
    pub link: String,
    /// The first version seen to deviate.
    pub since: String,
    /// The first version that does not any more; empty while there is none.
    pub until: String,
}

/// A line of a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WireLine {
    /// When, in seconds since the check began.
    pub after_s: f64,
    /// Which connection of the check, from 1.
    pub connection: u32,
    /// `sent` by chatbench, `received` from the server, or a `note` of what happened.
    pub way: String,
    /// What was said, cut where it is long.
    pub text: String,
}

/// What the trials themselves do not say.
#[derive(Debug)]
pub struct Occasion {
    /// When they began, in milliseconds since 1970.
    pub began_unix_ms: u64,
    /// The command that does it all again.
    pub command: String,
    /// The command that tries nothing but what `--only` says behind it.
    pub command_for_one: String,
    /// What was to be tried.
    pub scope: Scope,
}

impl ConformReport {
    /// The version of the format that is written.
    pub const VERSION: u32 = 1;

    /// The report on what `trials` of `subject` showed on an `occasion`.
    pub fn new(subject: Subject, trials: &Trials, occasion: Occasion) -> ConformReport {
        let Occasion { began_unix_ms, command, command_for_one, scope } = occasion;
        let mut report = ConformReport {
            version: ConformReport::VERSION,
            tool: Tool { name: "chatbench".into(), version: env!("CARGO_PKG_VERSION").into() },
            started: rfc3339(began_unix_ms),
            command,
            subject,
            verdict: Verdict::Unknown,
            exit: Exit::of(crate::report::ExitKind::Unknown),
            interrupted: trials.interrupted,
            took_s: seconds(trials.took),
            counts: Counts::default(),
            checks: trials.tried.iter().map(result).collect(),
            scope,
        };
        for (check, tried) in report.checks.iter_mut().zip(&trials.tried) {
            check.command = format!("{command_for_one} --only {}", check.id);
            if check.outcome == CheckOutcome::Pass {
                let known = conformance::known(tried.check.id, trials.survey.family);
                // Those that deviate only here or there are free not to.
                let always = known.filter(|known| known.when.is_empty());
                check.deviation = always.map(DeviationNote::of);
            }
        }
        judge::judge(&mut report, None);
        report
    }

    /// The same, held to a baseline: what that has need not pass.
    pub fn held_to(mut self, baseline: &Baseline) -> ConformReport {
        judge::judge(&mut self, Some(baseline));
        self
    }

    /// The same without `secrets` in what was said: a report is shown to many.
    pub fn without(mut self, secrets: &[String]) -> ConformReport {
        let secrets = Secrets::new(secrets);
        let conceal = |text: &mut String| secrets.conceal(text);
        conceal(&mut self.command);
        for check in &mut self.checks {
            conceal(&mut check.command);
            check.transcript.iter_mut().for_each(|line| conceal(&mut line.text));
            check.remark.iter_mut().for_each(conceal);
            if let Some(failure) = &mut check.failure {
                conceal(&mut failure.observed);
                conceal(&mut failure.expected);
            }
        }
        self
    }

    /// Those that showed `outcome`.
    pub fn with(&self, outcome: CheckOutcome) -> impl Iterator<Item = &CheckResult> {
        self.checks.iter().filter(move |check| check.outcome == outcome)
    }

    /// The groups that have checks, in order, each with its checks.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &[CheckResult])> {
        let groups = self.checks.chunk_by(|one, next| one.group == next.group);
        groups.map(|checks| (checks[0].group.as_str(), checks))
    }
}

fn result(tried: &Tried) -> CheckResult {
    let check = tried.check;
    let group = conformance::CATALOGUE
        .iter()
        .find(|group| group.checks.iter().any(|one| one.id == check.id));
    let mut result = CheckResult {
        id: check.id.into(),
        group: group.map_or("others", |group| group.title).into(),
        title: check.title.into(),
        level: tried.level,
        requirement: check.requirement.into(),
        section: check.section.to_string(),
        outcome: CheckOutcome::Pass,
        breaks: false,
        change: None,
        remark: None,
        failure: None,
        deviation: None,
        took_s: seconds(tried.took),
        transcript: Vec::new(),
        transcript_lines_left_out: 0,
        command: String::new(),
    };
    result.show(&tried.outcome);
    if result.outcome != CheckOutcome::Pass {
        result.transcript = tried.transcript.iter().map(WireLine::of).collect();
        result.transcript_lines_left_out = tried.left_out;
    }
    result
}

impl CheckResult {
    fn show(&mut self, outcome: &Outcome) {
        let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        match outcome {
            Outcome::Pass(remark) => self.remark = said(remark),
            Outcome::Fail(failure) => {
                self.outcome = CheckOutcome::Fail;
                self.failure = Some(failure.clone());
            }
            Outcome::KnownDeviation(failure, known) => {
                self.outcome = CheckOutcome::KnownDeviation;
                self.failure = Some(failure.clone());
                self.deviation = Some(DeviationNote::of(known));
            }
            Outcome::Unknown(why) => {
                self.outcome = CheckOutcome::Unknown;
                self.remark = said(why);
            }
            Outcome::NotApplicable(why) => {
                self.outcome = CheckOutcome::NotApplicable;
                self.remark = said(why);
            }
        }
    }

    /// Whether it passed where such servers are known to deviate.
    pub fn no_longer_deviates(&self) -> bool {
        self.outcome == CheckOutcome::Pass && self.deviation.is_some()
    }
}

impl DeviationNote {
    fn of(known: &Deviation) -> DeviationNote {
        DeviationNote {
            family: known.family.name().into(),
            reason: known.reason.into(),
            link: known.link.into(),
            since: known.since.into(),
            until: known.until.into(),
        }
    }
}

impl WireLine {
    fn of(line: &Line) -> WireLine {
        let way = match line.way {
            Way::Sent => "sent",
            Way::Received => "received",
            Way::Note => "note",
        };
        WireLine {
            after_s: seconds(line.after),
            connection: line.connection,
            way: way.into(),
            text: line.text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::conform::sample;
    use crate::report::{json, schema};

    #[test]
    fn a_report_follows_its_schema_and_reads_back_the_same() {
        let validator = jsonschema::validator_for(&schema::of_conform()).expect("a schema");
        for report in [sample::failed(), sample::passed()] {
            let mut text = Vec::new();
            json::write(&report, &mut text).expect("a vector takes everything");
            let value = serde_json::from_slice(&text).expect("JSON");
            let wrong: Vec<_> = validator.iter_errors(&value).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
            let read: ConformReport = serde_json::from_slice(&text).expect("a report");
            assert_eq!(read, report);
        }
    }
}
