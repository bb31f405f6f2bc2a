//! Arguments, as typed.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use reference_server::ServeArgs;

use super::conform::ConformArgs;
use super::doctor::USUAL;
use super::telemetry::TelemetryArgs;
use crate::run::SHARDS_MAX;
use crate::scenario::{Assignment, Overrides, Period, Rate, Share, Size};

/// Loads, measures and proves Socket.IO chat servers, message by message.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Performs a scenario: measures a chat server and proves what it did with every message.
    ///
    /// Exit codes: 0 pass, 1 violations, 2 usage, 3 impossible, 4 threshold-missed, 5 unknown.
    Run(RunArgs),
    /// Finds the largest load that a server holds: how many users, or deliveries per second.
    ///
    /// Exit codes: 0 pass, 2 usage, 3 impossible, 4 threshold-missed (it holds nothing),
    /// 5 unknown.
    Capacity(CapacityArgs),
    /// Judges a run again from its record, without a server.
    ///
    /// Exit codes: 0 pass, 1 violations, 2 usage, 3 impossible, 4 threshold-missed, 5 unknown.
    Judge(JudgeArgs),
    /// Writes what a run or a search for capacity left behind as a page, and in other formats.
    ///
    /// Exit codes: 0 when it was written, whatever the run came to; 2 usage, 3 impossible.
    Report(ReportArgs),
    /// Tries the catalogue of checks on a server: Engine.IO, Socket.IO and the chat contract.
    ///
    /// Exit codes: 0 pass, 1 violations, 2 usage, 3 impossible, 5 unknown.
    Conform(Box<ConformArgs>),
    /// Compares runs, or sets of runs, of two servers: is B worse than A, and how sure is that?
    ///
    /// Exit codes: 0 pass, 2 usage, 3 impossible; with --fail-on-regression also 1 violations
    /// (B breaks promises that A keeps), 4 threshold-missed (B is slower), 5 unknown.
    Compare(CompareArgs),
    /// Looks at this machine for a scenario, and says what to change. Changes nothing itself.
    ///
    /// Exit codes: 0 pass (warnings and what cannot be looked at included), 2 usage, 3 impossible
    /// (the scenario cannot be performed here).
    Doctor(DoctorArgs),
    /// Checks a scenario and prints its plan, without running it.
    Validate(PlanArgs),
    /// Prints a JSON Schema.
    Schema(SchemaArgs),
    /// Runs the bundled reference server.
    Serve(ServeArgs),
}

/// What a plan follows from: the scenario, and what is varied most.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct PlanArgs {
    /// The scenario file.
    #[arg(env = "CHATBENCH_SCENARIO")]
    pub(super) scenario: PathBuf,
    /// The server: `http://host:port`, or `reference` for the bundled one. Repeat it to spread
    /// the users over several.
    #[arg(long, value_name = "URL", env = "CHATBENCH_TARGET", value_delimiter = ',')]
    pub(super) target: Vec<String>,
    /// How many users.
    #[arg(long, value_name = "N", env = "CHATBENCH_CLIENTS")]
    pub(super) clients: Option<u32>,
    /// Messages sent per second by all users together, such as `500/s`: the highest of the load,
    /// to which its other rates are scaled.
    #[arg(long, env = "CHATBENCH_RATE")]
    pub(super) rate: Option<Rate>,
    /// What is observed of the server while it is loaded: the id of its process, the URL of its
    /// exposition for Prometheus, or `off`. Repeat it for several nodes [default: the bundled
    /// server, if that is the target].
    #[arg(long, value_name = "WHAT", env = "CHATBENCH_OBSERVE", value_delimiter = ',')]
    pub(super) observe: Vec<String>,
    /// How long the load lasts, such as `30 s`: its phases are scaled to it.
    #[arg(long, env = "CHATBENCH_DURATION")]
    pub(super) duration: Option<Period>,
    /// What everything random follows from; a run with the same seed does the same.
    #[arg(long, value_name = "N", env = "CHATBENCH_SEED")]
    pub(super) seed: Option<u64>,
    /// Sets any field of the scenario, such as `load.connect_rate=100/s`. May be repeated.
    #[arg(long, value_name = "PATH=VALUE", env = "CHATBENCH_SET")]
    pub(super) set: Vec<Assignment>,
    /// Addresses of this machine to connect from, in turn; each is good for some 28,000
    /// connections to one address of a server.
    #[arg(long, value_name = "IP", env = "CHATBENCH_SOURCE_IP", value_delimiter = ',')]
    pub(super) source_ip: Vec<IpAddr>,
    /// Threads to spread the users over [default: one for each core].
    #[arg(long, value_name = "N", env = "CHATBENCH_SHARDS", value_parser = shards)]
    pub(super) shards: Option<usize>,
}

/// How to run a scenario.
#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) plan: PlanArgs,
    /// Writes `report.json`, the scenario as run and the interval log into this folder.
    #[arg(long, value_name = "DIR", env = "CHATBENCH_OUT")]
    pub(super) out: Option<PathBuf>,
    /// Takes the place of a report that is already in the folder, and of a record.
    #[arg(long, env = "CHATBENCH_OVERWRITE", value_parser = BoolishValueParser::new())]
    pub(super) overwrite: bool,
    /// Records all that happens into this file, for `chatbench judge`.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_RECORD")]
    pub(super) record: Option<PathBuf>,
    /// How large the record may become; it ends there, and the run goes on.
    #[arg(long, value_name = "SIZE", env = "CHATBENCH_RECORD_LIMIT", default_value = "1 GB")]
    pub(super) record_limit: Size,
    #[command(flatten)]
    pub(super) telemetry: TelemetryArgs,
    /// Accepts any TLS certificate.
    #[arg(long, env = "CHATBENCH_INSECURE", value_parser = BoolishValueParser::new())]
    pub(super) insecure: bool,
    /// Plants a fault in the bundled server, to see it found: `echo=0.01`. `chatbench serve
    /// --help` lists them. May be repeated.
    #[arg(long, value_name = "NAME[=RATE]", env = "CHATBENCH_FAULT", value_delimiter = ',')]
    pub(super) fault: Vec<reference_server::Fault>,
    /// Shows no progress.
    #[arg(long, short, env = "CHATBENCH_QUIET", value_parser = BoolishValueParser::new())]
    pub(super) quiet: bool,
}

/// How to look for a server's capacity.
#[derive(Debug, clap::Args)]
pub(super) struct CapacityArgs {
    #[command(flatten)]
    pub(super) plan: PlanArgs,
    /// Keeps each step, as it ends, in `capacity.json` in this folder.
    #[arg(long, value_name = "DIR", env = "CHATBENCH_OUT")]
    pub(super) out: Option<PathBuf>,
    /// Goes on with the search in the folder, from the steps that are kept there.
    #[arg(long, requires = "out", conflicts_with = "overwrite")]
    pub(super) resume: bool,
    /// Takes the place of a search that is already in the folder.
    #[arg(long, env = "CHATBENCH_OVERWRITE", value_parser = BoolishValueParser::new())]
    pub(super) overwrite: bool,
    #[command(flatten)]
    pub(super) telemetry: TelemetryArgs,
    /// Accepts any TLS certificate.
    #[arg(long, env = "CHATBENCH_INSECURE", value_parser = BoolishValueParser::new())]
    pub(super) insecure: bool,
    /// Plants a fault in the bundled server, to see it found. May be repeated.
    #[arg(long, value_name = "NAME[=RATE]", env = "CHATBENCH_FAULT", value_delimiter = ',')]
    pub(super) fault: Vec<reference_server::Fault>,
}

/// What to look at this machine for.
#[derive(Debug, clap::Args)]
#[command(mut_arg("scenario", |arg| arg.required(false).default_value(USUAL)))]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub(super) plan: PlanArgs,
    /// Writes what was found as JSON, too; `-` for standard output, in place of the text.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_JSON")]
    pub(super) json: Option<PathBuf>,
}

/// Which record to judge, and where to say what came of it.
#[derive(Debug, clap::Args)]
pub(super) struct JudgeArgs {
    /// The record, as `chatbench run --record` writes it.
    #[arg(env = "CHATBENCH_RECORD")]
    pub(super) file: PathBuf,
    /// Writes `report.json`, the scenario as run and the interval log into this folder.
    #[arg(long, value_name = "DIR", env = "CHATBENCH_OUT")]
    pub(super) out: Option<PathBuf>,
    /// Takes the place of a report that is already in the folder.
    #[arg(long, env = "CHATBENCH_OVERWRITE", value_parser = BoolishValueParser::new())]
    pub(super) overwrite: bool,
    // Without a variable: that of this name is the file that `conform` writes.
    /// Prints the report as JSON instead of as text.
    #[arg(long)]
    pub(super) json: bool,
}

/// Which runs to compare, and where to say what came of it.
#[derive(Debug, clap::Args)]
pub(super) struct CompareArgs {
    /// What B is held to: a folder that `run --out` has written, or one that holds several.
    #[arg(value_name = "A")]
    pub(super) a: PathBuf,
    /// What is held to A: the same.
    #[arg(value_name = "B")]
    pub(super) b: PathBuf,
    /// A difference that is smaller than this does not matter.
    #[arg(long, value_name = "SHARE", env = "CHATBENCH_NOISE", default_value = "5%")]
    pub(super) noise: Share,
    /// A key of the scenario that may differ although it changes what is asked of the server, such
    /// as `transport`. May be repeated.
    #[arg(long, value_name = "KEY", env = "CHATBENCH_ALLOW", value_delimiter = ',')]
    pub(super) allow: Vec<String>,
    /// Fails if B is worse (exit code 1 or 4), or if that cannot be said (5).
    #[arg(long, env = "CHATBENCH_FAIL_ON_REGRESSION", value_parser = BoolishValueParser::new())]
    pub(super) fail_on_regression: bool,
    /// Writes the comparison as JSON, too; `-` is standard output, in place of the text.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_JSON")]
    pub(super) json: Option<PathBuf>,
    /// Writes the comparison as Markdown, too, for a pull request; `-` is standard output.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_MARKDOWN")]
    pub(super) markdown: Option<PathBuf>,
    /// Writes the comparison as a page for browsers, too; `-` is standard output.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_HTML")]
    pub(super) html: Option<PathBuf>,
}

/// What to report of, and in which formats. Without any of them, a page beside the file.
#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    // Without variables: those of these names are the files that `conform` writes.
    /// The folder that `run --out` or `capacity --out` has filled, or the file in it.
    #[arg(value_name = "DIR")]
    pub(super) from: PathBuf,
    /// Writes a page for browsers, which stands alone; `-` is standard output, here and below.
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Writes Markdown, for a pull request.
    #[arg(long, value_name = "FILE")]
    pub(super) markdown: Option<PathBuf>,
    /// Writes JUnit XML: a test case for each promise, threshold and doubt.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Writes each second of the run as a line of numbers.
    #[arg(long, value_name = "FILE")]
    pub(super) csv: Option<PathBuf>,
}

/// Which schema.
#[derive(Debug, clap::Args)]
pub(super) struct SchemaArgs {
    /// Of what.
    pub(super) of: SchemaOf,
}

/// What there are schemas of.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemaOf {
    /// Scenario files.
    Scenario,
    /// `report.json`.
    Report,
    /// What `conform --json` writes.
    Conform,
    /// `capacity.json`.
    Capacity,
    /// What `compare --json` writes.
    Compare,
    /// What `doctor --json` writes.
    Doctor,
}

impl CapacityArgs {
    /// What each step is run with.
    pub(super) fn run(&self) -> RunArgs {
        RunArgs {
            plan: self.plan.clone(),
            out: None,
            overwrite: false,
            record: None,
            record_limit: Size::of_bytes(0),
            telemetry: TelemetryArgs::default(),
            insecure: self.insecure,
            fault: self.fault.clone(),
            quiet: true,
        }
    }
}

impl PlanArgs {
    pub(super) fn overrides(&self) -> Overrides {
        Overrides {
            set: self.set.clone(),
            target: self.target.clone(),
            clients: self.clients,
            seed: self.seed,
            rate: self.rate,
            observe: self.observe.clone(),
            duration: self.duration,
        }
    }
}

fn shards(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=SHARDS_MAX) => Ok(count),
        _ => Err(format!("give a number from 1 to {SHARDS_MAX}")),
    }
}
